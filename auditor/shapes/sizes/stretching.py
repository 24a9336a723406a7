"""What sizes stretch to that broadcast, said of names too.

Of sizes that broadcast, all that are not 1 are equal. So the result is the greatest of them, unless that size is 0, and
then it is 0: ``max(M, N)*min(M, N, 1)`` is right at every number for which the node runs, 0 and 1 among them, and binds
as any other size does. Where the algebra proves that the factor is idle, the greatest stands alone: ``seq`` and
``min(64, seq)`` give ``seq``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce

from .dim import greatest, least, less
from .polynomial import Dim, Factor, Greatest, Least, Size, TooComplex

_MOST = 4
"""Sizes of one stretch: of more nobody could read the answer."""


def stretched(sizes: Sequence[Size]) -> Size:
    """The size to which all of these broadcast, none of which is the number 1; TooComplex for too many."""
    found = sizes[0]
    for size in sizes[1:]:
        found = _of_two(found, size)
    return found


@lru_cache(maxsize=1 << 12)
def _of_two(a: Size, b: Size) -> Size:
    for small, great in ((a, b), (b, a)):
        if less(great, small) is False and less(small, least(great, 1)) is False:
            return great
    options = tuple(dict.fromkeys((*_options(a), *_options(b))))
    if len(options) > _MOST:
        raise TooComplex(f"a stretch of {len(options)} sizes")
    return _said(options)


def _said(options: Sequence[Size]) -> Size:
    most, gate = reduce(greatest, options), least(reduce(least, options), 1)
    idle = less(gate, least(most, 1)) is False
    return most if idle else most * gate


def _options(size: Size) -> tuple[Size, ...]:
    """The sizes of which ``size`` is the stretch; or ``size`` itself: so the order of a sum does not count."""
    if isinstance(size, Dim) and len(size.terms) == 1:
        ((monomial, k),) = size.terms
        factors: list[Factor] = [factor for factor, power in monomial if power == 1]
        gates = [f for f in factors if isinstance(f, Least) and 1 in f.options]
        if k == 1 and len(factors) == len(monomial) == 2 and len(gates) == 1:
            (most,) = (f for f in factors if f is not gates[0])
            if isinstance(most, Greatest):
                options = tuple(dict.fromkeys((*most.options, *(s for s in gates[0].options if s != 1))))
                if _said(options) == size:
                    return options
    return (size,)
