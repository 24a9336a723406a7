"""One small model as the body of one request: as a form, or as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from anyio import CancelScope
from anyio.to_thread import run_sync
from fastapi import Request

from ...store.uploads import Upload
from ...store.works import Works
from ...tuples import NamedTuple
from ..context import Service
from ..problems import Problem
from .archives import HEAD, archive_kind
from .incoming import Incoming, TooLong
from .multipart import FormError, FormFile, FormReader, FormText
from .receiving import Piecewise, abandon, finish, no_room, receive, reserve
from .storage import StorageFull

FORM = "multipart/form-data"
RAW = "application/octet-stream"
FIELDS = ("name", "version", "path")
"""What a form says beside the file; the token against forgery comes in one of its own."""

_FORGERY = "csrf"


class DirectModel(NamedTuple):
    """A model that came whole: its content is there, and an upload says so until it is registered."""

    upload: Upload
    sha256: str
    filename: str
    fields: Mapping[str, str]

    def version(self) -> dict[str, object]:
        """What is to be registered: whether it makes sense is to be seen."""
        path = self.fields.get("path") or self.filename
        return {name: self.fields[name] for name in ("name", "version") if name in self.fields} | {
            "files": {path: self.sha256}
        }


async def model_in_body(
    request: Request, service: Service, store: Works, said: Mapping[str, str | None]
) -> DirectModel:
    """The body as the model, with what the address says. Of anything that goes wrong nothing stays."""
    fields = {name: text for name, text in said.items() if text is not None}
    upload = await _reserved(request, service, store)
    async with _kept(service, store, upload) as incoming:
        await receive(request.stream(), incoming)
        return await _whole(service, store, upload, incoming, "model.onnx", fields)


async def model_in_form(request: Request, service: Service, store: Works) -> DirectModel:
    """The form's one file as the model, with the form's texts."""
    try:
        reader = FormReader(request.headers.get("content-type", ""))
    except FormError as error:
        raise _no_form(error) from None
    upload = await _reserved(request, service, store)
    fields: dict[str, str] = {}
    filename: str | None = None
    async with _kept(service, store, upload) as incoming:
        to_disk = Piecewise(incoming)
        async for piece in request.stream():
            for event in reader.feed(piece):
                if isinstance(event, bytes):
                    await to_disk.add(event)
                elif isinstance(event, FormFile) and event.name == "file" and filename is None:
                    filename = event.filename
                elif isinstance(event, FormText) and event.name in FIELDS and event.name not in fields:
                    fields[event.name] = event.text
                elif isinstance(event, FormFile) or event.name != _FORGERY:
                    raise FormError(f"a form has one file and {', '.join(FIELDS)}, each once: not {event.name[:100]!r}")
        reader.close()
        await to_disk.rest()
        if filename is None:
            raise FormError("the form has no file")
        return await _whole(service, store, upload, incoming, filename, fields)


async def _reserved(request: Request, service: Service, store: Works) -> Upload:
    """Room for what the body may be. A form is a little more than its file."""
    most = service.limits.model
    said = request.headers.get("content-length", "")
    if said.isdigit() and said.isascii():
        if len(said) > 18 or int(said) > most:
            raise _too_large(most)
        most = int(said)
    return await run_sync(reserve, service, store, most, "")


async def _whole(
    service: Service, store: Works, upload: Upload, incoming: Incoming, filename: str, fields: Mapping[str, str]
) -> DirectModel:
    if incoming.offset == 0:
        raise Problem(422, "empty", "the model has no bytes", "send the file itself")
    refuse_archive(await run_sync(incoming.head, HEAD))
    sha256 = await run_sync(finish, store, service.storage, upload, incoming)
    return DirectModel(upload, sha256, filename, fields)


def refuse_archive(head: bytes) -> None:
    """A model is not an archive."""
    kind = archive_kind(head)
    if kind is not None:
        raise Problem(
            422, "archive", f"the model is {kind}, and those are not unpacked here",
            "send the files that are in it, each as it is",
        )  # fmt: skip


@asynccontextmanager
async def _kept(service: Service, store: Works, upload: Upload) -> AsyncIterator[Incoming]:
    """The file of a direct model while it comes. What goes wrong becomes an answer, and takes the file with it."""
    incoming = await run_sync(Incoming, service.storage, upload.id, upload.size, service.limits.floor)
    try:
        yield incoming
    except BaseException as error:
        with CancelScope(shield=True):
            await run_sync(abandon, store, service.storage, upload.id)
        match error:
            case TooLong():
                raise _too_large(service.limits.model) from None  # its size was not said
            case StorageFull():
                raise no_room(error) from None
            case FormError():
                raise _no_form(error) from None
        raise
    finally:
        incoming.close()


def _too_large(most: int) -> Problem:
    said = f"a model in one request may have {most:,} bytes"
    return Problem(413, "too-large", said, "send its file in pieces: POST /api/v1/uploads")


def _no_form(error: FormError) -> Problem:
    return Problem(422, "no-form", str(error), "GET /api/v1/openapi.json describes what is taken")
