"""A page in the browser: opened, looked at, clicked, typed into; and all that it did that a report must not do."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.pace import until

from .chromium import BrowserError, Chromium

_KEYS = {"Tab": ("\t", 9), "Enter": ("\r", 13), "Escape": ("", 27), "ArrowDown": ("", 40), "ArrowRight": ("", 39)}
_SHIFT = 8


class View(NamedTuple):
    """How a page is looked at. ``scripts``: whether the page's own run."""

    width: int = 1280
    height: int = 800
    dark: bool = False
    scripts: bool = True
    media: str = "screen"


class Page:
    """One tab. Whatever it complained of, asked for or popped up is kept."""

    def __init__(self, browser: Chromium, view: View) -> None:
        self._browser = browser
        self.view = view
        self.complaints: list[str] = []  # errors and warnings on the console, exceptions, violations of the policy
        self.requests: list[str] = []  # addresses, the page's own the first
        self.dialogs: list[str] = []
        self.address = ""
        self._loaded = 0
        self._opened: set[str] = set()
        self._target: str = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session: str = browser.ask("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        browser.listen(self._session, self._heard)
        for domain in ("Page", "Runtime", "Log", "Network", "Performance"):
            self.ask(f"{domain}.enable")
        self.look(view)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers to a command for this page."""
        return self._browser.ask(method, self._session, **parameters)

    def look(self, view: View) -> None:
        """From here on the page is looked at this way."""
        self.view = view
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=view.width,
            height=view.height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if view.dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.ask("Emulation.setEmulatedMedia", media=view.media, features=[scheme, still])
        self.ask("Emulation.setScriptExecutionDisabled", value=not view.scripts)

    def open(self, file: Path, fragment: str = "") -> Page:
        """The page of a file, loaded and drawn."""
        return self.go(file.absolute().as_uri() + (f"#{fragment}" if fragment else ""))

    def go(self, address: str) -> Page:
        """The page of an address, loaded and drawn."""
        fragment = address.partition("#")[2]
        again = self.address.partition("#")[0] == address.partition("#")[0]
        self.address, loaded = address, self._loaded
        self._opened.add(address.partition("#")[0])
        answer = self.ask("Page.navigate", url=address)
        if "errorText" in answer:
            raise BrowserError(f"{address}: {answer['errorText']}")
        if not (again and fragment):  # a new fragment of the same page loads nothing
            self._browser.wait(lambda: self._loaded > loaded, f"the end of loading {address}")
        self.settle()
        return self

    def settle(self) -> None:
        """Until two frames are drawn: what a click, a key or a load set off is done.

        Where it led to another page before they were, that is waited for. Without scripts no frame calls back: what a
        click does is done when the browser has answered it, and a picture asked for while the page gives way to another
        may never come.
        """
        if self.view.scripts:
            frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))"
            try:
                self.value(frames)
            except BrowserError as error:
                if "navigated" not in str(error) and "context" not in str(error):
                    raise
                self.until("document.readyState === 'complete'")
                self.value(frames)
        else:
            self.until("document.body.offsetHeight >= 0")
        self._browser.take_all()

    def value(self, expression: str) -> Any:
        """What an expression comes to, as JSON has it; a promise is waited for."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Until an expression is true, also of a page that another one leads to."""

        def true() -> bool:
            try:
                return bool(self.value(expression))
            except BrowserError:  # between two pages there is none
                return False

        until(true, expression)

    def call(self, function: str, *arguments: Any) -> Any:
        """What a function of the page's language gives for arguments that JSON can carry."""
        return self.value(f"({function})({', '.join(map(json.dumps, arguments))})")

    def click(self, selector: str) -> None:
        """A click with the mouse in the middle of the first element found, scrolled to before."""
        place = self.call(
            """selector => {
                const found = document.querySelector(selector);
                if (!found) return null;
                found.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
                const box = found.getClientRects()[0];
                return box ? [box.x + box.width / 2, box.y + box.height / 2] : null;
            }""",
            selector,
        )
        if place is None:
            raise BrowserError(f"nothing to click at {selector}")
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, *place, button="left", clickCount=1)
        self.settle()

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """One event of the mouse at a place of the window, in pixels."""
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def pick(self, selector: str, *files: Path) -> None:
        """Files chosen in a field for them."""
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        field = self.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.ask("DOM.setFileInputFiles", nodeId=field, files=[str(file) for file in files])
        self.settle()

    def press(self, key: str, *, shift: bool = False) -> None:
        """A key down and up: a letter, or one of a few by name."""
        text, code = _KEYS.get(key, (key, ord(key[0].upper())))
        known = {"key": key, "windowsVirtualKeyCode": code, "modifiers": _SHIFT if shift else 0}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **known)
        self.settle()

    def write(self, text: str) -> None:
        """A text typed into what has the focus."""
        self.ask("Input.insertText", text=text)
        self.settle()

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of the window, or of the whole page."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def measures(self) -> dict[str, float]:
        """The browser's own counters: ``TaskDuration`` in seconds of the main thread, ``Nodes``, ``JSHeapUsedSize``."""
        return {one["name"]: one["value"] for one in self.ask("Performance.getMetrics")["metrics"]}

    def close(self) -> None:
        self._browser.ask("Target.closeTarget", targetId=self._target)

    def trespasses(self) -> list[str]:
        """All that it did and may not: complaints, dialogs, and requests for anything but what was opened."""
        self._browser.take_all()
        foreign = {a for a in self.requests if not self._is_opened(a) and a[:11] != "data:image/"}
        return [
            *self.complaints,
            *(f"dialog: {text}" for text in self.dialogs),
            *(f"request: {address}" for address in sorted(foreign)),
        ]

    def _is_opened(self, address: str) -> bool:
        """Whether it is a page that was opened; of a server's pages all are opened with the first."""
        if address.startswith("http:"):
            return any(one.startswith(address[: address.find("/", 7) + 1]) for one in self._opened)
        return address.partition("#")[0] in self._opened

    def _heard(self, event: str, said: Any) -> None:
        match event:
            case "Page.loadEventFired":
                self._loaded += 1
            case "Runtime.consoleAPICalled" if said["type"] in ("error", "warning", "assert"):
                self.complaints.append(f"console: {[a.get('value', a.get('description')) for a in said['args']]}")
            case "Runtime.exceptionThrown":
                details = said["exceptionDetails"]
                self.complaints.append(details.get("exception", {}).get("description", details["text"]))
            case "Log.entryAdded" if said["entry"]["level"] in ("error", "warning"):
                self.complaints.append(f"{said['entry']['source']}: {said['entry']['text']}")
            case "Network.requestWillBeSent":
                self.requests.append(said["request"]["url"] + said["request"].get("urlFragment", ""))
            case "Page.javascriptDialogOpening":
                self.dialogs.append(said["message"])
                # An answer is not waited for: this is within the reading of another.
                self._browser.tell("Page.handleJavaScriptDialog", self._session, accept=False)
            case _:
                pass


USUAL = View()


@contextmanager
def page(browser: Chromium, view: View = USUAL) -> Iterator[Page]:
    """A new tab, closed behind it."""
    one = Page(browser, view)
    try:
        yield one
    finally:
        one.close()
