"""Whether the model gives the same again: in one session, in a fresh one, with other threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.graph import Model
from ...report import DeepFigure, DeepPart, Missed
from ...runtime.deep.repeatability import RepeatabilityAsked, RepeatabilitySeen, Repeated
from ...runtime.grain import RANDOM
from ...tuples import NamedTuple
from ...wording import counted, listed
from .asking import ask, feeds_that_ran

if TYPE_CHECKING:
    from ..evidence import Evidence


class Repeatability(NamedTuple):
    """``unlike``: outputs that are not the same again by more than rounding, though nothing random is in the model."""

    part: DeepPart
    missed: tuple[Missed, ...]
    unlike: tuple[Repeated, ...]


def look(evidence: Evidence) -> Repeatability:
    """Run again, in the child."""
    told = ask(evidence, "repeatability", RepeatabilityAsked(), (feeds_that_ran(evidence, "repeatability"),))
    seen: RepeatabilitySeen = told.seen
    random = _random(evidence.model)
    unlike = () if random else tuple(one for one in seen.unlike if one.beyond)
    rounded = [one for one in seen.unlike if not one.beyond]
    lines = [f"{counted(seen.looked, 'output')} compared"]
    if rounded:
        lines.append(f"not the same bytes, within rounding: {listed(f'{o.output} ({o.where})' for o in rounded)}")
    if random and seen.unlike:
        lines.append(f"random operators make it: {listed(random)}")
    lines += [f"{one.output} in {one.where} ({one.threads}): {one.difference}" for one in unlike]
    status = "found" if unlike else "ok"
    figures = (DeepFigure("compared", seen.looked), DeepFigure("unlike", len(seen.unlike)))
    part = DeepPart("repeatability", status, lines=tuple(lines), figures=figures, stamp=told.stamp)
    return Repeatability(part, told.missed, unlike)


def _random(model: Model) -> tuple[str, ...]:
    """Operators that give something else each time, wherever in the model they stand."""
    found = {node.op_type for _, graph in model.graphs for node in graph.nodes if node.op_type in RANDOM}
    found |= {node.op_type for f in model.functions.values() for node in f.nodes if node.op_type in RANDOM}
    return tuple(sorted(found))
