"""From one type to another, quantised and back."""

from __future__ import annotations

import math

import numpy as np

from ..known import Known, known, whole
from ..limits import limits
from ..registry import ranged
from ..site import Site

_FLOATING = frozenset({1, 10, 11, 16})


@ranged("Cast", rounds=1, infinite=True, picks=True)
def cast(input: Known, *, site: Site, to: int) -> Known | None:
    return _cast(input, to)


@ranged("CastLike", rounds=1, infinite=True, picks=True)
def cast_like(input: Known, target_type: Known, *, site: Site) -> Known | None:
    to = site.out_dtype()
    return None if to is None else _cast(input, to)


def _cast(x: Known, to: int) -> Known | None:
    """A float is cut towards zero; beyond the ends of an integer nobody says what comes."""
    ends = limits(to)
    if x.dtype == 8 or not math.isfinite(ends.high):
        return None
    if to == 9:
        sure = (x.low > 0) | (x.high < 0)
        never = (x.low == 0) & (x.high == 0)
        return known(9, np.where(sure & (not x.nan), 1.0, 0.0), np.where(never & (not x.nan), 0.0, 1.0))
    if to in _FLOATING:
        return known(to, x.low, x.high)
    if x.nan or not np.isfinite(x.magnitude):
        return whole(to)
    low, high = np.trunc(x.low), np.trunc(x.high)
    most = ends.high if x.dtype == to or ends.high < 2.0**53 else np.nextafter(ends.high, 0.0)  # 2^63 is one too many
    if low.min(initial=0.0) < ends.low or high.max(initial=0.0) > most:
        return whole(to)
    return known(to, low, high)


@ranged("QuantizeLinear", infinite=True, picks=True)
def quantise(x: Known, y_scale: Known, y_zero_point: Known | None = None, *, site: Site) -> Known | None:
    to = site.out_dtype()
    ends = limits(to)
    if not math.isfinite(ends.high) or ends.floating:
        return None
    if not (y_scale.constant and y_scale.low.size == 1 and y_scale.least > 0 and x.finite):
        return whole(to)
    zero = known(to, 0.0, 0.0) if y_zero_point is None else y_zero_point
    low = np.floor(x.low / y_scale.low.reshape(()) * (1 - np.sign(x.low) * -1e-5)) - 1 + zero.least
    high = np.ceil(x.high / y_scale.low.reshape(()) * (1 + np.sign(x.high) * 1e-5)) + 1 + zero.most
    return known(to, np.clip(low, ends.low, ends.high), np.clip(high, ends.low, ends.high))


@ranged("DequantizeLinear", rounds=2)
def dequantise(
    x: Known, x_scale: Known, x_zero_point: Known | None = None, *, site: Site, axis: int = 1, block_size: int = 0
) -> Known | None:
    """Of two pairs of QuantizeLinear and this one in a row, onnxruntime 1.32 makes one, for what both can hold: what
    either cuts off comes out on a new grid, half a step beyond its own last number. Zero is on every grid."""
    if block_size or site.out_dtype() not in _FLOATING:
        return None
    zero = known(x.dtype, 0.0, 0.0) if x_zero_point is None else x_zero_point
    low, high = x.least - zero.most, x.most - zero.least
    several = [end * scale for end in (low, high) for scale in (x_scale.least, x_scale.most)]
    beyond = x_scale.magnitude / 2 if x_scale.low.size == 1 and site.tensor(0) is None else 0.0
    least, most = min(several), max(several)
    return known(site.out_dtype(), least - beyond if least else 0.0, most + beyond if most else 0.0)


@ranged("DynamicQuantizeLinear", infinite=True, picks=True)
def quantise_dynamically(x: Known) -> tuple[Known, ...]:
    reach = max(x.most, 0.0) - min(x.least, 0.0)
    return whole(2), known(1, 0.0, reach / 255 * (1 + 1e-5) + 1e-30, x.nan), whole(2)


@ranged("QLinearConv", "QLinearMatMul", infinite=True)
@ranged("QLinearAdd", "QLinearMul", "QLinearAveragePool", "QLinearSigmoid", domain="com.microsoft", infinite=True)
def quantised(*inputs: Known, site: Site) -> Known:
    return whole(site.out_dtype())


@ranged("RandomUniform", "RandomUniformLike")
def uniform(input: Known | None = None, *, site: Site, low: float = 0.0, high: float = 1.0) -> Known:
    return known(site.out_dtype(), low, high)
