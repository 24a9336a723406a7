"""The bar of a long batch: models done, findings, rate, time left, and what is looked at in depth. No thread draws it:
workers are forked."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..batch.refs import Ref
from ..batch.run import Outcome
from ..errors import ExitCode
from ..names import visible
from ..runtime.libc import die_with

_EVERY = 0.1  # seconds between two drawings
_NAME = 30  # characters of a model's


def clear() -> None:
    """Take the bar's line away, where something else is about to be written; the next drawing brings it back."""
    print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class CountedApart:
    """How many there are, counted by a process of its own: nobody waits for it, and it may take as long as it likes."""

    def __init__(self, things: Callable[[], Iterable[object]]) -> None:
        self._answer, theirs = os.pipe()
        os.set_blocking(self._answer, False)
        self._total: int | None = None
        parent = os.getpid()
        self._pid = os.fork()
        if not self._pid:
            with suppress(BaseException):
                die_with(parent)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                os.write(theirs, str(sum(1 for _ in things())).encode())
            os._exit(0)
        os.close(theirs)

    def __call__(self) -> int | None:
        if self._total is None:
            with suppress(BlockingIOError):
                self._total = int(os.read(self._answer, 20) or b"0") or None
        return self._total

    def close(self) -> None:
        os.close(self._answer)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


class Bar:
    """How far a batch is, and what is looked at now of the model that said so last."""

    def __init__(self, progress: Progress, total: Callable[[], int | None]) -> None:
        self._progress, self._total = progress, total
        self._task = progress.add_task("", total=None, rate="", failed="", at="")
        self._began = self._drawn = time.monotonic()
        self._done = self._failed = 0
        self._ref: Ref | None = None

    def moved(self, outcome: Outcome) -> None:
        """A model has come to its end. Drawn now and then: there may be thousands a second."""
        self._done += 1
        self._failed += outcome.code != ExitCode.PASS
        if self._ref == outcome.ref:
            self._ref = None
            self._progress.update(self._task, at="")
        if time.monotonic() - self._drawn >= _EVERY:
            self._draw()

    def looking(self, ref: Ref, stage: str) -> None:
        """What of a model is looked at now. Always drawn: the next word may be minutes away."""
        self._ref = ref
        self._progress.update(self._task, at=f"{visible(os.path.basename(ref.path), _NAME)}: {stage}")
        self._draw()

    def _draw(self) -> None:
        now = self._drawn = time.monotonic()
        self._progress.update(
            self._task,
            completed=self._done,
            total=self._total(),
            rate=f"{self._done / (now - self._began):.0f}/s" if self._done else "",
            failed=f"{self._failed} not passed" if self._failed else "",
        )
        self._progress.refresh()


@contextmanager
def bar(total: Callable[[], int | None]) -> Iterator[Bar]:
    """The bar is gone at the end. ``total``: None as yet."""
    columns = (
        TextColumn("auditing"), BarColumn(20), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(), TextColumn("{task.fields[failed]}"), TextColumn("{task.fields[at]}", markup=False),
    )  # fmt: skip
    progress = Progress(
        *columns,
        console=Console(file=sys.stderr),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,  # what goes there is a result
        redirect_stderr=False,
    )
    with progress:
        yield Bar(progress, total)
