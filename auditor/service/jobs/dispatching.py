"""What the dispatcher does: it claims jobs, has them done by workers, and ends each with its report.

One thread, no network, and nothing that only it knows: whatever it holds is in the database for as long as its lease
lasts. Killed at any moment it loses nobody's job, for the next one takes back what it held.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...batch.engine import LastingEngine
from ...batch.one import audited
from ...batch.refs import Ref
from ...batch.run import allowed
from ...batch.tasks import Cancelled, Died, Overdue, Raised, Returned, Task, Told, TooLarge, WorkerLimits
from ...errors import AuditorError, StoreError
from ...policy.policy import Policy
from ...settings import Settings
from ...store import leases
from ...store.jobs import Child, Job
from ...store.leases import Claimed
from ...store.store import source_of
from ...store.works import Piece, Works
from ...tuples import NamedTuple
from ..files.storage import Storage
from ..outward.fetching import USUAL, UrlLimits
from ..outward.sources import is_url
from .late_pages import LatePages
from .version_tasks import version_task
from .wanted import configured, settings_of, wanted
from .working import (
    Carried,
    FoundModels,
    NotCarried,
    SourceTask,
    audit_source,
    audit_version,
    find_models,
    kept,
)  # fmt: skip

TRIES = 3
"""A job that killed so many workers is done, with a report that says so."""

_LEASE, _RENEW = 30.0, 8.0  # seconds
_SHORT, _LONG = 0.2, 1.0  # seconds between two looks for work: while there is some, and when there is none for long
_STAGES = 0.5  # seconds between two times that stages are written
_AHEAD = 1  # jobs a worker that wait in the pool, so that it need not wait for the database
_QUICK, _QUICK_AHEAD = 2.0, 2  # where jobs take fewer seconds one more waits, and so many are claimed at once as end


class _Held(NamedTuple):
    """A job that is ours."""

    claimed: Claimed
    task: Task
    ref: Ref
    settings: Settings
    policy: Policy
    source: str


@dataclass(slots=True)
class Dispatcher:
    """Does what waits, until it is told to stop."""

    store: Works
    storage: Storage
    pool: LastingEngine
    name: str  # nobody else has it
    roots: tuple[str, ...] = ()
    limits: WorkerLimits = field(default_factory=lambda: WorkerLimits(3600.0))
    tell: Callable[[str], object] = lambda line: None  # what whoever runs the service should know
    hosts: tuple[str, ...] = ()
    fetch: UrlLimits = USUAL
    _pages: LatePages = field(init=False)
    _held: dict[str, _Held] = field(default_factory=dict)
    _stages: dict[str, str] = field(default_factory=dict)
    _written: dict[str, str] = field(default_factory=dict)
    _served: dict[str, int] = field(default_factory=dict)
    _waiting: bool = True
    _looked: float = 0.0
    _renewed: float = 0.0
    _pause: float = _SHORT
    _took: float = 2 * _QUICK  # seconds of a job, as the last ones were
    _trouble: str = ""  # with the database, as it was told last

    def __post_init__(self) -> None:
        self._pages = LatePages(self.store, self.storage, self.pool, self.limits, self.fetch.floor)

    def step(self, *ears: int, claims: bool = True) -> None:
        """Wait for something to happen, and do what is to be done then."""
        for event in self.pool.wait(self._patience(claims), *ears):
            match event:
                case Task() if self._pages.ended(event):
                    self._looked = 0.0
                case Told(task, stage):
                    self._stages[task.arguments[0].job_id] = stage
                case Task():
                    self._ended(event)
        try:
            self._look()
            self._renew()
            if claims and self._waiting:
                self._claim()
            self._trouble = ""
        except StoreError as error:  # locked for long, say: what runs goes on, and is ours while its lease lasts
            self._waiting = False  # until the next look
            if str(error) != self._trouble:
                self._trouble = str(error)
                self.tell(self._trouble)

    def hear(self) -> None:
        """Something was submitted: look at once."""
        self._looked, self._pause, self._waiting = 0.0, _SHORT, True

    @property
    def busy(self) -> bool:
        """Whether it holds a job."""
        return bool(self._held)

    def drain(self) -> None:
        """The end is near: what no worker has begun waits again, and what runs may go on."""
        taken = {task.arguments[0].job_id for task in self.pool.withdraw()} & set(self._held)
        leases.give_back(self.store, self.name, taken)
        for job_id in taken:
            del self._held[job_id]

    def close(self) -> None:
        """End; what it holds waits again, and nothing is said against it."""
        self.pool.close()
        leases.give_back(self.store, self.name, self._held)
        for job_id in self._held:
            self._clear(job_id)
        self._held.clear()

    def _patience(self, claims: bool) -> float:
        if claims and self._waiting and self._room() > 0:
            return 0.0
        return min(self._pause, _STAGES if self._held else _LONG)

    def _room(self) -> int:
        """How many jobs are to be claimed now, if there are so many."""
        if self._took >= _QUICK:
            return self.pool.jobs * (1 + _AHEAD) - len(self._held)
        room = self.pool.jobs * (1 + _QUICK_AHEAD) - len(self._held)
        return room if room >= self.pool.jobs else 0

    def _look(self) -> None:
        """A look at the database writes nothing; with nothing to do the looks become rare."""
        now = time.monotonic()
        if now - self._looked < self._pause:
            return
        self._looked = now
        self._pages.look(1 if self._waiting else self.pool.jobs)
        seen = leases.look(self.store, self.name)
        self._waiting = seen.waiting
        self._pause = _SHORT if seen.waiting or self._held else min(_LONG, self._pause * 1.2)
        for job_id in seen.wanted_no_more & set(self._held):
            self.pool.cancel(self._held[job_id].task)

    def _renew(self) -> None:
        now = time.monotonic()
        news = any(self._stages.get(job_id, "") != self._written.get(job_id, "") for job_id in self._held)
        if not self._held or now - self._renewed < (_STAGES if news else _RENEW):
            return
        self._renewed = now
        said = {job_id: self._stages.get(job_id, "") for job_id in self._held}
        kept = leases.renew(self.store, self.name, said, _LEASE)
        self._written = said
        for job_id in set(self._held) - kept:  # its model is gone, or this process slept for longer than its lease
            self._drop(job_id)

    def _drop(self, job_id: str) -> None:
        """Let go of what is ours no more."""
        held = self._held.pop(job_id)
        self.pool.cancel(held.task)
        self._clear(job_id)

    def _claim(self) -> None:
        room = self._room()
        if room <= 0:
            return
        found = leases.claim(self.store, self.name, room, _LEASE, self._served)
        self._waiting = len(found) == room
        for claimed in found:
            if claimed.job.id in self._held:  # we had lost it, and did not know yet
                self._drop(claimed.job.id)
            try:
                self._held[claimed.job.id] = self._begun(claimed)
            except Exception as error:
                self._not_done(claimed.job, error, "")

    def _begun(self, claimed: Claimed) -> _Held:
        """Have it done. `UsageError` where what was asked for makes no sense any more."""
        job, folder = claimed.job, str(self.storage.folder)
        store = self.store.in_project(job.project)
        if claimed.version is not None:
            asked = wanted(store, claimed.version, job.options)
            accepted = store.accepted(claimed.version.model) if asked.policy.compares else None
            draws = not self._waiting  # where others wait, their audits come first
            one = version_task(store, job.id, folder, asked, accepted, self.fetch.floor, draws=draws)
            task = self._submit(audit_version, one, asked.settings)
            return _Held(claimed, task, asked.ref, asked.settings, asked.policy, asked.source)
        assert job.source is not None
        configuration = configured(store)
        settings = settings_of(configuration, job.options)
        policy = configuration.policy(job.source)
        ref = Ref(os.path.basename(job.source), "", job.source, (job.source,), {}, None, ())
        other = SourceTask(
            job.id, job.project, folder, job.source, self.roots, self.hosts, self.fetch, settings, policy
        )
        task = self._submit(find_models if job.parent_id is None else audit_source, other, settings)
        return _Held(claimed, task, ref, settings, policy, job.source)

    def _submit(self, function: Callable[[Any], Any], one: Any, settings: Settings) -> Task:
        """Deaths are counted in the row, and nowhere else."""
        usual = allowed(settings)
        fetch = self.fetch.seconds if isinstance(one, SourceTask) and is_url(one.source) else 0.0
        limits = WorkerLimits(min(usual.seconds + fetch, self.limits.seconds), min(usual.memory, self.limits.memory))
        return self.pool.submit(function, one, limits=limits, tries=1)

    def _ended(self, task: Task) -> None:
        job_id = task.arguments[0].job_id
        held = self._held.get(job_id)
        if held is None or held.task is not task:
            return
        del self._held[job_id]
        self._stages.pop(job_id, None)
        if not isinstance(task.result, Returned):
            self._clear(job_id)
        try:
            self._finish(held, task)
        except Exception as error:
            self._not_done(held.claimed.job, error, "its report cannot be kept: ")

    def _not_done(self, job: Job, error: Exception, what: str) -> None:
        """What cannot be begun or kept must not come back for ever, nor end this process for all others."""
        try:
            if isinstance(error, StoreError):  # a moment later the database may take it
                self.tell(str(error))
                why = f"{what}the report database could not be used {TRIES} times"
                leases.not_taken(self.store, job, self.name, TRIES, why)
                return
            if not isinstance(error, AuditorError):
                self.tell("".join(traceback.format_exception(error)))
            leases.fail(self.store, job, self.name, f"{what}{error}")
        except StoreError as still:  # nobody says any more that it is ours: it waits again when its lease is over
            self.tell(str(still))

    def _finish(self, held: _Held, task: Task) -> None:
        job = held.claimed.job
        match task.result:
            case Returned(Carried() as done):
                self._keep(held, done.document, done.ref, done.key if done.whole else None, done.seconds)
                self._took += (sum(done.seconds.values()) - self._took) / 4
                if done.trace:
                    self.tell(done.trace)
            case Returned(FoundModels(sources, why)):
                children = [Child(source, job.options) for source in sources]
                leases.finish_source(self.store, job, self.name, children, why)
                self._waiting = True
            case Returned(NotCarried(why)):
                leases.fail(self.store, job, self.name, why)
            case Cancelled():
                leases.give_up(self.store, job, self.name)
            case Raised(error, trace):
                self.tell(trace)
                leases.fail(self.store, job, self.name, error)
            case Died(how):
                attempts = leases.died(self.store, job, self.name, TRIES)
                if attempts >= TRIES:
                    self._say(held, Died(how, attempts))
                else:
                    self._waiting = True
            case Overdue() | TooLarge() as result:
                self._say(held, result)
            case result:
                raise TypeError(f"a worker returned {result!r}")

    def _say(self, held: _Held, result: Died | Overdue | TooLarge) -> None:
        """A report that says what became of its audit."""
        done, _ = audited(held.ref, result)
        self._keep(held, kept(done, held.policy, held.settings, None), held.ref, None, {})

    def _keep(
        self, held: _Held, document: Mapping[str, Any], ref: Ref, key: str | None, seconds: Mapping[str, float]
    ) -> None:
        lies = held.claimed.version is None and not is_url(held.source)
        source = source_of(ref.path) if lies else held.source
        piece = Piece(document, source, key, whole=key is not None, subject=ref.known_as or None, version=ref.version)
        counted = {f"seconds {stage}": spent for stage, spent in seconds.items()}
        leases.finish(self.store, held.claimed.job, self.name, piece, counted)

    def _clear(self, job_id: str) -> None:
        """Take away what a worker left that was killed at this job."""
        for name in self.storage.work_folders():
            if name.startswith(job_id):
                self.storage.forget_work(name)
