"""The x of every vertex, as Brandes and Koepf (2001) find it, in time linear in vertices and edges.

Each vertex is aligned with the median of its neighbours above (or below), from the left (or from the right); what is
aligned becomes a block of one x, blocks are packed, and the four answers are averaged. Inner parts of long edges have
the right of way, so they come out straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from auditor.drawing.layered.bands import Bands

Segments = set[tuple[int, int]]


def columns(graph: Bands, nodes: int, half: Sequence[float]) -> list[float]:
    """The x of every unit's middle; ``half`` is half the room of each vertex, those from ``nodes`` on are dummies."""
    top = [run[0] >= nodes for run in graph.members]
    bottom = [run[-1] >= nodes for run in graph.members]
    # where long edges part, their dummies stay in line
    down = [ends[:1] if dummy else ends for dummy, ends in zip(bottom, graph.down, strict=True)]
    marked = _conflicts(graph, top, bottom)
    rooms = [[half[v] for v in run] for run in graph.members]
    apart = [[_apart(rooms[v], rooms[w]) for v, w in pairwise(row)] for row in graph.rows]
    answers = []
    for beside, step in ((graph.up, 1), (down, -1)):
        for leftmost in (True, False):
            rows, between = graph.rows[::step], apart[::step]
            if not leftmost:
                rows, between = [row[::-1] for row in rows], [those[::-1] for those in between]
            found = _packed(rows, between, *_aligned(rows, beside, marked))
            answers.append(found if leftmost else [-x for x in found])
    return _balanced(answers, [max(room) for room in rooms])


def _apart(left: Sequence[float], right: Sequence[float]) -> float:
    """How far apart the middles of two units side by side are at least."""
    if len(left) == 1:
        return left[0] + right[0]
    return max(map(float.__add__, left, right))


def _conflicts(graph: Bands, top: Sequence[bool], bottom: Sequence[bool]) -> Segments:
    """Segments that cross an inner segment (one between two dummies), upper end first: they align nothing."""
    marked: Segments = set()
    up = graph.up
    place = [0] * len(up)
    for row in graph.rows:
        for at, v in enumerate(row):
            place[v] = at
    for row in graph.rows:
        last, low = 0, 0
        inner = [at for at, v in enumerate(row) if top[v] and up[v] and bottom[up[v][0]]]
        if not inner:
            continue
        for at in [*inner, len(row)]:
            high = place[up[row[at]][0]] if at < len(row) else len(up)
            for v in row[low:at]:
                for u in up[v]:
                    if not last <= place[u] <= high:
                        marked.add((u, v))
            low, last = at + 1, max(last, high)
    return marked


def _aligned(
    rows: Sequence[Sequence[int]], beside: Sequence[Sequence[int]], marked: Segments
) -> tuple[list[int], list[int]]:
    """The root of each vertex's block, and the next vertex of its block, in a ring."""
    count = len(beside)
    root, align = list(range(count)), list(range(count))
    place = [0] * count
    for row in rows:
        for at, v in enumerate(row):
            place[v] = at
    for row in rows:
        last = -1
        for v in row:
            ends = beside[v]
            if not ends:
                continue
            if len(ends) > 1:
                ends = sorted(ends, key=place.__getitem__)
                middle = len(ends) // 2
                ends = ends[middle - 1 : middle + 1] if len(ends) % 2 == 0 else ends[middle : middle + 1]
            for u in ends:
                if place[u] > last and align[v] == v and (u, v) not in marked and (v, u) not in marked:
                    align[u] = v
                    align[v] = root[v] = root[u]
                    last = place[u]
    return root, align


def _packed(
    rows: Sequence[Sequence[int]], between: Sequence[Sequence[float]], root: Sequence[int], align: Sequence[int]
) -> list[float]:
    """The least x of each block that keeps it off the blocks to its left, then moved right where that costs nothing."""
    right: dict[int, dict[int, float]] = {}
    waiting: dict[int, int] = {v: 0 for row in rows for v in row if root[v] == v}
    for row, those in zip(rows, between, strict=True):
        for v, w, apart in zip(row, row[1:], those, strict=False):
            a, b = root[v], root[w]
            ends = right.setdefault(a, {})
            if b not in ends:
                waiting[b] += 1
                ends[b] = apart
            elif ends[b] < apart:
                ends[b] = apart
    order = [v for v, count in waiting.items() if not count]
    x = dict.fromkeys(order, 0.0)
    for a in order:
        for b, apart in right.get(a, {}).items():
            if x.get(b, 0.0) < x[a] + apart:
                x[b] = x[a] + apart
            waiting[b] -= 1
            if not waiting[b]:
                order.append(b)
    for a in reversed(order):
        if a in right:
            free = min([x[b] - apart for b, apart in right[a].items()])
            if free > x[a]:
                x[a] = free
    return [x[root[v]] for v in range(len(root))]


def _balanced(answers: list[list[float]], half: Sequence[float]) -> list[float]:
    """The mean of the two middle ones of four, after all were shifted to the narrowest."""
    spans = []
    for answer in answers:
        low = min(x - h for x, h in zip(answer, half, strict=True))
        high = max(x + h for x, h in zip(answer, half, strict=True))
        spans.append((high - low, low, high))
    _, low, high = min(spans)
    shifts = [low - spans[i][1] if i % 2 == 0 else high - spans[i][2] for i in range(4)]
    placed = []
    a, b, c, d = answers
    i, j, k, m = shifts
    for p, q, r, s in zip(a, b, c, d, strict=True):
        four = sorted((p + i, q + j, r + k, s + m))
        placed.append((four[1] + four[2]) / 2)
    return placed
