"""One frame of a graph as SVG: boxes by their kinds, and the wires between them.

Coordinates are whole numbers, and a box is some 130 bytes: a graph of 50,000 nodes has to fit into a page.
"""

from __future__ import annotations

from ..names import visible
from ..picture.graph import Box, Change, Frame, GraphPicture, Role
from ..tuples import NamedTuple
from .faces import SECOND, Face, face, sizes
from .layered import layered
from .marks import FrameMarks
from .markup import escaped
from .wires import wires

BRIEF = 4_000
"""Boxes from which on a graph shows no sizes: the panel has them, and each takes its bytes."""

MARGIN = 12
LONGEST = 160
"""Characters of a node's name."""

_MOST_LINKS = 4


class Sheet(NamedTuple):
    """A frame as it is drawn: the inner part of an ``<svg>`` of this width and height."""

    width: int
    height: int
    parts: tuple[str, ...]


def sheet(graph: GraphPicture, place: int, marks: FrameMarks, here: int = -1, *, brief: bool = False) -> Sheet:
    """The frame at that place of the graph. ``here``: the box that a drawing is about; ``brief``: without sizes."""
    frame = graph.frames[place]
    below = [""] * len(frame.boxes) if brief else _below(frame)
    faces = [
        face(box, words, worst, " · ".join(_titles(graph, box)), brief=brief)
        for box, words, worst in zip(frame.boxes, below, marks.worst, strict=True)
    ]
    layout = layered(
        [(one.room, one.reach) for one in faces],
        [(wire.source, wire.target) for wire in frame.wires],
    )
    parts = ['<g class="wires">', *wires(frame, layout.routes, marks.lit, MARGIN), '</g>\n<g class="boxes">\n']
    for i, (box, one, (x, y)) in enumerate(zip(frame.boxes, faces, layout.centres, strict=True)):
        top = round(y - one.reach / 2) + MARGIN
        classes = _classes(box, marks.worst[i], is_lit=i in marks.lit, is_here=i == here)
        parts.append(_box(graph, box, one, (round(x) + MARGIN, top), classes))
    parts.append("</g>")
    return Sheet(round(layout.width) + 2 * MARGIN, round(layout.height) + 2 * MARGIN, tuple(parts))


def is_brief(graph: GraphPicture) -> bool:
    """Whether there are so many boxes that each byte of one counts."""
    return sum(len(frame.boxes) for frame in graph.frames) > BRIEF


def _titles(graph: GraphPicture, box: Box) -> list[str]:
    """What the frames that a node opens are called."""
    if not box.inside or box.role is not Role.NODE:
        return []
    titles = [graph.frames[i].title or "body" for i in box.inside[:_MOST_LINKS]]
    return ["function" if title == box.op else visible(title, 14) for title in titles]


def _below(frame: Frame) -> list[str]:
    """What stands below each box: the type of what it gives, where it is not that of what it takes."""
    taken: list[list[str]] = [[] for _ in frame.boxes]
    used = bytearray(len(frame.boxes))
    for wire in frame.wires:
        taken[wire.target].append(wire.text)
        used[wire.source] = 1
    found = []
    for box, texts, feeds in zip(frame.boxes, taken, used, strict=True):
        text = box.made[0].text if box.made and feeds and box.role in (Role.NODE, Role.FOLD) else ""
        found.append(sizes(text) if text and text not in texts else "")
    return found


def _classes(box: Box, worst: str, *, is_lit: bool, is_here: bool) -> str:
    words = [box.kind.value if box.role in (Role.NODE, Role.FOLD) else "port"]
    if box.small:
        words.append("small")
    if box.role is Role.FOLD:
        words.append("fold")
    if is_lit:
        words.append("lit")
    if worst:
        words.append(worst)
    if box.change is not None and box.change is not Change.SAME:
        words.append(box.change.value)
    if is_here:
        words.append("here")
    return " ".join(words)


def _box(graph: GraphPicture, box: Box, one: Face, corner: tuple[int, int], classes: str) -> str:
    x, top = corner
    left = x - one.width // 2
    anchor = f' id="n-{box.graph}-{box.node}"' if box.node >= 0 else ""
    text = f"<title>{escaped(visible(box.label, LONGEST))}</title>"
    if box.role is Role.FOLD:
        text += f'<path class="more" d="M{left + 6} {top + one.height + 4}h{one.width - 12}"/>'
    line = top + (one.height - (SECOND if one.second else 0)) // 2 + (4 if box.small else 5)
    first = one.first
    for inner in box.folded if box.findings else ():  # an address needs an element that is somewhere: these words
        first = f'<tspan id="n-{box.graph}-{inner}">{first}</tspan>'
    text += f'<path d="M{left} {top}h{one.width}v{one.height}h-{one.width}z"/><text x="{x}" y="{line}">{first}</text>'
    if one.second:
        second = one.second if len(box.inside) < 2 or box.role is not Role.NODE else _links(graph, box)
        text += f'<text x="{x}" y="{line + SECOND}">{second}</text>'
    if one.below:
        text += f'<text x="{x}" y="{top + one.reach - 1}">{one.below}</text>'
    if len(box.inside) == 1:
        return f'<a{anchor} href="#s-{box.inside[0]}" class="{classes}">{text}</a>\n'
    return f'<g{anchor} class="{classes}">{text}</g>\n'


def _links(graph: GraphPicture, box: Box) -> str:
    titles = zip(box.inside, _titles(graph, box), strict=False)
    return " · ".join(f'<a href="#s-{place}">{escaped(title)}</a>' for place, title in titles)
