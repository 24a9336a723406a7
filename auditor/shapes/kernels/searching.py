"""Kernels whose results hang on what stands where: reductions, searches, and text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .certain import KERNELS, Array, Given, Unsure, exact, kernel, ordered

# Reductions


def _axes(given: Given, axes: Array | None) -> tuple[int, ...] | None:
    found = given.get("axes") if axes is None else tuple(axes.tolist())
    return found or (() if given.get("noop_with_empty_axes", 0) else None)


def _reduction(name: str, reduce: Callable[..., Any], kinds: str) -> None:
    def run(given: Given, x: Array, axes: Array | None = None) -> Array:
        if x.dtype.kind not in kinds:
            raise Unsure
        along = _axes(given, axes)
        ordered(x)
        keepdims = given.get("keepdims", 1) == 1
        return exact(lambda a: np.asarray(reduce(a, axis=along, keepdims=keepdims)).astype(a.dtype), x)

    KERNELS[name] = run


for _name, _reduce, _kinds in (
    ("ReduceMax", np.max, "iufb"),
    ("ReduceMin", np.min, "iufb"),
    ("ReduceSum", np.sum, "iu"),
    ("ReduceProd", np.prod, "iu"),
):
    _reduction(_name, _reduce, _kinds)


def _arg(name: str, find: Callable[..., Any]) -> None:
    def run(given: Given, x: Array) -> Array:
        axis = given.get("axis", 0)
        if given.get("select_last_index", 0) or np.any(x != x):
            raise Unsure
        found = np.asarray(find(x, axis=axis)).astype(np.int64)
        return np.expand_dims(found, axis) if given.get("keepdims", 1) == 1 else found

    KERNELS[name] = run


_arg("ArgMax", np.argmax)
_arg("ArgMin", np.argmin)


@kernel("TopK")
def top_k(given: Given, x: Array, k: Array | None = None) -> tuple[Array, ...]:
    """Of equals the first."""
    count = given["k"] if k is None else int(k.ravel()[0])
    axis = given.get("axis", -1)
    if np.any(x != x) or not given.get("sorted", 1) or x.dtype.kind == "u":
        raise Unsure
    if given.get("largest", 1):  # backwards, and turned round: negating overflows at the least integer
        order = x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
    else:
        order = np.argsort(x, axis=axis, kind="stable")
    places = np.take(order, np.arange(count), axis)
    return np.take_along_axis(x, places, axis), places.astype(np.int64)


# What hangs on the data


@kernel("NonZero")
def non_zero(_: Given, x: Array) -> Array:
    if not x.ndim:
        raise Unsure
    return np.array(np.nonzero(x), np.int64)


@kernel("Compress")
def compress(given: Given, x: Array, condition: Array) -> Array:
    axis = given.get("axis")
    room = x.size if axis is None else x.shape[axis]
    if condition[room:].any():
        raise Unsure
    return np.compress(condition[:room], x, axis)


@kernel("Unique")
def unique(given: Given, x: Array) -> tuple[Array, ...]:
    if x.dtype != object and np.any(x != x):
        raise Unsure
    axis = given.get("axis")
    values, first, inverse, counts = np.unique(x, True, True, True, axis=axis)
    inverse = inverse.reshape(-1)
    if not given.get("sorted", 1):
        order = np.argsort(first, kind="stable")
        values, first, counts = np.take(values, order, axis or 0), first[order], counts[order]
        inverse = np.argsort(order, kind="stable")[inverse]
    return values, first.astype(np.int64), inverse.astype(np.int64), counts.astype(np.int64)


@kernel("NonMaxSuppression")
def non_max_suppression(
    given: Given,
    boxes: Array,
    scores: Array,
    most_boxes: Array | None = None,
    iou: Array | None = None,
    least_score: Array | None = None,
) -> Array:
    """Box by box from the best score down; one stays that overlaps no better one by more than the threshold."""
    wanted = 0 if most_boxes is None else int(most_boxes.ravel()[0])
    threshold = np.float32(0) if iou is None else iou.ravel()[0]
    if np.any(scores != scores) or np.any(boxes != boxes):
        raise Unsure
    rows = []
    for batch in range(scores.shape[0]):
        corners = _corners(boxes[batch], bool(given.get("center_point_box", 0)))
        for category in range(scores.shape[1]):
            marks = scores[batch, category]
            stay: list[int] = []
            for box in np.argsort(-marks, kind="stable").tolist():
                if len(stay) >= wanted or (least_score is not None and marks[box] <= least_score.ravel()[0]):
                    break
                if not _overlaps(corners, box, stay, threshold):
                    stay.append(box)
            rows += [(batch, category, box) for box in stay]
    return np.array(rows, np.int64).reshape(-1, 3)


def _corners(boxes: Array, centered: bool) -> tuple[Array, Array, Array, Array]:
    """Lower and upper ends of both axes."""
    if centered:
        x, y, w, h = boxes.T
        half = boxes.dtype.type(2)
        return x - w / half, y - h / half, x + w / half, y + h / half
    a, b, c, d = boxes.T
    return np.minimum(a, c), np.minimum(b, d), np.maximum(a, c), np.maximum(b, d)


def _as(side: Array, precise: Any) -> Any:
    return side.astype(precise)


def _overlaps(corners: tuple[Array, Array, Array, Array], box: int, stay: list[int], threshold: Any) -> bool:
    """Decided as float32 and as float64: where they differ, runtimes may."""
    if not stay:
        return False
    decided = set()
    for precise in (np.float32, np.float64):
        x1, y1, x2, y2 = (_as(side, precise) for side in corners)
        width = np.minimum(x2[box], x2[stay]) - np.maximum(x1[box], x1[stay])
        height = np.minimum(y2[box], y2[stay]) - np.maximum(y1[box], y1[stay])
        shared = np.where((width > 0) & (height > 0), width * height, precise(0))
        area = (x2 - x1) * (y2 - y1)
        union = area[box] + area[stay] - shared
        share = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
        decided.add(bool(np.any(share > precise(threshold))))
    if len(decided) > 1:
        raise Unsure
    return decided.pop()


# Text


@kernel("StringSplit")
def string_split(given: Given, x: Array) -> tuple[Array, ...]:
    delimiter, times = given.get("delimiter") or None, given.get("maxsplit")
    pieces = [text.split(delimiter, -1 if times is None else times) if text else [] for text in x.ravel().tolist()]
    widest = max(map(len, pieces), default=0)
    flat = np.array([p + [""] * (widest - len(p)) for p in pieces], object)
    counts = np.array([len(p) for p in pieces], np.int64)
    return flat.reshape(*x.shape, widest), counts.reshape(x.shape)


@kernel("StringConcat")
def string_concat(_: Given, x: Array, y: Array) -> Array:
    return np.asarray(x + y, object)


@kernel("StringNormalizer")
def string_normalizer(given: Given, x: Array) -> Array:
    """Without the stop words; where none is left, one empty string."""
    exact = bool(given.get("is_case_sensitive", 0))
    stop = {word if exact else word.lower() for word in given.get("stopwords") or ()}
    left = [text for text in x.ravel().tolist() if (text if exact else text.lower()) not in stop]
    change = {"LOWER": str.lower, "UPPER": str.upper}.get(given.get("case_change_action", "NONE"), str)
    changed = np.array([change(text) for text in left or [""]], object)
    return changed.reshape(*x.shape[:-1], -1)
