"""Which stored integers stand for other numbers, and by which scales."""

from __future__ import annotations

from collections.abc import Mapping

from ...model.graph import Model, Node
from ...model.scopes import scopes
from ...weights.users import Sources
from .streams import Quantisation

_PLACES: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "DequantizeLinear": ((0, 1, 2),),
    "QLinearConv": ((3, 4, 5),),
    "QLinearMatMul": ((0, 1, 2), (3, 4, 5)),
}
"""Where an operator takes integers, their scale and their zero point."""


def quantisations(model: Model) -> Mapping[int, Quantisation]:
    """By the identity of a stored tensor: what its integers stand for, where a node says it."""
    found: dict[int, Quantisation] = {}
    sources = Sources(model)
    for scope in scopes(model):
        for node in scope.graph.nodes:
            for value, scale, zero in _PLACES.get(node.op_type, ()):
                stored = [sources.behind(scope, name) if name else None for name in _names(node, value, scale, zero)]
                integers, steps, zeros = (None if one is None else one[1] for one in stored)
                if integers is not None and steps is not None and id(integers) not in found:
                    found[id(integers)] = Quantisation(steps, zeros, _axis(node), _number(node, "block_size", 0))
    return found


def _names(node: Node, *places: int) -> tuple[str, ...]:
    return tuple(node.inputs[place] if place < len(node.inputs) else "" for place in places)


def _axis(node: Node) -> int:
    """DequantizeLinear's default is 1; QLinearConv has a scale by output channel, QLinearMatMul by column."""
    match node.op_type:
        case "DequantizeLinear":
            return _number(node, "axis", 1)
        case "QLinearConv":
            return 0
        case _:
            return -1


def _number(node: Node, name: str, default: int) -> int:
    value = node.attributes.get(name, default)
    return value if isinstance(value, int) else default
