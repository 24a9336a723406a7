"""One file on its way to a server: in pieces, on from where the server has it after whatever cut it off."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from ..errors import CannotLook
from .answers import CannotReach, ServerAnswer, ServerRefuses
from .connection import ServerConnection
from .local_files import Hashed

PIECE, LEAST = 1 << 23, 1 << 16
"""Bytes that are sent at once, and what a proxy in between may bring that down to."""

_BLOCK = 1 << 16


class Sending:
    """Sends files; ``moved`` hears how many bytes more the server has, or fewer after a cut."""

    def __init__(self, connection: ServerConnection, moved: Callable[[int], None], piece: int = PIECE) -> None:
        self._connection = connection
        self._moved = moved
        self._piece = piece
        self._shown = 0  # bytes of the file on its way that were told

    def send(self, hashed: Hashed) -> None:
        """The file is on the server when this returns. `CannotLook` where it is not what was hashed any more."""
        self._shown = 0
        with hashed.file.opened() as fd:
            try:
                self._send(hashed, fd)
            except ServerRefuses as error:
                if error.status != 404:  # an upload that was swept begins anew, once
                    raise
                self._send(hashed, fd)

    def _send(self, hashed: Hashed, fd: int) -> None:
        asked = {"size": hashed.size, "sha256": hashed.sha256}
        answer = self._connection.ask("POST", "/api/v1/uploads", document=asked).expect(200, 201)
        upload = answer.document()
        if upload.get("done") is True:
            self._show(hashed.size)
            return
        where, begun = f"/api/v1/uploads/{answer.id_in(upload)}", upload.get("offset")
        offset = begun if isinstance(begun, int) and 0 < begun <= hashed.size else 0
        self._show(offset)
        delays = self._connection.delays()
        while True:
            reached, delay = self._piece_sent(hashed, fd, where, offset)
            if reached is not None and reached == hashed.size:
                return
            if reached is None:
                longest = next(delays)
                if longest is None:
                    raise self._given_up
                self._connection.pause(delay or longest)
                reached = self._there(hashed, where)
                if reached == hashed.size and self._has(hashed):  # only the answer was lost
                    return
            if reached > offset:
                delays = self._connection.delays()  # what gets on is not given up
            offset = reached

    def _piece_sent(self, hashed: Hashed, fd: int, where: str, offset: int) -> tuple[int | None, float | None]:
        """How far the server is now; None where that has to be asked, and after how many seconds."""
        piece = os.pread(fd, min(self._piece, hashed.size - offset), offset)
        if len(piece) < min(self._piece, hashed.size - offset):
            raise _changed(hashed)
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(len(piece)),
            "Upload-Offset": str(offset),
        }
        try:
            answer = self._connection.once("PATCH", where, self._blocks(piece, offset), headers=headers)
        except CannotReach as error:
            self._given_up: Exception = error
            if error.final:
                raise
            return None, None
        if answer.status == 204:
            reached = self._offset_in(answer, hashed)
            if reached > offset or reached == hashed.size:
                return reached, None
            self._given_up = answer.senseless("it takes pieces of a file and has no more of it")
            return None, None
        if answer.status == 422:
            raise _changed(hashed)
        if answer.status == 413 and self._piece > LEAST:
            self._piece //= 2
            return self._there(hashed, where), None
        if answer.status in (408, 409) or answer.may_change:
            self._given_up = answer.refusal()
            return None, answer.retry_after
        raise answer.refusal()

    def _blocks(self, piece: bytes, offset: int) -> Iterator[memoryview]:
        whole = memoryview(piece)
        for at in range(0, len(piece), _BLOCK):
            yield whole[at : at + _BLOCK]
            self._show(offset + min(at + _BLOCK, len(piece)))

    def _there(self, hashed: Hashed, where: str) -> int:
        """How much of it the server says that it has."""
        return self._offset_in(self._connection.ask("HEAD", where).expect(200, 204), hashed)

    def _offset_in(self, answer: ServerAnswer, hashed: Hashed) -> int:
        offset = answer.number("upload-offset")
        if offset > hashed.size:
            raise answer.senseless("it has more of a file than there is")
        self._show(offset)
        return offset

    def _has(self, hashed: Hashed) -> bool:
        return self._connection.ask("HEAD", f"/api/v1/blobs/{hashed.sha256}").status == 200

    def _show(self, offset: int) -> None:
        self._moved(offset - self._shown)
        self._shown = offset


def _changed(hashed: Hashed) -> CannotLook:
    return CannotLook(f"{hashed.file.path} changed while it was sent: push it again when it is written")
