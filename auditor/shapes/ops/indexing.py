"""Operators that pick elements by their place, write to places, or find places."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from ...model.dtypes import FLOATS, QUANTISED, DType
from ..fact import MOST_ELEMENTS, Answer, Element, Exact, Fact, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Dim, Size, less, same
from .checks import agree, axis_of, integers, of_rank, one_dtype, tally
from .values import Elements, counted, strides

_INT64 = DType.INT64.value


# Gathering


@op("Gather")
def gather(data: Fact, indices: Fact, *, axis: int = 0) -> Answer:
    """The slices at these places of one axis. Rows of a stored matrix are an embedding."""
    if data.shape is None:
        return Answer((data.unknown(),))
    at = axis_of(axis, len(data.shape))
    _check_bounds(indices.elements, data.shape[at])
    if indices.shape is None:
        return Answer((data.unknown(),))
    y = Fact(data.dtype, data.shape[:at] + indices.shape + data.shape[at + 1 :], _gathered(data, indices, at))
    if len(data.shape) == 2 and (data.dtype in FLOATS or data.dtype in QUANTISED):
        return Answer((y,), {"data": Exact(data.shape, "learnable")})
    return Answer((y,))


def _check_bounds(indices: Iterable[Element] | None, size: Size | None) -> None:
    """An index beyond the axis is an error, wherever the axis lies."""
    if indices is None or not isinstance(size, int):
        return
    for index in indices:
        if isinstance(index, int) and not -size <= index < size:
            why = f"the index {index} is outside an axis of size {size}"
            advice = f"keep the indices of {{node}} within {-size} and {size - 1}" if size else ""
            raise ShapeError(why, parameter="indices", advice=advice)


def _check_places(indices: Fact, sizes: Shape) -> None:
    """Each row of the last axis of ``indices`` is a place: one index for each of these axes."""
    if indices.elements is not None:
        for axis, size in enumerate(sizes):
            _check_bounds(indices.elements[axis :: len(sizes)], size)


def _check_reach(data: Fact, indices: Fact, axis: int) -> None:
    """On every other axis the places of ``indices`` are those of ``data``: it has no more of them."""
    if data.shape is None or indices.shape is None:
        return
    for at, (size, count) in enumerate(zip(data.shape, indices.shape, strict=True)):
        if at != axis and size is not None and count is not None and less(size, count) is True:
            raise ShapeError(
                f"indices {show(indices.shape)} reach beyond data {show(data.shape)} at axis {at}", parameter="indices"
            )


def _gathered(data: Fact, indices: Fact, axis: int) -> Elements | None:
    sizes = counted(data.shape)
    if data.elements is None or indices.elements is None or sizes is None:
        return None
    run = prod(sizes[axis + 1 :])
    if prod(sizes[:axis]) * len(indices.elements) * run > MOST_ELEMENTS:
        return None
    found: list[Element] = []
    for outer in range(prod(sizes[:axis])):
        start = outer * sizes[axis] * run
        for index in indices.elements:
            if isinstance(index, int):
                place = start + (index + sizes[axis] if index < 0 else index) * run
                found += data.elements[place : place + run]
            else:
                found += (None,) * run
    return tuple(found)


@op("GatherElements", since=11)
def gather_elements(data: Fact, indices: Fact, *, axis: int = 0) -> Fact:
    """One element for each index."""
    elements = None
    if data.shape is not None:
        at = axis_of(axis, len(data.shape))
        if indices.shape is not None and len(indices.shape) != len(data.shape):
            raise ShapeError(f"indices {show(indices.shape)} and data {show(data.shape)} differ in rank")
        _check_bounds(indices.elements, data.shape[at])
        _check_reach(data, indices, at)
        if len(data.shape) == 1:
            elements = _gathered(data, indices, at)
    return Fact(data.dtype, indices.shape, elements)


@op("GatherND", since=11)
def gather_nd_11(data: Fact, indices: Fact) -> Fact:
    return gather_nd(data, indices)


@op("GatherND", since=12)
def gather_nd(data: Fact, indices: Fact, *, batch_dims: int = 0) -> Fact:
    """The last axis of ``indices`` holds places in the first axes of ``data`` behind the batch."""
    if data.shape is None or indices.shape is None or not indices.shape or not isinstance(indices.shape[-1], int):
        return data.unknown()
    taken = batch_dims + indices.shape[-1]
    if not 0 <= batch_dims < len(indices.shape) or taken > len(data.shape):
        raise ShapeError(
            f"indices {show(indices.shape)} reach deeper than data {show(data.shape)}", parameter="indices"
        )
    for mine, other in zip(data.shape[:batch_dims], indices.shape[:batch_dims], strict=True):
        agree(mine, other, "the batches of data and indices")
    _check_places(indices, data.shape[batch_dims:taken])
    return data.shaped(*indices.shape[:-1], *data.shape[taken:])


# Scattering: data with some elements replaced


@op("Scatter", since=9)
@op("ScatterElements", since=11)
def scatter_elements_9(data: Fact, indices: Fact, updates: Fact, *, axis: int = 0) -> Fact:
    return scatter_elements(data, indices, updates, axis=axis)


@op("ScatterElements", since=16)
def scatter_elements(data: Fact, indices: Fact, updates: Fact, *, axis: int = 0, reduction: str = "none") -> Fact:
    """Indices and updates are of one shape."""
    if data.shape is not None:
        at = axis_of(axis, len(data.shape))
        if indices.shape is not None and len(indices.shape) != len(data.shape):
            raise ShapeError(f"indices {show(indices.shape)} and data {show(data.shape)} differ in rank")
        _check_bounds(indices.elements, data.shape[at])
        _check_reach(data, indices, at)
    if indices.shape is not None and updates.shape is not None:
        if len(indices.shape) != len(updates.shape):
            raise ShapeError(f"indices {show(indices.shape)} and updates {show(updates.shape)} differ in rank")
        for mine, other in zip(indices.shape, updates.shape, strict=True):
            agree(mine, other, "the sizes of indices and updates")
    dtype = one_dtype(data, updates)
    if data.elements is None or data.rank != 1 or reduction != "none":
        return Fact(dtype, data.shape)
    return Fact(dtype, data.shape, _replaced(data.elements, indices, updates))


@op("ScatterND", since=11)
def scatter_nd_11(data: Fact, indices: Fact, updates: Fact) -> Fact:
    return scatter_nd(data, indices, updates)


@op("ScatterND", since=16)
def scatter_nd(data: Fact, indices: Fact, updates: Fact, *, reduction: str = "none") -> Fact:
    """https://onnx.ai/onnx/operators/onnx__ScatterND.html"""
    dtype = one_dtype(data, updates)
    if data.shape is not None and indices.shape and isinstance(deep := indices.shape[-1], int):
        if deep > len(data.shape):
            raise ShapeError(
                f"indices {show(indices.shape)} reach deeper than data {show(data.shape)}", parameter="indices"
            )
        _check_places(indices, data.shape[:deep])
        _check_updates(updates, (*indices.shape[:-1], *data.shape[deep:]))
    if data.elements is None or data.rank != 1 or reduction != "none" or not indices.shape or indices.shape[-1] != 1:
        return Fact(dtype, data.shape)
    return Fact(dtype, data.shape, _replaced(data.elements, indices, updates))


