"""Who does the work of a batch, and of a service: what both know of it, whether processes here or machines elsewhere.

`pool.Pool` is the engine of this machine; `engines` has another one. Whatever a call does to its worker, its task is
completed, once, with one of the pool's results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

from ..errors import CannotLook
from .tasks import TRIES, Task, Told, WorkerLimits


class EngineLost(CannotLook):
    """The engine is there no more, or refuses the work. What was completed is; the rest was not looked at."""


class Engine(Protocol):
    """Takes calls, and gives each back with its result."""

    @property
    def jobs(self) -> int:
        """How many calls go on at once."""
        ...

    @property
    def limits(self) -> WorkerLimits:
        """What a task may take for which nothing else is said."""
        ...

    @property
    def hungry(self) -> bool:
        """Whether more is to be submitted, so that the workers stay busy."""
        ...

    @property
    def outstanding(self) -> int:
        """Tasks that were submitted and have not been given back yet."""
        ...

    @property
    def elsewhere(self) -> bool:
        """Whether workers are on other machines, which see files in another way."""
        ...

    @property
    def processor(self) -> tuple[str, ...]:
        """What decides of the workers' processors how onnxruntime computes."""
        ...

    def submit(
        self, function: Callable[..., Any], *arguments: Any, limits: WorkerLimits | None = None, tries: int = TRIES
    ) -> Task:
        """Have ``function`` called by a worker; it and what it takes and returns must be picklable."""
        ...

    def as_completed(self) -> Iterator[Task]:
        """Every submitted task once, when its result is there; those too that are submitted meanwhile."""
        ...

    def turns(self, woken: Callable[[], bool]) -> Iterator[Task | None]:
        """As `as_completed`, and None in between as often as ``woken`` says that there may be more to submit."""
        ...

    def tell_stages_to(self, hears: Callable[[Told], None]) -> None:
        """Who is told how far tasks have come while `as_completed` waits, where workers are near enough to say it."""
        ...

    def close(self) -> None:
        """End it; what is being done is lost."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class LastingEngine(Engine, Protocol):
    """One that never comes to an end of its work, as a service wants it."""

    @property
    def idle(self) -> int:
        """How many more tasks would begin at once."""
        ...

    def wait(self, seconds: float, *ears: int) -> list[Task | Told]:
        """What happened within so many seconds, or until one of these descriptors can be read."""
        ...

    def cancel(self, task: Task) -> None:
        """Its result is `Cancelled` unless it has one."""
        ...

    def withdraw(self) -> list[Task]:
        """Take back what no worker has begun: it is not completed any more."""
        ...


Opens: TypeAlias = Callable[[int, WorkerLimits], Engine]
"""Makes an engine of so many workers, and what one task may take of each."""
