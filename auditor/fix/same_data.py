"""Whether two stored tensors hold the same bytes."""

from __future__ import annotations

import os

from ..files import open_regular
from ..model import external
from ..model.graph import Model
from ..model.payload import Typed, extent, opened, read
from ..model.payload_bytes import Raw
from ..model.tensor import Tensor

_BLOCK = 1 << 20


def same_data(model: Model, a: Tensor, b: Tensor) -> bool:
    """Whether type, dims and every byte are equal; of data that cannot be read, nobody knows."""
    if (a.dtype, a.dims) != (b.dtype, b.dims):
        return False
    one, two = extent(model, a), extent(model, b)
    match one, two:
        case Raw(), Raw() if one.length == two.length:
            return one == two or _equal(model, one, two)
        case Typed(), Typed():
            pairs = zip(one.spans, two.spans, strict=False)
            return len(one.spans) == len(two.spans) and all(
                (s.field, s.tagged, s.length) == (t.field, t.tagged, t.length)
                and read(model, s.offset, s.length) == read(model, t.offset, t.length)
                for s, t in pairs
            )
    return False


def _equal(model: Model, one: Raw, two: Raw) -> bool:
    first, second = bytearray(_BLOCK), bytearray(_BLOCK)
    with opened(model, one) as a, opened(model, two) as b:
        at = 0
        while at < one.length:
            got = a.into(memoryview(first), at)
            if not got or b.into(memoryview(second)[:got], at) != got or first[:got] != second[:got]:
                return False
            at += got
    return True


def same_files(model: Model, location: str, path: str) -> bool:
    """Whether a file holds just what a data file of the model does."""
    try:
        descriptor, status = open_regular(path, follow=False)
    except OSError:
        return False
    try:
        found = external.look(model, location)
        if not isinstance(found, external.DataFile) or found.size != status.st_size:
            return False
        buffer, at = bytearray(_BLOCK), 0
        with opened(model, Raw(location, 0, found.size)) as source:
            while at < found.size:
                got = source.into(memoryview(buffer), at)
                if not got or os.pread(descriptor, got, at) != buffer[:got]:
                    return False
                at += got
        return True
    finally:
        os.close(descriptor)
