"""The process that forks children: it has imported what they need, and opens no model itself."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

from .child import answer, preload
from .libc import die_first, die_with, hide_memory
from .started import END, ENDED, PID

_LOOK_EVERY = 0.001  # seconds, growing


def main() -> NoReturn:
    """``server.main()`` with the socket's number and the parent's process number as arguments."""
    with contextlib.suppress(BaseException):
        die_with(int(sys.argv[2]))
        die_first()
        preload()
        hide_memory()  # a child shares our user, and is not to look into the process of those that come after it
        if _threads() == 1:  # what else runs here would be missing in a fork
            _serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)


def _serve(control: socket.socket) -> None:
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 1, 4)
        if order != b"r":
            return  # whom we serve is gone
        pid = os.fork()
        if not pid:
            _be_child(control, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(PID.pack(pid))
        order = control.recv(1 + END.size, socket.MSG_WAITALL)
        if len(order) != 1 + END.size:
            return
        (patience,) = END.unpack(order[1:])
        control.sendall(ENDED.pack(*_ended(pid, patience)))


def _be_child(control: socket.socket, question: int, channel: int, noise: int, here: int) -> NoReturn:
    parent = os.getppid()
    try:
        os.setsid()
        control.close()
        os.dup2(noise, 1)
        os.dup2(noise, 2)
        os.close(noise)
        os.fchdir(here)  # whom we serve may be elsewhere than when this process began
        os.close(here)
        with os.fdopen(question, "rb") as asked:
            answer(channel, parent, asked)
    finally:
        os._exit(1)


def _ended(pid: int, patience: float) -> tuple[int, bool]:
    """A child's status, and whether it ended by itself within the time. Nothing of it is left running."""
    until, pause, status = time.monotonic() + patience, _LOOK_EVERY, None
    while True:
        found, raw = os.waitpid(pid, os.WNOHANG)
        if found:
            status = raw
        if status is not None or time.monotonic() >= until:
            break
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    for end in (os.killpg, os.kill):  # it may not have come to a group of its own yet
        if status is None or end is os.killpg:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                end(pid, signal.SIGKILL)
    by_itself = status is not None
    if status is None:
        status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status), by_itself


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
