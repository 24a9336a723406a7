"""The guards called without a server: what passes them untouched, and what is written down of who goes away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from auditor.service.context import ServiceLimits
from auditor.service.guard.access import Access, Answered
from auditor.service.guard.asgi import Message, Receive, Scope, Send
from auditor.service.guard.stack import guarded


async def receive() -> Message:
    return {"type": "http.disconnect", "body": b"12345"}


async def send(message: Message) -> None:
    raise AssertionError(message)


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_no_request_passes_as_it_came(kind: str) -> None:
    came: list[tuple[Scope, Receive, Send]] = []

    async def app(*what: Any) -> None:
        came.append(what)  # type: ignore[arg-type]  # three, as ASGI has it

    scope: Scope = {"type": kind, "path": "/x", "headers": []}
    asyncio.run(guarded(app, ServiceLimits(), b"secret")(scope, receive, send))
    assert came == [(scope, receive, send)] and scope == {"type": kind, "path": "/x", "headers": []}


def test_who_goes_away_before_an_answer_is_written_down_so() -> None:
    """499, as nginx's log has it: no answer of ours has this status."""
    seen: list[Answered] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/badges/secret",
        "client": ("192.0.2.1", 9),
        "headers": [],
    }
    asyncio.run(Access(app, seen.append)(scope, receive, send))
    (one,) = seen
    assert (one.status, one.bytes_in, one.bytes_out, one.client) == (499, 5, 0, "192.0.2.1")
    assert (one.method, one.path, one.route, one.request_id) == (
        "POST", "/api/v1/badges/...", "", scope["state"]["request_id"],
    )  # fmt: skip
