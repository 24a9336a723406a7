"""The slowest nodes in the words of the model that was audited, beside what they multiply and accumulate.

onnxruntime runs other nodes than the model has: several as one, and some of its own. Of one whose tensors are known, in
and out, all of the model's nodes between are its origin; else the one that it is called after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...costs.macs import by_node
from ...model.graph import Node, captured
from ...report import DeepFigure, DeepSeries
from ...runtime.deep.slowest import Profiled, SlowNode
from ...runtime.request import Feed
from ...shapes.facts import Facts
from ...shapes.sizes.dim import Size
from ...shapes.troubles import At
from ...shapes.visits import OutOfBudget
from ...tuples import NamedTuple
from ...wording import counted, in_milliseconds

_TOLD, _DRAWN = 5, 10  # nodes
_LEAST = 1.0  # per cent of the nodes' time: what takes less is nobody's trouble
_SLOW, _HEAVY = 5.0, 5.0  # times the share of the MACs, from so many per cent of the time
_LONG = 0.1  # milliseconds: a call alone takes some microseconds
_APART = 1.5  # times its fastest run: the machine was busy, or the node is not alike in all runs
_WITH = 3  # nodes that are fused, by their names


class Slow(NamedTuple):
    """A node that onnxruntime runs. ``label``: the model's node, or its own word; medians and the fastest run;
    percentages of the nodes' time and of the MACs of a run, where these are known."""

    label: str
    milliseconds: float
    percent: float
    fastest: float
    fastest_percent: float
    mac_percent: float | None

    @property
    def is_apart(self) -> bool:
        """Whether its runs are too far from each other for a median to say all."""
        return self.milliseconds > max(_LONG, _APART * self.fastest)

    @property
    def times_slower(self) -> float | None:
        """How much longer a MAC takes in it than in the whole, by its medians and by its fastest run; None where it has
        none, or takes next to no time."""
        if not self.mac_percent or self.percent < _HEAVY or self.fastest < _LONG:
            return None
        return min(self.percent, self.fastest_percent) / self.mac_percent


def slow_nodes(facts: Facts, feeds: Sequence[Feed], profile: Profiled) -> tuple[Slow, ...]:
    """The nodes of a profile, the slowest first; ``feeds`` are what it ran on."""
    facts = _bound(facts, feeds)
    macs = {index: amount for index, _, amount in by_node(facts)}
    whole = _sum(macs.values())
    origin = _Origins(facts, frozenset(profile.made))
    found = []
    for one in profile.slowest:
        nodes, certain = origin.behind(one)
        own = _sum(macs.get(index, 0) for index in nodes) if certain else None
        percent = round(100 * own / whole, 4) if own is not None and whole else None
        label, times = origin.label(one, nodes, macs), (one.milliseconds, one.percent, one.fastest, one.fastest_percent)
        found.append(Slow(label, *times, percent))
    return tuple(found)


def slow_lines(profile: Profiled, nodes: Sequence[Slow]) -> Iterator[str]:
    """The first few, for a person."""
    if profile.why:
        yield f"no node was timed: {profile.why}"
    for place, node in enumerate(nodes[:_TOLD]):
        if place and node.percent < _LEAST:
            return
        share = _percent(node.mac_percent) if node.mac_percent else "none"
        macs = "" if node.mac_percent is None else f", {share} of the MACs"
        times = node.times_slower
        slower = f": {times:.3g} times as long a MAC as in the whole" if times is not None and times >= _SLOW else ""
        apart = f" (its fastest {in_milliseconds(node.fastest)})" if node.is_apart else ""
        took = f"{_percent(node.percent)}, {in_milliseconds(node.milliseconds)}{apart}{macs}{slower}"
        if place:
            yield f"then {node.label}: {took}"
        else:
            runs = counted(profile.runs, "run")
            yield f"the slowest of {counted(profile.nodes, 'node')}, in {runs} that were profiled: {node.label}: {took}"


def slow_figures(profile: Profiled, nodes: Sequence[Slow]) -> Iterator[DeepFigure]:
    if not nodes:
        return
    yield DeepFigure("profiled-runs", profile.runs)
    yield DeepFigure("nodes-run", profile.nodes)
    yield DeepFigure("slowest-node-percent", round(nodes[0].percent, 2))
    if nodes[0].mac_percent is not None:
        yield DeepFigure("slowest-node-mac-percent", round(nodes[0].mac_percent, 2))
    yield DeepFigure("slowest-five-percent", round(sum(node.percent for node in nodes[:_TOLD]), 2))


