"""A model cut behind one of its tensors, out of its bytes: what makes the tensor stays, and it becomes the only output.

An optimiser fuses only what nobody looks at: who names every tensor as an output sees no fusion, and none of its
faults. The child has no ONNX library; protobuf's wire format (protobuf.dev/programming-guides/encoding) and the field
numbers of onnx.proto are all that this takes. Weights stay where they are, external data is still referred to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import overload

from ..files import open_regular
from ..tuples import NamedTuple

_MODEL_GRAPH = 7
_NODE, _INITIALIZER, _GRAPH_INPUT, _OUTPUT, _VALUE_INFO, _SPARSE = 1, 5, 11, 12, 13, 15  # of GraphProto
_INPUTS, _OUTPUTS, _NAME, _OP_TYPE, _ATTRIBUTE = 1, 2, 3, 4, 5  # of NodeProto
_TENSOR, _BODIES = 5, (6, 11)  # of AttributeProto: t; g, graphs
_TENSOR_NAME, _VALUES = 8, 1  # of TensorProto, of SparseTensorProto
_RAW, _EXTERNAL, _LOCATION = 9, 13, 14  # of TensorProto: raw_data, external_data, data_location
_LIGHT, _WINDOW = 1 << 12, 1 << 18  # bytes
_BYTES = 2  # the wire type of whatever has a length


class NotCut(ValueError):
    """These bytes are none that can be cut."""


class NodeBytes(NamedTuple):
    """A node of the main graph. ``inputs`` hold what its bodies take from outside as well."""

    start: int  # of the node in the file, with its tag
    end: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    name: str
    op_type: str

    @property
    def label(self) -> str:
        return self.name or self.op_type


class _Field(NamedTuple):
    number: int
    wire: int
    tag: int  # where the tag stands
    start: int  # of the content
    end: int


class FileBytes:
    """The bytes of a regular file, of which no more than a window is held: weights are not read to be passed over."""

    def __init__(self, path: str) -> None:
        self._descriptor, status = open_regular(path)
        self._size, self._at, self._held = status.st_size, 0, b""

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> bytes: ...
    def __getitem__(self, key: int | slice) -> int | bytes:
        start, stop = (key, key + 1) if isinstance(key, int) else key.indices(self._size)[:2]
        if not self._at <= start <= stop <= self._at + len(self._held):
            if stop - start > _WINDOW:
                return os.pread(self._descriptor, stop - start, start)
            self._at, self._held = start, os.pread(self._descriptor, _WINDOW, start)
        found = self._held[start - self._at : stop - self._at]
        if isinstance(key, slice):
            return found
        if not found:
            raise IndexError(key)
        return found[0]


class Cuttable:
    """A serialized ModelProto, or several in a row, which protobuf reads as one. `NotCut` where it is none.

    ``file``: the name of the file that these are the bytes of. What is cut out then refers to the weights in it, as
    external data (ONNX, external data: "location", "offset", "length"), and has none of their bytes.
    """

    def __init__(self, model: bytes | FileBytes, file: str = "") -> None:
        self._data, self._file = model, file
        self._graphs = [f for f in self._fields(0, len(model)) if f.number == _MODEL_GRAPH and f.wire == _BYTES]
        parts = [part for graph in self._graphs for part in self._fields(graph.start, graph.end)]
        self._parts = [part for part in parts if part.wire == _BYTES]
        self.nodes: tuple[NodeBytes, ...] = tuple(self._piece(part) for part in self._parts if part.number == _NODE)

    @cached_property
    def makers(self) -> dict[str, int]:
        """The index of the node that makes each tensor."""
        return {name: index for index, node in enumerate(self.nodes) for name in node.outputs if name}

    @cached_property
    def _initialized(self) -> frozenset[str]:
        return frozenset(self._tensor(part) for part in self._parts if part.number in (_INITIALIZER, _SPARSE))

    def needed(self, tensor: str) -> tuple[int, ...]:
        """The nodes that the tensor hangs on, in the order of the file."""
        waiting, found = [tensor], set()
        while waiting:
            index = self.makers.get(waiting.pop())
            if index is not None and index not in found:
                found.add(index)
                waiting += self.nodes[index].inputs
        return tuple(sorted(found))

    def made_before(self, tensor: str) -> list[str]:
        """The tensors that one hangs on, itself the last, in the order of the file."""
        order = [name for index in self.needed(tensor) for name in self.nodes[index].outputs if name]
        return order[: order.index(tensor) + 1] if tensor in order else order

    def stored(self, name: str) -> bytes | None:
        """The TensorProto of an initializer, or of a Constant's value."""
        for part in self._parts:
            if part.number == _INITIALIZER and self._tensor(part) == name:
                return self._data[part.start : part.end]
        node = self.nodes[self.makers[name]] if name in self.makers else None
        if node is None or node.op_type != "Constant":
            return None
        (whole,) = self._fields(node.start, node.end)
        values = [
            self._data[inner.start : inner.end]
            for part in self._fields(whole.start, whole.end)
            if part.number == _ATTRIBUTE and part.wire == _BYTES
            for inner in self._fields(part.start, part.end)
            if inner.number == _TENSOR and inner.wire == _BYTES
        ]
        return values[-1] if values else None

    def behind(self, *tensors: str) -> bytes:
        """The model that makes nothing but these tensors of its main graph; what it must be fed is all still there."""
        kept = [self.nodes[index] for index in sorted({i for tensor in tensors for i in self.needed(tensor)})]
        starts = {node.start for node in kept}
        used = {name for node in kept for name in (*node.inputs, *node.outputs)}.union(tensors)
        out: list[bytes] = []
        at, declared = 0, dict.fromkeys(tensors, b"")
        for graph in self._graphs:
            out.append(self._data[at : graph.tag])
            body: list[bytes] = []
            for part in self._fields(graph.start, graph.end):
                match part.number if part.wire == _BYTES else 0:
                    case 1:  # node
                        stays = part.tag in starts
                    case 5 | 15:  # initializer, sparse_initializer
                        stays = self._tensor(part) in used
                        if stays and self._file and part.number == _INITIALIZER and part.end - part.start > _LIGHT:
                            body.append(_message(_INITIALIZER, self._referring(part)))
                            continue
                    case 11:  # input; up to IR 3 those with a stored value, too, which no longer comes with it
                        name = self._value(part)
                        stays = name in used or name not in self._initialized
                    case 12 | 13:  # output, value_info
                        name = self._value(part)
                        stays = part.number == _VALUE_INFO and name in used and name not in declared
                        if name in declared:
                            declared[name] = self._data[part.start : part.end]
                    case _:
                        stays = True
                if stays:
                    body.append(self._data[part.tag : part.end])
            out.append(_message(_MODEL_GRAPH, b"".join(body)))
            at = graph.end
        out.append(self._data[at:])
        outputs = (
            _message(_OUTPUT, value or _message(1, name.encode("utf-8", "surrogateescape")))
            for name, value in declared.items()
        )
        return b"".join((*out, _message(_MODEL_GRAPH, b"".join(outputs))))

    def _referring(self, tensor: _Field) -> bytes:
        """The TensorProto with its raw data where it is; as it stands where it has none."""
        fields = list(self._fields(tensor.start, tensor.end))
        raw = [field for field in fields if field.number == _RAW and field.wire == _BYTES]
        if len(raw) != 1:
            return self._data[tensor.start : tensor.end]
        entries = {"location": self._file, "offset": str(raw[0].start), "length": str(raw[0].end - raw[0].start)}
        return b"".join((
            *(self._data[field.tag : field.end] for field in fields if field is not raw[0]),
            *(_message(_EXTERNAL, _message(1, k.encode()) + _message(2, v.encode())) for k, v in entries.items()),
            _encoded(_LOCATION << 3),
            b"\x01",  # EXTERNAL
        ))  # fmt: skip

    def taking(self, index: int, dtypes: Mapping[str, int]) -> bytes:
        """The model without one node of its main graph, which takes as inputs what that node makes, of these types."""
        gone = self.nodes[index].start
        out: list[bytes] = []
        at = 0
        for graph in self._graphs:
            out.append(self._data[at : graph.tag])
            parts = (part for part in self._fields(graph.start, graph.end) if part.tag != gone)
            out.append(_message(_MODEL_GRAPH, b"".join(self._data[part.tag : part.end] for part in parts)))
            at = graph.end
        out.append(self._data[at:])
        taken = b"".join(
            _message(_GRAPH_INPUT, _message(1, name.encode("utf-8", "surrogateescape")) + _of_type(dtype))
            for name, dtype in dtypes.items()
        )
        return b"".join((*out, _message(_MODEL_GRAPH, taken)))

    def named(self, names: Sequence[str]) -> bytes:
        """The model whose nodes of the main graph have these names, in their order. Of two names the last counts."""
        given = iter(names)
        out: list[bytes] = []
        at = 0
        for graph in self._graphs:
            out.append(self._data[at : graph.tag])
            body: list[bytes] = []
            for part in self._fields(graph.start, graph.end):
                if part.number == _NODE and part.wire == _BYTES:
                    name = _message(_NAME, next(given).encode("utf-8", "surrogateescape"))
                    body.append(_message(_NODE, self._data[part.start : part.end] + name))
                else:
                    body.append(self._data[part.tag : part.end])
            out.append(_message(_MODEL_GRAPH, b"".join(body)))
            at = graph.end
        return b"".join((*out, self._data[at:]))

    def _piece(self, node: _Field) -> NodeBytes:
        inputs: list[str] = []
        outputs: list[str] = []
        words = {_NAME: "", _OP_TYPE: ""}
        for part in self._fields(node.start, node.end):
            if part.wire != _BYTES:
                continue
            match part.number:
                case 1:
                    inputs.append(self._text(part))
                case 2:
                    outputs.append(self._text(part))
                case 3 | 4:
                    words[part.number] = self._text(part)
                case 5:
                    inputs += self._captured(part)
        taken = tuple(dict.fromkeys(name for name in inputs if name))
        return NodeBytes(node.tag, node.end, taken, tuple(outputs), words[_NAME], words[_OP_TYPE])

    def _captured(self, attribute: _Field) -> Iterator[str]:
        """Every name that an attribute's graphs take, at any depth; those of their own among them do no harm."""
        waiting = [attribute]
        while waiting:
            for graph in self._fields(*waiting.pop()[3:]):
                if graph.number not in _BODIES or graph.wire != _BYTES:
                    continue
                for part in self._fields(graph.start, graph.end):
                    if part.wire != _BYTES:
                        continue
                    if part.number == _OUTPUT:
                        yield self._value(part)
                    elif part.number == _NODE:
                        for inner in self._fields(part.start, part.end):
                            if inner.number == _INPUTS and inner.wire == _BYTES:
                                yield self._text(inner)
                            elif inner.number == _ATTRIBUTE and inner.wire == _BYTES:
                                waiting.append(inner)

    def _text(self, field: _Field) -> str:
        return self._data[field.start : field.end].decode("utf-8", "surrogateescape")

    def _value(self, field: _Field) -> str:
        """The name of a ValueInfoProto."""
        return self._named(field, 1)

    def _tensor(self, field: _Field) -> str:
        """The name of a TensorProto, or of a SparseTensorProto's values."""
        if field.number == _SPARSE:
            inner = [f for f in self._fields(field.start, field.end) if f.number == _VALUES and f.wire == _BYTES]
            return self._named(inner[-1], _TENSOR_NAME) if inner else ""
        return self._named(field, _TENSOR_NAME)

    def _named(self, field: _Field, number: int) -> str:
        """Of a field that comes twice the last one counts."""
        names = [f for f in self._fields(field.start, field.end) if f.number == number and f.wire == _BYTES]
        return self._text(names[-1]) if names else ""

    def _fields(self, at: int, end: int) -> Iterator[_Field]:
        data = self._data
        while at < end:
            tag_at = at
            tag, at = _varint(data, at, end)
            match tag & 7:
                case 0:
                    start = at
                    at = _varint(data, at, end)[1]
                case 1:
                    start, at = at, at + 8
                case 2:
                    size, start = _varint(data, at, end)
                    at = start + size
                case 5:
                    start, at = at, at + 4
                case _:
                    raise NotCut(f"a group at byte {tag_at}")
            if at > end:
                raise NotCut(f"a field at byte {tag_at} ends too late")
            yield _Field(tag >> 3, tag & 7, tag_at, start, at)


def _of_type(dtype: int) -> bytes:
    """ValueInfoProto.type: a tensor whose shape nobody says."""
    return _message(2, _message(1, _encoded(1 << 3) + _encoded(dtype)))


def _message(number: int, content: bytes) -> bytes:
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _encoded(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes((*made, value))


def _varint(data: bytes | FileBytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(min(10, end - at)):
        byte = data[at + shift]
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value, at + shift + 1
    raise NotCut(f"a bad varint at byte {at}")
