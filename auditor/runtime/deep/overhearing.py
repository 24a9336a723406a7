"""What onnxruntime logs while a session is made: it has no other word for the nodes that it adds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Callable, Iterator

_SET_PIPE_SIZE, _ROOM = 1031, 1 << 20  # F_SETPIPE_SZ; a log of one session takes some 50 KB
_PLACED = re.compile(r"Number of nodes: (\d+)")
_COPIES = re.compile(r"(\d+) Memcpy nodes are added")


class Overhearing:
    """A pipe that stands in for standard error. It is made before the sandbox closes, which makes none."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._write, _SET_PIPE_SIZE, _ROOM)
        for end in (self._read, self._write):
            os.set_blocking(end, False)  # what finds no room is lost, and nobody waits

    def said(self, action: Callable[[], object]) -> str:
        """What is written to standard error meanwhile."""
        with self._in_place_of_standard_error():
            action()
        parts = []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._read, 1 << 16):
                parts.append(data)
        return b"".join(parts).decode("utf-8", "replace")

    @contextlib.contextmanager
    def _in_place_of_standard_error(self) -> Iterator[None]:
        kept = os.dup(2)
        try:
            self._over_standard_error(self._write)
            yield
        finally:
            self._over_standard_error(kept)
            os.close(kept)

    @staticmethod
    def _over_standard_error(descriptor: int) -> None:
        """By its being the lowest number that is free: the sandbox knows dup, and no dup2."""
        os.close(2)
        os.dup(descriptor)


def nodes_placed(log: str) -> int | None:
    """Nodes of a session, with those that onnxruntime put in; None where its log does not say."""
    found = _PLACED.findall(log)
    return sum(map(int, found)) if found else None


def copies_added(log: str) -> int:
    """Nodes that copy between devices."""
    return sum(map(int, _COPIES.findall(log)))
