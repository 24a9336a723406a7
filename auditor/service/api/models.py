"""Models and their versions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from ...store import fleet
from ...store.fleet import FleetFilter, fleet_model
from ...store.history import history
from ...store.registered import forget_model, registered_model, registered_version, versions_of
from ...store.uploads import forget_upload
from ..answers.forms import etag, unchanged
from ..answers.model_documents import (
    HistoryDocument,
    ModelPage,
    NewVersion,
    VersionDocument,
    VersionPage,
    history_document,
    model_document,
    version_document,
)
from ..answers.paging import USUAL, Cursor, Limit, cursor_of, place
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..files.direct import FIELDS, FORM, RAW, DirectModel, model_in_body, model_in_form
from ..problems import Problem, problems
from ..registering import registered

router = APIRouter(tags=["models"])

JSON = "application/json"
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Text = Query(max_length=512, pattern=r"^[^\x00]*$")

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/NewVersion"}},
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {
                        **{name: {"type": "string"} for name in FIELDS},
                        "file": {"type": "string", "format": "binary"},
                    },
                    "required": ["name", "version", "file"],
                }
            },
            RAW: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_MADE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The very same version is there already", "model": VersionDocument},
    201: {"description": "Registered", "headers": {"Location": {"schema": {"type": "string"}}}},
}


@router.post("/models", status_code=201, responses=_MADE | problems(409, 415, 507), openapi_extra=_BODY)
async def register_version(
    request: Request, response: Response,
    caller: Annotated[Caller, needs("submit")], service: Annotated[Service, Depends(service_of)],
    name: Annotated[str | None, Query(description="Where the body is the model itself: what it is called.")] = None,
    version: Annotated[str | None, Query(description="Where the body is the model itself: which one it is.")] = None,
    path: Annotated[str | None, Query(description="Where the body is the model itself: its file's name.")] = None,
) -> VersionDocument:  # fmt: skip
    """Register a version: of files that are there (JSON), or of one small model that comes with it."""
    store = store_for(service, caller)
    direct: DirectModel | None = None
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/json":
            new = _version(await request.body())
        case "multipart/form-data":
            direct = await model_in_form(request, service, store)
        case "application/octet-stream":
            said = {"name": name, "version": version, "path": path}
            direct = await model_in_body(request, service, store, said)
        case _:
            raise Problem(415, "media-type", f"a model comes as {JSON}, {FORM} or {RAW}", "say which by Content-Type")
    try:
        if direct is not None:
            new = _valid(direct.version())
        found, is_new = await run_sync(registered, service, store, new, caller.owner)
    finally:
        if direct is not None:
            await run_sync(forget_upload, store, direct.upload.id)
    if is_new:
        await run_sync(recorded, service, caller, request, "version.register", found.id)
    response.headers["Location"] = f"/api/v1/models/{found.model_id}/versions/{found.id}"
    response.status_code = 201 if is_new else 200
    return await run_sync(version_document, store, found)


def _version(body: bytes) -> NewVersion:
    try:
        return NewVersion.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None


def _valid(said: dict[str, Any]) -> NewVersion:
    try:
        return NewVersion.model_validate(said)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> RequestValidationError:
    return RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()])


_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing has changed"}}

Sorting = Literal["name", "-name", "verdict", "-verdict", "when", "-when"]


@router.get("/models", response_model=ModelPage, responses=_UNCHANGED | problems())
def list_models(
    request: Request,
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
    name: Annotated[str, Text] = "",
    verdict: Literal["pass", "fail", "inconclusive"] | None = None,
    rule: Annotated[str | None, Text] = None,
    severity: Literal["error", "warning", "note"] | None = None,
    operator: Annotated[str | None, Text] = None,
    producer: Annotated[str | None, Text] = None,
    opset: Annotated[int | None, Query(ge=0, le=(1 << 31) - 1)] = None,
    sort: Sorting = "name",
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Response:  # fmt: skip
    """The fleet: registered models, and those without an id that only the command line audited.

    Filters hold of a model's latest audit as it was judged when it was made; `name` and `producer` are parts of them,
    in any case.
    """
    by: Any = sort.removeprefix("-")
    after: Any = place(cursor, int if by == "verdict" else str, str)
    wanted = FleetFilter(name, verdict, rule, severity, operator, producer, opset)
    page = fleet.fleet(
        store_for(service, caller),
        wanted,
        by,
        down=sort.startswith("-"),
        after=after,
        limit=limit,
    )
    items = [model_document(model) for model in page.models]
    return _answered(request, ModelPage(items=items, next=None if page.next is None else cursor_of(*page.next)))


@router.get("/models/{model_id}", response_model=HistoryDocument, responses=_UNCHANGED | problems(404))
def look_at_model(
    model_id: Id, request: Request,
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
) -> Response:  # fmt: skip
    """A model, its last audits with what changed from one to the next, and its findings over time."""
    store = store_for(service, caller)
    model = fleet_model(store, model_id)
    if model is None:
        raise _no_model()
    return _answered(
        request, history_document(store, model, history(store, model.name, walks=service.walks), service.storage.folder)
    )


@router.delete("/models/{model_id}", status_code=204, responses=problems(404), response_class=Response)
def delete_model(
    model_id: Id, request: Request,
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
) -> Response:  # fmt: skip
    """The model goes, with its versions, audits and acceptances. Contents that nothing else is made of follow later."""
    if not forget_model(store_for(service, caller), model_id):
        raise _no_model()
    recorded(service, caller, request, "model.delete", model_id)
    return Response(status_code=204)


@router.get("/models/{model_id}/versions", responses=problems(404))
def list_versions(
    model_id: Id, caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
    limit: Limit = USUAL, cursor: Cursor = None,
) -> VersionPage:  # fmt: skip
    """The versions of a model, the newest first."""
    after: Any = place(cursor, str, str)
    store = store_for(service, caller)
    if registered_model(store, model_id) is None:
        raise _no_model()
    found, more = versions_of(store, model_id, limit, after)
    last = found[-1] if more else None
    return VersionPage(
        items=[version_document(store, one) for one in found],
        next=None if last is None else cursor_of(last.created_at, last.id),
    )


@router.get(
    "/models/{model_id}/versions/{version_id}", response_model=VersionDocument, responses=_UNCHANGED | problems(404)
)
def look_at_version(
    model_id: Id, version_id: Id, request: Request,
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
) -> Response:  # fmt: skip
    """A version: its files, and its newest audit."""
    store = store_for(service, caller)
    found = registered_version(store, version_id)
    if found is None or found.model_id != model_id:
        raise Problem(404, "no-such-version", "there is no such version", f"GET /api/v1/models/{model_id}/versions")
    return _answered(request, version_document(store, found, service.storage.folder))


def _answered(request: Request, document: BaseModel) -> Response:
    """The document, unless the client has it."""
    body = document.model_dump_json().encode()
    tag = etag(body.decode())
    answer = unchanged(request, tag) or Response(body, media_type=JSON)
    answer.headers.update({"ETag": tag, "Cache-Control": "private, no-cache"})
    return answer


def _no_model() -> Problem:
    return Problem(404, "no-such-model", "there is no such model", "GET /api/v1/models lists them")
