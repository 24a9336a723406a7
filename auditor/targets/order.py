"""Functions in the body of a SequenceMap, which releases set in in the wrong order.

Measured: from 1.17.0 on the nodes of a function that are set in there come in front of all others of the body, the last
of them first, except for Constants, which become initializers. "Nodes in a graph must be topologically sorted" is what
comes of it, unless the function is one node alone, or several that need nothing of each other, and no other node of the
body gives it anything. A graph within the body, such as a branch of an If, is in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeAlias

from ..model.graph import Function, Model, Node
from ..model.scopes import Scope
from .known import NodePlace, Runtime, implemented, refused_in_maps, sorts_maps, takes
from .refusals import NotKnown, WrongOrder

TypesIn: TypeAlias = Callable[[Function, Node], list[tuple[int | None, ...]]]
"""The types of a node's inputs and then of its outputs, as bits, by each walk through the function that it is in."""


class Order:
    """Of the nodes of one graph, whatever graph it is."""

    def __init__(self, scope: Scope, model: Model, release: Runtime, types_in: TypesIn) -> None:
        self._scope, self._model, self._release, self._types_in = scope, model, release, types_in

    def is_wrong(self, node: Node, since: int, opset: int) -> bool:
        """Of a node in place of which a function of ONNX's own is set in."""
        if not self._is_of_a_map:
            return False
        return refused_in_maps(self._release, node.op_type, since, opset) or (self.is_fed(node) and self._is_unsorted)

    def is_fed(self, node: Node) -> bool:
        """Whether it is in a SequenceMap's body, and another node there gives it something."""
        return self._is_of_a_map and any(name in self._made for name in node.inputs)

    def of_call(self, index: int, node: Node, function: Function) -> Iterator[WrongOrder | NotKnown]:
        """Of a node in place of which a function of the model's is set in."""
        if not self._is_of_a_map or not self._is_unsorted:
            return
        steps = [one for one in function.nodes if not _is_constant(one)]
        made = {name for one in steps for name in one.outputs if name}
        if any(self._is_function(one, function) for one in steps):
            yield NotKnown(self._scope, index, "functions in it may be set into the SequenceMap in the wrong order")
        elif self.is_fed(node) or any(name in made for one in steps for name in one.inputs):
            yield WrongOrder(self._scope, index)

    def _is_function(self, node: Node, function: Function) -> bool:
        """Whether something is set in in its place, or may be."""
        if (node.domain, node.op_type, node.overload) in self._model.functions:
            return True
        opset = self._model.opsets.get(node.domain, function.opsets.get(node.domain, 1))
        found = implemented(self._release, node.domain, node.op_type, opset)
        if found is None:
            return True
        kernels = [kernel for kernel in found.kernels if kernel.sure and not kernel.opsets]
        if len(kernels) == len(found.kernels):
            return False
        walks = self._types_in(function, node)
        return not walks or not all(any(takes(kernel, _by_place(node, held)) for kernel in kernels) for held in walks)

    @cached_property
    def _is_unsorted(self) -> bool:
        return not sorts_maps(self._release)

    @cached_property
    def _is_of_a_map(self) -> bool:
        outside = self._scope.outside
        holder = outside and outside.graph.nodes[self._scope.holder]
        return bool(holder and holder.op_type == "SequenceMap" and not holder.domain)

    @cached_property
    def _made(self) -> frozenset[str]:
        nodes = (node for node in self._scope.graph.nodes if not _is_constant(node))
        return frozenset(name for node in nodes for name in node.outputs if name)


def _is_constant(node: Node) -> bool:
    return node.op_type == "Constant" and not node.domain


def _by_place(node: Node, held: tuple[int | None, ...]) -> Callable[[NodePlace], int | None]:
    ends = {False: (0, len(node.inputs)), True: (len(node.inputs), len(held))}

    def dtype_of(place: NodePlace) -> int | None:
        start, end = ends[place.output]
        return held[start + place.number] if start + place.number < end else 0

    return dtype_of
