"""Which tasks go to a worker together: a Dask task costs some milliseconds by itself, so one is to last 300 at least.

How long a call takes is known from the calls before it. What was with a worker when that was lost is sent again one by
one, so that the model to blame is found, and harms no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from typing import Any, TypeAlias

from ..tasks import Task

AIM = 0.3
"""Seconds that a group of tasks lasts at least, where there are so many tasks."""

MOST = 512
"""Tasks of a group."""

_WEIGHT = 0.2  # of the newest call in what is known of all

_Function: TypeAlias = Callable[..., Any]


class Grouping:
    """Tasks that wait, by what they call."""

    def __init__(self) -> None:
        self._waiting: dict[_Function, deque[tuple[int, Task]]] = {}
        self._suspects: deque[Task] = deque()
        self._seconds: dict[_Function, float] = {}  # of one call, as the last ones were
        self._added = 0

    def add(self, task: Task) -> None:
        self._added += 1
        self._waiting.setdefault(task.function, deque()).append((self._added, task))

    def add_again(self, tasks: list[Task]) -> None:
        """Tasks that had been taken, and were not begun: before the others."""
        for task in reversed(tasks):
            self._waiting.setdefault(task.function, deque()).appendleft((0, task))

    def suspect(self, tasks: list[Task]) -> None:
        """Tasks of which one may have ended its worker."""
        self._suspects.extend(tasks)

    def took(self, function: _Function, seconds: float) -> None:
        """A call of a function took so long."""
        before = self._seconds.get(function, seconds)
        self._seconds[function] = before + _WEIGHT * (seconds - before)

    def take(self) -> list[Task]:
        """The next group, of one function: that of the task that waits longest. None where nothing waits."""
        waiting = [queue for queue in self._waiting.values() if queue]
        if not waiting:
            return []
        queue = min(waiting, key=lambda queue: queue[0][0])
        size = self.size(queue[0][1].function)
        return [queue.popleft()[1] for _ in range(min(size, len(queue)))]

    def take_suspect(self) -> list[Task]:
        """One task that may end its worker."""
        return [self._suspects.popleft()] if self._suspects else []

    def size(self, function: _Function) -> int:
        """How many calls last as long as a group is to; one where nothing is known of them."""
        seconds = self._seconds.get(function)
        if seconds is None:
            return 1
        return max(1, min(MOST, ceil(AIM / max(seconds, 1e-9))))

    def remove(self, task: Task) -> bool:
        """Take a task out; whether it waited."""
        if task in self._suspects:
            self._suspects.remove(task)
            return True
        queue = self._waiting.get(task.function, deque())
        for entry in queue:
            if entry[1] is task:
                queue.remove(entry)
                return True
        return False

    def clear(self) -> list[Task]:
        """Take all out, in their order."""
        entries = sorted((entry for queue in self._waiting.values() for entry in queue), key=lambda entry: entry[0])
        found = [*self._suspects, *(task for _, task in entries)]
        self._suspects.clear()
        self._waiting.clear()
        return found

    def __len__(self) -> int:
        return len(self._suspects) + sum(map(len, self._waiting.values()))

    @property
    def groups(self) -> float:
        """How many groups that makes, about."""
        waiting = sum(len(queue) / self.size(function) for function, queue in self._waiting.items())
        return waiting + len(self._suspects)
