"""The index of a batch in a browser, small and of ten thousand models."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from auditor.formats.parts.page.registry import index
from tests.corpus import SAMPLES
from tests.forked import call
from tests.sessions.test_page_folder import summaries

from .axe import barriers
from .conftest import Tabs
from .page import View
from .test_page import VIEWS, overflow, seen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("batch") / "pages"
    call("batch", str(SAMPLES / "broken"), "--no-run", "--no-store", "--quiet", "-o", f"html:{out}")
    return out


@pytest.mark.parametrize("view", VIEWS)
def test_it_trespasses_nowhere(view: str, folder: Path, tab: Tabs) -> None:
    page = tab(VIEWS[view]).open(folder / "index.html")
    assert page.trespasses() == [] and overflow(page) <= 0
    assert page.value("document.querySelectorAll('.models tbody tr').length") == len(
        list((folder / "models").iterdir())
    )
    assert not page.view.scripts or barriers(page) == []


def test_it_leads_to_every_page(folder: Path, tab: Tabs) -> None:
    page = tab(View()).open(folder / "index.html")
    page.click(".models a")
    page.until("document.querySelector('#findings .card') !== null")
    address = unquote(str(page.value("location.pathname")))
    assert Path(address).parent == (folder / "models").resolve() and Path(address).is_file()


def test_ten_thousand_models(tab: Tabs, tmp_path: Path) -> None:
    """They are filtered and sorted, and what was looked for is seen."""
    file = tmp_path / "index.html"
    file.write_text("".join(index(summaries(10_000), ended=True)), encoding="utf-8")
    page = tab(View()).open(file)
    assert page.trespasses() == [] and overflow(page) <= 0
    page.click("#model-tools input")
    page.write("model9999 fail")
    assert page.value("document.querySelector('#model-tools output').textContent") == "1 of 10,000"
    assert seen(page, ".models a[href='models/009999-none.html']")
    page.value("document.querySelector('#model-tools input').select()")
    page.write("model")
    page.click(".models th:nth-child(6) button")
    sizes = page.value(
        "[...document.querySelectorAll('.models tbody tr')].slice(0, 3).map(row => row.cells[0].innerText)"
    )
    assert sizes == ["10000", "9999", "9998"]
    assert page.trespasses() == []
