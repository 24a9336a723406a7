"""The page of a report in a browser: it complains of nothing, asks for nothing, and a person gets to what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.report import Report
from tests.corpus import SAMPLES

from .axe import barriers
from .conftest import Tabs
from .documents import DENSENET, SAMPLE_MODELS, in_depth, many_findings, written
from .page import Page, View

VIEWS = {"light": View(), "dark": View(dark=True), "narrow": View(width=360), "plain": View(scripts=False)}

SEEN = """element => {
    if (!element || !element.checkVisibility({visibilityProperty: true})) return false;
    const box = element.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}"""
"""Whether an element lies in the window and is not hidden."""


def seen(page: Page, selector: str) -> bool:
    return bool(page.call(f"selector => ({SEEN})(document.querySelector(selector))", selector))


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.value("document.documentElement.scrollWidth - innerWidth"))


def place_link(page: Page) -> str:
    """The selector of the first finding's link to its place."""
    address = page.value('document.querySelector(\'.card a[href^="#l-"], .card a[href^="#n-"]\').hash')
    return f'#findings .card a[href="{address}"]'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], tuple[Path, Report]]:
    """The page of a model file, written once."""
    folder = tmp_path_factory.mktemp("pages")
    kept: dict[Path, tuple[Path, Report]] = {}

    def page_of(model: Path) -> tuple[Path, Report]:
        if model not in kept:
            kept[model] = written(model, folder / f"{len(kept)}.html")
        return kept[model]

    return page_of


Made = Callable[[Path], tuple[Path, Report]]


@pytest.mark.parametrize("model", [*SAMPLE_MODELS, DENSENET], ids=lambda path: path.stem)
def test_a_model_in_every_view(model: Path, made: Made, tab: Tabs) -> None:
    """As much is said by each: light and dark, narrow, and without scripts."""
    file, report = made(model)
    for name, view in VIEWS.items():
        page = tab(view).open(file)
        assert page.trespasses() == [], name
        assert overflow(page) <= 0, name
        assert page.value("document.querySelectorAll('#findings .card').length") == len(report.findings), name
        assert page.value("document.querySelectorAll('main h2').length") >= 4, name
        assert page.value("document.querySelectorAll('#layers tbody tr').length") > 0, name


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["broken/alexnet_224", "broken/nan_weights", "open_sizes"])
def test_no_barriers(name: str, dark: bool, made: Made, tab: Tabs) -> None:
    file, _ = made(SAMPLES / f"{name}.onnx")
    page = tab(View(dark=dark)).open(file)
    assert barriers(page) == []
    page.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.settle()
    assert barriers(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_look_in_depth_has_no_barriers(dark: bool, tmp_path: Path, tab: Tabs) -> None:
    """Nor is it wider than a telephone, and without scripts it is all there."""
    file = in_depth(tmp_path / "page.html")
    page = tab(View(dark=dark, width=360, height=740)).open(file, "depth")
    page.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.settle()
    assert (barriers(page), page.trespasses(), overflow(page)) == ([], [], 0)
    assert page.value("document.querySelectorAll('#depth .bar, #depth .spark').length") == 3
    assert seen(page, "#depth h2")


def test_from_a_finding_to_its_place(made: Made, tab: Tabs) -> None:
    """By a click, by the keyboard alone, by a link from elsewhere, and without scripts."""
    file, report = made(SAMPLES / "broken" / "alexnet_224.onnx")
    (finding,) = (f for f in report.findings if f.rule == "misfit-initializers")
    page = tab(View()).open(file)
    link = place_link(page)
    page.click(link)
    target = page.value("location.hash")
    assert seen(page, target) and finding.location.node in page.value(f"document.querySelector('{target}').textContent")
    for _ in range(200):
        page.press("Tab")
        if page.value("document.activeElement.hash") == target:
            break
    assert page.value("document.activeElement.matches(':focus-visible')")
    page.value("scrollTo(0, 0)")
    page.press("Enter")
    assert seen(page, target)
    assert page.trespasses() == []
    deep = tab(View()).open(file, target[1:])
    assert seen(deep, target)
    card = tab(View()).open(file, f"f-{finding.fingerprint}")
    assert seen(card, f"#f-{finding.fingerprint}")
    plain = tab(View(scripts=False)).open(file, target[1:])
    assert seen(plain, target)


def test_layers_are_found_and_sorted(made: Made, tab: Tabs) -> None:
    file, _ = made(SAMPLES / "vgg16.onnx")
    page = tab(View()).open(file)
    rows = page.value("document.querySelectorAll('#layers tbody tr[id]').length")
    page.click("#layer-tools input[type=search]")
    page.write("maxpool")
    left = page.value("[...document.querySelectorAll('#layers tbody tr[id]')].map(row => row.textContent)")
    assert len(left) == 5 < rows and all("MaxPool" in text for text in left)
    page.value("document.querySelector('#layer-tools input[type=search]').select()")
    page.press("Escape")
    page.click("#layers th:nth-child(7) button")
    assert page.value("document.querySelectorAll('[aria-sort=descending]').length") == 1
    assert page.trespasses() == []


def test_what_is_printed(made: Made, tab: Tabs) -> None:
    """All findings and all layers, on white, whatever the screen shows."""
    file, report = made(SAMPLES / "broken" / "alexnet_224.onnx")
    page = tab(View(dark=True, media="print")).open(file)
    assert page.value("document.querySelectorAll('#findings .card').length") == len(report.findings)
    assert page.value("getComputedStyle(document.body).backgroundColor") in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    assert page.value("getComputedStyle(document.querySelector('nav')).display") == "none"


def test_a_thousand_findings(tab: Tabs, tmp_path: Path) -> None:
    file = many_findings(1_000, tmp_path / "many.html")
    page = tab(View()).open(file)
    assert page.trespasses() == [] and overflow(page) <= 0
    assert page.value("document.querySelectorAll('#findings .card').length") == 1_000
    page.click("#findings input[type=search]")
    page.write("node777 ")
    shown = "[...document.querySelectorAll('#findings .card')].filter(card => !card.hidden).length"
    assert page.value(shown) == 1
    assert barriers(page, f"#f-{777:016x}") == []
    narrow = tab(View(width=360)).open(file, f"f-{999:016x}")
    assert seen(narrow, f"#f-{999:016x}") and overflow(narrow) <= 0
    plain = tab(View(scripts=False)).open(file)
    assert plain.value("document.querySelectorAll('#findings .card').length") == 1_000
