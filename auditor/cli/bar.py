"""The bar of a long batch: models done, findings, rate, time left. No thread draws it: workers are forked."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..batch.run import Outcome
from ..errors import ExitCode

_EVERY = 0.1  # seconds between two drawings


def clear() -> None:
    """Take the bar's line away, where something else is about to be written; the next drawing brings it back."""
    print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def bar(total: int) -> Iterator[Callable[[Outcome], None]]:
    """Yields what is to be called with every outcome; the bar is gone at the end."""
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
        task = progress.add_task("", total=total, rate="", failed="")
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
                    rate=f"{done / (now - began):.0f}/s",
                    failed=f"{failed} not passed" if failed else "",
                )
                progress.refresh()

        yield moved
