"""A task as it is handed to an engine, what it may take, and what can come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..tuples import NamedTuple

TRIES = 3
"""A task that killed so many workers is given up."""


class Returned(NamedTuple):
    value: Any


class Raised(NamedTuple):
    """The function raised: our fault. The last line of the traceback, and all of it."""

    error: str
    trace: str


class Died(NamedTuple):
    """Its worker ended each time, by the task or by whoever ends processes here."""

    how: str  # the last time: a signal's name, or what else there is to say
    tries: int


class Overdue(NamedTuple):
    seconds: float


class TooLarge(NamedTuple):
    limit: int


class Cancelled(NamedTuple):
    """Nobody wants it any more."""


class OutOfSight(NamedTuple):
    """A worker on another machine does not see a file as it is here: nothing was looked at."""

    path: str
    how: str  # what the worker saw, and where: "host node7 has no such file"


Result: TypeAlias = Returned | Raised | Died | Overdue | TooLarge | Cancelled | OutOfSight


class WorkerLimits(NamedTuple):
    """What one task may take."""

    seconds: float = 600.0
    memory: int = 4 << 30  # bytes of resident memory of its worker, beside what it was forked with


@dataclass(eq=False, slots=True)
class Task:
    """A call that was submitted; ``result`` is there once it is completed."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    limits: WorkerLimits
    most: int = TRIES  # workers that it may cost
    tries: int = 0
    result: Result | None = None


class Told(NamedTuple):
    """How far a task has come, in the worker's word for it."""

    task: Task
    stage: str
