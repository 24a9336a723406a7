"""A tensor's bytes for the pass, laid out as raw_data is: straight out of a file, or decoded from a typed field on
the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from errno import ENXIO
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CannotLook
from ..files import FileLook
from ..model import encoding, external, payload
from ..model.dtypes import bytes_of
from ..model.graph import Model
from ..model.tensor import Span, Tensor
from .lens import Lens
from .once import normal_location, own_look
from .scan import Fill

if TYPE_CHECKING:
    from .measure import Statistics
    from .once import MeasuredFiles

_NONE: Mapping[Any, Any] = {}

CHUNK = 1 << 18
"""Bytes that are read at once of a typed field, and to be compared."""

_MOST_LOOSE = 16 << 20
"""Bytes of a typed field whose values are not packed, at most: they are decoded one by one."""


SECONDS = 300.0
"""How long reading weights may take in all, beside what so slow a disk takes for what is stored."""

_SLOW = 50e6  # bytes a second

OUT_OF_TIME = f"reading weights took longer than {SECONDS:g} s, and 20 s for each gigabyte of them"


def deadline_for(model: Model, locations: tuple[str, ...]) -> float:
    """When reading these files must be done, on the clock of `monotonic`.

    A hole takes no time, and none is given for it: a sparse file of a terabyte is made in no time.
    """
    held = 0
    for location in locations:
        try:
            with payload.opened(model, payload.Raw(location, 0, 0)) as source:
                held += os.fstat(source.fd).st_blocks * 512 if source.fd is not None else 0
        except CannotLook:
            continue  # its tensors say so
    return monotonic() + SECONDS + held / _SLOW


class Unread(Exception):
    """The tensor's values are not to be had; ``why`` is for the user."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Reading:
    """The files of one model during one pass; at most one external file is open."""

    def __init__(self, model: Model, until: float | None = None, before: MeasuredFiles = _NONE) -> None:
        """``before``: what an earlier reading said of files, which may be others by now."""
        self._model = model
        self._before = before
        self._said: Mapping[int, Statistics] = _NONE  # before, of the open file
        self._seen: payload.Seen = {}
        self._location: str | None = None
        self._fd = -1
        self._deadline = monotonic() + SECONDS if until is None else until
        self._open = ExitStack()

    def __enter__(self) -> Reading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def fill(self, tensor: Tensor, seen: Lens) -> Fill:
        """Gives the tensor's bytes; to be asked for them in order. `Unread` where they cannot be had."""
        try:
            match payload.extent(self._model, tensor, self._seen):
                case payload.Absent(troubles):
                    if troubles:
                        raise Unread(_why(troubles[0]))
                    return _nothing
                case payload.Raw() as place:
                    if self._model.data is not None and not place.location:
                        return _from_memory(memoryview(self._model.data)[place.offset :][: place.length])
                    return _FromFile(self._descriptor(place), place.offset, self._deadline)
                case payload.Typed(spans):
                    return _in_order(_decoded(self._model, spans, np.dtype(seen.raw)))
        except CannotLook as error:
            raise Unread(str(error)) from None

    def is_anywhere(self, fill: Fill) -> bool:
        """Whether a tensor's bytes may be asked for in any order."""
        return isinstance(fill, _FromFile)

    def said_before(self, number: int, fill: Fill) -> Statistics | None:
        """What an earlier reading says of the tensor of this number, whose bytes ``fill``, made just now, would give.

        None where none has read it, or where the file is not what it was.
        """
        return self._said.get(number) if isinstance(fill, _FromFile) else None

    def digest(self, tensor: Tensor, seen: Lens) -> bytes:
        """Of the tensor's bytes."""
        from hashlib import sha256

        digest, buffer = sha256(), memoryview(bytearray(CHUNK))
        fill, size = self.fill(tensor, seen), bytes_of(tensor.dtype, tensor.elements) or 0
        for at in range(0, size, CHUNK):
            part = buffer[: size - at]
            fill(part, at)
            digest.update(part)
        return digest.digest()

    def _descriptor(self, place: payload.Raw) -> int:
        if place.location != self._location:
            self._open.close()
            source = self._open.enter_context(payload.opened(self._model, payload.Raw(place.location, 0, 0)))
            assert source.fd is not None  # not in memory, so in a file
            self._fd, self._location = source.fd, place.location
            self._said = self._still_said(place.location, source.fd)
        return self._fd

    def _still_said(self, location: str, descriptor: int) -> Mapping[int, Statistics]:
        known = self._before.get(normal_location(location))
        if known is None or FileLook.from_status(os.fstat(descriptor)) != known.file:
            return _NONE
        return known.statistics if own_look(self._model) == known.model else _NONE


