"""A model's graph in a page: a sheet for each of its frames, of which one is seen, and the data of its nodes.

Without scripts the sheets are reached by links, since a sheet shows when its address, or that of a node in it, is the
page's. With them there are pan, zoom, a search, and a panel that tells what is known of a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..names import visible
from ..picture.graph import Frame, GraphPicture, Sort
from .assets import asset
from .details import details
from .marks import marks
from .markup import escaped, name
from .sheet import is_brief, sheet

_MOST_STEPS = 6
_QUOTED = re.compile(r'="([\w#-]+)"(?=[ >])')  # HTML needs no quotes around a word


def draw(graph: GraphPicture) -> Iterator[str]:
    """The graph as pieces of HTML: the sheets, and the data block ``graph-data`` that the script reads."""
    brief = is_brief(graph)
    yield '<div class="sheets">\n'
    for place, found in enumerate(marks(graph)):
        frame = graph.frames[place]
        drawn = sheet(graph, place, found, brief=brief)
        words = "Sheet" if brief else escaped(title(frame))
        trail = _trail(graph, place, 1 if brief else _MOST_STEPS)
        yield f'<div class="sheet" id="s-{place}">\n<p class="trail">{trail}</p>\n'
        if frame.unseen:
            yield f'<p class="unseen">{name(frame.unseen)}</p>\n'
        yield (
            f'<div class="view" role="region" aria-label="{words}" tabindex="0">'
            f'<svg class="graph" width="{drawn.width}" height="{drawn.height}">\n'
        )
        yield from [_QUOTED.sub(r"=\1", part) for part in drawn.parts] if brief else drawn.parts
        yield "</svg></div></div>\n"
    yield "</div>\n"
    yield f'<script type="application/json" id="graph-data">{details(graph)}</script>\n'


def style() -> str:
    """The style sheet of `draw`; it uses the colours of the page's."""
    return asset("graph.css") + asset("sheets.css")


def script() -> str:
    """The script of `draw`."""
    return asset("graph.js")


def title(frame: Frame) -> str:
    """What a frame is called, for people; not escaped."""
    said = visible(frame.title, 80)
    match frame.sort:
        case Sort.MAIN:
            return "Whole graph"
        case Sort.SUBGRAPH:
            return f"subgraph {said}"
        case Sort.FUNCTION:
            return f"function {said}"
        case Sort.BLOCK:
            return f"{said} × {frame.repeats:,}" if frame.repeats > 1 else said


def _trail(graph: GraphPicture, place: int, most: int) -> str:
    """Links to so many of the frames around, the outermost first."""
    steps: list[int] = []
    at = graph.frames[place].parent
    while at >= 0 and len(steps) < most:
        steps.append(at)
        at = graph.frames[at].parent
    links = [f'<a href="#s-{step}">{escaped(title(graph.frames[step]))}</a>' for step in reversed(steps)]
    if at >= 0:  # further out than is told
        links.insert(0, '<a href="#s-0">Whole graph</a> › …')
    return " › ".join([*links, f"<b>{escaped(title(graph.frames[place]))}</b>"])
