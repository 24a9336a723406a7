"""Audits: asked for, listed, read in every format, and cancelled."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from ...store import jobs
from ...store.asked import asked_audit, asked_audits
from ...store.leases import Registered
from ...store.registered import RegisteredVersion, model_named, newest_version, registered_version, version_named
from ...store.works import Works
from ..answers.audit_answers import AuditAnswer, AuditList, ReportDocument, audit_answer, viewed_now
from ..answers.forms import ALONE, MEDIA_TYPES, ReportFormat, etag, rendered, unchanged, wanted_format
from ..answers.paging import USUAL, Cursor, Limit, cursor_of, place
from ..answers.report_page import page_of
from ..answers.summaries import summary_of
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..files.storage import Undrawn
from ..jobs.submitting import submit_version
from ..jobs.wanted import configured, settings_of
from ..outward.sources import allowed
from ..problems import Problem, problems
from .audit_options import AuditOptions

router = APIRouter(tags=["audits"])

AuditId = Annotated[str, Path(max_length=64, description="32 hexadecimal digits.")]
Id = Annotated[str, Field(max_length=64, description="32 hexadecimal digits.")]

_AGAIN = 10  # seconds after which a queue that was full may have room
_PAUSE = "private, no-cache"


class AuditOfVersion(BaseModel):
    """A version, by its id."""

    model_config = ConfigDict(extra="forbid")

    version_id: Id
    options: AuditOptions = Field(default_factory=AuditOptions)


class AuditOfModel(BaseModel):
    """A version, by its model's name and its own; without its own the newest one."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=512)
    version: str | None = Field(None, min_length=1, max_length=128)
    options: AuditOptions = Field(default_factory=AuditOptions)


class AuditOfSource(BaseModel):
    """Models where they lie: a folder, a registry, or an address."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=4096)
    options: AuditOptions = Field(default_factory=AuditOptions)


Wanted = AuditOfVersion | AuditOfModel | AuditOfSource

_ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {"model": AuditAnswer, "description": "The same was asked for or audited before"},
    202: {"model": AuditAnswer, "description": "It waits for its turn"},
}


@router.post("/audits", status_code=202, responses=_ANSWERED | problems(404))
def submit(
    wanted: Annotated[Wanted, Body()], request: Request,
    caller: Annotated[Caller, needs("submit")], service: Annotated[Service, Depends(service_of)],
    key: Annotated[str | None, Header(
        alias="Idempotency-Key", min_length=1, max_length=255, pattern="^[!-~]+$",
        description="The same request under the same key gets the same audit.",
    )] = None,
) -> Response:  # fmt: skip
    """Have a version or a source audited: 202, or 200 where the same content was audited the same way before."""
    store = store_for(service, caller)
    told: dict[str, Any] = {
        "by": caller.owner, "request_id": getattr(request.state, "request_id", ""), "key": key,
        "asked": _digest(wanted), "most": service.limits.queue,
    }  # fmt: skip
    try:
        if isinstance(wanted, AuditOfSource):
            settings_of(configured(store), wanted.options)
            allowed(service, wanted.source)
            job = jobs.submit(store, source=wanted.source, options=wanted.options, **told)
        else:
            version = _version(store, wanted)
            registered = Registered(version.model, version.version, version.path, version.files, version.contract)
            job = submit_version(store, registered, version.id, wanted.options, **told)
    except jobs.KeyTaken as error:
        raise Problem(422, "idempotency", str(error), "a key stands for one request") from None
    except jobs.QueueFull as error:
        full = Problem(429, "queue-full", str(error), "wait, and ask again").saying("Retry-After", str(_AGAIN))
        raise full from None
    service.wake()
    recorded(service, caller, request, "audit.submit", job.id)
    asked = asked_audit(store, job.id)
    if asked is None:
        raise no_such_audit(job.id)
    headers = {"Location": f"{request.url.path}/{job.id}"}
    return JSONResponse(audit_answer(asked), 200 if job.ended else 202, headers)


def _digest(wanted: BaseModel) -> str:
    """Of a request what makes it the same as another."""
    return hashlib.sha256(json.dumps(wanted.model_dump(), sort_keys=True).encode()).hexdigest()


def _version(store: Works, wanted: AuditOfVersion | AuditOfModel) -> RegisteredVersion:
    if isinstance(wanted, AuditOfVersion):
        found = registered_version(store, wanted.version_id)
        if found is None:
            raise Problem(404, "no-such-version", "there is no such version", "GET /api/v1/models lists what there is")
        return found
    return named_version(store, wanted.model, wanted.version)


def named_version(store: Works, name: str, version: str | None) -> RegisteredVersion:
    """The version of these names, the newest without its own; 404 where there is none."""
    model = model_named(store, name)
    if model is None:
        raise Problem(404, "no-such-model", "there is no model of this name", "GET /api/v1/models lists what there is")
    found = newest_version(store, model.id) if version is None else version_named(store, model.id, version)
    if found is None:
        mend = f"GET /api/v1/models/{model.id}/versions lists them"
        raise Problem(404, "no-such-version", "the model has no such version", mend)
    return found


@router.get("/audits", responses=problems())
def read_all(
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
    state: Annotated[Literal["queued", "running", "done", "failed", "cancelled"] | None, Query()] = None,
    verdict: Annotated[
        Literal["pass", "fail", "inconclusive"] | None, Query(description="As the audit was judged when it was made.")
    ] = None,
    model: Annotated[str | None, Query(max_length=512, description="The name of a registered model.")] = None,
    created_by: Annotated[str | None, Query(max_length=200, description="The owner of a token.")] = None,
    version_id: Annotated[str | None, Query(max_length=64)] = None,
    parent_id: Annotated[str | None, Query(max_length=64, description="The audit of the source.")] = None,
    limit: Limit = USUAL, cursor: Cursor = None,
) -> AuditList:  # fmt: skip
    """The project's audits, the newest first."""
    before = place(cursor, str, str)
    found = asked_audits(
        store_for(service, caller), limit + 1, None if before is None else (before[0], before[1]),
        state=state, verdict=verdict, model=model, by=created_by, version_id=version_id, parent_id=parent_id,
    )  # fmt: skip
    last = found[limit - 1].job if len(found) > limit else None
    items = [AuditAnswer(**audit_answer(one)) for one in found[:limit]]
    return AuditList(items=items, next=None if last is None else cursor_of(last.created_at, last.id))


