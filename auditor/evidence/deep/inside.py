"""What a look inside of a model needs beside the model: its tensors, so many at a time, and what its inputs are for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...model.graph import Graph, Model, Node
from ...report import Missed
from ...runtime import golden
from ...runtime.outcome import GoldenResult, Run
from ...runtime.request import Feed
from ...tuples import NamedTuple
from ..evidence import NotLookedAt
from .asking import NotSeen, feeds_that_ran

if TYPE_CHECKING:
    from ...shapes.facts import Facts
    from ..evidence import Evidence

FLOATING = frozenset({1, 10, 11, 16})
CHUNK = 1 << 28
"""Bytes of tensors that a session keeps at once."""

_UNKNOWN = 1 << 22  # bytes of a tensor whose sizes nobody knows
_MOST_TENSORS = 50_000
_WIDTHS = {1: 4, 10: 2, 16: 2}  # bytes of an element; of all other types 8 are counted
_WITHOUT_ZERO = frozenset({"Log", "Reciprocal", "Acosh", "ReduceLogSum"})
_DOMAINS = _WITHOUT_ZERO | {"Sqrt", "Pow", "Acos", "Asin", "Atanh"}
_MOVES = frozenset(
    {"Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Expand", "Tile", "Concat", "Identity",
     "Slice", "Split", "Gather"}
)  # fmt: skip


class GivenInputs(NamedTuple):
    """Inputs to look on. ``real``: the user's own, or golden vectors; else they are ours, and may mean nothing.

    ``agrees``: the outputs are as the golden vector has them.
    """

    word: str
    feeds: tuple[Feed, ...]
    real: bool
    agrees: bool = False


def given_inputs(evidence: Evidence, part: str) -> tuple[GivenInputs, ...]:
    """Those of the run first, then the golden vectors beside the model; `NotSeen` where the model ran on none."""
    model, facts = evidence.model, evidence.facts
    found: list[GivenInputs] = []
    missed: NotSeen | None = None
    try:
        feeds = feeds_that_ran(evidence, part)
        own = evidence.settings.inputs is not None
        found.append(GivenInputs("the given inputs" if own else "invented inputs", feeds, own))
    except NotSeen as error:
        missed = error
    ports = list(facts.inputs.items())
    compared = _compared(evidence)
    if compared and model.path and evidence.settings.inputs is None:
        for vector in golden.vectors_beside(model.path, len(ports), len(model.graph.outputs)):
            result = compared.get(vector.name)
            if len(vector.inputs) == len(ports) and result is not None and not result.failed:
                golden_feeds = tuple(
                    Feed(name, fact.dtype or 0, file=path)
                    for (name, fact), path in zip(ports, vector.inputs, strict=True)
                )
                found.append(GivenInputs(f"golden vector {vector.name}", golden_feeds, True, result.equal))
    if not found:
        raise missed or NotSeen(Missed(part, "no inputs were found on which it runs", asked=True))
    return tuple(found)


def _compared(evidence: Evidence) -> dict[str, GoldenResult]:
    """The golden vectors on which the model ran, by their names."""
    try:
        result = evidence.trial.result
    except NotLookedAt:
        return {}
    return {one.name: one for one in result.golden} if isinstance(result, Run) else {}


def sized(facts: Facts, feeds: Sequence[Feed]) -> Facts:
    """The facts for these inputs; for such as we would invent, where those are files."""
    from ..sizes import choose

    if any(feed.file for feed in feeds):
        feeds = next(iter(choose(facts).attempts), ())
    return facts.rebind({feed.name: feed.shape for feed in feeds}) if feeds else facts


def chunks(model: Model, bound: Facts, also: Sequence[Sequence[str]] = ()) -> tuple[tuple[str, ...], ...]:
    """The tensors of floating point that nodes of the main graph make, in their order, a session's worth each.

    Not those that are the same on every input, but for casts: what is wrong with them is seen in what takes them.

    ``also``: tensors of whatever type that must be seen together; their session is that of the last.
    """
    bundles = {group[-1]: tuple(group) for group in also if group}
    bundled = {name for group in also for name in group}
    found: list[tuple[str, ...]] = []
    now: list[str] = []
    size = 0
    names = [(name, node.op_type) for node in model.graph.nodes for name in node.outputs if name]
    for name, op_type in names[:_MOST_TENSORS]:
        group = bundles.get(name, () if name in bundled else (name,))
        for one in group:
            fact = bound.at(one)
            if one not in bundled and op_type != "Cast" and bound.fixed(one):
                continue
            dtype = None if fact is None else fact.dtype
            if one not in bundled and ((fact is not None and fact.items is not None) or dtype not in (None, *FLOATING)):
                continue
            now.append(one)
            size += _bytes(bound, one)
        if size >= CHUNK:
            found.append(tuple(now))
            now, size = [], 0
    return (*found, tuple(now)) if now else tuple(found)


def bytes_of_chunks(bound: Facts, several: Iterable[Sequence[str]]) -> int:
    """Of the largest of them."""
    return max((sum(_bytes(bound, name) for name in one) for one in several), default=0)


def _bytes(bound: Facts, name: str) -> int:
    fact = bound.at(name)
    if fact is None or fact.shape is None or not all(isinstance(size, int) for size in fact.shape):
        return _UNKNOWN
    return math.prod(int(str(size)) for size in fact.shape) * _WIDTHS.get(fact.dtype or 0, 8)


def masks(model: Model) -> frozenset[str]:
    """The inputs that say what counts: booleans, and what is compared with, taken from or multiplied as 0 and 1.

    By their use: a cast integer that is taken from 1, multiplied or summed up; a condition of a Where.
    """
    graph = model.graph
    found = set()
    for value in graph.feeds:
        for node, place in _users(graph, value.name):
            if _asks(node, place):
                found.add(value.name)
    return frozenset(found)


def _asks(node: Node, place: int) -> bool:
    match node.op_type:
        case "Where":
            return place == 0
        case "Not" | "And" | "Or" | "If":
            return True
        case "Sub":
            return place == 1
        case "Mul" | "ReduceSum" | "Equal":
            return True
    return False


class Bare(NamedTuple):
    """``never_zero``: inputs for which zero is outside of a domain; ``nodes``: those whose argument is the caller's."""

    never_zero: frozenset[str]
    nodes: frozenset[int]


def taken_as_they_are(model: Model) -> Bare:
    """Inputs of which a node has its divisor, or an argument that not every number is in the domain of, with nothing
    but moves before: what is outside is the caller's fault.
    """
    graph = model.graph
    places = {id(node): index for index, node in enumerate(graph.nodes)}
    never_zero, nodes = set(), set()
    for value in graph.feeds:
        for node, place in _users(graph, value.name):
            divides = node.op_type in ("Div", "Mod") and place == 1
            if divides or node.op_type in _DOMAINS:
                nodes.add(places[id(node)])
            if divides or node.op_type in _WITHOUT_ZERO:
                never_zero.add(value.name)
    return Bare(frozenset(never_zero), frozenset(nodes))


def _users(graph: Graph, name: str) -> Iterator[tuple[Node, int]]:
    """The nodes that take a tensor, itself or moved, and at which place."""
    waiting, seen = [name], set[str]()
    while waiting:
        now = waiting.pop()
        if now in seen:
            continue
        seen.add(now)
        for index in graph.consumers.get(now, ()):
            node = graph.nodes[index]
            place = node.inputs.index(now) if now in node.inputs else -1
            yield node, place
            if node.op_type in _MOVES and (place == 0 or node.op_type == "Concat"):
                waiting += [one for one in node.outputs if one]
