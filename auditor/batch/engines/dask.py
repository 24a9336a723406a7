"""A batch's side of a Dask cluster: tasks go out in groups, and each comes back once.

This process imports nothing of Dask and has no threads. What a worker, a scheduler or the bridge loses is sent again;
an answer that comes twice counts once.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from select import POLLIN, POLLOUT, poll
from types import MappingProxyType, TracebackType
from typing import Any, Self, assert_never

from ...tuples import NamedTuple
from ..engine import EngineLost
from ..frames import Inbox, NoFrame, framed
from ..tasks import TRIES, Cancelled, Died, OutOfSight, Result, Task, Told, WorkerLimits
from .carrying import unlike
from .grouping import AIM, Grouping
from .messages import (
    Begin,
    Call,
    Ended,
    Forget,
    ForUser,
    FromBridge,
    Installed,
    Parcel,
    ParcelBack,
    Require,
    Send,
    Sight,
    Threads,
    WorkersLost,
)
from .where import Cluster

_ROUNDS = 2  # parcels a thread that the scheduler has: one is being done, and one waits for it
_TURN = 0.1  # seconds between two looks for more to submit
_DEEP = 10.0  # seconds of work a thread where a cluster is to grow with what waits
_BLIND = 64  # tasks after which it is over where no file of any was seen
_CLOSING = 20.0  # seconds for a cluster of its own to end in


def _nothing(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterable[str]:
    return ()


class Needs(NamedTuple):
    """What tasks need of a worker."""

    installed: Mapping[str, str]  # as `state.installation` has it; the processor is the workers' own
    one_processor: bool = False  # all workers' processors have to compute alike
    resources: Mapping[str, float] = MappingProxyType({})  # of Dask, to run models: {"GPU": 1}
    runs_models: Callable[[Callable[..., Any]], bool] = lambda function: False
    files: Callable[[Callable[..., Any], tuple[Any, ...]], Iterable[str]] = _nothing  # that a call will read


@dataclass(slots=True)
class DaskEngine:
    """Workers of a Dask cluster. It ends with its ``with``, and so does a cluster of its own."""

    wanted: int  # workers of a cluster of its own
    limits: WorkerLimits
    cluster: Cluster
    needs: Needs
    say: Callable[[str], object] = lambda line: None
    elsewhere: bool = field(default=True, init=False)
    _bridge: subprocess.Popen[bytes] = field(init=False)
    _pipe: socket.socket = field(init=False)
    _inbox: Inbox = field(default_factory=Inbox)
    _outbox: bytearray = field(default_factory=bytearray)
    _grouping: Grouping = field(default_factory=Grouping)
    _sent: dict[int, list[Task]] = field(default_factory=dict)  # by the parcel's number
    _suspected: int | None = None  # the parcel of the one task that is tried alone
    _completed: deque[Task] = field(default_factory=deque)
    _threads: int = 0
    _parcels: int = 0
    _processor: str | None = None
    _blind: int | None = 0  # tasks of which no file was seen; None as soon as one of another was
    _folder: str = field(default_factory=os.getcwd)

    def __post_init__(self) -> None:
        self._pipe, theirs = socket.socketpair()
        with theirs:
            self._bridge = subprocess.Popen(
                [sys.executable, "-P", "-m", "auditor.batch.engines.bridge", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # Dask's log: what matters of it is told
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(_search_path())},
                start_new_session=True,  # Ctrl-C is for us, and it ends with us
            )
        self._pipe.setblocking(False)
        address, ca, cert, key, adaptive, patience = self.cluster
        self._tell(Begin(address, ca, cert, key, self.wanted, adaptive, patience, dict(self.needs.resources)))

    @property
    def jobs(self) -> int:
        return max(1, self._threads)

    @property
    def hungry(self) -> bool:
        return self._grouping.groups < self._most()

    @property
    def outstanding(self) -> int:
        return len(self._grouping) + len(self._completed) + sum(map(len, self._sent.values()))

    @property
    def idle(self) -> int:
        return self.jobs * _ROUNDS - len(self._sent) - len(self._grouping)

    @property
    def processor(self) -> tuple[str, ...]:
        """Waits for a first worker."""
        while self._processor is None:
            self._listen(60.0)
        return tuple(self._processor.split())

    def submit(
        self, function: Callable[..., Any], *arguments: Any, limits: WorkerLimits | None = None, tries: int = TRIES
    ) -> Task:
        task = Task(function, arguments, limits or self.limits, tries)
        self._grouping.add(task)
        return task

    def as_completed(self) -> Iterator[Task]:
        return (task for task in self.turns(lambda: False) if task is not None)

    def turns(self, woken: Callable[[], bool]) -> Iterator[Task | None]:
        while self.outstanding:
            self._hand_out()
            self._listen(_TURN)  # a look alone where something is completed
            if self._completed:
                yield self._completed.popleft()
            elif woken():
                yield None

    def tell_stages_to(self, hears: Callable[[Told], None]) -> None:
        """Nobody: stages stay with the workers."""

    def wait(self, seconds: float, *ears: int) -> list[Task | Told]:
        until = time.monotonic() + seconds
        while True:
            self._hand_out()
            heard = self._listen(max(0.0, until - time.monotonic()), *ears)
            happened: list[Task | Told] = list(self._completed)
            self._completed.clear()
            if happened or heard or time.monotonic() >= until:
                return happened

    def cancel(self, task: Task) -> None:
        """A worker that is at it goes on, and nobody hears of it."""
        if self._grouping.remove(task):
            return self._complete(task, Cancelled())
        for number, tasks in list(self._sent.items()):
            if task in tasks and task.result is None:
                self._complete(task, Cancelled())
                if all(other.result is not None for other in tasks):
                    self._taken_back(number)
                    self._tell(Forget(number))
        return None

    def withdraw(self) -> list[Task]:
        return self._grouping.clear()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the bridge ends with it, also where a forked process holds the pipe too
            self._pipe.shutdown(socket.SHUT_RDWR)
        self._pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._bridge.wait(_CLOSING)
        self._bridge.kill()
        self._bridge.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _most(self) -> int:
        """How many parcels the scheduler is to have."""
        return self.jobs * (ceil(_DEEP / AIM) if self.cluster.adaptive else _ROUNDS)

    def _hand_out(self) -> None:
        if self._processor is None:  # what is required is not known yet
            return
        if self._suspected is None and (suspect := self._grouping.take_suspect()):
            self._suspected = self._send(suspect)
        while len(self._sent) < self._most() and (tasks := self._grouping.take()):
            self._send(tasks)

    def _send(self, tasks: list[Task]) -> int:
        self._parcels += 1
        self._sent[self._parcels] = tasks
        parcel = Parcel(self._folder, tuple(map(self._call, tasks)))
        runs_models = bool(self.needs.resources) and any(self.needs.runs_models(task.function) for task in tasks)
        self._tell(Send(self._parcels, pickle.dumps(parcel, pickle.HIGHEST_PROTOCOL), runs_models))
        return self._parcels

    def _call(self, task: Task) -> Call:
        sights = []
        for path in self.needs.files(task.function, task.arguments):
            with contextlib.suppress(OSError, ValueError):  # what is not here need not be there
                found = os.stat(path)
                sights.append(Sight(path, found.st_size, found.st_mtime_ns))
        return Call(task.function, task.arguments, task.limits, task.most, tuple(sights))

    def _tell(self, message: Begin | Require | Send | Forget) -> None:
        self._outbox += framed(message)
        self._push()

    def _push(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._outbox:
                try:
                    sent = self._pipe.send(self._outbox)
                except (BrokenPipeError, ConnectionResetError):  # what it said last is heard first
                    self._outbox.clear()
                    return
                del self._outbox[:sent]

    def _listen(self, seconds: float, *ears: int) -> bool:
        """Hear the bridge; whether one of the other descriptors has something to say."""
        waiting, ours = poll(), self._pipe.fileno()
        for ear in ears:
            waiting.register(ear, POLLIN)
        waiting.register(ours, POLLIN | (POLLOUT if self._outbox else 0))
        heard = False
        for descriptor, event in waiting.poll(0 if self._completed else ceil(seconds * 1000)):
            if descriptor != ours:
                heard = True
                continue
            if event & POLLOUT:
                self._push()
            if event & ~POLLOUT:
                self._hear()
        return heard

    def _hear(self) -> None:
        try:
            messages = self._inbox.take(self._pipe.recv(1 << 18))
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, EOFError, NoFrame):
            raise EngineLost(f"the process that speaks with {self.cluster.called} has ended") from None
        for message in messages:
            self._take_in(message)

    def _take_in(self, message: FromBridge) -> None:
        match message:
            case ParcelBack(number, answer):
                self._came(number, pickle.loads(answer))
            case WorkersLost(number, deaths):
                self._workers_lost(number, deaths)
            case Threads(number):
                self._threads = number
            case Installed(names):
                self._installed(names)
            case ForUser(line):
                self.say(line)
            case Ended(why):
                raise EngineLost(why)
            case _:
                assert_never(message)

    def _installed(self, names: Mapping[str, str]) -> None:
        required = dict(self.needs.installed)
        if differ := unlike(required, names):
            raise EngineLost(unlike_here(self.cluster.called, differ, required, names))
        self._processor = names["processor"]
        if self.needs.one_processor:
            required["processor"] = self._processor
        self._tell(Require(required))

    def _came(self, number: int, answer: list[Any]) -> None:
        """Of what was sent twice the second answer is nobody's."""
        again = []
        for task, done in zip(self._taken_back(number), answer, strict=False):
            if done.result is None:
                again.append(task)
                continue
            self._grouping.took(task.function, done.seconds)
            self._look_at_sight(done.result)
            self._complete(task, done.result)
        self._grouping.add_again([task for task in again if task.result is None])

    def _look_at_sight(self, result: Result) -> None:
        """`EngineLost` where workers see nothing of what is to be audited: a report for each model helps nobody."""
        if not isinstance(result, OutOfSight):
            self._blind = None
        elif self._blind is not None:
            self._blind += 1
            if self._blind >= _BLIND:
                raise EngineLost(
                    f"{result.how}, nor anything else that was to be looked at so far: the models have to lie in a"
                    " folder that the workers share, under the same path"
                )

    def _workers_lost(self, number: int, deaths: int) -> None:
        tasks = self._taken_back(number)
        if len(tasks) > 1:
            self._grouping.suspect([task for task in tasks if task.result is None])
        for task in tasks if len(tasks) == 1 else ():
            self._complete(task, Died("its Dask worker was lost", deaths))

    def _taken_back(self, number: int) -> list[Task]:
        if number == self._suspected:
            self._suspected = None
        return self._sent.pop(number, [])

    def _complete(self, task: Task, result: Result) -> None:
        if task.result is None:
            task.result = result
            self._completed.append(task)


def unlike_here(whose: str, differ: list[str], required: Mapping[str, str], names: Mapping[str, str]) -> str:
    """A line on a worker that has something else installed."""
    name = differ[0]
    theirs, ours = (said.get(name) or f"no {name}" for said in (names, required))
    match name:
        case "processor":
            has, do = "another kind of processor than the first", "have models run by workers of one kind"
        case "rules" | "code":
            has, do = f"other {name} of auditor, of the same version {names.get('auditor')}", "install the same there"
        case _:
            has, do = f"{theirs if name == 'runtime' else f'{name} {theirs}'}, and here is {ours}", "install the same"
    return f"a worker of {whose} has {has}: {do}"


def _search_path() -> list[str]:
    return list(dict.fromkeys(os.path.abspath(entry) for entry in sys.path))