_FORMS: dict[str, Any] = {media_type: {} for media_type in MEDIA_TYPES.values() if media_type != "application/json"}


@router.get(
    "/audits/{audit_id}",
    responses={
        200: {
            "model": AuditAnswer | ReportDocument,
            "content": _FORMS,
            "description": "The audit, or its report alone",
        },
        304: {"description": "Nothing has changed"},
        **problems(404, 406, 409),
    },
)
def read(
    audit_id: AuditId, request: Request,
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
    format: Annotated[ReportFormat | None, Query(description="The report alone, in this format.")] = None,
) -> Response:  # fmt: skip
    """One audit, with its report under the policy of now; or the report alone, as `auditor check --format` has it."""
    form = wanted_format(request, format)
    store = store_for(service, caller)
    asked = asked_audit(store, audit_id)
    if asked is None:
        raise no_such_audit(audit_id)
    view = viewed_now(store, asked)
    if form is None:
        tag = etag(view.key if view else "", asked)
        if (same := unchanged(request, tag)) is not None:
            return same
        judged = view and view.judged()
        said = (summary_of(judged.judgement), judged.document()) if judged else ()
        return _tagged(JSONResponse(audit_answer(asked, *said)), tag)
    if view is not None:
        tag = etag(view.key, form)
        if (same := unchanged(request, tag)) is not None:
            return same
        undrawn = Undrawn(caller.project, asked.report_uid or "")

        def ask() -> None:
            service.storage.ask_to_draw(undrawn)
            service.wake()

        if form != "html":
            judged = view.judged()
            if judged is not None:
                return _tagged(rendered(judged, form), tag)
        else:
            page = page_of(service.storage.folder, view, "", ask if asked.job.version_id else None)
            if page is not None:
                headers = {"Content-Security-Policy": ALONE} | ({"Retry-After": "1"} if page.again else {})
                answer = StreamingResponse(page.parts, media_type=MEDIA_TYPES[form], headers=headers)
                return answer if page.again else _tagged(answer, tag)  # in a moment there is one with the picture
    why = "its report was deleted" if asked.job.state == "done" else f"it is {asked.job.state}"
    raise Problem(409, "not-done", f"there is no report of this audit: {why}", "GET .../events tells when it is")


def _tagged(response: Response, tag: str) -> Response:
    response.headers.update({"ETag": tag, "Cache-Control": _PAUSE, "Vary": "Accept"})
    return response


@router.delete(
    "/audits/{audit_id}",
    status_code=204,
    responses={202: {"description": "It runs, and will be ended"}, **problems(404, 409)},
)
def cancel(
    audit_id: AuditId, request: Request,
    caller: Annotated[Caller, needs("submit")], service: Annotated[Service, Depends(service_of)],
) -> Response:  # fmt: skip
    """Nobody wants it any more: what waits is cancelled at once, what runs is ended."""
    store = store_for(service, caller)
    before = jobs.job(store, audit_id)
    if before is None:
        raise no_such_audit(audit_id)
    after = jobs.cancel(store, audit_id) if not before.ended else before
    if after is None:
        raise no_such_audit(audit_id)
    if before.ended or (after.ended and not after.cancelled):
        raise Problem(409, "ended", f"the audit is {after.state}: there is nothing to cancel", "")
    service.wake()
    recorded(service, caller, request, "audit.cancel", audit_id)
    return Response(status_code=204 if after.ended else 202)


def no_such_audit(audit_id: str) -> Problem:
    """404: another project's is not there either."""
    return Problem(404, "no-such-audit", f"there is no audit {audit_id[:64]}", "GET /api/v1/audits lists them")
