"""A graph as one SVG file that stands for itself: all frames, one below the other, with links from one to another.

Its colours are written out, for light screens and for dark ones: not every program that shows SVG knows variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..names import visible
from ..picture.graph import GraphPicture
from .assets import asset
from .graph import title
from .marks import marks
from .markup import escaped, name
from .sheet import MARGIN, is_brief, sheet

_HEAD = 30
_GAP = 36
_LETTER = 9.4  # of a heading
_OWN = (
    ".paper{fill:var(--paper)}.graph .head{font-size:15px;text-anchor:start}.graph .unseen{font-size:11px;"
    "font-weight:400;text-anchor:start;fill:var(--warning)}.graph .head a{fill:var(--accent)}"
    ".graph .boxes>:target>path,.graph .boxes>:has(:target)>path{stroke:var(--accent);stroke-width:7}"
)
_COLOUR = re.compile(r"--([\w-]+):light-dark\((#\w+),(#\w+)\)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_USE = re.compile(r"var\(--([\w-]+)\)")


def standing(graph: GraphPicture, heading: str, here: int = -1) -> Iterator[str]:
    """The file in pieces. ``heading`` is the drawing's title; ``here`` a box of the first frame that it is about."""
    brief = is_brief(graph)
    sheets = [
        sheet(graph, place, found, -1 if place else here, brief=brief) for place, found in enumerate(marks(graph))
    ]
    heads = [visible(heading), *(title(frame) for frame in graph.frames[1:])]
    width = max([one.width for one in sheets] + [2 * MARGIN + round(_LETTER * (len(head) + 2)) for head in heads])
    height = sum(one.height + _HEAD + _GAP for one in sheets)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">\n<title>{name(heading)}</title>\n<style>{style()}</style>\n'
        f'<rect class="paper" width="{width}" height="{height}"/>\n'
    )
    top = 0
    for place, (frame, one, head) in enumerate(zip(graph.frames, sheets, heads, strict=True)):
        full = one.height + _HEAD + _GAP
        yield f'<view id="s-{place}" viewBox="0 {top} {width} {full}" preserveAspectRatio="xMinYMin meet"/>\n'
        yield f'<g transform="translate(0 {top})"><text class="head" x="{MARGIN}" y="20">{escaped(head)}'
        yield f' <a href="#s-{frame.parent}">↑</a></text>\n' if frame.parent >= 0 else "</text>\n"
        if frame.unseen:
            yield f'<text class="unseen" x="{MARGIN}" y="{full - 10}">{name(frame.unseen)}</text>\n'
        yield f'<g transform="translate({(width - one.width) // 2} {_HEAD})">\n'
        yield from one.parts
        yield "</g></g>\n"
        top += full
    yield "</svg>\n"


def style() -> str:
    """The style sheet with colours in place of variables: the light ones, and where a screen is dark the others."""
    text = asset("graph.css") + _OWN
    colours = {found[1]: (found[2], found[3]) for found in _COLOUR.finditer(asset("page.css") + text)}
    rules = [(who.strip(), _COLOUR.sub("", what).lstrip(";")) for who, what in _RULE.findall(text)]
    light = [f"{who}{{{_resolved(what, colours, 0)}}}" for who, what in rules]
    dark = [
        f"{who}{{{';'.join(_resolved(part, colours, 1) for part in what.split(';') if 'var(' in part)}}}"
        for who, what in rules
        if "var(" in what
    ]
    return "".join([*light, "@media (prefers-color-scheme:dark){", *dark, "}"])


def _resolved(text: str, colours: dict[str, tuple[str, str]], theme: int) -> str:
    return _USE.sub(lambda use: colours[use[1]][theme], text)
