"""The verdict for pipelines: the policy is applied when it is read."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from ..answers.audit_answers import ModelName
from ..answers.gating import gate_answer, gated_version
from ..auth import Caller, needs, see_who_asks, service_of, store_for
from ..context import Service
from ..jobs.watching import watch_of
from ..problems import problems
from .audits import named_version

router = APIRouter(tags=["gate"])

_LOOK = 2.0  # seconds after which it is seen that the client has gone


class GateReason(BaseModel):
    """Why: `fail`, `inconclusive`, `waived` or `said`, which is what was not looked at; and what would mend it."""

    kind: Literal["fail", "inconclusive", "waived", "said"]
    text: str
    fix: str


class ComparedVersion(BaseModel):
    """The version that was accepted last."""

    audit_id: str
    when: str
    by: str
    reason: str


class GateAnswer(BaseModel):
    """The verdict on a version. `state` is that of its audit, where there is no verdict yet."""

    model: ModelName
    version: str
    version_id: str
    verdict: Literal["pass", "fail", "inconclusive"]
    state: str
    reasons: list[GateReason]
    audit_id: str | None
    policy: str
    compared_with: ComparedVersion | None
    findings: int


@router.get("/gate", responses=problems(404))
async def gate(
    request: Request,
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
    model: Annotated[str, Query(min_length=1, max_length=512)],
    version: Annotated[str | None, Query(min_length=1, max_length=128, description="The newest without it.")] = None,
    wait: Annotated[
        float, Query(ge=0, le=60, allow_inf_nan=False, description="Seconds to wait for an audit that is on its way.")
    ] = 0,
) -> GateAnswer:  # fmt: skip
    """What `auditor gate` says. Without an audit there is no verdict but inconclusive."""
    store = store_for(service, caller)
    loop = asyncio.get_running_loop()
    ends = loop.time() + min(wait, service.limits.wait)
    asked = await run_in_threadpool(named_version, store, model, version)
    gated = await run_in_threadpool(gated_version, store, asked, service.storage.folder)
    watch, known = watch_of(request, service), "?"
    while gated.waits and (left := ends - loop.time()) > 0 and not await request.is_disconnected():
        now = await watch.changed(asked.id, known, min(_LOOK, left), version=True)
        if now != known:
            known = now
            await run_in_threadpool(see_who_asks, request, service, caller)
            gated = await run_in_threadpool(gated_version, store, asked, service.storage.folder)
    return GateAnswer(**gate_answer(gated))
