"""The file that a configuration is, before it is known whether it asks for anything: most of them do not."""

from __future__ import annotations

import os

from ..errors import UsageError
from ..files import FileTooLarge, NotARegularFile, read_regular
from ..wording import in_bytes

LARGEST = 1 << 20
"""Bytes of a configuration that are read."""


def read(path: str) -> bytes | None:
    """A regular file's bytes; None where there is no file. Never waits for a named pipe."""
    name = called(path)
    try:
        return read_regular(path, LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except NotARegularFile as error:
        raise UsageError(f"{name} is {error.strerror}, and a configuration has to be one") from None
    except FileTooLarge:
        raise UsageError(f"{name} holds more than {in_bytes(LARGEST)}, which no configuration needs") from None
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None


def called(path: str) -> str:
    """A file as people call it: from the working directory on, where it lies in that."""
    try:
        near = os.path.relpath(path)
    except OSError:  # there is no working directory any more
        return path
    return path if near.startswith("..") else near
