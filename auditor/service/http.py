"""The process that answers: `python -m auditor.service.http`, started by the supervisor.

It takes its arguments as one line of JSON from stdin (`Arguments`) and the listening socket as an inherited descriptor,
which stays open in the supervisor: while this process is started again, connections wait instead of being refused. At
SIGTERM it takes no more connections, ends the answers that are on their way, and exits with 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from ..errors import AuditorError, UsageError
from ..runtime.libc import die_with, share_heaps
from ..store.works import Works
from ..tuples import NamedTuple
from . import health, metrics
from .answers.lately import Lately
from .app import app
from .context import Service, ServiceLimits
from .files.storage import Storage
from .guard.access import Answered, log_line
from .guard.asgi import App, Receive, Scope, Send
from .guard.connections import ConnectionBounds, protocol_within
from .guard.faults import Faults
from .guard.hosts import Hosts
from .guard.stack import guarded
from .logs import log_to_stderr
from .metrics import Metrics
from .pages.docs import DOCS

KEEP_ALIVE = 75  # seconds: longer than the 60 after which nginx lets a connection to an upstream go
BACKLOG = 1024
_HISTORIES = 32
_SPANS = 20_000  # audits and findings of the histories that are kept in mind, together
_HEAPS = 2  # one thread at a time runs Python anyway
GRACE = 20  # seconds for answers that are on their way when the end comes


class Arguments(NamedTuple):
    """What the supervisor tells."""

    socket: int  # descriptor of the listening socket
    db: str
    storage: str
    wake: int | None = None  # descriptor: a byte there tells the dispatcher of new work
    parent: int | None = None  # with whom this process ends
    roots: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    open: bool = False
    metrics_port: int | None = None
    limits: ServiceLimits = ServiceLimits()
    grace: float = GRACE
    proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-For and -Proto are believed
    until_token: bool = False

    @classmethod
    def parsed(cls, line: str) -> Arguments:
        """From a line of JSON, whose names are these fields'."""
        told: dict[str, Any] = json.loads(line)
        told["limits"] = ServiceLimits(**told.get("limits", {}))
        told |= {name: tuple(told[name]) for name in ("roots", "hosts", "names", "proxies") if name in told}
        return cls(**told)


def main() -> int:
    """Answer until the end is asked for."""
    arguments = Arguments.parsed(sys.stdin.readline())
    if arguments.parent is not None:
        die_with(arguments.parent)
    share_heaps(_HEAPS)
    log_to_stderr()
    try:
        with Works.open(arguments.db) as store:
            serve(service_of(arguments, store), arguments)
    except AuditorError as error:
        print(f"auditor: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def service_of(arguments: Arguments, store: Works) -> Service:
    """The service as the routes see it."""
    storage = Storage(arguments.storage)
    return Service(
        store, storage, arguments.limits, arguments.roots, arguments.hosts, arguments.open, storage.secret(),
        arguments.names, waker(arguments.wake), Lately(_HISTORIES, _SPANS), arguments.until_token,
    )  # fmt: skip


def waker(descriptor: int | None) -> Callable[[], None]:
    """What tells the dispatcher that there is work. Where it has not read the last news yet, more are not needed."""
    if descriptor is None:
        return lambda: None
    os.set_blocking(descriptor, False)

    def wake() -> None:
        with contextlib.suppress(OSError):  # full, or nobody reads: the dispatcher looks by itself, too
            os.write(descriptor, b"\0")

    return wake


def serve(service: Service, arguments: Arguments) -> None:
    """Answer on the sockets until a signal ends it."""
    listening = socket.socket(fileno=arguments.socket)
    sockets = [listening]
    if arguments.metrics_port is not None:
        sockets.append(_beside(listening, arguments.metrics_port))
    config = uvicorn.Config(
        application(service, sockets[1].getsockname()[1] if sockets[1:] else None),
        # No limit_concurrency: that many connections would get a text that is no problem. Ours are bounded below.
        http=protocol_within(ConnectionBounds(service.limits.connections, service.limits.stall, service.limits.stall)),
        loop="asyncio", ws="none", lifespan="off", interface="asgi3", log_config=None, access_log=False,
        proxy_headers=bool(arguments.proxies), forwarded_allow_ips=list(arguments.proxies),
        server_header=False, backlog=BACKLOG, timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(arguments.grace),
    )  # fmt: skip
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: None)  # uvicorn raises it again when it has ended: that is no failure
    gc.collect()
    gc.freeze()  # what was imported is not looked through again
    uvicorn.Server(config).run(sockets)


def _beside(listening: socket.socket, port: int) -> socket.socket:
    """A socket that listens at the same address, on another port."""
    host = listening.getsockname()[0]
    try:
        return socket.create_server((host, port), family=listening.family)
    except OSError as error:
        said = f"metrics-port = {port} cannot be listened on at {host} ({error.strerror}): give another one"
        raise UsageError(said) from error


def application(service: Service, metrics_port: int | None = None) -> App:
    """The routes behind their guards; on the port of the figures nothing but these."""
    made = app(service)
    figures = made.state.metrics = Metrics(service.store)
    made.include_router(health.router)
    if metrics_port is None:
        made.include_router(metrics.router)

    def seen(answered: Answered) -> None:
        log_line(answered)
        figures.count(answered)

    routes = guarded(
        made, service.limits, service.secret, service.names, seen, pages=[DOCS], needs_token=not service.open
    )
    return routes if metrics_port is None else _by_port(routes, _only(figures, service.names), metrics_port)


def _by_port(routes: App, figures: App, port: int) -> App:
    async def by_port(scope: Scope, receive: Receive, send: Send) -> None:
        is_theirs = (scope.get("server") or ("", 0))[1] == port
        await (figures if is_theirs else routes)(scope, receive, send)

    return by_port


def _only(figures: Metrics, names: tuple[str, ...]) -> App:
    """The figures alone. Prometheus asks by address, and no page of anybody's has one as its name."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        is_there = scope["path"] == "/metrics"
        body = await asyncio.to_thread(figures.text) if is_there else b"there is only /metrics\n"
        headers = [(b"content-type", metrics.MEDIA_TYPE.encode()), (b"x-content-type-options", b"nosniff")]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200 if is_there else 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return Faults(Hosts(answer, names, addresses=True))


if __name__ == "__main__":
    sys.exit(main())
