"""``python -m auditor.service.dispatcher``: the process that claims jobs and owns the workers."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from ..batch.pool import Pool
from ..batch.tasks import WorkerLimits
from ..errors import AuditorError
from ..pipeline import selected
from ..settings import Settings
from ..store.leases import expire, give_back_all
from ..store.works import Works
from .children import Given, received
from .context import ServiceLimits
from .files.storage import Storage
from .files.tidying import Tidying
from .jobs.dispatching import Dispatcher
from .jobs.slots import taken_name
from .outward.couriers import Couriers
from .outward.fetching import UrlLimits

_EXPIRE, _SWEEP = 5.0, 300.0  # seconds between two looks for what others left, and between two sweeps


def main() -> NoReturn:
    """Until SIGTERM; 0 then, 1 where the database or the storage cannot be used: the supervisor tries again."""
    said = received()
    try:
        dispatch(said)
    except (AuditorError, OSError) as error:
        tell(str(error))
        os._exit(1)
    os._exit(0)


def tell(line: str) -> None:
    """Say it to whoever runs the service."""
    print(f"auditor dispatcher: {line}", file=sys.stderr, flush=True)


def tried(what: Callable[[], object]) -> None:
    """Do what may be done later as well: where it cannot be done now, that is told, and audits go on."""
    try:
        what()
    except (AuditorError, OSError) as error:
        tell(str(error))


def dispatch(said: Given) -> None:
    """Claim and do what waits until SIGTERM; then what runs may end within the grace time."""
    limits = WorkerLimits(said.audit_seconds, said.audit_memory)
    with (
        _stop() as stop,
        contextlib.closing(Works.open(said.db)) as store,
        taken_name(Storage(said.storage).folder) as name,
        Pool(said.workers, limits) as pool,
    ):
        selected(Settings())  # workers inherit the imported rules
        storage = Storage(said.storage)
        give_back_all(store, name)
        most = ServiceLimits(**said.limits)
        fetch = UrlLimits(most.upload, limits.seconds / 2, most.floor)
        dispatcher = Dispatcher(store, storage, pool, name, said.roots, limits, tell, said.hosts, fetch)
        couriers = Couriers(store, said.hosts)
        tidying = Tidying(store, storage, said.retention)
        gc.collect()
        gc.freeze()  # workers are forked: what is never looked at again is never copied
        expired = swept = float("-inf")
        ears = [stop.ear, *([said.wake] if said.wake >= 0 else [])]
        while not stop.told:
            dispatcher.step(*ears, *couriers.ears)
            tried(couriers.step)
            if said.wake >= 0 and _heard(said.wake):
                dispatcher.hear()
            now = time.monotonic()
            if now - expired > _EXPIRE:
                tried(lambda: expire(store))
                expired = now
            if now - swept > _SWEEP:
                tried(tidying.tidy)
                swept = now
        dispatcher.drain()
        until = time.monotonic() + said.grace
        while (dispatcher.busy or couriers.busy) and time.monotonic() < until:
            dispatcher.step(*couriers.ears, claims=False)
            tried(lambda: couriers.step(claims=False))
        dispatcher.close()
        couriers.close()


class _Stop:
    """Whether SIGTERM has come, and a descriptor to hear that by."""

    def __init__(self, ear: int) -> None:
        self.ear = ear
        self.told = False


@contextlib.contextmanager
def _stop() -> Iterator[_Stop]:
    ear, mouth = os.pipe()
    os.set_blocking(ear, False)
    os.set_blocking(mouth, False)
    stop = _Stop(ear)

    def heard(*_: object) -> None:
        stop.told = True

    signal.signal(signal.SIGTERM, heard)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    yield stop


def _heard(descriptor: int) -> bool:
    """Whether somebody said something; it is taken off."""
    try:
        return bool(os.read(descriptor, 1 << 12))
    except OSError:
        return False


if __name__ == "__main__":
    main()