def _check_updates(updates: Fact, needed: Shape) -> None:
    """One slice of the data for each place."""
    actual = updates.shape
    if actual is not None and (
        len(actual) != len(needed)
        or any(a is not None and b is not None and same(a, b) is False for a, b in zip(actual, needed, strict=True))
    ):
        raise ShapeError(f"updates are {show(actual)}, must be {show(needed)}", parameter="updates")


def _replaced(elements: Elements, indices: Fact, updates: Fact) -> Elements | None:
    """A list with new values at some places; where a place is written twice, nobody says which value stays."""
    new = updates.elements
    if indices.elements is None:
        return None
    found, written = list(elements), set()
    for i, index in enumerate(indices.elements):
        if not isinstance(index, int) or not -len(found) <= index < len(found):
            return None
        place = index % len(found)
        found[place] = None if new is None or i >= len(new) or place in written else new[i]
        written.add(place)
    return tuple(found)


@op("TensorScatter", since=24)
def tensor_scatter(
    past_cache: Fact, update: Fact, write_indices: Fact | None = None, *, axis: int = -2, mode: str = "linear"
) -> Fact:
    """An update of a cache in place: in a circle, or within its end."""
    if past_cache.shape is not None:
        at = axis_of(axis, len(past_cache.shape))
        if update.shape is not None and len(update.shape) != len(past_cache.shape):
            raise ShapeError(f"update {show(update.shape)} and cache {show(past_cache.shape)} differ in rank")
        room, more = past_cache.shape[at], None if update.shape is None else update.shape[at]
        for first in integers(write_indices) or () if mode == "linear" else ():
            if room is not None and more is not None and less(room, first + more) is True:
                raise ShapeError(
                    f"{more} from place {first} on reach beyond a cache of {room}", parameter="write_indices"
                )
    return Fact(one_dtype(past_cache, update), past_cache.shape)


