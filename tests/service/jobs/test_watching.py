"""Waiting for audits: all who wait are one look, which ends with the last of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.errors import StoreError
from auditor.service.jobs import watching
from auditor.service.jobs.watching import Watch, watch_of
from tests.pace import HANG

Asked = tuple[frozenset[str], frozenset[str]]


def test_all_who_wait_are_one_look_and_each_hears_of_its_own() -> None:
    looks: list[Asked] = []
    come = {"a": "queued", "v": "queued", "b": "queued"}

    def look(jobs: frozenset[str], versions: frozenset[str]) -> Mapping[str, str]:
        looks.append((jobs, versions))
        found = dict(come)
        come["a"], come["v"] = "running", "done"
        return found

    async def wait() -> None:
        watch = Watch(look, 0.001)
        waits = [watch.changed("a", "queued", HANG), watch.changed("v", "queued", HANG, version=True)]
        assert await asyncio.gather(*waits) == ["running", "done"]
        assert await watch.changed("none", "queued", HANG) == "", "what is not there"
        assert await watch.changed("b", "queued", 0.0) == "queued" and watch.waiting == 0
        while watch._task is not None and not watch._task.done():
            await asyncio.sleep(0.001)
        assert await watch.changed("a", "queued", HANG) == "running", "it looks again after nobody did"

    asyncio.run(wait())
    assert looks[0] == (frozenset({"a"}), frozenset({"v"}))


def test_a_store_that_cannot_be_asked_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    left = [StoreError("it is locked")]

    def look(jobs: frozenset[str], versions: frozenset[str]) -> Mapping[str, str]:
        if left:
            raise left.pop()
        return {"a": "done"}

    async def wait() -> str:
        return await Watch(look, 0.001).changed("a", "queued", HANG)

    assert asyncio.run(wait()) == "done"
    assert "it is locked" in caplog.text


def test_a_process_has_one_watch_which_asks_its_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch belongs to an event loop: in another one it is made anew."""
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace()))
    service: Any = SimpleNamespace(store="the store")
    asked: list[object] = []

    def standings(store: object, jobs: frozenset[str], versions: frozenset[str]) -> Mapping[str, str]:
        asked.append((store, jobs, versions))
        return {"a": "done"}

    monkeypatch.setattr(watching, "standings", standings)

    async def twice() -> Watch:
        watch = watch_of(request, service)
        assert watch_of(request, service) is watch
        assert await watch.changed("a", "queued", HANG) == "done"
        return watch

    assert asyncio.run(twice()) is not asyncio.run(twice())
    assert asked == [("the store", frozenset({"a"}), frozenset())] * 2
