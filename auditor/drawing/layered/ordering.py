"""The order of the vertices within each row, so that few edges cross.

Rows come first in the order of a depth first search, which leaves a tree without a crossing. Where edges still cross,
`sweeps` sorts the rows; in a large graph only some rows around the crossings, between neighbours that stay, and what
was found for such rows serves wherever the same structure comes again, as a network's blocks do. Work is bounded by a
number of steps and not of seconds, so that the same graph is always drawn alike.
"""

from __future__ import annotations

from auditor.drawing.layered.bands import Bands
from auditor.drawing.layered.sweeps import Rows, Sorter, first_order

STEPS = 200_000
"""Most visits of edges in the search for a better order, apart from a multiple of the edges."""

SMALL = 12
"""Where the steps are so many times the edges, all rows are sorted together."""

MARGINS = 4, 16
"""How many rows above and below a crossing are sorted with it; then how many, where it is still there."""

Key = tuple[object, ...]


def order_rows(graph: Bands) -> None:
    """Sort ``graph.rows`` so that few edges cross."""
    rows = first_order(graph.rows, graph.down, False, True)
    sorter = Sorter(rows, graph.up, graph.down, 0, len(rows))
    if sorter.best:
        small = sorter.visits * SMALL <= STEPS
        if small:
            sorter.search(STEPS)
        else:
            sorter.improve(False, 6 * sorter.visits)
        sorter.put([row[:] for row in sorter.kept])
        if sorter.best:
            _by_windows(sorter, STEPS - sorter.steps if small else STEPS)
    graph.rows[:] = sorter.kept


def _by_windows(sorter: Sorter, left: int) -> None:
    """Sort the rows around crossings, so that what lies far from any costs nothing."""
    known: dict[Key, Rows] = {}
    for margin in MARGINS:
        windows = _windows(sorter.counts(), margin)
        for i, (first, last) in enumerate(windows):
            left -= _sort_window(sorter, first, last, left // (len(windows) - i), known)
            if left <= 0:
                break
    sorter.kept = [row[:] for row in sorter.rows]


def _windows(counts: list[int], margin: int) -> list[tuple[int, int]]:
    """First rows, and those after the last, of what to sort: the rows of crossings and those around, run together."""
    found: list[tuple[int, int]] = []
    for number, count in enumerate(counts):
        if count:
            first, last = max(0, number + 1 - margin), min(len(counts), number + 1 + margin)
            if found and first <= found[-1][1]:
                found[-1] = found[-1][0], last
            else:
                found.append((first, last))
    return found


def _sort_window(sorter: Sorter, first: int, last: int, most: int, known: dict[Key, Rows]) -> int:
    """Sort the rows from ``first`` to before ``last``; the rows beside them stay. Says how many steps it took."""
    top, bottom = max(first - 1, 0), min(last + 1, len(sorter.rows))
    given = sorter.rows[top:bottom]
    place, up = sorter.place, sorter.up
    above = [[[place[u] for u in up[v]] for v in row] for row in given]
    above[0] = [[] for _ in given[0]]
    key = (first - top, bottom - last, tuple(tuple(map(tuple, row)) for row in above))
    names = [v for row in given for v in row]
    steps = 2 * len(names)
    if key not in known:
        starts, at = [], 0
        for row in given:
            starts.append(at)
            at += len(row)
        ups: Rows = [[] for _ in names]
        downs: Rows = [[] for _ in names]
        rows = [list(range(start, start + len(row))) for start, row in zip(starts, given, strict=True)]
        for number in range(1, len(rows)):
            for v, ends in zip(rows[number], above[number], strict=True):
                ups[v] = [starts[number - 1] + end for end in ends]
                for u in ups[v]:
                    downs[u].append(v)
        part = Sorter(rows, ups, downs, first - top, last - top)
        part.search(most)
        known[key] = part.kept
        steps += part.steps
    for number, row in enumerate(known[key], top):
        sorter.rows[number] = found = [names[v] for v in row]
        for at, v in enumerate(found):
            place[v] = at
    return steps
