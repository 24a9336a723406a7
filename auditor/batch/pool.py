"""A supervised pool of processes: what dies, hangs or swells costs its own task and nothing else.

Each worker has one pipe of its own and shares nothing, so that a worker killed at any moment, busy or idle, leaves
nothing broken behind. Workers are forked: the parent must have no threads. What `run` and the service know of it stands
in `engine`; another engine than this pool is in `engines`.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from select import POLLIN, POLLOUT, poll
from types import TracebackType
from typing import Any, Self

from ..evidence.processor import features
from ..runtime.libc import die_with
from ..runtime.signals import signal_name
from ..tuples import NamedTuple
from .frames import Inbox, NoFrame, framed, receive, send
from .tasks import (
    TRIES,
    Cancelled,
    Died,
    Overdue,
    Raised,
    Result,
    Returned,
    Task,
    Told,
    TooLarge,
    WorkerLimits,
)

_AHEAD = 8  # tasks a worker that wait
_LOOK_EVERY = 0.1  # seconds between two looks at time and memory
_PIECES = 1 << 12  # of an answer whose time is over: the longest has fewer
_MOMENT = 100  # milliseconds until the next one has come


class _Stage(NamedTuple):
    """A worker's word on the way."""

    stage: str


_parent: socket.socket | None = None
"""In a worker, the pipe to its parent."""


def tell(stage: str) -> None:
    """In a worker: say how far its task has come. Anywhere else nobody listens."""
    if _parent is not None:
        send(_parent, _Stage(stage))


@dataclass(eq=False, slots=True)
class _Worker:
    pid: int
    pipe: socket.socket
    inherited: int  # bytes of resident memory that are its parent's, too
    inbox: Inbox = field(default_factory=Inbox)
    outbox: bytes = b""  # what the pipe did not take yet: a worker that is stopped keeps nobody waiting
    task: Task | None = None
    deadline: float = 0.0


