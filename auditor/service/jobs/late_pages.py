"""Pages that are drawn when somebody asks for them: of audits that were done while others waited.

Whoever serves a report that has no page leaves its name in the storage. A dispatcher finds it there and has a worker
draw; the name goes when that is over, however it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...batch.engine import LastingEngine
from ...batch.run import allowed
from ...batch.tasks import Raised, Returned, Task, WorkerLimits
from ...errors import AuditorError
from ...store.asked import asked_audit
from ...store.leases import Registered
from ...store.registered import registered_version
from ...store.works import Works
from ..answers.report_page import note_undrawable
from ..files.storage import Storage, Undrawn
from .version_tasks import version_task
from .wanted import wanted
from .working import VersionTask, draw_version


class _Gone(AuditorError):
    """What was to be drawn is not there any more."""


@dataclass(slots=True)
class LatePages:
    """Has the workers of a pool draw what is asked for, beside what they do."""

    store: Works
    storage: Storage
    pool: LastingEngine
    limits: WorkerLimits
    floor: int = 0  # bytes of the storage's disk that stay free
    _at: dict[Task, Undrawn] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Whether something is being drawn."""
        return bool(self._at)

    def look(self, most: int) -> None:
        """Begin with what is asked for, until so many pages are being drawn."""
        if len(self._at) >= most:
            return
        at = set(self._at.values())
        for one in self.storage.undrawn():
            if len(self._at) >= most:
                return
            if one not in at:
                self._begin(one)

    def ended(self, task: Task) -> bool:
        """Whether that was one of these tasks. Of a page that cannot be drawn it is kept why."""
        one = self._at.pop(task, None)
        if one is None:
            return False
        match task.result:
            case Returned(str() as why):
                self._over(one, why)
            case Raised(error, _):
                self._over(one, f"a fault of auditor: {error}")
            case result:
                self._over(one, f"its drawing came to no end ({type(result).__name__.lower()})")
        return True

    def _begin(self, one: Undrawn) -> None:
        try:
            task, document = self._task(one)
        except AuditorError as error:
            self._over(one, str(error))
            return
        usual = allowed(task.wanted.settings)
        limits = WorkerLimits(min(usual.seconds, self.limits.seconds), min(usual.memory, self.limits.memory))
        self._at[self.pool.submit(draw_version, task, document, limits=limits, tries=1)] = one

    def _task(self, one: Undrawn) -> tuple[VersionTask, dict[str, object]]:
        """What is to be drawn, as the policy of now judges it."""
        store = self.store.in_project(one.project)
        asked = asked_audit(store, one.uid)
        number = store.audit_by_uid(one.uid)
        document = None if number is None else store.get(number)
        if asked is None or asked.job.version_id is None or document is None:
            raise _Gone("the model is not kept any more")
        found = registered_version(store, asked.job.version_id)
        if found is None:
            raise _Gone("the model is not kept any more")
        registered = Registered(found.model, found.version, found.path, found.files, found.contract)
        want = wanted(store, registered, asked.job.options)
        accepted = store.accepted(found.model) if want.policy.compares else None
        return version_task(store, one.uid, str(self.storage.folder), want, accepted, self.floor), document

    def _over(self, one: Undrawn, why: str) -> None:
        if why:
            note_undrawable(self.storage.folder, one.project, one.uid, why)
        self.storage.forget_undrawn(one)
