"""One element out of two or more."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..known import Array, Known, hull, known, whole
from ..registry import ranged
from ..relations import Origin
from ..site import Site

_POWER = 64.0


@ranged("Add", rounds=1)
def add(A: Known, B: Known, *, site: Site) -> Known:
    covers = {}
    for one, other in ((A, B), (B, A)):
        if other.least >= 0:  # what one covers, a greater one does
            covers.update(_covered(one))
    return site.sum(A, B, 1.0)._replace(covers=covers)


def _covered(one: Known) -> dict[int, tuple[float, float]]:
    """What a tensor covers: itself too, where it is never negative."""
    own = {one.key: (1.0, 0.0)} if one.key >= 0 and one.least >= 0 else {}
    return {**one.covers, **own}


@ranged("Sub", rounds=1)
def subtract(A: Known, B: Known, *, site: Site) -> Known:
    found = site.sum(A, B, -1.0)
    origin = site.relations.origins.get(B.key)
    if origin is not None and origin.of == A.key >= 0:
        if origin.what == "max":  # the greatest stays zero
            from ..known import Peak

            return known(A.dtype, found.low, np.minimum(found.high, 0.0), peak=Peak(origin.axes, 0.0))
        if origin.what == "min":
            return known(A.dtype, np.maximum(found.low, 0.0), found.high)
    return found


@ranged("Mul", rounds=1)
def multiply(A: Known, B: Known, *, site: Site) -> Known:
    square = site.relations.square_of(A, B)
    if square is not None and square[1] == 1.0 and A.key == B.key:
        site.relations.origins[site.own_key] = Origin("square", A.key)
        return _squared(A)
    found = known(A.dtype, *_products(A, B))
    if square is not None:
        found = found.within(0.0, np.inf) if square[1] > 0 else found.within(-np.inf, 0.0)
    for one, other in ((A, B), (B, A)):
        if other.constant and other.low.size == 1 and other.key != one.key and A.finite and B.finite:
            factor = float(other.low.reshape(()))
            if factor > 0:
                covers = {
                    key: (f / factor * (1 + 4 * A.limits.unit), s + f * A.limits.normal / factor)
                    for key, (f, s) in _covered(one).items()
                }
                found = found._replace(covers=covers)
            if site.ends.floating:
                site.form = site.relations.scaled(one, other.low, site.ends.unit)
    return found


def _products(A: Known, B: Known) -> tuple[Array, Array]:
    several = [a * b for a in (A.low, A.high) for b in (B.low, B.high)]
    return np.minimum.reduce(several), np.maximum.reduce(several)


def _squared(x: Known) -> Known:
    low, high = np.abs(x.low), np.abs(x.high)
    least = np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(low, high))
    return known(x.dtype, least * least, np.maximum(low, high) ** 2)


@ranged("Div", rounds=1)
def divide(A: Known, B: Known, *, site: Site) -> Known:
    if not site.ends.floating:
        return _whole_quotients(A, B)
    if A.key == B.key and A.key >= 0 and (A.least > 0 or A.most < 0):
        return known(A.dtype, 1.0, 1.0)
    through = (B.low <= 0) & (B.high >= 0)
    if through.any():
        # Zero divides zero into NaN, and anything else into an infinity of either sign, for zeros have one.
        nan = bool(((A.low <= 0) & (A.high >= 0)).any())
        return known(A.dtype, -np.inf, np.inf, nan)
    several = [a / b for a in (A.low, A.high) for b in (B.low, B.high)]
    found = known(A.dtype, np.minimum.reduce(several), np.maximum.reduce(several))
    cover = _covered(B).get(A.key)
    if cover is not None and B.least > 0:
        most = (cover[0] + cover[1] / B.least) * (1 + 4 * A.limits.unit)
        found = found.within(-most, most)
    if B.constant and B.low.size == 1:
        site.form = site.relations.scaled(A, 1 / B.low, site.ends.unit)
        if B.least > 0:
            divisor = B.least
            found = found._replace(
                covers={
                    key: (f * divisor * (1 + 4 * A.limits.unit), s + f * divisor * A.limits.normal)
                    for key, (f, s) in _covered(A).items()
                }
            )
    return found


def _whole_quotients(A: Known, B: Known) -> Known:
    """Rounded towards zero; by zero there is no result."""
    if ((B.low <= 0) & (B.high >= 0)).any():
        most = max(abs(A.least), abs(A.most))
        return known(A.dtype, -most, most) if A.least < 0 or B.least < 0 else known(A.dtype, 0.0, most)
    several = [np.trunc(a / b) for a in (A.low, A.high) for b in (B.low, B.high)]
    low, high = np.minimum.reduce(several), np.maximum.reduce(several)
    large = max(abs(A.least), abs(A.most)) > 2.0**53
    return (
        known(A.dtype, np.nextafter(low, -np.inf), np.nextafter(high, np.inf)) if large else known(A.dtype, low, high)
    )


@ranged("Pow", rounds=_POWER)
def power(X: Known, Y: Known, *, site: Site) -> Known:
    if not X.limits.floating:
        return _whole_power(X, Y)
    exponents = Y.low if Y.constant and Y.low.size == 1 else None
    if exponents is not None:
        exponent = float(exponents.reshape(()))
        if exponent == 2.0:
            if X.key >= 0:
                site.relations.origins[site.own_key] = Origin("square", X.key)
            return _squared(X)
        if exponent == int(exponent) and abs(exponent) <= 64:
            return _whole_exponent(X, int(exponent))
    low, high = np.maximum(X.low, 0.0), np.maximum(X.high, 0.0)
    several = [base**to for base in (low, high, np.clip(1.0, low, high)) for to in (Y.low, Y.high)]
    several = [np.where(np.isnan(one), 1.0, one) for one in several]
    nan = X.least < 0
    if nan and (exponents is None):  # a whole exponent among them gives what negative numbers have
        reach = np.maximum.reduce(several)
        other = np.maximum.reduce([np.abs(X.low) ** to for to in (Y.low, Y.high)])
        reach = np.maximum(reach, np.where(np.isnan(other), np.inf, other))
        if X.least <= 0 and Y.least < 0:
            reach = np.full_like(reach, np.inf)
        return known(X.dtype, -reach, reach, True)
    return known(X.dtype, np.minimum.reduce(several), np.maximum.reduce(several), nan)


def _whole_exponent(X: Known, exponent: int) -> Known:
    if exponent == 0:
        return known(X.dtype, 1.0, 1.0)
    if exponent < 0:
        inner = _whole_exponent(X, -exponent)
        if ((inner.low <= 0) & (inner.high >= 0)).any():
            return known(X.dtype, -np.inf, np.inf)
        return known(X.dtype, 1 / inner.high, 1 / inner.low)
    low, high = X.low**exponent, X.high**exponent
    if exponent % 2:
        return known(X.dtype, low, high)
    least = np.where((X.low <= 0) & (X.high >= 0), 0.0, np.minimum(low, high))
    return known(X.dtype, least, np.maximum(low, high))


def _whole_power(X: Known, Y: Known) -> Known:
    if Y.least < 0 or X.least < 0 or Y.most > 64:
        return whole(X.dtype)
    several = [base**to for base in (X.low, X.high) for to in (Y.low, Y.high)]
    low = np.where(X.low == 0, 0.0, np.minimum.reduce(several))
    return known(X.dtype, np.floor(low), np.ceil(np.maximum(np.maximum.reduce(several), 1.0)))


@ranged("Mod", picks=True)
def modulo(A: Known, B: Known, *, fmod: int = 0) -> Known:
    """The sign is the divisor's, with fmod the dividend's; a float's remainder by zero is NaN."""
    zero = bool(((B.low <= 0) & (B.high >= 0)).any())
    reach = np.maximum(np.abs(B.low), np.abs(B.high))
    if fmod:
        reach = np.minimum(reach, np.maximum(np.abs(A.low), np.abs(A.high)))
        low, high = np.where(A.low >= 0, 0.0, -reach), np.where(A.high <= 0, 0.0, reach)
    else:
        low, high = np.where(B.low >= 0, 0.0, -reach), np.where(B.high <= 0, 0.0, reach)
    if zero and not A.limits.floating:  # what comes of it, nobody says
        return whole(A.dtype)
    return known(A.dtype, low, high, zero and A.limits.floating)


