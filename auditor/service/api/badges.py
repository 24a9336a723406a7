"""Badges: only of a model whose owner asked for the address, which nobody can guess."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from ...report import Verdict
from ...store.asked import badge_model, drop_badge, make_badge
from ...store.registered import newest_version
from ..answers.badge import badge_svg
from ..answers.forms import etag, unchanged
from ..answers.gating import gated_version
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..problems import Problem, problems

router = APIRouter(tags=["badges"])

ModelId = Annotated[str, Path(max_length=64, description="32 hexadecimal digits.")]

_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
_CACHE = "public, max-age=60"  # others may keep it, for whoever has the address may see it


class BadgeAnswer(BaseModel):
    """Where the badge is."""

    badge: str


def badge_address(badge: str) -> str:
    """The address of a model's badge, from its part that nobody can guess."""
    return f"/api/v1/badges/{badge}.svg"


@router.post(
    "/models/{model_id}/badge",
    status_code=201,
    responses={200: {"model": BadgeAnswer, "description": "It has one"}, **problems(404)},
)
def make(
    model_id: ModelId, request: Request, response: Response,
    caller: Annotated[Caller, needs("submit")], service: Annotated[Service, Depends(service_of)],
) -> BadgeAnswer:  # fmt: skip
    """Make an address under which anybody who knows it sees the verdict on the model's newest version."""
    made = make_badge(store_for(service, caller), model_id)
    if made is None:
        raise _no_such_model(model_id)
    badge, is_new = made
    if is_new:
        recorded(service, caller, request, "badge.make", model_id)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = badge_address(badge)
    return BadgeAnswer(badge=badge_address(badge))


@router.delete("/models/{model_id}/badge", status_code=204, responses=problems(404))
def drop(
    model_id: ModelId, request: Request,
    caller: Annotated[Caller, needs("submit")], service: Annotated[Service, Depends(service_of)],
) -> None:  # fmt: skip
    """Take the address back: it never comes again."""
    if not drop_badge(store_for(service, caller), model_id):
        raise _no_such_model(model_id)
    recorded(service, caller, request, "badge.drop", model_id)


@router.get(
    "/badges/{badge}.svg",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}, "description": "The badge"},
        304: {"description": "Nothing has changed"},
        **problems(404),
    },
)
def read(
    badge: Annotated[str, Path(max_length=64)], request: Request,
    service: Annotated[Service, Depends(service_of)],
) -> Response:  # fmt: skip
    """Pass, fail or inconclusive: nothing else of the model is told, and no token is asked for."""
    found = badge_model(service.store, badge)
    if found is None:
        raise Problem(404, "no-such-badge", "there is no badge here", "whoever owns the model makes an address")
    store = service.store.in_project(found.project)
    version = newest_version(store, found.model_id)
    verdict = Verdict.INCONCLUSIVE if version is None else gated_version(store, version, service.storage.folder).verdict
    headers = {
        "ETag": etag("badge", verdict.value), "Cache-Control": _CACHE, "Content-Security-Policy": _SANDBOX,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }  # fmt: skip
    same = unchanged(request, headers["ETag"])
    if same is not None:
        same.headers["Cache-Control"] = _CACHE
        return same
    return Response(badge_svg(verdict), media_type="image/svg+xml", headers=headers)


def _no_such_model(model_id: str) -> Problem:
    return Problem(404, "no-such-model", f"there is no model {model_id[:64]}", "GET /api/v1/models lists them")
