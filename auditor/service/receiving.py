"""A request's body into a file, in pieces that bound the memory, on threads so that others are answered meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect

from ..store.uploads import Upload, forget_upload, keeping
from ..store.works import Works
from .incoming import Incoming, TooLong
from .problems import Problem
from .storage import Storage, StorageFull

_AT_ONCE = 1 << 18  # written at a time: a thread's turn costs as much as writing 64 KiB


async def receive(pieces: AsyncIterator[bytes], incoming: Incoming) -> None:
    """Write all that comes. What came before the client was gone stays: `ClientDisconnect`."""
    waiting = bytearray()
    try:
        async for piece in pieces:
            waiting += piece
            if len(waiting) >= _AT_ONCE:
                await run_sync(incoming.write, waiting)
                waiting = bytearray()
    except ClientDisconnect:
        await run_sync(incoming.write, waiting)
        raise
    if waiting:
        await run_sync(incoming.write, waiting)


def finish(store: Works, storage: Storage, upload: Upload, incoming: Incoming) -> str:
    """A whole file becomes a content of the project; its sha256. Where it is not the one that was said, it is gone."""
    sha256 = incoming.sha256()
    if upload.sha256 not in ("", sha256):
        abandon(store, storage, upload.id)
        raise Problem(
            422,
            "wrong-digest",
            f"the file's sha256 is {sha256}, not {upload.sha256}: the upload is gone",
            "it changed while it was sent, or the digest is another file's: begin a new upload",
        )
    with keeping(store, upload.id, sha256, incoming.offset):
        storage.place(upload.id, store.project, sha256)
    return sha256


def abandon(store: Works, storage: Storage, upload_id: str) -> None:
    """Nothing of an upload stays."""
    storage.discard(upload_id)
    forget_upload(store, upload_id)


def no_room(error: StorageFull) -> Problem:
    """The disk is full, or as full as it may be."""
    return Problem(507, "no-room", str(error), "free some space, or have --floor lowered; nothing of the file was kept")


def too_long(error: TooLong) -> Problem:
    """More came than was said."""
    return Problem(413, "too-long", str(error), "say the file's real size when the upload begins")
