"""Wires as paths: straight beside the boxes of a row, curved between two rows.

Wires of a class share paths, each of a few dozen: one for all would be painted whole whatever part of it is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..picture.graph import Change, Connection, Frame, Role
from .layered import Route

_IN_ONE_PATH = 40
_LONG = 1200  # a wire that runs on for longer stands in a path with others such, so that the short ones' stay small


def wires(frame: Frame, routes: Sequence[Route], lit: frozenset[int], margin: int) -> Iterator[str]:
    """The paths of a frame's wires, moved by ``margin`` to the right and down."""
    waiting: dict[tuple[str, bool], list[str]] = {}
    for wire, route in zip(frame.wires, routes, strict=True):
        key = _classes(frame, wire, lit), abs(route[-1][1] - route[0][1]) > _LONG
        ways = waiting.setdefault(key, [])
        ways.append(way(route, margin))
        if len(ways) == _IN_ONE_PATH:
            yield _path(key[0], ways)
            ways.clear()
    for (classes, _), ways in waiting.items():
        if ways:
            yield _path(classes, ways)


def way(route: Route, margin: int = 0) -> str:
    """One wire: ``v`` where it goes straight down, elsewhere a curve that begins and ends upright."""
    x, y = round(route[0][0]), round(route[0][1])
    text = f"M{x + margin} {y + margin}"
    for to_x, to_y in route[1:]:
        right, down = round(to_x) - x, round(to_y) - y
        if not right:
            text += f"v{down}"
        elif not down:
            text += f"h{right}"
        else:
            half = down // 2
            text += f"c0 {half} {right} {down - half} {right} {down}".replace(" -", "-")
        x, y = x + right, y + down
    return text


def _classes(frame: Frame, wire: Connection, lit: frozenset[int]) -> str:
    if wire.change is not None and wire.change is not Change.SAME:
        return wire.change.value
    if wire.target in lit and wire.source in lit:
        return "lit"
    source = frame.boxes[wire.source]
    return "thin" if source.small and source.role is Role.NODE else ""


def _path(classes: str, ways: Sequence[str]) -> str:
    return f'<path class="{classes}" d="{"".join(ways)}"/>' if classes else f'<path d="{"".join(ways)}"/>'
