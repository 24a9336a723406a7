"""What nobody needs goes: folders of killed workers, pages and answers of what is gone, and reports that are old."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from ...store import webhooks
from ...store.housekeeping import forget_answers, forget_jobs, known_uids, projects, running_jobs
from ...store.upkeep import Wish, prune
from ...store.works import Works
from .storage import Storage
from .sweeping import sweep

_DELIVERIES = 30 * 86_400.0  # seconds for which what was sent to webhooks is known
_YOUNG = 3600.0  # seconds in which a page may come before its report
_AT_ONCE = 256  # pages that are looked up together


class Tidying:
    """Tidies up after everybody; any process may do it, and several at once."""

    def __init__(self, store: Works, storage: Storage, retention: float | None = None) -> None:
        self._store, self._storage, self._retention = store, storage, retention  # the last in days; None: for ever

    def tidy(self) -> None:
        """Take away what nobody needs."""
        sweep(self._store, self._storage)
        forget_answers(self._store)
        webhooks.forget(self._store, _DELIVERIES)
        if self._retention is not None:
            for project in projects(self._store):
                prune(self._store.in_project(project), Wish(older_than=self._retention))
            forget_jobs(self._store, self._retention)
        self._tidy_work()
        self._tidy_pages()

    def _tidy_work(self) -> None:
        """Folders of jobs that nobody is at: a worker that is killed leaves its own."""
        there = self._storage.work_folders()
        if there:
            running = running_jobs(self._store)
            for name in there:
                if name[:32] not in running:
                    self._storage.forget_work(name)

    def _tidy_pages(self) -> None:
        """Pages without a report. A page is there before its report is."""
        before = time.time() - _YOUNG
        for project in self._storage.projects_of_pages():
            store = self._store.in_project(project)
            for pages in _together(_older(self._storage.pages(project), before)):
                known = known_uids(store, {page.name.partition(".")[0] for page in pages})
                for page in pages:
                    if page.name.partition(".")[0] not in known:
                        page.unlink(missing_ok=True)


def _older(folder: Path, before: float) -> Iterator[Path]:
    for page in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            status = page.lstat()
            if S_ISREG(status.st_mode) and status.st_mtime < before:
                yield page


def _together(pages: Iterator[Path]) -> Iterator[list[Path]]:
    group: list[Path] = []
    for page in pages:
        group.append(page)
        if len(group) == _AT_ONCE:
            yield group
            group = []
    if group:
        yield group