@dataclass(slots=True)
class Pool:
    """So many processes, started when there is work for them and started again when they die.

    ``hears``: who is told how far tasks have come while `as_completed` waits.
    """

    jobs: int
    limits: WorkerLimits
    elsewhere: bool = field(default=False, init=False)  # workers see files as this process does
    hears: Callable[[Told], None] = field(default=lambda told: None)
    _queue: deque[Task] = field(default_factory=deque)
    _workers: list[_Worker] = field(default_factory=list)
    _completed: deque[Task] = field(default_factory=deque)
    _told: list[Told] = field(default_factory=list)
    _looked: float = 0.0  # when time and memory were looked at

    def submit(
        self, function: Callable[..., Any], *arguments: Any, limits: WorkerLimits | None = None, tries: int = TRIES
    ) -> Task:
        """Have ``function`` called in a worker; it and what it takes and returns must be picklable.

        ``limits`` are this task's own, and ``tries`` says how many workers it may cost.
        """
        task = Task(function, arguments, limits or self.limits, tries)
        self._queue.append(task)
        return task

    def as_completed(self) -> Iterator[Task]:
        """Every submitted task once, when its result is there; those too that are submitted meanwhile."""
        return (task for task in self.turns(lambda: False) if task is not None)

    def turns(self, woken: Callable[[], bool]) -> Iterator[Task | None]:
        """As `as_completed`, and None in between as often as ``woken`` says that there may be more to submit."""
        while self.outstanding:
            while self._completed:
                yield self._completed.popleft()
            self._hand_out()
            self._listen(_LOOK_EVERY if self.outstanding else 0.0)
            self._watch()
            told, self._told = self._told, []
            for one in told:
                self.hears(one)
            if not self._completed and woken():
                yield None

    def tell_stages_to(self, hears: Callable[[Told], None]) -> None:
        self.hears = hears

    def wait(self, seconds: float, *ears: int) -> list[Task | Told]:
        """What happened: tasks that are completed, each once, and how far others have come, in order.

        Waits so many seconds at most for something to happen, or for one of these descriptors to be readable; also
        while there is nothing to do.
        """
        until = time.monotonic() + seconds
        while True:
            self._hand_out()
            busy = any(worker.task is not None for worker in self._workers)
            left = until - time.monotonic()
            heard = self._listen(max(0.0, min(left, _LOOK_EVERY) if busy else left), *ears)
            self._watch()
            happened: list[Task | Told] = [*self._told, *self._completed]
            self._told.clear()
            self._completed.clear()
            if happened or heard or time.monotonic() >= until:
                return happened

    def cancel(self, task: Task) -> None:
        """Its result is `Cancelled` unless it has one; a worker that was at it is ended."""
        if task in self._queue:
            self._queue.remove(task)
            self._complete(task, Cancelled())
        for worker in [worker for worker in self._workers if worker.task is task]:
            self._end(worker)
            self._complete(task, Cancelled())

    def withdraw(self) -> list[Task]:
        """Take back what no worker has begun: it is not completed any more. What runs goes on."""
        taken = list(self._queue)
        self._queue.clear()
        return taken

    @property
    def idle(self) -> int:
        """How many more tasks would begin at once."""
        return self.jobs - len(self._queue) - sum(worker.task is not None for worker in self._workers)

    @property
    def hungry(self) -> bool:
        """Whether more is to be submitted, so that the workers stay busy."""
        return self.outstanding < self.jobs * _AHEAD

    @property
    def processor(self) -> tuple[str, ...]:
        """What decides of the workers' processor how onnxruntime computes: they are forked here."""
        return features()

    @property
    def outstanding(self) -> int:
        """Tasks that were submitted and have not been given back yet."""
        return len(self._queue) + len(self._completed) + sum(worker.task is not None for worker in self._workers)

    @property
    def pipes(self) -> list[int]:
        """The descriptors by which workers answer: ears for whoever waits for something else as well."""
        return [worker.pipe.fileno() for worker in self._workers if worker.task is not None]

    def processes(self) -> list[int]:
        """The process ids of the workers."""
        return [worker.pid for worker in self._workers]

    def close(self) -> None:
        """End the workers; what they were at is lost."""
        for worker in list(self._workers):
            self._end(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hand_out(self) -> None:
        idle = [worker for worker in self._workers if worker.task is None]
        while self._queue and (idle or len(self._workers) < self.jobs):
            worker = idle.pop() if idle else self._start()
            task = self._queue.popleft()
            worker.task, worker.deadline = task, time.monotonic() + task.limits.seconds
            worker.outbox = framed((task.function, task.arguments))
            if not self._pushed(worker):  # it died while it was idle: the task has not been tried
                worker.task = None
                self._end(worker)
                self._queue.appendleft(task)

    def _pushed(self, worker: _Worker) -> bool:
        """Whether the worker is there to take what it is sent."""
        try:
            worker.outbox = worker.outbox[worker.pipe.send(worker.outbox) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def _listen(self, seconds: float, *ears: int) -> bool:
        """Hear the workers; whether one of the other descriptors has something to say."""
        waiting, workers = poll(), {worker.pipe.fileno(): worker for worker in self._workers}
        for ear in ears:
            waiting.register(ear, POLLIN)
        for descriptor, worker in workers.items():
            waiting.register(descriptor, POLLIN | (POLLOUT if worker.outbox else 0))
        heard = False
        for descriptor, event in waiting.poll(0 if self._completed else ceil(seconds * 1000)):
            if descriptor in ears:
                heard = True
                continue
            worker = workers[descriptor]
            if event & ~POLLOUT:
                self._heard(worker)
            elif not self._pushed(worker):
                self._lost(worker)
        return heard

    def _heard(self, worker: _Worker) -> None:
        """A piece of an answer, or all of it; a worker that sends anything else counts as dead."""
        try:
            answers = worker.inbox.take(worker.pipe.recv(1 << 18))
        except (BlockingIOError, InterruptedError):
            return None
        except (OSError, EOFError):
            return self._lost(worker)
        except NoFrame:
            return self._lost(worker, "it sent what is not an answer")
        for result in answers:
            if worker.task is not None and isinstance(result, _Stage):
                self._told.append(Told(worker.task, result.stage))
                continue
            if worker.task is None or not isinstance(result, Returned | Raised):
                return self._lost(worker, "it sent what is not an answer")
            task, worker.task = worker.task, None
            self._complete(task, result)
        return None

    def _watch(self) -> None:
        """End the workers whose time is up or that hold too much memory: trying again would end the same."""
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        for worker in list(self._workers):
            if worker.task is None:
                continue
            result: Result | None = None
            if now > worker.deadline:
                if self._has_answered(worker):
                    continue
                result = Overdue(worker.task.limits.seconds)
            elif _resident(worker.pid) - worker.inherited > worker.task.limits.memory:
                result = TooLarge(worker.task.limits.memory)
            if result is not None:
                self._complete(worker.task, result)
                self._end(worker)

    def _has_answered(self, worker: _Worker) -> bool:
        """Whether its answer came in time, and we did not look: this process was held, or had something else to do."""
        task = worker.task
        for _ in range(_PIECES):
            waiting = poll()
            waiting.register(worker.pipe, POLLIN)
            if not waiting.poll(_MOMENT if worker.inbox.begun else 0):
                return False
            self._heard(worker)
            if worker.task is not task or worker not in self._workers:
                return True
        return False

    def _lost(self, worker: _Worker, why: str = "") -> None:
        """A worker has died. Its task waits behind the others: whatever killed it may be over by then."""
        ended, task = self._end(worker), worker.task
        how = why or ended
        if task is None:
            return
        task.tries += 1
        if task.tries < task.most:
            self._queue.append(task)
        else:
            self._complete(task, Died(how, task.tries))

    def _complete(self, task: Task, result: Result) -> None:
        task.result = result
        self._completed.append(task)

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        pid = os.fork()
        if not pid:
            with contextlib.suppress(BaseException):
                for other in [ours, *(worker.pipe for worker in self._workers)]:
                    other.close()  # or a worker would keep another's pipe open when the parent is gone
                _serve(theirs, parent)
            os._exit(0)
        theirs.close()
        ours.setblocking(False)
        worker = _Worker(pid, ours, _resident(pid))
        self._workers.append(worker)
        return worker

    def _end(self, worker: _Worker) -> str:
        """Take a worker away; how it ended, if it was dead already."""
        self._workers.remove(worker)
        worker.pipe.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        return f"exit code {status}" if status >= 0 else signal_name(-status)


def _serve(pipe: socket.socket, parent: int) -> None:
    """A worker's life: a call, its result, until the parent goes."""
    global _parent
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, and it ends us
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:  # the parent has a say in it, and ends us in its time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _parent = pipe
    gc.freeze()  # what the parent holds (its database too) is not ours to finalise
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # standard output belongs to the result
        os.dup2(nowhere, stream)
    while True:
        function, arguments = receive(pipe)
        try:
            send(pipe, Returned(function(*arguments)))
        except Exception as error:
            send(pipe, Raised(f"{type(error).__name__}: {error}", traceback.format_exc()))


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
