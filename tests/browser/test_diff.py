"""The page of a diff in a browser: in every view, from a changed node to what is said of it, and without scripts."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tests.corpus import SAMPLES
from tests.forked import call

from .axe import barriers
from .conftest import Tabs
from .page import View
from .test_graph import PICKED, search, seen_box
from .test_page import VIEWS, overflow, seen

PAIRS = ("edited", "another")
CHANGED = "#graph .boxes>.changed"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of a sample against itself with a node padded otherwise and one more; and against another network."""
    folder = tmp_path_factory.mktemp("diffs")
    old, edited = SAMPLES / "alexnet.onnx", folder / "edited.onnx"
    model = onnx.load(old)
    conv = next(node for node in model.graph.node if node.name == "conv3")
    next(one for one in conv.attribute if one.name == "pads").ints[:] = [2, 2, 2, 2]
    end = model.graph.node[-1]
    last, end.output[0] = end.output[0], "before the end"
    model.graph.node.append(onnx.helper.make_node("Neg", ["before the end"], [last], name="added"))
    onnx.save(model, edited)
    made = {name: folder / f"{name}.html" for name in PAIRS}
    for new, file in zip((edited, SAMPLES / "resnet_block.onnx"), made.values(), strict=True):
        call("diff", str(old), str(new), "--no-run", "-o", f"html:{file}")
    return made


@pytest.mark.parametrize("name", PAIRS)
def test_in_every_view(name: str, pages: dict[str, Path], tab: Tabs) -> None:
    """As much is said by each, and by the page's policy nothing runs or is fetched that is not its own."""
    for kind, view in VIEWS.items():
        page = tab(view).open(pages[name])
        assert page.trespasses() == [] and overflow(page) <= 0, kind
        assert page.value("document.querySelectorAll('#edits tbody tr').length") > 0, kind
        assert page.value("document.querySelector('h1').innerText.split('→').length") == 2, kind
        policy = page.value("document.querySelector('meta[http-equiv=Content-Security-Policy]').content")
        assert "default-src 'none'" in policy and "unsafe" not in policy, kind


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAIRS)
def test_no_barriers(name: str, dark: bool, pages: dict[str, Path], tab: Tabs) -> None:
    page = tab(View(dark=dark)).open(pages[name])
    assert barriers(page) == []
    narrow = tab(View(width=360, dark=dark)).open(pages[name])
    assert barriers(narrow) == []


@pytest.mark.parametrize("width", [1280, 360])
def test_what_changed_is_seen_after_a_click(width: int, pages: dict[str, Path], tab: Tabs) -> None:
    page = tab(View(width=width)).open(pages["edited"])
    page.click("nav a[href='#graph']")
    page.click(f"{CHANGED} text")
    assert seen_box(page) and page.value(f"{PICKED}.classList.contains('changed')")
    assert seen(page, "#graph .panel") and "Changed" in page.value("document.querySelector('#graph .panel').innerText")
    assert barriers(page, "#graph") == [] and page.trespasses() == []
    search(page, page.value(f"{PICKED}.firstElementChild.textContent"))
    page.until(f"{PICKED} !== null")
    assert seen_box(page)


def test_without_scripts_it_is_there(pages: dict[str, Path], tab: Tabs) -> None:
    page = tab(View(scripts=False)).open(pages["edited"], "graph")
    assert seen(page, "#graph svg") and page.value(f"document.querySelectorAll('{CHANGED}').length") > 0
    changed = page.value(f"document.querySelector('{CHANGED} [id], {CHANGED}[id]')?.id ?? ''")
    if changed:
        there = tab(View(scripts=False)).open(pages["edited"], changed)
        assert seen(there, f"#{changed}")
