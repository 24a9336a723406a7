"""Elements that are moved, repeated, left out or put together, and not changed."""

from __future__ import annotations

import math

import numpy as np

from ..known import MOST, Known, hull, known, together
from ..registry import ranged
from ..site import Site, aligned, along, moved


def _same_elements(x: Known, site: Site) -> Known:
    """The elements in a new form: each by itself where they are few, and runs of axes that stay as they are."""
    before, after = site.shape(0), site.out_shape()
    if x.low.size == 1 or before is None or after is None:
        return together(x)
    if _known(before) and _known(after):
        elements = math.prod(s or 0 for s in before)
        if elements <= MOST and elements == math.prod(s or 0 for s in after):
            return moved(x, lambda a: np.broadcast_to(a, before).reshape(after))  # type: ignore[arg-type]  # all known
    low, high = aligned(x.low, len(before)), aligned(x.high, len(before))
    found = _leading(before, after, low.shape)
    if found is None:
        return together(x)
    return known(x.dtype, low.reshape(found), high.reshape(found))


def _leading(
    before: tuple[int | None, ...], after: tuple[int | None, ...], held: tuple[int, ...]
) -> tuple[int, ...] | None:
    """The form of arrays that vary along one axis, where that axis stays whole: [N, C, H, W] to [N, C, H * W].

    It does where as many elements lie behind it as before, or in front of it.
    """
    varying = [axis for axis, size in enumerate(held) if size > 1]
    if len(varying) != 1:
        return None
    axis = varying[0]
    for at, size in enumerate(after):
        if size == before[axis] == held[axis] and (
            _equal(after[at + 1 :], before[axis + 1 :]) or _equal(after[:at], before[:axis])
        ):
            return (1,) * at + (size,) + (1,) * (len(after) - at - 1)
    return None


