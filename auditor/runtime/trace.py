"""More outputs for a model, without parsing it: protobuf merges a graph that comes twice in a message."""

from __future__ import annotations

_GRAPH, _OUTPUT, _NAME = 7, 12, 1  # ModelProto.graph, GraphProto.output, ValueInfoProto.name


def with_outputs(model: bytes, names: tuple[str, ...]) -> bytes:
    """The serialized model with these tensors of its main graph as outputs behind its own."""
    outputs = b"".join(_field(_OUTPUT, _field(_NAME, name.encode("utf-8", "surrogateescape"))) for name in names)
    return model + _field(_GRAPH, outputs) if outputs else model


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes((*made, value))
