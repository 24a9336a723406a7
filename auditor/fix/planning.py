"""Which edits a model gets: what is offered, in which order, and what of it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..errors import UsageError
from ..report import Finding
from ..tuples import NamedTuple
from .draft import Draft
from .kinds import (
    declarations,
    dims,
    doubles,
    duplicates,
    guards,
    halves,
    idle,
    imports,
    inputs,
    layout,
    names,
    order,
    repairs,
    training,
    unused,
)
from .offer import Look, Offer, Wishes

Kind = Callable[[Look], Iterator[Offer]]

_BEFORE: tuple[Kind, ...] = (
    imports.offers, names.offers, order.offers, dims.offers, repairs.offers, inputs.offers,
)  # fmt: skip
_CHOICES: tuple[Kind, ...] = (training.offers, halves.offers, doubles.offers, guards.offers)
_AFTER: tuple[Kind, ...] = (unused.offers, duplicates.offers, idle.offers, declarations.offers, layout.offers)
"""Choices stand in the middle: their numbers hang on no choice, and what they leave unused goes with the rest."""


class Numbered(NamedTuple):
    number: int
    offer: Offer
    made: bool


class Plan(NamedTuple):
    draft: Draft
    edits: tuple[Numbered, ...]

    @property
    def made(self) -> tuple[Numbered, ...]:
        return tuple(edit for edit in self.edits if edit.made)

    @property
    def keeps(self) -> bool:
        """Whether every edit that is made leaves the outputs what they were."""
        return all(edit.offer.keeps for edit in self.made)


def plan(draft: Draft, findings: tuple[Finding, ...], wishes: Wishes, target: str) -> Plan:
    """Everything that can be offered, and the draft with what is made of it.

    `UsageError` for a number that no offer has.
    """
    edits: list[Numbered] = []

    def asked(kinds: tuple[Kind, ...]) -> list[Numbered]:
        look = Look(draft, findings, wishes, target)
        offers = [offer for kind in kinds for offer in kind(look) if _wanted(offer, wishes)]
        first = len(edits) + 1
        chosen = {offer.instead for number, offer in enumerate(offers, first) if number in wishes.choose}
        found = [
            Numbered(n, offer, n in wishes.choose or (offer.chosen and not (offer.instead and offer.instead in chosen)))
            for n, offer in enumerate(offers, first)
        ]
        edits.extend(found)
        return found

    for kinds in (*((kind,) for kind in _BEFORE), _CHOICES, *((kind,) for kind in _AFTER)):
        for edit in asked(kinds):
            after = edit.offer.apply(draft) if edit.made else None
            if edit.made and after is None:
                edits[edit.number - 1] = edit._replace(made=False)
            draft = after or draft
    for number in wishes.choose:
        if not 0 < number <= len(edits):
            known = f"1 to {len(edits)}" if edits else "none"
            raise UsageError(f"--choose {number}: there is no such edit, but {known}; --dry-run lists them")
    return Plan(draft, tuple(edits))


def _wanted(offer: Offer, wishes: Wishes) -> bool:
    return not offer.rule or not wishes.only or offer.rule in wishes.only
