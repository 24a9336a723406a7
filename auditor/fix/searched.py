"""What `shapes.mending` proposes for a broken node, as a repair: for findings that carry none."""

from __future__ import annotations

from typing import Any

from ..repair import AttributeChange, Insertion, ParameterShape, Repair
from ..report import Finding
from ..shapes.edits import PutAround, PutInFront, SetAttribute, SetDims, SetValues
from ..shapes.facts import Facts
from ..shapes.mending import Mend, mend
from ..shapes.troubles import At, Impossible, Misfit
from .offer import Look


def repairs_of(look: Look, finding: Finding) -> tuple[Repair, ...]:
    """One repair at most, for a fault of the main graph."""
    facts, where = look.facts, finding.location
    for trouble in facts.troubles:
        if not isinstance(trouble, Misfit | Impossible) or trouble.declared or trouble.at.graph:
            continue
        if facts.node(trouble.at).offset == where.offset or facts.label(trouble.at) == where.node:
            found = mend(facts, trouble.at)
            return (_repair(facts, found),) if found is not None else ()
    return ()


def _repair(facts: Facts, found: Mend) -> Repair:
    graph, why = facts.model.graph, found.cause
    match found.edit:
        case SetAttribute(node=index, name=name, value=new):
            was = _plain(graph.nodes[index].attributes.get(name))
            return AttributeChange(_label(facts, index), name, was, _plain(new), why)
        case SetDims(tensor=name, dims=dims):
            return ParameterShape("", name, _plain(facts[name].shape), dims, why)
        case SetValues(node=index, position=position, values=values):
            was = _plain(facts[graph.nodes[index].inputs[position]].elements)
            word = "sizes" if position == 3 else "scales"
            return AttributeChange(_label(facts, index), word, was, _plain(values), why)
        case PutInFront(node=index, position=position, op_type=op_type, attributes=said, more=more):
            axes = _plain(more[0].elements if more else said.get("axes"))
            perm, axis = _plain(said.get("perm")), _plain(said.get("axis"))
            return Insertion(_label(facts, index), op_type, why, perm, axis, axes, None, position)
        case PutAround(node=index, perm=turned):
            back = tuple(turned.index(i) for i in range(len(turned)))
            return Insertion(_label(facts, index), "Transpose", why, turned, back=back)


def _label(facts: Facts, index: int) -> str:
    return facts.label(At("", index))


def _plain(value: object) -> Any:
    """What an edit holds: numbers and lists of them, for nothing else is proposed."""
    return value
