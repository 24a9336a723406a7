"""How parent and worker talk: each message behind its length, taken in pieces, so that nobody waits for half of one."""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

LARGEST = 1 << 28
"""Bytes of a message: a report holds a few megabytes at most."""

_LENGTH = struct.Struct("=4sQ")
_MARK = b"adtr"


class NoFrame(Exception):
    """The bytes that came are not a message."""


class Inbox:
    """Puts messages together as their pieces come."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def begun(self) -> bool:
        """Whether a part of a message is there."""
        return bool(self._buffer)

    def take(self, piece: bytes) -> list[Any]:
        """The messages that are whole by this piece. EOFError at the end, `NoFrame` for bytes that are not one."""
        if not piece:
            raise EOFError
        self._buffer += piece
        whole = []
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _length(bytes(self._buffer[: _LENGTH.size]))
            if len(self._buffer) < end:
                break
            whole.append(_loaded(bytes(self._buffer[_LENGTH.size : end])))
            del self._buffer[:end]
        return whole


def framed(message: object) -> bytes:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    if len(data) > LARGEST:
        raise ValueError(f"a message of {len(data)} bytes, and at most {LARGEST} are sent")
    return _LENGTH.pack(_MARK, len(data)) + data


def send(pipe: socket.socket, message: object) -> None:
    """Send all of a message, however long that takes."""
    pipe.sendall(framed(message))


def receive(pipe: socket.socket) -> Any:
    """Wait for a message."""
    return _loaded(_exactly(pipe, _length(_exactly(pipe, _LENGTH.size))))


def _length(head: bytes) -> int:
    mark, length = _LENGTH.unpack(head)
    if mark != _MARK or length > LARGEST:
        raise NoFrame
    return int(length)


def _loaded(data: bytes) -> Any:
    try:
        return pickle.loads(data)
    except Exception as error:  # a broken pickle raises whatever it likes
        raise NoFrame from error


def _exactly(pipe: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = pipe.recv(min(size - len(data), 1 << 18))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
