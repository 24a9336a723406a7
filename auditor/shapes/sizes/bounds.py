"""What can be said of a size for every value of its names.

Every name is a non-negative integer. Two methods, of which the tighter answer counts. *Intervals* bound each factor for
itself. *Relaxation* knows how a factor hangs together with the rest: ``floor(t/b)`` lies between ``(t - b + 1)/b`` and
``t/b``, a maximum is no less than each of its options and equal to one of them; put in their place, much cancels. So
``N - 2*floor(N/2)`` is at most 1, which no interval shows.

All hold where every division inside is defined, that is, where no divisor is 0.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf

from .algebra import content, divide, split_off, towards_zero
from .polynomial import Dim, Factor, Floor, Greatest, Least, Monomial, Size, TooComplex, Trunc, constant_of, depth_of

_FUEL = 32  # substitutions that one relaxation may try
_HEAVY = 256  # sizes of more weight are bounded by intervals alone

End = int | float
"""An end of an interval: an integer, or plus or minus infinity."""

Interval = tuple[End, End]


def bounds(size: Size) -> tuple[int | None, int | None]:
    """The least and the greatest value that ``size`` may take, or further out; None: unbounded."""
    if isinstance(size, int):
        return size, size
    low, high = _interval(size)
    return (None if isinstance(low, float) else low), (None if isinstance(high, float) else high)


def same(a: Size, b: Size) -> bool | None:
    """True: equal for every value of the names. False: different for every one. None: it depends, or nobody knows."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    if a == b:
        return True
    try:
        difference = a - b
    except TooComplex:
        return None
    if isinstance(difference, int):
        return difference == 0
    low, high = _interval(difference)
    if low == high == 0:
        return True
    if low > 0 or high < 0 or constant_of(difference) % content(difference, constant=False):
        return False
    return None


def less(a: Size, b: Size) -> bool | None:
    """Whether ``a < b``: True and False hold for every value of the names."""
    if isinstance(a, int) and isinstance(b, int):
        return a < b
    low, high = _ends_of_difference(b, a)
    return True if low > 0 else False if high <= 0 else None


def at_least(a: Size, b: Size) -> bool:
    """Whether ``a >= b`` for certain."""
    return less(a, b) is False


def _ends_of_difference(a: Size, b: Size) -> Interval:
    try:
        difference = a - b
    except TooComplex:
        return -inf, inf
    return (difference, difference) if isinstance(difference, int) else _interval(difference)


@lru_cache(maxsize=1 << 14)
def _interval(size: Dim) -> Interval:
    low, high = _by_intervals(size)
    if size.depth and size.weight <= _HEAVY and _is_tied(size):
        high = min(high, _highest(size, _FUEL))
        low = max(low, -_highest(-size, _FUEL))
    return low, high


def _is_tied(size: Dim) -> bool:
    """Whether there is anything beside a factor that relaxation could cancel against it."""
    (monomial, _), *others = size.terms
    return sum(power for _, power in monomial) > 1 or any(m for m, _ in others)


def _ends(size: Size) -> Interval:
    return (size, size) if isinstance(size, int) else _interval(size)


def _by_intervals(size: Size) -> Interval:
    if isinstance(size, int):
        return size, size
    low: End = 0
    high: End = 0
    for monomial, k in size.terms:
        least, most = _of_monomial(monomial)
        if k < 0:
            least, most = most, least
        low, high = _plus(low, _times(k, least)), _plus(high, _times(k, most))
    return low, high


def _of_monomial(monomial: Monomial) -> Interval:
    low: End = 1
    high: End = 1
    for factor, power in monomial:
        least, most = (0, inf) if isinstance(factor, str) else _of_factor(factor)
        if power % 2 == 0 and least < 0:  # an even power
            least, most = 0, max(-least, most)
        for _ in range(power):
            corners = [_times(x, y) for x in (low, high) for y in (least, most)]
            low, high = min(corners), max(corners)
    return low, high


