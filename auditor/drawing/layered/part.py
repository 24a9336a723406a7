"""The drawing of one connected part, in a corner of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

from auditor.drawing.layered.bands import bands
from auditor.drawing.layered.columns import columns
from auditor.drawing.layered.cycles import closing, topological
from auditor.drawing.layered.layers import Layers, layers
from auditor.drawing.layered.ordering import order_rows
from auditor.drawing.layered.ranks import ranks
from auditor.drawing.layered.routes import Edge, Point, Route, heights, routes
from auditor.tuples import NamedTuple

NODE_GAP = 24.0
"""Free space between two boxes of a row."""

LINE_GAP = 14.0
"""Free space between two lines that pass a row."""

ROW_GAP = 40.0
"""Free space between two rows: where edges slant."""

DUMMIES = 50_000, 4
"""Most dummies that edges pass: the first number, and so many more for each node and edge."""


class Part(NamedTuple):
    """Where the boxes and the edges of a part lie; the ways of an edge that is there twice stand side by side."""

    width: float
    height: float
    centres: list[Point]
    routes: dict[Edge, list[Route]]


def drawn(
    sizes: Sequence[tuple[float, float]],
    rooms: Sequence[float],
    out: Sequence[Sequence[int]],
    times: Mapping[Edge, int],
) -> Part:
    """Draw a connected graph without self-loops.

    ``rooms`` are the widths that the boxes take, ``times`` says of edges that are there more than once how often.
    """
    if len(sizes) == 1:
        height = sizes[0][1]
        return Part(rooms[0], height, [(rooms[0] / 2, height / 2)], {})
    order = topological(out)
    turned: dict[Edge, tuple[int, int]] = {}
    if len(order) < len(sizes):
        back = closing(out)
        turned = {(v, u): (times.get((v, u), 1) if u in out[v] else 0, times.get((u, v), 1)) for u, v in sorted(back)}
        out = _acyclic(out, back)
        order = topological(out)
    into: list[list[int]] = [[] for _ in sizes]
    for u, ends in enumerate(out):
        for v in ends:
            into[v].append(u)
    size = len(sizes) + sum(map(len, out))
    graph = layers(out, ranks(out, into, order), DUMMIES[0] + DUMMIES[1] * size)
    compact = bands(graph)
    order_rows(compact)
    half = [(w + NODE_GAP) / 2 for w in rooms] + [LINE_GAP / 2] * (len(graph.rank) - len(sizes))
    x = [0.0] * len(half)
    for at, run in zip(columns(compact, graph.nodes, half), compact.members, strict=True):
        for v in run:
            x[v] = at
    low = min([at - w / 2 for at, w in zip(x, rooms, strict=False)] + x[len(rooms) :])
    high = max([at + w / 2 for at, w in zip(x, rooms, strict=False)] + x[len(rooms) :])
    return _placed(graph, [at - low for at in x], high - low, sizes, turned, times)


def _acyclic(out: Sequence[Sequence[int]], turned: set[Edge]) -> list[list[int]]:
    """The graph with some edges turned round; what then is there twice is there once."""
    ends: list[set[int]] = [set() for _ in out]
    for u, those in enumerate(out):
        for v in those:
            if (u, v) in turned:
                ends[v].add(u)
            else:
                ends[u].add(v)
    return [sorted(those) for those in ends]


def _placed(
    graph: Layers,
    x: Sequence[float],
    width: float,
    sizes: Sequence[tuple[float, float]],
    turned: Mapping[Edge, tuple[int, int]],
    times: Mapping[Edge, int],
) -> Part:
    """Of an edge in ``turned`` so many lead down, and so many, turned round, up again."""
    channels = {}
    lanes = _lanes(graph)
    for edges, lane in zip(graph.channelled, lanes, strict=True):
        channels.update(dict.fromkeys(edges, width + (lane + 1) * LINE_GAP))
    if lanes:
        width += (max(lanes) + 2) * LINE_GAP
    spans = heights(graph, sizes, ROW_GAP)
    together = {**times, **{edge: forth + back for edge, (forth, back) in turned.items() if forth + back > 1}}
    ways = routes(graph, x, sizes, spans, together, channels)
    for edge, (forth, _) in turned.items():
        found = ways.pop(edge)
        ways[edge], ways[edge[::-1]] = found[:forth], [way[::-1] for way in found[forth:]]
    centres = [(x[v], sum(spans[graph.rank[v]]) / 2) for v in range(graph.nodes)]
    return Part(width, spans[-1][1], centres, ways)


def _lanes(graph: Layers) -> list[int]:
    """For each channel the first lane, from the left, that no other one takes in the same rows."""
    rank = graph.rank
    lanes = [0] * len(graph.channelled)
    free: list[int] = []
    ending: list[tuple[int, int]] = []  # the lowest row of a channel, and its lane
    lasts = [max(rank[v] for _, v in edges) for edges in graph.channelled]
    for i in sorted(range(len(lanes)), key=lambda i: (rank[graph.channelled[i][0][0]], i)):
        while ending and ending[0][0] <= rank[graph.channelled[i][0][0]]:
            heappush(free, heappop(ending)[1])
        lanes[i] = heappop(free) if free else len(ending)
        heappush(ending, (lasts[i], lanes[i]))
    return lanes
