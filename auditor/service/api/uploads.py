"""Files in pieces: as long as it takes, from where it was cut."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from ...store.uploads import Upload, see, upload_of
from ...store.works import Works
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..files.incoming import BeingWritten, Incoming, TooLong
from ..files.receiving import abandon, finish, no_room, receive, reserve, too_long
from ..files.storage import Storage, StorageFull
from ..problems import Problem, problems
from ..whole import WHOLE

router = APIRouter(tags=["uploads"])

PIECE = "application/offset+octet-stream"
LARGEST = (1 << 53) - 1
"""Bytes of a file: up to here every reader of JSON takes a number as it is."""

UploadId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As POST /api/v1/uploads said it.")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits.")]
Offset = Annotated[
    int, Header(alias="Upload-Offset", ge=0, le=LARGEST, description="How much is there, as HEAD says it.")
]


class NewUpload(BaseModel, extra="forbid"):
    """A file that is to come."""

    size: Annotated[int, Field(ge=0, le=LARGEST, strict=True, description="Bytes."), WHOLE]
    sha256: Sha256


class UploadDocument(BaseModel):
    """A file on its way: ``offset`` of its ``size`` bytes are there."""

    id: str
    size: int
    sha256: str
    offset: int
    done: bool
    created_at: str


def _document(upload: Upload, storage: Storage) -> UploadDocument:
    return UploadDocument(
        id=upload.id, size=upload.size, sha256=upload.sha256, offset=_offset(upload, storage), done=upload.done,
        created_at=upload.created_at,
    )  # fmt: skip


def _offset(upload: Upload, storage: Storage) -> int:
    if upload.done:
        return upload.size
    try:
        return storage.upload(upload.id).stat().st_size
    except FileNotFoundError:
        return 0


def _found(store: Works, upload_id: str) -> Upload:
    upload = upload_of(store, upload_id)
    if upload is None:
        raise Problem(404, "no-such-upload", "there is no such upload", "begin one: POST /api/v1/uploads")
    return upload


_BEGUN: dict[int | str, dict[str, Any]] = {
    200: {"description": "The content is there already", "model": UploadDocument},
    201: {"description": "Begun", "headers": {"Location": {"schema": {"type": "string"}}}},
}


@router.post("/uploads", status_code=201, responses=_BEGUN | problems(415, 507))
def create_upload(
    new: NewUpload,
    request: Request,
    response: Response,
    caller: Annotated[Caller, needs("submit")],
    service: Annotated[Service, Depends(service_of)],
) -> UploadDocument:
    """Begin to send a file of a named size and sha256. It is done at once where the project has the content already."""
    store = store_for(service, caller)
    upload = reserve(service, store, new.size, new.sha256)
    recorded(service, caller, request, "upload.create", upload.id)
    response.headers["Location"] = f"/api/v1/uploads/{upload.id}"
    response.status_code = 200 if upload.done else 201
    return _document(upload, service.storage)


_HEADERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "How much is there",
        "headers": {name: {"schema": {"type": "integer"}} for name in ("Upload-Offset", "Upload-Length")},
    }
}


@router.head("/uploads/{upload_id}", responses=_HEADERS | problems(404), response_class=Response)
def look_at_upload(
    upload_id: UploadId,
    caller: Annotated[Caller, needs("submit")],
    service: Annotated[Service, Depends(service_of)],
) -> Response:
    """Where to go on: `Upload-Offset`."""
    upload = _found(store_for(service, caller), upload_id)
    offset = _offset(upload, service.storage)
    return Response(
        headers={"Upload-Offset": str(offset), "Upload-Length": str(upload.size), "Cache-Control": "no-store"}
    )


_PIECE = {"requestBody": {"required": True, "content": {PIECE: {"schema": {"type": "string", "format": "binary"}}}}}
_ADDED: dict[int | str, dict[str, Any]] = {
    204: {"description": "It is there", "headers": {"Upload-Offset": {"schema": {"type": "integer"}}}}
}


@router.patch(
    "/uploads/{upload_id}",
    status_code=204,
    responses=_ADDED | problems(404, 409, 415, 507),
    openapi_extra=_PIECE,
    response_class=Response,
)
async def add_to_upload(
    upload_id: UploadId,
    request: Request,
    caller: Annotated[Caller, needs("submit")],
    service: Annotated[Service, Depends(service_of)],
    offset: Offset,
) -> Response:
    """Add to the end of what is there. With the last byte the digest is verified; where it is wrong all is gone."""
    store, storage = store_for(service, caller), service.storage
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PIECE:
        raise Problem(415, "media-type", f"a piece of a file is {PIECE}", f"send Content-Type: {PIECE}")
    upload = await run_sync(_found, store, upload_id)
    if upload.done:
        return _at(_expected(offset, upload.size))
    try:
        incoming = await run_sync(Incoming, storage, upload.id, upload.size, service.limits.floor)
    except BeingWritten as error:
        raise Problem(409, "being-written", str(error), "wait for it, then ask by HEAD where to go on") from None
    try:
        return await _add(request, store, service, caller, upload_id, incoming, offset)
    finally:
        incoming.close()


async def _add(
    request: Request, store: Works, service: Service, caller: Caller, upload_id: str, incoming: Incoming, offset: int
) -> Response:
    """The same while nobody else writes: what the row says now counts."""
    storage = service.storage
    upload = await run_sync(upload_of, store, upload_id)
    if upload is None or upload.done:  # the request before ours ended it
        storage.discard(upload_id)
        return _at(_expected(offset, (await run_sync(_found, store, upload_id)).size))
    _expected(offset, incoming.offset)
    try:
        await receive(request.stream(), incoming)
        if incoming.offset == upload.size:
            sha256 = await run_sync(finish, store, storage, upload, incoming)
            await run_sync(recorded, service, caller, request, "blob.create", sha256)
        else:
            await run_sync(see, store, upload.id)
    except TooLong as error:
        await run_sync(incoming.back)
        raise too_long(error) from None
    except StorageFull as error:
        await run_sync(abandon, store, storage, upload.id)
        raise no_room(error) from None
    except ClientDisconnect:
        await run_sync(see, store, upload.id)
        raise
    return _at(incoming.offset)


def _expected(offset: int, there: int) -> int:
    if offset != there:
        problem = Problem(409, "offset", f"{there} bytes are there, not {offset}", "go on where Upload-Offset says")
        raise problem.saying("Upload-Offset", str(there))
    return there


def _at(offset: int) -> Response:
    return Response(status_code=204, headers={"Upload-Offset": str(offset)})
