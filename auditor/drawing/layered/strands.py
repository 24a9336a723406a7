"""Taking a strand out of its rows and putting it back where its edges cross the fewest others.

A strand is a run of vertices, row below row, each with no other neighbour towards the next: a long edge's dummies, a
chain of nodes, or one vertex. While all others stay, its best places in all rows are found at once, by dynamic
programming from its upper to its lower end. So a line gets past another one over many rows, which sorting row by row
does not find. (Chimani, Gutwenger, Mutzel and Wong, Layer-free upward crossing minimization, 2008, put edges back in
one after another; Bachmaier, Brandenburg, Brunner and Huebner, Global k-level crossing reduction, 2011, sift such
blocks.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

Rows = Sequence[list[int]]
Lists = Sequence[Sequence[int]]


def strands(rows: Rows, up: Lists, down: Lists, first: int, last: int) -> list[tuple[int, list[int]]]:
    """The strands of the rows from ``first`` to before ``last``, each with the number of its upper row."""
    found = []
    for number in range(first, last):
        for v in rows[number]:
            above = up[v]
            if number > first and len(above) == 1 and len(down[above[0]]) == 1:
                continue
            run, row = [v], number + 1
            while row < last and len(down[v]) == 1 and len(up[down[v][0]]) == 1:
                v = down[v][0]
                run.append(v)
                row += 1
            found.append((number, run))
    return found


def reinsert(rows: Rows, up: Lists, down: Lists, place: list[int], number: int, run: Sequence[int]) -> tuple[int, int]:
    """Move a strand that begins in this row; how many crossings fewer there are then, and how many steps it took."""
    ways: list[list[int]] = []  # for each row, from where in the row above the best way comes
    own = place[run[0]]
    costs = _end_costs(rows[number], run[0], up, place)
    now = costs[own]
    steps = len(costs)
    for v, w in pairwise(run):
        here, there = place[v], place[w]
        table = _between(rows[number], rows[number + 1], v, w, down, place)
        now += table[here][there]
        came = []
        best = []
        for column in zip(*table, strict=True):
            sums = list(map(int.__add__, costs, column))
            least = min(sums)
            best.append(least)
            came.append(here if sums[here] == least else sums.index(least))
        steps += len(table) * (len(best) + 2)
        ways.append(came)
        costs, own, number = best, there, number + 1
    final = _end_costs(rows[number], run[-1], down, place)
    now += final[own]
    sums = list(map(int.__add__, costs, final))
    least = min(sums)
    if least >= now:
        return 0, steps
    at = sums.index(least)
    for v in reversed(run):
        row = rows[number]
        row.remove(v)
        row.insert(at, v)
        for i, w in enumerate(row):
            place[w] = i
        number -= 1
        if ways:
            at = ways.pop()[at]
    return now - least, steps


def _end_costs(row: Sequence[int], v: int, beside: Lists, place: Sequence[int]) -> list[int]:
    """For each place that v could have in its row, how many edges to the row beside its own edges there cross."""
    ends = [place[u] for u in beside[v]]
    change = [0] * (len(row) + 1)
    if not ends:
        return change[1:]
    own = place[v]
    for w in row:
        if w == v:
            continue
        at = place[w]
        if at > own:
            at -= 1
        for u in beside[w]:
            there = place[u]
            right = left = 0
            for end in ends:
                if end > there:
                    right += 1
                elif end < there:
                    left += 1
            # where v stands at most at w's place, edges to the right cross; beyond it, those to the left
            change[0] += right
            change[at + 1] += left - right
    change.pop()
    return list(accumulate(change))


def _between(
    upper: Sequence[int], lower: Sequence[int], v: int, w: int, down: Lists, place: Sequence[int]
) -> list[list[int]]:
    """For each place of v in the upper row and of w in the lower one, how many edges the edge between them crosses."""
    below = place[w]
    ends: list[list[int]] = []
    for u in upper:
        if u != v:
            ends.append([place[t] - (place[t] > below) for t in down[u]])
    width = len(lower)
    change = [0] * (width + 1)
    for there in _flat(ends):
        change[there + 1] += 1
    change.pop()
    row = list(accumulate(change))
    table = [row]
    for theirs in ends:
        row = row[:]
        for there in theirs:
            for q in range(there + 1):
                row[q] += 1
            for q in range(there + 1, width):
                row[q] -= 1
        table.append(row)
    return table


def _flat(lists: Iterable[Iterable[int]]) -> Iterable[int]:
    return (one for some in lists for one in some)