def _of_factor(factor: Factor) -> Interval:
    match factor:
        case str():
            return 0, inf
        case Floor(top, bottom):
            return _of_quotient(_ends(top), _ends(bottom), down=True)
        case Trunc(top, bottom):
            return _of_quotient(_ends(top), _ends(bottom), down=False)
        case Greatest(options):
            ends = [_ends(option) for option in options]
            return max(low for low, _ in ends), max(high for _, high in ends)
        case Least(options):
            ends = [_ends(option) for option in options]
            return min(low for low, _ in ends), min(high for _, high in ends)


def _of_quotient(top: Interval, bottom: Interval, down: bool) -> Interval:
    """The quotient is monotone in both, so its ends are at the corners; a divisor of 0 is left out."""
    (least, most), (low, high) = top, bottom
    low = 1 if low == 0 else low
    high = -1 if high == 0 else high
    if low > high:  # the divisor is 0 for every value of the names: nothing to say
        return -inf, inf
    if low < 0 < high:
        return min(least, -most), max(most, -least)
    corners = [_quotient(x, y, down) for x in top for y in (low, high) if not (abs(x) == abs(y) == inf)]
    return min(corners), max(corners)


def _quotient(x: End, y: End, down: bool) -> End:
    if isinstance(x, float):
        return x if y > 0 else -x
    if isinstance(y, float):  # the limit, as the divisor grows
        return -1 if down and x and (x < 0) == (y > 0) else 0
    return x // y if down else towards_zero(x, y)


def _highest(size: Size, fuel: int) -> End:
    """An upper bound, by putting the bounds of a factor in its place."""
    _, high = _by_intervals(size)
    if isinstance(size, int) or not size.depth or fuel <= 0:
        return high
    factor = _outermost(size)
    apart = split_off(size, factor)
    if apart is None:
        return high
    try:
        return min(high, _without_factor(factor, *apart, fuel))
    except TooComplex:
        return high


def _outermost(size: Dim) -> Factor:
    """A factor that stands in no other.

    Of several, one of which every option must be looked at: for each of those, the rest may choose its option anew.
    """
    factors = [(factor, k) for monomial, k in size.terms for factor, _ in monomial if not isinstance(factor, str)]
    return max(factors, key=_turn)[0]


def _turn(candidate: tuple[Factor, int]) -> tuple[int, bool]:
    factor, k = candidate
    return depth_of(factor), isinstance(factor, Greatest) if k > 0 else isinstance(factor, Least)


def _without_factor(factor: Factor, times: Size, rest: Size, fuel: int) -> End:
    """An upper bound of ``times * factor + rest`` in which the factor stands no more."""
    match factor:
        case Floor(top, bottom) if _ends(bottom)[0] >= 0:
            return _without_quotient(times, rest, top - bottom + 1, top, bottom, fuel)
        case Trunc(top, bottom) if _ends(bottom)[0] >= 0:
            return _without_quotient(times, rest, top - bottom + 1, top + bottom - 1, bottom, fuel)
        case Greatest(options) | Least(options):
            each = [_highest(times * option + rest, (fuel - 1) // len(options)) for option in options]
            low, high = _ends(times)
            # The factor is one of its options; and a maximum taken away (a minimum added) is bounded by every one.
            tight = high <= 0 if isinstance(factor, Greatest) else low >= 0
            return min(each) if tight else max(each)
        case _:
            return inf


def _without_quotient(times: Size, rest: Size, low: Size, high: Size, bottom: Size, fuel: int) -> End:
    """The same for a quotient with ``low <= bottom * quotient <= high`` and ``bottom > 0``."""
    share, left = divide(times, bottom)
    scale = 1
    if left != 0:
        if not isinstance(bottom, int):
            return inf
        share, scale = times, bottom
    least, most = _ends(share)
    if least >= 0:
        bound = _highest(share * high + rest * scale, fuel - 1)
    elif most <= 0:
        bound = _highest(share * low + rest * scale, fuel - 1)
    else:
        return inf
    return bound if isinstance(bound, float) else bound // scale


def _plus(a: End, b: End) -> End:
    """A sum that never turns a great integer into a float."""
    if isinstance(a, float):
        return a
    return b if isinstance(b, float) else a + b


def _times(a: End, b: End) -> End:
    if not a or not b:
        return 0
    if isinstance(a, float) or isinstance(b, float):
        return inf if (a > 0) == (b > 0) else -inf
    return a * b
