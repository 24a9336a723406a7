"""The data of tensors: where it lies, what is wrong with it, and, for those who ask, its values."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, TypeAlias

from ..tuples import NamedTuple
from . import encoding
from .dtypes import BITS, DType, bytes_of
from .encoding import RAW_DATA, WIDTHS, Scalar
from .external import CannotOpen, HardLinked
from .graph import Model
from .payload_bytes import PayloadSource, Raw, opened, read
from .payload_bytes import bytes_of as stored_bytes
from .payload_troubles import (
    BrokenData,
    NegativeDims,
    PayloadTrouble,
    Seen,
    SeveralFields,
    UnknownType,
    WrongField,
    WrongLength,
    overlaps,
    tensors,
    trouble,
)
from .tensor import Span, Tensor

if TYPE_CHECKING:
    import numpy


class Typed(NamedTuple):
    """Values in a typed field that must be decoded: varints, strings, or pieces of either."""

    spans: tuple[Span, ...]


class Absent(NamedTuple):
    """There is no data to be read, and why: an empty tuple for a tensor without data or elements."""

    troubles: tuple[PayloadTrouble, ...]


Extent: TypeAlias = Raw | Typed | Absent


def extent(model: Model, tensor: Tensor, seen: Seen | None = None) -> Extent:
    """Where a tensor's data lies, if all of it is there and fits the dims."""
    grave = tuple(t for t in trouble(model, tensor, seen) if not isinstance(t, HardLinked))
    if grave or not tensor.elements:
        return Absent(grave)
    if (lacking := model.lacking) is not None:
        where = "" if tensor.external is None else tensor.external.location
        places = [(span.offset, span.length) for span in tensor.spans] if tensor.external is None else [(0, 0)]
        if any(lacking.is_over(where, *place) for place in places):
            lacking.asked += 1
            return Absent((CannotOpen(where, "its data was not fetched"),))
    if tensor.external is not None:
        return Raw(tensor.external.location, tensor.external.offset, bytes_of(tensor.dtype, tensor.elements) or 0)
    spans = tensor.spans
    if len(spans) == 1 and not spans[0].tagged and (spans[0].field == RAW_DATA or spans[0].field in WIDTHS):
        return Raw("", spans[0].offset, spans[0].length)
    return Typed(spans)


def _values(model: Model, place: Typed) -> list[int | float | bytes]:
    values: list[int | float | bytes] = []
    for span in place.spans:
        values += encoding.field_values(span.field, read(model, span.offset, span.length), span.tagged)
    return values


def small(model: Model, tensor: Tensor, most: int = 4096) -> tuple[Scalar, ...] | None:
    """The elements of a tensor of at most ``most``, in order; None if they cannot be had, or are complex numbers."""
    elements = 1
    for size in tensor.dims:
        if size < 0 or elements > most:
            return None
        elements *= size
    if elements > most:
        return None
    spans, code = tensor.spans, encoding.FORMATS.get(tensor.dtype)
    if code is not None and len(spans) == 1 and spans[0].field == RAW_DATA and tensor.external is None and elements:
        _, offset, length, _ = spans[0]  # the usual case without ado, for there are thousands
        if length == elements * struct.calcsize(f"<{code}") and model.lacking is None:
            return struct.unpack(f"<{elements}{code}", read(model, offset, length))
    place = extent(model, tensor)
    try:
        match place:
            case Raw():
                return encoding.from_raw(tensor.dtype, stored_bytes(model, place), elements)
            case Typed():
                values = _values(model, place)
                if tensor.dtype == DType.STRING:
                    return tuple(str(v, "utf-8", "surrogateescape") for v in values if isinstance(v, bytes))
                numbers = [v for v in values if not isinstance(v, bytes)]
                return encoding.from_field(tensor.dtype, numbers, elements)
            case Absent(troubles):
                return None if troubles or elements else ()
    except ValueError:
        return None


