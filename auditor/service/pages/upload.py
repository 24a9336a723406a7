"""Upload: a file as a form, or in pieces by the script; both lead to the report."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from ...store.uploads import forget_upload
from ..answers.model_documents import NewVersion
from ..api.audits import AuditOfVersion, submit
from ..auth import recorded, service_of, store_for
from ..context import Service
from ..files.direct import DirectModel, model_in_form
from ..problems import Problem
from ..registering import registered
from .drawn import drawn
from .visiting import Visitor, visits

router = APIRouter()

_DIGITS = 12
"""Of the content's digest: the version of a model that is sent without one."""


@router.get("/upload")
def upload_page(
    request: Request,
    visitor: Annotated[Visitor, visits()],
    name: str = "",
) -> Response:
    """The form; ``name`` is of the model that gets a new version."""
    return _form(request, visitor, None, name)


@router.post("/upload")
async def upload(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits("submit")],
) -> Response:
    """One small model as a form: registered, asked for, and on to its audit."""
    try:
        version_id = await _registered(request, service, visitor)
        wanted = AuditOfVersion(version_id=version_id)
        asked = await run_sync(lambda: submit(wanted, request, visitor.caller, service, None))
    except Problem as problem:
        return _form(request, visitor, problem)
    return RedirectResponse("/audits/" + asked.headers["Location"].rpartition("/")[2], 303)


async def _registered(request: Request, service: Service, visitor: Visitor) -> str:
    store = store_for(service, visitor.caller)
    direct = await model_in_form(request, service, store)
    try:
        found, is_new = await run_sync(registered, service, store, _version(direct), visitor.caller.owner)
    finally:
        await run_sync(forget_upload, store, direct.upload.id)
    if is_new:
        await run_sync(recorded, service, visitor.caller, request, "version.register", found.id)
    return found.id


def _version(direct: DirectModel) -> NewVersion:
    """What the form says; the file's name and its content's digest where it says nothing."""
    said = direct.version()
    said["name"] = said.get("name") or PurePosixPath(direct.filename).stem
    said["version"] = said.get("version") or direct.sha256[:_DIGITS]
    try:
        return NewVersion.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Problem(422, "invalid", f"{where}: {first['msg']}", "a name and a version are short texts") from None


def _form(request: Request, visitor: Visitor, problem: Problem | None, name: str = "") -> Response:
    return drawn(
        request,
        "upload.html",
        "Upload a model",
        visitor,
        here="/upload",
        status=200 if problem is None else problem.status,
        problem=problem,
        name=name[:512],
        upload_version="",
        may=visitor.may("submit"),
    )
