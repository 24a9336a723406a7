"""What the supervisor tells the processes that it starts: one line of JSON on their standard input."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from ..runtime.libc import die_with
from ..tuples import NamedTuple

_NONE: Mapping[str, Any] = {}


class Given(NamedTuple):
    """How the service was started, as each of its processes knows it."""

    parent: int  # the supervisor: who is started by it ends with it
    db: str
    storage: str
    socket: int = -1  # of HTTP: the descriptor that listens
    wake: int = -1  # of HTTP the end to write a byte to when something was submitted; of the dispatcher the other
    roots: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    open: bool = False
    metrics_port: int | None = None
    limits: Mapping[str, Any] = _NONE  # fields of `ServiceLimits`
    workers: int = 1
    grace: float = 30.0  # seconds for running audits to end in
    retention: float | None = None  # days
    audit_seconds: float = 3600.0
    audit_memory: int = 4 << 30
    until_token: bool = False  # of one that is open: the first token closes it

    @property
    def line(self) -> bytes:
        """As `received` reads it."""
        return json.dumps(self._asdict()).encode() + b"\n"


def received() -> Given:
    """What this process is told. From here on it ends with its supervisor, and Ctrl-C is the supervisor's alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    said = json.loads(sys.stdin.buffer.readline())
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    found = Given(**lists)
    die_with(found.parent)
    return found


def wake(descriptor: int) -> None:
    """Tell the dispatcher that there is something to do. It looks by itself, too: nothing is lost with this."""
    try:
        os.write(descriptor, b"\n")
    except OSError:  # it has been told often enough, or nobody listens
        return
