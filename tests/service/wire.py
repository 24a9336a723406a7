"""A server in a thread of this process, and clients that speak bytes: they stall, crawl and lie as they are told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any, NamedTuple

import uvicorn

from auditor.service.guard.asgi import App
from auditor.service.guard.connections import ConnectionBounds, protocol_within
from tests.pace import HANG


class Running(NamedTuple):
    """A server that answers."""

    port: int
    server: uvicorn.Server

    def connections(self) -> int:
        """How many it holds."""
        return len(self.server.server_state.connections)

    def settled(self, seconds: float = HANG) -> bool:
        """Whether it comes to hold neither a connection nor a task."""
        return waited(lambda: not self.connections() and not self.server.server_state.tasks, seconds)


class Heard(NamedTuple):
    """What came back on a connection; status 0: nothing."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool  # by the server

    @property
    def code(self) -> str:
        """Of a problem."""
        return str(self.document["code"])

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


def waited(so: Any, seconds: float = HANG) -> bool:
    """Whether that comes to be so."""
    until = time.monotonic() + seconds
    while not so():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


@contextmanager
def running(app: App, bounds: ConnectionBounds | None = None, keep_alive: int = 75) -> Iterator[Running]:
    """A server of that app, within bounds; None: uvicorn as it is."""
    protocol: Any = "h11" if bounds is None else protocol_within(bounds)
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", interface="asgi3", log_config=None, access_log=False,
        proxy_headers=False, timeout_keep_alive=keep_alive, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        assert waited(lambda: server.started)
        try:
            yield Running(listening.getsockname()[1], server)
        finally:
            server.should_exit = True
            thread.join(HANG)


class Client:
    """A connection."""

    def __init__(self, port: int, timeout: float = HANG) -> None:
        self._made = time.monotonic()
        self.began = 0.0  # seconds until its first word was said
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """Whether it could be sent: a server may have closed."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        finally:
            self.began = self.began or time.monotonic() - self._made
        return True

    def ask(self, method: str, path: str, *headers: str, body: bytes = b"", host: str = "localhost") -> Heard:
        """A request, and its answer; the connection stays."""
        self.send(request(method, path, *headers, body=body, host=host))
        return self.hear(method, to_the_end=False)

    def hear(self, method: str = "GET", to_the_end: bool = True) -> Heard:
        """The answer, and whether the server closes behind it."""
        response = HTTPResponse(self.socket, method=method)
        try:
            response.begin()
            body = response.read()
        except (OSError, ValueError, EOFError):  # BadStatusLine, which an empty answer is, is a ValueError's kin
            return Heard(0, {}, b"", self.is_closed())
        except Exception as error:
            if type(error).__name__ not in ("RemoteDisconnected", "BadStatusLine", "IncompleteRead"):
                raise
            return Heard(0, {}, b"", self.is_closed())
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Heard(response.status, headers, body, to_the_end and self.is_closed())

    def is_closed(self) -> bool:
        """Whether the server closes the connection before the time is over."""
        try:
            return self.socket.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


def request(method: str, path: str, *headers: str, body: bytes = b"", host: str = "localhost") -> bytes:
    """The bytes of a request; its length is said where there is a body."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if body and not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@contextmanager
def known(port: int) -> Iterator[Client]:
    """A client that was answered: no bound on the first header ends it, where it was held itself before it asked."""
    while True:
        with Client(port) as client:
            if client.ask("GET", "/").status == 200:
                yield client
                return


def once(port: int, method: str, path: str, *headers: str, body: bytes = b"", host: str = "localhost") -> Heard:
    """One request on a connection of its own."""
    with Client(port) as client:
        return client.ask(method, path, *headers, body=body, host=host)
