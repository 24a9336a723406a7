"""Whether the model gives the same again: in one session, in a fresh one, with other threads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ...report import DeepFigure, DeepPart, Missed
from ...runtime.deep.repeatability import (
    FRESH_SESSION,
    OTHER_THREADS,
    SAME_SESSION,
    RepeatabilityAsked,
    RepeatabilitySeen,
    Repeated,
)
from ...shapes.images import hanging_on
from ...tuples import NamedTuple
from ...wording import counted, listed
from .asking import ask, feeds_that_ran
from .chance import Chance, chance_in

if TYPE_CHECKING:
    from ...model.graph import Graph
    from ..evidence import Evidence


class Repeatability(NamedTuple):
    """``unlike``: outputs that are not the same again by more than rounding, though no chance is in them, or all of it
    has a seed.

    ``keeps_state``: those that another run of the session changes, and a fresh session does not. ``seeded``: those in
    which is chance.
    """

    part: DeepPart
    missed: tuple[Missed, ...]
    unlike: tuple[Repeated, ...]
    keeps_state: frozenset[str] = frozenset()
    seeded: frozenset[str] = frozenset()


def look(evidence: Evidence) -> Repeatability:
    """Run again, in the child."""
    feeds = feeds_that_ran(evidence, "repeatability")
    chance = chance_in(evidence.model, evidence.facts)
    random = tuple(value.name for value in evidence.model.graph.outputs if value.name in chance.op_types)
    told = ask(evidence, "repeatability", RepeatabilityAsked(exempt=random), (feeds,))
    seen: RepeatabilitySeen = told.seen
    seeded = frozenset(random) - chance.unseeded
    unlike = tuple(
        _by_chance(evidence.model.graph, chance, one) if one.output in seeded else one
        for one in seen.unlike
        if one.beyond and not one.jump and (one.output not in random or one.output in seeded)
    )
    lines = [f"{counted(seen.looked, 'answer')} compared: in the same session, in a fresh one, with other threads"]
    for one in unlike:
        node = f"; the first that is not the same is {one.tensor}" if one.node >= 0 else ""
        lines.append(f"{one.output} in {_way(one)}: {one.difference}{node}")
    lines += _rounded(seen.unlike, random)
    lines += [_chance(name, seen.unlike, chance.op_types[name]) for name in random]
    by_chance = any(one.output in random for one in seen.unlike)
    status = "found" if unlike else "open" if by_chance else "ok"
    why = f"chance makes it ({listed(chance.made_by(random))}): {listed(random)}" if by_chance and not unlike else ""
    figures = (DeepFigure("compared", seen.looked), DeepFigure("unlike", len(seen.unlike)))
    part = DeepPart("repeatability", status, why, lines=tuple(lines), figures=figures, stamp=told.stamp)
    return Repeatability(part, told.missed, unlike, _keeping_state(unlike), seeded)


def _by_chance(graph: Graph, chance: Chance, one: Repeated) -> Repeated:
    """With the first random node in front of it."""
    for index in chance.nodes:
        if one.output in hanging_on(graph, graph.nodes[index].outputs):
            return one._replace(node=index, tensor=graph.nodes[index].outputs[0])
    return one


def _keeping_state(unlike: Sequence[Repeated]) -> frozenset[str]:
    again = {one.output for one in unlike if one.where == SAME_SESSION}
    return frozenset(again - {one.output for one in unlike if one.where == FRESH_SESSION})


def _way(one: Repeated) -> str:
    return f"{counted(one.threads, 'thread')}" if one.where == OTHER_THREADS else one.where


def _rounded(unlike: Sequence[Repeated], random: Collection[str]) -> list[str]:
    """What is not the same bytes and proves nothing."""
    rounded = [f"{one.output} ({_way(one)})" for one in unlike if not one.beyond and one.output not in random]
    jumps = [f"{one.output} ({_way(one)})" for one in unlike if one.jump]
    lines = [f"not the same bytes, within rounding: {listed(rounded)}"] if rounded else []
    return [*lines, *([f"much is made of a rounding: {listed(jumps)}"] if jumps else [])]


def _chance(name: str, unlike: Sequence[Repeated], op_types: tuple[str, ...]) -> str:
    """What came of an output that random operators make. onnxruntime 1.32 begins anew in each session, with a seed or
    without one, but for a Dropout that has none; within a session the numbers go on."""
    ways = {one.where for one in unlike if one.output == name}
    if not ways:
        return f"{name}: behind {listed(op_types)}, and yet the same each time"
    fresh = "other numbers in a fresh session, too" if FRESH_SESSION in ways else "a fresh session begins anew"
    return f"{name}: chance makes it ({listed(op_types)}); {fresh}"
