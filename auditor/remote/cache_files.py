"""Files of the cache: opened by their own names alone, and known again."""

from __future__ import annotations

import os
from contextlib import suppress

from .failures import RemoteFailure


def opened(path: str) -> int:
    """A descriptor of a file that is written, which is made if it is not there."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def is_at(descriptor: int, path: str) -> bool:
    """Whether the file at a path is still the one that was opened."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def has_one_name(path: str) -> bool:
    """Whether no model links to a file; False also of one that is gone by now."""
    try:
        return os.stat(path).st_nlink == 1
    except FileNotFoundError:
        return False


def sync(folder: str) -> None:
    """What names stand in a folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sizes(folder: str, *, sparse: bool = False) -> list[tuple[int, int, str]]:
    """Of every file below: when it was written, its bytes (``sparse``: without holes), its path."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                path = os.path.join(top, name)
                status = os.stat(path)
                size = min(status.st_size, status.st_blocks * 512) if sparse else status.st_size
                found.append((status.st_mtime_ns, size, path))
    return found


def unusable(folder: str, error: OSError) -> RemoteFailure:
    """What is said of a cache that cannot be written."""
    return RemoteFailure(f"the cache {folder} cannot be used: {error.strerror}: --cache names another folder")


def taken_away(folder: str, name: str) -> RemoteFailure:
    """What is said where a file does not stay until it is held."""
    return RemoteFailure(f"{folder}: {name} was taken away again and again: is --cache-size too small?")
