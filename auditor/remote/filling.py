"""One file's content into a descriptor: from where an earlier call was cut, within bounds, and as its registry says."""

from __future__ import annotations

import hashlib
import os
import time

from ..tuples import NamedTuple
from ..wording import in_bytes
from .failures import CutOff, NotThatContent, RemoteFailure, TooMuch, TooSlow
from .listing import FetchLimits, ListedFile, PieceSource

_TRIES = 5  # without a byte in between
_DELAYS = (0.25, 0.5, 1.0, 2.0)  # seconds between them
_BLOCK = 1 << 20
_LOOK_EVERY = 1 << 26  # bytes between two looks at the disk


class Filled(NamedTuple):
    """A file that came whole."""

    size: int
    digest: str  # SHA-256


def filled(
    descriptor: int, file: ListedFile, pieces: PieceSource, limits: FetchLimits, until: float
) -> Filled:  # fmt: skip
    """Fetch what of a file is lacking in an open one, which ends up whole, and on the disk.

    `NotThatContent` where it is not what the registry says; `CutOff` after some attempts, and what has come stays.
    """
    content = _Content(descriptor, file, limits)
    tries = 0
    while True:
        before = content.size
        try:
            if content.size != file.size or not content.size:
                for block in pieces(content.size):
                    if time.monotonic() > until:
                        raise TooSlow(
                            f"{file.name} did not come within {limits.seconds:g} s: {in_bytes(content.size)} did, and "
                            "are kept; --fetch-timeout gives more time"
                        )
                    content.add(block)
            return content.checked()
        except CutOff:
            tries = 0 if content.size > before else tries + 1
            if tries == _TRIES or time.monotonic() > until:
                raise
            time.sleep(_DELAYS[min(tries, len(_DELAYS)) - 1] if tries else 0.0)
        except NotThatContent:
            if not before:  # all of it came in one go
                raise
            content.clear()  # what was there from before is of another content


class _Content:
    """What has come, with its hashes."""

    def __init__(self, descriptor: int, file: ListedFile, limits: FetchLimits) -> None:
        self._descriptor, self._file, self._limits = descriptor, file, limits
        self._begin()
        most = limits.size if file.size is None else file.size
        if os.fstat(descriptor).st_size > most:
            os.ftruncate(descriptor, 0)
        while block := os.pread(descriptor, _BLOCK, self.size):
            self._count(block)
        self._see_to_room()

    def add(self, block: bytes) -> None:
        size = self.size + len(block)
        if self._file.size is not None and size > self._file.size:
            raise NotThatContent(
                f"{self._file.name} goes on behind the {in_bytes(self._file.size)} that its registry says it has"
            )
        if size > self._limits.size:
            raise TooMuch(
                f"{self._file.name} holds more than {in_bytes(self._limits.size)}, which is the most that is fetched "
                "(--fetch-size)"
            )
        if size // _LOOK_EVERY != self.size // _LOOK_EVERY:
            self._see_to_room()
        view, at = memoryview(block), self.size
        while view:
            done = os.pwrite(self._descriptor, view, at)
            view, at = view[done:], at + done
        self._count(block)

    def clear(self) -> None:
        os.ftruncate(self._descriptor, 0)
        self._begin()

    def checked(self) -> Filled:
        file, found = self._file, self._sha256.hexdigest()
        if file.size is not None and self.size != file.size:
            raise NotThatContent(
                f"{file.name}: {in_bytes(self.size)} came, and its registry says that it has {in_bytes(file.size)}"
            )
        if file.sha256 and found != file.sha256:
            raise NotThatContent(f"{file.name} is not what its registry says: its SHA-256 is {found}")
        if file.git and file.size is not None and self._git.hexdigest() != file.git:
            raise NotThatContent(f"{file.name} is not what its registry says: git's hash is {self._git.hexdigest()}")
        os.fsync(self._descriptor)
        return Filled(self.size, found)

    def _begin(self) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._git = hashlib.sha1(b"blob %d\0" % (self._file.size or 0), usedforsecurity=False)

    def _count(self, block: bytes) -> None:
        self.size += len(block)
        self._sha256.update(block)
        if self._file.git:
            self._git.update(block)

    def _see_to_room(self) -> None:
        lacking = max(0, (self._file.size or 0) - self.size)
        room = os.fstatvfs(self._descriptor)
        if room.f_bavail * room.f_frsize < self._limits.floor + lacking:
            raise RemoteFailure(
                f"the disk of the cache has no room for {self._file.name}: free some, or --cache elsewhere"
            )
