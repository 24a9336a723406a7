"""Division of polynomials as in school, and what their terms have in common."""

from __future__ import annotations

from math import gcd

from .polynomial import (
    MOST_TERMS,
    Dim,
    Factor,
    Monomial,
    Size,
    TooComplex,
    joined,
    key_of_power,
    rank,
    summed,
    terms_of,
)


def towards_zero(a: int, b: int) -> int:
    """``a / b`` without its fraction."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def split_off(size: Dim, factor: Factor) -> tuple[Size, Size] | None:
    """``(a, rest)`` with ``size == a * factor + rest``, or None where the factor has a power above 1."""
    times: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, k in size.terms:
        power = next((p for f, p in monomial if f == factor), 0)
        if power > 1:
            return None
        if power:
            times[tuple(pair for pair in monomial if pair[0] != factor)] = k
        else:
            rest[monomial] = k
    return summed(times), summed(rest)


def divide(top: Size, bottom: Size) -> tuple[Size, Size]:
    """``(whole, rest)`` with ``top == whole * bottom + rest``: all whole multiples taken out, as in school.

    Coefficients are divided towards zero, which keeps their signs. A constant beside other terms stays as it is where
    the divisor is a number: ``(H - 11) / 4`` is easier to read than ``(H + 1) / 4 - 3``.
    """
    if isinstance(bottom, int):
        shares = [(m, towards_zero(k, bottom) if m else 0, k) for m, k in terms_of(top)]
        whole = summed({m: times for m, times, _ in shares})
        rest = summed({m: k - times * bottom for m, times, k in shares})
        return (whole + rest // bottom, rest % bottom) if isinstance(rest, int) else (whole, rest)
    (first, by), *others = bottom.terms
    left, shared, remains = dict(terms_of(top)), {}, {}
    while left:
        monomial = min(left, key=rank)
        k = left.pop(monomial)
        quotient = _cancelled(monomial, first)
        times = 0 if quotient is None else towards_zero(k, by)
        if quotient is not None and times:
            shared[quotient] = times
            k -= times * by
            for other, c in others:
                both = joined(quotient, other)
                left[both] = left.get(both, 0) - times * c
            if len(shared) > MOST_TERMS:
                raise TooComplex("a quotient of too many terms")
        remains[monomial] = k
    return summed(shared), summed(remains)


def common_factors(top: Dim, bottom: Dim) -> Monomial:
    """The product of names and other factors that is in every term of both."""
    (first, _), *others = top.terms + bottom.terms
    common = dict(first)
    for monomial, _ in others:
        powers = dict(monomial)
        common = {f: min(p, powers[f]) for f, p in common.items() if f in powers}
        if not common:
            return ()
    return tuple(sorted(common.items(), key=key_of_power))


def without(size: Dim, common: Monomial) -> Size:
    """``size`` divided by a product that is in every term of it."""
    return summed({_cancelled(monomial, common) or (): k for monomial, k in size.terms})


def content(size: Size, constant: bool = True) -> int:
    """The greatest common divisor of the coefficients, with or without that of the constant."""
    return gcd(*(k for monomial, k in terms_of(size) if monomial or constant))


def _cancelled(monomial: Monomial, by: Monomial) -> Monomial | None:
    """``monomial / by``, if that is a product again."""
    if not by:
        return monomial
    powers = dict(monomial)
    for factor, power in by:
        left = powers.get(factor, 0) - power
        if left < 0:
            return None
        powers[factor] = left
    return tuple((f, p) for f, p in powers.items() if p)