def slow_series(nodes: Sequence[Slow]) -> Iterator[DeepSeries]:
    nodes = nodes[:_DRAWN]
    if nodes:
        labels, shares = tuple(node.label for node in nodes), tuple(round(node.percent, 2) for node in nodes)
        yield DeepSeries("the slowest nodes, of the time", "%", labels, shares)
    known = [(node.label, round(node.mac_percent, 2)) for node in nodes if node.mac_percent is not None]
    if known:
        yield DeepSeries("the slowest nodes, of the MACs", "%", *map(tuple, zip(*known, strict=True)))


class _Origins:
    """Which of the model's nodes stand behind those that onnxruntime runs."""

    def __init__(self, facts: Facts, made: frozenset[str]) -> None:
        self._facts, self._made = facts, made
        self._nodes: Sequence[Node] = facts.graphs[""].nodes
        self._producers = {name: index for index, node in enumerate(self._nodes) for name in node.outputs if name}

    def behind(self, one: SlowNode) -> tuple[tuple[int, ...], bool]:
        """Their places, in order, and whether these are all that multiplies: what is fused into an operator that stays
        what it was does not."""
        if one.origin is None:
            return (), False
        audited, makes, bounded = one.origin
        named = (audited,) if 0 <= audited < len(self._nodes) else ()
        if bounded:
            return tuple(sorted({*named, *self._between(makes)})), True
        alone = bool(named) and self._nodes[audited].op_type == one.op_type
        return named or tuple(self._producers[name] for name in makes if name in self._producers), alone

    def label(self, one: SlowNode, nodes: Sequence[int], macs: Mapping[int, Size | None]) -> str:
        """The one that multiplies most, or the one that it is called after, with those that are fused into it."""
        if not nodes:
            told = [] if one.name.startswith(one.op_type) else [one.op_type]
            added = ["added by onnxruntime"] if one.origin is None else []
            return f"{one.name} ({', '.join(told + added)})" if told or added else one.name
        called = -1 if one.origin is None else one.origin.audited
        most = max(nodes, key=lambda index: (_number(macs.get(index, 0)), index == called, index))
        others = [self._word(index) for index in nodes if index != most]
        more = f" and {len(others) - _WITH} more" if len(others) > _WITH else ""
        fused = f", fused with {', '.join(others[:_WITH])}{more}" if others else ""
        return f"{self._facts.label(At('', most))} ({self._nodes[most].op_type}{fused})"

    def _word(self, index: int) -> str:
        return self._facts.label(At("", index))

    def _between(self, makes: Sequence[str]) -> set[int]:
        """The nodes from these tensors back to what other nodes make, and to what is the same in every run."""
        fixed = self._facts.fixed_in("")
        found: set[int] = set()
        waiting = list(makes)
        while waiting:
            index = self._producers.get(waiting.pop())
            if index is None or index in found:
                continue
            found.add(index)
            for name in (*self._nodes[index].inputs, *captured(self._nodes[index])):
                fact = self._facts.at(name)
                if name not in self._made and name not in fixed and (fact is None or fact.elements is None):
                    waiting.append(name)
        return found


def _bound(facts: Facts, feeds: Sequence[Feed]) -> Facts:
    """The facts for the sizes of the inputs, where these are known and leave anything open."""
    sizes = {feed.name: feed.shape for feed in feeds if not feed.file}
    known = {name: fact.shape for name, fact in facts.inputs.items()}
    if len(sizes) < len(feeds) or all(known.get(name) == size for name, size in sizes.items()):
        return facts
    try:
        return facts.rebind(sizes)
    except OutOfBudget:
        return facts


def _sum(amounts: Iterable[Size | None]) -> int | None:
    """Of numbers; None where one is open."""
    known = list(amounts)
    numbers = [amount for amount in known if isinstance(amount, int)]
    return sum(numbers) if len(numbers) == len(known) else None


def _number(amount: Size | None) -> int:
    return amount if isinstance(amount, int) else 0


def _percent(value: float) -> str:
    return f"{value:.3g} %"
