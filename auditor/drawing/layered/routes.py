"""The way of each edge: straight down beside the boxes of a row, and slanting only between two rows.

So an edge runs through no box, and two edges cross only where their order changes between two rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from auditor.drawing.layered.layers import Layers
from auditor.tuples import NamedTuple

Point = tuple[float, float]
Route = tuple[Point, ...]
Edge = tuple[int, int]
End = tuple[float, int, Edge]
"""Where an edge stands one row away, at which vertex, and which it is."""

PORTS = 10.0
"""How far apart edges touch a box, at most."""

BORDER = 4.0
"""How far an edge stays off the corners of the box that it touches."""

TWINS = 8.0
"""How far apart edges with the same ends run, all together."""


class Touch(NamedTuple):
    """Where an edge touches a box: how far beside its middle, and how far beside each other if there are several."""

    beside: float
    apart: float


def heights(graph: Layers, sizes: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """The top and the bottom of each row, with ``gap`` between two rows."""
    spans, top = [], 0.0
    for row in graph.rows:
        bottom = top + max([sizes[v][1] for v in row if v < graph.nodes], default=0.0)
        spans.append((top, bottom))
        top = bottom + gap
    return spans


def routes(
    graph: Layers,
    x: Sequence[float],
    sizes: Sequence[tuple[float, float]],
    spans: Sequence[tuple[float, float]],
    times: Mapping[Edge, int],
    channels: Mapping[Edge, float],
) -> dict[Edge, list[Route]]:
    """The bends of each edge, from the bottom of its upper end to the top of its lower end.

    An edge is there as often as ``times`` says, or once. One with a channel goes to that x in the first gap between
    rows and comes back in the last.
    """
    leaving: list[list[End]] = [[] for _ in range(graph.nodes)]
    reaching: list[list[End]] = [[] for _ in range(graph.nodes)]
    for u in range(graph.nodes):
        for v in graph.down[u]:
            if v < graph.nodes:
                leaving[u].append((x[v], v, (u, v)))
                reaching[v].append((x[u], u, (u, v)))
    for (u, v), chain in graph.chains.items():
        leaving[u].append((x[chain[0]], chain[0], (u, v)))
        reaching[v].append((x[chain[-1]], chain[-1], (u, v)))
    for (u, v), at in channels.items():
        leaving[u].append((at, -1, (u, v)))
        reaching[v].append((at, -1, (u, v)))
    widths = [w for w, _ in sizes]
    begins, ends = _ports(leaving, x, widths, times), _ports(reaching, x, widths, times)
    found: dict[Edge, list[Route]] = {}
    rank = graph.rank
    trunks = _Trunks(graph, x, spans)
    for u, edges in enumerate(leaving):
        row, bottom = spans[rank[u]]
        low = (row + bottom + sizes[u][1]) / 2
        for _, vertex, edge in edges:
            v = edge[1]
            top, row = spans[rank[v]]
            high = (top + row - sizes[v][1]) / 2
            begin, end = begins[edge], ends[edge]
            if vertex < 0:
                way = [(channels[edge], spans[rank[u] + 1][0]), (channels[edge], spans[rank[v] - 1][1])]
            elif vertex >= graph.nodes:
                way = trunks.way(graph.chains[edge])
            else:
                way = []
            many = times.get(edge, 1)
            if many == 1:
                start, stop = x[u] + begin.beside, x[v] + end.beside
                if not way and start == stop:
                    found[edge] = [((start, low), (start, high))]
                else:
                    found[edge] = [_straightened([(start, low), (start, bottom), *way, (stop, top), (stop, high)])]
                continue
            found[edge] = []
            for copy in range(many):
                aside = copy - (many - 1) / 2
                start, stop = x[u] + begin.beside + aside * begin.apart, x[v] + end.beside + aside * end.apart
                between = [(at + aside * TWINS / (many - 1), y) for at, y in way]
                found[edge].append(_straightened([(start, low), (start, bottom), *between, (stop, top), (stop, high)]))
    return found


class _Trunks:
    """The ways of long edges through their dummies; what several edges share is worked out once."""

    def __init__(self, graph: Layers, x: Sequence[float], spans: Sequence[tuple[float, float]]) -> None:
        self.x, self.rank, self.spans = x, graph.rank, spans
        self.longest: dict[int, int] = {}
        for chain in graph.chains.values():
            self.longest[chain.start] = max(self.longest.get(chain.start, 0), chain.stop)
        self.bends: dict[int, tuple[list[int], list[Point]]] = {}

    def way(self, chain: range) -> list[Point]:
        """The bends between the top of the first dummy's row and the bottom of the last one's."""
        x, rank, spans = self.x, self.rank, self.spans
        if chain.start not in self.bends:
            numbers: list[int] = []
            points: list[Point] = []
            for d in range(chain.start, self.longest[chain.start]):
                if not points or x[d] != x[d - 1]:
                    if points:
                        numbers.append(d - 1)
                        points.append((x[d - 1], spans[rank[d - 1]][1]))
                    numbers.append(d)
                    points.append((x[d], spans[rank[d]][0]))
            self.bends[chain.start] = numbers, points
        numbers, points = self.bends[chain.start]
        last = chain[-1]
        return [*points[: bisect_right(numbers, last)], (x[last], spans[rank[last]][1])]


def _ports(
    sides: Sequence[list[End]], x: Sequence[float], widths: Sequence[float], times: Mapping[Edge, int]
) -> dict[Edge, Touch]:
    """Where edges touch one side of each box, in the order of where they lead; what leads straight has the middle."""
    found: dict[Edge, Touch] = {}
    for box, edges in enumerate(sides):
        if len(edges) == 1 and edges[0][2] not in times:
            found[edges[0][2]] = Touch(0.0, 0.0)
            continue
        edges.sort()
        slots: list[tuple[float, Edge, float]] = []
        before, last = 0, -1
        for there, vertex, edge in edges:
            many = times.get(edge, 1)
            if vertex == last >= 0:  # it shares its first dummies with the one before
                slots.append((there, edge, slots[-1][2]))
                continue
            slots.append((there, edge, before + (many - 1) / 2))
            before += many
            last = vertex
        middle = next((slot for there, _, slot in slots if abs(there - x[box]) < 0.5), (before - 1) / 2)
        far = max(middle, before - 1 - middle)
        apart = min(PORTS, max(0.0, widths[box] / 2 - BORDER) / far) if far else 0.0
        for _, edge, slot in slots:
            found[edge] = Touch((slot - middle) * apart, apart)
    return found


def _straightened(points: Sequence[Point]) -> Route:
    """The same way without the points between which it does not bend: those on a vertical line."""
    kept = [points[0]]
    for point in points[1:]:
        if point == kept[-1]:
            continue
        if len(kept) > 1 and kept[-2][0] == kept[-1][0] == point[0]:
            kept[-1] = point
        else:
            kept.append(point)
    return tuple(kept) if len(kept) > 1 else (kept[0], kept[0])


def loop(x: float, y: float, size: tuple[float, float], reach: float) -> Route:
    """An edge from a box to itself, at its right."""
    right, up = x + size[0] / 2, size[1] / 4
    return (right, y + up), (right + reach, y + up), (right + reach, y - up), (right, y - up)
