"""How fast the model is: sessions, the first run, the runs behind it, by batch, and in turn with a reference."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import AuditorError, Unreadable
from ...model.load import load
from ...report import DeepFigure, DeepPart, DeepSeries, Missed
from ...runtime.deep.slowest import Profiled
from ...runtime.deep.speed import SpeedAsked, SpeedSeen, Timed
from ...runtime.request import Feed
from ...shapes.visits import OutOfBudget
from ...tuples import NamedTuple
from ...wording import counted, in_milliseconds
from ..sizes import impossible, ports_of
from ..trial import data_files
from .asking import NotSeen, ask, feeds_that_ran
from .slowest import slow_figures, slow_lines, slow_nodes, slow_series
from .spreads import Spread, quantile, spread_of
from .waists import waists

if TYPE_CHECKING:
    from ...shapes.facts import Facts
    from ..evidence import Evidence

BATCHES = (1, 2, 4, 8)
_FLOAT16 = 10  # TensorProto.DataType
_MOST_BYTES = 1 << 30  # of activations, predicted for a batch
_FOLDED = 2  # times what nodes make of stored tensors alone: onnxruntime folds it, and lays it out anew
_MORE_ROOM = 4  # times what is predicted: onnxruntime's arena doubles, and other batches take more


class Speed(NamedTuple):
    """``seen`` as it was timed. No rule asks for it: how slow is too slow a policy says."""

    part: DeepPart
    missed: tuple[Missed, ...]
    seen: SpeedSeen


def look(evidence: Evidence) -> Speed:
    """Time it, in the child."""
    feeds, settings, facts = feeds_that_ran(evidence, "speed"), evidence.settings, evidence.facts
    name, batches, most = batches_of(facts, feeds)
    reference = settings.speed_against
    asked = SpeedAsked(
        settings.runs,
        tuple(batches),
        reference=os.path.abspath(reference) if reference else "",
        casts=any(fact is not None and fact.dtype == _FLOAT16 for fact in map(facts.at, facts)),
        waists=waists(evidence.model, facts),
    )
    beside = (asked.reference, *_data_of(reference)) if reference else ()
    changes: dict[str, Any] = (
        {} if most is None else {"predicted_bytes": _MORE_ROOM * most + _FOLDED * evidence.costs.generated_bytes}
    )
    runs = settings.runs * (3.0 + sum(batches) / max(1, next(iter(batches))) / 3)  # of the run's own size
    told = ask(evidence, "speed", asked, tuple(batches.values()), runs=runs, beside=beside, **changes)
    seen: SpeedSeen = told.seen
    if not seen.timed or not seen.timed[0].milliseconds:
        raise NotSeen(told.missed[0] if told.missed else Missed("speed", "nothing was timed", asked=True))
    own = spread_of(seen.timed[0].milliseconds)
    why = told.missed[0].why if told.missed else _why_open(seen, own)
    profile = seen.profile or Profiled()
    slow = slow_nodes(facts, feeds, profile)
    lines = (
        *_timings(seen, own, name), *_beside(seen, reference), *_nodes(seen), *slow_lines(profile, slow), *_along(seen),
    )  # fmt: skip
    figures = (*_figures(seen, own), *slow_figures(profile, slow))
    series = (*_series(seen), *slow_series(slow))
    part = DeepPart("speed", "open" if why else "ok", why, lines, figures, series, stamp=told.stamp)
    return Speed(part, told.missed, seen)


def batches_of(facts: Facts, feeds: tuple[Feed, ...]) -> tuple[str, dict[int, tuple[Feed, ...]], int | None]:
    """The name of the batch, where its size is open; inputs of some sizes, those that ran first; and the most bytes of
    activations that any of them takes, where that is known."""
    ports = {name: shape for name, _, shape in ports_of(facts)}
    name = next((shape[0] for shape in ports.values() if shape and isinstance(shape[0], str)), "")
    if any(feed.file for feed in feeds):  # the child alone knows their sizes
        return "", {0: feeds}, None
    today = next((feed.shape[0] for feed in feeds if name and _leads(ports.get(feed.name), name)), 0)
    found, most = {today: feeds}, _peak(facts, feeds)
    if not name.isidentifier():
        return "", found, most
    for batch in BATCHES:
        try:
            of_it = tuple(feed._replace(shape=_rebound(feed, ports, name, batch)) for feed in feeds)
            if batch not in found and not impossible(facts, of_it):
                peak = _peak(facts, of_it)
                if peak is not None and peak <= _MOST_BYTES:
                    found[batch], most = of_it, max(peak, most or 0)
        except (OutOfBudget, ValueError):
            break
    return name, found, most


def _leads(sizes: Sequence[int | str | None] | None, name: str) -> bool:
    return sizes is not None and sizes[:1] == (name,)


def _rebound(
    feed: Feed, ports: Mapping[str, Sequence[int | str | None] | None], name: str, batch: int
) -> tuple[int, ...]:
    """The sizes with another batch; `ValueError` where one hangs on it in another way than by being it."""
    sizes = ports.get(feed.name)
    if sizes is None or len(sizes) != len(feed.shape):
        return feed.shape
    if any(isinstance(size, str) and size != name and name in size for size in sizes):
        raise ValueError(name)
    return tuple(batch if size == name else now for size, now in zip(sizes, feed.shape, strict=True))


def _peak(facts: Facts, feeds: tuple[Feed, ...]) -> int | None:
    from ...costs.count import count

    peak = count(facts.rebind({feed.name: feed.shape for feed in feeds})).peak_activation_bytes
    return peak if isinstance(peak, int) else None


def _data_of(reference: str) -> tuple[str, ...]:
    try:
        return data_files(load(reference))
    except (AuditorError, Unreadable) as error:
        raise NotSeen(Missed("speed", f"the reference {reference} cannot be read: {error}", asked=True)) from None


def _why_open(seen: SpeedSeen, own: Spread) -> str:
    """Why nothing can be decided by it."""
    return seen.timed[0].why or own.why


def _figures(seen: SpeedSeen, own: Spread) -> Iterator[DeepFigure]:
    yield DeepFigure("runs", own.taken)
    for name, value in (("run-ms-p50", own.p50), ("run-ms-p90", own.p90), ("run-ms-p99", own.p99)):
        yield DeepFigure(name, _rounded(value), "ms")
    yield DeepFigure("run-spread", _rounded(own.ratio))
    yield DeepFigure("run-drift", _rounded(own.drift))
    yield DeepFigure("first-run-ms", _rounded(seen.warm[0]), "ms")
    sessions = spread_of(seen.sessions)
    yield DeepFigure("sessions", len(seen.sessions))
    yield DeepFigure("session-ms", _rounded(sessions.p50), "ms")
    yield DeepFigure("session-spread", _rounded(max(seen.sessions) / min(seen.sessions)))
    for timed in seen.timed[1:]:
        if timed.milliseconds:
            yield DeepFigure(f"run-ms-p50-batch-{timed.batch}", _rounded(spread_of(timed.milliseconds).p50), "ms")
    if seen.in_turn is not None and seen.in_turn.own:
        ratio, low, high = of_pairs(seen.in_turn.own, seen.in_turn.reference)
        yield DeepFigure("pairs", len(seen.in_turn.own))
        yield DeepFigure("run-ratio", _rounded(ratio))
        yield DeepFigure("run-ratio-low", _rounded(low))
        yield DeepFigure("run-ratio-high", _rounded(high))
    if seen.casts is not None:
        yield DeepFigure("casts-added", seen.casts)
    if seen.copies is not None:
        yield DeepFigure("copies-added", seen.copies)


def _series(seen: SpeedSeen) -> Iterator[DeepSeries]:
    values = seen.timed[0].milliseconds
    own = spread_of(values)
    ends = (min(values), quantile(values, 0.1), own.p50, own.p90)  # what is beyond would dwarf them
    yield DeepSeries("a run", "ms", ("the fastest", "P10", "P50", "P90"), tuple(map(_rounded, ends)))
    firsts = tuple(str(number) for number in range(1, len(seen.warm) + 1))
    yield DeepSeries("the first runs", "ms", firsts, tuple(map(_rounded, seen.warm)))
    batches = [timed for timed in seen.timed if timed.milliseconds]
    if len(batches) > 1:
        batches.sort(key=lambda timed: timed.batch)
        medians = tuple(_rounded(spread_of(timed.milliseconds).p50) for timed in batches)
        yield DeepSeries("the median run by batch", "ms", tuple(str(timed.batch) for timed in batches), medians)
    if seen.up_to:
        whole = min(values)
        until = (*(one.milliseconds for one in seen.up_to), whole)
        names = (*(one.tensor for one in seen.up_to), "the outputs")
        spent = tuple(_rounded(max(0.0, b - a)) for a, b in zip((0.0, *until), until, strict=False))
        yield DeepSeries("time up to a tensor from the one before", "ms", names, spent)


def _timings(seen: SpeedSeen, own: Spread, name: str) -> Iterator[str]:
    took = [
        f"{in_milliseconds(value)} ({name})" for name, value in (("P50", own.p50), ("P90", own.p90), ("P99", own.p99))
    ]
    yield f"a run takes {', '.join(took)}: {counted(own.taken, 'run')}"
    sessions = spread_of(seen.sessions)
    yield (
        f"a session is made in {in_milliseconds(sessions.p50)} (median of {len(seen.sessions)}, the first in "
        f"{in_milliseconds(seen.sessions[0])}); its first run takes {in_milliseconds(seen.warm[0])}, the fifth "
        f"{in_milliseconds(seen.warm[-1])}"
    )
    batches = [timed for timed in seen.timed if timed.milliseconds]
    if len(batches) > 1:
        told = ", ".join(f"{t.batch}: {_each(t)}" for t in sorted(batches, key=lambda t: t.batch))
        yield f"by {name}, the median run (and its share of one): {told}"
    for timed in seen.timed[1:]:
        if timed.why:
            yield f"{name} = {timed.batch}: {timed.why}"


def _each(timed: Timed) -> str:
    median = spread_of(timed.milliseconds).p50
    return in_milliseconds(median) + (f" ({in_milliseconds(median / timed.batch)})" if timed.batch > 1 else "")


def _beside(seen: SpeedSeen, reference: str | None) -> Iterator[str]:
    if seen.in_turn is None or not reference:
        return
    if seen.in_turn.why:
        yield f"against {os.path.basename(reference)}: {seen.in_turn.why}"
    if seen.in_turn.own:
        ratio, low, high = of_pairs(seen.in_turn.own, seen.in_turn.reference)
        pairs = counted(seen.in_turn.own, "pair")
        name = os.path.basename(reference)
        yield f"{ratio:.3g} times the run of {name}, in turn: {pairs}, half of them from {low:.3g} to {high:.3g}"


def _nodes(seen: SpeedSeen) -> Iterator[str]:
    if seen.casts:
        yield f"onnxruntime puts {counted(seen.casts, 'Cast')} around nodes that have no kernel for float16 there"
    if seen.copies:
        yield f"onnxruntime puts in {counted(seen.copies, 'node')} that copy between devices"
    if seen.why:
        yield seen.why


def _along(seen: SpeedSeen) -> Iterator[str]:
    """Stretches of the model, where no node could be timed."""
    if not seen.up_to:
        return
    whole = min(seen.timed[0].milliseconds)
    ends = [(one.tensor, one.milliseconds) for one in seen.up_to] + [("the outputs", whole)]
    steps = [(name, end - start) for (name, end), start in zip(ends, [0.0, *(e for _, e in ends)], strict=False)]
    before = dict(zip((name for name, _ in ends), ("the inputs", *(name for name, _ in ends)), strict=False))
    slowest = max(steps, key=lambda step: step[1])
    if slowest[1] > 0 and whole > 0:
        share = min(100.0, 100 * slowest[1] / whole)
        yield f"most of it, about {share:.0f} %, goes from {before[slowest[0]]} to {slowest[0]} (by models cut there)"


def of_pairs(own: Sequence[float], reference: Sequence[float]) -> tuple[float, float, float]:
    """The median of the ratios of pairs, and the quartiles: each pair was run at one time, whatever that was like."""
    ratios = sorted(a / b for a, b in zip(own, reference, strict=True) if b)
    last = len(ratios) - 1
    return ratios[last // 2], ratios[last // 4], ratios[last - last // 4]


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")
