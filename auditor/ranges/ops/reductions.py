"""Along axes: sums, means, the greatest and the least, norms, Softmax, and what is counted.

A sum of n numbers in any order is off by at most n units of the sum of their magnitudes.
"""

from __future__ import annotations

import math

import numpy as np

from ..known import Array, Known, Peak, known
from ..registry import ranged
from ..relations import Origin
from ..site import Site, aligned, along, count_along
from .elementwise import logarithm

Axes = tuple[int, ...] | None


def _axes(site: Site, given: Axes, noop: int = 0) -> tuple[frozenset[int] | None, int | None]:
    """The axes that are reduced, and the rank. All of them where none are named."""
    shape = site.shape(0)
    rank = None if shape is None else len(shape)
    axes = site.axes(1, given, rank)
    if axes is not None and not axes and rank is not None:
        axes = frozenset(range(rank))
    return axes, rank


def _nothing_to_do(site: Site, given: Axes, noop: int) -> bool:
    return bool(noop) and given is None and (len(site.node.inputs) < 2 or not site.node.inputs[1])


def _extreme(data: Known, site: Site, axes: Axes, keepdims: int, what: str) -> Known:
    which, rank = _axes(site, axes)
    if which is not None and keepdims and data.key >= 0:
        site.relations.origins[site.own_key] = Origin(what, data.key, which)
    found = along(data, which, rank, bool(keepdims))
    if what == "max" and data.peak is not None and which is not None and data.peak.axes == which:
        found = found.within(data.peak.least, np.inf)
    return found


