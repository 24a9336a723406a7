"""Sizes that may not be known yet.

A size is an ``int``, or a `Dim`: a polynomial in named sizes such as ``2*batch*seq + 1``. A division that does not come
out even becomes an opaque factor, ``floor(seq/2)``, that still cancels against itself.

Every named size is a non-negative integer; 0 is one. What is said of a size holds for every value of its names for
which all divisions are defined: ``N*M // N`` is ``M``, because at ``N = 0`` it is nothing at all. Comparisons are
three-valued: `same` and `less` answer None where both outcomes are possible, or nobody knows. Division by the number 0
raises ZeroDivisionError, and a size that grows over its budget TooComplex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from math import gcd, prod
from operator import itemgetter

from .algebra import common_factors, content, divide, towards_zero, without
from .bounds import at_least, bounds, less, same
from .polynomial import (
    Dim,
    Factor,
    Floor,
    Greatest,
    Least,
    Monomial,
    Size,
    TooComplex,
    Trunc,
    alone,
    constant_of,
    leading,
    order,
    parts,
    sole_factor,
)

__all__ = [
    "Dim",
    "Size",
    "TooComplex",
    "bounds",
    "ceil_div",
    "divide_exact",
    "evaluate",
    "evaluator",
    "floor_div",
    "greatest",
    "least",
    "less",
    "mod",
    "named",
    "product",
    "same",
    "substitute",
    "trunc_div",
]


def named(name: str) -> Dim:
    """A size that is any non-negative integer."""
    return alone(name)


def product(sizes: Iterable[Size]) -> Size:
    result: Size = 1
    for size in sizes:
        result = result * size
    return result


def floor_div(a: Size, b: Size) -> Size:
    """``a / b`` rounded down: Python's ``//``."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    return _floor_div(a, b)


def ceil_div(a: Size, b: Size) -> Size:
    """``a / b`` rounded up."""
    return -floor_div(-a, b)


def trunc_div(a: Size, b: Size) -> Size:
    """``a / b`` rounded towards zero: ONNX's Div of integers."""
    if isinstance(a, int) and isinstance(b, int):
        return towards_zero(a, b)
    return _trunc_div(a, b)


def mod(a: Size, b: Size) -> Size:
    """What `floor_div` leaves: Python's ``%``, of the sign of ``b``."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    return a - floor_div(a, b) * b


def divide_exact(a: Size, b: Size) -> Size | None:
    """``a / b`` on the assumption that ``b`` is not 0 and divides ``a``; None if that is not a polynomial."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b if b and a % b == 0 else None
    if b == 0:
        return None
    whole, rest = divide(a, b)
    return whole if rest == 0 else None


def greatest(a: Size, b: Size) -> Size:
    """The greater of both; decided, if the bounds decide."""
    if isinstance(a, int) and isinstance(b, int):
        return a if a >= b else b
    return _greatest(a, b)


def least(a: Size, b: Size) -> Size:
    """The lesser of both; decided, if the bounds decide."""
    if isinstance(a, int) and isinstance(b, int):
        return a if a <= b else b
    return _least(a, b)


def rivals(size: Size) -> tuple[Size, ...]:
    """The sizes of which ``size`` is the greatest; itself alone, if it is not a maximum."""
    return (size,) if isinstance(size, int) else _options(size, Greatest)


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """``size`` with other sizes in the place of some names."""
    if isinstance(size, int) or size.names.isdisjoint(values):
        return size
    total: Size = 0
    for monomial, k in size.terms:
        term: Size = k
        for factor, power in monomial:
            value = _substituted(factor, values)
            for _ in range(power):
                term = term * value
        total = total + term
    return total


def evaluate(size: Size, values: Mapping[str, int]) -> int:
    """The number that ``size`` is; every name in it must have a value."""
    if isinstance(size, int):
        return size
    total = 0
    for monomial, k in size.terms:
        for factor, power in monomial:
            if isinstance(factor, str):
                k *= values[factor] ** power
            else:
                k *= _apply(factor, [evaluate(part, values) for part in parts(factor)]) ** power
        total += k
    return total


def evaluator(size: Size, names: Sequence[str]) -> Callable[..., int]:
    """``size`` as a function of the values of ``names``, in their order: for trying many values."""
    run = _compiled(size, {name: place for place, name in enumerate(names)})
    return lambda *values: run(values)


@lru_cache(maxsize=1 << 13)
def _floor_div(a: Size, b: Size) -> Size:
    if b == 0:
        raise ZeroDivisionError(f"{a} // 0")
    if leading(b) < 0:
        a, b = -a, -b
    whole, rest = divide(a, b)
    return whole + _floor(rest, b)


def _floor(top: Size, bottom: Size) -> Size:
    """A quotient without whole multiples, in its normal form: lowest terms, no minus in front, not nested."""
    if top == 0:
        return 0
    if isinstance(top, int) and isinstance(bottom, int):
        return top // bottom
    positive = at_least(bottom, 0)  # and not 0, or there is no quotient
    if positive and leading(top) < 0:  # floor(-t/b) = -floor((t + b - 1)/b)
        return -_floor_div(bottom - 1 - top, bottom)
    lower = _lowest_terms(top, bottom, floor=positive)
    if lower is not None:
        return floor_div(*lower)
    if positive and isinstance(top, Dim):
        inner = [f for m, k in top.terms for f, p in m if k == p == len(m) == 1 and isinstance(f, Floor)]
        if len(inner) == 1:  # floor((floor(t/m) + r)/n) = floor((t + r*m)/(m*n))
            other = top - alone(inner[0])
            if isinstance(other, int) or isinstance(inner[0].bottom, int):
                return floor_div(inner[0].top + other * inner[0].bottom, inner[0].bottom * bottom)
    return _decided(alone(Floor(top, bottom)))


