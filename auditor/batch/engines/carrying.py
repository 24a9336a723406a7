"""In a Dask worker: parcels are handed on to a process of their own, one for each thread that carries.

Nothing here imports Dask, and nothing of the parcel is looked at before it is known that the same auditor is installed.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from ..frames import NoFrame, receive, send

DONE, UNLIKE = "done", "unlike"

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from auditor.batch.engines.hand import main; main()"
_TRIES = 3


class HandLost(Exception):
    """The process that does the tasks ended, as often as it was started, or can make nothing of them."""


class Hand:
    """A process that does tasks. It ends when the pipe is closed, which the end of this process does too."""

    def __init__(self) -> None:
        self._pipe, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOT, json.dumps(_search_path()), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        try:
            self.installed: Mapping[str, str] = receive(self._pipe)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, parcel: bytes) -> bytes:
        """The answer. `HandLost` where the parcel cannot be unpacked; EOFError where the process ends with it."""
        send(self._pipe, parcel)
        answer = receive(self._pipe)
        if isinstance(answer, str):
            raise HandLost(f"on {socket.gethostname()} what was sent cannot be read: {answer}")
        if not isinstance(answer, bytes):
            raise NoFrame
        return answer

    def close(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.wait()


_idle: list[Hand] = []
"""Processes that wait for a parcel. A list's pop and append are atomic: threads share it without a lock."""


def carry(parcel: bytes, required: Mapping[str, str]) -> tuple[str, Any]:
    """Have a parcel done: ``DONE`` and the answer, or ``UNLIKE`` and what is installed here, where it differs."""
    why = ""
    for _ in range(_TRIES):
        try:
            hand = _taken()
            if unlike(required, hand.installed):
                _idle.append(hand)
                return UNLIKE, dict(hand.installed)
            try:
                answer = hand.do(parcel)
            except HandLost:
                _idle.append(hand)
                raise
            except BaseException:
                hand.close()
                raise
        except (EOFError, OSError, NoFrame) as error:
            why = f"{type(error).__name__}: {error}".rstrip(": ")
            continue
        _idle.append(hand)
        return DONE, answer
    raise HandLost(f"on {socket.gethostname()} the process that audits ended {_TRIES} times ({why})")


def installed_there() -> dict[str, str]:
    """What decides an audit's result on this worker."""
    hand = _taken()
    _idle.append(hand)
    return dict(hand.installed)


def unlike(required: Mapping[str, str], installed: Mapping[str, str]) -> list[str]:
    """The names of what is required and differs."""
    return [name for name, value in required.items() if installed.get(name) != value]


def _taken() -> Hand:
    try:
        return _idle.pop()
    except IndexError:
        return Hand()


def _search_path() -> list[str]:
    """Where this process finds modules, a worker's working folder included."""
    return list(dict.fromkeys(os.path.abspath(entry) for entry in sys.path))
