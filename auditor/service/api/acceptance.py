"""Accepting a version: from then on later ones are compared with it, and somebody answers for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from ...report import Verdict
from ...store.registered import registered_version
from ..answers.gating import gated_version
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..problems import Problem, problems

router = APIRouter(tags=["models"])


class NewAcceptance(BaseModel):
    """Why it is accepted."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=2000)


class AcceptanceAnswer(BaseModel):
    """Who answers for which audit, since when, and why."""

    audit_id: str
    accepted_at: str
    accepted_by: str
    reason: str


@router.post("/models/{model_id}/versions/{version_id}/acceptance", status_code=201, responses=problems(404, 409))
def accept(
    model_id: Annotated[str, Path(max_length=64)], version_id: Annotated[str, Path(max_length=64)],
    said: Annotated[NewAcceptance, Body()], request: Request,
    caller: Annotated[Caller, needs("accept")], service: Annotated[Service, Depends(service_of)],
) -> AcceptanceAnswer:  # fmt: skip
    """What `auditor gate --accept` does: only a version that passes is accepted, by whom the token belongs to."""
    store = store_for(service, caller)
    version = registered_version(store, version_id)
    if version is None or version.model_id != model_id:
        raise Problem(
            404, "no-such-version", "there is no such version", f"GET /api/v1/models/{model_id[:64]}/versions"
        )
    gated = gated_version(store, version, service.storage.folder)
    reasons = [reason._asdict() for reason in gated.reasons if reason.kind in ("fail", "inconclusive")]
    if gated.view is None or gated.verdict is not Verdict.PASS:
        first = reasons[0]["text"] if reasons else gated.state
        raise Problem(
            409, "not-passing", f"only a version that passes is accepted; this one is {gated.verdict.value}: {first}",
            "GET /api/v1/gate tells all reasons", reasons=reasons,
        )  # fmt: skip
    if gated.view.subject.policy.fail_on is None:
        raise Problem(
            409, "not-passing", "a policy under which nothing fails (never) accepts nothing",
            "have the project's policy say from which severity on it fails", reasons=reasons,
        )  # fmt: skip
    store.accept(gated.view.subject.key, gated.view.kept.id, reason=said.reason, by=caller.owner)
    recorded(service, caller, request, "version.accept", version_id)
    accepted = store.accepted_audit(gated.view.subject.key)
    assert accepted is not None  # it was put there just now
    return AcceptanceAnswer(
        audit_id=gated.view.kept.uid, accepted_at=accepted.when, accepted_by=accepted.by, reason=accepted.reason
    )
