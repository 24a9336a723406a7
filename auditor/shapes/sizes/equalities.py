"""What must be equal if a model runs at all, and what follows from that.

A need that is open (`troubles.Open`) is an equation in the names of the inputs: the model runs for no numbers that do
not solve it. So of two needs that say the same, the second follows from the first and need not be said again. Equations
prove; they never take the first need away, and no fact is made of them: a fault stays one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..fact import BroadcastsTo
from ..troubles import Open
from .algebra import content, divide
from .bounds import less, same
from .dim import substitute
from .polynomial import Dim, Size, TooComplex, leading

_MOST = 64
"""Equations that are remembered."""


class Equalities:
    """Equations between sizes. What is said holds for all numbers that solve every one of them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # what a name must be
        self._zeros: set[Size] = set()  # what must be 0, in lowest terms

    def learn(self, a: Size, b: Size) -> None:
        """Both are equal from now on. What grows over the budget is not learnt: less is proved, and nothing wrong."""
        if len(self._zeros) + len(self._numbers) >= _MOST:
            return
        zero = self._zero(a, b)
        if zero is None or isinstance(zero, int):
            return
        name, number = _solved(zero)
        if name:
            self._numbers[name] = number
            self._zeros = {z for z in map(self._again, self._zeros) if isinstance(z, Dim)}
        else:
            self._zeros.add(zero)

    def same(self, a: Size, b: Size) -> bool:
        """Whether both are equal wherever the equations hold; False: nobody knows."""
        if same(a, b) is True:
            return True
        zero = self._zero(a, b)
        return zero == 0 or zero in self._zeros

    def _again(self, zero: Size) -> Size | None:
        return self._zero(zero, 0)

    def _zero(self, a: Size, b: Size) -> Size | None:
        """The difference with all known numbers in it, in lowest terms, its first sign plus; None: too long."""
        try:
            difference = substitute(a, self._numbers) - substitute(b, self._numbers)
            if isinstance(difference, int):
                return difference
            by = content(difference) * (1 if leading(difference) > 0 else -1)
            return divide(difference, by)[0]
        except (TooComplex, ZeroDivisionError):
            return None


def _solved(zero: Dim) -> tuple[str, int]:
    """``(N, 3)`` of ``N - 3``: the name and its number; "" where it is not such an equation."""
    match zero.terms:
        case ((((str(name), 1),), 1),):
            return name, 0
        case ((((str(name), 1),), 1), ((), int(constant))):
            return name, -constant
        case _:
            return "", 0


def unimplied(needs: Iterable[Open]) -> Iterator[Open]:
    """The needs, in their order, less those that follow from one before in the main graph: it runs as a whole."""
    known = Equalities()
    for need in needs:
        pairs = _equations(need)
        if pairs is not None and all(known.same(a, b) for a, b in pairs):
            continue
        yield need
        if pairs is not None and not need.at.graph:
            for a, b in pairs:
                known.learn(a, b)


def _equations(need: Open) -> list[tuple[Size, Size]] | None:
    """What must be equal; None where the need is another one, as of a size that may be 1 instead."""
    wanted, actual = need.expected.shape, need.actual
    stretches = isinstance(need.expected, BroadcastsTo)
    if stretches:
        wanted = wanted[len(wanted) - len(actual) :]
    pairs: list[tuple[Size, Size]] = []
    for w, a in zip(wanted, actual, strict=True):
        if w is None or (stretches and a == 1):
            continue
        if a is None or (stretches and less(1, a) is not True):
            return None
        pairs.append((w, a))
    return pairs or None
