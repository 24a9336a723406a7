"""The way of each edge: straight down beside the boxes of a row, and slanting only between two rows.

So an edge runs through no box, and two edges cross only where their order changes between two rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.drawing.layered.layers import Layers

Point = tuple[float, float]
Route = tuple[Point, ...]


def heights(graph: Layers, sizes: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """The top and the bottom of each row, with ``gap`` between two rows."""
    spans, top = [], 0.0
    for row in graph.rows:
        bottom = top + max((sizes[v][1] for v in row if v < graph.nodes), default=0.0)
        spans.append((top, bottom))
        top = bottom + gap
    return spans


def route(
    graph: Layers,
    edge: tuple[int, int],
    x: Sequence[float],
    sizes: Sequence[tuple[float, float]],
    spans: Sequence[tuple[float, float]],
    channel: float | None = None,
) -> Route:
    """The bends of an edge from the bottom of its upper end to the top of its lower end.

    With a ``channel`` the edge goes to that x in the first gap and comes back in the last.
    """
    u, v = edge
    rank = graph.rank
    top, bottom = spans[rank[u]]
    points = [(x[u], (top + bottom) / 2 + sizes[u][1] / 2), (x[u], bottom)]
    if channel is not None:
        points += [(channel, spans[rank[u] + 1][0]), (channel, spans[rank[v] - 1][1])]
    else:
        for d in graph.chains.get(edge, ()):
            top, bottom = spans[rank[d]]
            points += [(x[d], top), (x[d], bottom)]
    top, bottom = spans[rank[v]]
    points += [(x[v], top), (x[v], (top + bottom) / 2 - sizes[v][1] / 2)]
    return straightened(points)


def straightened(points: Sequence[Point]) -> Route:
    """The same way without the points between which it does not bend: those on a vertical line."""
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and kept[-2][0] == kept[-1][0] == point[0]:
            kept[-1] = point
        else:
            kept.append(point)
    if len(kept) == 1:
        kept.append(kept[0])
    return tuple(kept)


def loop(x: float, y: float, size: tuple[float, float], reach: float) -> Route:
    """An edge from a box to itself, at its right."""
    right, up = x + size[0] / 2, size[1] / 4
    return (right, y + up), (right + reach, y + up), (right + reach, y - up), (right, y - up)