@ranged("ReduceMax", picks=True)
def greatest(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known:
    if _nothing_to_do(site, _axes_attribute(site), noop_with_empty_axes):
        return data
    return _extreme(data, site, _axes_attribute(site), keepdims, "max")


@ranged("ReduceMin", picks=True)
def least(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known:
    if _nothing_to_do(site, _axes_attribute(site), noop_with_empty_axes):
        return data
    return _extreme(data, site, _axes_attribute(site), keepdims, "min")


def _axes_attribute(site: Site) -> Axes:
    """The attribute of older opsets."""
    value = site.node.attributes.get("axes")
    return tuple(a for a in value if isinstance(a, int)) if isinstance(value, tuple) else None


def summed(x: Known, site: Site, axes: Axes, keepdims: int) -> tuple[Known, int | None]:
    """The sum, within its roundings, and of how many."""
    which, rank = _axes(site, axes)
    shape = site.shape(0)
    count = count_along(shape, which)
    if count is None or which is None or rank is None or shape is None:
        return known(x.dtype, 0.0 if x.least >= 0 else -np.inf, 0.0 if x.most <= 0 else np.inf), None
    low, high = (_total(aligned(one, rank), shape, which, bool(keepdims)) for one in (x.low, x.high))
    reach = _total(aligned(np.maximum(np.abs(x.low), np.abs(x.high)), rank), shape, which, bool(keepdims))
    rounding = min(1.0, 2 * (count + 2) * x.limits.sum_unit)
    below, above = low - rounding * reach, high + rounding * reach
    # A sum of numbers of one sign has that sign, and is off by a part of itself.
    at, keep = tuple(sorted(which)), bool(keepdims)
    positive = aligned(x.low, rank).min(axis=at, keepdims=keep, initial=np.inf) >= 0
    negative = aligned(x.high, rank).max(axis=at, keepdims=keep, initial=-np.inf) <= 0
    below = np.where(positive, np.maximum(below, low * (1 - rounding)), below)
    above = np.where(negative, np.minimum(above, high * (1 - rounding)), above)
    if not x.limits.floating:
        below, above = low, high
    return known(x.dtype, below, above), count


def _total(ends: Array, shape: tuple[int | None, ...], axes: frozenset[int], keep: bool) -> Array:
    """The sum of one end along axes: an entry that stands for many counts so often."""
    times = math.prod(size or 0 for axis, size in enumerate(shape) if axis in axes and ends.shape[axis] == 1)
    which = tuple(sorted(axes))
    found: Array = ends.sum(axis=which, keepdims=keep) * times
    return found


@ranged("ReduceSum", rounds=1)
def sum_along(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known:
    if _nothing_to_do(site, _axes_attribute(site), noop_with_empty_axes):
        return data
    found, count = summed(data, site, _axes_attribute(site), keepdims)
    which, _ = _axes(site, _axes_attribute(site))
    if data.least < 0 or count is None:
        return found
    covers = {}
    if keepdims and data.key >= 0:  # a sum of what is not negative is no less than each of it
        loss = 1 + 2 * (count + 2) * data.limits.sum_unit
        covers = {key: (f * loss, s) for key, (f, s) in {**data.covers, data.key: (1.0, 0.0)}.items()}
    if data.peak is not None and data.peak.axes == which:
        rounding = min(1.0, 2 * (count + 2) * data.limits.sum_unit)
        found = found.within(data.peak.least * (1 - rounding), np.inf)
    return found._replace(covers=covers)


@ranged("ReduceMean", rounds=2)
def mean_along(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known:
    if _nothing_to_do(site, _axes_attribute(site), noop_with_empty_axes):
        return data
    which, rank = _axes(site, _axes_attribute(site))
    found, count = summed(data, site, _axes_attribute(site), keepdims)
    if count is None:  # of however many, it lies among them; the roundings of a sum are not known
        return known(data.dtype, 0.0 if data.least >= 0 else -np.inf, 0.0 if data.most <= 0 else np.inf)
    if not data.limits.floating:
        return along(data, which, rank, bool(keepdims))
    if not count:
        return known(data.dtype, -np.inf, np.inf, True)
    if found.most * 1.0 > data.limits.high or found.least < data.limits.low:  # the sum may leave the type
        return found
    covers = {}
    if data.least >= 0 and keepdims and data.key >= 0:
        loss = count * (1 + 2 * (count + 2) * data.limits.sum_unit)
        tiny = count * data.limits.normal
        covers = {key: (f * loss, s + f * tiny) for key, (f, s) in {**data.covers, data.key: (1.0, 0.0)}.items()}
    return known(data.dtype, found.low / count, found.high / count, covers=covers)


def _magnitudes(x: Known, power: int) -> Known:
    high = np.maximum(np.abs(x.low), np.abs(x.high)) ** power
    low = np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)) ** power)
    return known(x.dtype, low, high)


@ranged("ReduceL1", rounds=1)
def sum_of_magnitudes(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known | None:
    if noop_with_empty_axes:
        return None
    found, _ = summed(_magnitudes(data, 1), site, _axes_attribute(site), keepdims)
    return _covering(found, data, site, keepdims)


def _covering(found: Known, data: Known, site: Site, keepdims: int) -> Known:
    which, _ = _axes(site, _axes_attribute(site))
    count = count_along(site.shape(0), which)
    if not keepdims or data.key < 0 or count is None:
        return found
    loss = 1 + 4 * (count + 4) * max(data.limits.sum_unit, data.limits.unit)
    return found._replace(covers={data.key: (loss, math.sqrt(2 * data.limits.normal))})


@ranged("ReduceSumSquare", rounds=2)
def sum_of_squares(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known | None:
    if noop_with_empty_axes:
        return None
    return summed(_magnitudes(data, 2), site, _axes_attribute(site), keepdims)[0]


@ranged("ReduceL2", rounds=4)
def norm(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known | None:
    if noop_with_empty_axes or not data.limits.floating:
        return None
    found, _ = summed(_magnitudes(data, 2), site, _axes_attribute(site), keepdims)
    if found.most > data.limits.high:  # the squares may leave the type
        return known(data.dtype, 0.0, np.inf)
    made = known(data.dtype, np.sqrt(np.maximum(found.low, 0.0)), np.sqrt(found.high))
    return _covering(made, data, site, keepdims)


@ranged("ReduceLogSumExp", rounds=64)
def log_of_sum_of_exponentials(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known | None:
    """onnxruntime 1.32 takes the greatest away first: between it and it plus the logarithm of how many."""
    which, rank = _axes(site, _axes_attribute(site))
    count = count_along(site.shape(0), which)
    if noop_with_empty_axes or count is None or not count or data.dtype not in (1, 11):
        return None
    found = along(data, which, rank, bool(keepdims))
    slack = 1e-4 * (1 + count * 1e-3)
    return known(data.dtype, found.low - slack, found.high + math.log(count) + slack)


@ranged("ReduceLogSum", rounds=64)
def log_of_sum(
    data: Known, axes: Known | None = None, *, site: Site, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Known | None:
    if noop_with_empty_axes or data.dtype not in (1, 11):
        return None
    found, count = summed(data, site, _axes_attribute(site), keepdims)
    if not count:
        return None
    lost = (found.low > 0) & (found.low < data.limits.normal)  # what is denormal may become zero
    return logarithm(found._replace(low=np.where(lost, 0.0, found.low)))


@ranged("ArgMax", "ArgMin", infinite=True, picks=True)
def place(data: Known, *, site: Site, axis: int = 0) -> Known:
    shape = site.shape(0)
    size = shape[axis] if shape and -len(shape) <= axis < len(shape) else None
    return known(7, 0.0, max(0, size - 1) if size is not None else 2.0**63)


@ranged("Softmax", rounds=4)
def softmax(input: Known, *, site: Site, axis: int | None = None) -> Known:
    """Shares of a whole. Each is at least what the farthest difference leaves of it."""
    shape = site.shape(0)
    which: frozenset[int] | None = None
    if shape is not None:
        at = (1 if site.opset < 13 else -1) if axis is None else axis
        at = at + len(shape) if at < 0 else at
        which = frozenset(range(at, len(shape))) if site.opset < 13 else frozenset({at})
    count = count_along(shape, which) if which else None
    if not count:
        return known(input.dtype, 0.0, 1.0)
    gap = min(input.most - input.least, 1e4)
    low = 1 / (1 + (count - 1) * math.exp(min(gap, 700.0))) * (1 - 1e-3)
    high = min(1.0, 1 / (1 + (count - 1) * math.exp(-min(gap, 700.0))) * (1 + 1e-3))
    low = 0.0 if gap > 80 or input.limits.unit > 1e-4 else low
    high = 1.0 if input.limits.unit > 1e-4 else high
    peak = None if which is None else Peak(which, 0.5 / count)
    return known(input.dtype, low, high, peak=peak)


@ranged("LogSoftmax", rounds=64)
def log_softmax(input: Known, *, site: Site, axis: int | None = None) -> Known | None:
    shape = site.shape(0)
    if shape is None or any(size is None for size in shape) or input.dtype not in (1, 11):
        return None
    count = math.prod(size or 1 for size in shape)
    gap = float(input.most) - float(input.least)
    slack = 1e-4 * (1 + gap + max(abs(input.most), abs(input.least)))
    return known(input.dtype, -gap - math.log(max(count, 1)) - slack, slack)


@ranged("Hardmax", infinite=True)
def hardmax(input: Known) -> Known:
    return known(input.dtype, 0.0, 1.0)


@ranged("CumSum", rounds=1)
def running_sum(x: Known, axis: Known, *, site: Site, exclusive: int = 0, reverse: int = 0) -> Known | None:
    shape, where = site.shape(0), site.numbers(1)
    if shape is None or where is None or len(where) != 1:
        return None
    size = shape[int(where[0])] if -len(shape) <= where[0] < len(shape) else None
    if size is None:
        return None
    low, high = min(0.0, size * x.least), max(0.0, size * x.most)
    if not exclusive:
        low, high = (x.least if x.least >= 0 else low), (x.most if x.most <= 0 else high)
    slack = 2 * (size + 2) * x.limits.sum_unit * size * x.magnitude if x.limits.floating else 0.0
    low, high = (max(0.0, low - slack) if x.least >= 0 else low - slack), high + slack
    return known(x.dtype, low, high)


@ranged("LpNormalization", rounds=8)
def to_unit_norm(input: Known) -> Known:
    """onnxruntime 1.32 gives zeros for zeros."""
    return (
        known(input.dtype, -1.0, 1.0)
        if input.magnitude < 1e15 and input.limits.unit < 1e-5
        else known(input.dtype, -np.inf, np.inf, True)
    )
