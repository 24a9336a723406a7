"""The longest common part of two sequences, within a budget."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

_FARTHEST = 200  # elements that may be added and removed, before nobody looks any longer


def common(one: Sequence[int], two: Sequence[int]) -> list[tuple[int, int]]:
    """Places of equal elements in the order of both, as many as can be (Myers 1986); nothing where too many differ."""
    start, ends = 0, (len(one), len(two))
    while start < min(ends) and one[start] == two[start]:
        start += 1
    n, m = ends
    while n > start and m > start and one[n - 1] == two[m - 1]:
        n, m = n - 1, m - 1
    head = [(k, k) for k in range(start)]
    tail = [(n + k, m + k) for k in range(ends[0] - n)]
    middle = _myers(one[start:n], two[start:m])
    return [*head, *((start + i, start + j) for i, j in middle), *tail]


def _myers(one: Sequence[int], two: Sequence[int]) -> list[tuple[int, int]]:
    n, m = len(one), len(two)
    if not n or not m:
        return []
    reach, trail = {1: 0}, []
    for d in range(min(n + m, _FARTHEST) + 1):
        trail.append(reach.copy())
        for k in range(-d, d + 1, 2):
            x = reach[k + 1] if k == -d or (k != d and reach[k - 1] < reach[k + 1]) else reach[k - 1] + 1
            y = x - k
            while x < n and y < m and one[x] == two[y]:
                x, y = x + 1, y + 1
            reach[k] = x
            if x >= n and y >= m:
                return _back(trail, n, m)
    return []


def _back(trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    found = []
    for d in range(len(trail) - 1, -1, -1):
        reach, k = trail[d], x - y
        down = k == -d or (k != d and reach[k - 1] < reach[k + 1])
        before = k + 1 if down else k - 1
        from_x = reach[before] if d else 0
        from_y = from_x - before if d else 0
        step = (from_x, from_y) if not d else (from_x, from_y + 1) if down else (from_x + 1, from_y)
        while (x, y) != step:
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = from_x, from_y
    return found[::-1]


def rising(numbers: Sequence[int]) -> list[int]:
    """The places of a longest strictly rising part."""
    ends: list[int] = []  # the least number that a part of each length ends with
    places: list[int] = []
    before = [-1] * len(numbers)
    for at, number in enumerate(numbers):
        length = bisect_left(ends, number)
        if length == len(ends):
            ends.append(number)
            places.append(at)
        else:
            ends[length], places[length] = number, at
        before[at] = places[length - 1] if length else -1
    found = []
    at = places[-1] if places else -1
    while at >= 0:
        found.append(at)
        at = before[at]
    return found[::-1]