def _equal(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    """Whether both are known to hold the same number of elements."""
    return None not in one and None not in other and math.prod(s or 0 for s in one) == math.prod(s or 0 for s in other)


def _known(shape: tuple[int | None, ...]) -> bool:
    return None not in shape


@ranged("Reshape", infinite=True)
def reshape(data: Known, shape: Known | None = None, *, site: Site) -> Known:
    return _same_elements(data, site)


@ranged("Flatten", "Squeeze", "Unsqueeze", infinite=True)
def reformed(input: Known, axes: Known | None = None, *, site: Site) -> Known:
    return _same_elements(input, site)


@ranged("Transpose", infinite=True)
def transpose(data: Known, *, site: Site, perm: tuple[int, ...] | None = None) -> Known:
    shape = site.shape(0)
    if shape is None:
        return together(data)
    order = perm if perm is not None else tuple(reversed(range(len(shape))))
    return moved(data, lambda a: aligned(a, len(shape)).transpose(order))


@ranged("Expand", infinite=True)
def expand(input: Known, shape: Known) -> Known:
    return moved(input, lambda a: a)


@ranged("Tile", infinite=True)
def tile(input: Known, repeats: Known, *, site: Site) -> Known:
    times = site.numbers(1)
    if times is None or site.shape(0) is None:
        return together(input)
    axes = frozenset(axis for axis, n in enumerate(times) if n != 1)
    return along(input, axes, len(times), True) if axes else moved(input, lambda a: a)


@ranged("Concat", infinite=True)
def concat(*inputs: Known, site: Site, axis: int | None = None) -> Known:
    shapes = [site.shape(i) for i in range(len(inputs))]
    rank = next((len(shape) for shape in shapes if shape is not None), None)
    at = 1 if axis is None else axis
    sizes = [None if shape is None else shape[at] for shape in shapes]
    if rank is None or None in sizes or sum(s or 0 for s in sizes) > MOST:
        kept = [one for one, size in zip(inputs, sizes, strict=True) if size != 0] or list(inputs)
        return hull(*(together(one) for one in kept))
    at = at + rank if at < 0 else at
    ends = []
    for which in ("low", "high"):
        parts = [aligned(getattr(one, which), rank) for one in inputs]
        common = np.broadcast_shapes(*((*p.shape[:at], 1, *p.shape[at + 1 :]) for p in parts))
        if math.prod(common) * sum(s or 0 for s in sizes) > MOST:
            return hull(*(together(one) for one in inputs))
        wide = [
            np.broadcast_to(p, (*common[:at], size or 0, *common[at + 1 :]))
            for p, size in zip(parts, sizes, strict=True)
        ]
        ends.append(np.concatenate(wide, axis=at))
    return known(inputs[0].dtype, ends[0], ends[1])


@ranged("Split", infinite=True)
def split(input: Known, split: Known | None = None, *, site: Site, axis: int = 0) -> tuple[Known, ...]:
    shape, count = site.shape(0), len(site.node.outputs)
    at = axis + len(shape) if shape is not None and axis < 0 else axis
    low = input.low if shape is None else aligned(input.low, len(shape))
    if shape is None or low.ndim <= at or low.shape[at] == 1:
        one = moved(input, lambda a: a) if shape is not None else together(input)
        return (one,) * count
    high = aligned(input.high, len(shape))
    found, begin = [], 0
    for i in range(count):
        out = site.out_shape(i)
        if out is None or out[at] is None:
            return (along(input, frozenset({at}), len(shape), True),) * count
        end = begin + (out[at] or 0)
        cut = (slice(None),) * at + (slice(begin, end),)
        found.append(known(input.dtype, low[cut], high[cut]))
        begin = end
    return tuple(found)


@ranged("Slice", infinite=True)
def slice_(
    data: Known, starts: Known | None = None, ends: Known | None = None, axes: Known | None = None,
    steps: Known | None = None, *, site: Site,
) -> Known:  # fmt: skip
    shape = site.shape(0)
    low = data.low if shape is None else aligned(data.low, len(shape))
    if shape is None or low.size == 1:
        return together(data) if shape is None else moved(data, lambda a: a)
    old = [site.node.attributes.get(name) for name in ("starts", "ends", "axes")]
    begin, end = (_ints(site, i + 1, old[i]) for i in range(2))
    if begin is None or end is None:
        return together(data)
    which = _ints(site, 3, old[2]) or tuple(range(len(begin)))
    step = _ints(site, 4, None) or (1,) * len(begin)
    cuts: list[slice] = [slice(None)] * len(shape)
    for b, e, a, s in zip(begin, end, which, step, strict=False):
        axis = a + len(shape) if a < 0 else a
        if low.shape[axis] == 1:
            continue
        size = shape[axis]
        if size is None or size != low.shape[axis] or s == 0:
            return together(data)
        cuts[axis] = slice(*slice(b, e if e >= -size or s > 0 else None, s).indices(size))
        if s < 0 and cuts[axis].stop is not None and cuts[axis].stop < 0:
            cuts[axis] = slice(cuts[axis].start, None, s)
    where = tuple(cuts)
    found = moved(data, lambda a: aligned(a, len(shape))[where])
    return found if found.low.size else together(data)


def _ints(site: Site, position: int, attribute: object) -> tuple[int, ...] | None:
    if isinstance(attribute, tuple):
        return tuple(int(a) for a in attribute if isinstance(a, int))
    found = site.numbers(position)
    return None if found is None else tuple(map(int, found))


@ranged("Gather", infinite=True)
def gather(data: Known, indices: Known, *, site: Site, axis: int = 0) -> Known:
    shape, places = site.shape(0), site.numbers(1)
    around = site.shape(1)
    if shape is None or around is None:
        return together(data)
    at = axis + len(shape) if axis < 0 else axis
    low, high = aligned(data.low, len(shape)), aligned(data.high, len(shape))
    if low.shape[at] > 1 and places is not None and shape[at] == low.shape[at] and _known(around):
        which = np.array([int(p) for p in places]).reshape(around)  # type: ignore[arg-type]  # all known
        if which.size and which.min() >= -low.shape[at] and which.max() < low.shape[at]:
            return known(data.dtype, np.take(low, which, axis=at), np.take(high, which, axis=at))
    one = along(data, frozenset({at}), len(shape), True)
    form = one.low.shape[:at] + (1,) * len(around) + one.low.shape[at + 1 :]
    return moved(one, lambda a: a.reshape(form))


@ranged("GatherElements", "GatherND", "Compress", "ReverseSequence", "CenterCropPad", infinite=True)
def picked(data: Known, indices: Known | None = None, *, site: Site) -> Known:
    found = together(data)
    return hull(found, known(data.dtype, 0.0, 0.0)) if site.node.op_type == "CenterCropPad" else found


@ranged("ScatterElements", "ScatterND", "Scatter", infinite=True)
def scattered(data: Known, indices: Known, updates: Known, *, site: Site, reduction: str = "none") -> Known | None:
    return hull(together(data), together(updates)) if reduction == "none" else None


@ranged("DepthToSpace", "SpaceToDepth", infinite=True)
def rearranged(input: Known) -> Known:
    return together(input)


@ranged("Trilu", infinite=True)
def triangle(input: Known, k: Known | None = None) -> Known:
    return known(input.dtype, np.minimum(input.low, 0.0), np.maximum(input.high, 0.0))


@ranged("Pad", infinite=True)
def pad(
    data: Known, pads: Known | None = None, constant_value: Known | None = None, axes: Known | None = None, *,
    site: Site, mode: str = "constant",
) -> Known:  # fmt: skip
    value = site.node.attributes.get("value", 0.0)
    number = float(value) if isinstance(value, int | float) else 0.0
    put = constant_value or known(data.dtype, number, number)
    given = site.numbers(1) or site.node.attributes.get("pads")
    shape = site.shape(0)
    changed: frozenset[int] | None = None
    if shape is not None and isinstance(given, tuple) and axes is None and len(given) == 2 * len(shape):
        rank = len(shape)
        changed = frozenset(a for a in range(rank) if given[a] or given[a + rank])
    if mode != "constant":
        return along(data, changed, len(shape), True) if changed and shape is not None else together(data)
    if changed is not None and shape is not None:
        kept = along(data, changed, len(shape), True) if changed else data
        return hull(moved(kept, lambda a: a), together(put)) if changed else moved(data, lambda a: a)
    return hull(together(data), together(put))


@ranged("TopK", infinite=True)
def top(X: Known, K: Known | None = None, *, site: Site, axis: int = -1) -> tuple[Known, ...]:
    shape = site.shape(0)
    size = shape[axis] if shape and -len(shape) <= axis < len(shape) else None
    return together(X), known(7, 0.0, max(0, size - 1) if size is not None else 2.0**63)


@ranged("Shape", "Size", infinite=True)
def sizes(data: Known) -> Known:
    return known(7, 0.0, 2.0**62)


@ranged("NonZero", infinite=True)
def places(X: Known, *, site: Site) -> Known:
    shape = site.shape(0)
    largest = max((s for s in shape or () if s is not None), default=1)
    return known(7, 0.0, 2.0**62 if shape is None or None in shape else max(largest - 1, 0))


@ranged("OneHot", infinite=True)
def one_hot(indices: Known, depth: Known, values: Known) -> Known:
    return together(values)


@ranged("ConstantOfShape", infinite=True)
def filled(input: Known, *, site: Site) -> Known:
    from ...model.tensor import Tensor

    value = site.node.attributes.get("value")
    return together(site.store.known(value)) if isinstance(value, Tensor) else known(1, 0.0, 0.0)


@ranged("EyeLike", infinite=True)
def eye(input: Known) -> Known:
    return known(None, 0.0, 1.0)


@ranged("Range")
def counted(start: Known, limit: Known, delta: Known) -> Known:
    """Each number lies between the start and the limit; a float's step may round beyond it."""
    low, high = min(start.least, limit.least), max(start.most, limit.most)
    slack = max(abs(low), abs(high), delta.magnitude) * 2.0**-18 if start.limits.floating else 0.0
    return known(start.dtype, low - slack, high + slack)


@ranged("Resize", "Upsample", infinite=False, rounds=8)
def resize(
    X: Known, roi: Known | None = None, scales: Known | None = None, sizes: Known | None = None, *, site: Site,
    mode: str = "nearest", extrapolation_value: float = 0.0, coordinate_transformation_mode: str = "half_pixel",
) -> Known | None:  # fmt: skip
    """Between neighbours, in height and width; a cubic overshoots."""
    shape = site.shape(0)
    axes = None if shape is None or len(shape) < 3 else frozenset(range(2, len(shape)))
    out = site.out_shape()
    if shape is not None and out is not None and (shape[:2] != out[:2] or None in shape[1:2]):
        axes = None
    found = along(X, axes, len(shape), True) if axes and shape is not None else together(X)
    if mode in ("cubic", "bicubic"):
        reach = np.maximum(np.abs(found.low), np.abs(found.high))
        found = known(X.dtype, -4 * reach, 4 * reach)
    if coordinate_transformation_mode == "tf_crop_and_resize":
        found = hull(found, known(X.dtype, extrapolation_value, extrapolation_value))
    return found
