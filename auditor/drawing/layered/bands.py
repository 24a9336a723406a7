"""Rows between which nothing happens, taken together.

Where every vertex of a row has one neighbour in the next row and is its only one, both rows may have the same order,
and whatever stands in one line may have the same x. A network is full of such rows: chains of nodes, and long edges
beside them. So the rows are ordered, and get their columns, band by band.
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.drawing.layered.layers import Layers
from auditor.tuples import NamedTuple


class Bands(NamedTuple):
    """A layered graph of units: runs of vertices, row below row, that stand in one line.

    ``rows`` holds the units of each band, ``up`` and ``down`` their neighbours in the bands beside, ``members`` the
    vertices of each unit from top to bottom.
    """

    rows: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]
    members: list[list[int]]


def bands(graph: Layers) -> Bands:
    """The bands of a graph, in the order of its rows."""
    up, down = graph.up, graph.down
    unit = [0] * len(graph.rank)
    rows: list[list[int]] = []
    members: list[list[int]] = []
    before: list[int] = []
    for row in graph.rows:
        if _one_to_one(before, row, up, down):
            for v in row:
                u = unit[v] = unit[up[v][0]]
                members[u].append(v)
        else:
            rows.append(list(range(len(members), len(members) + len(row))))
            for v in row:
                unit[v] = len(members)
                members.append([v])
        before = row
    return Bands(
        rows,
        [[unit[v] for v in up[run[0]]] for run in members],
        [[unit[v] for v in down[run[-1]]] for run in members],
        members,
    )


def _one_to_one(upper: Sequence[int], lower: Sequence[int], up: list[list[int]], down: list[list[int]]) -> bool:
    if len(upper) != len(lower):
        return False
    for v in upper:
        if len(down[v]) != 1:
            return False
    return all(len(up[v]) == 1 for v in lower)
