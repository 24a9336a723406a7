"""The walk of the activations that are alive, as numbers that can be drawn."""

from __future__ import annotations

from collections.abc import Mapping

from ..costs.peak import alive_activations
from ..picture import MemoryWalk
from ..shapes.facts import Facts
from ..shapes.sizes.dim import TooComplex
from ..shapes.troubles import At
from .usual import Usual


def memory_of(facts: Facts, rows: Mapping[At, int], usual: Usual) -> tuple[MemoryWalk | None, str]:
    """The bytes alive at each layer of the main graph, with the rows of the layers; or None, and why."""
    try:
        sums = alive_activations(facts)
    except TooComplex:
        return None, "the sums of open sizes are too long"
    if sums is None:
        return None, "not every size is known"
    alive = [usual.number(size) for size in sums]
    known = [number for number in alive if number is not None]
    if len(known) < len(alive):
        return None, "a size has no number for usual inputs"
    walked = [rows.get(At("", index)) for index in facts.graphs[""].entries]
    shown = [(known[step + 1], row) for step, row in enumerate(walked) if row is not None]  # constants change nothing
    return MemoryWalk((known[0], *(number for number, _ in shown)), tuple(row for _, row in shown)), ""
