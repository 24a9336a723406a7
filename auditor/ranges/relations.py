"""What tensors have to do with each other: sums of the same tensors, squares, and the greatest of a row.

Intervals alone forget that x - x is zero. Each tensor is given a key that stands for its value, so that equal ones are
known; an affine form says of which others it is the sum, with a bound on what roundings have added; and an origin says
that it is the square, or the greatest along some axes, of another.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from ..tuples import NamedTuple
from .known import Array, Known

_MOST_TERMS = 8


class Form(NamedTuple):
    """constant + the sum of coefficient * tensor over keys, element for element, within ``error``."""

    constant: Array
    terms: dict[int, Array]
    error: float


class Origin(NamedTuple):
    """``what`` of the tensor of a key: "square", "max" or "min" along ``axes``, which stay as 1."""

    what: str
    of: int
    axes: frozenset[int] = frozenset()


class Relations:
    """Of one walk."""

    def __init__(self) -> None:
        self._keys: dict[Hashable, int] = {}
        self._forms: dict[int, Form] = {}
        self.origins: dict[int, Origin] = {}
        self.bounds: dict[int, tuple[Array, Array]] = {}  # of a key's tensor

    def key(self, *what: Hashable) -> int:
        """The number of a value: equal words, equal numbers."""
        return self._keys.setdefault(what, len(self._keys))

    def fresh(self) -> int:
        """A number that nothing else has."""
        return self.key("fresh", len(self._keys))

    def note(self, one: Known) -> None:
        """Remember the bounds of a tensor."""
        self.bounds[one.key] = one.low, one.high

    def combined(self, x: Known, y: Known, factor: float, unit: float) -> tuple[Form, bool] | None:
        """The form of x + factor * y, and whether it says more than the intervals do; None where it gets too long."""
        if x.key < 0 or y.key < 0:
            return None
        one, other = self._form(x), self._form(y)
        terms = dict(one.terms)
        shared = False
        for key, coefficient in other.terms.items():
            if key in terms:
                shared = True
                total = terms.pop(key) + factor * coefficient
                if np.any(total != 0):
                    terms[key] = total
            else:
                terms[key] = factor * coefficient
        if len(terms) > _MOST_TERMS:
            return None
        reach = x.magnitude + abs(factor) * y.magnitude
        error = one.error + abs(factor) * other.error + 2 * unit * reach
        return Form(one.constant + factor * other.constant, terms, error), shared

    def scaled(self, x: Known, factor: Array, unit: float) -> Form | None:
        """The form of a constant times x."""
        if x.key < 0:
            return None
        form = self._form(x)
        most = float(np.abs(factor).max(initial=0.0))
        terms = {key: factor * coefficient for key, coefficient in form.terms.items()}
        return Form(form.constant * factor, terms, form.error * most + 2 * unit * most * x.magnitude)

    def keep(self, key: int, form: Form | None) -> None:
        if form is not None and np.isfinite(form.error):
            self._forms[key] = form

    def value(self, form: Form) -> tuple[Array, Array]:
        """The interval of a form."""
        low = high = form.constant
        for key, coefficient in form.terms.items():
            least, most = self.bounds[key]
            one, other = coefficient * least, coefficient * most
            low, high = low + np.minimum(one, other), high + np.maximum(one, other)
        slack = form.error + 1e-15 * (float(np.abs(low).max(initial=0.0)) + float(np.abs(high).max(initial=0.0)))
        return low - slack, high + slack

    def square_of(self, x: Known, y: Known) -> tuple[int, float] | None:
        """The key and the factor where x * y is factor * key squared."""
        if x.key == y.key and x.key >= 0:
            return x.key, 1.0
        if x.key < 0 or y.key < 0:
            return None
        one, other = self._form(x), self._form(y)
        if len(one.terms) != 1 or one.terms.keys() != other.terms.keys() or one.error or other.error:
            return None
        ((key, a),), ((_, b),) = one.terms.items(), other.terms.items()
        if np.any(one.constant) or np.any(other.constant) or a.size != 1 or b.size != 1:
            return None
        return key, float(a.reshape(())) * float(b.reshape(()))

    def _form(self, x: Known) -> Form:
        found = self._forms.get(x.key)
        if found is not None:
            return found
        if x.constant:
            return Form(x.low, {}, 0.0)
        return Form(np.zeros(()), {x.key: np.ones(())}, 0.0)
