"""The browser tells of what a page may not do: were it blind, every test beside this one would pass."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from .axe import barriers
from .chromium import BrowserError
from .conftest import Tabs
from .page import View

POLICY = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; script-src 'unsafe-inline'\">"


def written(folder: Path, body: str, head: str = "") -> Path:
    file = folder / "page.html"
    file.write_text(f"<!doctype html><html lang=en><head><title>t</title>{head}</head><body>{body}</body></html>")
    return file


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<script>console.error('wrong')</script>", "console: ['wrong']"),
        ("<script>missing()</script>", "ReferenceError: missing is not defined"),
        ("<script>Promise.reject(new Error('late'))</script>", "Error: late"),
        ("<script>alert('pwned')</script>", "dialog: pwned"),
        ("<img src=http://a.example/x.png>", "request: http://a.example/x.png"),
        ("<link rel=stylesheet href=http://a.example/x.css>", "request: http://a.example/x.css"),
        ("<script>fetch('http://a.example/x')</script>", "request: http://a.example/x"),
        ("<iframe src=other.html></iframe>", "other.html"),
    ],
)
def test_trespasses_are_told(body: str, told: str, tab: Tabs, tmp_path: Path) -> None:
    page = tab(View()).open(written(tmp_path, body))
    assert any(told in trespass for trespass in page.trespasses()), page.trespasses()


@pytest.mark.parametrize("body", ["<p style='color:red'>", "<img src=http://a.example/x.png>"])
def test_what_the_policy_forbids_is_told(body: str, tab: Tabs, tmp_path: Path) -> None:
    page = tab(View()).open(written(tmp_path, body, POLICY))
    assert "Content Security Policy directive" in page.trespasses()[0]


def test_a_good_page_trespasses_nowhere(tab: Tabs, tmp_path: Path) -> None:
    dot = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    page = tab(View()).open(written(tmp_path, f"<p id=here>text<img src={dot}><script>console.log('fine')</script>"))
    assert page.trespasses() == []
    page.open(tmp_path / "page.html", "here")
    assert page.trespasses() == [] and page.value("location.hash") == "#here"


def test_what_a_view_says_is_so(tab: Tabs, tmp_path: Path) -> None:
    file = written(tmp_path, "<p id=p>without</p><script>document.getElementById('p').textContent = 'with'</script>")
    text, width, dark = "document.body.innerText", "innerWidth", "matchMedia('(prefers-color-scheme: dark)').matches"
    plain = tab(View(width=360, dark=True, scripts=False)).open(file)
    assert [plain.value(said) for said in (text, width, dark)] == ["without", 360, True]
    usual = tab(View()).open(file)
    assert [usual.value(said) for said in (text, width, dark)] == ["with", 1280, False]
    assert tab(View(media="print")).open(file).value("matchMedia('print').matches")


def test_mouse_and_keys(tab: Tabs, tmp_path: Path) -> None:
    page = tab(View()).open(
        written(
            tmp_path,
            "<button id=b>b</button><input id=i><script>said = [];"
            "b.onclick = event => said.push(event.isTrusted); onkeydown = event => said.push(event.key)</script>",
        )
    )
    page.click("#b")
    page.press("Tab")
    page.write("typed")
    assert page.value("[said, i.value]") == [[True, "Tab"], "typed"]
    with pytest.raises(BrowserError, match="nothing to click at #c"):
        page.click("#c")
    with pytest.raises(BrowserError, match="ReferenceError: nowhere"):
        page.value("nowhere")


def test_a_picture(tab: Tabs, tmp_path: Path) -> None:
    page = tab(View(width=300, height=200))
    pictures = []
    for colour in ("red", "blue"):
        page.open(written(tmp_path, "<p>", f"<style>html {{ background: {colour} }}</style>"))
        pictures.append(page.picture())
        assert pictures[-1].startswith(b"\x89PNG") and struct.unpack(">II", pictures[-1][16:24]) == (300, 200)
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("dark", [False, True])
def test_barriers_are_told(dark: bool, tab: Tabs, tmp_path: Path) -> None:
    """A button without a name, and a grey that only one of the two schemes can be read in."""
    style = "<style>:root { color-scheme: light dark } p { color: light-dark(#ccc, #444) } BACK</style>".replace(
        "BACK", "html { background: light-dark(#fff, #111) }"
    )
    body = "<main><h1>t</h1><button></button><p>pale</p></main>"
    page = tab(View(dark=dark)).open(written(tmp_path, body, style))
    assert {barrier.rule for barrier in barriers(page)} == {"button-name", "color-contrast"}
    good = "<main><h1>t</h1><button>named</button><p>plain</p></main>"
    page.open(written(tmp_path, good, style.replace("#ccc, #444", "#333, #ccc")))
    assert barriers(page) == []


def test_contrast_that_is_not_judged_is_not_good(tab: Tabs, tmp_path: Path) -> None:
    page = tab(View()).open(written(tmp_path, "<main><h1 hidden>t</h1></main>"))
    with pytest.raises(AssertionError, match="the contrast of no text"):
        barriers(page)


def test_a_click_that_leads_on_is_waited_for(tab: Tabs, tmp_path: Path) -> None:
    """The page that it leads from is gone before it has drawn its frames: here it never draws any."""
    (tmp_path / "two.html").write_text("<!doctype html><title>two</title><p id=there>there</p>", encoding="utf-8")
    one = tmp_path / "one.html"
    one.write_text("<!doctype html><title>one</title><button>on</button>", encoding="utf-8")
    page = tab(View()).open(one)
    page.value("requestAnimationFrame = () => setTimeout(() => location.assign('two.html')), 0")
    page.click("button")
    assert page.value("document.querySelector('#there') !== null")
