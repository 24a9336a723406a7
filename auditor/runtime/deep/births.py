"""Where NaN and infinities are born: nodes out of which they come while nothing like it goes in.

An infinity may be meant, as in a mask; one that is stored, or comes as an input, is. NaN is never meant. So NaN that
comes of infinities goes back to where those were computed; where they were meant, it is the node's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..cutting import Cuttable
from .traced import Special

_MEANT = frozenset({"Constant", "ConstantOfShape"})

DECIDES = frozenset(
    {
        "ArgMax", "ArgMin", "TopK", "NonMaxSuppression", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Hardmax",
        "Relu", "Clip", "MaxPool", "ReduceMax", "ReduceMin", "Max", "Min", "QuantizeLinear", "DynamicQuantizeLinear",
    }
)  # fmt: skip
"""Operators that make something of NaN in which it is no longer seen."""

_WARDS = frozenset({"Where", "And", "IsNaN", "IsInf"})
_FINITE = Special()


def births(
    model: Cuttable, kinds: Mapping[str, Special], tensors: Iterable[str], moving: Collection[int] | None = None
) -> tuple[int, ...]:
    """The nodes, in their order, from which these tensors have what is not finite in them.

    ``moving`` are those that hang on an input (None: all): an infinity that another works out is as good as stored.
    """
    found: set[int] = set()
    waiting, seen = list(tensors), set[str]()
    while waiting:
        name = waiting.pop()
        at = model.makers.get(name)
        kind = kinds.get(name, _FINITE)
        if at is None or name in seen or not any(kind):
            continue
        seen.add(name)
        given = {one: kinds.get(one, _FINITE) for one in model.nodes[at].inputs}
        with_nan = [one for one, its in given.items() if its.nan]
        infinite = [one for one, its in given.items() if its.infinite]
        if kind.nan and not with_nan:
            found |= set(births(model, kinds, infinite, moving)) or {at}
        elif kind.nan:
            waiting += with_nan
        elif with_nan or infinite:
            waiting += [*with_nan, *infinite]
        elif model.nodes[at].op_type not in _MEANT and (moving is None or at in moving):
            found.add(at)
    return tuple(sorted(found))


def moving_nodes(model: Cuttable, inputs: Iterable[str]) -> frozenset[int]:
    """The nodes that hang on one of these."""
    moved, found = set(inputs), set[int]()
    for index, node in enumerate(model.nodes):
        if not moved.isdisjoint(node.inputs):
            found.add(index)
            moved.update(node.outputs)
    return frozenset(found)


def first_nan(model: Cuttable, kinds: Mapping[str, Special], birth: int) -> int | None:
    """The first node behind a birth, or the birth itself, that gives NaN."""
    behind = set(model.nodes[birth].outputs)
    for index, node in enumerate(model.nodes):
        if index == birth or not behind.isdisjoint(node.inputs):
            behind.update(name for name in node.outputs if any(kinds.get(name, _FINITE)))
            if any(kinds.get(name, _FINITE).nan for name in node.outputs):
                return index
    return None


def decisions(model: Cuttable, kinds: Mapping[str, Special], outputs: Iterable[str]) -> tuple[int, ...]:
    """Nodes that decide something by NaN, which nobody sees any more, and on which an output hangs.

    Not those whose decision is asked only where a mask lets it: a Where or an And stands behind them.
    """
    reaching = _reaching(model, outputs)
    found = []
    for index, node in enumerate(model.nodes):
        if node.op_type not in DECIDES or index not in reaching:
            continue
        takes = any(kinds.get(name, _FINITE).nan for name in node.inputs)
        if takes and not any(kinds.get(name, _FINITE).nan for name in node.outputs):
            found.append(index)
    return tuple(found)


def _reaching(model: Cuttable, outputs: Iterable[str]) -> set[int]:
    """The nodes from which a way goes to an output that meets no ward."""
    waiting, found = list(outputs), set[int]()
    while waiting:
        at = model.makers.get(waiting.pop())
        if at is not None and at not in found and model.nodes[at].op_type not in _WARDS:
            found.add(at)
            waiting += model.nodes[at].inputs
    return found
