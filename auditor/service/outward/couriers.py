"""Who brings webhooks what is due: a process beside the workers, so that no audit waits for somebody's server."""

from __future__ import annotations

import time

from ...batch.pool import Pool
from ...batch.tasks import Returned, Task, WorkerLimits
from ...store import webhooks
from ...store.webhooks import DueDelivery
from ...store.works import Works
from .delivering import SECONDS, Sent, deliver, settled

_LIMITS = WorkerLimits(4 * SECONDS, 1 << 30)  # beside what an attempt bounds itself: a resolver may take its time
_LEASE = 8 * SECONDS
_LOOK_EVERY = 1.0  # seconds


class Couriers:
    """Brings what is due, one delivery after the other, until it is closed."""

    def __init__(self, store: Works, hosts: tuple[str, ...] = ()) -> None:
        self._store, self._hosts = store, hosts
        self._pool = Pool(1, _LIMITS)
        self._at: dict[Task, DueDelivery] = {}
        self._look = 0.0  # when to look next

    @property
    def ears(self) -> list[int]:
        """Descriptors that can be read when there is something to do."""
        return self._pool.pipes

    def processes(self) -> list[int]:
        """The process ids of whoever brings them."""
        return self._pool.processes()

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._at)

    def step(self, claims: bool = True) -> None:
        """Keep what came of those that were on their way, and send the next; waits for nothing."""
        for task in self._pool.wait(0.0):
            if isinstance(task, Task):
                result = task.result
                came = result.value if isinstance(result, Returned) and isinstance(result.value, Sent) else None
                settled(self._store, self._at.pop(task), came)
                self._look = 0.0
        if claims and time.monotonic() >= self._look and self._pool.idle > 0:
            self._look = time.monotonic() + _LOOK_EVERY
            for due in webhooks.claimed(self._store, self._pool.idle, _LEASE):
                self._at[self._pool.submit(deliver, due, self._hosts, tries=1)] = due

    def close(self) -> None:
        """What is on its way then is sent again, when its time is over."""
        self._pool.close()
