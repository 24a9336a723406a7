"""Counting the crossings between two rows, as Barth, Juenger and Mutzel (2002) do: inversions, with a tree of sums."""

from __future__ import annotations

from collections.abc import Sequence


def crossings(upper: Sequence[int], down: Sequence[Sequence[int]], place: Sequence[int]) -> int:
    """How many pairs of edges between a row and the next cross, in O(edges x log(row)).

    ``upper`` is the upper row from left to right, ``place`` where each vertex stands in its row.
    """
    ends: list[int] = []
    last, ordered = -1, True
    for u in upper:
        places = [place[v] for v in down[u]]
        if len(places) > 1:
            places.sort()
        if places:
            if places[0] < last:
                ordered = False
            last = places[-1]
            ends += places
    return 0 if ordered else inversions(ends)


def inversions(numbers: Sequence[int]) -> int:
    """How many pairs stand in the wrong order; the numbers are not negative."""
    leaves = 1
    while leaves <= max(numbers, default=0):
        leaves *= 2
    tree = [0] * (2 * leaves)
    count = 0
    for number in numbers:
        at = number + leaves
        tree[at] += 1
        while at > 1:
            if not at & 1:
                count += tree[at + 1]
            at >>= 1
            tree[at] += 1
    return count
