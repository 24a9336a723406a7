"""What is known of a tensor's values: an interval for each element, or for many of them together.

``low`` and ``high`` are float64 arrays that broadcast to the tensor's shape, as NumPy aligns them: a scalar bounds
every element, an array of [C, 1, 1] each channel of an image. They hold what the tensor can hold, infinities included.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..tuples import NamedTuple
from .limits import Limits, limits

Array: TypeAlias = NDArray[np.float64]

MOST = 1 << 16
"""Elements of an interval's arrays: beyond, the longest axis is taken together."""

_NONE: Mapping[int, tuple[float, float]] = MappingProxyType({})


class Peak(NamedTuple):
    """Along these axes, together, at least one element is no less than ``least``."""

    axes: frozenset[int]
    least: float


class Known(NamedTuple):
    """``nan``: it may hold NaN.

    ``key`` stands for the value: equal keys, equal tensors (-1: nobody knows). ``covers`` maps keys of other tensors to
    (factor, slack): their magnitude is at most factor times this one plus slack, element for element as they broadcast.
    """

    dtype: int | None
    low: Array
    high: Array
    nan: bool = False
    key: int = -1
    peak: Peak | None = None
    covers: Mapping[int, tuple[float, float]] = _NONE

    @property
    def limits(self) -> Limits:
        return limits(self.dtype)

    @property
    def finite(self) -> bool:
        """Whether no element can be NaN or infinite."""
        return not self.nan and bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    @property
    def constant(self) -> bool:
        """Whether each element is one number, or one number takes the place of many."""
        return not self.nan and bool((self.low == self.high).all())

    @property
    def least(self) -> float:
        return float(self.low.min(initial=np.inf)) if self.low.size else 0.0

    @property
    def most(self) -> float:
        return float(self.high.max(initial=-np.inf)) if self.high.size else 0.0

    @property
    def magnitude(self) -> float:
        """The largest that an element can have."""
        return max(abs(self.least), abs(self.most))

    def within(self, low: Any, high: Any) -> Known:
        """The same, if its numbers are known to lie there besides."""
        lows, highs = np.broadcast_arrays(np.maximum(self.low, low), np.minimum(self.high, high))
        crossed = lows > highs  # by a rounding of ours: then it is about that number
        if crossed.any():
            lows, highs = np.where(crossed, highs, lows), np.where(crossed, lows, highs)
        return self._replace(low=lows, high=highs)


class Both(NamedTuple):
    """A tensor as it certainly is, and as it is where nothing before it was NaN or infinite."""

    sound: Known
    assumed: Known

    @property
    def same(self) -> bool:
        return self.sound is self.assumed


def known(dtype: int | None, low: Any, high: Any, nan: bool = False, **more: Any) -> Known:
    """An interval; the bounds may be numbers or arrays that broadcast together."""
    lows, highs = np.broadcast_arrays(np.asarray(low, np.float64), np.asarray(high, np.float64))
    return fitted(Known(dtype, lows, highs, nan, **more))


def whole(dtype: int | None) -> Known:
    """All that the type can hold, NaN and the infinities of a float included."""
    ends = limits(dtype)
    most = np.inf if ends.floating else ends.high
    return known(dtype, -np.inf if ends.floating else ends.low, most, nan=ends.floating)


def finite(dtype: int | None) -> Known:
    """All finite numbers of the type."""
    ends = limits(dtype)
    return known(dtype, ends.low, ends.high)


def assumed_finite(one: Known) -> Known:
    """The same, if nothing in front of it was NaN or infinite."""
    ends = one.limits
    low = np.clip(np.nan_to_num(one.low, nan=ends.low), ends.low, ends.high)
    return one._replace(low=low, high=np.clip(np.nan_to_num(one.high, nan=ends.high), ends.low, ends.high), nan=False)


def fitted(one: Known) -> Known:
    """With arrays of at most `MOST` elements."""
    low, high = one.low, one.high
    while low.size > MOST:
        axis = int(np.argmax(low.shape))
        low, high = low.min(axis=axis, keepdims=True), high.max(axis=axis, keepdims=True)
    return one if low is one.low else one._replace(low=low, high=high)


