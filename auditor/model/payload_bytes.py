"""Bytes of tensor data, read from where they lie: the model's own file, an external file, or memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from ..errors import AuditorError, CannotLook
from ..tuples import NamedTuple
from . import external
from .graph import Model


class Raw(NamedTuple):
    """Elements one behind the other, little endian, as raw_data has them."""

    location: str  # of the external file; "" for the model's own
    offset: int
    length: int


class _File:
    """The model's own file, kept open as long as the model is in use."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self) -> None:
        os.close(self.fd)


_open_files: WeakKeyDictionary[Model, _File] = WeakKeyDictionary()


def _own_file(model: Model) -> int:
    """A descriptor of the model's file, which is still the one that was loaded."""
    held = _open_files.get(model)
    if held is None:
        from .load import open_model

        try:
            fd, identity = open_model(model.path)
        except AuditorError as error:
            raise CannotLook(f"{model.path} has changed since it was loaded: {error}") from None
        held = _File(fd)
        if identity != model.identity:
            raise CannotLook(f"{model.path} has changed since it was loaded")
        _open_files[model] = held
    return held.fd


def read(model: Model, offset: int, length: int) -> bytes:
    """Bytes of the model's own file. `NotHere` where they are not here."""
    if model.lacking is not None:
        model.lacking.check("", offset, length)
    if model.data is not None:
        return model.data[offset : offset + length]
    return _all_of(_own_file(model), offset, length)


def _all_of(fd: int, offset: int, length: int) -> bytes:
    pieces = []
    try:
        while length > 0:
            piece = os.pread(fd, length, offset)  # at most 2 GiB at once
            if not piece:
                raise CannotLook("a file became shorter while it was read")
            pieces.append(piece)
            offset, length = offset + len(piece), length - len(piece)
    except OSError as error:
        raise CannotLook(f"reading failed at byte {offset}: {os.strerror(error.errno or 0)}") from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class PayloadSource(NamedTuple):
    """Bytes to be read in pieces: a descriptor, or a buffer in memory, and where in it they lie."""

    fd: int | None
    data: memoryview | None
    offset: int
    length: int

    def into(self, buffer: memoryview, position: int) -> int:
        """Fills the buffer from ``position`` (counted within the extent) on; how many bytes it got."""
        wanted = min(len(buffer), self.length - position)
        if self.data is not None:
            buffer[:wanted] = self.data[position : position + wanted]
            return wanted
        assert self.fd is not None
        return os.preadv(self.fd, [buffer[:wanted]], self.offset + position)


@contextmanager
def opened(model: Model, place: Raw) -> Iterator[PayloadSource]:
    """The bytes of an extent. CannotLook where the file is no longer what it was, or not here."""
    if model.lacking is not None:
        model.lacking.check(place.location, place.offset, place.length)
    if place.location:
        fd = external.open_data(model, place.location)
        if not isinstance(fd, int):
            raise CannotLook(f"external data {place.location!r} cannot be read: {fd}")
        try:
            if os.fstat(fd).st_size < place.offset + place.length:
                raise CannotLook(f"external data {place.location!r} became shorter while it was read")
            yield PayloadSource(fd, None, place.offset, place.length)
        finally:
            os.close(fd)
    elif model.data is not None:
        yield PayloadSource(None, memoryview(model.data)[place.offset : place.offset + place.length], 0, place.length)
    else:
        yield PayloadSource(_own_file(model), None, place.offset, place.length)


def bytes_of(model: Model, place: Raw) -> bytes:
    if not place.location:
        return read(model, place.offset, place.length)
    with opened(model, place) as source:
        assert source.fd is not None
        return _all_of(source.fd, source.offset, source.length)
