"""The bar of a long batch: models done, findings, rate, time left. No thread draws it: workers are forked."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..batch.run import Outcome
from ..errors import ExitCode
from ..runtime.libc import die_with

_EVERY = 0.1  # seconds between two drawings


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


@contextmanager
def bar(total: Callable[[], int | None]) -> Iterator[Callable[[Outcome], None]]:
    """Yields what is to be called with every outcome; the bar is gone at the end. ``total``: None as yet."""
    columns = (
        TextColumn("auditing"), BarColumn(20), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(), TextColumn("{task.fields[failed]}"),
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
        task = progress.add_task("", total=None, rate="", failed="")
        began = drawn = time.monotonic()
        done = failed = 0

        def moved(outcome: Outcome) -> None:
            nonlocal done, failed, drawn
            done += 1
            failed += outcome.code != ExitCode.PASS
            now = time.monotonic()
            if now - drawn >= _EVERY:
                drawn = now
                progress.update(
                    task,
                    completed=done,
                    total=total(),
                    rate=f"{done / (now - began):.0f}/s",
                    failed=f"{failed} not passed" if failed else "",
                )
                progress.refresh()

        yield moved
