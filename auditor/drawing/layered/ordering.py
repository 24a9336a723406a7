"""The order of the vertices within each row, so that few edges cross.

Sweeps down and up sort each row by where its neighbours stand (Sugiyama 1981: barycentres), neighbours in a row change
places where that helps (Gansner 1993: transposition), and the best order seen is kept. How many sweeps there are is
bounded by a number of steps, not of seconds, so that the same graph is always drawn alike.
"""

from __future__ import annotations

from auditor.drawing.layered.crossings import crossings
from auditor.drawing.layered.layers import Layers

SWEEPS = 24
"""Most sweeps over all rows."""

STEPS = 3_000_000
"""Most visits of edges in all sweeps; two sweeps there are always."""

PATIENCE = 4
"""Sweeps without a better order after which to stop."""


def order_rows(graph: Layers) -> None:
    """Sort ``graph.rows`` so that few edges cross."""
    rows = graph.rows
    _depth_first(graph)
    place = [0] * len(graph.rank)
    for row in rows:
        _number(row, place)
    best = _count(graph, place)
    kept = [row[:] for row in rows]
    edges = sum(map(len, graph.down)) + len(graph.rank)
    idle = 0
    for sweep in range(min(SWEEPS, max(2, STEPS // (edges + 1)))):
        if not best or idle == PATIENCE:
            break
        if sweep % 2:
            for row in reversed(rows[:-1]):
                _by_barycentre(row, graph.down, place, sweep % 4 > 1)
        else:
            for row in rows[1:]:
                _by_barycentre(row, graph.up, place, sweep % 4 > 1)
        _transpose(graph, place)
        now = _count(graph, place)
        idle += 1
        if now < best:
            best, idle = now, 0
            kept = [row[:] for row in rows]
    rows[:] = kept


def _number(row: list[int], place: list[int]) -> None:
    for at, v in enumerate(row):
        place[v] = at


def _count(graph: Layers, place: list[int]) -> int:
    down = graph.down
    return sum(crossings(row, down, place) for row in graph.rows)


def _depth_first(graph: Layers) -> None:
    """Rows in the order in which a depth first search from the top comes to their vertices: a tree has no crossing."""
    rows, down = graph.rows, graph.down
    seen = [False] * len(graph.rank)
    found: list[list[int]] = [[] for _ in rows]
    for row in rows:
        for start in row:
            if seen[start]:
                continue
            stack = [start]
            while stack:
                v = stack.pop()
                if seen[v]:
                    continue
                seen[v] = True
                found[graph.rank[v]].append(v)
                stack.extend(reversed(down[v]))
    rows[:] = found


def _by_barycentre(row: list[int], beside: list[list[int]], place: list[int], turn: bool) -> None:
    """Sort one row by the mean place of the neighbours in the row beside; who has none there keeps its place."""
    if len(row) < 2:
        return
    keyed: list[tuple[float, int]] = []
    fixed: list[tuple[int, int]] = []
    for at, v in enumerate(row):
        ends = beside[v]
        if not ends:
            fixed.append((at, v))
        elif len(ends) == 1:
            keyed.append((place[ends[0]], v))
        else:
            keyed.append((sum([place[u] for u in ends]) / len(ends), v))
    if turn:
        keyed.reverse()
    keyed.sort(key=_first)
    row[:] = [v for _, v in keyed]
    for at, v in fixed:
        row.insert(at, v)
    _number(row, place)


def _first(pair: tuple[float, int]) -> float:
    return pair[0]


def _transpose(graph: Layers, place: list[int]) -> None:
    """Let neighbours in a row change places where fewer edges cross then; rows that did so are tried again."""
    up, down = graph.up, graph.down
    for row in graph.rows:
        if len(row) < 2:
            continue
        for _ in range(4):
            changed = False
            for at in range(len(row) - 1):
                v, w = row[at], row[at + 1]
                if _gain(up[v], up[w], place) + _gain(down[v], down[w], place) > 0:
                    row[at], row[at + 1] = w, v
                    place[v], place[w] = at + 1, at
                    changed = True
            if not changed:
                break


def _gain(left: list[int], right: list[int], place: list[int]) -> int:
    """How many crossings fewer if the owners of these neighbours change places."""
    if not left or not right:
        return 0
    if len(left) == 1 == len(right):
        a, b = place[left[0]], place[right[0]]
        return (a > b) - (a < b)
    gain = 0
    others = [place[u] for u in right]
    for u in left:
        a = place[u]
        for b in others:
            if a > b:
                gain += 1
            elif a < b:
                gain -= 1
    return gain
