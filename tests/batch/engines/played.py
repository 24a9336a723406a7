"""A bridge that is played: what a batch's side of a cluster says is read here, and answered as a test wants it."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.batch.engines import dask as module
from auditor.batch.engines.dask import DaskEngine, Needs
from auditor.batch.engines.messages import (
    Begin,
    CallDone,
    Installed,
    Parcel,
    ParcelBack,
    Require,
    Send,
    Threads,
)
from auditor.batch.engines.where import Cluster
from auditor.batch.frames import receive, send
from auditor.batch.tasks import Returned, WorkerLimits

HERE = {"auditor": "1.2", "rules": "r", "code": "c"}
THERE = {**HERE, "runtime": "onnxruntime 1.32.0", "processor": "avx2 fma"}
USUAL, AS_HERE = Cluster("tcp://127.0.0.1:1"), Needs(HERE)


class Played:
    """The other end of the pipe."""

    def __init__(self, pipe: socket.socket) -> None:
        self.pipe = pipe
        pipe.settimeout(60)

    def say(self, *messages: Any) -> None:
        for message in messages:
            send(self.pipe, message)

    def heard(self, kind: Any) -> Any:
        message = receive(self.pipe)
        assert isinstance(message, kind), message
        return message

    def parcel(self) -> tuple[int, Parcel]:
        message: Send = self.heard(Send)
        return message.number, pickle.loads(message.parcel)

    def answer(self, number: int, *done: CallDone) -> None:
        self.say(ParcelBack(number, pickle.dumps(list(done))))


class Made:
    """An engine with its played bridge."""

    def __init__(self, engine: DaskEngine, bridge: Played, said: list[str], start: dict[str, Any]) -> None:
        self.engine, self.bridge, self.said, self.start = engine, bridge, said, start

    def ready(self, threads: int = 1) -> None:
        self.bridge.heard(Begin)
        self.bridge.say(Threads(threads), Installed(THERE))
        assert self.engine.processor == ("avx2", "fma")
        self.bridge.heard(Require)

    def step(self) -> list[Any]:
        """Hand out what there is, and hear what was said; the results that came."""
        return [task.result for task in self.engine.wait(0.0)]  # type: ignore[union-attr]  # stages are not told


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Made]]:
    pipes: list[socket.socket] = []
    starts: list[dict[str, Any]] = []

    def started(command: list[str], pass_fds: tuple[int, ...], **more: Any) -> Any:
        pipes.append(socket.socket(fileno=os.dup(pass_fds[0])))
        starts.append(more)
        return SimpleNamespace(wait=lambda seconds=None: 0, kill=lambda: None)

    monkeypatch.setattr(
        module,
        "subprocess",
        SimpleNamespace(
            Popen=started, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired,
        ),
    )  # fmt: skip
    engines: list[DaskEngine] = []

    def made(cluster: Cluster = USUAL, needs: Needs = AS_HERE) -> Made:
        said: list[str] = []
        engine = DaskEngine(3, WorkerLimits(5.0, 1000), cluster, needs, said.append)
        engines.append(engine)
        return Made(engine, Played(pipes[-1]), said, starts[-1])

    yield made
    for engine in engines:
        engine.close()
    for pipe in pipes:
        pipe.close()


Make = Callable[..., Made]


def returned(value: object, seconds: float = 0.01) -> CallDone:
    return CallDone(Returned(value), seconds)
