"""The tensors that a model stores for its operators, and which of them are parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import cached_property

from ..model.dtypes import FLOATS, bytes_of
from ..model.tensor import SparseTensor, Tensor
from ..shapes.asked import Question
from ..shapes.facts import Facts
from ..shapes.troubles import At
from .roots import Key, WeightRoots

_QUANTISED = {
    "DequantizeLinear": (0,),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (3,),
    "ConvInteger": (1,),
    "MatMulInteger": (1,),
    "DynamicQuantizeLSTM": (1, 2),
}
"""Where an integer tensor is a quantised weight."""


class Parameters:
    """Every tensor that the file stores for operators, by graph and name; a Constant's under its output's name."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.weights = WeightRoots(facts)
        self.stored: dict[str, dict[str, Tensor]] = {}
        for path, graph in facts.model.graphs:
            held = {t.name: t for t in graph.initializers}
            held.update((s.name, s.values) for s in graph.sparse_initializers)
            self.stored[path] = held
        for asked in facts.asked_of({"Constant"}):
            if not asked.node.domain:
                self._keep_constants(asked)

    def _keep_constants(self, asked: Question) -> None:
        path = asked.at.graph
        held, nodes = self.stored.setdefault(path, {}), self.facts.graphs[path].nodes
        for index in asked.places:
            node = nodes[index]
            value = node.attributes.get("value") or node.attributes.get("sparse_value")
            if isinstance(value, SparseTensor):
                value = value.values
            if isinstance(value, Tensor) and node.outputs:
                held[node.outputs[0]] = value

    def tensor(self, key: Key) -> Tensor | None:
        """A stored tensor; None where nothing is stored under this name."""
        return self.stored.get(key[0], {}).get(key[1])

    @cached_property
    def elements(self) -> int:
        """How many elements the parameters have."""
        found, known = 0, dict[tuple[int, ...], int]()
        for stored in self.stored.values():
            for tensor in stored.values():
                if tensor.dtype in FLOATS:
                    number = known.get(tensor.dims)
                    if number is None:
                        number = known[tensor.dims] = tensor.elements
                    found += number
        return found + sum(held.elements for key in self._of_integers if (held := self.tensor(key)) is not None)

    @property
    def bytes(self) -> int:
        """What all that is stored takes."""
        return sum(_stored_bytes(tensor) for held in self.stored.values() for tensor in held.values())

    def is_parameter(self, key: Key) -> bool:
        """Whether a stored tensor is one: it holds floats, or integers that a node takes for numbers."""
        tensor = self.tensor(key)
        return tensor is not None and (tensor.dtype in FLOATS or key in self._of_integers)

    @cached_property
    def _of_integers(self) -> frozenset[Key]:
        """The parameters that are no floats."""
        found: set[Key] = set()
        for path, visited in self.facts.graphs.items():
            held, alone, nodes = self.stored.get(path, {}), self._alone.get(path, ()), visited.nodes
            for asked in self.facts.asked(path):
                for place in _numbers(asked):
                    for index in asked.places:
                        name = nodes[index].inputs[place]
                        if name not in alone or held[name].dtype not in FLOATS:
                            found.update(root for roots in self.weights.behind(name, path) for root in roots)
        return frozenset(key for key in found if (t := self.tensor(key)) is not None and t.dtype not in FLOATS)

    def itself(self, name: str, path: str) -> Key | None:
        """A tensor that the graph stores and no node makes, as the one root that it has; None of any other."""
        return (path, name) if name in self._alone.get(path, ()) else None

    @cached_property
    def _alone(self) -> Mapping[str, Set[str]]:
        """By graph the tensors that it stores and no node makes."""
        return {path: held.keys() - self.facts.producers(path).keys() for path, held in self.stored.items() if held}

    def by_first_use(self) -> Mapping[At, int]:
        """The elements of the parameters, by the node that uses them first."""
        uses: dict[At, int] = {}
        seen: set[Key] = set()
        for path, visited in self.facts.graphs.items():
            fixed = self.facts.fixed_in(path)
            for index in visited.entries:
                for name in visited.nodes[index].inputs:
                    if name not in fixed:
                        continue
                    key = (self.facts.owner(name, path), name)
                    if key not in seen and self.is_parameter(key) and (tensor := self.tensor(key)) is not None:
                        seen.add(key)
                        uses[At(path, index)] = uses.get(At(path, index), 0) + tensor.elements
        return uses


def _numbers(asked: Question) -> Iterator[int]:
    """The inputs that nodes take for numbers, whatever their type."""
    entry, node = asked.entry, asked.node
    for place in _QUANTISED.get(node.op_type, ()):
        if place < len(node.inputs) and node.inputs[place]:
            yield place
    for parameter, need in entry.answer.needs.items() if entry.answer is not None else ():
        place = entry.inputs.index(parameter)
        if need.role and place < len(node.inputs) and node.inputs[place]:
            yield place


def _stored_bytes(tensor: Tensor) -> int:
    if tensor.external is None and tensor.spans:
        spans = tensor.spans
        return spans[0].length if len(spans) == 1 else sum([span.length for span in spans])
    return bytes_of(tensor.dtype, tensor.elements) or 0
