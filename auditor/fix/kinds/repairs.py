"""Edits that mend a broken node, found by search and proved by propagation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...rules.impossible_shapes import impossible_shapes
from ...rules.misfit_initializers import misfit_initializers
from ...shapes.edits import Edit, PutAround, PutInFront, SetAttribute, SetDims, SetValues
from ...shapes.fact import show
from ...shapes.facts import Facts
from ...shapes.mending import MOST_SEARCHES, mend
from ...shapes.troubles import At, Impossible, Misfit
from ..draft import Draft
from ..offer import Look, Offer
from ..repairing import applied

_PROOF = "propagated through the whole model: the fault is gone and no other came"


def offers(look: Look) -> Iterator[Offer]:
    facts = look.facts
    broken: dict[At, str] = {}
    for trouble in facts.troubles:
        if isinstance(trouble, Misfit | Impossible) and not trouble.declared and not trouble.at.graph:
            rule = misfit_initializers.name if isinstance(trouble, Misfit) else impossible_shapes.name
            broken.setdefault(trouble.at, rule)
    for at, rule in list(broken.items())[:MOST_SEARCHES]:
        found = mend(facts, at)
        if found is not None:
            place, change = told(facts, found.edit)
            why = f"{found.cause}; {_PROOF}"
            yield Offer(rule, place, change, why, _apply(facts, found.edit), keeps=False, instead=str(at))


def told(facts: Facts, edit: Edit) -> tuple[str, str]:
    """Whom an edit changes, and what from what to what."""
    graph = facts.model.graph
    match edit:
        case SetAttribute(node=index, name=name, value=value):
            before = graph.nodes[index].attributes.get(name, "its default")
            return graph.label(index), f"{name} {_value(before)} -> {_value(value)}"
        case SetDims(tensor=name, dims=dims):
            fact = facts.at(name)
            return name, f"shape {show(None if fact is None else fact.shape)} -> {show(dims)}"
        case SetValues(node=index, position=position, values=values):
            name = graph.nodes[index].inputs[position]
            fact = facts.at(name)
            held = "?" if fact is None or fact.elements is None else _value(fact.elements)
            return graph.label(index), f"{name} {held} -> {_value(values)}"
        case PutInFront(node=index, position=position, op_type=op_type, attributes=attributes, more=more):
            said = [f"{key} {_value(value)}" for key, value in attributes.items()]
            said += [f"axes {_value(one.elements)}" for one in more if one.elements is not None]
            return graph.label(
                index
            ), f"{op_type} ({', '.join(said)}) in front of {graph.nodes[index].inputs[position]}"
        case PutAround(node=index, perm=perm):
            back = tuple(perm.index(i) for i in range(len(perm)))
            return graph.label(index), f"Transpose {_value(perm)} in front, {_value(back)} behind"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _apply(facts: Facts, edit: Edit) -> Callable[[Draft], Draft]:
    offset = None if isinstance(edit, SetDims) else facts.model.graph.nodes[edit.node].offset
    return lambda draft: applied(draft, edit, offset)
