"""Many models: each audited once, its report kept before it is told, and what is unchanged not audited again."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from ..errors import AuditorError, ExitCode, NothingToAudit
from ..formats.json import document, escaped
from ..gate import exit_code, judge
from ..pipeline import audit, selected
from ..policy import Policy
from ..report import Coverage, Finding, Missed, ModelIdentity, Report, Severity, Verdict
from ..rules import rules_digest
from ..settings import Settings
from ..store.store import source_of
from ..store.works import Done, FileState, Works
from .engine import Died, Limits, Overdue, Pool, Raised, Result, Returned, Task, TooLarge
from .refs import Ref
from .state import files_of, hashed, key, settled, unchanged

_BLOCK = 64  # models that are looked up together
_AHEAD = 8  # tasks a worker that wait in the pool


class Outcome(NamedTuple):
    """What came of one model: its report as a document, and whether an earlier audit of the same content was taken."""

    ref: Ref
    document: Mapping[str, Any]
    verdict: Verdict
    code: ExitCode
    reused: bool = False
    audit_id: int | None = None  # where it is stored
    trace: str = ""  # of a fault of ours


class Audited(NamedTuple):
    """What a worker sends back."""

    document: dict[str, Any]
    verdict: Verdict
    code: ExitCode
    whole: bool  # all was looked at that can be: doing it again would give the same


def batch(
    refs: Iterable[Ref],
    settings: Settings,
    policy: Policy,
    store: Works | None,
    jobs: int,
    limits: Limits,
) -> Generator[Outcome, None, None]:
    """Audit all models; exactly one outcome for each, in the order of completion, stored before it is yielded."""
    selected(settings)  # a wrong name ends this before anything is audited, and workers inherit the imported rules
    with Pool(jobs, limits) as pool:
        yield from _Batch(iter(refs), settings, policy, store, pool).outcomes()


def audit_one(ref: Ref, settings: Settings, policy: Policy) -> Audited:
    """One model, in a worker. Whatever can be said of the model is in the document."""
    try:
        report = audit(ref.path, settings, ref.contract)
        verdict = judge(report, policy).verdict
        code = exit_code(verdict)
    except AuditorError as error:
        report, verdict = nothing(ref, str(error)), Verdict.INCONCLUSIVE
        code = error.exit_code if isinstance(error, NothingToAudit) else ExitCode.INCONCLUSIVE
    skipped = report.coverage.skipped + tuple(Missed("registry", trouble) for trouble in ref.troubles)
    report = report._replace(coverage=report.coverage._replace(skipped=skipped))
    whole = not report.coverage.failed and _all_known(ref, report)
    return Audited(document(report, verdict), verdict, code, whole)


def _all_known(ref: Ref, report: Report) -> bool:
    """Whether the source named all the data that is there; of other data nobody would see that it changed."""
    folder = os.path.dirname(ref.path)  # noqa: PTH120
    files = {os.path.normpath(os.path.join(folder, file)) for file in report.model.files}  # noqa: PTH118
    return {file for file in files if os.path.lexists(file)} <= {os.path.normpath(file) for file in ref.files}


def nothing(ref: Ref, why: str) -> Report:
    """The report of a model that could not be looked at."""
    return Report(
        ModelIdentity(ref.path),
        coverage=Coverage(failed=(Missed("model", why, asked=True),)),
        audited_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rules_digest=rules_digest(),
    )


class _Work(NamedTuple):
    ref: Ref
    key: str | None = None
    states: tuple[FileState, ...] = ()  # of files that were hashed just now

    def settled(self) -> tuple[FileState, ...]:
        """The files whose next change will show in their times."""
        return tuple(state for state in self.states if settled(state))


@dataclass(slots=True)
class _Batch:
    refs: Iterator[Ref]
    settings: Settings
    policy: Policy
    store: Works | None
    pool: Pool
    at: dict[Task, _Work] = field(default_factory=dict)

    def outcomes(self) -> Iterator[Outcome]:
        yield from self._refill()
        for task in self.pool.as_completed():
            work, result = self.at.pop(task), task.result
            assert result is not None
            if task.function is hashed:
                yield from self._looked_up([self._with_key(work.ref, result)])
            else:
                yield self._finished(work, result)
            yield from self._refill()

    def _refill(self) -> Iterator[Outcome]:
        """Keep the workers busy, and no more models in memory than that takes."""
        while self.pool.outstanding < self.pool.jobs * _AHEAD:
            refs = list(islice(self.refs, _BLOCK))
            if not refs:
                return
            yield from self._taken(refs)

    def _taken(self, refs: list[Ref]) -> Iterator[Outcome]:
        if self.store is None:
            for ref in refs:
                self._submit(_Work(ref))
            return
        paths = [files_of(ref) for ref in refs]
        states = self.store.states([path for group in paths for path in group])
        known = []
        for ref, group in zip(refs, paths, strict=True):
            if all(unchanged(path, states.get(path)) for path in group):
                known.append(_Work(ref, key(ref, self.settings, {path: states[path] for path in group})))
            else:
                self.at[self.pool.submit(hashed, group)] = _Work(ref)
        yield from self._looked_up(known)

    def _with_key(self, ref: Ref, result: Result) -> _Work:
        match result:
            case Returned(tuple() as states):
                return _Work(ref, key(ref, self.settings, {state.path: state for state in states}), states)
            case _:  # a file that cannot be read has no content that work could be known by
                return _Work(ref)

    def _looked_up(self, works: list[_Work]) -> Iterator[Outcome]:
        assert self.store is not None
        done = self.store.done({work.key: source_of(work.ref.path) for work in works if work.key is not None})
        for work in works:
            if work.key is not None and work.key in done:
                yield self._reused(work, done[work.key])
            else:
                self._submit(work)

    def _submit(self, work: _Work) -> None:
        self.at[self.pool.submit(audit_one, work.ref, self.settings, self.policy)] = work

    def _reused(self, work: _Work, done: Done) -> Outcome:
        assert self.store is not None
        source, audit_id, told = source_of(work.ref.path), done.audit_id, done.document
        told["verdict"] = verdict = rejudged(told, self.policy)
        if done.source != source:  # the same content at another place: a model with a history of its own
            told["model"]["path"] = escaped(work.ref.path)
            audit_id, _ = self.store.finish(told, source, work.key, work.settled())
        elif work.settled():
            self.store.remember(work.settled())
        return Outcome(work.ref, told, verdict, exit_code(verdict), True, audit_id)

    def _finished(self, work: _Work, result: Result) -> Outcome:
        audited, trace = _audited(work.ref, result)
        outcome = Outcome(work.ref, audited.document, audited.verdict, audited.code, trace=trace)
        if self.store is None:
            return outcome
        source = source_of(work.ref.path)
        same = audited.whole and all(unchanged(state.path, state) for state in work.states)
        audit_id, there = self.store.finish(
            audited.document, source, work.key if same else None, work.settled() if same else ()
        )
        return outcome._replace(audit_id=audit_id, reused=there)


def rejudged(told: Mapping[str, Any], policy: Policy) -> Verdict:
    """The verdict on a stored document: policy is applied when a report is read."""
    findings = tuple(Finding("", severity=Severity(f["severity"] or "error")) for f in told["findings"])
    failed, skipped = (
        tuple(Missed(m["what"], m["why"], m["asked"]) for m in told["coverage"][part]) for part in ("failed", "skipped")
    )
    return judge(Report(ModelIdentity(""), findings, Coverage((), skipped, failed)), policy).verdict


def _audited(ref: Ref, result: Result) -> tuple[Audited, str]:
    """What there is to say when the worker says it, and when it cannot."""
    code, trace = ExitCode.INCONCLUSIVE, ""
    match result:
        case Returned(Audited() as audited):
            return audited, ""
        case Raised(error, trace):
            why, code = f"a fault of auditor: {error}", ExitCode.FAULT
        case Died(how, tries):
            why = f"it killed the process that audits it, {tries} times ({how})"
        case Overdue(seconds):
            why = f"its audit did not end in {seconds:g} seconds"
        case TooLarge(limit):
            why = f"its audit took more than {limit} bytes of memory"
        case _:
            raise TypeError(f"a worker returned {result!r}")
    report = nothing(ref, why)
    return Audited(document(report, Verdict.INCONCLUSIVE), Verdict.INCONCLUSIVE, code, whole=False), trace
