"""Nodes that compute from stored tensors alone, and the stored tensor that stands in their place in the other model."""

from __future__ import annotations

from ..shapes.fact import MOST_ELEMENTS
from ..shapes.facts import Facts
from ..tuples import NamedTuple
from .content import elements
from .difference import StoredAt
from .interface import overridable
from .pieces import Pieces
from .skeleton import ABSENT, NODE, STORED, Skeleton
from .words import stored_said


class Folded(NamedTuple):
    """``proved``: whether the values are those that the nodes compute; None: not worked out."""

    stored: tuple[str, ...]
    proved: bool | None

    @property
    def why(self) -> str:
        if self.proved is None:
            return f"whether {self.stored[0]} is what the nodes compute was not worked out"
        return f"{self.stored[0]} is {'' if self.proved else 'not '}what the nodes compute"


class Folding(NamedTuple):
    """From the body that has the nodes to the one that has not; ``partner`` is in the second."""

    facts: Facts
    skeleton: Skeleton
    pieces: Pieces
    partner: list[int]
    others: Facts
    other: Skeleton


def folded(way: Folding, number: int) -> Folded | None:
    """What a piece was folded into; None where it hangs on more than stored tensors, or something else stands there."""
    skeleton, pieces = way.skeleton, way.pieces
    members = pieces.members[number]
    if any(source[0] != STORED for source in pieces.roots(number)):
        return None
    if any(i in skeleton.output_ports or skeleton.held.get(i) for i in members):
        return None
    verdicts: dict[str, bool | None] = {}
    for i in members:
        for user, slot, out in skeleton.users[i]:
            if pieces.number.get(user) == number:
                continue
            stored = _instead(way, user, slot)
            if stored is None or skeleton.sources[user][slot] != (NODE, i, out):
                return None
            verdicts[stored_said(stored)] = _holds(way, skeleton.name((NODE, i, out)), stored)
    if not verdicts:
        return None
    fed = overridable(way.facts.model).keys() | overridable(way.others.model).keys()
    if False in verdicts.values():
        return Folded(tuple(verdicts), False)
    return Folded(tuple(verdicts), None if None in verdicts.values() or fed else True)


def _instead(way: Folding, user: int, slot: int) -> StoredAt | None:
    """The stored tensor at the same input of a node's partner."""
    partner = way.partner[user]
    sources = way.other.sources[partner] if partner >= 0 else ()
    kind, at, _ = sources[slot] if 0 <= slot < len(sources) else ABSENT
    return way.other.stored[at] if kind == STORED else None


def _holds(way: Folding, name: str, stored: StoredAt) -> bool | None:
    fact = way.facts.at(name, way.skeleton.path)
    values = elements(way.others.model, stored, MOST_ELEMENTS)
    if fact is None or fact.declared or fact.elements is None or values is None:
        return None
    if not all(isinstance(value, int | float | str) for value in fact.elements):
        return None
    if (fact.dtype, fact.shape) != (stored.tensor.dtype, stored.dims):
        return False
    return list(map(repr, fact.elements)) == list(map(repr, values))
