"""An edit that is offered: what it changes, why that is right, and the draft with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from ..evidence.evidence import Evidence, NotLookedAt
from ..report import Finding, Found
from ..rules import Rule
from ..settings import Settings
from ..shapes.facts import Facts
from ..tuples import NamedTuple
from .draft import Draft

if TYPE_CHECKING:
    from ..weights import Weights


class Offer(NamedTuple):
    """``rule`` is the one whose finding it mends; "" where an option asked for it.

    ``keeps``: the outputs stay what they were, by construction. ``chosen``: it is made without being asked for. Of
    offers of one ``instead`` only one can be made.
    """

    rule: str
    place: str  # of whom it changes something: "conv1"
    change: str  # "pads [0, 0, 0, 0] -> [1, 1, 1, 1]"
    proof: str
    apply: Callable[[Draft], Draft | None]  # None: not any more, after the edits before it
    keeps: bool = True
    chosen: bool = True
    instead: str = ""


class Wishes(NamedTuple):
    """What a caller asks of the edits."""

    only: frozenset[str] = frozenset()  # rules; empty: all
    choose: tuple[int, ...] = ()  # numbers of offers
    dims: Mapping[str, int] = {}  # names of sizes and what they are from now on  # never changed
    data_file: str = ""  # into which the weights are moved
    embed: bool = False  # the weights are moved into the model's file


class Look:
    """A draft as the kinds of edits look at it."""

    def __init__(self, draft: Draft, findings: tuple[Finding, ...], wishes: Wishes, target: str) -> None:
        self.draft, self.findings, self.wishes, self.target = draft, findings, wishes, target

    def found_before(self, rule: str) -> tuple[Finding, ...]:
        """What a rule found in the model before any edit."""
        return tuple(f for f in self.findings if f.rule == rule)

    def found_by(self, rule: Rule) -> Iterator[Found]:
        """What a rule says of the draft, with all its places; nothing where it had nothing to say of the model."""
        if not self.found_before(rule.name):
            return
        with suppress(NotLookedAt):
            yield from rule.check(*map(self._evidence.about, rule.wants))

    @cached_property
    def _evidence(self) -> Evidence:
        return Evidence(self.draft.model, Settings(run=False))

    @cached_property
    def facts(self) -> Facts:
        return self.draft.facts()

    @cached_property
    def weights(self) -> Weights:
        from ..weights import measure

        return measure(self.draft.source)
