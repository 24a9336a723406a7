"""The request's id and its line in the log.

The id is made here, whatever the client sends: it stands in the answer (``X-Request-Id``), in every line that is
written while the request is answered, and in what the routes store.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from uuid import uuid4

from ...tuples import NamedTuple
from .asgi import App, Message, Receive, Scope, Send, state_of

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered: the log's lines carry it."""

_log = logging.getLogger("auditor.access")
_LONGEST = 500
_API = "/api/v1"
_SECRET = f"{_API}/badges/"  # whoever knows the rest may see the badge


class Answered(NamedTuple):
    """A request that was answered. Neither its query nor a header stands here: secrets may be in them."""

    method: str
    path: str
    route: str  # the path as the route has it: /api/v1/audits/{id}; "" where no route took it
    status: int  # 499: the client went away before
    seconds: float
    bytes_in: int
    bytes_out: int
    project: str
    owner: str
    client: str
    request_id: str


class Access:
    """Gives requests their id, and tells of each when it was answered."""

    def __init__(self, app: App, seen: Callable[[Answered], None] | None = None) -> None:
        self.app = app
        self.seen = seen or log_line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid4().hex
        state = state_of(scope)
        state["request_id"] = request_id
        REQUEST_ID.set(request_id)
        began = time.monotonic()
        status, came, went = 499, 0, 0

        async def received() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            nonlocal status, went
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", []), (b"x-request-id", request_id.encode())]}
            went += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, received, sent)
        finally:
            self.seen(_answered(scope, status, time.monotonic() - began, came, went))


def _answered(scope: Scope, status: int, seconds: float, came: int, went: int) -> Answered:
    state = state_of(scope)
    caller = state.get("caller")
    path = scope["path"]
    return Answered(
        scope["method"],
        (f"{_SECRET}..." if path.startswith(_SECRET) else path)[:_LONGEST],
        _route(scope),
        status,
        seconds,
        came,
        went,
        getattr(caller, "project", ""),
        getattr(caller, "owner", ""),
        (scope.get("client") or ("",))[0],
        state["request_id"],
    )


def _route(scope: Scope) -> str:
    """FastAPI's route knows its own part of the path, and not the prefix of the router that it is in."""
    route = getattr(scope.get("route"), "path", "")
    return _API + route if route and scope["path"].startswith(_API) and not route.startswith(_API) else str(route)


def log_line(answered: Answered) -> None:
    """One line of the log."""
    fields = answered._asdict()
    fields["ms"] = round(1000 * fields.pop("seconds"), 1)
    _log.info("answered", extra={"fields": fields})
