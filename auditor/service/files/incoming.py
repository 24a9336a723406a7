"""A file as it comes: one writer at a time, at the end of what is there, within its size and the disk's room."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Self

from ...errors import UsageError
from .storage import Storage, StorageError, disk_errors

_AT_ONCE = 1 << 20


class BeingWritten(StorageError):
    """Another request writes to the upload now."""


class TooLong(UsageError):
    """More came than the file is to have."""


class Incoming:
    """The file of an upload, which is this request's alone until it is closed.

    The lock is the open file's: it goes with the process, whatever ends it.
    """

    def __init__(self, storage: Storage, upload_id: str, size: int, floor: int) -> None:
        self._storage, self._id, self._size, self._floor = storage, upload_id, size, floor
        self._in_use = Lock()
        self._closed = False
        with disk_errors():
            self._file = self._locked()
        self.offset = self.begun = os.fstat(self._file).st_size
        self._hash = hashlib.sha256() if self.offset == 0 else None

    def _locked(self) -> int:
        path = self._storage.upload(self._id)
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(file, path):
                    return file
            except BlockingIOError:
                os.close(file)
                raise BeingWritten("another request writes to this upload now") from None
            os.close(file)  # the one before was done between our opening and our locking

    def write(self, data: bytes | bytearray) -> None:
        """Add what came. `TooLong`, or `StorageFull` where less than the floor would stay free."""
        if self.offset + len(data) > self._size:
            raise TooLong(f"the file is to have {self._size:,} bytes, and more came")
        self._storage.see_to_room(len(data), self._floor)
        rest = memoryview(data)
        while rest:
            with self._descriptor() as file:
                rest = rest[os.write(file, rest) :]
        if self._hash is not None:
            self._hash.update(data)
        self.offset += len(data)

    def back(self) -> None:
        """What this request brought goes again."""
        with self._descriptor() as file:
            os.ftruncate(file, self.begun)
        self.offset = self.begun

    def sha256(self) -> str:
        """Of all that is there, which is on the disk then. Read again only where it came in several requests."""
        with self._descriptor() as file:
            os.fsync(file)
        if self._hash is None:
            whole, at = hashlib.sha256(), 0
            while block := self._block(_AT_ONCE, at):
                whole.update(block)
                at += len(block)
            self._hash = whole
        return self._hash.hexdigest()

    def head(self, most: int) -> bytes:
        """The first bytes, to see what kind of file it is."""
        return self._block(most, 0)

    def close(self) -> None:
        """Let others write."""
        with self._in_use:
            self._closed = True
            os.close(self._file)

    def _block(self, most: int, at: int) -> bytes:
        with self._descriptor() as file:
            return os.pread(file, most, at)

    @contextmanager
    def _descriptor(self) -> Iterator[int]:
        """The open file, which nobody closes meanwhile.

        At the service's end a thread may outlive the request that it works for: the number may be another file's then.
        """
        with self._in_use, disk_errors():
            if self._closed:
                raise OSError(errno.EBADF, "the request has ended")
            yield self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_at(file: int, path: os.PathLike[str]) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(file))
