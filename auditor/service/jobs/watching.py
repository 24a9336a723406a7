"""Waiting for audits without a thread for each who waits: one look at the store for all, a few times a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TypeAlias

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from ...errors import StoreError
from ...store.asked import standings
from ..context import Service

Look: TypeAlias = Callable[[frozenset[str], frozenset[str]], Mapping[str, str]]
"""How far jobs, and the newest jobs of versions, have come, by id: `store.asked.standings`."""

_PAUSE = 0.25

_log = logging.getLogger(__name__)


class Watch:
    """Looks while anybody waits. It belongs to one event loop."""

    def __init__(self, look: Look, pause: float = _PAUSE) -> None:
        self.loop = asyncio.get_running_loop()
        self._look = look
        self._pause = pause
        self._waiting: dict[asyncio.Future[str], tuple[str, bool, str]] = {}  # of what, whether a version, as known
        self._task: asyncio.Task[None] | None = None

    async def changed(self, of: str, known: str, seconds: float, *, version: bool = False) -> str:
        """How far a job has come, or a version's newest: once that is not as ``known`` any more, or after that time.

        What is not there has come to "".
        """
        future: asyncio.Future[str] = self.loop.create_future()
        self._waiting[future] = (of, version, known)
        if self._task is None or self._task.done():
            self._task = self.loop.create_task(self._watch())
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return known
        finally:
            self._waiting.pop(future, None)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def _watch(self) -> None:
        while self._waiting:
            jobs = frozenset(of for of, version, _ in self._waiting.values() if not version)
            versions = frozenset(of for of, version, _ in self._waiting.values() if version)
            try:
                found = await run_in_threadpool(self._look, jobs, versions)
            except StoreError as error:  # who waits will ask the store itself, and is told
                _log.warning("cannot look how far audits have come: %s", error)
                found = None
            for future, (of, _, known) in list(self._waiting.items()):
                if found is not None and found.get(of, "") != known and not future.done():
                    future.set_result(found.get(of, ""))
            await asyncio.sleep(self._pause)


def watch_of(request: Request, service: Service) -> Watch:
    """The watch of this process."""
    state = request.app.state
    watch = getattr(state, "watch", None)
    if watch is None or watch.loop is not asyncio.get_running_loop():  # a test has several
        watch = state.watch = Watch(lambda jobs, versions: standings(service.store, jobs, versions))
    assert isinstance(watch, Watch)
    return watch
