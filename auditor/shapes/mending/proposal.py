"""A proposal: an edit with its words and its price, before anybody has tried it; and where to look for some."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.graph import Node
from ...tuples import NamedTuple
from ..fact import Shape
from ..facts import Facts
from ..troubles import At
from .edits import Edit

FARTHEST = 400
"""Nodes in front of a fault that are thought of."""


class Proposal(NamedTuple):
    """``cost`` is in bits: how unusual it is that somebody gets this wrong here. ``fix`` "": what the edit says."""

    edit: Edit
    at: At
    cause: str  # what of the node ``at`` is wrong
    cost: float
    fix: str = ""
    tensor: str = ""
    attribute: str = ""

    @property
    def place(self) -> tuple[object, ...]:
        """Of proposals for one place, one is told."""
        return type(self.edit).__name__, self.at, self.attribute, getattr(self.edit, "position", 0)


def before(facts: Facts, at: At) -> Iterator[tuple[At, int]]:
    """The nodes from which the node's data comes, the nearest first, each with its distance."""
    seen, waiting = {at}, [(at, 0)]
    for place, far in waiting:
        if len(seen) > FARTHEST:
            return
        for name in facts.node(place).inputs:
            maker = facts.producer(name, place.graph) if name and not facts.fixed(name, place.graph) else None
            if maker is not None and maker not in seen:
                seen.add(maker)
                waiting.append((maker, far + 1))
                yield maker, far + 1


def shape_of(facts: Facts, at: At, position: int = 0) -> Shape | None:
    """The shape that arrives at an input."""
    inputs = facts.node(at).inputs
    name = inputs[position] if position < len(inputs) else ""
    fact = facts.at(name, at.graph) if name else None
    return None if fact is None else fact.shape


def numbers(shape: Shape | None) -> tuple[int, ...] | None:
    """A shape all of whose sizes are numbers."""
    if shape is None or not all(isinstance(s, int) for s in shape):
        return None
    return tuple(s for s in shape if isinstance(s, int))


def first_user(facts: Facts, at: At) -> At | None:
    """The only node that takes what a node gives, in the same graph."""
    node = facts.node(at)
    name = node.outputs[0] if node.outputs else ""
    users = [At(at.graph, i) for i, other in enumerate(facts.graphs[at.graph].nodes) if name and name in other.inputs]
    return users[0] if len(users) == 1 else None


def opset(facts: Facts, node: Node) -> int:
    return facts.model.opsets.get(node.domain, 1)
