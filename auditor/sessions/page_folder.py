"""A folder of pages for the models of a batch: an index, and a page for each, written as the batch goes.

Whatever ends the batch, the folder can be read: every file is whole or not there, and the index names pages that are.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

from ..batch.drawing import PARTIAL, write_page, write_page_of
from ..batch.pool import Pool
from ..batch.refs import Ref
from ..batch.run import Outcome
from ..batch.tasks import Died, Overdue, Raised, Returned, Task, TooLarge, WorkerLimits
from ..errors import UsageError
from ..formats.json import parse
from ..formats.parts.page.registry import ModelSummary, index, model_summary
from ..picture import Earlier, Picture
from ..settings import Settings
from ..tuples import NamedTuple
from .listening import Listener

MARK = ".auditor-pages"
"""The file that says that what lies in the folder was written here, and may be written again."""

_PAGES = "models"
_PAGE = re.compile(rf"\d{{6,}}-[0-9a-z]{{1,12}}\.html(?:{re.escape(PARTIAL)})?")
_DIGEST = re.compile(r"[0-9a-f]{12}")
_AHEAD = 4  # pages a worker that wait to be drawn
_GROWN = 1.25  # the index is written again when it has grown so much: in all, time linear in the models


History: TypeAlias = Callable[[Ref], tuple[Earlier, ...]]


class _Drawn(NamedTuple):
    """A page that a worker writes."""

    outcome: Outcome
    number: int
    page: str
    history: tuple[Earlier, ...]


class PageFolder:
    """Takes outcome after outcome. Ends with its ``with``: the index then names all pages.

    ``history`` gives the audits of a model that are kept, this one the first.
    """

    def __init__(
        self,
        path: str,
        settings: Settings,
        jobs: int,
        limits: WorkerLimits,
        listener: Listener | None = None,
        history: History = lambda ref: (),
    ) -> None:
        self.path = path
        self._settings = settings
        self._listener = listener or Listener()
        self._pool = Pool(jobs, limits)
        self._history = history
        self._drawn: dict[Task, _Drawn] = {}
        self._models: list[ModelSummary] = []
        self._taken = 0
        self._indexed = 0
        _begin(path)

    def write(self, outcome: Outcome) -> None:
        """Have the page of a model drawn; waits where many are waiting already."""
        if outcome.document is None:
            return
        self._taken += 1
        page = f"{_PAGES}/{self._taken:06}-{_digest(outcome.document)}.html"
        file = os.path.join(self.path, page)
        history = self._history(outcome.ref)
        task = self._pool.submit(write_page, outcome.ref, dict(outcome.document), self._settings, file, history)
        self._drawn[task] = _Drawn(outcome, self._taken, page, history)
        if self._pool.outstanding > self._pool.jobs * _AHEAD:
            self._take(next(iter(self._pool.as_completed())))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What waits is drawn; of a batch that was broken off, the pages that wait have no pictures."""
        try:
            if kind is None:
                for task in self._pool.as_completed():
                    self._take(task)
        finally:
            self._pool.close()
            for drawn in list(self._drawn.values()):
                self._alone(drawn, "the batch was broken off")
            self._write_index(ended=kind is None)
            if kind is None:
                self._remove_others()

    def _take(self, task: Task) -> None:
        drawn = self._drawn.pop(task)
        match task.result:
            case Returned(trouble):
                if trouble:
                    self._listener.say(trouble)
                self._add(drawn)
            case Raised(why, _):  # the disk is full, most likely: the same is tried here, and told
                self._alone(drawn, why)
            case Died(how, _):
                self._alone(drawn, f"drawing it ended its process ({how})")
            case Overdue(seconds):
                self._alone(drawn, f"drawing it did not end in {seconds:g} seconds")
            case TooLarge(limit):
                self._alone(drawn, f"drawing it took more than {limit} bytes of memory")

    def _alone(self, drawn: _Drawn, why: str) -> None:
        """The page of a report whose model could not be drawn."""
        document = drawn.outcome.document
        assert document is not None
        try:
            write_page_of(document, Picture(why=why, history=drawn.history), os.path.join(self.path, drawn.page))
        except OSError as error:
            self._lose(error)
            return
        self._add(drawn)

    def _add(self, drawn: _Drawn) -> None:
        outcome = drawn.outcome
        assert outcome.document is not None
        report, verdict = parse(outcome.document)
        named = outcome.ref.name or outcome.ref.place
        self._models.append(model_summary(drawn.number, named, outcome.ref.version, drawn.page, report, verdict))
        if len(self._models) >= self._indexed * _GROWN:
            self._write_index(ended=False)

    def _write_index(self, *, ended: bool) -> None:
        file = os.path.join(self.path, "index.html")
        self._indexed = len(self._models)
        try:
            with open(file + PARTIAL, "w", encoding="utf-8", errors="backslashreplace") as out:
                out.writelines(index(self._models, ended=ended))
            os.replace(file + PARTIAL, file)
        except OSError as error:
            self._lose(error)

    def _remove_others(self) -> None:
        """Pages of an earlier batch in this folder, which no index names any more."""
        named = {os.path.basename(model.page) for model in self._models}
        folder = os.path.join(self.path, _PAGES)
        try:
            for name in os.listdir(folder):
                if _PAGE.fullmatch(name) and name not in named:
                    os.unlink(os.path.join(folder, name))
        except OSError as error:
            self._listener.say(f"pages of an earlier batch are left in {folder}: {error.strerror}")

    def _lose(self, error: OSError) -> None:
        self._listener.lose(f"cannot write {self.path}: {error.strerror}")


def _digest(document: Mapping[str, Any]) -> str:
    """The digest's beginning, for a file's name: nothing that a model can choose."""
    model = document["model"]
    found = _DIGEST.match(str(model.get("content_digest") or model.get("digest") or ""))
    return found[0] if found else "none"


def _begin(path: str) -> None:
    """The folder is there, and new, empty or one of ours: what others made is never written over."""
    pages, mark = os.path.join(path, _PAGES), os.path.join(path, MARK)
    try:
        try:
            os.mkdir(path)
        except FileExistsError:
            there = os.listdir(path)
            if there and not (_is(mark, stat.S_ISREG) and (_PAGES not in there or _is(pages, stat.S_ISDIR))):
                raise UsageError(
                    f"{path} holds files that no batch wrote: -o html: wants a folder that is new or empty"
                ) from None
        with open(mark, "w", encoding="utf-8") as out:
            out.write(
                "The pages in this folder were written by `auditor batch -o html:`, which may write them again.\n"
            )
        os.makedirs(pages, exist_ok=True)
    except NotADirectoryError:
        raise UsageError(f"{path} is no folder: `auditor batch` writes a folder of pages") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _is(path: str, kind: Any) -> bool:
    """Whether something of a kind lies there, a link not followed."""
    try:
        return bool(kind(os.lstat(path).st_mode))
    except OSError:
        return False