def array(model: Model, tensor: Tensor) -> numpy.ndarray[Any, Any]:
    """A tensor's elements as an array of its dims; ValueError if they cannot be had.

    Types that NumPy lacks come as the nearest that holds them: bfloat16 and the floats of 8 bits and less as float32,
    integers of 2 and 4 bits as int8 or uint8. Strings come as objects.
    """
    import numpy

    place = extent(model, tensor)
    if isinstance(place, Absent):
        if place.troubles:
            raise ValueError(f"the data of {tensor.name!r} cannot be read: {place.troubles[0]}")
        place = Typed(())
    if isinstance(place, Raw):
        return _decoded(tensor, numpy.frombuffer(stored_bytes(model, place), numpy.uint8))
    if place.spans and not any(s.tagged or s.field in WIDTHS for s in place.spans):
        pieces = [_varints(numpy.frombuffer(read(model, s.offset, s.length), numpy.uint8)) for s in place.spans]
        return _from_integers(tensor, numpy.concatenate(pieces))
    values = _values(model, place)
    if tensor.dtype == DType.STRING:
        texts = [str(v, "utf-8", "surrogateescape") for v in values if isinstance(v, bytes)]
        return numpy.array(texts, object).reshape(tensor.dims)
    field = encoding.FIELD_OF_DTYPE.get(tensor.dtype, encoding.INT32_DATA)
    if field in WIDTHS:
        return _decoded(tensor, numpy.array(values, f"<f{WIDTHS[field]}").view(numpy.uint8))
    return _from_integers(tensor, numpy.array(values, numpy.uint64))


def _varints(raw: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """What `wire.varints` does, for millions."""
    import numpy

    ends = numpy.flatnonzero(raw < 128)
    starts = numpy.concatenate((ends[:0], [0], ends[:-1] + 1))[: len(ends)]
    lengths = ends - starts + 1
    values = (raw[starts] & 127).astype(numpy.uint64)
    for i in range(1, min(10, int(lengths.max(initial=0)))):
        longer = lengths > i
        values[longer] |= (raw[starts[longer] + i] & 127).astype(numpy.uint64) << numpy.uint64(7 * i)
    return values


def _from_integers(tensor: Tensor, numbers: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """The elements in the numbers of an integer field."""
    import numpy

    bits = BITS[tensor.dtype]
    if bits == 6:
        return numpy.take(_table(tensor.dtype), (numbers & 63).astype(numpy.uint8)).reshape(tensor.dims)
    return _decoded(tensor, numbers.astype(f"<u{max(bits, 8) // 8}").view(numpy.uint8))


def _decoded(tensor: Tensor, raw: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """The elements in bytes that are laid out as raw_data is."""
    import numpy

    dtype, dims = tensor.dtype, tensor.dims
    if dtype == DType.BFLOAT16:
        return (raw.view("<u2").astype(numpy.uint32) << 16).view(numpy.float32).reshape(dims)
    if dtype in encoding.FORMATS:
        return raw.view(numpy.dtype(encoding.FORMATS[dtype]).newbyteorder("<")).reshape(dims)
    if dtype in encoding.COMPLEX:
        return raw.view(f"<c{BITS[dtype] // 8}").reshape(dims)
    bits = BITS[dtype]
    codes: numpy.ndarray[Any, Any] = raw
    if bits < 8:
        each = numpy.unpackbits(raw, bitorder="little")[: tensor.elements * bits].reshape(-1, bits)
        codes = numpy.packbits(each, axis=1, bitorder="little").reshape(-1)
    return numpy.take(_table(dtype), codes).reshape(dims)


def _table(dtype: int) -> numpy.ndarray[Any, Any]:
    """The value of every code of a type of at most 8 bits."""
    import numpy

    kind = {DType.UINT4: numpy.uint8, DType.UINT2: numpy.uint8, DType.INT4: numpy.int8, DType.INT2: numpy.int8}
    return numpy.array(encoding.small_values(dtype), kind.get(DType(dtype), numpy.float32))


__all__ = [
    "Absent",
    "BrokenData",
    "Extent",
    "NegativeDims",
    "PayloadSource",
    "PayloadTrouble",
    "Raw",
    "Seen",
    "SeveralFields",
    "Typed",
    "UnknownType",
    "WrongField",
    "WrongLength",
    "array",
    "extent",
    "opened",
    "overlaps",
    "read",
    "small",
    "tensors",
    "trouble",
]
