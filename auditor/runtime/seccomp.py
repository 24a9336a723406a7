"""seccomp: which system calls the kernel still answers, as a program of classic BPF. Linux on x86-64 and aarch64.

By allow-list: a call that is not in `syscalls` does not exist (ENOSYS), whatever a later kernel adds.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from .libc import checked, libc, no_new_privileges
from .syscalls import BY_ARGUMENT, DEVICE, RUN

_ARCHITECTURES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}  # column, AUDIT_ARCH, seccomp

_CLONE_THREAD = 0x00010000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | 0o20000000  # the last: O_TMPFILE without O_DIRECTORY
_MADE_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_WAYS_TO_WRITE = (_MADE_ANEW, _MADE_ANEW | os.O_CLOEXEC)  # fopen(name, "w") of the C library, and of onnxruntime
_FCNTL = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
_IOCTL = (0x5401, 0x5451)  # TCGETS: is it a terminal; FIOCLEX
_PRCTL = (3, 15, 16, 0x53564D41)  # PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: names of threads and memory

_FREE_WITH_DEVICES = frozenset({"fcntl", "ioctl", "open", "openat", "prctl"})  # Landlock says what is written

_Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, value
_KILL: _Instruction = (0x06, 0, 0, 0x80000000)
_ALLOW: _Instruction = (0x06, 0, 0, 0x7FFF0000)
_REFUSED: _Instruction = (0x06, 0, 0, 0x00050000 | errno.EPERM)
_ABSENT: _Instruction = (0x06, 0, 0, 0x00050000 | errno.ENOSYS)
_EQUAL, _ANY_BIT = 0x15, 0x45


def restrict(devices: bool, *, writes: bool = False) -> str:
    """Only what a run needs: no exec, no new process, no socket, no change to a file system, no signal to others.

    ``devices``: leave what a graphics card's driver needs. ``writes``: a file may be opened to be written anew, for
    Landlock says which. Gives "yes", or "no: " and the reason.
    """
    known = _ARCHITECTURES.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return f"no: not written for {platform.machine()} on {sys.platform}"
    instructions = program(platform.machine(), os.getpid(), devices, writes=writes)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    pointer = struct.pack("HxxxxxxP", len(instructions), ctypes.addressof(buffer))
    filter_mode, all_threads = 1, 1  # threads that a library has started obey as well
    try:
        no_new_privileges()
        checked(libc().syscall(known[2], filter_mode, all_threads, pointer))
    except OSError as error:
        return f"no: {error.strerror}"
    return "yes"


def program(machine: str, pid: int, devices: bool, *, writes: bool = False) -> list[_Instruction]:
    """What the kernel runs over struct seccomp_data at each system call: the number at 0, the architecture at 4.

    Calls of x86-64's x32 interface have numbers that no table has.
    """
    column, architecture, _ = _ARCHITECTURES[machine]
    made = [_load(4), (_EQUAL, 1, 0, architecture), _KILL, _load(0)]
    for numbers in (RUN, DEVICE) if devices else (RUN,):
        for name in numbers:
            if (number := numbers[name][column]) is not None:
                made += [(_EQUAL, 0, 1, number), _ALLOW]
    for name in BY_ARGUMENT:
        if (number := BY_ARGUMENT[name][column]) is not None:
            tests = [] if devices and name in _FREE_WITH_DEVICES else _tests(name, pid, writes)
            made += [(_EQUAL, 0, len(tests) + 1, number), *tests, _ALLOW]
    return [*made, _ABSENT]


def _tests(name: str, pid: int, writes: bool) -> list[_Instruction]:
    """Tests of a call's arguments: who comes to their end may call, who fails meets `_REFUSED`."""
    match name:
        case "clone":
            return _test(_low(0), (_ANY_BIT, 1, 0, _CLONE_THREAD))
        case "tgkill":  # abort() signals its own process
            return _test(_low(0), (_EQUAL, 1, 0, pid))
        case "prlimit64":  # one's own, and with a null pointer the call only reads a limit
            return [step for at in (_low(0), _low(2), _low(2) + 4) for step in _test(at, (_EQUAL, 1, 0, 0))]
        case "openat":
            return _opening(_low(2), writes)
        case "open":
            return _opening(_low(1), writes)
        case "fcntl":
            return _one_of(_low(1), _FCNTL)
        case "ioctl":
            return _one_of(_low(1), _IOCTL)
        case "prctl":
            return _one_of(_low(0), _PRCTL)
    raise LookupError(name)


def _opening(offset: int, writes: bool) -> list[_Instruction]:
    """A word of flags has no bit that writes, or is one of those that make a file anew."""
    allowed = _WAYS_TO_WRITE if writes else ()
    skips = [(_EQUAL, len(allowed) - at + 1, 0, flags) for at, flags in enumerate(allowed)]
    return [_load(offset), *skips, (_ANY_BIT, 0, 1, _WRITES), _REFUSED]


def _test(offset: int, test: _Instruction) -> list[_Instruction]:
    """One word passes one test, which then skips the refusal behind it."""
    return [_load(offset), test, _REFUSED]


def _one_of(offset: int, values: tuple[int, ...]) -> list[_Instruction]:
    """One word is one of these values: the first that it is skips the others and the refusal."""
    return [_load(offset), *((_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)), _REFUSED]


def _low(argument: int) -> int:
    """Where the low half of a call's argument lies (both architectures are little-endian)."""
    return 16 + 8 * argument


def _load(offset: int) -> _Instruction:
    return 0x20, 0, 0, offset
