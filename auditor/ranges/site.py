"""Where a rule is asked: the node, what shapes say of it, what the file stores for it, and relations among tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..model.graph import Node
from ..model.tensor import Tensor
from ..shapes.fact import Fact
from .known import Array, Known, known, together
from .limits import Limits, limits
from .relations import Form, Relations
from .stored import StoredNumbers

Sizes = tuple[int | None, ...]


class Site:
    """One node while its rule is asked. What rests on declarations alone is not known here."""

    def __init__(
        self,
        node: Node,
        inputs: tuple[Fact | None, ...],
        outputs: tuple[Fact | None, ...],
        relations: Relations,
        store: StoredNumbers,
        tensor: Callable[[str], Tensor | None],
        opset: int,
        own_key: int,
    ) -> None:
        self.node, self.relations, self.store, self.opset = node, relations, store, opset
        self.own_key = own_key  # of the first output
        self._inputs, self._outputs, self._tensor = inputs, outputs, tensor
        self.form: Form | None = None  # what the rule found out, of the first output

    def tensor(self, position: int) -> Tensor | None:
        """The stored tensor that arrives there, as it lies in the file."""
        names = self.node.inputs
        return self._tensor(names[position]) if position < len(names) and names[position] else None

    def shape(self, position: int) -> Sizes | None:
        """The sizes of an input, None for those that are open; None where the rank is not known."""
        return _sizes(self._inputs[position] if position < len(self._inputs) else None)

    def out_shape(self, position: int = 0) -> Sizes | None:
        return _sizes(self._outputs[position] if position < len(self._outputs) else None)

    def out_dtype(self, position: int = 0) -> int | None:
        fact = self._outputs[position] if position < len(self._outputs) else None
        return None if fact is None else fact.dtype

    @property
    def ends(self) -> Limits:
        """Of the first output's type."""
        return limits(self.out_dtype())

    def numbers(self, position: int) -> tuple[int | float, ...] | None:
        """The elements of an input that shape arithmetic follows; None where they are not all known."""
        fact = self._inputs[position] if position < len(self._inputs) else None
        if fact is None or fact.declared or fact.elements is None:
            return None
        found = tuple(e for e in fact.elements if isinstance(e, int | float))
        return found if len(found) == len(fact.elements) else None

    def axes(self, position: int, attribute: tuple[int, ...] | None, rank: int | None) -> frozenset[int] | None:
        """Axes out of an input or an attribute, counted from the front; None where they are not known."""
        if rank is None:
            return None
        given: tuple[int | float, ...] | None = attribute
        if given is None and position < len(self.node.inputs) and self.node.inputs[position]:
            given = self.numbers(position)
            if given is None:
                return None
        if given is None:
            return frozenset()
        found = frozenset(int(a) + rank if a < 0 else int(a) for a in given)
        return found if all(0 <= a < rank for a in found) else None

    def sum(self, x: Known, y: Known, factor: float) -> Known:
        """x + factor * y, by what is known of both together."""
        with np.errstate(all="ignore"):
            one, other = factor * y.low, factor * y.high
            plain = known(x.dtype, x.low + np.minimum(one, other), x.high + np.maximum(one, other))
            found = self.relations.combined(x, y, factor, self.ends.unit)
            if found is None:
                return plain
            self.form, shared = found
            return plain.within(*self.relations.value(self.form)) if shared else plain


def _sizes(fact: Fact | None) -> Sizes | None:
    if fact is None or fact.declared or fact.shape is None:
        return None
    return tuple(size if isinstance(size, int) else None for size in fact.shape)


def aligned(array: Array, rank: int) -> Array:
    """With as many axes as the tensor has."""
    return array.reshape((1,) * (rank - array.ndim) + array.shape) if array.ndim < rank else array


def moved(x: Known, change: Callable[[Array], Any], dtype: int | None = None) -> Known:
    """The same numbers in other places."""
    return known(x.dtype if dtype is None else dtype, change(x.low), change(x.high))


def along(x: Known, axes: frozenset[int] | None, rank: int | None, keep: bool) -> Known:
    """One interval for all the elements along some axes, which stay as 1, or go. None: along all."""
    if rank is None or axes is None or (x.low.ndim > rank):
        return together(x)
    which = tuple(sorted(axes)) or tuple(range(rank))
    low, high = aligned(x.low, rank), aligned(x.high, rank)
    return known(x.dtype, low.min(axis=which, keepdims=keep), high.max(axis=which, keepdims=keep))


def count_along(shape: Sizes | None, axes: frozenset[int] | None) -> int | None:
    """How many elements lie along some axes, all if there are none named; None where nobody knows."""
    if shape is None or axes is None:
        return None
    total = 1
    for axis, size in enumerate(shape):
        if not axes or axis in axes:
            if size is None:
                return None
            total *= size
    return total