@op("OneHot", since=9)
def one_hot(indices: Fact, depth: Fact, values: Fact, *, axis: int = -1) -> Fact:
    """A new axis of ``depth`` places, of which one is hot."""
    if indices.shape is None:
        return values.unknown()
    rank = len(indices.shape)
    at = axis_of(axis, rank + 1)
    places_ = depth.elements[0] if depth.elements else None
    if isinstance(places_, float):
        places_ = int(places_) if places_.is_integer() else None
    if depth.elements is not None and len(depth.elements) > 1:
        raise ShapeError(f"depth is one number, has {len(depth.elements)}", parameter="depth")
    if isinstance(places_, int | Dim) and less(places_, 1) is True:
        raise ShapeError(f"depth must be positive, is {places_}", parameter="depth")
    if values.shape is not None and (
        len(values.shape) != 1 or (values.shape[0] is not None and same(values.shape[0], 2) is False)
    ):
        raise ShapeError(f"values are two, off and on, have shape {show(values.shape)}", parameter="values")
    size = places_ if isinstance(places_, int | Dim) else None
    return values.shaped(*indices.shape[:at], size, *indices.shape[at:])


# Searching


@op("TopK")
def top_k_1(x: Fact, *, k: int, axis: int = -1) -> tuple[Fact, ...]:
    return _top(x, k, axis)


@op("TopK", since=10)
def top_k(x: Fact, k: Fact, *, axis: int = -1) -> tuple[Fact, ...]:
    """The K first along one axis, and their places."""
    if k.shape is not None and (len(k.shape) != 1 or (k.shape[0] is not None and same(k.shape[0], 1) is False)):
        raise ShapeError(f"k must be one number, of shape [1], has shape {show(k.shape)}", parameter="k")
    count = k.elements[0] if k.elements else None
    return _top(x, count if isinstance(count, int | Dim) else None, axis)


def _top(x: Fact, k: Size | None, axis: int) -> tuple[Fact, ...]:
    if x.shape is None:
        return x.unknown(), Fact(_INT64)
    at = axis_of(axis, len(x.shape))
    size = x.shape[at]
    if k is not None and (less(k, 0) is True or (size is not None and less(size, k) is True)):
        raise ShapeError(f"takes {k} of an axis of size {size}", parameter="k")
    shape = (*x.shape[:at], k, *x.shape[at + 1 :])
    return Fact(x.dtype, shape), Fact(_INT64, shape)


