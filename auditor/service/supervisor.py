"""Keeps the two processes of the service alive: one answers, the other has the work done.

It has no threads, and neither the server's libraries nor a model's data are ever in it, so that nothing ends it but a
signal. The socket is its own: while the process that answers is started again, connections wait.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..runtime.libc import die_with
from ..runtime.signals import signal_name
from .children import Given

_FIRST, _LAST = 0.05, 2.0  # seconds before what died is started again: doubled each time
_LONG = 5.0  # what lived so long is started again at once
_END = 10.0  # seconds beyond the grace time before what does not end is killed
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from auditor.service.{} import main; sys.exit(main())"
)


@dataclass(slots=True)
class _Child:
    """One process, which is started again when it dies."""

    module: str
    line: bytes  # what it is told
    descriptors: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = _FIRST
    again: float = 0.0  # when it may be started

    def start(self) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BOOT.format(self.module), json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            pass_fds=self.descriptors,
            # Before anything else: one that still imports would hold the socket on after our end.
            preexec_fn=partial(die_with, os.getpid()),
        )
        assert self.process.stdin is not None
        with contextlib.suppress(OSError), self.process.stdin as told:  # it may be dead already
            told.write(self.line)

    def look(self) -> str:
        """How it ended, if it did."""
        if self.process is None or (status := self.process.poll()) is None:
            return ""
        self.process = None
        lived = time.monotonic() - self.began
        self.pause = _FIRST if lived > _LONG else min(2 * self.pause, _LAST)
        self.again = time.monotonic() + (0.0 if lived > _LONG else self.pause)
        return f"exit code {status}" if status >= 0 else signal_name(-status)

    def tell(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)


@dataclass(slots=True)
class Supervisor:
    """Runs the service on a socket until it is told to end."""

    given: Given  # of what is the same for both
    listens: socket.socket
    ready: Callable[[], object]  # called once, when the service answers
    say: Callable[[str], object]
    only_http: dict[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        """Until SIGTERM or SIGINT; what runs then may end within the grace time."""
        ear, mouth = os.pipe()
        for descriptor in (ear, mouth):
            os.set_blocking(descriptor, False)
        with _signals() as heard:
            children = self._children(ear, mouth)
            probe: _Probe | None = _Probe(self.listens)
            while not heard.ends:
                for child in children:
                    how = child.look()
                    if how:
                        self.say(f"the {child.module} process ended ({how}) and is started again")
                    if child.process is None and time.monotonic() >= child.again:
                        child.start()
                heard.wait(_soonest(children), probe)
                if probe is not None and probe.answered():
                    probe = None
                    self.ready()
            self._end(children, heard)
        os.close(ear)
        os.close(mouth)

    def _children(self, ear: int, mouth: int) -> list[_Child]:
        told = self.given._replace(parent=os.getpid())
        http = {name: getattr(told, name) for name in _HTTP} | {
            "parent": told.parent, "socket": self.listens.fileno(), "wake": mouth,
        }  # fmt: skip
        return [
            _Child("dispatcher", told._replace(wake=ear).line, (ear,)),
            _Child("http", json.dumps(http).encode() + b"\n", (self.listens.fileno(), mouth)),
        ]

    def _end(self, children: list[_Child], heard: _Heard) -> None:
        """No new work; who asks to end a second time waits for nobody."""
        self.listens.close()
        for child in children:
            child.tell(signal.SIGTERM)
        asked, until = heard.ends, time.monotonic() + self.given.grace + _END
        while any(child.process is not None and child.process.poll() is None for child in children):
            left = until - time.monotonic()
            if left <= 0 or heard.ends > asked:
                for child in children:
                    child.tell(signal.SIGKILL)
                    if child.process is not None:
                        child.process.wait()
                return
            heard.wait(left, None)


_HTTP = (
    "db",
    "storage",
    "roots",
    "hosts",
    "names",
    "proxies",
    "open",
    "until_token",
    "metrics_port",
    "limits",
    "grace",
)
"""What the process that answers is told beside its descriptors."""


class _Heard:
    """The signals that came."""

    def __init__(self, ear: int) -> None:
        self.ends = 0
        self._ear = ear

    def wait(self, seconds: float, probe: _Probe | None) -> None:
        """Until a signal comes, the service answers, or the time is over."""
        ears = [self._ear, *([probe.socket.fileno()] if probe is not None else [])]
        select.select(ears, [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            os.read(self._ear, 1 << 12)


@contextlib.contextmanager
def _signals() -> Iterator[_Heard]:
    """Hear SIGTERM, SIGINT and of the end of a child, as long as this lasts."""
    ear, mouth = os.pipe()
    os.set_blocking(ear, False)
    os.set_blocking(mouth, False)
    heard = _Heard(ear)

    def end(*_: object) -> None:
        heard.ends += 1

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    try:
        yield heard
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(ear)
        os.close(mouth)


class _Probe:
    """A request to the service's own address: its connection waits until somebody answers."""

    def __init__(self, listens: socket.socket) -> None:
        host, port = listens.getsockname()[:2]
        self._to = ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(self._to, timeout=5)
        host = f"[{self._to[0]}]" if ":" in self._to[0] else self._to[0]
        self.socket.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        self.socket.setblocking(False)

    def answered(self) -> bool:
        """Whether an answer has begun to come; asks again where whoever took the connection died."""
        try:
            some = self.socket.recv(1 << 12)
        except BlockingIOError:
            return False
        except OSError:
            some = b""
        self.socket.close()
        if not some:
            self._connect()
        return bool(some)


def _soonest(children: list[_Child]) -> float:
    """Seconds until a child may be started again; long where all live."""
    waits = [child.again - time.monotonic() for child in children if child.process is None]
    return max(0.0, min(waits, default=60.0))
