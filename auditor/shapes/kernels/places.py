"""Kernels that move elements, and compute none."""

from __future__ import annotations

from math import prod

import numpy as np

from .certain import Array, Given, Unsure, exact, kernel


@kernel("Shape")
def shape_of(given: Given, x: Array) -> Array:
    return np.array(x.shape[given.get("start", 0) : given.get("end")], np.int64)


@kernel("Flatten")
def flatten(given: Given, x: Array) -> Array:
    axis = given.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape(prod(x.shape[:axis]), prod(x.shape[axis:]))


@kernel("Reshape")
def reshape(given: Given, x: Array, shape: Array | None = None) -> Array:
    target = list(given["shape"] if shape is None else shape.tolist())
    if not given.get("allowzero", 0):
        target = [x.shape[i] if size == 0 else size for i, size in enumerate(target)]
    return x.reshape(target)


@kernel("Squeeze")
def squeeze(given: Given, x: Array, axes: Array | None = None) -> Array:
    numbers = given.get("axes") if axes is None else tuple(axes.tolist())
    if numbers == ():
        raise Unsure
    return np.squeeze(x, numbers)


@kernel("Unsqueeze")
def unsqueeze(given: Given, x: Array, axes: Array | None = None) -> Array:
    return np.expand_dims(x, tuple(given["axes"] if axes is None else axes.tolist()))


@kernel("Transpose")
def transpose(given: Given, x: Array) -> Array:
    return np.transpose(x, given.get("perm"))


@kernel("Concat")
def concat(given: Given, *arrays: Array) -> Array:
    return np.concatenate(arrays, given["axis"])


@kernel("Slice")
def slice_(
    given: Given,
    x: Array,
    starts: Array | None = None,
    ends: Array | None = None,
    axes: Array | None = None,
    steps: Array | None = None,
) -> Array:
    """Python's, but for one that goes down from in front of the axis."""
    first = given["starts"] if starts is None else starts.tolist()
    last = given["ends"] if ends is None else ends.tolist()
    on = axes.tolist() if axes is not None else given.get("axes") or range(len(first))
    by = steps.tolist() if steps is not None else [1] * len(first)
    index = [slice(None)] * x.ndim
    for start, end, axis, step in zip(first, last, on, by, strict=True):
        size = x.shape[axis]
        if step < 0 and (start < -size or end >= (1 << 31) - 1):
            raise Unsure
        index[axis] = slice(start, None if step < 0 and end < -size else end, step)
    return np.asarray(x[tuple(index)])


@kernel("Split")
def split(given: Given, x: Array, parts: Array | None = None) -> tuple[Array, ...]:
    lengths = list(given["split"] if parts is None else parts.tolist())
    ends = [sum(lengths[:i]) for i in range(1, len(lengths))]
    return tuple(np.split(x, ends, given.get("axis", 0)))


@kernel("Pad")
def pad(
    given: Given, x: Array, pads: Array | None = None, fill: Array | None = None, axes: Array | None = None
) -> Array:
    """Filled with one value; the other modes are for images."""
    if pads is None or given.get("mode", "constant") != "constant":
        raise Unsure
    on = range(x.ndim) if axes is None else [axis % x.ndim for axis in axes.tolist()]
    around = [(0, 0)] * x.ndim
    for axis, before, after in zip(on, pads[: len(on)].tolist(), pads[len(on) :].tolist(), strict=True):
        around[axis] = before, after
    return np.pad(x, around, constant_values=x.dtype.type(0) if fill is None else fill.ravel()[0])


@kernel("ConstantOfShape")
def constant_of_shape(given: Given, shape: Array) -> Array:
    value = given.get("value")
    return np.zeros(shape, np.float32) if value is None else np.full(shape, value.ravel()[0], value.dtype)


@kernel("OneHot")
def one_hot(given: Given, indices: Array, depth: Array, values: Array) -> Array:
    places = int(depth.ravel()[0])
    axis = given.get("axis", -1)
    axis = axis + indices.ndim + 1 if axis < 0 else axis
    index = np.expand_dims(indices, axis)
    steps = np.arange(places).reshape([-1 if i == axis else 1 for i in range(indices.ndim + 1)])
    hot = (np.where(index < 0, index + places, index) == steps) & (index >= -places) & (index < places)
    return np.asarray(np.where(hot, values[1], values[0]), values.dtype)


@kernel("GatherND")
def gather_nd(given: Given, x: Array, indices: Array) -> Array:
    if given.get("batch_dims", 0):
        raise Unsure
    return np.asarray(x[tuple(np.moveaxis(indices, -1, 0))])


@kernel("Gather")
def gather(given: Given, x: Array, indices: Array) -> Array:
    return np.asarray(np.take(x, indices, given.get("axis", 0)))


@kernel("GatherElements")
def gather_elements(given: Given, x: Array, indices: Array) -> Array:
    axis = given.get("axis", 0)
    region = tuple(slice(n) if i != axis % x.ndim else slice(None) for i, n in enumerate(indices.shape))
    return np.take_along_axis(x[region], indices, axis)


@kernel("Expand")
def expand(_: Given, x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape.tolist())))


@kernel("Tile")
def tile(_: Given, x: Array, repeats: Array) -> Array:
    return np.tile(x, repeats)


@kernel("CumSum")
def cumulative_sum(given: Given, x: Array, axis: Array) -> Array:
    if x.dtype.kind == "f" or given.get("exclusive", 0) or given.get("reverse", 0):
        raise Unsure
    return exact(lambda a: np.cumsum(a, int(axis.ravel()[0]), dtype=a.dtype), x)


@kernel("Trilu")
def trilu(given: Given, x: Array, k: Array | None = None) -> Array:
    return (np.triu if given.get("upper", 1) else np.tril)(x, 0 if k is None else int(k))


@kernel("ScatterElements", "Scatter")
def scatter_elements(given: Given, x: Array, indices: Array, updates: Array) -> Array:
    if given.get("reduction", "none") != "none":
        raise Unsure
    axis = given.get("axis", 0)
    size = x.shape[axis]
    placed = np.sort(np.where(indices < 0, indices + size, indices), axis)
    if np.any(np.diff(placed, axis=axis) == 0):  # written twice: nobody says which value stays
        raise Unsure
    result = x.copy()
    region = tuple(slice(n) if i != axis % x.ndim else slice(None) for i, n in enumerate(indices.shape))
    np.put_along_axis(result[region], indices, updates, axis)
    return result
