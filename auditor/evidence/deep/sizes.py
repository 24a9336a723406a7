"""At which sizes the model runs, of each size that it leaves open: tried, and held against what the shapes say."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ...report import DeepFigure, DeepPart, Missed
from ...runtime.deep.sizes import InputAxis, OpenSize, SizeRun, SizesAsked, SizesSeen, feeds_at
from ...runtime.inputs import LARGEST
from ...runtime.outcome import first_line
from ...runtime.request import Feed
from ...shapes.facts import Facts
from ...shapes.fits import BOUND
from ...tuples import NamedTuple
from ..sizes import choose, impossible, proven_impossible
from .asking import DeepAnswer, NotSeen, ask, feeds_that_ran

if TYPE_CHECKING:
    from ..evidence import Evidence

SECONDS = 1.5
"""Of CPU, for working out which sizes the shapes allow."""

_SMALL = (1, 2, 3, 5, 7, 8, 13, 16)  # primes, and powers that windows halve
_EVERY = 24  # up to here the shapes are asked about each size
_TIMES = 4  # of the usual input's elements: larger ones are not tried
_FEW = 4  # sizes that are told one by one


class SizeCondition(NamedTuple):
    """A size at which the model does not always run. ``words``: "L = 1 or 16 only"; ``foreseen`` by the shapes.

    ``failed`` is a run at a size that does not fit, ``table`` a stored tensor as long as the largest that does.
    """

    name: str
    words: str
    foreseen: bool
    failed: SizeRun
    table: str = ""

    @property
    def reason(self) -> str:
        """What onnxruntime says of it."""
        return reason(self.failed)


class Sizes(NamedTuple):
    """``remembered``: what a session that has seen other sizes does otherwise than a fresh one."""

    part: DeepPart
    missed: tuple[Missed, ...]
    conditions: tuple[SizeCondition, ...]
    remembered: tuple[SizeRun, ...]


def look(evidence: Evidence) -> Sizes:
    """Try sizes, in the child."""
    facts = evidence.facts
    feeds = feeds_that_ran(evidence, "sizes")
    if any(feed.file for feed in feeds):  # whose sizes nobody but the child knows
        feeds = next(iter(choose(facts).attempts), ())
    until = time.thread_time() + SECONDS
    plans = [_planned(facts, feeds, one, until) for one in _open(facts, feeds)]
    if not plans:
        part = DeepPart("sizes", "ok", lines=("every size of the inputs is a number, or bound by an option",))
        return Sizes(part, (), (), ())
    told = ask(evidence, "sizes", SizesAsked(tuple(plan.open for plan in plans)), (feeds,), runs=24.0 * len(plans))
    return _judged(facts, feeds, plans, told)


class _Plan(NamedTuple):
    """A name, and sizes that the shapes rule out, each with why."""

    open: OpenSize
    ruled_out: dict[int, str]


def _open(facts: Facts, feeds: Sequence[Feed]) -> Iterator[OpenSize]:
    """The sizes that are open, each where it stands. Those without a name that are usually alike move together: that
    they belong together nobody has declared, and that one alone fails would say no more than that."""
    shapes = {feed.name: feed.shape for feed in feeds}
    places: dict[str | int, list[InputAxis]] = {}
    for name, fact in facts.inputs.items():
        for axis, size in enumerate(fact.shape or ()):
            if not isinstance(size, int) and axis < len(shapes.get(name, ())):
                usual = shapes[name][axis]
                known = str(size) if size is not None and str(size).isidentifier() else usual
                places.setdefault(known, []).append(InputAxis(name, axis))
    for known, axes in places.items():
        named = known if isinstance(known, str) else " = ".join(f"{axis.input}[{axis.axis}]" for axis in axes[:_FEW])
        yield OpenSize(named, tuple(axes), (), shapes[axes[0].input][axes[0].axis])


def _planned(facts: Facts, feeds: tuple[Feed, ...], one: OpenSize, until: float) -> _Plan:
    """Small sizes, primes, neighbours of the usual one and larger ones; of those that cannot be, what is next to one
    that can."""
    usual = one.usual
    wanted = {*_SMALL, usual - 1, usual, usual + 1, 2 * usual, 3 * usual} | _long(facts)
    most = _TIMES * max(1, sum(math.prod(feed.shape) for feed in feeds))
    sizes, out = [usual], {}
    for size in sorted({*wanted, *range(1, _EVERY)} - {usual}):
        elements = [math.prod(feed.shape) for feed in feeds_at(feeds, one, size)]
        if size < 1 or max(elements) > LARGEST or (size > usual and sum(elements) > max(most, 1 << 16)):
            continue
        if time.thread_time() > until:
            if size in wanted:
                sizes.append(size)
            continue
        if why := impossible(facts, feeds_at(feeds, one, size)):
            out[size] = why
        elif size in wanted:
            sizes.append(size)
    for low, high in pairwise(sorted({*sizes, *out})):
        if (low in out) != (high in out):
            for size in _bounds(lambda at: impossible(facts, feeds_at(feeds, one, at)), low, high, low in out, until):
                if why := impossible(facts, feeds_at(feeds, one, size)):
                    out[size] = why
                sizes.append(size)
    return _Plan(one._replace(sizes=tuple(sorted(set(sizes)))), out)


def _bounds(why: Callable[[int], str], low: int, high: int, is_out: bool, until: float) -> tuple[int, ...]:
    """The two neighbours between which it changes whether the shapes rule a size out; nothing without the time."""
    while high - low > 1:
        if time.thread_time() > until:
            return ()
        middle = (low + high) // 2
        low, high = (middle, high) if bool(why(middle)) == is_out else (low, middle)
    return low, high


def _long(facts: Facts) -> set[int]:
    """What a table of positions may be as long as, and one more: the shapes do not see an index that is too large."""
    tables = {dims[-2] for t in facts.model.graph.initializers if len(dims := t.dims) >= 2 and 16 < dims[-2] <= BOUND}
    shown = sorted(tables)[-_FEW:]
    return {*shown, *(size + 1 for size in shown)}


def _judged(facts: Facts, feeds: tuple[Feed, ...], plans: Sequence[_Plan], told: DeepAnswer) -> Sizes:
    seen: SizesSeen = told.seen
    if not seen.runs:
        raise NotSeen(Missed("sizes", "there was no time for any (--timeout)", asked=True))
    missed = list(told.missed)
    conditions, lines, tried = [], [], 0
    for plan in plans:
        runs = [run for run in seen.runs if run.name == plan.open.name]
        if not runs:
            missed.append(Missed(f"sizes of {plan.open.name}", "there was no time for them (--timeout)", asked=True))
            continue
        tried += len(runs)
        missed += _contradicted(facts, feeds, plan, runs)
        fine = sorted(run.size for run in runs if run.ok)
        failed = [run for run in runs if not run.ok and not run.memory and not run.remembered]
        heavy = [run.size for run in runs if run.memory]
        said = condition(plan.open.name, fine, [run.size for run in failed])
        if said:
            foreseen = all(run.size in plan.ruled_out for run in failed)
            new = next((run for run in failed if run.size not in plan.ruled_out), failed[0])
            conditions.append(SizeCondition(plan.open.name, said, foreseen, new, _table(facts, fine)))
            lines.append(f"{said}: {plan.ruled_out.get(new.size) or reason(new)}")
        else:
            lines.append(f"{plan.open.name}: {_in_words(fine)} run")
        if heavy:
            missed.append(Missed(f"{plan.open.name} from {heavy[0]} on", "it takes more memory than a run may have"))
    remembered = tuple(run for run in seen.runs if run.remembered)
    status = "found" if remembered or any(not one.foreseen for one in conditions) else "ok"
    part = DeepPart("sizes", status, lines=tuple(lines), figures=(DeepFigure("tried", tried),), stamp=told.stamp)
    return Sizes(part, tuple(missed), tuple(conditions), remembered)


def condition(name: str, fine: Sequence[int], failed: Sequence[int]) -> str:
    """Which sizes run, out of those that do and those that do not: ``L <= 512``, ``L = 1 or 16 only``; "" for all."""
    if not failed or not fine:
        return f"{name}: none of {_in_words(failed)} runs" if failed else ""
    low, high = min(fine), max(fine)
    inside = [size for size in failed if low < size < high]
    if not inside:
        above, below = any(size > high for size in failed), any(size < low for size in failed)
        if low == high and above:
            return f"{name} = {low} only"
        if above and below:
            return f"{low} <= {name} <= {high}"
        return f"{name} <= {high}" if above else f"{name} >= {low}"
    if len(fine) <= _FEW:
        return f"{name} = {' or '.join(map(str, fine))} only"
    step = math.gcd(*fine)
    if step > 1 and not any(size % step == 0 and low <= size <= high for size in failed):
        return f"{name} a multiple of {step}" + (f" up to {high}" if max(failed) > high + step else "")
    return f"{name} not {' or '.join(map(str, inside[:_FEW]))}" + (" and others" if len(inside) > _FEW else "")


def reason(run: SizeRun) -> str:
    """What onnxruntime says, without its words on where it says it."""
    said = first_line(run.why)
    return said.partition("Status Message: ")[2] or said


def _in_words(sizes: Sequence[int]) -> str:
    shown = ", ".join(map(str, sizes[:12]))
    return shown + (f" and {len(sizes) - 12} more" if len(sizes) > 12 else "")


def _table(facts: Facts, fine: Sequence[int]) -> str:
    """A stored tensor as long as the largest size that runs."""
    longest = max(fine, default=0)
    for tensor in facts.model.graph.initializers:
        if longest > 16 and len(tensor.dims) >= 2 and longest in tensor.dims[-2:-1]:
            return f"{tensor.name} {list(tensor.dims)}"
    return ""


def _contradicted(facts: Facts, feeds: tuple[Feed, ...], plan: _Plan, runs: Iterable[SizeRun]) -> Iterator[Missed]:
    """Where a run says otherwise than the shapes: the fault is ours."""
    for run in runs:
        here = feeds_at(feeds, plan.open, run.size)
        if not run.ok:
            continue
        if run.size in plan.ruled_out and (why := proven_impossible(facts, here)):
            said = f"a fault of auditor: {run.name} = {run.size} runs, and the shapes say that it cannot: {why}"
            yield Missed(f"shapes at {run.name} = {run.size}", said, asked=True)
            return
        bound = facts.rebind({feed.name: feed.shape for feed in here})
        for name, shape in run.shapes.items():
            fact = bound.at(name)
            if fact is None or fact.shape is None or fact.declared:
                continue
            sizes = fact.shape
            if len(sizes) != len(shape) or any(
                isinstance(a, int) and a != b for a, b in zip(sizes, shape, strict=True)
            ):
                why = f"a fault of auditor: {name} is {list(shape)} there, and the shapes say {list(map(str, sizes))}"
                yield Missed(f"shapes at {run.name} = {run.size}", why, asked=True)
                return
