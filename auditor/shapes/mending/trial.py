"""Propagation through an edited model, from the edited node on: what does not change is taken as it was.

An edit that breaks something ends at the first node that it breaks; so most trials cost a few nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from heapq import heappop, heappush

from ...model.graph import Node, Value
from ...tuples import NamedTuple
from ..conditions import conditions
from ..declared import declared
from ..fact import Fact
from ..facts import Facts
from ..sizes.dim import Dim, same
from ..troubles import At, Exhausted, Impossible, Internal, Misfit, Open, Trouble, Unsupported
from ..visits import Entry, NamedFacts, Opsets, Visited
from ..walk import Walk
from . import BrokenPlace
from .edits import Edit, ModelEdit, changes
from .habits import WINDOWS


class Ground(NamedTuple):
    """The facts of the model as it is, and what all trials ask of them."""

    facts: Facts
    annotations: Mapping[str, Value]
    ranks: Mapping[int, int]
    broken: frozenset[At]  # places of troubles, proven or not
    contradicted: frozenset[str]  # tensors whose declaration is not what comes out
    outputs: frozenset[str]

    @classmethod
    def under(cls, facts: Facts) -> Ground:
        graph = facts.model.graph
        annotations = {v.name: v for v in (*graph.value_info, *graph.outputs)}
        main = facts.graphs[""]
        return cls(
            facts,
            annotations,
            {index: rank for rank, index in enumerate(main.entries)},
            frozenset(t.at for t in facts.troubles if isinstance(t, Misfit | Impossible)),
            frozenset(n for n, v in annotations.items() if contradicts(v, main.facts.get(n))),
            frozenset(v.name for v in graph.outputs),
        )


class TrialOutcome(NamedTuple):
    """What became of the model with an edit that removes the fault and breaks nothing."""

    facts: Facts
    left: int  # troubles that are still there, or show now
    unlike: int  # tensors that are not what is declared of them


def tried(ground: Ground, fault: BrokenPlace, made: ModelEdit) -> tuple[TrialOutcome | None, int]:
    """What the edit comes to, None where it does not mend; and how many nodes were walked."""
    trial = _Trial(ground, fault)
    sound = trial.follow(made)
    return (trial.outcome() if sound else None), trial.visits


def edited(facts: Facts, edit: Edit) -> Facts | None:
    """The facts of the edited model, whatever they are; None where the edit does not apply."""
    made = changes(facts, edit)
    if made is None:
        return None
    trial = _Trial(Ground.under(facts), BrokenPlace(None), judging=False)
    trial.follow(made)
    return trial.facts


class _Trial(Walk):
    def __init__(self, ground: Ground, fault: BrokenPlace, *, judging: bool = True) -> None:
        super().__init__(ground.facts.model, ground.facts.budget, ground.facts.walk)
        self._ground, self._fault, self._judging = ground, fault, judging
        self._base = ground.facts.graphs[""]
        outer = self._base.facts
        self._scope = NamedFacts(outer if isinstance(outer, NamedFacts) else None)
        self._entries: dict[int, Entry] = {}
        self._made: ModelEdit | None = None
        self.visited[""] = Visited(self._base.nodes, self._scope, self._entries)

    def follow(self, made: ModelEdit) -> bool:
        """Walk from what the edit changes on; whether nothing new is broken and the fault is gone."""
        size = len(self._base.nodes)
        nodes: dict[int, Node] = {**made.nodes, **{size + i: node for i, (_, _, node) in enumerate(made.added)}}
        self._nodes_now = (*(made.nodes.get(i, n) for i, n in enumerate(self._base.nodes)), *(a[2] for a in made.added))
        self.visited[""] = Visited(self._nodes_now, self._scope, self._entries)
        ranks = self._ground.ranks
        beside = {size + i: (ranks.get(index, index), side) for i, (index, side, _) in enumerate(made.added)}
        takers: dict[str, list[int]] = {}
        for index, node in nodes.items():
            for name in node.inputs:
                takers.setdefault(name, []).append(index)
        consumers = self.model.graph.consumers
        waiting: list[tuple[tuple[int, int], int]] = []
        known: set[int] = set()

        def push(index: int) -> None:
            if index not in known:
                known.add(index)
                heappush(waiting, (beside.get(index) or (ranks.get(index, index), 0), index))

        def pass_on(name: str) -> None:
            for index in (*consumers.get(name, ()), *takers.get(name, ())):
                push(index)

        for name, fact in made.facts.items():
            self._scope[name] = self._memory.interned(fact)
            pass_on(name)
        for index in nodes:
            push(index)
        opsets = self._memory.under(self.model.opsets)
        while waiting:
            _, index = heappop(waiting)
            troubles, open_before = len(self.troubles), len(self.open)
            self._again(index, opsets)
            self.visits += 1
            if self.visits > self.budget.visits:
                return False
            if not self._judging:
                pass
            elif any(map(self._hurts, self.troubles[troubles:])) or any(map(self._opens, self.open[open_before:])):
                return False
            for name in self._nodes_now[index].outputs:
                if name and not self._as_before(name):
                    if self._judging and self._empty(name, self._nodes_now[index].op_type):
                        return False
                    if self._judging and name in self._ground.outputs and self._newly_contradicted(name):
                        return False
                    pass_on(name)
        return self._gone()

    def _again(self, index: int, opsets: Opsets) -> None:
        """One node, asked with what arrives now."""
        node = self._nodes_now[index]
        at, scope = At("", index), self._scope
        try:
            given = [scope[name] for name in node.inputs]
        except KeyError:
            given = self._without(node, scope, at)
        key = (node.op_type, node.domain, node.overload, node.attributes, len(node.outputs), *map(id, given))
        entry = opsets.entries.get(key)
        if entry is None:
            entry = self._ask(node, node.attributes, given, scope, "", index, opsets, key)
        self._entries[index] = entry
        if entry.plain and node.outputs[0]:
            scope[node.outputs[0]] = entry.outputs[0]
        else:
            self._settle(node, entry, scope, self._ground.annotations, at, given)

    def _as_before(self, name: str) -> bool:
        """Whether a tensor is what it was: then nothing behind it changes for it."""
        now, was = self._scope.get(name), self._base.facts.get(name)
        return now is was or now == was

    def _empty(self, name: str, op_type: str) -> bool:
        """Whether nothing is left of a tensor of which there was something, or nobody knows what: no window fits."""
        now, was = self._scope.get(name), self._base.facts.get(name)
        sizes = (now.shape if now is not None else None) or ()
        if op_type in WINDOWS and any(isinstance(s, Dim) and f"{name}[{i}]" in s.names for i, s in enumerate(sizes)):
            return True
        return 0 in sizes and not (was is not None and 0 in (was.shape or ()))

    def _newly_contradicted(self, name: str) -> bool:
        value = self._ground.annotations[name]
        return name not in self._ground.contradicted and contradicts(value, self._scope.get(name))

    def _hurts(self, trouble: Trouble) -> bool:
        match trouble:
            case Misfit(at=at, declared=rests) | Impossible(at=at, declared=rests):
                return at == self._fault.at or (not rests and at not in self._ground.broken)
            case Internal() | Exhausted() | Unsupported():
                return trouble not in self._ground.facts.troubles
            case _:
                return False

    def _opens(self, case: Open) -> bool:
        known = {(o.at, o.parameter) for o in self._ground.facts.open}
        return (case.at, case.parameter) not in known or (case.at == self._fault.at and case.at in self._ground.broken)

    def _gone(self) -> bool:
        at, output = self._fault
        if output:
            return not contradicts(self._ground.annotations[output], self._scope.known_fact(output))
        if at is not None and not at.graph and at.index not in self._entries:
            return False  # nothing that arrives there has changed
        if at is not None and at.graph and at.graph not in self.visited:
            return False
        if at is not None and self._rests_now(at):
            return False  # what arrives is only declared now: that is no proof
        return at is None or not conditions(self.facts, at)  # of open sizes, nobody knows

    def _rests_now(self, at: At) -> bool:
        """Whether the node's inputs rest on declarations, and did not before."""
        base, after = self._ground.facts, self.facts
        given = [(base.at(name, at.graph), after.at(name, at.graph)) for name in after.node(at).inputs if name]
        return any(now is not None and now.declared and not (was is not None and was.declared) for was, now in given)

    @cached_property
    def facts(self) -> Facts:
        """The facts of the edited model."""
        base = self._ground.facts
        rewalked = self.visited.keys() - {""}

        def stays(at: At) -> bool:
            return at.graph not in rewalked and (bool(at.graph) or at.index not in self._entries)

        self.troubles = [*(t for t in base.troubles if stays(t.at)), *self.troubles]
        self.open = [*(o for o in base.open if stays(o.at)), *self.open]
        main = Visited(self._nodes_now, self._scope, {**self._base.entries, **self._entries})
        self.visited = {**base.graphs, **self.visited, "": main}
        return Facts(self.model, self, base.inputs)

    def outcome(self) -> TrialOutcome:
        facts, ground = self.facts, self._ground
        left = sum(isinstance(t, Misfit | Impossible) and not t.declared for t in facts.troubles)
        left += sum(contradicts(ground.annotations[name], self._scope.known_fact(name)) for name in ground.outputs)
        left += sum(_flat(facts, node) for node in self._nodes_now if node.op_type in _IMAGES)
        unlike = sum(
            contradicts(v, self._scope.get(n)) if n in self._scope else n in ground.contradicted
            for n, v in ground.annotations.items()
        )
        return TrialOutcome(facts, left, unlike)


_IMAGES = frozenset({"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"})
"""Operators that onnxruntime 1.32 refuses for data without height and width."""


def _flat(facts: Facts, node: Node) -> bool:
    fact = facts.at(node.inputs[0]) if node.inputs else None
    return fact is not None and fact.rank is not None and fact.rank < 3


def contradicts(value: Value, made: Fact | None) -> bool:
    """Whether a tensor is proved to be another one than its declaration says."""
    said = declared(value)
    if said.shape is None or made is None or made.shape is None or made.declared:
        return False
    return len(said.shape) != len(made.shape) or any(
        isinstance(a, int) and b is not None and same(a, b) is False
        for a, b in zip(said.shape, made.shape, strict=True)
    )
