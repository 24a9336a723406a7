"""The graph in a browser: a fault leads to its node, search finds one, and the keyboard and no scripts do as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.settings import Settings
from tests.benchmarks.models import residual
from tests.corpus import SAMPLES

from .axe import barriers
from .conftest import Tabs
from .documents import DENSENET, written
from .page import Page, View
from .test_page import SEEN, overflow, seen

PICKED = "document.querySelector('#graph .picked')"
AT_TOP = f"""(() => {{
    const it = {PICKED}.getBoundingClientRect();
    return document.elementFromPoint(it.left + it.width / 2, it.top + it.height / 2)?.closest('.boxes>*') === {PICKED};
}})()"""
"""Whether nothing lies over the chosen box."""

LOW_BOX = """(() => {
    const pane = document.querySelector('#graph .on .view');
    pane.scrollTop = 0;
    scrollBy({top: pane.getBoundingClientRect().top - .45 * innerHeight, behavior: 'instant'});
    const all = [...document.querySelectorAll('#graph .on .boxes>*')].map(box => box.getBoundingClientRect());
    const low = all.find(at => at.top > .7 * innerHeight && at.bottom < innerHeight);
    return [low.left + low.width / 2, low.top + low.height / 2];
})()"""
"""Where a box is to be clicked that lies low in the window, its pane half out of it."""


def seen_box(page: Page) -> bool:
    """Whether the chosen box lies in the window, and within its sheet's view."""
    return bool(
        page.value(
            f"""(() => {{
                const box = {PICKED};
                if (!({SEEN})(box)) return false;
                const it = box.getBoundingClientRect(), at = box.closest('.view').getBoundingClientRect();
                const x = it.left + it.width / 2, y = it.top + it.height / 2;
                return x >= at.left && x <= at.right && y >= at.top && y <= at.bottom;
            }})()"""
        )
    )


def search(page: Page, words: str) -> None:
    """Type words into the graph's search box, which ``/`` leads to."""
    page.press("/")
    page.value("document.activeElement.select()")
    page.write(words)
    page.press("Enter")


@pytest.fixture(scope="module")
def alexnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(SAMPLES / "broken" / "alexnet_224.onnx", tmp_path_factory.mktemp("graph") / "alexnet.html")[0]


def test_from_a_finding_to_its_node(alexnet: Path, tab: Tabs) -> None:
    page = tab(View()).open(alexnet)
    address = page.value("document.querySelector('.card a[href^=\"#n-\"]').hash")
    page.click(f'.card a[href="{address}"]')
    assert seen_box(page) and page.value(f"{PICKED}.id") == address[1:]
    assert page.value(f"{PICKED}.querySelector('title')?.textContent ?? {PICKED}.textContent") != ""
    panel = page.value("document.querySelector('#graph .panel').innerText")
    assert "fc6" in panel and "misfit-initializers" in panel
    assert page.value("document.querySelectorAll('#graph .lit').length") > 3, "its ancestors are lit"
    assert page.trespasses() == []
    deep = tab(View()).open(alexnet, address[1:])
    assert seen_box(deep) and deep.trespasses() == []


def test_in_a_narrow_window_box_and_panel_are_seen(alexnet: Path, tab: Tabs) -> None:
    """The panel lies over the lower part of the window, the chosen box above it, however it was chosen."""
    page = tab(View(width=360, height=740)).open(alexnet)
    address = page.value("document.querySelector('.card a[href^=\"#n-\"]').hash")
    ways: tuple[Callable[[], object], ...] = (
        lambda: page.click(f'.card a[href="{address}"]'),
        lambda: search(page, "conv3"),
        lambda: page.click("#graph .sheet.on .boxes>:nth-last-child(3) path"),
        lambda: page.click("#graph .panel a[href^='#n-']"),
    )
    for choose in ways:
        before = page.value(f"{PICKED}?.id ?? ''")
        choose()
        page.until(f"({PICKED}?.id ?? '') !== {before!r}")
        assert seen_box(page) and seen(page, "#graph .panel") and overflow(page) <= 0
        assert page.value(AT_TOP), "the panel lies over the box"
        assert seen(page, "#graph .panel .close") and seen(page, "#graph .panel h3")
    assert barriers(page, "#graph") == []
    page.click("#graph .panel .close")
    assert not seen(page, "#graph .panel")
    place = page.value(LOW_BOX)
    for kind in ("mousePressed", "mouseReleased"):
        page.mouse(kind, *place, button="left", clickCount=1)
    page.settle()
    assert seen_box(page) and page.value(AT_TOP), "the panel lies over the box that was clicked"
    page.open(alexnet, address[1:])
    page.until(f"{PICKED} !== null")
    assert seen_box(page) and page.value(AT_TOP)
    page.click("#graph .panel a[href^='#l-']")
    assert not seen(page, "#graph .panel") and seen(page, page.value("location.hash"))
    assert page.trespasses() == []


