"""What stored tensors hold: a few of their bytes to know them again, and all of them to compare."""

from __future__ import annotations

import struct
from typing import TypeAlias

from ..errors import CannotLook
from ..model import encoding, payload
from ..model.graph import Model
from ..model.payload import Absent, Raw, Typed, extent, opened
from ..model.tensor import Blob, Tensor
from .difference import StoredAt, TensorPair, Values

_HEAD = 64  # bytes of a tensor that tell it from others of its sizes
_FEW = 4096  # elements that are decoded to compare them
_BLOCK = 1 << 20

Literal: TypeAlias = tuple[int | float | str, ...]


def head(model: Model, tensor: Tensor) -> bytes | None:
    """The first bytes of a tensor as raw_data has them; None where they are not to be had."""
    try:
        place = extent(model, tensor)
        match place:
            case Raw("", offset, length):
                return payload.read(model, offset, min(length, _HEAD))
            case Raw():
                with opened(model, place) as source:
                    buffer = bytearray(min(place.length, _HEAD))
                    return bytes(buffer[: source.into(memoryview(buffer), 0)])
            case Typed():
                return _packed(tensor.dtype, payload.small(model, tensor, _FEW))
            case Absent(troubles):
                return None if troubles else b""
    except CannotLook:
        return None


def _packed(dtype: int, values: tuple[encoding.Scalar, ...] | None) -> bytes | None:
    if values is None:
        return None
    code = encoding.FORMATS.get(dtype)
    first = values[:_HEAD]
    if code is None:
        return repr(first).encode("utf-8", "surrogateescape")[:_HEAD]
    return struct.pack(f"<{len(first)}{code}", *first)[:_HEAD]


def elements(model: Model, stored: StoredAt, most: int = 64) -> Literal | None:
    """The values of a small stored tensor; None of a large one, and where they cannot be had."""
    if stored.literal is not None:
        return stored.literal if len(stored.literal) <= most else None
    if stored.sparse is not None:
        return None
    try:
        return payload.small(model, stored.tensor, most)
    except CannotLook:
        return None


def same_values(old: Model, new: Model, pair: TensorPair) -> Values:
    """Whether two tensors of equal type and sizes hold the same; every byte is read."""
    if pair.old.literal is not None or pair.new.literal is not None:
        one, two = elements(old, pair.old, _FEW), elements(new, pair.new, _FEW)
        if one is None or two is None:
            return Values.UNKNOWN
        return Values.SAME if repr(one) == repr(two) else Values.OTHER
    if (pair.old.sparse is None) != (pair.new.sparse is None):
        return Values.UNKNOWN
    try:
        found = _same_data(old, new, pair.old.tensor, pair.new.tensor)
        if found is Values.SAME and pair.old.sparse is not None and pair.new.sparse is not None:
            found = _same_data(old, new, pair.old.sparse.indices, pair.new.sparse.indices)
            return found if found is Values.SAME else Values.UNKNOWN  # another order of the same may be no other tensor
    except CannotLook:
        return Values.UNKNOWN
    return found


def same_text(old: Model, new: Model, one: Blob, two: Blob) -> bool:
    """Whether two strings that are too long to be held are the same, every byte; False where nobody can look."""
    if one.length != two.length:
        return False
    try:
        return _equal(old, Raw("", one.offset, one.length), new, Raw("", two.offset, two.length))
    except CannotLook:
        return False


def _same_data(old: Model, new: Model, a: Tensor, b: Tensor) -> Values:
    one, two = extent(old, a), extent(new, b)
    match one, two:
        case Absent(troubles), Absent(others):
            return Values.UNKNOWN if troubles or others else Values.SAME
        case Raw(), Raw() if one.length == two.length:
            return Values.SAME if _equal(old, one, new, two) else Values.OTHER
        case ((Raw() | Typed()), (Raw() | Typed())):
            return _same_decoded(old, new, a, b)
    return Values.UNKNOWN


def _same_decoded(old: Model, new: Model, a: Tensor, b: Tensor) -> Values:
    if a.elements <= _FEW:
        one, two = payload.small(old, a, _FEW), payload.small(new, b, _FEW)
        if one is not None and two is not None:
            return Values.SAME if repr(one) == repr(two) else Values.OTHER
    try:
        first, second = payload.array(old, a), payload.array(new, b)
    except ValueError:
        return Values.UNKNOWN
    return Values.SAME if first.tobytes() == second.tobytes() else Values.OTHER


def _equal(old: Model, one: Raw, new: Model, two: Raw) -> bool:
    size = min(_BLOCK, one.length)
    first, second = bytearray(size), bytearray(size)
    with opened(old, one) as a, opened(new, two) as b:
        at = 0
        while at < one.length:
            got = a.into(memoryview(first), at)
            if not got or b.into(memoryview(second)[:got], at) != got:
                raise CannotLook("a file became shorter while it was read")
            if first[:got] != second[:got]:
                return False
            at += got
    return True
