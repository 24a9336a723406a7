"""Which tensors chance makes: random operators and Dropout in training mode, in bodies and functions too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...model.graph import Model, Node, subgraphs
from ...runtime.grain import RANDOM
from ...shapes.facts import Facts
from ...shapes.images import hanging_on
from ...tuples import NamedTuple


class Chance(NamedTuple):
    """``tensors`` of the main graph that chance goes into; ``op_types`` of what makes it.

    ``unseeded``: tensors into which a random operator without the attribute ``seed`` goes. ``nodes``: of the main
    graph, that are random or hold what is.
    """

    tensors: frozenset[str]
    op_types: tuple[str, ...]
    unseeded: frozenset[str] = frozenset()
    nodes: tuple[int, ...] = ()


def chance_in(model: Model, facts: Facts) -> Chance:
    """Where chance is in a model."""
    found = {
        index: random
        for index, node in enumerate(model.graph.nodes)
        if (random := tuple(_random_of(model, node, facts, frozenset())))
    }
    graph = model.graph

    def reached(indices: Iterable[int]) -> frozenset[str]:
        return hanging_on(graph, {name for index in indices for name in graph.nodes[index].outputs if name})

    unseeded = [index for index, random in found.items() if not all("seed" in one.attributes for one in random)]
    op_types = {one.op_type for random in found.values() for one in random}
    return Chance(reached(found), tuple(sorted(op_types)), reached(unseeded), tuple(found))


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
