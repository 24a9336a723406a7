"""``python -m tests.browser.shots FOLDER``: pictures of the pages to look at, light and dark, narrow and wide."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.corpus import SAMPLES
from tests.forked import call

from .chromium import Chromium, chromium
from .documents import DENSENET, many_findings, written
from .page import Page, View, page

_VIEWS = {
    "light-1280": View(),
    "dark-1280": View(dark=True),
    "light-360": View(width=360, height=740),
    "dark-360": View(width=360, height=740, dark=True),
    "light-1920": View(width=1920, height=1080),
    "print": View(width=800, media="print"),
}
_MODELS = ("broken/alexnet_224", "resnet_block")


def pages(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names and pages: some models, many findings, the index of a batch."""
    made = folder / "pages"
    made.mkdir(parents=True, exist_ok=True)
    for model in (*(SAMPLES / f"{name}.onnx" for name in _MODELS), DENSENET):
        yield model.stem, written(model, made / f"{model.stem}.html")[0]
    yield "findings", many_findings(1_000, made / "findings.html")
    batch = made / "batch"
    call("batch", str(SAMPLES), "--no-run", "--no-store", "--quiet", "--output", f"html:{batch}")
    yield "batch", batch / "index.html"


def shoot(one: Page, file: Path, *, whole: bool) -> None:
    """A picture of what is seen, into a file."""
    file.write_bytes(one.picture(whole=whole))
    print(file)


def shots(browser: Chromium, folder: Path) -> None:
    """All pictures: each page's top and the whole of it, its graph, and its first finding opened."""
    for name, file in pages(folder):
        for view_name, view in _VIEWS.items():
            with page(browser, view) as one:
                one.open(file)
                shoot(one, folder / f"{name}-{view_name}.png", whole=False)
                if name != "findings":
                    shoot(one, folder / f"{name}-{view_name}-whole.png", whole=True)
                if one.value("document.querySelector('#graph svg') !== null"):
                    one.open(file, "graph")
                    shoot(one, folder / f"{name}-{view_name}-graph.png", whole=False)
                address = one.value("document.querySelector('.card a[href^=\"#n-\"]')?.hash || ''")
                if address:
                    one.click(f'.card a[href="{address}"]')
                    shoot(one, folder / f"{name}-{view_name}-finding.png", whole=False)
                for trespass in one.trespasses():
                    print(f"{name}, {view_name}: {trespass}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("python -m tests.browser.shots FOLDER")
    with chromium() as started:
        shots(started, Path(sys.argv[1]))
