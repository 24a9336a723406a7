"""How a part of the look in depth asks the child, and what becomes of an answer that is none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ...report import DeepPart, Missed, Stamp
from ...runtime.outcome import Crashed, Deep, Failed, NotRun, OutOfMemory, Run, TimedOut, first_line
from ...runtime.request import DeepQuestion, Feed, Request, RunLimits
from ...tuples import NamedTuple
from ..processor import features, processor
from ..trial import base_request, run_limits

if TYPE_CHECKING:
    from ..evidence import Evidence

T = TypeVar("T")


class NotSeen(Exception):
    """A part was not looked at; ``missed`` says why."""

    def __init__(self, missed: Missed) -> None:
        super().__init__(missed.why)
        self.missed = missed


class Unseen(NamedTuple):
    """In place of what a part would give."""

    part: DeepPart
    missed: tuple[Missed, ...]


def not_seen(part: str, missed: Missed) -> Unseen:
    """What stands in the report of a part that was not looked at."""
    return Unseen(DeepPart(part, "not looked at", missed.why), (missed,))


class DeepAnswer(NamedTuple):
    """What the child saw; ``missed``: what it did not come to."""

    seen: Any
    stamp: Stamp
    missed: tuple[Missed, ...]


def feeds_that_ran(evidence: Evidence, part: str) -> tuple[Feed, ...]:
    """Inputs on which the run of record ran; `NotSeen` where there are none."""
    from ..evidence import NotLookedAt

    try:
        trial = evidence.trial
    except NotLookedAt as error:
        raise NotSeen(Missed(part, f"there was no run: {error.missed.why}", asked=True)) from None
    match trial.result:
        case Run(feeds=feeds, outputs=outputs) if feeds or outputs:
            return feeds
        case Run():
            why = "no inputs of ours ran, only golden vectors"
        case result:
            why = next((m.why for m in trial.missed if m.what == "run"), type(result).__name__)
            why = f"the model did not run: {why}"
    raise NotSeen(Missed(part, why, asked=True))


def ask(
    evidence: Evidence,
    part: str,
    asked: tuple[Any, ...],
    attempts: Sequence[tuple[Feed, ...]],
    *,
    runs: float = 10.0,
    room: int = 0,
    beside: Sequence[str] = (),
    **changes: Any,
) -> DeepAnswer:
    """What the child sees of a part. ``asked`` is a record of the twin's ``ASKED``; ``runs``: so many plain runs of
    the model it may take; ``room``: so many bytes beside what a run needs. `NotSeen` where nothing came of it."""
    from ...runtime.parent import look
    from ...runtime.plain import plain

    def put(request: Request) -> DeepAnswer:
        outcome = look(request)
        if not isinstance(outcome, Deep):
            raise NotSeen(Missed(part, _why(outcome), asked=True, trace=getattr(outcome, "fault", "")))
        missed = () if outcome.whole else (Missed(f"{part}, the rest of it", outcome.how, asked=True),)
        return DeepAnswer(outcome.seen, stamp_of(outcome, request), missed)

    limits = _limits(evidence, runs)
    question = DeepQuestion(part, json.dumps(plain(asked)))
    with base_request(evidence.model, evidence.costs, evidence.settings) as request:
        if request.predicted_bytes is not None:
            request = request._replace(predicted_bytes=request.predicted_bytes + room)
        whole = request._replace(attempts=tuple(attempts), deep=question, beside=tuple(beside), limits=limits)
        return put(whole._replace(**changes))


_LONGEST = 900.0  # seconds that a part may take
_SLOWER = 4  # times of the run of record that a run may take beside it
_SESSIONS = 20  # that a part opens, at most


def _limits(evidence: Evidence, runs: float) -> RunLimits:
    """As predicted, or as the run of record took: where sizes are open nobody has predicted anything."""
    limits = run_limits(evidence.costs, evidence.settings, runs)
    result = evidence.trial.result
    if evidence.settings.timeout is not None or not isinstance(result, Run):
        return limits
    took = limits.seconds + _SLOWER * (runs * sum(result.run_seconds) + _SESSIONS * result.load_seconds)
    return limits._replace(seconds=min(took, _LONGEST))


def stamp_of(outcome: Deep, request: Request) -> Stamp:
    """With what it was seen."""
    return Stamp(
        f"onnxruntime {outcome.version}",
        outcome.provider,
        processor() if outcome.provider == "CPUExecutionProvider" else "",
        request.limits.thread_count(),
        request.optimisation,
        features(),
    )


def _why(outcome: object) -> str:
    match outcome:
        case NotRun(why=why):
            return why
        case Failed(stage=stage, message=message):
            return f"onnxruntime refused ({stage}): {first_line(message)}"
        case Crashed(signal=signal, stage=stage):
            return f"onnxruntime died ({stage}): {signal}"
        case TimedOut(seconds=seconds):
            return f"no end after {seconds:g} s (--timeout)"
        case OutOfMemory(stage=stage):
            return f"out of memory ({stage}) (--memory)"
    return type(outcome).__name__