@op("NonZero", since=9)
def non_zero(x: Fact) -> Fact:
    """The places of what is not zero, one column each. Runtimes differ on a scalar."""
    if not x.shape:
        return Fact(_INT64, (None, None))
    rank = len(x.shape)
    sizes = counted(x.shape)
    if 0 in x.shape:
        return Fact(_INT64, (rank, 0))
    if x.elements is None or sizes is None:
        return Fact(_INT64, (rank, None))
    hits = [_is_zero(e) for e in x.elements]
    if None in hits:
        return Fact(_INT64, (rank, None))
    found = [i for i, zero in enumerate(hits) if not zero]
    if rank * len(found) > MOST_ELEMENTS:
        return Fact(_INT64, (rank, len(found)))
    columns = [[i // step % size for i in found] for size, step in zip(sizes, strides(sizes), strict=True)]
    return Fact(_INT64, (rank, len(found)), tuple(place for column in columns for place in column))


def _is_zero(element: Element) -> bool | None:
    if isinstance(element, int | Dim):
        return same(element, 0)
    return element == 0 if isinstance(element, float) else None


@op("Compress", since=9)
def compress(input: Fact, condition: Fact, *, axis: int | None = None) -> Fact:
    """The slices under a true condition; of the flattened input if no axis is named."""
    if axis is None:
        return input.shaped(_chosen(condition, None if input.shape is None else tally(*input.shape)))
    if input.shape is None:
        return input.unknown()
    at = axis_of(axis, len(input.shape))
    return input.shaped(*input.shape[:at], _chosen(condition, input.shape[at]), *input.shape[at + 1 :])


def _chosen(condition: Fact, room: Size | None) -> int | None:
    """How many conditions are true, of those for which there is room: runtimes take no notice of the others."""
    if condition.elements is None or None in condition.elements or room is None:
        return None
    true = [place for place, element in enumerate(condition.elements) if element]
    if isinstance(room, int):
        return sum(place < room for place in true)
    return len(true) if not true or less(true[-1], room) else None


@op("Unique", since=11)
def unique(x: Fact, *, axis: int | None = None) -> tuple[Fact, ...]:
    """How many there are is one number, shared by three outputs; the fourth has one for each that was there."""
    if axis is None:
        whole = None if x.shape is None else tally(*x.shape)
        some = _distinct(whole)
        return x.shaped(some), Fact(_INT64, (some,)), Fact(_INT64, (whole,)), Fact(_INT64, (some,))
    if x.shape is None:
        return x.unknown(), *(Fact(_INT64, (None,)),) * 3
    at = axis_of(axis, len(x.shape))
    places, some = x.shape[at], _distinct(x.shape[at])
    y = x.shaped(*x.shape[:at], some, *x.shape[at + 1 :])
    return y, Fact(_INT64, (some,)), Fact(_INT64, (places,)), Fact(_INT64, (some,))


def _distinct(places: Size | None) -> int | None:
    """Of one there is one, and of none there is none; of more, the values say."""
    return places if places in (0, 1) and isinstance(places, int) else None


@op("NonMaxSuppression", since=10)
def non_max_suppression(
    boxes: Fact,
    scores: Fact,
    max_output_boxes_per_class: Fact | None = None,
    iou_threshold: Fact | None = None,
    score_threshold: Fact | None = None,
    *,
    center_point_box: int = 0,
) -> Fact:
    """One row (batch, class, box) for each box that stays."""
    batches, count, corners = of_rank(boxes, 3, "boxes")
    lifted = "put an Unsqueeze (axes [0]) in front of the scores of {node}" if scores.rank == 2 else ""
    others, _, scored = of_rank(scores, 3, "scores", lifted)
    agree(batches, others, "the batches of boxes and scores")
    if corners is not None and same(corners, 4) is False:
        raise ShapeError(f"boxes must be [batch, boxes, 4], are {show(boxes.shape)}", parameter="boxes")
    agree(count, scored, "boxes are [batch, boxes, 4], scores [batch, classes, boxes]; their numbers of boxes")
    threshold = iou_threshold.elements[0] if iou_threshold is not None and iou_threshold.elements else None
    if isinstance(threshold, int | float) and not 0 <= threshold <= 1:
        raise ShapeError(f"iou_threshold must be in [0, 1], is {threshold:g}", parameter="iou_threshold")
    if center_point_box not in (0, 1):
        raise ShapeError(f"center_point_box must be 0 or 1, is {center_point_box}", attribute="center_point_box")
    return Fact(_INT64, (None, 3))
