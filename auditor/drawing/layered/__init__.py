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

from collections.abc import Sequence
from typing import NamedTuple

from auditor.drawing.layered.columns import columns
from auditor.drawing.layered.cycles import closing, topological
from auditor.drawing.layered.layers import layers
from auditor.drawing.layered.ordering import order_rows
from auditor.drawing.layered.packing import packed, parts
from auditor.drawing.layered.ranks import ranks
from auditor.drawing.layered.routes import Point, Route, heights, loop, route

NODE_GAP = 24.0
"""Free space between two boxes of a row."""

LINE_GAP = 14.0
"""Free space between two lines that pass a row."""

ROW_GAP = 40.0
"""Free space between two rows: where edges slant."""

LOOP = 16.0
"""How far an edge from a box to itself stands out of the box."""

TWINS = 6.0
"""How far edges with equal ends stand apart."""

DUMMIES = 20_000, 2
"""Most dummies: the first number, and so many more for each node and edge."""


class Placed(NamedTuple):
    """Where everything lies; x grows to the right, y downwards, nothing is left of or above (0, 0).

    ``centres`` are the middles of the boxes, ``routes`` the bends of the edges in the order given, each from the border
    of its first box to the border of its second. Between two bends an edge is straight.
    """

    centres: list[Point]
    routes: list[Route]
    width: float
    height: float


def layered(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Placed:
    """A drawing of boxes of the given widths and heights, and of edges from one box to another by their indices.

    Edges may repeat, lead back, or lead to where they come from. No two boxes overlap, no edge runs through a box, and
    edges lead down, apart from those that close a cycle.
    """
    looped = {u for u, v in edges if u == v}
    room = [(w + 2 * LOOP, h) if v in looped else (w, h) for v, (w, h) in enumerate(sizes)] if looped else sizes
    pairs = sorted({edge for edge in edges if edge[0] != edge[1]})
    out: list[list[int]] = [[] for _ in sizes]
    beside: list[list[int]] = [[] for _ in sizes]
    for u, v in pairs:
        out[u].append(v)
        beside[u].append(v)
        beside[v].append(u)
    drawn = [_part(room, out, part) for part in parts(beside)]
    corners = packed([one.size for one in drawn], 2 * NODE_GAP)
    centres: list[Point] = [(0.0, 0.0)] * len(sizes)
    routes: dict[tuple[int, int], Route] = {}
    for one, (left, top) in zip(drawn, corners, strict=True):
        for v, (x, y) in one.centres:
            centres[v] = (x + left, y + top)
        for edge, way in one.routes:
            routes[edge] = tuple([(x + left, y + top) for x, y in way]) if left or top else way
    width = max((left + one.size[0] for one, (left, _) in zip(drawn, corners, strict=True)), default=0.0)
    height = max((top + one.size[1] for one, (_, top) in zip(drawn, corners, strict=True)), default=0.0)
    return Placed(centres, _in_order(edges, routes, centres, sizes), width, height)


class _Drawn(NamedTuple):
    """One connected part in a corner of its own."""

    size: tuple[float, float]
    centres: list[tuple[int, Point]]
    routes: list[tuple[tuple[int, int], Route]]


def _part(sizes: Sequence[tuple[float, float]], out: Sequence[Sequence[int]], part: Sequence[int]) -> _Drawn:
    if len(part) == 1:
        w, h = sizes[part[0]]
        return _Drawn((w, h), [(part[0], (w / 2, h / 2))], [])
    local = {v: i for i, v in enumerate(part)}
    own = [sizes[v] for v in part]
    ends = [[local[w] for w in out[v]] for v in part]
    order = topological(ends)
    turned: set[tuple[int, int]] = set()
    if len(order) < len(part):
        turned = closing(ends)
        merged: list[set[int]] = [set() for _ in part]
        for u, those in enumerate(ends):
            for v in those:
                if (u, v) in turned:
                    merged[v].add(u)
                else:
                    merged[u].add(v)
        ends = [sorted(those) for those in merged]
        order = topological(ends)
    into: list[list[int]] = [[] for _ in part]
    for u, those in enumerate(ends):
        for v in those:
            into[v].append(u)
    graph = layers(ends, ranks(ends, into, order), DUMMIES[0] + DUMMIES[1] * (len(part) + sum(map(len, ends))))
    order_rows(graph)
    x = columns(graph, [w for w, _ in own], (NODE_GAP, LINE_GAP))
    return _drawn(part, own, x, graph, turned)


def _drawn(part, own, x, graph, turned) -> _Drawn:  # type: ignore[no-untyped-def]
    spans = heights(graph, own, ROW_GAP)
    low = min(a - (own[v][0] / 2 if v < graph.nodes else 0.0) for v, a in enumerate(x))
    high = max(a + (own[v][0] / 2 if v < graph.nodes else 0.0) for v, a in enumerate(x))
    x = [a - low for a in x]
    width = high - low
    routes = []
    for u in range(graph.nodes):
        for v in graph.down[u]:
            if v < graph.nodes:
                routes.append(((u, v), route(graph, (u, v), x, own, spans)))
    for edge in graph.chains:
        routes.append((edge, route(graph, edge, x, own, spans)))
    for i, edge in enumerate(graph.channelled):
        routes.append((edge, route(graph, edge, x, own, spans, width + (i + 1) * LINE_GAP)))
    if graph.channelled:
        width += (len(graph.channelled) + 1) * LINE_GAP
    named = []
    for (u, v), way in routes:
        if (v, u) in turned:
            named.append(((part[v], part[u]), way[::-1]))
        if (u, v) not in turned:
            named.append(((part[u], part[v]), way))
    centres = [(v, (x[i], sum(spans[graph.rank[i]]) / 2)) for i, v in enumerate(part)]
    return _Drawn((width, spans[-1][1]), centres, named)


def _in_order(
    edges: Sequence[tuple[int, int]],
    routes: dict[tuple[int, int], Route],
    centres: Sequence[Point],
    sizes: Sequence[tuple[float, float]],
) -> list[Route]:
    """The routes of the edges as they were given; one that is given again stands a little aside."""
    times: dict[tuple[int, int], int] = {}
    found = []
    for edge in edges:
        u, v = edge
        before = times.get(edge, 0)
        times[edge] = before + 1
        aside = (before + 1) // 2 * (TWINS if before % 2 else -TWINS)
        if u == v:
            found.append(loop(*centres[u], sizes[u], LOOP / (1 + before)))
        elif aside:
            found.append(tuple([(x + aside, y) for x, y in routes[edge]]))
        else:
            found.append(routes[edge])
    return found
