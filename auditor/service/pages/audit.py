"""An audit: its report, or how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from ...store import jobs
from ...store.asked import AskedAudit, asked_audit, asked_audits, kept_audit
from ...store.registered import registered_version
from ...store.works import Works
from ...tuples import NamedTuple
from ..answers.paging import cursor_of
from ..answers.report_page import page_of
from ..answers.verdicts import viewed_audit
from ..auth import recorded, service_of, store_for
from ..context import Service
from ..files.storage import Undrawn
from ..problems import Problem
from .drawn import Trail, bar, drawn, lasting, with_query
from .visiting import Visitor, behind, visits, with_cookie

router = APIRouter()

_AGAIN = "2"  # seconds until a page is loaded again that is being drawn
_ROWS = 50
_CHILDREN = 200
_STATES = ("queued", "running", "done", "failed", "cancelled")
_STAGES = {
    "queued": "Waiting for a worker",
    "fetching": "Laying out its files",
    "reading": "Reading the model",
    "propagating": "Propagating shapes",
    "weights": "Looking at the weights",
    "running": "Running it in the sandbox",
    "drawing": "Drawing its page",
}


class JobRow(NamedTuple):
    """An audit as a page names it."""

    id: str
    name: str
    version: str
    state: str
    stage: str
    verdict: str | None
    why: str
    attempts: int
    created_at: str
    created_by: str
    ended_at: str | None
    took: str
    reused: bool
    ad_hoc: bool


class AuditStep(NamedTuple):
    """A stage of an audit, and whether it is over."""

    stage: str
    words: str
    how: str  # past, now, then


@router.get("/audits/{audit_id}")
def audit_page(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits()],
    audit_id: str,
) -> Response:
    """The report once it is there, until then how far it is."""
    store = store_for(service, visitor.caller)
    asked = asked_audit(store, audit_id)
    number = store.audit_by_uid(audit_id) if asked is None else asked.job.audit_id
    if asked is None and number is None:
        raise _unknown(audit_id)
    if number is not None and (report := _report(request, service, visitor, store, asked, number)) is not None:
        return report
    if asked is None:
        raise _unknown(audit_id)
    row = row_of(asked)
    moving = row.state in ("queued", "running")
    children = [row_of(one) for one in asked_audits(store, _CHILDREN, parent_id=audit_id)]
    return drawn(
        request,
        "audit.html",
        f"{row.name} {row.version}".strip(),
        visitor,
        here="/queue",
        trail=_trail(asked),
        job=row,
        moving=moving,
        steps=steps_of(row.state, row.stage),
        children=children,
        may_cancel=visitor.may("submit"),
    )


@router.post("/audits/{audit_id}/cancel")
def cancel(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits("submit")],
    audit_id: str,
) -> Response:
    """Nobody wants it any more."""
    if jobs.cancel(store_for(service, visitor.caller), audit_id) is None:
        raise _unknown(audit_id)
    recorded(service, visitor.caller, request, "audit.cancel", audit_id)
    service.wake()
    return RedirectResponse("/queue", 303)


@router.get("/queue")
def queue_page(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits()],
    state: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """What was asked for, the newest first."""
    store = store_for(service, visitor.caller)
    wanted = state if state in _STATES else ""
    found = asked_audits(store, _ROWS + 1, behind(cursor, str, str), state=wanted or None)
    rows, last = [row_of(one) for one in found[:_ROWS]], found[_ROWS - 1].job if found[_ROWS:] else None
    waiting = jobs.queue(store)
    return drawn(
        request,
        "queue.html",
        "Queue",
        visitor,
        here="/queue",
        rows=rows,
        wish=wanted,
        next=last and with_query("/queue", state=wanted, cursor=cursor_of(last.created_at, last.id)),
        figures=f"{waiting.queued:,} waiting, {waiting.running:,} running",
        moving=bool(waiting.queued or waiting.running) and cursor is None,
        may_cancel=visitor.may("submit"),
    )


def row_of(asked: AskedAudit) -> JobRow:
    """An audit as a line."""
    job = asked.job
    return JobRow(
        job.id,
        asked.model or job.source or "a model that is gone",
        asked.version or "",
        job.state,
        job.stage,
        asked.verdict if job.state == "done" else None,
        job.why,
        job.attempts,
        job.created_at,
        job.created_by,
        job.ended_at,
        lasting(job.started_at, job.ended_at),
        job.reused,
        bool(asked.ad_hoc),
    )


def steps_of(state: str, stage: str) -> Sequence[AuditStep]:
    """The stages in their order; one that is not known stands where it is."""
    now = "queued" if state == "queued" else stage or "fetching"
    stages = dict(_STAGES) if now in _STAGES else {**_STAGES, now: now.capitalize()}
    names = list(stages)
    at = names.index(now)
    return [
        AuditStep(name, stages[name], "past" if i < at else "now" if i == at else "then")
        for i, name in enumerate(names)
    ]


def _report(
    request: Request, service: Service, visitor: Visitor, store: Works, asked: AskedAudit | None, number: int
) -> Response | None:
    """The page of a report, under the policy of now; None where it was taken out of the store meanwhile."""
    kept = kept_audit(store, number)
    version = asked and asked.job.version_id and registered_version(store, asked.job.version_id)
    if kept is None:
        return None
    trail = _trail(asked) if asked else [("Fleet", "/"), (kept.subject, "")]
    undrawn = Undrawn(store.project, kept.uid)

    def ask() -> None:
        service.storage.ask_to_draw(undrawn)
        service.wake()

    view = viewed_audit(store, kept, version or None)
    page = page_of(service.storage.folder, view, bar(visitor, "/", trail), ask if version else None)
    if page is None:
        return None
    headers = {
        "Content-Security-Policy": f"{page.policy}; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Content-Type": "text/html; charset=utf-8",
    }
    if page.again:
        headers["Refresh"] = _AGAIN
    return with_cookie(request, StreamingResponse(page.parts, headers=headers))


def _trail(asked: AskedAudit) -> Trail:
    if asked.model_id is None:
        return [("Fleet", "/"), (asked.job.source or "", "")]
    return [("Fleet", "/"), (asked.model or "", f"/models/{asked.model_id}"), (asked.version or "", "")]


def _unknown(audit_id: str) -> Problem:
    return Problem(404, "no-such-audit", f"there is no audit {audit_id[:64]}", "the queue lists them")
