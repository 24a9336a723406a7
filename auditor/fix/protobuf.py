"""Protobuf's wire format, written: the few messages of ONNX that an edit makes anew.

https://protobuf.dev/programming-guides/encoding; the field numbers are those of onnx.proto, as `model.fields` has them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from ..model.decode_attributes import FIELD_OF_TYPE
from ..model.graph import Attribute, MapType, Node, OptionalType, SequenceType, TensorType, Type, Value
from ..model.tensor import Tensor
from .rope import Piece, Rope, length

_ATTRIBUTE, _DIM, _SHAPE = 5, 1, 2
FLOAT, INT, STRING, TENSOR, GRAPH, FLOATS, INTS, STRINGS = range(1, 9)
"""AttributeProto.AttributeType."""


class CannotWrite(Exception):
    """A value that no edit of ours makes, so that there is no way to write it."""


def varint(number: int) -> bytes:
    """A number as protobuf has it; one below zero takes ten bytes."""
    number &= (1 << 64) - 1
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)


def integer(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def float32(field: int, number: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", number)


def text(field: int, said: str) -> bytes:
    """A string; bytes that were not UTF-8 become what they were."""
    raw = said.encode("utf-8", "surrogateescape")
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def message(field: int, content: Iterable[Piece]) -> Rope:
    """A message, or anything that has a length, within another."""
    rope = tuple(content)
    return (varint(field << 3 | 2) + varint(length(rope)), *rope)


def _inner(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def node(said: Node) -> bytes:
    """A NodeProto without subgraphs."""
    parts = [text(1, name) for name in said.inputs]
    parts += [text(2, name) for name in said.outputs]
    parts += [text(3, said.name)] if said.name else []
    parts.append(text(4, said.op_type))
    parts += [_inner(_ATTRIBUTE, attribute(name, value)) for name, value in said.attributes.items()]
    parts += [text(7, said.domain)] if said.domain else []
    parts += [text(8, said.overload)] if said.overload else []
    return b"".join(parts)


def attribute(name: str, value: Attribute) -> bytes:
    """An AttributeProto of a number, a string, or a list of them."""
    kind, content = _attribute_value(value)
    return text(1, name) + content + integer(20, kind)


def _attribute_value(value: Attribute) -> tuple[int, bytes]:
    match value:
        case int():
            return INT, integer(FIELD_OF_TYPE[INT], value)
        case float():
            return FLOAT, float32(FIELD_OF_TYPE[FLOAT], value)
        case str():
            return STRING, text(FIELD_OF_TYPE[STRING], value)
        case tuple() if type(value) is tuple and all(isinstance(v, int) for v in value):
            return INTS, b"".join(integer(FIELD_OF_TYPE[INTS], v) for v in value if isinstance(v, int))
        case tuple() if type(value) is tuple and all(isinstance(v, float) for v in value):
            return FLOATS, b"".join(float32(FIELD_OF_TYPE[FLOATS], v) for v in value if isinstance(v, float))
        case tuple() if type(value) is tuple and all(isinstance(v, str) for v in value):
            return STRINGS, b"".join(text(FIELD_OF_TYPE[STRINGS], v) for v in value if isinstance(v, str))
    raise CannotWrite(f"an attribute of type {type(value).__name__}")


def dims(said: Sequence[int]) -> bytes:
    """TensorProto.dims."""
    return b"".join(integer(1, size) for size in said)


def tensor_head(said: Tensor) -> bytes:
    """A TensorProto without its data."""
    return dims(said.dims) + integer(2, said.dtype) + text(8, said.name)


def external(entries: Mapping[str, str]) -> bytes:
    """TensorProto.external_data and data_location."""
    said = (text(1, key) + text(2, value) for key, value in entries.items())
    return b"".join(_inner(13, entry) for entry in said) + integer(14, 1)


def value(said: Value) -> bytes:
    """A ValueInfoProto."""
    return text(1, said.name) + (b"" if said.type is None else _inner(2, type_of(said.type)))


def type_of(said: Type) -> bytes:
    """A TypeProto."""
    match said:
        case TensorType(dtype=dtype, shape=shape, sparse=sparse):
            whole = b"" if shape is None else _inner(_SHAPE, b"".join(_inner(_DIM, size(one)) for one in shape))
            return _inner(8 if sparse else 1, integer(1, dtype) + whole)
        case SequenceType(element=element):
            return _inner(4, _element(1, element))
        case OptionalType(element=element):
            return _inner(9, _element(1, element))
        case MapType(key=key, value=element):
            return _inner(5, integer(1, key) + _element(2, element))


def _element(field: int, said: Type | None) -> bytes:
    return b"" if said is None else _inner(field, type_of(said))


def size(said: int | str | None) -> bytes:
    """A Dimension of a TensorShapeProto."""
    match said:
        case None:
            return b""
        case int():
            return integer(1, said)
        case str():
            return text(2, said)


def opset(domain: str, version: int) -> bytes:
    """An OperatorSetIdProto."""
    return text(1, domain) + integer(2, version)