def _chosen(choose: Callable[[Any, Any], Any]) -> Callable[..., Known]:
    def rule(*data_0: Known) -> Known:
        first, *rest = data_0
        low, high = first.low, first.high
        covers = dict(_covered(first))
        for one in rest:
            low, high = choose(low, one.low), choose(high, one.high)
            covers.update(_covered(one))
        return known(first.dtype, low, high, covers=covers if choose is np.maximum else {})

    return rule


ranged("Max", infinite=True, picks=True)(_chosen(np.maximum))
ranged("Min", infinite=True, picks=True)(_chosen(np.minimum))


@ranged("Sum", rounds=1)
def total(*data_0: Known) -> Known:
    low, high = data_0[0].low, data_0[0].high
    reach = np.maximum(np.abs(low), np.abs(high))
    for one in data_0[1:]:
        low, high = low + one.low, high + one.high
        reach = reach + np.maximum(np.abs(one.low), np.abs(one.high))
    slack = len(data_0) * data_0[0].limits.unit * reach if len(data_0) > 2 else 0.0
    return known(data_0[0].dtype, low - slack, high + slack)


@ranged("Mean", rounds=2)
def mean(*data_0: Known) -> Known:
    found = total(*data_0)
    return known(found.dtype, found.low / len(data_0), found.high / len(data_0))


