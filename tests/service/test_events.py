"""Events: told as they come to any number who listen, ended when nobody does, and no thread held for a listener."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from fastapi import Request
from starlette.testclient import TestClient

from auditor.service.api import events
from auditor.service.app import app
from auditor.service.context import Service, ServiceLimits
from auditor.service.jobs.watching import Watch, watch_of
from auditor.store import jobs, leases, tokens
from tests.pace import HANG
from tests.service.conftest import Clients
from tests.service.registering import HAND, finished, registered

AUDITS = "/api/v1/audits"
LISTENERS = 200


def _told(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def _asked(service: Service) -> str:
    version = registered(service)
    return jobs.submit(service.store, version_id=version.id, options={}, by="somebody").id


def test_one_that_has_ended_is_told_once(service: Service, client: Clients) -> None:
    asked = _asked(service)
    finished(service, asked)
    answer = client("read").get(f"{AUDITS}/{asked}/events")
    assert answer.headers["content-type"].startswith("text/event-stream") and "content-length" not in answer.headers
    ((name, told),) = _told(answer.text)
    assert (name, told["state"], told["verdict"], told["errors"], told["report"]) == ("done", "done", "fail", 1, None)


def test_a_stream_has_an_end(service: Service) -> None:
    asked = _asked(service)
    short = service._replace(limits=ServiceLimits(stream=0.2), open=True)
    answer = TestClient(app(short), base_url="http://127.0.0.1").get(f"{AUDITS}/{asked}/events")
    assert [name for name, _ in _told(answer.text)] == ["stage"]


def test_each_change_is_told(service: Service, client: Clients) -> None:
    asked = _asked(service)
    texts: list[str] = []
    listening = threading.Thread(target=lambda: texts.append(client("read").get(f"{AUDITS}/{asked}/events").text))
    listening.start()
    finished(service, asked)
    listening.join(HANG)
    told = _told(texts[0])
    assert told[-1][0] == "done" and all(name == "stage" for name, _ in told[:-1])
    assert all(one != other for one, other in pairwise(told))


@pytest.mark.parametrize("route", ["audits/{}/events", "gate?model=lenet&wait=60"])
def test_who_is_revoked_hears_no_more(
    route: str, service: Service, client: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is revoked while its holder waits; then the audit ends."""
    asked, reader = _asked(service), client("read")
    (token,) = tokens.listed(service.store)

    async def changed(self: Watch, of: str, known: str, seconds: float, *, version: bool = False) -> str:
        tokens.revoke(service.store, token.id)
        finished(service, asked)
        return "done"

    monkeypatch.setattr(Watch, "changed", changed)
    answer = reader.get(f"/api/v1/{route.format(asked)}")
    assert jobs.listed(service.store, 1)[0].state == "done"
    if "events" in route:
        assert [name for name, _ in _told(answer.text)] == ["stage"]
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "no-token")


@contextmanager
def _served(service: Service) -> Iterator[int]:
    """The app behind a real socket; the port."""
    server = uvicorn.Server(uvicorn.Config(app(service), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive()
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(HANG)


async def _listen(port: int, asked: str, until: str) -> tuple[str, asyncio.StreamWriter]:
    """What one listener hears until a text comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {AUDITS}/{asked}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    heard = b""
    while until.encode() not in heard:
        more = await reader.read(1 << 16)
        assert more, heard
        heard += more
    return heard.decode(), writer


def test_two_hundred_listen_and_others_are_served(service: Service) -> None:
    """More than there are threads: each hears the end, and a gate that waits and a read are answered meanwhile."""
    asked = _asked(service)

    async def listen(port: int) -> list[str]:
        first = await asyncio.gather(*(_listen(port, asked, "event: stage") for _ in range(LISTENERS)))
        assert threading.active_count() < LISTENERS  # of the threads that answer there are 40
        for _, writer in first:
            writer.close()
        waiting = [asyncio.ensure_future(_listen(port, asked, "event: done")) for _ in range(LISTENERS)]
        await asyncio.to_thread(finished, service, asked)
        heard = await asyncio.gather(*waiting)
        for _, writer in heard:
            writer.close()
        return [text for text, _ in heard]

    with _served(service._replace(open=True)) as port:
        heard = asyncio.run(asyncio.wait_for(listen(port), HANG))
    assert len(heard) == LISTENERS and all('"verdict":"fail"' in text for text in heard)


def test_it_ends_when_the_client_goes(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _asked(service)
    made: list[Watch] = []

    def watch(request: Request, service: Service) -> Watch:
        made.append(watch_of(request, service))
        return made[-1]

    monkeypatch.setattr("auditor.service.api.events.watch_of", watch)

    async def leave(port: int) -> None:
        _, writer = await _listen(port, asked, "event: stage")
        while not made[0].waiting:
            await asyncio.sleep(0.01)
        writer.close()
        while made[0].waiting:
            await asyncio.sleep(0.01)

    with _served(service._replace(open=True)) as port:
        asyncio.run(asyncio.wait_for(leave(port), HANG))
    assert jobs.listed(service.store, 1)[0].state == "queued"


def test_silence_is_broken(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)
    asked = _asked(service)

    async def listen(port: int) -> None:
        heard, writer = await _listen(port, asked, ": still there")
        assert "event: stage" in heard
        writer.close()

    with _served(service._replace(open=True)) as port:
        asyncio.run(asyncio.wait_for(listen(port), HANG))


def test_stages_are_told(service: Service) -> None:
    asked = _asked(service)
    leases.claim(service.store, HAND, 1, 60.0, {})

    async def listen(port: int) -> None:
        hearing = asyncio.ensure_future(_listen(port, asked, '"stage":"running"'))
        await asyncio.to_thread(leases.renew, service.store, HAND, {asked: "running"}, 60.0)
        heard, writer = await hearing
        assert '"state":"running"' in heard
        writer.close()

    with _served(service._replace(open=True)) as port:
        asyncio.run(asyncio.wait_for(listen(port), HANG))


def test_a_watch_looks_once_for_all(service: Service) -> None:
    looks: list[int] = []

    def look(ids: frozenset[str], versions: frozenset[str]) -> dict[str, str]:
        looks.append(len(ids) + len(versions))
        return {"slow": "queued", "fast": "done" if len(looks) > 2 else "queued"}

    async def wait() -> None:
        watch = Watch(look, 0.01)
        fast = [watch.changed("fast", "queued", HANG) for _ in range(300)]
        slow = watch.changed("slow", "queued", 0.2)
        gone = watch.changed("gone", "queued", HANG)
        *found, last, nothing = await asyncio.gather(*fast, slow, gone)
        assert set(found) == {"done"} and last == "queued" and nothing == ""
        assert watch.waiting == 0

    asyncio.run(wait())
    assert looks[0] == 3 and len(looks) < 300
