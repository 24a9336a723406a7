"""What is counted in a drawing, whoever made it: crossings of its lines, overlaps, length, width and height."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

Point = tuple[float, float]


class Drawing(NamedTuple):
    """Boxes by their middles and sizes, edges by their ends and the points between which they run straight."""

    sizes: Sequence[tuple[float, float]]
    edges: Sequence[tuple[int, int]]
    centres: Sequence[Point]
    routes: Sequence[Sequence[Point]]


class Measures(NamedTuple):
    crossings: int  # pairs of pieces of different edges that cross, inside both
    overlaps: int  # pairs of boxes that overlap, and pairs of an edge and a box that is not its end
    length: float
    width: float
    height: float


def measures(drawing: Drawing) -> Measures:
    """All that is counted in a drawing."""
    points = np.array([p for way in drawing.routes for p in way] + list(drawing.centres)).reshape(-1, 2)
    half = np.array(drawing.sizes).reshape(-1, 2) / 2
    middle = np.array(drawing.centres).reshape(-1, 2)
    all_points = np.concatenate([points, middle - half, middle + half])
    width, height = np.ptp(all_points, axis=0) if len(all_points) else (0.0, 0.0)
    length = sum(float(np.hypot(*(np.diff(np.array(way), axis=0).T)).sum()) for way in drawing.routes if len(way) > 1)
    return Measures(
        crossings(drawing.routes),
        boxes_on_boxes(drawing) + lines_on_boxes(drawing),
        length,
        float(width),
        float(height),
    )


def pieces(routes: Sequence[Sequence[Point]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Beginnings, ends and owners of all straight pieces."""
    found = [(*a, *b, i) for i, way in enumerate(routes) for a, b in pairwise(way) if a != b]
    table = np.array(found, dtype=float).reshape(-1, 5)
    return table[:, 0:2], table[:, 2:4], table[:, 4].astype(int)


def crossings(routes: Sequence[Sequence[Point]]) -> int:
    """Pairs of straight pieces of different edges with one point inside both; touching ends do not count."""
    a, b, owner = pieces(routes)
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.argsort(low[:, 1], kind="stable")
    a, b, owner, low, high = a[order], b[order], owner[order], low[order], high[order]
    lasts = np.searchsorted(low[:, 1], high[:, 1], side="right")
    count = 0
    for i in range(len(a)):
        near = np.arange(i + 1, lasts[i])
        near = near[(low[near, 0] <= high[i, 0]) & (high[near, 0] >= low[i, 0]) & (owner[near] != owner[i])]
        if len(near):
            p, q, c, d = a[i], b[i], a[near], b[near]
            one, two = _side(p, q, c) * _side(p, q, d), _side(c, d, p) * _side(c, d, q)
            count += int(np.count_nonzero((one < 0) & (two < 0)))
    return count


def _side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """On which side of the line from a to b each c lies; 0 within a hundredth of a point."""
    along, beside = b - a, c - a
    area = along[..., 0] * beside[..., 1] - along[..., 1] * beside[..., 0]
    near = np.abs(area) <= 0.01 * np.hypot(along[..., 0], along[..., 1])
    return np.where(near, 0.0, np.sign(area))


def boxes_on_boxes(drawing: Drawing) -> int:
    """Pairs of boxes with more than a border in common."""
    half = np.array(drawing.sizes).reshape(-1, 2) / 2 - 0.5
    middle = np.array(drawing.centres).reshape(-1, 2)
    order = np.argsort(middle[:, 1] - half[:, 1], kind="stable")
    half, middle = half[order], middle[order]
    tops, bottoms = middle[:, 1] - half[:, 1], middle[:, 1] + half[:, 1]
    lasts = np.searchsorted(tops, bottoms, side="left")
    count = 0
    for i in range(len(middle)):
        near = slice(i + 1, lasts[i])
        count += int(np.count_nonzero(np.abs(middle[near, 0] - middle[i, 0]) < half[near, 0] + half[i, 0]))
    return count


def lines_on_boxes(drawing: Drawing) -> int:
    """Pairs of an edge and a box, not its end, that it runs through: a point deep at least."""
    a, b, owner = pieces(drawing.routes)
    ends = np.array(drawing.edges, dtype=int).reshape(-1, 2)
    half = np.array(drawing.sizes).reshape(-1, 2) / 2 - 1
    middle = np.array(drawing.centres).reshape(-1, 2)
    order = np.argsort(np.minimum(a[:, 1], b[:, 1]), kind="stable")
    a, b, owner = a[order], b[order], owner[order]
    tops, bottoms = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
    count = 0
    for box in range(len(middle)):
        to = int(np.searchsorted(tops, middle[box, 1] + half[box, 1]))
        some = np.arange(to)[bottoms[:to] > middle[box, 1] - half[box, 1]]
        some = some[(ends[owner[some]] != box).all(axis=1)]
        if len(some):
            count += len(set(owner[some[_within(a[some], b[some], middle[box] - half[box], middle[box] + half[box])]]))
    return count


def _within(a: np.ndarray, b: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Which pieces enter an open rectangle (Liang and Barsky's clipping)."""
    first, last = np.zeros(len(a)), np.ones(len(a))
    outside = np.zeros(len(a), dtype=bool)
    for axis in (0, 1):
        along = b[:, axis] - a[:, axis]
        still = along == 0
        outside |= still & ((a[:, axis] <= low[axis]) | (a[:, axis] >= high[axis]))
        safe = np.where(still, 1.0, along)
        one, two = (low[axis] - a[:, axis]) / safe, (high[axis] - a[:, axis]) / safe
        first = np.where(still, first, np.maximum(first, np.minimum(one, two)))
        last = np.where(still, last, np.minimum(last, np.maximum(one, two)))
    inside: np.ndarray = ~outside & (first < last)
    return inside
