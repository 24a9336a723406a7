"""The stored numbers behind a weight: through whatever carries, moves or rescales them on the way to a layer.

Exporters dequantise by Cast and Mul, look tables up before they dequantise them, and put weights together out of parts.
A constant that is computed out of nothing (a Fourier basis from a Range) has no root, and nothing in it was learnt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ..model.graph import Node
from ..shapes.facts import Facts
from ..shapes.troubles import At

Key: TypeAlias = tuple[str, str]
"""A tensor: the path of its graph, and its name there."""

Roots: TypeAlias = frozenset[Key]

_MOVES = frozenset({
    "Cast", "CastLike", "Compress", "DequantizeLinear", "Expand", "Flatten", "Gather", "GatherElements", "GatherND",
    "Identity", "Pad", "Reshape", "Resize", "Slice", "Split", "Squeeze", "Tile", "Transpose", "Trilu", "Unsqueeze",
})  # fmt: skip
"""Operators whose first input holds the numbers, at other places or in another form."""

_MAKES = frozenset({"EyeLike", "NonZero", "OneHot", "Range", "Shape", "Size"})
"""Operators whose result holds no stored number, whatever they are given."""

_FARTHEST = 64  # operators between a stored tensor and its layer


class WeightRoots:
    """Looks up what stands behind the inputs of layers, each once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[Key, tuple[Roots, ...]] = {}

    def behind(self, name: str, path: str) -> tuple[Roots, ...]:
        """The roots of a tensor: one set; of a function's input, one for each call. A set without members: computed.

        A root is a stored tensor, or a node's output where a whole tensor is filled with one number (ConstantOfShape),
        as in models whose weights were taken out.
        """
        return self._behind(name, path, _FARTHEST)

    def _behind(self, name: str, path: str, left: int) -> tuple[Roots, ...]:
        key = (self._facts.owner(name, path), name)
        found = self._known.get(key)
        if found is None:
            self._known[key] = (frozenset({key}),)  # a circle ends here
            found = self._known[key] = self._look(*key, left) if left else (frozenset(),)
        return found

    def _look(self, path: str, name: str, left: int) -> tuple[Roots, ...]:
        at = self._facts.producer(name, path)
        node = self._facts.node(at) if at is not None and at.graph == path else None
        if at is None or node is None:
            given = self._facts.arguments_of(name, path)
            if not given:
                return (frozenset({(path, name)}),)
            return tuple(roots for one in given for roots in self._behind(*one, left - 1))
        if node.op_type in _MAKES:
            return (frozenset(),)
        if node.op_type in _MOVES and node.inputs:
            return self._behind(node.inputs[0], path, left - 1)
        if not node.inputs or node.op_type == "ConstantOfShape" or not self._facts.fixed(name, path):
            return (frozenset({(path, name)}),)
        return self._of_several(node, at, left)

    def _of_several(self, node: Node, at: At, left: int) -> tuple[Roots, ...]:
        """Of a product or a sum the larger factor holds the numbers, the other scales them; else all inputs do."""
        names = [name for name in node.inputs if name]
        sizes = [self._elements(name, at.graph) for name in names]
        made = self._elements(node.outputs[0], at.graph)
        if node.op_type not in ("Concat", "MatMul", "Gemm", "Einsum") and made in sizes:
            names = [names[sizes.index(made)]]
        return _together([self._behind(name, at.graph, left - 1) for name in names])

    def _elements(self, name: str, path: str) -> int:
        fact = self._facts.at(name, path)
        count = 1
        for size in fact.shape if fact is not None and fact.shape is not None else (0,):
            count *= size if isinstance(size, int) else 0
        return count


def _together(parts: Iterable[tuple[Roots, ...]]) -> tuple[Roots, ...]:
    """One set of all; where each part has one for each call, one for each call."""
    parts = list(parts)
    calls = {len(part) for part in parts}
    if len(calls) == 1:
        return tuple(frozenset().union(*sets) for sets in zip(*parts, strict=True))
    return (frozenset(root for part in parts for roots in part for root in roots),)