@ranged("PRelu", rounds=1)
def parametric_relu(X: Known, slope: Known) -> Known:
    below = known(X.dtype, np.minimum(X.low, 0.0), np.minimum(X.high, 0.0))
    products = known(X.dtype, *_products(below, slope))
    above = known(X.dtype, np.maximum(X.low, 0.0), np.maximum(X.high, 0.0))
    found = hull(products, above)
    return known(X.dtype, np.where(X.low >= 0, X.low, found.low), np.where(X.low >= 0, X.high, found.high))


@ranged("Clip", infinite=True, picks=True)
def clip_6(input: Known, *, min: float = -math.inf, max: float = math.inf) -> Known:
    return known(input.dtype, np.minimum(np.maximum(input.low, min), max), np.minimum(np.maximum(input.high, min), max))


@ranged("Clip", since=11, infinite=True, picks=True)
def clip(input: Known, min: Known | None = None, max: Known | None = None) -> Known:
    """Where min is above max, all is max; runtimes may do otherwise, so both are allowed."""
    low, high = input.low, input.high
    if min is not None:
        low, high = np.maximum(low, min.low), np.maximum(high, min.high)
    if max is not None:
        low, high = np.minimum(low, max.low), np.minimum(high, max.high)
    if min is not None and max is not None and min.most > max.least:
        low, high = np.minimum(low, min.low), np.maximum(high, min.high)
    return known(input.dtype, low, high)


@ranged("Where", infinite=True, picks=True)
def where(condition: Known, X: Known, Y: Known) -> Known:
    sure, never = condition.low == 1, condition.high == 0
    low, high = np.minimum(X.low, Y.low), np.maximum(X.high, Y.high)
    low = np.where(sure, X.low, np.where(never, Y.low, low))
    high = np.where(sure, X.high, np.where(never, Y.high, high))
    return known(X.dtype, low, high)


def _compared(sure: Callable[[Known, Known], Any], never: Callable[[Known, Known], Any]) -> Callable[..., Known]:
    def rule(A: Known, B: Known) -> Known:
        yes, no = sure(A, B), never(A, B)
        if A.nan or B.nan:  # NaN compares as false
            yes = np.zeros_like(yes, bool)
        return known(9, np.where(yes, 1.0, 0.0), np.where(no, 0.0, 1.0))

    return rule


ranged("Greater", infinite=True)(_compared(lambda a, b: a.low > b.high, lambda a, b: a.high <= b.low))
ranged("Less", infinite=True)(_compared(lambda a, b: a.high < b.low, lambda a, b: a.low >= b.high))
ranged("GreaterOrEqual", since=12, infinite=True)(_compared(lambda a, b: a.low >= b.high, lambda a, b: a.high < b.low))
ranged("LessOrEqual", since=12, infinite=True)(_compared(lambda a, b: a.high <= b.low, lambda a, b: a.low > b.high))


@ranged("Equal", infinite=True)
def equal(A: Known, B: Known) -> Known:
    if A.dtype not in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16) or A.dtype != B.dtype:
        return known(9, 0.0, 1.0)
    apart = (A.high < B.low) | (A.low > B.high)
    same = (A.low == A.high) & (B.low == B.high) & (A.low == B.low) & (np.abs(A.low) < 2.0**53)
    if A.nan or B.nan:
        same = np.zeros_like(same)
    return known(9, np.where(same, 1.0, 0.0), np.where(apart, 0.0, 1.0))


@ranged("And")
def both(A: Known, B: Known) -> Known:
    return known(9, np.minimum(A.low, B.low), np.minimum(A.high, B.high))


@ranged("Or")
def either(A: Known, B: Known) -> Known:
    return known(9, np.maximum(A.low, B.low), np.maximum(A.high, B.high))


@ranged("Xor")
def one_of(A: Known, B: Known) -> Known:
    decided = (A.low == A.high) & (B.low == B.high)
    differ = np.where(A.low == B.low, 0.0, 1.0)
    return known(9, np.where(decided, differ, 0.0), np.where(decided, differ, 1.0))
