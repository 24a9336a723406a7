"""Whether anybody opens a file: the kernel's inotify, by ctypes."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ACCESS, _OPEN = 0x1, 0x20
_NONBLOCK, _CLOEXEC = 0o4000, 0o2000000


class Watch:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def touched(self) -> bool:
        """Whether a watched file was opened or read since the last question."""
        try:
            return bool(os.read(self._descriptor, 4096))
        except BlockingIOError:
            return False


@contextmanager
def watched(*files: Path) -> Iterator[Watch]:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(_NONBLOCK | _CLOEXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    try:
        for file in files:
            if libc.inotify_add_watch(descriptor, os.fsencode(file), _ACCESS | _OPEN) < 0:
                raise OSError(ctypes.get_errno(), "inotify_add_watch", str(file))
        yield Watch(descriptor)
    finally:
        os.close(descriptor)
