"""The data of tensors: where it lies, what is wrong with it, and, for those who ask, its values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from ..errors import CannotLook
from . import encoding, external
from .dtypes import BITS, DType, bytes_of
from .encoding import FIELD_NAMES, RAW_DATA, STRING_DATA, WIDTHS, Scalar
from .external import ExternalTrouble, HardLinked
from .graph import Graph, Identity, Model, Node, Span, SparseTensor, Tensor

if TYPE_CHECKING:
    import numpy

COUNTED = 64 << 20  # bytes of packed numbers at most that are read to count them


@dataclass(frozen=True, slots=True)
class WrongLength:
    """Data that does not fit the dims: ``unit`` is "bytes", or "values" of a typed field."""

    expected: int
    actual: int
    unit: str


@dataclass(frozen=True, slots=True)
class NegativeDims:
    dims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnknownType:
    dtype: int


@dataclass(frozen=True, slots=True)
class SeveralFields:
    """Data in more than one place ("external_data" may be one of them); readers take the one or the other."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrongField:
    """Data in a typed field that belongs to other element types."""

    dtype: int
    field: str


@dataclass(frozen=True, slots=True)
class BrokenData:
    """A typed field whose bytes are no values."""

    why: str
    offset: int


PayloadTrouble: TypeAlias = (
    WrongLength | NegativeDims | UnknownType | SeveralFields | WrongField | BrokenData | ExternalTrouble
)


class Raw(NamedTuple):
    """Elements one behind the other, little endian, as raw_data has them."""

    location: str  # of the external file; "" for the model's own
    offset: int
    length: int


class Typed(NamedTuple):
    """Values in a typed field that must be decoded: varints, strings, or pieces of either."""

    spans: tuple[Span, ...]


class Absent(NamedTuple):
    """There is no data to be read, and why: an empty tuple for a tensor without data or elements."""

    troubles: tuple[PayloadTrouble, ...]


Extent: TypeAlias = Raw | Typed | Absent

Seen: TypeAlias = dict[str, external.DataFile | ExternalTrouble]
"""External files that were looked at; to be shared by the questions of one audit."""


# -- which tensors there are -----------------------------------------------------------------------------------------


def tensors(model: Model) -> Iterator[tuple[str, Tensor]]:
    """Every tensor that the model stores, with the path of its graph; of a function, its name."""
    for path, graph in model.graphs:
        yield from ((path, t) for t in _of_graph(graph))
    for function in model.functions.values():
        for graph in (g for node in function.nodes for _, g in _graphs_below(node)):
            yield from ((function.name, t) for t in _of_graph(graph))
        for value in function.defaults.values():
            yield from ((function.name, t) for t in _of_value(value))
        for node in function.nodes:
            yield from ((function.name, t) for v in node.attributes.values() for t in _of_value(v))


def _of_graph(graph: Graph) -> Iterator[Tensor]:
    yield from graph.initializers
    for sparse in graph.sparse_initializers:
        yield from _of_value(sparse)
    for node in graph.nodes:
        for value in node.attributes.values():
            yield from _of_value(value)


def _of_value(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, SparseTensor):
        yield value.values
        yield value.indices
    elif type(value) is tuple and value and isinstance(value[0], (Tensor, SparseTensor)):
        for item in value:
            yield from _of_value(item)


def _graphs_below(node: Node) -> Iterator[tuple[str, Graph]]:
    from .graph import _walk, subgraphs

    for name, graph in subgraphs(node):
        yield from _walk(name, graph)


# -- what is wrong with them -----------------------------------------------------------------------------------------


def trouble(model: Model, tensor: Tensor, seen: Seen | None = None) -> tuple[PayloadTrouble, ...]:
    """What is wrong with a tensor's data. Weights are not read; packed numbers are, to count them, within a budget."""
    negative = any(d < 0 for d in tensor.dims)
    found: list[PayloadTrouble] = []
    if not encoding.known(tensor.dtype):
        found.append(UnknownType(tensor.dtype))
    if negative:
        found.append(NegativeDims(tensor.dims))
    held = tuple(dict.fromkeys(s.field for s in tensor.spans if s.length or s.field == RAW_DATA))
    names = tuple(FIELD_NAMES[f] for f in held) + (("external_data",) if tensor.external else ())
    if len(names) > 1:
        found.append(SeveralFields(names))
    expected = None if found and not (len(found) == 1 and len(names) > 1) else _expected_bytes(tensor)
    if tensor.external is not None:
        found.extend(_external(model, tensor, expected, seen))
        return tuple(found)
    if len(held) > 1 or negative or not encoding.known(tensor.dtype):
        return tuple(found)
    field = held[0] if held else RAW_DATA
    if field != RAW_DATA:
        found.extend(_typed(model, tensor, field))
    elif tensor.dtype == DType.STRING:
        if held:
            found.append(WrongField(tensor.dtype, "raw_data"))
        elif tensor.elements:
            found.append(WrongLength(tensor.elements, 0, "values"))
    elif expected is not None:
        actual = sum(s.length for s in tensor.spans)
        if actual != expected:
            found.append(WrongLength(expected, actual, "bytes"))
    return tuple(found)


