"""The same message in other bytes, which protobuf allows: fields in any order, repeated numbers packed or not."""

from __future__ import annotations

import struct

from google.protobuf.descriptor import FieldDescriptor as F
from google.protobuf.message import Message

PACKABLE = {F.TYPE_FLOAT, F.TYPE_DOUBLE, F.TYPE_INT32, F.TYPE_INT64, F.TYPE_UINT64, F.TYPE_ENUM}


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def tag(number: int, wire: int) -> bytes:
    return varint(number << 3 | wire)


def field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    return tag(number, 2) + varint(len(body)) + body


def scalar(kind: int, value: float) -> tuple[int, bytes]:
    if kind == F.TYPE_FLOAT:
        return 5, struct.pack("<f", value)
    if kind == F.TYPE_DOUBLE:
        return 1, struct.pack("<d", value)
    return 0, varint(int(value))


def backwards(message: Message, pack: bool) -> bytes:
    """The message with its fields from the last to the first, numbers in lists packed or each for itself."""
    out = b""
    for descriptor, held in reversed(message.ListFields()):
        values = held if descriptor.is_repeated else [held]
        number, kind = descriptor.number, descriptor.type
        if kind in PACKABLE and descriptor.is_repeated and pack:
            out += field(number, b"".join(scalar(kind, v)[1] for v in values))
        elif kind in PACKABLE:
            for v in values:
                wire, body = scalar(kind, v)
                out += tag(number, wire) + body
        elif kind == F.TYPE_MESSAGE:
            out += b"".join(field(number, backwards(v, pack)) for v in values)
        else:
            out += b"".join(field(number, v.encode() if isinstance(v, str) else v) for v in values)
    return out
