"""Which tensors chance makes: random operators and Dropout in training mode, in bodies and functions too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...model.graph import Model, Node, subgraphs
from ...runtime.grain import RANDOM
from ...shapes.facts import Facts
from ...shapes.images import hanging_on
from ...tuples import NamedTuple


class Chance(NamedTuple):
    """``op_types`` of the random operators in front of each tensor of the main graph that has any.

    ``unseeded``: tensors that one without the attribute ``seed`` goes into. ``nodes``: of the main graph, that are
    random or hold what is.
    """

    op_types: Mapping[str, tuple[str, ...]]
    unseeded: frozenset[str] = frozenset()
    nodes: tuple[int, ...] = ()

    def made_by(self, names: Iterable[str]) -> tuple[str, ...]:
        """The random operators in front of any of these."""
        return tuple(sorted({op_type for name in names for op_type in self.op_types.get(name, ())}))


def chance_in(model: Model, facts: Facts) -> Chance:
    """Where chance is in a model."""
    graph = model.graph
    op_types: dict[str, tuple[str, ...]] = {}
    unseeded: set[str] = set()
    nodes = []
    for index, node in enumerate(graph.nodes):
        random = list(_random_of(model, node, facts, frozenset()))
        if random:
            nodes.append(index)
            reached = hanging_on(graph, filter(None, node.outputs))
            for name in reached:
                op_types[name] = tuple(dict.fromkeys((*op_types.get(name, ()), *(one.op_type for one in random))))
            if not all("seed" in one.attributes for one in random):
                unseeded |= reached
    return Chance(op_types, frozenset(unseeded), tuple(nodes))


class Unseeded(NamedTuple):
    """``reached``: tensors of the main graph that random operators without a seed go into; ``first``: a node that is
    one itself, None where they stand in bodies and functions alone."""

    reached: frozenset[str]
    first: int | None


def unseeded_in(model: Model, facts: Facts) -> Unseeded:
    """What differs from run to run, in one pass."""
    made: list[str] = []
    first = None
    for index, node in enumerate(model.graph.nodes):
        random = [one for one in _random_of(model, node, facts, frozenset()) if "seed" not in one.attributes]
        if random:
            made += filter(None, node.outputs)
            first = index if first is None and random[0] is node else first
    return Unseeded(hanging_on(model.graph, made) if made else frozenset(), first)


def _random_of(
    model: Model, node: Node, facts: Facts | None, calling: frozenset[tuple[str, str, str]]
) -> Iterator[Node]:
    """The random operators that a node is, or holds; ``facts`` of the main graph's nodes alone."""
    if not node.domain and (node.op_type in RANDOM or (node.op_type == "Dropout" and _drops(node, facts))):
        yield node
    for _, graph in subgraphs(node):
        for inner in graph.nodes:
            yield from _random_of(model, inner, None, calling)
    key = (node.domain, node.op_type, node.overload)
    function = model.functions.get(key)
    if function is not None and key not in calling:
        for inner in function.nodes:
            yield from _random_of(model, inner, None, calling | {key})


def _drops(node: Node, facts: Facts | None) -> bool:
    """Whether a Dropout may be in training mode: it has the switch, and that is not known to be off."""
    if len(node.inputs) < 3 or not node.inputs[2]:
        return False
    fact = facts.at(node.inputs[2]) if facts is not None else None
    return fact is None or fact.elements is None or any(fact.elements)
