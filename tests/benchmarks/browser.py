"""Main-thread time of a report's page, against a bare SVG with as many elements in the same browser."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from auditor.settings import Settings
from tests.benchmarks.models import residual
from tests.browser.chromium import MISSING, Chromium, browser_path, chromium
from tests.browser.documents import written
from tests.browser.page import Page, View, page

NODES, ROUNDS, STEPS = 2_000, 5, 20

Tell = Callable[[str, str, str, bool], None]


def browser(tell: Tell) -> None:
    """The first paint, and a pan of the graph, at 2,000 nodes."""
    if browser_path() is None:
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory() as folder, chromium() as started:
        data = residual(NODES, different=True)
        ours, _ = written(data, Path(folder) / "report.html", Settings(run=False, weights=False))
        with page(started) as one:
            count = int(one.open(ours).value("document.querySelectorAll('#graph svg *').length"))
            elements = int(one.value("document.querySelectorAll('*').length"))
        if not count:
            raise SystemExit("the page has no graph to be measured")
        bare = Path(folder) / "bare.html"
        bare.write_text(bare_svg(count), encoding="utf-8")
        whole = Path(folder) / "whole.html"
        whole.write_text(bare_svg(elements), encoding="utf-8")
        for what, peer, measure in (
            (f"first paint against {elements:,} elements of a bare SVG", whole, first_paint),
            (f"a pan against {count:,} elements of a bare SVG", bare, pan),
        ):
            pairs = [(measure(started, ours), measure(started, peer)) for _ in range(ROUNDS)]
            mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
            ratio = mine / theirs
            figure = f"{ratio:.2f}x ({mine * 1e3:.0f} and {theirs * 1e3:.0f} ms)"
            tell(f"page of {NODES:,} nodes, {what}", figure, "<= 2x", ratio <= 2)


def bare_svg(elements: int) -> str:
    """So many elements: boxes with a text and a line each, as a drawing program would write them."""
    shapes = "".join(
        f'<rect x="{i % 50 * 120}" y="{i // 50 * 60}" width="100" height="30"/>'
        f'<text x="{i % 50 * 120 + 9}" y="{i // 50 * 60 + 20}">Conv</text>'
        f'<path d="M{i % 50 * 120 + 50},{i // 50 * 60 + 30}v30" stroke="#888"/>'
        for i in range(elements // 3)
    )
    style = "<style>.view { height: 600px; overflow: auto } rect { fill: #eee }</style>"
    high = elements // 150 * 60
    return (
        f"<!doctype html><html lang=en><title>bare</title>{style}"
        f'<section id="graph" class="view"><svg width="6000" height="{high}"><g>{shapes}</g></svg></section>'
    )


def first_paint(started: Chromium, file: Path) -> float:
    """Seconds of the main thread from an empty tab to two frames behind the load."""
    with page(started, View()) as one:
        before = one.measures()["TaskDuration"]
        return one.open(file).measures()["TaskDuration"] - before


def pan(started: Chromium, file: Path) -> float:
    """Seconds of the main thread for a drag across the graph; the bare SVG's lies in a pane that scrolls."""
    with page(started, View()) as one:
        one.open(file).value("document.querySelector('#graph').scrollIntoView()")
        one.settle()
        box = "document.querySelector('#graph svg').getBoundingClientRect()"
        left, top = one.value(f"[Math.max({box}.x, 0) + 300, Math.max({box}.y, 0) + 150]")
        if file.name == "bare.html":
            one.value(_DRAG)
        before = one.measures()["TaskDuration"]
        drag(one, left, top)
        return one.measures()["TaskDuration"] - before


def drag(one: Page, x: float, y: float) -> None:
    """The mouse goes down, along, and up; each step is drawn."""
    one.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    for step in range(STEPS):
        one.mouse("mouseMoved", x + 4 * step, y + 3 * step, button="left", buttons=1)
        one.settle()
    one.mouse("mouseReleased", x + 4 * STEPS, y + 3 * STEPS, button="left", clickCount=1)


_DRAG = """(() => {
    const view = document.querySelector('.view');
    let from = null;
    addEventListener('mousedown', event => { from = [event.clientX, event.clientY]; });
    addEventListener('mouseup', () => { from = null; });
    addEventListener('mousemove', event => {
        if (from) view.scrollTo(from[0] - event.clientX + 200, from[1] - event.clientY + 200);
    });
})()"""
