"""A fork that does one thing: with its own folder for temporary files, bounded memory, and nothing left behind."""

from __future__ import annotations

import ctypes
import os
import resource
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MEMORY = 4 << 30
"""Bytes that a mutant may take beside what the process held before."""


_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Fork:
    """A child that writes lines, and its supervisor's end of the pipe."""

    def __init__(self, work: Callable[[BinaryIO], None]) -> None:
        self.folder = tempfile.mkdtemp(prefix="auditor-mutant-")
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            _child(work, writer, self.folder)
        os.close(writer)
        self._reader = reader

    def lines(self, seconds: Callable[[], float]) -> Iterator[str | None]:
        """Each line that the child writes, until it ends; None where it wrote nothing for longer than ``seconds()``."""
        rest = b""
        until = time.monotonic() + seconds()
        while True:
            ready, _, _ = select.select([self._reader], [], [], max(until - time.monotonic(), 0))
            if not ready:
                yield None
                return
            read = os.read(self._reader, 1 << 16)
            if not read:
                return
            *whole, rest = (rest + read).split(b"\n")
            for line in whole:
                yield line.decode()
            until = time.monotonic() + seconds()

    def end(self) -> int:
        """End the child and what it started; gives how it ended, as waitpid says it."""
        os.close(self._reader)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


def _child(work: Callable[[BinaryIO], None], writer: int, folder: str) -> None:
    leave = os._exit
    try:
        os.setpgid(0, 0)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # whoever ends a campaign leaves no mutant behind
        tempfile.tempdir = folder
        os.environ["TMPDIR"] = folder
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, hard))
        with os.fdopen(writer, "wb", buffering=0) as pipe:
            work(pipe)
    finally:
        leave(0)
