"""What a worker does for a job: nothing that it takes or returns needs the database."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from ...batch.drawing import picture_for
from ...batch.measuring import hashed_for
from ...batch.one import Audited, audit_one
from ...batch.pool import tell
from ...batch.refs import Ref
from ...batch.sources.folder import plain
from ...batch.state import Keys, hashed, unchanged
from ...batch.verdicts import judged, passes_open
from ...errors import AuditorError
from ...formats.json import parse
from ...names import prose
from ...policy.judge import judge
from ...policy.policy import Policy
from ...report import Verdict
from ...sessions.gating import judged_for_gate
from ...settings import Settings
from ...store.works import FileState
from ...tuples import NamedTuple
from ..answers.report_page import write_page
from ..answers.summaries import LARGE, JudgementKey, keep_summary, summary_of
from ..files.storage import Storage
from ..outward.addresses import hosts_of
from ..outward.fetching import UrlLimits, fetched
from ..outward.sources import RemoteSource, allowed_source, model_at, models_of
from .wanted import Wanted

_MOST_TROUBLES = 20  # of one source


class VersionTask(NamedTuple):
    """An uploaded version to audit."""

    job_id: str
    project: str
    storage: str
    wanted: Wanted
    accepted: Mapping[str, Any] | None  # the document of the version that was accepted last
    floor: int = 0  # bytes of the storage's disk that stay free
    keys: tuple[JudgementKey, ...] = ()  # of the judgements that will be asked for
    draws: bool = True  # its page as well: else when somebody asks for it


class SourceTask(NamedTuple):
    """Models to find, or one to audit, where they lie."""

    job_id: str
    project: str
    storage: str
    source: str
    roots: tuple[str, ...]  # below which anything may be read
    hosts: tuple[str, ...]  # from which models may be fetched
    fetch: UrlLimits
    settings: Settings
    policy: Policy


class Carried(NamedTuple):
    """An audit that a worker carried out."""

    document: dict[str, Any]  # the report before any policy, with the policy's verdict
    ref: Ref
    whole: bool  # it need not be done again
    key: str | None  # of its work
    trace: str  # of faults of ours
    seconds: Mapping[str, float]  # by stage


class FoundModels(NamedTuple):
    """The models that lie at a source, and a line on what could not be read there."""

    sources: tuple[str, ...]
    why: str = ""


class NotCarried(NamedTuple):
    """What was asked for cannot be looked at, and why."""

    why: str


def audit_version(task: VersionTask) -> Carried | NotCarried:
    """Audit an uploaded version in a folder of its own, where its files have the names that they were uploaded by."""
    clock = _StageClock()
    with _folder_of(task.storage, task.job_id) as folder:
        clock.at("fetching")
        try:
            Storage(task.storage).materialise(task.project, task.wanted.files, folder, task.floor)
        except AuditorError as error:
            return NotCarried(str(error))
        os.chdir(folder)  # a report names the files as their owner does
        wanted = task.wanted
        done = audit_one(wanted.ref, wanted.settings, clock.at)
        document = kept(done, wanted.policy, wanted.settings, task.accepted)
        if task.draws:
            clock.at("drawing")
            _draw(task, wanted.ref, document, wanted.settings, wanted.policy, task.accepted)
        _summarise(task, document)
    return Carried(document, wanted.ref, is_whole(done, document), wanted.key, done.trace, clock.seconds())


def draw_version(task: VersionTask, document: Mapping[str, Any]) -> str:
    """Draw the page of a report that is kept, as the task's policy judges it; "", or why it cannot be drawn."""
    with _folder_of(task.storage, task.job_id) as folder:
        try:
            Storage(task.storage).materialise(task.project, task.wanted.files, folder, task.floor)
        except AuditorError as error:
            return str(error)
        os.chdir(folder)
        wanted = task.wanted
        why = _draw(task, wanted.ref, document, wanted.settings, wanted.policy, task.accepted)
        _summarise(task, document)
        return why


def find_models(task: SourceTask) -> FoundModels | NotCarried:
    """The models of a folder or a registry below one of the roots; a host's is the one that is asked for."""
    tell("finding")
    troubles: list[str] = []
    try:
        source = allowed_source(task.source, task.roots, task.hosts)
        if isinstance(source, RemoteSource):
            return FoundModels((source.url,))
        found = tuple(dict.fromkeys(os.path.abspath(ref.path) for ref in models_of(source, troubles)))
    except AuditorError as error:
        return NotCarried(prose(str(error)))
    why = "; ".join(map(prose, troubles[:_MOST_TROUBLES]))
    return FoundModels(found, why) if found or not why else NotCarried(why)


