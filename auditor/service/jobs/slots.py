"""Names of dispatchers: one at a time has a name, and whoever takes it knows that the one before is gone."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO
from uuid import uuid4

_FOLDER = "dispatchers"


@contextmanager
def taken_name(storage: Path) -> Iterator[str]:
    """A name that no other process has as long as this lasts. The system gives it back when a process is killed.

    The lock is this process's own: a forked worker that outlives it by a moment does not hold it.
    """
    folder = storage / _FOLDER
    folder.mkdir(exist_ok=True)
    for number in count():
        with (folder / f"{number}").open("a+", encoding="ascii") as file:
            if _is_locked(file):
                yield _name_in(file)
                return


def _is_locked(file: IO[str]) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # which of the two is the system's choice
        return False
    return True


def _name_in(file: IO[str]) -> str:
    """The name that stands in the file; a new one where there is none yet."""
    file.seek(0)
    name = file.read(64).strip()
    if len(name) != 32:
        name = uuid4().hex
        file.seek(0)
        file.truncate()
        file.write(name)
        file.flush()
    return name
