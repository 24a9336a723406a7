"""Sweeps over some rows of a layered graph that sort them so that few edges cross, from several first orders.

A sweep sorts each row by the mean, or the median, of the places of its neighbours in the row before (Sugiyama 1981;
Eades and Wormald 1994), down and up in turn; then neighbours within a row change places where fewer edges cross so
(Gansner 1993: transposition).
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.drawing.layered.crossings import crossings
from auditor.drawing.layered.strands import reinsert, strands

Rows = list[list[int]]
Lists = Sequence[Sequence[int]]

PATIENCE = 2, 4
"""Sweeps without a better order after which to begin with another first order; one first order and the next."""

STARTS = 60
"""Most first orders."""

SEARCHES = {1: (True, True), 2: (False, False), 3: (True, False)}
"""First orders that a search makes: from the bottom or not, depth first or not. The others are shaken."""

ROUNDS = 4
"""Most rounds of transposition after a sweep."""


class Sorter:
    """Rows to be sorted. Vertices are numbered from 0, ``up`` and ``down`` are their neighbours.

    Rows before ``first`` and from ``last`` on stay as they are. ``steps`` counts the visits of edges.
    """

    def __init__(self, rows: Rows, up: Lists, down: Lists, first: int, last: int) -> None:
        self.rows, self.up, self.down, self.first, self.last = rows, up, down, first, last
        self.place = [0] * len(up)
        self.value = [0.0] * len(up)
        self.visits = sum(map(len, down)) + len(up)
        self.steps = 0
        self.put(rows)
        self.best = self.count()
        self.kept = [row[:] for row in rows]
        self.strands = strands(rows, up, down, first, last)

    def put(self, rows: Rows) -> None:
        """Take these rows for the present order."""
        self.rows = rows
        place = self.place
        for row in rows:
            for at, v in enumerate(row):
                place[v] = at

    def search(self, most: int) -> None:
        """Look for a better order from first orders of several kinds, until so many steps are spent."""
        given = [row[:] for row in self.rows]
        for seed in range(STARTS):
            if not self.best or self.steps >= most:
                return
            if seed in SEARCHES:
                upwards, deep = SEARCHES[seed]
                self.put(self.framed(first_order(given, self.up if upwards else self.down, upwards, deep)))
            elif seed:
                self.put(self.framed(shaken(self.kept, seed)))
            self.improve(seed % 2 == 1, most, PATIENCE[seed % 2])
            self.reinsert(most)

    def framed(self, rows: Rows) -> Rows:
        """These rows, but those that stay as they are."""
        return [*self.kept[: self.first], *rows[self.first : self.last], *self.kept[self.last :]]

    def count(self) -> int:
        """The crossings of the present order."""
        return sum(self.counts())

    def counts(self) -> list[int]:
        """The crossings of the present order between each row and the next."""
        down, place = self.down, self.place
        self.steps += self.visits
        return [crossings(row, down, place) for row in self.rows]

    def improve(self, by_median: bool, most: int, patience: int = PATIENCE[0]) -> None:
        """Sweep from the present order until it gets no better, or so many steps are spent; the best is kept."""
        idle, sweep = 0, 0
        while self.best and idle < patience and self.steps < most:
            self.sweep(sweep % 2 == 0, sweep % 4 > 1, by_median)
            self.transpose(sweep % 4 > 1)
            now = self.count()
            idle, sweep = idle + 1, sweep + 1
            if now < self.best:
                self.best, idle = now, 0
                self.kept = [row[:] for row in self.rows]

    def reinsert(self, most: int) -> None:
        """Put strands back in their best places until no one moves."""
        now = self.count()
        idle = 0
        while now and idle < len(self.strands) and self.steps < most:
            for number, run in self.strands:
                gain, steps = reinsert(self.rows, self.up, self.down, self.place, number, run)
                self.steps += steps
                now -= gain
                idle = 0 if gain else idle + 1
                if idle >= len(self.strands):
                    break
        if now < self.best:
            self.best = now
            self.kept = [row[:] for row in self.rows]

    def sweep(self, downwards: bool, turn: bool, by_median: bool) -> None:
        """Sort all rows once by their neighbours; ``turn`` lets equals change places."""
        place, value = self.place, self.value
        if downwards:
            beside, numbers = self.up, range(max(self.first, 1), self.last)
        else:
            beside, numbers = self.down, range(min(self.last, len(self.rows) - 1) - 1, self.first - 1, -1)
        self.steps += self.visits
        for number in numbers:
            row = self.rows[number]
            if len(row) < 2:
                continue
            alone = False
            for v in row:
                ends = beside[v]
                if len(ends) == 1:
                    value[v] = place[ends[0]]
                elif not ends:
                    alone = True
                elif by_median:
                    value[v] = _median([place[u] for u in ends])
                else:
                    value[v] = sum([place[u] for u in ends]) / len(ends)
            if alone:
                moving = [v for v in row if beside[v]]
                if turn:
                    moving.reverse()
                moving.sort(key=value.__getitem__)
                after = iter(moving)
                row[:] = [next(after) if beside[v] else v for v in row]
            else:
                if turn:
                    row.reverse()
                row.sort(key=value.__getitem__)
            for at, v in enumerate(row):
                place[v] = at

    def transpose(self, turn: bool) -> None:
        """Let neighbours in a row change places where fewer edges cross then; with ``turn`` where as many do, once."""
        up, down, place, rows = self.up, self.down, self.place, self.rows
        dirty = [self.first <= number < self.last and len(row) > 1 for number, row in enumerate(rows)]
        dirty.append(False)
        for round_ in range(ROUNDS):
            changed = False
            least = 0 if turn and not round_ else 1
            for number, row in enumerate(rows):
                if not dirty[number]:
                    continue
                dirty[number] = False
                swapped = False
                v = row[0]
                for at in range(1, len(row)):
                    w = row[at]
                    gain = _gain(up[v], up[w], place) + _gain(down[v], down[w], place)
                    if gain >= least:
                        row[at - 1], row[at] = w, v
                        place[v], place[w] = at, at - 1
                        if gain:
                            swapped = True
                    else:
                        v = w
                self.steps += 2 * len(row)
                if swapped:
                    changed = dirty[number] = True
                    if number > self.first and len(rows[number - 1]) > 1:
                        dirty[number - 1] = True
                    if number + 1 < self.last and len(rows[number + 1]) > 1:
                        dirty[number + 1] = True
            if not changed:
                break


def _median(places: list[int]) -> float:
    """The middle place; between two, nearer to the side where the others are closer together."""
    places.sort()
    middle = len(places) // 2
    if len(places) % 2:
        return places[middle]
    if len(places) == 2:
        return (places[0] + places[1]) / 2
    left, right = places[middle - 1] - places[0], places[-1] - places[middle]
    if left + right == 0:
        return (places[middle - 1] + places[middle]) / 2
    return (places[middle - 1] * right + places[middle] * left) / (left + right)


def _gain(left: Sequence[int], right: Sequence[int], place: Sequence[int]) -> int:
    """How many crossings fewer if the owners of these neighbours change places."""
    if len(left) == 1 == len(right):
        a, b = place[left[0]], place[right[0]]
        return 1 if a > b else -1 if a < b else 0
    if not left or not right:
        return 0
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


def first_order(rows: Rows, along: Lists, upwards: bool, deep: bool) -> Rows:
    """Rows in the order in which a search from the top or the bottom, depth or breadth first, comes to vertices."""
    row_of = [0] * len(along)
    for number, row in enumerate(rows):
        for v in row:
            row_of[v] = number
    seen = [False] * len(along)
    found: Rows = [[] for _ in rows]
    for row in reversed(rows) if upwards else rows:
        for start in row:
            if seen[start]:
                continue
            if deep:
                stack = [start]
                while stack:
                    v = stack.pop()
                    if not seen[v]:
                        seen[v] = True
                        found[row_of[v]].append(v)
                        stack += along[v][::-1]
            else:
                seen[start] = True
                queue = [start]
                for v in queue:
                    found[row_of[v]].append(v)
                    for w in along[v]:
                        if not seen[w]:
                            seen[w] = True
                            queue.append(w)
    return found


def shaken(rows: Rows, seed: int) -> Rows:
    """The rows with each vertex moved by up to the length of its row, or with any order of them, as the seed has it.

    It looks random and is the same each time.
    """
    state = seed * 2654435761 % 4294967291 + 1
    found = []
    for row in rows:
        reach = (8 if seed // 2 % 2 else 1) * len(row) / 4294967291
        keyed = []
        for at, v in enumerate(row):
            state = state * 1103515245 % 4294967291
            keyed.append((at + state * reach, v))
        keyed.sort()
        found.append([v for _, v in keyed])
    return found