def _expected_bytes(tensor: Tensor) -> int | None:
    return bytes_of(tensor.dtype, tensor.elements)


def _external(model: Model, tensor: Tensor, expected: int | None, seen: Seen | None) -> Iterator[PayloadTrouble]:
    where = tensor.external
    assert where is not None
    bad = external.entry_troubles(where)
    yield from bad
    file = _look(model, where.location, seen)
    if not isinstance(file, external.DataFile):
        yield file
        return
    if file.links > 1:
        yield HardLinked(where.location, file.links)
    if bad:
        return
    if tensor.dtype == DType.STRING:
        yield WrongField(tensor.dtype, "external_data")
    elif (short := external.range_trouble(where, file, expected)) is not None:
        yield short
    elif expected is not None and where.length is not None and where.length != expected:
        yield WrongLength(expected, where.length, "bytes")


def _look(model: Model, location: str, seen: Seen | None) -> external.DataFile | ExternalTrouble:
    if seen is None:
        return external.look(model, location)
    if location not in seen:
        seen[location] = external.look(model, location)
    return seen[location]


def _typed(model: Model, tensor: Tensor, field: int) -> Iterator[PayloadTrouble]:
    if field != encoding.FIELD_OF_DTYPE.get(tensor.dtype, encoding.INT32_DATA):
        yield WrongField(tensor.dtype, FIELD_NAMES[field])
        return
    actual = 0
    for span in tensor.spans:
        try:
            counted = _count(model, span)
        except ValueError as error:
            yield BrokenData(str(error), span.offset)
            return
        if counted is None:
            return
        actual += counted
    expected = encoding.values_in_field(tensor.dtype, tensor.elements)
    if actual != expected:
        yield WrongLength(expected, actual, "values")


def _count(model: Model, span: Span) -> int | None:
    """How many values a span holds; None where it is too long to be read for that."""
    if not span.tagged and span.field in WIDTHS:
        width = WIDTHS[span.field]
        if span.length % width:
            raise ValueError(f"{FIELD_NAMES[span.field]} of {span.length} bytes, which is no multiple of {width}")
        return span.length // width
    if span.length > COUNTED:
        return None
    raw = read(model, span.offset, span.length)
    if span.tagged:
        return len(encoding.field_values(span.field, raw, True))
    if raw and raw[-1] > 127:
        raise ValueError("packed numbers that end in the middle of one")
    return len(raw.translate(None, _CONTINUED))  # each number has one byte below 128, its last


_CONTINUED = bytes(range(128, 256))


def overlaps(model: Model) -> tuple[external.Overlap, ...]:
    """External tensors whose ranges overlap."""
    lengths = ((t, _external_length(t)) for _, t in tensors(model) if t.external is not None)
    return external.overlaps((t, n) for t, n in lengths if n is not None)


def _external_length(tensor: Tensor) -> int | None:
    where = tensor.external
    if where is None or external.entry_troubles(where) or any(d < 0 for d in tensor.dims):
        return None
    return where.length if where.length is not None else _expected_bytes(tensor)


# -- reading ---------------------------------------------------------------------------------------------------------


def extent(model: Model, tensor: Tensor, seen: Seen | None = None) -> Extent:
    """Where a tensor's data lies, if all of it is there and fits the dims."""
    grave = tuple(t for t in trouble(model, tensor, seen) if not isinstance(t, HardLinked))
    if grave or not tensor.elements:
        return Absent(grave)
    if tensor.external is not None:
        return Raw(tensor.external.location, tensor.external.offset, _expected_bytes(tensor) or 0)
    spans = tensor.spans
    if len(spans) == 1 and not spans[0].tagged and (spans[0].field == RAW_DATA or spans[0].field in WIDTHS):
        return Raw("", spans[0].offset, spans[0].length)
    return Typed(spans)


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
        from .load import open_regular

        fd, identity = open_regular(model.path)
        held = _File(fd)
        if identity != model.identity:
            raise CannotLook(f"{model.path} has changed since it was loaded")
        _open_files[model] = held
    return held.fd


