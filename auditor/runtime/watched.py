"""A child from its start to its end: it may be hostile once it has opened the model.

What it writes is read up to a bound, and its process group is killed when its time is up, whatever it does.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from .plain import plain
from .providers import only_processor
from .request import Request
from .started import Started, start

_LARGEST_ANSWER = 32 << 20  # bytes of all that it says
_MOST_SAID = 4 << 20  # values of a line: each takes some 64 bytes here
_KEPT_NOISE, _LARGEST_NOISE = 256 << 10, 64 << 20  # of stdout and stderr: kept, and borne at all
_LOOK_EVERY = 0.1  # seconds
_MOMENT = 0.1  # seconds in which comes what is on its way when the time is over
_MOMENTS = 1.0  # seconds in all for which the rest of an answer is waited for then
_PIECES = 1 << 14  # of what is said that are read then: the longest answer has fewer


@dataclass(slots=True)
class EndedChild:
    """What is known of a child that has ended."""

    stage: str = "start"
    attempt: int | None = None
    isolation: dict[str, str] = field(default_factory=dict)
    answer: tuple[str, Any] | None = None
    first: tuple[str, Any] | None = None  # what it knew before it tried more
    broken: bool = False  # it wrote what is no answer
    noise: bytearray = field(default_factory=bytearray)  # stdout and stderr, their beginning
    heard: int = 0  # bytes of them in all
    status: int = 0
    killed: str = ""  # "time", "memory" or "flood": why we ended it


def watched(request: Request) -> EndedChild:
    """Start a child for the request, listen until it ends or must be ended, and leave no process behind.

    Raises `OSError` where none can be started.
    """
    return _Child(request).watch()


class _Child:
    """The child from its start to its end."""

    def __init__(self, request: Request) -> None:
        self._request, self._ended, self._buffer, self._said = request, EndedChild(), bytearray(), 0
        self._waited, self._late = 0.0, 0  # when its time was over: seconds, and how often it was looked at

    def watch(self) -> EndedChild:
        """Start it, listen until it ends or must be ended, and leave no process behind."""
        deadline = time.monotonic() + self._request.limits.seconds
        ours, theirs = os.pipe()
        with os.fdopen(ours, "rb", buffering=0) as answer:
            try:
                with _scratch() as question:
                    question.write(json.dumps(plain(self._request)).encode("ascii"))
                    question.flush()
                    question.seek(0)
                    in_plain = only_processor(self._request)
                    process = start(question, theirs, plain=in_plain, libraries=self._request.libraries)
            finally:
                os.close(theirs)
            ended, waited, patience = self._ended, False, 0.0
            try:
                self._listen(process, answer, deadline)
                if not (ended.killed or ended.broken or ended.answer):
                    # it has closed both pipes: it ends, or does nothing that anybody could see
                    waited, patience = True, max(_MOMENT, min(1.0, deadline - time.monotonic()))
            finally:
                status = process.end(patience)
        if status is not None:
            ended.status = status
        elif waited:
            ended.killed = "time"
        return ended

    def _listen(self, process: Started, answer: IO[bytes], deadline: float) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(answer, selectors.EVENT_READ, self._answer)
            waiting.register(process.noise, selectors.EVENT_READ, self._noise)
            while waiting.get_map():
                left = deadline - time.monotonic()
                ready = waiting.select(min(left, _LOOK_EVERY)) if left > 0 else self._ready_late(waiting)
                if left <= 0 and not ready:
                    self._ended.killed = "time"
                elif self._too_big(process.pid):
                    self._ended.killed = "memory"
                if self._ended.killed or self._ended.broken:
                    return
                for key, _ in ready:
                    data = os.read(key.fd, 1 << 16)
                    if data:
                        key.data(data)
                    else:
                        waiting.unregister(key.fileobj)
                if self._ended.answer is not None:
                    self._rest(process.noise)
                    return

    def _ready_late(self, waiting: selectors.BaseSelector) -> list[tuple[selectors.SelectorKey, int]]:
        """What came in time, though its time is over now: this process may have been held itself, and not the child.

        The rest of an answer is waited for; a child that lets it drip gains a second by that.
        """
        self._late += 1
        if self._late > _PIECES:
            return []
        ready = waiting.select(0)
        if not ready and self._buffer and self._waited < _MOMENTS:
            began = time.monotonic()
            ready = waiting.select(_MOMENT)
            self._waited += min(time.monotonic() - began, _MOMENT)  # or this process was held once more
        return ready

    def _rest(self, noise: int) -> None:
        """What was written before the answer and not yet read."""
        os.set_blocking(noise, False)
        with contextlib.suppress(BlockingIOError):
            while len(self._ended.noise) < _KEPT_NOISE and (data := os.read(noise, 1 << 16)):
                self._noise(data)

    def _answer(self, data: bytes) -> None:
        self._said += len(data)
        if self._said > _LARGEST_ANSWER:
            self._ended.killed = "flood"
            return
        *whole, rest = data.split(b"\n")
        for line in whole:
            line, self._buffer = bytes(self._buffer + line), bytearray()
            if self._ended.broken or self._ended.answer is not None:
                return
            try:
                if line.count(b",") + line.count(b"[") + line.count(b"{") > _MOST_SAID:
                    raise ValueError
                self._heard(*json.loads(line))
            except (ValueError, TypeError, RecursionError):
                self._ended.broken = True
        self._buffer += rest

    def _heard(self, kind: str, content: Any) -> None:
        match kind, content:
            case "stage", str():
                self._ended.stage = content[:20]
            case "attempt", int():
                self._ended.attempt = content
            case "first", [str(name), known]:
                self._ended.first = name, known
            case "isolation", dict():
                self._ended.isolation = {str(k)[:20]: str(v)[:200] for k, v in list(content.items())[:20]}
            case _:
                self._ended.answer = str(kind), content

    def _noise(self, data: bytes) -> None:
        self._ended.heard += len(data)
        self._ended.noise += data[: _KEPT_NOISE - len(self._ended.noise)]
        if self._ended.heard > _LARGEST_NOISE:
            self._ended.killed = "flood"

    def _too_big(self, process: int) -> bool:
        """Whether it holds more memory than asked for: on a graphics card no limit on address space does this."""
        limit = self._request.limits.memory
        if limit is None:
            return False
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") > limit
        return False


def _scratch() -> IO[bytes]:
    """A file for the request: in memory, where the system can do that, so that a full disk does not matter."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("request"), "w+b")
    return tempfile.TemporaryFile()