def test_search_finds_nodes_and_tensors(alexnet: Path, tab: Tabs) -> None:
    page = tab(View()).open(alexnet)
    for words, node in (("conv3", "conv3"), ("POOL5", "pool5"), ("fc6_w", "fc6")):
        search(page, words)
        page.until(f"{PICKED}?.textContent.includes('{node}')")
        assert seen_box(page)
    search(page, "nowhere to be found")
    page.until("document.querySelector('#graph output').textContent === 'not found'")
    assert page.trespasses() == []


def test_the_keyboard_walks(alexnet: Path, tab: Tabs) -> None:
    """From box to box along the edges; Enter opens the panel, Escape closes it."""
    page = tab(View()).open(alexnet)
    page.value("document.querySelector('#graph .boxes [tabindex=\"0\"]').focus()")
    walked = []
    for _ in range(3):
        walked.append(page.value("document.activeElement.textContent"))
        page.press("ArrowDown")
    assert len(set(walked)) == 3
    page.press("Enter")
    assert seen_box(page) and seen(page, "#graph .panel")
    page.press("Escape")
    assert not seen(page, "#graph .panel") and page.trespasses() == []


def test_without_scripts_it_is_there(alexnet: Path, tab: Tabs) -> None:
    page = tab(View(scripts=False)).open(alexnet, "graph")
    assert seen(page, "#graph svg") and page.value("document.querySelectorAll('#graph .boxes > *').length") > 15
    assert "Conv" in page.value("document.querySelector('#graph svg').textContent")
    assert overflow(page) <= 0


def test_folded_blocks_open(tab: Tabs, tmp_path: Path) -> None:
    """A node inside a folded block is found, and a link leads to it: its sheet is shown."""
    file, _ = written(DENSENET, tmp_path / "densenet.html")
    assert file.stat().st_size <= 400_000
    page = tab(View()).open(file)
    inside = page.value(
        "[...document.querySelectorAll('#graph .sheet')].at(-1).querySelector('.boxes [id^=\"n-\"]').id"
    )
    deep = tab(View()).open(file, inside)
    assert seen(deep, f"#{inside}") and deep.trespasses() == []
    plain = tab(View(scripts=False)).open(file, inside)
    assert seen(plain, f"#{inside}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_barriers(dark: bool, alexnet: Path, tab: Tabs) -> None:
    """Of the graph with a node chosen; without, it is part of the page's own test."""
    page = tab(View(dark=dark)).open(alexnet)
    search(page, "fc6")
    page.until(f"{PICKED} !== null")
    assert barriers(page, "#graph") == []


LARGE = {"2,000": 2_000, "20,000": 20_000}  # tests/benchmarks/browser.py opens 50,000
BYTES_PER_NODE = 300
"""A page grows by so much with a node: 15 MB at 50,000 nodes."""


@pytest.mark.parametrize("name", LARGE)
def test_a_large_model(name: str, tab: Tabs, tmp_path: Path) -> None:
    """One tab, few steps: it opens, the last node and its layer are found, and few rows are laid out."""
    nodes = LARGE[name]
    data = residual(nodes, different=nodes == 2_000)
    file, _ = written(data, tmp_path / "large.html", Settings(run=False, weights=False))
    if nodes == 20_000:  # of the same layers again and again
        assert file.stat().st_size <= BYTES_PER_NODE * nodes
    page = tab(View()).open(file)
    assert page.trespasses() == [] and overflow(page) <= 0
    last = f"layer.{nodes // 5 - 1}.conv2"
    search(page, last)
    page.until(f"{PICKED} !== null && document.querySelector('#graph .panel').innerText.includes('{last}')")
    assert seen_box(page)
    page.click("#layer-tools input[type=search]")
    page.write(last)
    found = page.value("[...document.querySelectorAll('#layers tbody tr[id]')].map(row => row.textContent)")
    assert len(found) == 1 and last in found[0]
    assert page.value("document.querySelectorAll('#layers tr').length") < 1_600
    assert page.trespasses() == []
