"""One node's share of the costs, made when somebody asks: a check of a million nodes asks for a few."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import overload

from ..shapes.fact import Fact, Need
from ..shapes.facts import Facts
from ..shapes.ops.checks import add_up
from ..shapes.sizes.dim import Size
from ..shapes.troubles import At
from ..tuples import NamedTuple
from .parameters import Parameters
from .peak import bytes_of_fact


class Layer(NamedTuple):
    """One node's share. ``needs`` are the shapes that its parameters must have."""

    at: At
    label: str
    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    facts: tuple[Fact | None, ...]  # of the outputs
    needs: Mapping[str, Need]
    parameters: int  # stored elements that this node is the first to use
    learnable: Size | None  # by the formulas; what an earlier layer shares counts there
    macs: Size | None
    activation_bytes: Size | None


class LayerSequence(Sequence[Layer]):
    """The layers of a model in the order of the walk, each made when it is asked for, and not kept."""

    def __init__(self, facts: Facts, learnable: Mapping[At, Size | None]) -> None:
        self._facts = facts
        self._learnable = learnable  # where it is not 0

    def __len__(self) -> int:
        return sum(len(visited.entries) for visited in self._facts.graphs.values())

    def __iter__(self) -> Iterator[Layer]:
        return map(self.at, self.places())

    def places(self) -> Iterator[At]:
        """The nodes that the layers are."""
        for path, visited in self._facts.graphs.items():
            for index in visited.entries:
                yield At(path, index)

    @overload
    def __getitem__(self, place: int) -> Layer: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Layer]: ...

    def __getitem__(self, place: int | slice) -> Layer | Sequence[Layer]:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        ends, graphs = self._ends
        place %= len(self)
        graph = bisect_right(ends, place)
        path, indices = graphs[graph]
        return self.at(At(path, indices[place - ends[graph]]))

    @cached_property
    def _ends(self) -> tuple[list[int], list[tuple[str, list[int]]]]:
        """Where each graph ends, and its nodes in the order of the walk."""
        graphs = [(path, list(visited.entries)) for path, visited in self._facts.graphs.items()]
        return list(accumulate(len(indices) for _, indices in graphs)), graphs

    @cached_property
    def _first_use(self) -> Mapping[At, int]:
        return Parameters(self._facts).by_first_use()

    def at(self, at: At) -> Layer:
        """The layer that a node is."""
        path, index = at
        visited, fixed = self._facts.graphs[path], self._facts.fixed_in(path)
        node, answer = visited.nodes[index], visited.entries[index].answer
        outputs = tuple([visited.facts.get(name) if name else None for name in node.outputs])
        label = node.name or f"{node.op_type}[{index}]"
        made = zip(node.outputs, outputs, strict=True)
        held = [bytes_of_fact(fact) for name, fact in made if name and name not in fixed]
        return Layer(
            at,
            f"{path}/{label}" if path else label,
            node.op_type,
            node.inputs,
            node.outputs,
            outputs,
            {} if answer is None else answer.needs,
            self._first_use.get(at, 0),
            self._learnable.get(at, 0),
            0 if answer is None else answer.macs,
            held[0] if len(held) == 1 else add_up(held),
        )
