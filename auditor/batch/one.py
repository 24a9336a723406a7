"""One model in a worker: what an audit of it says, and what there is to say when the worker cannot."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .. import pipeline
from ..errors import AuditorError, CannotLook, ExitCode, NothingToAudit
from ..evidence.evidence import Listening, nobody
from ..formats.json import document
from ..model.load import Source, load
from ..report import Coverage, Missed, ModelIdentity, Report, Verdict
from ..rules import rules_digest
from ..settings import EVERY, Settings
from ..shapes.inputs import input_facts
from ..tuples import NamedTuple
from .refs import Ref
from .tasks import Died, OutOfSight, Overdue, Raised, Result, Returned, TooLarge

if TYPE_CHECKING:
    from ..weights.once import MeasuredFiles

_NONE: Mapping[Any, Any] = {}


class Audited(NamedTuple):
    """What a worker sends back: the report as a document, before any policy."""

    document: dict[str, Any]
    whole: bool  # all was looked at that can be: doing it again would give the same
    code: ExitCode | None = None  # where the model could not be looked at at all, whatever the policy
    trace: str = ""  # of faults of ours that cost a part of the audit


def audit_one(ref: Ref, settings: Settings, listening: Listening = nobody, before: MeasuredFiles = _NONE) -> Audited:
    """One model, in a worker. Whatever can be said of the model is in the document.

    ``before``: what was found out about its tensors when its files were hashed.
    """
    if settings.run:
        from ..runtime.started import keep_server

        keep_server()
    code = None
    unbound: tuple[Missed, ...] = ()
    try:
        if ref.unfetched:
            raise CannotLook(ref.unfetched)
        settings, unbound = fitting(ref.source, settings)
        report = pipeline.audited(ref.source, settings, ref.contract, listening, before).report
    except AuditorError as error:
        report = nothing(ref, str(error))
        code = error.exit_code if isinstance(error, NothingToAudit) else ExitCode.INCONCLUSIVE
    skipped = (*report.coverage.skipped, *unbound, *(Missed("registry", trouble) for trouble in ref.troubles))
    if ref.partly is not None:
        skipped = (*skipped, ref.partly.missed())
    report = report._replace(coverage=report.coverage._replace(skipped=skipped))
    if ref.address:
        report = report._replace(model=report.model._replace(path=ref.address))
    left_open = report.coverage.failed or any(missed.asked and not _settled(missed, report) for missed in skipped)
    whole = not left_open and _all_known(ref, report)
    return Audited(document(report, Verdict.INCONCLUSIVE), whole, code, "\n".join(report.coverage.traces))


def _settled(missed: Missed, report: Report) -> bool:
    """Whether looking again would say the same: this onnxruntime does not load this model, however often asked."""
    return report.run.status == "failed" and missed.what.startswith(("run", "golden vector "))


def fitting(source: Source, settings: Settings) -> tuple[Settings, tuple[Missed, ...]]:
    """Of the sizes and ranges that were given those which this model has a place for; of many models not all have."""
    if not settings.dims and not settings.shapes and not settings.ranges:
        return settings, ()
    try:
        inputs = input_facts(load(source).graph, {}, {})
    except AuditorError:  # the audit says why
        return settings, ()
    names = {str(size) for fact in inputs.values() for size in fact.shape or () if not isinstance(size, int | None)}
    dims = {name: size for name, size in settings.dims.items() if name in names}
    missed = [Missed(f"--dim {name}", "no input has such a size") for name in settings.dims if name not in names]
    shapes = {}
    for name, shape in settings.shapes.items():
        if name not in inputs:
            missed.append(Missed(f"--input-shape {name}", "the model has no such input"))
        elif (declared := inputs[name].shape) is not None and len(declared) != len(shape):
            missed.append(Missed(f"--input-shape {name}", f"the input has {len(declared)} axes, not {len(shape)}"))
        else:
            shapes[name] = shape
    ranges = {name: ends for name, ends in settings.ranges.items() if name in inputs or name == EVERY}
    missed += [
        Missed(f"--range {name}", "the model has no such input") for name in settings.ranges if name not in ranges
    ]
    return settings._replace(dims=dims, shapes=shapes, ranges=ranges), tuple(missed)


def _all_known(ref: Ref, report: Report) -> bool:
    """Whether the source named all the data that is there; of other data nobody would see that it changed."""
    if not report.model.files:
        return True
    folder = os.path.dirname(ref.path)
    files = {os.path.normpath(os.path.join(folder, file)) for file in report.model.files}
    return {file for file in files if os.path.lexists(file)} <= {os.path.normpath(file) for file in ref.files}


def nothing(ref: Ref, why: str) -> Report:
    """The report of a model that could not be looked at."""
    return Report(
        ModelIdentity(ref.place),
        coverage=Coverage(failed=(Missed("model", why, asked=True),)),
        audited_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rules_digest=rules_digest(),
    )


def audited(ref: Ref, result: Result) -> tuple[Audited, str]:
    """What there is to say when the worker says it, and when it cannot; and the trace of a fault of ours."""
    code, trace = ExitCode.INCONCLUSIVE, ""
    match result:
        case Returned(Audited() as done):
            return done, done.trace
        case Raised(error, trace):
            why, code = f"a fault of auditor: {error}", ExitCode.FAULT
        case Died("SIGKILL", tries):
            by = "by the system for lack of memory, by someone, or by the model"
            why = f"its worker was killed {tries} times (SIGKILL): {by}"
        case Died(how, tries):
            why = f"its worker ended {tries} times before it was done ({how})"
        case Overdue(seconds):
            why = f"its audit did not end in {seconds:g} seconds"
        case TooLarge(limit):
            why = f"its audit took more than {limit} bytes of memory"
        case OutOfSight(_, how):
            why = f"{how}: workers have to see it as it is here, in a folder that they share"
        case _:
            raise TypeError(f"a worker returned {result!r}")
    return Audited(document(nothing(ref, why), Verdict.INCONCLUSIVE), False, code), trace
