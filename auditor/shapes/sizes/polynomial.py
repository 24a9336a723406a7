"""Polynomials in named sizes, in one normal form.

A `Dim` is a sum of terms; a term is an integer times a product of factors; a factor is a name, or something that no
polynomial can say: a division that leaves a remainder, a maximum, a minimum. Terms stand in a fixed order (highest
degree first, then by name), so equal polynomials look equal. A polynomial without any name is an ``int``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

from ...record import Record

MOST_TERMS = 64
MOST_WEIGHT = 1024  # terms and factors in all, those inside of divisions too
HIGHEST_DEGREE = 16
DEEPEST = 24
LARGEST = 1 << 80

_MEMORY = 1 << 14  # entries that a memory of answers may hold


class TooComplex(Exception):
    """A size grew over the budget; its caller knows it no more."""


class Dim:
    """A size with at least one name in it; `named` and arithmetic make them."""

    __slots__ = ("_hash", "_names", "depth", "terms", "weight")

    terms: Terms
    depth: int  # how far divisions, maxima and minima are nested
    weight: int  # how much there is to print
    _hash: int
    _names: frozenset[str] | None

    def __init__(self, terms: Terms) -> None:
        depth, weight = 0, len(terms)
        for monomial, k in terms:
            degree = 0
            for factor, power in monomial:
                degree += power
                if isinstance(factor, str):
                    weight += 1
                else:
                    depth = max(depth, depth_of(factor))
                    weight += 2 + sum(part.weight for part in parts(factor) if isinstance(part, Dim))
            if degree > HIGHEST_DEGREE:
                raise TooComplex(f"a size of degree {degree}, over the limit of {HIGHEST_DEGREE}")
            if not -LARGEST <= k <= LARGEST:
                raise TooComplex("a size with a coefficient beyond 2^80")
        if len(terms) > MOST_TERMS or weight > MOST_WEIGHT:
            raise TooComplex(f"a size of {len(terms)} terms and {weight} parts, over the limit")
        if depth > DEEPEST:
            raise TooComplex(f"a size nested {depth} deep, over the limit of {DEEPEST}")
        fill = object.__setattr__
        fill(self, "terms", terms)
        fill(self, "depth", depth)
        fill(self, "weight", weight)
        fill(self, "_hash", hash(terms))
        fill(self, "_names", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Dim does not change: {name}")

    def __reduce__(self) -> tuple[type[Dim], tuple[Terms]]:
        return Dim, (self.terms,)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Dim) and self._hash == other._hash and self.terms == other.terms

    @property
    def names(self) -> frozenset[str]:
        """Every name in it, also inside of divisions."""
        if self._names is None:
            found: set[str] = set()
            for monomial, _ in self.terms:
                for factor, _ in monomial:
                    if isinstance(factor, str):
                        found.add(factor)
                    else:
                        found.update(*(part.names for part in parts(factor) if isinstance(part, Dim)))
            object.__setattr__(self, "_names", frozenset(found))
        assert self._names is not None
        return self._names

    def __add__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self if other == 0 else Dim(_plus_constant(self.terms, other))
        return _sum(self, other) if isinstance(other, Dim) else NotImplemented

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            if other in (0, 1):
                return self if other else 0
            return Dim(tuple((monomial, k * other) for monomial, k in self.terms))
        if not isinstance(other, Dim):
            return NotImplemented
        total: dict[Monomial, int] = {}
        for m, a in self.terms:
            for n, b in other.terms:
                both = joined(m, n)
                total[both] = total.get(both, 0) + a * b
        return summed(total)

    def __neg__(self) -> Dim:
        return Dim(tuple((monomial, -k) for monomial, k in self.terms))

    def __sub__(self, other: Size) -> Size:
        if isinstance(other, Dim):
            return _difference(self, other)
        return self + -other if isinstance(other, int) else NotImplemented

    def __rsub__(self, other: int) -> Size:
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__

    # Division rests on bounds, and bounds on the arithmetic above: hence the late imports.

    def __floordiv__(self, other: Size) -> Size:
        from .dim import floor_div

        return floor_div(self, other) if isinstance(other, int | Dim) else NotImplemented

    def __rfloordiv__(self, other: int) -> Size:
        from .dim import floor_div

        return floor_div(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Size) -> Size:
        from .dim import mod

        return mod(self, other) if isinstance(other, int | Dim) else NotImplemented

    def __rmod__(self, other: int) -> Size:
        from .dim import mod

        return mod(other, self) if isinstance(other, int) else NotImplemented

    def __str__(self) -> str:
        (first, k), *others = self.terms
        return _term_text(first, k) + "".join(
            f" - {_term_text(monomial, -k)}" if k < 0 else f" + {_term_text(monomial, k)}" for monomial, k in others
        )

    __repr__ = __str__


Size: TypeAlias = int | Dim


class Floor(Record):
    """``top / bottom`` rounded down, where it leaves a remainder."""

    top: Size
    bottom: Size


class Trunc(Record):
    """``top / bottom`` rounded towards zero, where the sign is not known."""

    top: Size
    bottom: Size


class Greatest(Record):
    """The greatest of several sizes, where it depends on the names."""

    options: tuple[Size, ...]


class Least(Record):
    """The least of several sizes, where it depends on the names."""

    options: tuple[Size, ...]


Factor: TypeAlias = str | Floor | Trunc | Greatest | Least
Monomial: TypeAlias = tuple[tuple[Factor, int], ...]  # (factor, power), in the order of `_factor_key`
Terms: TypeAlias = tuple[tuple[Monomial, int], ...]  # (product, how often), in the order of `rank`


def parts(factor: Factor) -> tuple[Size, ...]:
    """The sizes inside of a factor."""
    match factor:
        case str():
            return ()
        case Floor(top, bottom) | Trunc(top, bottom):
            return top, bottom
        case Greatest(options) | Least(options):
            return options


def depth_of(factor: Factor) -> int:
    return 0 if isinstance(factor, str) else 1 + max(p.depth for p in parts(factor) if isinstance(p, Dim))


def alone(factor: Factor) -> Dim:
    return Dim(((((factor, 1),), 1),))


def terms_of(size: Size) -> Terms:
    if isinstance(size, Dim):
        return size.terms
    return (((), size),) if size else ()


def constant_of(size: Size) -> int:
    """The term without a name, which stands last."""
    if isinstance(size, int):
        return size
    monomial, k = size.terms[-1]
    return 0 if monomial else k


def leading(size: Size) -> int:
    """The coefficient of the first term."""
    return size if isinstance(size, int) else size.terms[0][1]


@lru_cache(maxsize=_MEMORY)
def _sum(a: Dim, b: Dim) -> Size:
    """Their sum; in repeated blocks the same two are added again and again."""
    total = dict(a.terms)
    for monomial, k in b.terms:
        total[monomial] = total.get(monomial, 0) + k
    return summed(total)


@lru_cache(maxsize=_MEMORY)
def _difference(a: Dim, b: Dim) -> Size:
    return a + -b


def summed(total: dict[Monomial, int]) -> Size:
    """A size from its terms, in any order; those that vanish may be among them."""
    kept = [(monomial, k) for monomial, k in total.items() if k]
    if not kept:
        return 0
    if len(kept) == 1:
        if not kept[0][0]:
            return _in_budget(kept[0][1])
    else:
        kept.sort(key=_rank_of_term)
    return Dim(tuple(kept))


def sole_factor(size: Size) -> Factor | None:
    """The factor that is all of ``size``, if one is."""
    if isinstance(size, int) or len(size.terms) != 1:
        return None
    ((monomial, k),) = size.terms
    return monomial[0][0] if k == 1 and len(monomial) == 1 and monomial[0][1] == 1 else None


@lru_cache(maxsize=_MEMORY)
def joined(m: Monomial, n: Monomial) -> Monomial:
    """The product of two monomials."""
    if not m or not n:
        return m or n
    powers = dict(m)
    for factor, power in n:
        powers[factor] = powers.get(factor, 0) + power
    return tuple(sorted(powers.items(), key=key_of_power))


@lru_cache(maxsize=_MEMORY)
def rank(monomial: Monomial) -> tuple[int, Any]:
    """The place of a term. Multiplying two monomials by a third keeps their order, which `divide` needs."""
    return -sum(power for _, power in monomial), tuple((_factor_key(f), -power) for f, power in monomial)


def order(size: Size) -> Any:
    """A key that sorts sizes, whatever they hold."""
    return tuple((rank(monomial), k) for monomial, k in terms_of(size))


def _rank_of_term(term: tuple[Monomial, int]) -> tuple[int, Any]:
    return rank(term[0])


def _factor_key(factor: Factor) -> Any:
    """Names first, then each kind by what is inside; a text would not do, for a name may look like a division."""
    match factor:
        case str():
            return 0, factor
        case Floor():
            kind = 1
        case Trunc():
            kind = 2
        case Greatest():
            kind = 3
        case Least():
            kind = 4
    return kind, *map(order, parts(factor))


def key_of_power(pair: tuple[Factor, int]) -> Any:
    return _factor_key(pair[0])


def _plus_constant(terms: Terms, n: int) -> Terms:
    monomial, k = terms[-1]
    if monomial:
        return (*terms, ((), n))
    return (*terms[:-1], ((), k + n)) if k + n else terms[:-1]


def _in_budget(n: int) -> int:
    if not -LARGEST <= n <= LARGEST:
        raise TooComplex("a size beyond 2^80")
    return n


def _term_text(monomial: Monomial, k: int) -> str:
    if not monomial:
        return str(k)
    if k == 1 and len(monomial) == 1 and monomial[0][1] == 1:
        return _factor_text(monomial[0][0])
    sign = "" if k == 1 else "-" if k == -1 else f"{k}*"
    return sign + "*".join(_power_text(factor, power) for factor, power in monomial)


def _power_text(factor: Factor, power: int) -> str:
    """A factor of a product. A name may be a formula itself: some exporters write ``past + 1``."""
    text = _factor_text(factor)
    if isinstance(factor, str) and any(mark in text for mark in " +*"):
        text = f"({text})"
    return text if power == 1 else f"{text}^{power}"


def _factor_text(factor: Factor) -> str:
    match factor:
        case str():
            return factor
        case Floor(top, bottom):
            return f"floor({_in_brackets(top)}/{_in_brackets(bottom, product=True)})"
        case Trunc(top, bottom):
            return f"trunc({_in_brackets(top)}/{_in_brackets(bottom, product=True)})"
        case Greatest(options):
            return f"max({', '.join(map(str, options))})"
        case Least(options):
            return f"min({', '.join(map(str, options))})"


def _in_brackets(size: Size, product: bool = False) -> str:
    """Brackets around a sum, and around a product if that would mislead."""
    terms = terms_of(size)
    if len(terms) > 1 or (product and isinstance(size, Dim) and sole_factor(size) is None):
        return f"({size})"
    return str(size)
