"""How an audit goes on, as server-sent events. Who listens holds no thread, and the end is told once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from ...errors import AuditorError
from ...store.asked import AskedAudit, asked_audit
from ...store.works import Works
from ..answers.audit_answers import audit_answer, viewed_now
from ..auth import Caller, needs, see_who_asks, service_of, store_for
from ..context import Service
from ..jobs.watching import Watch, watch_of
from ..problems import Problem, problems
from .audits import AuditId, no_such_audit

router = APIRouter(tags=["audits"])

HEARTBEAT = 15.0
"""Seconds after which a comment is sent where nothing has happened: proxies close what is silent."""

_MEDIA_TYPE = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(Response):
    """Sends what an iterator yields, and ends it at once when the client goes."""

    media_type = _MEDIA_TYPE

    def __init__(self, events: AsyncIterator[str]) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            results = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(results[0], Exception) and not isinstance(results[0], OSError):
            raise results[0]

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with contextlib.aclosing(self._events) as events:  # type: ignore[type-var]  # it is a generator
            async for event in events:
                await send({"type": "http.response.body", "body": event.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


_EVENT = {
    "type": "object",
    "description": "An event of the stream",
    "properties": {
        "event": {"enum": ["stage", "done"]},
        "data": {"type": "string", "description": "AuditAnswer, as JSON"},
    },
    "required": ["event", "data"],
}

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`event: stage` while it goes on, `event: done` when it has ended; data is the audit as JSON, "
        "without its report",
        "content": {_MEDIA_TYPE: {"schema": _EVENT}},
    }
}


@router.get("/audits/{audit_id}/events", response_class=Response, responses=_STREAM | problems(404))
async def listen(
    audit_id: AuditId, request: Request,
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
) -> Response:  # fmt: skip
    """The audit now, then each change, until it has ended; after some minutes the stream ends: ask for it again."""
    store = store_for(service, caller)
    first = await run_in_threadpool(asked_audit, store, audit_id)
    if first is None:
        raise no_such_audit(audit_id)
    watch, again = watch_of(request, service), partial(see_who_asks, request, service, caller)
    return EventStream(_events(store, first, watch, service, again))


async def _events(
    store: Works, asked: AskedAudit, watch: Watch, service: Service, see_who_listens: Callable[[], None]
) -> AsyncIterator[str]:
    loop, folder = asyncio.get_running_loop(), service.storage.folder
    ends = loop.time() + service.limits.stream
    known, told = "?", ""  # the first look says how far it is
    found: AskedAudit | None = asked
    while found is not None:
        event = await run_in_threadpool(_event, store, found, folder)
        if event != told:
            told = event
            yield event
        if found.job.ended:
            return
        left = ends - loop.time()
        if left <= 0:
            return
        now = await watch.changed(asked.job.id, known, min(HEARTBEAT, left))
        try:
            await run_in_threadpool(see_who_listens)
        except Problem:
            return
        if now == known:
            yield ": still there\n\n"
        known = now
        found = await run_in_threadpool(asked_audit, store, asked.job.id)


def _event(store: Works, asked: AskedAudit, folder: Path) -> str:
    """One event. Where the report cannot be judged just now, it is told as it was judged when it was made."""
    summary = None
    with contextlib.suppress(AuditorError):
        view = viewed_now(store, asked) if asked.job.ended else None
        summary = view and view.summary(folder)
    data = json.dumps(audit_answer(asked, summary), separators=(",", ":"))
    return f"event: {'done' if asked.job.ended else 'stage'}\ndata: {data}\n\n"