def read(model: Model, offset: int, length: int) -> bytes:
    """Bytes of the model's own file."""
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


class Source(NamedTuple):
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
def opened(model: Model, place: Raw) -> Iterator[Source]:
    """The bytes of an extent. CannotLook where the file is no longer what it was."""
    if place.location:
        fd = external.open_data(model, place.location)
        if not isinstance(fd, int):
            raise CannotLook(f"external data {place.location!r} cannot be read: {fd}")
        try:
            if os.fstat(fd).st_size < place.offset + place.length:
                raise CannotLook(f"external data {place.location!r} became shorter while it was read")
            yield Source(fd, None, place.offset, place.length)
        finally:
            os.close(fd)
    elif model.data is not None:
        yield Source(None, memoryview(model.data)[place.offset : place.offset + place.length], 0, place.length)
    else:
        yield Source(_own_file(model), None, place.offset, place.length)


def _bytes(model: Model, place: Raw) -> bytes:
    if not place.location:
        return read(model, place.offset, place.length)
    with opened(model, place) as source:
        assert source.fd is not None
        return _all_of(source.fd, source.offset, source.length)


def _values(model: Model, place: Typed) -> list[int | float | bytes]:
    values: list[int | float | bytes] = []
    for span in place.spans:
        values += encoding.field_values(span.field, read(model, span.offset, span.length), span.tagged)
    return values


def small(model: Model, tensor: Tensor, most: int = 4096) -> tuple[Scalar, ...] | None:
    """The elements of a tensor of at most ``most``, in order; None if they cannot be had, or are complex numbers."""
    if any(d < 0 for d in tensor.dims) or tensor.elements > most:
        return None
    place = _small_extent(model, tensor)
    try:
        match place:
            case Raw():
                return encoding.from_raw(tensor.dtype, _bytes(model, place), tensor.elements)
            case Typed():
                values = _values(model, place)
                if tensor.dtype == DType.STRING:
                    return tuple(str(v, "utf-8", "surrogateescape") for v in values if isinstance(v, bytes))
                numbers = [v for v in values if not isinstance(v, bytes)]
                return encoding.from_field(tensor.dtype, numbers, tensor.elements)
            case Absent(troubles):
                return None if troubles else ()
    except ValueError:
        return None


def _small_extent(model: Model, tensor: Tensor) -> Extent:
    """The usual case without ado, for there are thousands: one span of raw data that fits."""
    spans = tensor.spans
    if len(spans) == 1 and spans[0].field == RAW_DATA and tensor.external is None:
        bits = BITS.get(tensor.dtype)
        if bits is not None and tensor.elements and spans[0].length == (tensor.elements * bits + 7) // 8:
            return Raw("", spans[0].offset, spans[0].length)
    return extent(model, tensor)


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
        return _decoded(tensor, numpy.frombuffer(_bytes(model, place), numpy.uint8))
    values = _values(model, place)
    if tensor.dtype == DType.STRING:
        texts = [str(v, "utf-8", "surrogateescape") for v in values if isinstance(v, bytes)]
        return numpy.array(texts, object).reshape(tensor.dims)
    field = encoding.FIELD_OF_DTYPE.get(tensor.dtype, encoding.INT32_DATA)
    if field in WIDTHS:
        return _decoded(tensor, numpy.array(values, f"<f{WIDTHS[field]}").view(numpy.uint8))
    numbers = numpy.array(values, numpy.uint64)
    bits = BITS[tensor.dtype]
    if bits == 6:
        return numpy.array(encoding.small_values(tensor.dtype), numpy.float32)[numbers & 63].reshape(tensor.dims)
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
    kind = {DType.UINT4: numpy.uint8, DType.UINT2: numpy.uint8, DType.INT4: numpy.int8, DType.INT2: numpy.int8}
    return numpy.array(encoding.small_values(dtype), kind.get(DType(dtype), numpy.float32))[codes].reshape(dims)


__all__ = ["STRING_DATA", "Identity", "array", "extent", "opened", "overlaps", "read", "small", "tensors", "trouble"]
