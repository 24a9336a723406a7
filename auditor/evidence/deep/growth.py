"""What memory the model takes by phase, and whether it takes more from run to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...report import DeepFigure, DeepPart, DeepSeries, Missed
from ...runtime.deep.growth import GrowthAsked, GrowthSeen, grows
from ...tuples import NamedTuple
from ...wording import counted, in_bytes
from .asking import ask, feeds_that_ran

if TYPE_CHECKING:
    from ..evidence import Evidence

_MORE_ROOM = 4  # times what is predicted: onnxruntime's arena doubles
_FOLDED = 2  # times what nodes make of stored tensors alone: onnxruntime folds it, and lays it out anew
_ALIKE = 2.0  # times: a stretch that grows so much more than the other is no steady growth


class Growth(NamedTuple):
    """``per_run``: bytes by which it grows with every run, steadily, in two stretches; 0 where it does not.

    ``runs`` in all.
    """

    part: DeepPart
    missed: tuple[Missed, ...]
    per_run: float
    runs: int


def look(evidence: Evidence) -> Growth:
    """Run it often, in the child."""
    asked = GrowthAsked()
    predicted, folded = evidence.costs.peak_activation_bytes, _FOLDED * evidence.costs.generated_bytes
    changes: dict[str, Any] = {"predicted_bytes": _MORE_ROOM * predicted + folded} if isinstance(predicted, int) else {}
    feeds = feeds_that_ran(evidence, "growth")
    told = ask(evidence, "growth", asked, (feeds,), runs=2.0 * asked.runs, **changes)
    seen: GrowthSeen = told.seen
    per_run = steady(seen.stretches, seen.every)
    why = told.missed[0].why if told.missed else seen.why
    status = "found" if per_run else "open" if why else "ok"
    figures, series = tuple(_figures(seen, per_run)), tuple(_series(seen))
    part = DeepPart("growth", status, why, tuple(_lines(seen, per_run)), figures, series, stamp=told.stamp)
    return Growth(part, told.missed, per_run, seen.runs)


def steady(stretches: Sequence[Sequence[int]], every: int) -> float:
    """Bytes a run, where two stretches grow all along and about alike; 0 where nothing of that is confirmed."""
    if len(stretches) < 2 or not all(grows(tuple(points)) for points in stretches):
        return 0.0
    slopes = [(points[-1] - points[0]) / (every * (len(points) - 1)) for points in stretches]
    return min(slopes) if max(slopes) <= _ALIKE * min(slopes) else 0.0


def added(seen: GrowthSeen) -> int | None:
    """The most bytes that were resident, less those before there was a session; None where nothing ran."""
    before = next((phase.resident for phase in seen.phases if phase.phase == "import"), None)
    most = max((phase.peak for phase in seen.phases), default=0)
    ran = any(phase.phase == "first run" for phase in seen.phases)
    return None if before is None or not ran else max(0, most - before)


def _figures(seen: GrowthSeen, per_run: float) -> Iterator[DeepFigure]:
    yield DeepFigure("runs", seen.runs)
    if (peak := added(seen)) is not None:
        yield DeepFigure("peak-run-bytes", peak, "bytes")
    for phase in seen.phases:
        yield DeepFigure(f"resident-{phase.phase.replace(' ', '-')}", phase.resident, "bytes")
    if not seen.why and seen.stretches:
        yield DeepFigure("growth-bytes-per-run", round(per_run, 1), "bytes")


def _series(seen: GrowthSeen) -> Iterator[DeepSeries]:
    phases = seen.phases
    names, residents = tuple(one.phase for one in phases), tuple(float(one.resident) for one in phases)
    yield DeepSeries("resident behind each phase", "bytes", names, residents)
    points = [float(value) for stretch in seen.stretches for value in stretch]
    if points:
        labels = tuple(str(place * seen.every) for place in range(len(points)))
        yield DeepSeries("more than at first, by run", "bytes", labels, tuple(value - points[0] for value in points))


def _lines(seen: GrowthSeen, per_run: float) -> Iterator[str]:
    if (peak := added(seen)) is not None:
        yield f"the model takes {in_bytes(peak)} at most, beside what onnxruntime takes without a model"
    if len(seen.phases) > 1:
        yield "resident behind " + ", ".join(f"{one.phase}: {in_bytes(one.resident)}" for one in seen.phases)
    whole = sum(points[-1] - points[0] for points in seen.stretches)
    if per_run:
        yield f"it grows by {in_bytes(round(per_run))} with every run, steadily, over {counted(seen.runs, 'run')}"
    elif seen.stretches:
        moved = f"{in_bytes(abs(whole))} {'more' if whole >= 0 else 'less'}"
        yield f"no growth that goes on: {moved} behind {counted(seen.runs, 'run')}"
    if not seen.counts:
        yield "this system does not say what is resident now: these are peaks"