@lru_cache(maxsize=1 << 13)
def _trunc_div(a: Size, b: Size) -> Size:
    if b == 0:
        raise ZeroDivisionError(f"{a} / 0")
    exact = divide_exact(a, b)
    if exact is not None:
        return exact
    if leading(b) < 0:
        a, b = -a, -b
    if at_least(b, 0):
        if at_least(a, 0):
            return floor_div(a, b)
        if at_least(0, a):
            return -floor_div(-a, b)
    if leading(a) < 0:
        return -_trunc_div(-a, b)
    lower = _lowest_terms(a, b, floor=False)
    if lower is not None:
        return trunc_div(*lower)
    inner = sole_factor(a)
    if isinstance(inner, Trunc):
        return trunc_div(inner.top, inner.bottom * b)
    return _decided(alone(Trunc(a, b)))


def _lowest_terms(top: Size, bottom: Size, floor: bool) -> tuple[Size, Size] | None:
    """The quotient with common factors taken out of both; None if there are none.

    ``floor``: rounded down, over a positive divisor. Then the constant need not be a multiple:
    ``floor((2*x + 5)/4) = floor((x + 2)/2)``.
    """
    if isinstance(top, Dim) and isinstance(bottom, Dim):
        common = common_factors(top, bottom)
        if common:
            return without(top, common), without(bottom, common)
    constant = not floor or isinstance(top, int)
    by = gcd(content(top, constant), content(bottom))
    if by == 1:
        return None
    loose = 0 if constant else constant_of(top)
    return divide(top - loose, by)[0] + loose // by, divide(bottom, by)[0]


@lru_cache(maxsize=1 << 13)
def _greatest(a: Size, b: Size) -> Size:
    kept = _undominated(_options(a, Greatest), _options(b, Greatest), at_least)
    return kept[0] if len(kept) == 1 else _decided(alone(Greatest(kept)))


@lru_cache(maxsize=1 << 13)
def _least(a: Size, b: Size) -> Size:
    kept = _undominated(_options(a, Least), _options(b, Least), lambda x, y: at_least(y, x))
    return kept[0] if len(kept) == 1 else _decided(alone(Least(kept)))


def _options(size: Size, kind: type[Greatest] | type[Least]) -> tuple[Size, ...]:
    """The options of a maximum, if ``size`` is one itself: a maximum of maxima is one maximum."""
    factor = sole_factor(size)
    return factor.options if isinstance(factor, Greatest | Least) and isinstance(factor, kind) else (size,)


def _undominated(a: Sequence[Size], b: Sequence[Size], beats: Callable[[Size, Size], bool]) -> tuple[Size, ...]:
    """The options that may come out, in one order; none of ``a``'s covers another of them, nor those of ``b``."""
    kept = [x for x in a if not any(beats(y, x) for y in b)]
    kept += [y for y in b if not any(beats(x, y) for x in kept)]
    return tuple(sorted(kept, key=order))


def _decided(size: Dim) -> Size:
    """The number that ``size`` must be, if it can be but one."""
    low, high = bounds(size)
    return size if low is None or low != high else low


def _substituted(factor: Factor, values: Mapping[str, Size]) -> Size:
    match factor:
        case str():
            return values[factor] if factor in values else alone(factor)
        case Floor(top, bottom):
            return floor_div(substitute(top, values), substitute(bottom, values))
        case Trunc(top, bottom):
            return trunc_div(substitute(top, values), substitute(bottom, values))
        case Greatest(options):
            return reduce(greatest, [substitute(option, values) for option in options])
        case Least(options):
            return reduce(least, [substitute(option, values) for option in options])


def _apply(factor: Floor | Trunc | Greatest | Least, numbers: Sequence[int]) -> int:
    """A factor that is not a name, with a number in the place of each of its parts."""
    match factor:
        case Floor():
            return numbers[0] // numbers[1]
        case Trunc():
            return towards_zero(numbers[0], numbers[1])
        case Greatest():
            return max(numbers)
        case Least():
            return min(numbers)


def _compiled(size: Size, places: Mapping[str, int]) -> Callable[[Sequence[int]], int]:
    """``size`` as a function of all values at once."""
    if isinstance(size, int):
        return lambda values: size
    terms = [_compiled_term(monomial, k, places) for monomial, k in size.terms]
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2:
        first, second = terms
        return lambda values: first(values) + second(values)
    return lambda values: sum([term(values) for term in terms])


def _compiled_term(monomial: Monomial, k: int, places: Mapping[str, int]) -> Callable[[Sequence[int]], int]:
    factors = [_compiled_factor(factor, places) for factor, power in monomial for _ in range(power)]
    if not factors:
        return lambda values: k
    if len(factors) == 1:
        (only,) = factors
        return only if k == 1 else lambda values: k * only(values)
    return lambda values: prod([factor(values) for factor in factors], start=k)


def _compiled_factor(factor: Factor, places: Mapping[str, int]) -> Callable[[Sequence[int]], int]:
    if isinstance(factor, str):
        return itemgetter(places[factor])
    if isinstance(factor, Floor):
        top = _compiled(factor.top, places)
        if isinstance(factor.bottom, int):
            by = factor.bottom
            return lambda values: top(values) // by
        bottom = _compiled(factor.bottom, places)
        return lambda values: top(values) // bottom(values)
    inside = [_compiled(part, places) for part in parts(factor)]
    return lambda values: _apply(factor, [part(values) for part in inside])
