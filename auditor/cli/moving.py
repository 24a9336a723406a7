"""The bar of bytes that are hashed or sent, on standard error. No thread draws it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .terminal import Terminal

_EVERY = 0.1  # seconds between two drawings
_LITTLE = 1 << 24  # bytes that are there before anybody looks


class MovingTerminal(Terminal):
    """Tells how far bytes are."""

    @contextmanager
    def moving(self, doing: str, size: int) -> Iterator[Callable[[int], None]]:
        """The bar is gone at the end; of a few bytes, where nobody looks and with --quiet there is none."""
        if not self.draws or size < _LITTLE:
            yield lambda count: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.progress import TransferSpeedColumn as Speed

        progress = Progress(
            TextColumn(doing), BarColumn(20), DownloadColumn(), Speed(), TimeRemainingColumn(),
            console=Console(file=sys.stderr), auto_refresh=False, transient=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        with progress:
            task = progress.add_task("", total=size)
            drawn = time.monotonic()

            def moved(count: int) -> None:
                nonlocal drawn
                progress.advance(task, count)
                now = time.monotonic()
                if now - drawn >= _EVERY:
                    drawn = now
                    progress.refresh()

            yield moved
