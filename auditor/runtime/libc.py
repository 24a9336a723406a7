"""The C library by ctypes: system calls that Python has no name for."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import struct
import sys
from functools import cache

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_ARENA_MAX = -8  # malloc.h: M_ARENA_MAX


@cache
def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """The result of a call, or the OSError that its errno says."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def no_new_privileges() -> None:
    """No program that this process could start gains rights: the kernel wants it before it takes a filter."""
    checked(libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def drop_capabilities() -> None:
    """None is left, and none can come back: not in this process, and not by a program that it might start."""
    for capability in range(64):
        if libc().prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # the kernel has no more of them, or none is ours to drop
    libc().prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    checked(libc().capset(header, bytes(24)))


def hide_memory() -> None:
    """No core file, and no look into this process by others of the same user."""
    if sys.platform == "linux":
        libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_first() -> None:
    """Where memory runs out, the kernel takes this process, and not the one that waits for it."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def share_heaps(number: int) -> None:
    """All threads of this process share so many heaps: else the C library makes eight a processor, and fills each.

    Before the first thread is started. Only glibc does so and can be told (mallopt(3), M_ARENA_MAX).
    """
    with contextlib.suppress(AttributeError):
        libc().mallopt(_ARENA_MAX, number)


def give_back() -> None:
    """What has been freed goes back to the system: else a next session's blocks may find no room in what is kept.

    Only glibc keeps it, and can be told. A session is a cycle of young objects, so the old ones are left alone.
    """
    gc.collect(1)
    with contextlib.suppress(AttributeError):
        libc().malloc_trim(0)


def die_with(parent: int) -> None:
    """Ask the kernel to end this process when its parent dies, and end now if that has already happened."""
    if sys.platform == "linux":
        libc().prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
