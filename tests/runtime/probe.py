"""Every system call tried inside the real sandbox: ``python -m tests.runtime.probe`` prints what is still answered.

Each number is tried in a child of its own, which confines itself as a run does. The arguments are all ones (or, where a
call looks at a word first, such as cannot change the machine), so that a call that slips through fails by itself.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import sys
from collections.abc import Iterable

from auditor.runtime.libc import libc
from auditor.runtime.sandbox import confine, cpu_profile
from auditor.runtime.syscalls import BY_ARGUMENT, DEVICE, RUN

LAST = 500
"""Linux 6.18 ends at 470. x32's calls of x86-64 have a bit of their own."""

X32 = 0x40000000
_BITS = (-1,) * 6
_FUTEX_WAKE = 1
_WORD = ctypes.create_string_buffer(64)
_AT_FIRST = {"futex": (ctypes.addressof(_WORD), _FUTEX_WAKE, 0, 0, 0, 0)}  # -1 is no operation of a futex: ENOSYS


def names() -> dict[int, str]:
    """Names of the numbers that the tables have."""
    column = 0 if platform.machine() == "x86_64" else 1
    tables = (RUN, BY_ARGUMENT, DEVICE)
    return {n: name for table in tables for name, both in table.items() if (n := both[column]) is not None}


def numbers() -> list[int]:
    """All that the kernel may have, and some of x32, which the filter knows by no number of their own."""
    return [*range(LAST), *(X32 | n for n in range(0, LAST, 16) if platform.machine() == "x86_64")]


def answers(wanted: Iterable[int]) -> dict[int, str]:
    """What each call comes to: the name of its error, "answered", or how its caller ended."""
    return {number: _answer(number) for number in wanted}


def _answer(number: int) -> str:
    ours, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(ours)
            arguments = [ctypes.c_long(a) for a in _AT_FIRST.get(names().get(number, ""), _BITS)]
            confine(cpu_profile([], 1 << 40, 5))
            call = libc().syscall
            call.restype = ctypes.c_long
            result = call(ctypes.c_long(number), *arguments)
            word = errno.errorcode.get(ctypes.get_errno(), "answered") if result < 0 else "answered"
            os.write(theirs, word.encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answer:
        said = answer.read().decode()
    _, status = os.waitpid(pid, 0)
    return said or f"ended: {os.waitstatus_to_exitcode(status)}"


def main() -> None:
    found = answers(numbers())
    if "--json" in sys.argv:
        print(json.dumps(found))
        return
    known = names()
    for number, word in found.items():
        if word != "ENOSYS":
            print(f"{number:4} {known.get(number, '?'):24} {word}")


if __name__ == "__main__":
    main()
