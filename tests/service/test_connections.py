"""Clients that are slow, silent or gone: each is closed, and nothing of it stays.

Bounds are fractions of a second here. That somebody is closed is waited for; that somebody is not is asked of clients
who keep well within a bound that is long.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.service.guard.asgi import Receive, Scope, Send
from auditor.service.guard.connections import ConnectionBounds
from auditor.service.guard.pace import Pace, Paced
from auditor.service.guard.stack import guarded
from tests.pace import HANG

from . import stalls
from .wire import Client, Running, known, request, running, waited

BOUND = 0.3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    app = guarded(stalls.storing(folder), stalls.limits_of(BOUND), b"secret")
    with running(app, ConnectionBounds(512, BOUND, BOUND)) as found:
        yield found


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("stalled", 408), ("crawling", 408), ("endless, dripping", 408), ("endless, fast", 413), ("slow header", 408),
        ("slow second header", 408), ("silent", 0), ("answer not read", 0), ("over the limit", 413), ("aborted", 0),
    ],
)  # fmt: skip
def test_it_is_closed(server: Running, folder: Path, kind: str, status: int) -> None:
    found = stalls.outcome(server, folder, stalls.KINDS[kind], 3, BOUND, HANG)
    statuses = {status, 408} if status == 413 else {status}  # on a busy machine a fast client may stall
    assert set(found.statuses) <= statuses and sum(found.statuses.values()) == 3
    assert found.closed == 3
    assert found.files == 0
    assert server.settled()


def test_all_kinds_are_tested() -> None:
    """Those of the table are those above."""
    marks = [mark for mark in test_it_is_closed.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {kind for kind, _ in marks[0].args[1]} == set(stalls.KINDS)


def test_uvicorn_alone_closes_none(tmp_path: Path) -> None:
    """The reason for all this. When it fails, some of it may go."""
    with running(stalls.storing(tmp_path)) as server, Client(server.port, 2 * BOUND) as client:
        assert stalls.stalled(client, 2 * BOUND).closed is False


def test_who_is_slow_but_steady_is_served(tmp_path: Path) -> None:
    """More bytes a second than the least, over several windows."""
    app = Paced(stalls.storing(tmp_path), Pace(stall=60, rate=0.001, window=0.02))
    with running(app, ConnectionBounds()) as server, Client(server.port) as client:
        client.send(request("PATCH", stalls.UPLOAD, "Content-Length: 40"))
        for _ in range(40):
            client.send(b"x")
            time.sleep(0.005)
        assert client.hear("PATCH", to_the_end=False).status == 200
        assert client.ask("GET", "/").status == 200  # the connection stays


def test_who_is_steady_but_slow_is_not(tmp_path: Path) -> None:
    """The same client, and more than it can send in a second."""
    app = Paced(stalls.storing(tmp_path), Pace(stall=60, rate=100_000, window=0.02))
    with running(app, ConnectionBounds()) as server, Client(server.port) as client:
        client.send(request("PATCH", stalls.UPLOAD, "Content-Length: 40000"))
        assert stalls.dripping(client, b"x", 60).status == 408


def test_nobody_is_too_slow_because_the_server_was_held() -> None:
    """As by SIGSTOP, or with its machine: when it goes on, the time is over and the bytes are there."""
    heard, held, sent = threading.Event(), threading.Event(), threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            more = (await receive()).get("more_body", False)
            heard.set()  # before anything else happens here it waits for more
        await stalls.storing(Path())({**scope, "method": "GET"}, receive, send)

    with running(Paced(app, Pace(stall=HANG)), ConnectionBounds()) as server, Client(server.port) as client:
        client.send(request("PATCH", stalls.UPLOAD, "Content-Length: 2") + b"x")
        assert heard.wait(HANG)
        loop = server.server.servers[0].get_loop()
        clock = loop.time

        def hold() -> None:
            held.set()
            sent.wait(HANG)
            loop.time = lambda: clock() + 2 * HANG  # type: ignore[method-assign]

        loop.call_soon_threadsafe(hold)
        assert held.wait(HANG) and client.send(b"x")
        sent.set()
        assert client.hear("PATCH", to_the_end=False).status == 200


def test_a_client_that_rests_between_requests_is_not_too_slow(server: Running) -> None:
    """That is what keep-alive is for: its bound is another one."""
    with known(server.port) as client:
        for _ in range(2):
            time.sleep(1.5 * BOUND)
            assert client.ask("GET", "/").status == 200


def test_connections_are_counted_and_one_that_rests_makes_room(tmp_path: Path) -> None:
    app = guarded(stalls.storing(tmp_path), stalls.limits_of(60), b"secret")
    with running(app, ConnectionBounds(3, 60, 60)) as server:
        clients = [Client(server.port) for _ in range(3)]
        try:
            assert clients[0].ask("GET", "/").status == 200
            clients[1].send(b"GET / HTTP/1.1\r\n")
            clients[2].send(b"GET / HTTP/1.1\r\n")
            with Client(server.port) as another:  # the first rests
                assert another.ask("GET", "/").status == 200
                assert clients[0].is_closed()
                another.send(b"GET / HTTP/1.1\r\n")
                with Client(server.port) as one_more:
                    heard = one_more.hear()
                    assert (heard.status, heard.code, heard.closed) == (503, "crowded", True)
                    assert heard.headers["retry-after"] == "1"
            clients[2].send(b"Host: localhost\r\n\r\n")
            assert clients[2].hear(to_the_end=False).status == 200  # the third is not one too many
        finally:
            for client in clients:
                client.socket.close()
        assert server.settled()


def test_pipelined_requests_are_answered_in_turn(server: Running) -> None:
    with known(server.port) as client:
        client.send(request("GET", "/") * 3)
        came = b""
        while came.count(b"taken") < 3:
            more = client.socket.recv(65536)
            assert more, came
            came += more
    assert came.count(b"HTTP/1.1 200") == 3
    assert server.settled()


def test_an_answer_is_sent_at_once(server: Running) -> None:
    """Without TCP_NODELAY each waits 40 ms for the client's delayed acknowledgment of its header."""
    with known(server.port):
        assert waited(lambda: server.connections() == 1)  # those of other tests have gone
        (held,) = server.server.server_state.connections
        its = held.transport.get_extra_info("socket")
        assert its.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
