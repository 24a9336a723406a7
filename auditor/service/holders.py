"""Who holds a port: what Linux tells of it, elsewhere nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_LISTENS = "0A"  # of a line of /proc/net/tcp the state
_PROCESS = b"auditor.service.http "  # in the command by which the supervisor starts what answers


def is_left_behind(port: int) -> bool:
    """Whether nobody but processes of services hold a port whose supervisors are gone: they end, and let it go.

    A supervisor that lives holds the socket itself.
    """
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    holders = [pid for pid in _processes() if sockets and not sockets.isdisjoint(_open_files(pid))]
    return bool(holders) and all(_PROCESS in _command(pid) for pid in holders)


def _listening(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen there, at any address."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError), open(table) as lines:
            for line in lines:
                _, here, _, state, *rest = line.split()
                if state == _LISTENS and here.endswith(f":{port:04X}"):
                    yield rest[5]


def _processes() -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _open_files(pid: str) -> Iterator[str]:
    """What its descriptors stand for; nothing of a process that has ended, or is another user's."""
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                yield os.readlink(f"{folder}/{name}")


def _command(pid: str) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as command:
            return command.read()
    except OSError:
        return _PROCESS  # it has just ended: it holds nothing
