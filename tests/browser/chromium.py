"""Chromium, started once and driven by its own protocol over two pipes: no driver, no port, no library.

The protocol is the DevTools protocol, https://chromedevtools.github.io/devtools-protocol/: commands and events are JSON
texts that end with a zero byte. The browser reads them from descriptor 3 and writes them to descriptor 4.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.pace import HANG

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = f"no browser: none of {', '.join(NAMES)} is on the PATH; apt-get install chromium brings one"

_OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # root has none, and a container none for anybody; every page here is made by a test
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",  # a container has 64 MB of it
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
    "--enable-precise-memory-info",
    "--force-color-profile=srgb",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # what asks for the network gets none, and is told of
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    "--use-mock-keychain",
)


class BrowserError(Exception):
    """The browser refused a command, or is gone."""


def browser_path() -> str | None:
    """Where a Chromium is; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """One browser. Its pages are sessions of it."""

    def __init__(self, path: str, folder: Path) -> None:
        self._listeners: dict[str, list[Callable[[str, Any], None]]] = defaultdict(list)  # by session
        self._answers: dict[int, dict[str, Any]] = {}
        self._asked = 0
        self._rest = b""
        theirs_in, self._out = map(_far, os.pipe())
        self._in, theirs_out = map(_far, os.pipe())
        log = str(folder / "stderr")
        self._pid = os.posix_spawn(
            path,
            [path, *_OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            {**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, log, os.O_WRONLY | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, theirs_in, 3),
                (os.POSIX_SPAWN_DUP2, theirs_out, 4),
            ],
            setpgroup=0,
        )
        os.close(theirs_in)
        os.close(theirs_out)

    def ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """What the browser answers to a command; what happens meanwhile is told to who listens."""
        asked = self.tell(method, session, **parameters)
        self.wait(lambda: asked in self._answers, method)
        answer = self._answers.pop(asked)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error'].get('message')}")
        result: dict[str, Any] = answer["result"]
        return result

    def tell(self, method: str, session: str = "", **parameters: Any) -> int:
        """Send a command; the number by which its answer comes."""
        self._asked += 1
        command = {"id": self._asked, "method": method, "params": parameters}
        text = json.dumps({**command, "sessionId": session} if session else command).encode() + b"\0"
        try:
            while text:
                text = text[os.write(self._out, text) :]
        except BrokenPipeError:
            raise BrowserError(f"the browser is gone before {method}") from None
        return self._asked

    def listen(self, session: str, listener: Callable[[str, Any], None]) -> None:
        """Events of a session go to ``listener`` from here on: a name and its parameters."""
        self._listeners[session].append(listener)

    def wait(self, come: Callable[[], object], what: str) -> None:
        """Take what the browser says until something has come."""
        end = time.monotonic() + HANG
        while not come():
            if not select.select([self._in], [], [], max(0.0, end - time.monotonic()))[0]:
                raise BrowserError(f"{what} never came")
            self._take()

    def take_all(self) -> None:
        """Take what the browser has said already."""
        while select.select([self._in], [], [], 0)[0]:
            self._take()

    def _take(self) -> None:
        read = os.read(self._in, 1 << 20)
        if not read:
            raise BrowserError("the browser is gone")
        *whole, self._rest = (self._rest + read).split(b"\0") if b"\0" in read else (self._rest + read,)
        for text in whole:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                for listener in self._listeners.get(message.get("sessionId", ""), ()):
                    listener(message["method"], message["params"])

    def close(self) -> None:
        """End it, and whatever it started."""
        with suppress(BrowserError):
            self.ask("Browser.close")
        os.close(self._out)
        os.close(self._in)
        end = time.monotonic() + 10
        while os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.killpg(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
                return
            time.sleep(0.01)


def _far(descriptor: int) -> int:
    """The same under a number that is neither 3 nor 4, and that no other child inherits."""
    far = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return far


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A browser with an empty profile; `BrowserError` where there is none."""
    path = browser_path()
    if path is None:
        raise BrowserError(MISSING)
    # The profile holds a socket, whose path has 107 bytes at most: not under a TMPDIR of any length.
    short = "/tmp" if os.access("/tmp", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True, dir=short) as folder:
        browser = Chromium(path, Path(folder))
        try:
            yield browser
        finally:
            browser.close()
