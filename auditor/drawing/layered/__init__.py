"""A layered drawing of a directed graph: rows from top to bottom, in time near linear in nodes and edges.

It knows sizes and edges only. The stages are those of Sugiyama, Tagawa and Toda (Methods for Visual Understanding of
Hierarchical System Structures, 1981), each in a file of its own: cycles are broken (`cycles`), nodes get rows (`ranks`,
after Gansner, Koutsofios, North and Vo, A Technique for Drawing Directed Graphs, 1993), long edges get dummies
(`layers`), rows are ordered (`ordering`; crossings are counted as in Barth, Juenger and Mutzel, Simple and Efficient
Bilayer Cross Counting, 2002), vertices get an x (`columns`, after Brandes and Koepf, Fast and Simple Horizontal
Coordinate Assignment, 2001), and edges get their bends (`routes`). Parts that hang together in nothing stand side by
side (`packing`).

Nothing here is random, nothing depends on the order of the edges, and nothing looks at a clock: work is bounded by
counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from auditor.drawing.layered.packing import packed, parts
from auditor.drawing.layered.part import NODE_GAP, ROW_GAP, drawn
from auditor.drawing.layered.routes import Edge, Point, Route, loop
from auditor.garbage import uncollected
from auditor.tuples import NamedTuple

__all__ = ["NODE_GAP", "ROW_GAP", "Layout", "Point", "Route", "layered"]

LOOP = 16.0
"""How far an edge from a box to itself stands out of the box."""


_SMALL = 100
"""Boxes, and edges, of a drawing that is worth remembering: some tens of kilobytes."""


class Layout(NamedTuple):
    """Where everything lies; x grows to the right, y downwards, nothing is left of or above (0, 0).

    ``centres`` are the middles of the boxes, ``routes`` the bends of the edges in the order given, each from the border
    of its first box to the border of its second. Between two bends an edge is straight.
    """

    centres: Sequence[Point]
    routes: Sequence[Route]
    width: float
    height: float


def layered(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """A drawing of boxes of the given widths and heights, and of edges from one box to another by their indices.

    Edges may repeat, lead back, or lead to where they come from. No two boxes overlap, no edge runs through a box, and
    edges lead down, apart from those that close a cycle.
    """
    with uncollected():
        if len(sizes) <= _SMALL and len(edges) <= _SMALL:
            return _remembered(tuple(sizes), tuple(edges))
        return _layered(sizes, edges)


@lru_cache(maxsize=256)
def _remembered(sizes: tuple[tuple[float, float], ...], edges: tuple[Edge, ...]) -> Layout:
    """Of a large model most frames are blocks, and equal but for names."""
    return _layered(sizes, edges)


def _layered(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    looped = {u for u, v in edges if u == v}
    rooms = [w + 2 * LOOP if v in looped else w for v, (w, _) in enumerate(sizes)]
    counted = Counter(edges)
    out: list[list[int]] = [[] for _ in sizes]
    beside: list[list[int]] = [[] for _ in sizes]
    for u, v in sorted(counted):
        if u != v:
            out[u].append(v)
            beside[u].append(v)
            beside[v].append(u)
    repeated = {edge: count for edge, count in counted.items() if count > 1}
    members = parts(beside)
    drawings = [drawn(*_numbered(sizes, rooms, out, repeated, part)) for part in members]
    corners = packed([(one.width, one.height) for one in drawings], 2 * NODE_GAP)
    centres: list[Point] = [(0.0, 0.0)] * len(sizes)
    ways: dict[Edge, list[Route]] = {}
    width = height = 0.0
    for part, one, (left, top) in zip(members, drawings, corners, strict=True):
        for v, (x, y) in zip(part, one.centres, strict=True):
            centres[v] = (x + left, y + top)
        for (u, v), found in one.routes.items():
            ways[part[u], part[v]] = [tuple([(x + left, y + top) for x, y in way]) for way in found]
        width, height = max(width, left + one.width), max(height, top + one.height)
    return Layout(centres, _in_order(edges, ways, centres, sizes), width, height)


def _numbered(
    sizes: Sequence[tuple[float, float]],
    rooms: Sequence[float],
    out: Sequence[Sequence[int]],
    repeated: dict[Edge, int],
    part: Sequence[int],
) -> tuple[Sequence[tuple[float, float]], Sequence[float], Sequence[Sequence[int]], dict[Edge, int]]:
    """A part's boxes and edges, by numbers of its own."""
    if len(part) == len(sizes):
        return sizes, rooms, out, repeated
    number = {v: i for i, v in enumerate(part)}
    times = {(number[u], number[v]): repeated[u, v] for u in part for v in out[u] if (u, v) in repeated}
    return [sizes[v] for v in part], [rooms[v] for v in part], [[number[w] for w in out[v]] for v in part], times


def _in_order(
    edges: Sequence[Edge], ways: dict[Edge, list[Route]], centres: Sequence[Point], sizes: Sequence[tuple[float, float]]
) -> list[Route]:
    """The ways of the edges as they were given."""
    used: Counter[Edge] = Counter()
    found = []
    for edge in edges:
        u, v = edge
        used[edge] += 1
        if u == v:
            found.append(loop(*centres[u], sizes[u], LOOP / used[edge]))
        else:
            found.append(ways[edge][used[edge] - 1])
    return found
