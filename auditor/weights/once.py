"""A file that is read once: its hash, and the statistics of its tensors, of the very same bytes."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeAlias

from ..files import FileLook
from ..model import payload
from ..model.graph import Model
from ..model.tensor import Tensor
from ..tuples import NamedTuple
from .measure import Statistics, numpy_on_one_thread
from .users import stored

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_CHUNK = 1 << 18
_CHUNKS = 8  # that are held by two threads: one is looked at while others are hashed
_STRAIGHT = 1 << 15
"""Bytes from which on they are not copied out of a chunk, where no other thread hashes it."""


class BecameShorter(OSError):
    """A file ended before the end that it had when it was opened."""


class MeasuredFile(NamedTuple):
    """What one reading of a file says of its tensors. It holds as long as both files look as they did."""

    model: FileLook  # of the model's own file, which says where tensors lie
    file: FileLook
    statistics: Mapping[int, Statistics]  # by the tensor's number among all that the model stores


MeasuredFiles: TypeAlias = Mapping[str, MeasuredFile]
"""By location, as `normal_location` has it: "" is the model's own file."""


class ReadOnce(NamedTuple):
    """The hash of a file, and the statistics of those of its tensors that were looked at on the way, by number."""

    sha256: str
    statistics: Mapping[int, Statistics]


def normal_location(location: str) -> str:
    """The same for all ways in which a model may write where its data lies."""
    return posixpath.normpath(location) if location else ""


def own_look(model: Model) -> FileLook:
    """How the model's own file looks. CannotLook where it is not the one that was loaded any more."""
    with payload.opened(model, payload.Raw("", 0, 0)) as source:
        assert source.fd is not None  # it has a path
        return FileLook.from_status(os.fstat(source.fd))


def read_once(descriptor: int, size: int, model: Model, location: str, threads: int = 1) -> ReadOnce:
    """Hash an open file of a model, and measure the tensors that lie there as raw bytes.

    Of tensors that overlap others only the first is measured, and none whose values lie in varints: each byte is read
    once, and whoever wants the rest reads it. ``threads``: with two of them one hashes what the other looks at, which
    is more work in less time. OSError where the file cannot be read to the end that it had.
    """
    numpy_on_one_thread()
    from .lens import lens
    from .scan import Scanner

    scanner, found = Scanner(), dict[int, Statistics]()
    with _hashing_thread() if threads > 1 else nullcontext() as thread:
        file = _HashedOnTheWay(descriptor, size, thread)
        reached, last = 0, None
        for number, tensor, place in _placed(model, location):
            this = (place, tensor.dtype, tensor.dims)
            if last is not None and this == last[0]:
                found[number] = last[1]  # one weight that two names share
                continue
            seen = lens(tensor.dtype)
            if seen is None or place.offset < reached or place.offset + place.length > size:
                continue
            figures = scanner.scan(seen, tensor.dims, file.from_(place.offset))
            found[number] = statistics = Statistics(tensor.dtype, tensor.dims, *figures)
            reached, last = place.offset + place.length, (this, statistics)
        return ReadOnce(file.hexdigest(), found)


def _hashing_thread() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1)


def _placed(model: Model, location: str) -> list[tuple[int, Tensor, payload.Raw]]:
    """The tensors whose raw bytes lie in this file, with their numbers and places, in the order of the bytes."""
    return sorted(_in_file(model, location), key=lambda one: (one[2].offset, one[0]))


def _in_file(model: Model, location: str) -> Iterator[tuple[int, Tensor, payload.Raw]]:
    looked: payload.Seen = {}
    for number, (_, tensor) in enumerate(stored(model)):
        if normal_location(tensor.external.location if tensor.external else "") != location:
            continue
        place = payload.extent(model, tensor, looked)
        if isinstance(place, payload.Raw) and place.length:
            yield number, tensor, place


class _HashedOnTheWay:
    """The bytes of a file for those who ask in their order; all of them are hashed, the gaps included."""

    def __init__(self, descriptor: int, size: int, thread: ThreadPoolExecutor | None) -> None:
        from hashlib import sha256

        self._descriptor, self._size, self._thread = descriptor, size, thread
        self._sha = sha256()
        self._buffers = [memoryview(bytearray(min(_CHUNK, size))) for _ in range(_CHUNKS if thread else 1)]
        self._hashed: list[Future[None] | None] = [None] * len(self._buffers)  # what was read into each
        self._chunk, self._begin, self._end, self._turn = self._buffers[0][:0], 0, 0, 0

    def from_(self, offset: int) -> _Fill:
        return _Fill(self, offset)

    def into(self, buffer: memoryview, at: int) -> None:
        """Fill the buffer with the bytes from here on, which lie behind all that were asked for before."""
        while buffer:
            if at < self._end:
                part = self._chunk[at - self._begin : at - self._begin + len(buffer)]
                buffer[: len(part)] = part
                buffer, at = buffer[len(part) :], at + len(part)
            elif at == self._end and len(buffer) >= _STRAIGHT and self._thread is None:
                got = self._read(buffer)
                self._sha.update(buffer[:got])
                self._chunk, self._begin = self._chunk[:0], self._end
                buffer, at = buffer[got:], at + got
            else:
                self._next()

    def hexdigest(self) -> str:
        """Of the whole file: what nobody asked for is read now."""
        while self._end < self._size:
            self._next()
        for one in self._hashed:
            if one is not None:
                one.result()
        return self._sha.hexdigest()

    def _next(self) -> None:
        """Read the next chunk; it is hashed before its buffer's turn comes again."""
        turn = self._turn
        if (before := self._hashed[turn]) is not None:
            before.result()
        begin = self._end
        got = self._read(self._buffers[turn])
        self._chunk, self._begin = self._buffers[turn][:got], begin
        if self._thread is None:
            self._sha.update(self._chunk)
        else:
            self._hashed[turn] = self._thread.submit(self._sha.update, self._chunk)
        self._turn = (turn + 1) % len(self._buffers)

    def _read(self, buffer: memoryview) -> int:
        got = os.preadv(self._descriptor, [buffer[: self._size - self._end]], self._end)
        if not got:
            raise BecameShorter("the file became shorter while it was read")
        self._end += got
        return got


class _Fill:
    def __init__(self, file: _HashedOnTheWay, offset: int) -> None:
        self._file, self._offset = file, offset

    def __call__(self, buffer: memoryview, at: int) -> None:
        self._file.into(buffer, self._offset + at)
