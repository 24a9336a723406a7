"""What a person does in a browser, from the login to the history of a model: with scripts, and without any."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import Tabs
from tests.browser.page import Page, View
from tests.browser.test_page import seen
from tests.corpus import SAMPLES

from .site import Site, dispatched, registered, tiny

BROKEN = SAMPLES / "broken" / "alexnet_224.onnx"
GOOD = SAMPLES / "resnet_block.onnx"


def at(page: Page, path: str) -> None:
    """Until an address of this beginning is there, whole."""
    page.until(f"location.pathname.startsWith('{path}') && document.readyState === 'complete'")
    page.settle()


def logged_in(page: Page, site: Site, path: str = "/") -> Page:
    page.go(site.address + path)
    at(page, "/login")
    page.click("[name=token]")
    page.write(site.token)
    page.press("Enter")
    page.until(f"location.pathname === '{path}' && document.readyState === 'complete'")
    page.settle()
    return page


def text(page: Page, selector: str = "main") -> str:
    return str(page.call("selector => document.querySelector(selector)?.innerText || ''", selector))


def test_from_the_upload_to_the_history(site: Site, tab: Tabs) -> None:
    page = logged_in(tab(View()), site)
    assert "no model here yet" in text(page)
    page.click("main a[href='/upload']")
    at(page, "/upload")
    page.pick("#file", BROKEN)
    assert "alexnet_224.onnx" in text(page, "#picked")
    page.click("[name=name]")
    page.write("vision/alexnet")
    page.click("[name=version]")
    page.write("1")
    page.click("#upload button")
    at(page, "/audits/")
    assert "Waiting for a worker" in text(page)
    dispatched(site.service)
    page.until("document.querySelector('#findings .card') !== null")  # by itself: events told it
    page.settle()
    assert "misfit-initializers" in text(page, "#findings") and "FAIL" in text(page, ".top")
    target = str(page.value("document.querySelector('.card a[href^=\"#n-\"]').hash"))
    page.click(f'#findings .card a[href="{target}"]')
    assert seen(page, target) and page.value(f"document.querySelector('{target}').matches('.error, .error *')")
    page.click(".site a[href='/']")
    page.until("document.querySelector('table.list') !== null")
    assert "vision/alexnet" in text(page, "table.list") and "FAIL" in text(page, "table.list")
    page.go(f"{site.address}/upload")
    page.pick("#file", GOOD)
    page.click("[name=name]")
    page.write("vision/alexnet")
    page.click("#upload button")
    at(page, "/audits/")
    dispatched(site.service)
    page.until("document.querySelector('#findings') !== null")
    page.click(".trail a[href^='/models/']")
    at(page, "/models/")
    assert "1 fixed" in text(page, "main") and "misfit-initializers" in text(page, ".changes")
    assert page.value("document.querySelectorAll('.trend path').length") == 2
    assert page.trespasses() == []


def test_without_scripts(site: Site, tab: Tabs) -> None:
    page = logged_in(tab(View(scripts=False)), site, "/upload")
    page.pick("#file", SAMPLES / "broken" / "wrong_bias.onnx")
    page.click("#upload button")
    at(page, "/audits/")
    assert page.value("document.querySelector('noscript') !== null") and "Waiting" in text(page)
    dispatched(site.service)
    page.go(page.value("location.href"))
    page.until("document.querySelector('#findings .card') !== null")
    page.go(f"{site.address}/?name=WRONG_bias&verdict=fail")
    assert "wrong_bias" in text(page, "table.list") and page.value("document.querySelectorAll('tbody tr').length") == 1
    page.click(".who button")
    at(page, "/login")
    page.go(site.address)
    at(page, "/login")
    assert page.trespasses() == []


def test_an_upload_that_is_refused_is_told(site: Site, tab: Tabs, tmp_path: Path) -> None:
    """With scripts below the form; without in the page that comes."""
    archive = tmp_path / "model.onnx"
    archive.write_bytes(b"PK\x03\x04" + bytes(64))
    logged_in(tab(View()), site)
    for scripts in (True, False):
        page = tab(View(scripts=scripts)).go(f"{site.address}/upload")
        page.pick("#file", archive)
        page.click("#upload button")
        page.until("[...document.querySelectorAll('[role=alert]')].some(one => /a zip archive/.test(one.innerText))")
        refused = [one for one in page.complaints if "422" not in one]  # the browser tells of every answer that is one
        assert refused == [] and page.dialogs == []


def test_the_keyboard_alone(site: Site, tab: Tabs) -> None:
    """The first stop leads to the page's main part; every control is reached, and seen where it is."""
    registered(site.service, "one", "1", {"one.onnx": tiny("one")})
    page = logged_in(tab(View()), site)
    page.press("Tab")
    assert page.value("document.activeElement.className") == "skip"
    reached = []
    for _ in range(60):
        page.press("Tab")
        if not page.value("document.activeElement !== document.body"):
            break
        assert page.value("document.activeElement.matches(':focus-visible')")
        reached.append(page.value("document.activeElement.textContent.trim() || document.activeElement.name"))
    assert {"Fleet", "Upload", "Queue", "Rules", "Log out", "name", "Show"} <= set(reached)