def audit_source(task: SourceTask) -> Carried | NotCarried:
    """Audit one model: where it lies, as its registry names it; a host's in a folder of its own."""
    clock = _StageClock()
    clock.at("fetching")
    with contextlib.ExitStack() as stack:
        try:
            source = allowed_source(task.source, task.roots, task.hosts)
            if isinstance(source, RemoteSource):
                folder = stack.enter_context(_folder_of(task.storage, task.job_id))
                folder.mkdir(mode=0o700)
                file = fetched(source.url, folder, hosts_of(task.hosts), task.fetch)
                os.chdir(folder)
                ref = plain(os.path.basename(file.path), source.url)
            else:
                ref = model_at(source)
        except AuditorError as error:
            return NotCarried(str(error))
        return _carried(task, ref, clock)


def _carried(task: SourceTask, ref: Ref, clock: _StageClock) -> Carried:
    began = time.time_ns()
    states, measured = hashed_for(ref, task.settings)
    done = audit_one(ref, task.settings, clock.at, measured)
    document = kept(done, task.policy, task.settings, None)
    clock.at("drawing")
    _draw(task, ref, document, task.settings, task.policy)
    whole = is_whole(done, document) and states is not None and _are_as_hashed(states, began)
    key = None if states is None else Keys(task.settings).key_of(ref, states)
    return Carried(document, ref, whole, key, done.trace, clock.seconds())


def is_whole(done: Audited, document: Mapping[str, Any]) -> bool:
    """Whether the audit need not be done again: by another policy neither, which its verdict might not tell enough."""
    return done.whole and not passes_open(document, Verdict(document["verdict"]))


def _are_as_hashed(states: tuple[FileState, ...], began: int) -> bool:
    """Whether files are what they were; those that had changed just before are read again, for their times may lie."""
    late = [state for state in states if not state.look.is_settled(began)]
    same = all(unchanged(state.path, state) for state in states)
    return same and hashed([(state.path,) for state in late]) == [(state,) for state in late]


def kept(done: Audited, policy: Policy, settings: Settings, accepted: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is kept of an audit: the report before any policy, with the verdict of the policy of the moment."""
    verdict = judged(done, policy, accepted)
    return {
        **done.document,
        "verdict": verdict.verdict.value,
        "judged_by": verdict.document["judged_by"],
        "ad_hoc": list(settings.ad_hoc),
    }


def _draw(
    task: VersionTask | SourceTask,
    ref: Ref,
    document: Mapping[str, Any],
    settings: Settings,
    policy: Policy,
    accepted: Mapping[str, Any] | None = None,
) -> str:
    """Its page, as the policy of the moment judges it; "", or why there is none: a report is one all the same."""
    judged = judge(parse(document)[0], policy, None if accepted is None else parse(accepted)[0])
    picture, _ = picture_for(ref, judged.report, settings)
    keys = task.keys if isinstance(task, VersionTask) else ()
    key = next((key for key in keys if not key.gate), None)
    try:
        write_page(task.storage, task.project, task.job_id, judged.report, judged.verdict, picture, key)
    except OSError as error:
        return f"its page cannot be written: {error.strerror or error}"
    return ""


def _summarise(task: VersionTask, document: Mapping[str, Any]) -> None:
    """Of a large report what is asked for most, as the policy of the moment judges it: who answers need not judge."""
    if len(document["findings"]) < LARGE:
        return
    report, policy = parse(document)[0], task.wanted.policy
    accepted = None if task.accepted is None else parse(task.accepted)[0]
    for key in task.keys:
        judgement = (judged_for_gate if key.gate else judge)(report, policy, accepted)
        keep_summary(task.storage, key, summary_of(judgement))


@contextlib.contextmanager
def _folder_of(storage: str, job_id: str) -> Iterator[Path]:
    """A folder for one try at a job, which is gone afterwards: of one that was killed the dispatcher takes it away."""
    folder = Storage(storage).work(f"{job_id}{uuid4().hex[:8]}")
    try:
        yield folder
    finally:
        os.chdir(storage)
        shutil.rmtree(folder, ignore_errors=True)


class _StageClock:
    """Tells the stages as they come, and measures them."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._stage, self._began = "", time.monotonic()

    def at(self, stage: str) -> None:
        self._measured()
        self._stage = stage
        tell(stage)

    def seconds(self) -> dict[str, float]:
        self._measured()
        return self._seconds

    def _measured(self) -> None:
        now = time.monotonic()
        if self._stage:
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._began
        self._began = now
