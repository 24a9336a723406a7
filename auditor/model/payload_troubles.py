"""What is wrong with the data of tensors: typed, and found without reading weights."""

from collections.abc import Iterator
from typing import TypeAlias
from weakref import WeakKeyDictionary

from ..tuples import NamedTuple
from . import encoding, external
from .dtypes import BITS, DType, bytes_of
from .encoding import FIELD_NAMES, RAW_DATA, WIDTHS
from .external import ExternalTrouble, HardLinked
from .graph import Graph, Model, Node, in_order_of_places, subgraphs
from .holes import NotHere
from .payload_bytes import read
from .tensor import Span, SparseTensor, Tensor

COUNTED = 64 << 20  # bytes of packed numbers at most that are read to count them


class WrongLength(NamedTuple):
    """Data that does not fit the dims: ``unit`` is "bytes", or "values" of a typed field."""

    expected: int
    actual: int
    unit: str


class NegativeDims(NamedTuple):
    dims: tuple[int, ...]


class UnknownType(NamedTuple):
    dtype: int


class SeveralFields(NamedTuple):
    """Data in more than one place ("external_data" may be one of them); readers take the one or the other."""

    fields: tuple[str, ...]


class WrongField(NamedTuple):
    """Data in a typed field that belongs to other element types."""

    dtype: int
    field: str


class BrokenData(NamedTuple):
    """A typed field whose bytes are not values."""

    why: str
    offset: int


PayloadTrouble: TypeAlias = (
    WrongLength | NegativeDims | UnknownType | SeveralFields | WrongField | BrokenData | ExternalTrouble
)


Seen: TypeAlias = dict[str, external.DataFile | ExternalTrouble]
"""External files that were looked at; to be shared by the questions of one audit."""


# -- which tensors there are -----------------------------------------------------------------------------------------


_listed: WeakKeyDictionary[Model, tuple[tuple[str, Tensor], ...]] = WeakKeyDictionary()


def tensors(model: Model) -> tuple[tuple[str, Tensor], ...]:
    """Every tensor that the model stores, with the path of its graph; of a function, its name."""
    found = _listed.get(model)
    if found is None:
        found = _listed[model] = tuple(_all_of(model))
    return found


def _all_of(model: Model) -> Iterator[tuple[str, Tensor]]:
    for path, graph in model.graphs:
        yield from ((path, t) for t in _of_graph(graph))
    for function in model.functions.values():
        for graph in (g for node in function.nodes for g in _graphs_below(node)):
            yield from ((function.name, t) for t in _of_graph(graph))
        for value in function.defaults.values():
            yield from ((function.name, t) for t in _of_value(value))
        for node in function.nodes:
            yield from ((function.name, t) for v in node.attributes.values() for t in _of_value(v))


def _of_graph(graph: Graph) -> Iterator[Tensor]:
    yield from graph.initializers
    for sparse in graph.sparse_initializers:
        yield from _of_value(sparse)
    holding = [kind for kind in graph.kinds if any(map(_holds_tensors, kind.node.attributes.values()))]
    for index in in_order_of_places(holding):
        for value in graph.nodes[index].attributes.values():
            yield from _of_value(value)


def _holds_tensors(value: object) -> bool:
    first = value[0] if type(value) is tuple and value else value
    return isinstance(first, (Tensor, SparseTensor))


def _of_value(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, SparseTensor):
        yield value.values
        yield value.indices
    elif type(value) is tuple and value and isinstance(value[0], (Tensor, SparseTensor)):
        for item in value:
            yield from _of_value(item)


def _graphs_below(node: Node) -> Iterator[Graph]:
    waiting = [graph for _, graph in subgraphs(node)]
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting.extend(g for inner in graph.nodes for _, g in subgraphs(inner))


# -- what is wrong with them -----------------------------------------------------------------------------------------


def plainly_sound(tensor: Tensor) -> bool:
    """Whether there is just one piece of raw data, and of the right length: of nearly all tensors, and cheap to see."""
    spans, bits = tensor.spans, BITS.get(tensor.dtype)
    if bits is None or len(spans) != 1 or spans[0].field != RAW_DATA or tensor.external is not None:
        return False
    elements = 1
    for size in tensor.dims:
        if size < 0:
            return False
        elements *= size
    return spans[0].length == (elements * bits + 7) // 8


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
            raise ValueError(f"{FIELD_NAMES[span.field]} of {span.length} bytes, which is not a multiple of {width}")
        return span.length // width
    if span.length > COUNTED:
        return None
    try:
        raw = read(model, span.offset, span.length)
    except NotHere:
        return None
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
