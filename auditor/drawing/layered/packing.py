"""The connected parts of a graph, and how they stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt


def parts(neighbours: Sequence[Sequence[int]]) -> list[list[int]]:
    """The connected parts, each in the order of its nodes, in the order of their first ones."""
    seen = [False] * len(neighbours)
    found = []
    for start in range(len(neighbours)):
        if seen[start]:
            continue
        seen[start] = True
        part = [start]
        for v in part:  # it grows while it is walked
            for w in neighbours[v]:
                if not seen[w]:
                    seen[w] = True
                    part.append(w)
        part.sort()
        found.append(part)
    return found


def packed(sizes: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """The left upper corner of each rectangle: in columns as high as the highest or as the side of a square of all.

    The first rectangle of the greatest height stands leftmost; none touch.
    """
    area = sum((w + gap) * (h + gap) for w, h in sizes)
    most = max(max((h for _, h in sizes), default=0.0) + gap, sqrt(area))
    corners = [(0.0, 0.0)] * len(sizes)
    left = top = width = 0.0
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i][1], i)):
        w, h = sizes[i]
        if top and top + h + gap > most:
            left, top, width = left + width + gap, 0.0, 0.0
        corners[i] = (left, top)
        top += h + gap
        width = max(width, w)
    return corners
