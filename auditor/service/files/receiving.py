"""A request's body into a file, in pieces that bound the memory, on threads so that others are answered meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect

from ...store.uploads import QuotaFull, TooManyUploads, Upload, begin, forget_upload, keeping
from ...store.works import Works
from ..context import Service
from ..problems import Problem
from .incoming import Incoming, TooLong
from .storage import Storage, StorageFull

_AT_ONCE = 1 << 18  # written at a time: a thread's turn costs as much as writing 64 KiB


def reserve(service: Service, store: Works, size: int, sha256: str) -> Upload:
    """A new upload, if the file may come at all."""
    if size > service.limits.upload:
        raise Problem(
            413, "too-large", f"a file may have {service.limits.upload:,} bytes, not {size:,}",
            "have the server's limit raised",
        )  # fmt: skip
    try:
        service.storage.see_to_room(size, service.limits.floor)
    except StorageFull as error:
        raise no_room(error) from None
    try:
        return begin(store, size, sha256, service.limits.quota)
    except QuotaFull as error:
        raise Problem(507, "quota", str(error), "delete models, or have the quota raised") from None
    except TooManyUploads as error:
        problem = Problem(429, "too-many-uploads", str(error), "go on with those, or wait until they are swept")
        raise problem.saying("Retry-After", "60") from None


class Piecewise:
    """Bytes on their way to the disk: gathered, so that a thread is asked only now and then."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._waiting = bytearray()

    async def add(self, piece: bytes) -> None:
        """Write it, or have it wait for more."""
        self._waiting += piece
        if len(self._waiting) >= _AT_ONCE:
            await self.rest()

    async def rest(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, bytearray()
        if waiting:
            await run_sync(self._incoming.write, waiting)


async def receive(pieces: AsyncIterator[bytes], incoming: Incoming) -> None:
    """Write all that comes. What came before the client was gone stays: `ClientDisconnect`."""
    to_disk = Piecewise(incoming)
    try:
        async for piece in pieces:
            await to_disk.add(piece)
    except ClientDisconnect:
        await to_disk.rest()
        raise
    await to_disk.rest()


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
    mend = "free some space, or have keep-free lowered; nothing of the file was kept"
    return Problem(507, "no-room", str(error), mend)


def too_long(error: TooLong) -> Problem:
    """More came than was said."""
    return Problem(413, "too-long", str(error), "say the file's real size when the upload begins")
