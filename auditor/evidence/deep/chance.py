"""Which tensors chance makes: random operators and Dropout in training mode, in bodies and functions too."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.graph import Model, Node, subgraphs
from ...runtime.grain import RANDOM
from ...shapes.facts import Facts
from ...shapes.images import hanging_on
from ...tuples import NamedTuple


class Chance(NamedTuple):
    """``tensors`` of the main graph that chance goes into; ``op_types`` of what makes it."""

    tensors: frozenset[str]
    op_types: tuple[str, ...]


def chance_in(model: Model, facts: Facts) -> Chance:
    """Where chance is in a model."""
    op_types: dict[str, None] = {}
    made: set[str] = set()
    for node in model.graph.nodes:
        found = list(_random_of(model, node, facts, frozenset()))
        op_types.update(dict.fromkeys(found))
        if found:
            made.update(name for name in node.outputs if name)
    return Chance(hanging_on(model.graph, made), tuple(sorted(op_types)))


def _random_of(
    model: Model, node: Node, facts: Facts | None, calling: frozenset[tuple[str, str, str]]
) -> Iterator[str]:
    """The random operators that a node is, or holds; ``facts`` of the main graph's nodes alone."""
    if not node.domain and (node.op_type in RANDOM or (node.op_type == "Dropout" and _drops(node, facts))):
        yield node.op_type
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
