"""What people get wrong in and before a broken node, each as an edit to be tried.

Apart from the search, which alone imports this when something is broken: most models are whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...report import Fit
from ..dense import WEIGHTS
from ..facts import Facts
from ..troubles import At, Misfit
from . import BrokenPlace, feeding, layout, stored, targets, windows
from .habits import Habits
from .proposal import Proposal, before, numbers, shape_of


def proposals(facts: Facts, fault: BrokenPlace, fits: Sequence[Fit]) -> Iterator[Proposal]:
    at = fault.at
    if at is None:
        at = facts.producer(fault.output)
        if at is None:
            return
    habits = Habits(facts)
    if not fault.output:
        yield from _here(facts, at)
    met = _meeting_sizes(facts, at)
    wanted = _wanted(facts, at)
    yield from _around(facts, habits, at, 0, met, wanted)
    for place, far in before(facts, at):
        yield from _around(facts, habits, place, far, met, wanted)
        if far < 24 and not fault.output:
            yield from layout.moved(facts, at, place)
    yield from feeding.sized(facts, fits, at)
    yield from feeding.met(facts, at)


def _here(facts: Facts, at: At) -> Iterator[Proposal]:
    """What the broken node itself may be wrong in."""
    yield from layout.axis(facts, at, 0)
    yield from stored.aligned(facts, at, stored=True)
    yield from stored.reformed(facts, at)
    yield from layout.flattened(facts, at)
    yield from layout.turned(facts, at)
    yield from stored.aligned(facts, at, stored=False)
    yield from layout.swapped(facts, at)
    yield from layout.untransposed(facts, at)
    yield from layout.weight_permuted(facts, at)
    yield from layout.channels_last(facts, at)
    yield from feeding.taken(facts, at)


def _around(
    facts: Facts, habits: Habits, place: At, far: int, met: frozenset[tuple[int, ...]], wanted: int | None
) -> Iterator[Proposal]:
    """What the node or one before it may be wrong in."""
    yield from windows.proposals(facts, habits, place, far)
    yield from windows.grouped(facts, place, far)
    yield from windows.global_kernel(facts, place)
    yield from layout.permuted(facts, place, far)
    yield from targets.resampled(facts, place, far, met)
    yield from targets.reshaped(facts, place, far)
    yield from targets.factors(facts, place, far, wanted)
    yield from layout.keeping(facts, place, far)
    yield from layout.axes(facts, place)
    yield from layout.superfluous(facts, place, far)
    if far:
        if facts.node(place).op_type in ("Concat", "Flatten", "Split"):
            yield from layout.axis(facts, place, far)
        if far < 25:
            yield from layout.channels_last(facts, place)
            yield from feeding.taken(facts, place)
            if facts.node(place).op_type == "Gemm":
                yield from layout.turned(facts, place)


def _meeting_sizes(facts: Facts, at: At) -> frozenset[tuple[int, ...]]:
    """Heights and widths that arrive at the node."""
    shapes = [numbers(shape_of(facts, at, i)) for i in range(len(facts.node(at).inputs))]
    return frozenset(s[2:] for s in shapes if s is not None and len(s) > 2)


def _wanted(facts: Facts, at: At) -> int | None:
    """The features that a dense layer takes."""
    node = facts.node(at)
    shape = numbers(shape_of(facts, at, 1)) if node.op_type in WEIGHTS else None
    if shape is None or len(shape) != 2:
        return None
    misfit = any(isinstance(t, Misfit) and t.at == at for t in facts.troubles)
    return shape[-1 if node.attributes.get("transB") else -2] if misfit else None