def _nothing(buffer: memoryview, at: int) -> None:
    """Fills the buffer of a tensor without elements."""


def _from_memory(data: memoryview) -> Fill:
    def fill(buffer: memoryview, at: int) -> None:
        buffer[:] = data[at : at + len(buffer)]

    return fill


class _FromFile:
    """Bytes of a file. Where it has a hole, so many zeros are known without reading."""

    def __init__(self, fd: int, offset: int, deadline: float) -> None:
        self._fd, self._offset, self._deadline = fd, offset, deadline
        self._data = self._end = -1  # the stretch of data that was found last

    def __call__(self, buffer: memoryview, at: int) -> None:
        if monotonic() > self._deadline:
            raise Unread(OUT_OF_TIME)
        at += self._offset
        while buffer:
            try:
                got = os.preadv(self._fd, [buffer], at)
            except OSError as error:
                raise Unread(f"reading failed: {os.strerror(error.errno or 0)}") from None
            if not got:
                raise Unread("the file became shorter while it was read")
            buffer, at = buffer[got:], at + got

    def is_hole(self, at: int, length: int) -> bool:
        """Whether nothing is stored in these bytes. Systems that do not tell holes answer that all is data."""
        at += self._offset
        if at >= self._end and hasattr(os, "SEEK_DATA"):
            try:
                self._data = os.lseek(self._fd, at, os.SEEK_DATA)
                self._end = os.lseek(self._fd, self._data, os.SEEK_HOLE)
            except OSError as error:
                nothing_more = error.errno == ENXIO and os.fstat(self._fd).st_size >= at + length
                self._data = self._end = sys.maxsize if nothing_more else at + length
                if not nothing_more:
                    self._data = at
        return at + length <= self._data


def _in_order(pieces: Iterator[bytes]) -> Fill:
    """Bytes that come one piece after another."""
    left = b""

    def fill(buffer: memoryview, at: int) -> None:
        nonlocal left
        while buffer:
            left = left or next(pieces, b"")
            if not left:
                raise Unread("its data does not fit its dims")
            count = min(len(left), len(buffer))
            buffer[:count], left, buffer = left[:count], left[count:], buffer[count:]

    return fill


def _decoded(model: Model, spans: tuple[Span, ...], raw: np.dtype[Any]) -> Iterator[bytes]:
    """The values of a typed field as raw_data would have them."""
    if len(spans) == 1 and not spans[0].tagged and spans[0].field not in encoding.WIDTHS:
        yield from (numbers.astype(f"<u{raw.itemsize}").tobytes() for numbers in _varints(model, spans[0]))
        return
    if sum(span.length for span in spans) > _MOST_LOOSE:
        raise Unread("its values are not packed, and too many to be decoded one by one")
    for span in spans:
        try:
            values = encoding.field_values(span.field, payload.read(model, span.offset, span.length), span.tagged)
        except ValueError as error:
            raise Unread(str(error)) from None
        width = encoding.WIDTHS.get(span.field)
        if width is not None:
            yield np.array(values, f"<f{width}").tobytes()
        else:
            yield np.array(values, np.uint64).astype(f"<u{raw.itemsize}").tobytes()


def _varints(model: Model, span: Span) -> Iterator[NDArray[np.uint64]]:
    """Packed variable-length integers, a chunk at a time.

    Seven bits a byte, the lowest first; the last byte of each is below 128.
    """
    at, end = span.offset, span.offset + span.length
    while at < end:
        chunk = np.frombuffer(payload.read(model, at, min(CHUNK, end - at)), np.uint8)
        last = np.flatnonzero(chunk < 128)
        if not last.size:
            raise Unread("its typed data is broken")
        first = np.concatenate(([0], last[:-1] + 1))
        numbers = np.zeros(last.size, np.uint64)
        for k in range(min(int((last - first).max()) + 1, 10)):
            here = np.flatnonzero(first + k <= last)
            numbers[here] |= (chunk[first[here] + k] & np.uint8(127)).astype(np.uint64) << np.uint64(7 * k)
        yield numbers
        at += int(last[-1]) + 1


def _why(trouble: payload.PayloadTrouble) -> str:
    """In a few words; the rules on payloads say more."""
    match trouble:
        case payload.WrongLength():
            return "its data does not fit its dims"
        case external.MissingFile(location=location):
            return f"the external data {location!r} is missing"
        case external.TooShort(location=location):
            return f"the external data {location!r} is too short"
        case external.BadEntry():
            return "its external data is described wrongly"
        case (
            payload.NegativeDims()
            | payload.UnknownType()
            | payload.SeveralFields()
            | payload.WrongField()
            | payload.BrokenData()
        ):
            return "its data is broken"
        case other:
            return f"the external data {other.location!r} may not be read"