def hull(*several: Known) -> Known:
    """What holds whichever of them it is."""
    first, *rest = several
    low, high = first.low, first.high
    for other in rest:
        low, high = np.minimum(low, other.low), np.maximum(high, other.high)
    return known(first.dtype, low, high, any(one.nan for one in several))


def together(one: Known) -> Known:
    """One interval for all elements."""
    return known(one.dtype, one.least, one.most, one.nan) if one.low.size > 1 or one.low.ndim else _bare(one)


def _bare(one: Known) -> Known:
    return Known(one.dtype, one.low, one.high, one.nan)


def held(numbers: Array, dtype: int | None) -> NDArray[np.bool_]:
    """Which of the numbers the type has exactly."""
    match dtype:
        case 11:
            return np.ones(numbers.shape, bool)
        case 1:
            return np.asarray(numbers.astype(np.float32) == numbers)
        case 10:
            return np.asarray(numbers.astype(np.float16) == numbers)
        case 16:
            single = numbers.astype(np.float32)
            return np.asarray((single == numbers) & (single.view(np.uint32) & 0xFFFF == 0))
    return np.zeros(numbers.shape, bool)


def meant(one: Known) -> Known:
    """Of ends that somebody wrote the nearest that the type has: 0.3 of a float32 is a little more than 0.3."""
    ends = one.limits
    if not ends.floating:
        return one
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = (
            np.where(held(end, one.dtype), 0.0, np.maximum(np.abs(end), ends.normal) * ends.unit)
            for end in (one.low, one.high)
        )
        low, high = np.maximum(one.low - low, ends.low), np.minimum(one.high + high, ends.high)
    return one._replace(low=np.minimum(low, ends.high), high=np.maximum(high, ends.low))


def outward(one: Known, rounds: float, *, wraps: bool = True) -> Known:
    """After so many roundings of its type; denormal numbers may have become zero. Zero stays zero.

    What then is beyond the type's end is infinite; of an integer it wraps around, and may be anything. The ends of 64
    bits are numbers that float64 has no neighbours of: what ``wraps`` and comes that far, may have gone farther.
    """
    ends = one.limits
    low, high = one.low, one.high
    if not ends.floating:
        exact = 2.0**53
        if low.size and (one.least < ends.low or one.most > ends.high or not np.isfinite(one.magnitude)):
            return whole(one.dtype)._replace(key=one.key)
        if wraps and ends.high > exact and (one.most >= ends.high or one.least <= ends.low < 0):
            return whole(one.dtype)._replace(key=one.key)
        if low.size and wraps and one.magnitude > exact:
            low = np.where(np.abs(low) > exact, np.nextafter(low, -np.inf), low)
            high = np.where(np.abs(high) > exact, np.nextafter(high, np.inf), high)
            return one._replace(low=np.maximum(low, ends.low), high=np.minimum(high, ends.high))
        return one
    if rounds:
        unit = rounds * ends.unit
        with np.errstate(over="ignore", invalid="ignore"):
            stays_low, stays_high = np.isinf(low), np.isinf(high)
            if rounds == 1:  # rounding keeps the order, so a result never passes an end that the type has
                stays_low, stays_high = stays_low | held(low, one.dtype), stays_high | held(high, one.dtype)
            low = np.where(stays_low, low, low - np.abs(low) * unit)
            high = np.where(stays_high, high, high + np.abs(high) * unit)
        tiny = ends.normal
        low = np.where((low > 0) & (low < tiny), 0.0, np.where((low < 0) & (low > -tiny), -tiny, low))
        high = np.where((high < 0) & (high > -tiny), 0.0, np.where((high > 0) & (high < tiny), tiny, high))
    low = np.where(low < ends.low, -np.inf, np.minimum(low, ends.high))
    high = np.where(high > ends.high, np.inf, np.maximum(high, ends.low))
    return one._replace(low=low, high=high)
