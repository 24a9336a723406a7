"""Where a model's batch is: the name that counts the images of its inputs, and what operators do along its axis."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.graph import Node
from .fact import Fact
from .facts import Facts
from .open_axes import open_axes, says_batch
from .sizes.dim import Dim, Size, evaluate, named

_IMAGE = 4
"""Axes of an image among others: what leads them is a batch whatever its name."""


def batch_names(facts: Facts) -> frozenset[str]:
    """The names that lead an input and mean a batch: by their own words, or because images stand behind them."""
    return frozenset(
        axis.name
        for axis in open_axes(facts)
        if axis.axis == 0 and axis.batch and (says_batch(axis.name) or _rank(facts.inputs[axis.tensor]) >= _IMAGE)
    )


def is_batch(size: Size | None, names: frozenset[str]) -> bool:
    return isinstance(size, Dim) and str(size) in names


def is_one(size: Size | None) -> bool:
    """Whether a size is 1 however many there are: ``min(N, 1)`` is, of a batch that is not empty."""
    if not isinstance(size, Dim):
        return size == 1
    try:
        return all(evaluate(size, dict.fromkeys(size.names, number)) == 1 for number in (1, 2, 7, 61))
    except ZeroDivisionError:
        return False


def with_open_batch(facts: Facts) -> tuple[Facts, str] | None:
    """The same model with a name for the number of its images; None where its inputs are no images of one number."""
    counts = {f.shape[0] for f in facts.inputs.values() if f.shape and len(f.shape) >= _IMAGE}
    if len(counts) != 1 or not isinstance(count := next(iter(counts)), int):
        return None
    name = "images"
    shapes = {
        tensor: (named(name), *fact.shape[1:])
        for tensor, fact in facts.inputs.items()
        if fact.shape and len(fact.shape) > 1 and fact.shape[0] == count
    }
    return facts.rebind(shapes), name


def whole_numbers(facts: Facts, name: str, graph: str) -> tuple[int, ...] | None:
    """The elements of a tensor that hangs on nothing that a caller gives, if all are known."""
    fact = facts.at(name, graph) if name and facts.fixed(name, graph) else None
    elements = fact.elements if fact is not None else None
    if elements is None or not all(isinstance(e, int) for e in elements):
        return None
    return tuple(e for e in elements if isinstance(e, int))


def axes_of(facts: Facts, node: Node, graph: str, rank: int, opsets: Mapping[str, int]) -> tuple[int, ...]:
    """The axes along which the elements of a node's first input meet, from 0 on; none where nobody knows."""
    version = opsets.get("", 1)
    match node.op_type:
        case "Softmax" | "LogSoftmax" | "Hardmax":
            if version >= 13:
                return _counted(node.attributes.get("axis", -1), rank)
            return _from(node.attributes.get("axis", 1), rank)
        case "LayerNormalization" | "RMSNormalization":
            return _from(node.attributes.get("axis", -1), rank)
        case "LpNormalization" | "TopK":
            return _counted(node.attributes.get("axis", -1), rank)
        case "ArgMax" | "ArgMin":
            return _counted(node.attributes.get("axis", 0), rank)
        case "MeanVarianceNormalization":
            return _all_of(node.attributes.get("axes", (0, 2, 3)), rank)
        case "CumSum":
            numbers = whole_numbers(facts, node.inputs[1], graph) if len(node.inputs) > 1 else None
            return _all_of(numbers, rank)
        case op_type if op_type.startswith("Reduce"):
            given = node.attributes.get("axes")
            if given is None and len(node.inputs) > 1:
                given = whole_numbers(facts, node.inputs[1], graph)
            return _all_of(given, rank)
    return ()


def _counted(axis: object, rank: int) -> tuple[int, ...]:
    return (axis + rank if axis < 0 else axis,) if isinstance(axis, int) and -rank <= axis < rank else ()


def _from(axis: object, rank: int) -> tuple[int, ...]:
    first = _counted(axis, rank)
    return tuple(range(first[0], rank)) if first else ()


def _all_of(axes: object, rank: int) -> tuple[int, ...]:
    return tuple(a for axis in axes for a in _counted(axis, rank)) if isinstance(axes, tuple) else ()


def _rank(fact: Fact) -> int:
    return fact.rank or 0
