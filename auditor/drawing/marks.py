"""Which boxes a fault is in, and which lead to one: in their frame, and in those around it."""

from __future__ import annotations

from collections.abc import Sequence

from ..picture.graph import Frame, GraphPicture
from ..tuples import NamedTuple

_RANKS = {"error": 0, "warning": 1, "note": 2, "": 3}


class FrameMarks(NamedTuple):
    """For each box of a frame the worst severity in it, or in what it opens; and the boxes that lead there."""

    worst: Sequence[str]
    lit: frozenset[int]


def marks(graph: GraphPicture) -> tuple[FrameMarks, ...]:
    """The marks of each frame."""
    if not any(box.findings for frame in graph.frames for box in frame.boxes):
        return tuple(FrameMarks([""] * len(frame.boxes), frozenset()) for frame in graph.frames)
    held = _held(graph)
    found = []
    for frame in graph.frames:
        worst = []
        for box in frame.boxes:
            severities = [graph.findings[i].severity for i in box.findings] + [held[i] for i in box.inside]
            worst.append(min(severities, key=_rank) if severities else "")
        found.append(FrameMarks(worst, _ancestors(frame, [i for i, severity in enumerate(worst) if severity])))
    return tuple(found)


def _held(graph: GraphPicture) -> list[str]:
    """The severity of the worst finding in each frame, or in one below it."""
    held = [
        min((graph.findings[i].severity for box in frame.boxes for i in box.findings), key=_rank, default="")
        for frame in graph.frames
    ]
    for place, found in enumerate(tuple(held)):
        above = graph.frames[place].parent if found else -1
        while above >= 0 and _rank(held[above]) > _rank(found):
            held[above] = found
            above = graph.frames[above].parent
    return held


def _rank(severity: str) -> int:
    return _RANKS.get(severity, 3)


def _ancestors(frame: Frame, seeds: Sequence[int]) -> frozenset[int]:
    """The boxes from which wires lead to one of the seeds, and these."""
    found = set(seeds)
    if not found:
        return frozenset()
    before: list[list[int]] = [[] for _ in frame.boxes]
    for wire in frame.wires:
        before[wire.target].append(wire.source)
    waiting = list(seeds)
    while waiting:
        for source in before[waiting.pop()]:
            if source not in found:
                found.add(source)
                waiting.append(source)
    return frozenset(found)
