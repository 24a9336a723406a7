"""Whether bytes that cannot be read begin as a model does: then it is a damaged one, and else it is no model at all.

Nearly any bytes can be read as some protobuf fields, so the place where reading stopped says nothing of a file that is
not a model.
"""

from __future__ import annotations

import math

from .fields import MESSAGES, TEXT, Message

_TOO_LONG = 1 << 40  # bytes of a model
_HIGHEST_IR = 31  # IR versions are small numbers: 13 in onnx 1.20
_MODEL = MESSAGES["ModelProto"]
_WITHIN = {
    "ModelProto": {
        7: "GraphProto", 8: "OperatorSetIdProto", 14: "StringStringEntryProto", 20: "TrainingInfoProto",
        25: "FunctionProto", 26: "DeviceConfigurationProto",
    },
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "GraphProto": {
        1: "NodeProto", 5: "TensorProto", 11: "ValueInfoProto", 12: "ValueInfoProto", 13: "ValueInfoProto",
        15: "SparseTensorProto", 16: "StringStringEntryProto",
    },
    "FunctionProto": {7: "NodeProto", 9: "OperatorSetIdProto", 14: "StringStringEntryProto"},
    "NodeProto": {5: "AttributeProto", 9: "StringStringEntryProto"},
    "ValueInfoProto": {2: "TypeProto"},
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
}  # fmt: skip
"""The messages in messages that a model may begin with."""


class _Ended(Exception):
    """The bytes end here, and nothing so far spoke against a model."""


def begins_as_model(head: bytes) -> bool:
    """Whether the first field that says something is one of ModelProto's, with a content that such a field has.

    ``head`` is the beginning of the file. What is cut off within its first field begins as a model too.
    """
    at = 0
    try:
        while at < len(head):
            (number, wire), at = _tag(head, at)
            field = _MODEL.fields.get(number)
            if field is None or wire != field.wire:
                return False
            value, at = _number(head, at)
            if wire == 0:
                if field.name == "ir_version" and 0 < value <= _HIGHEST_IR:
                    return True
            elif value:
                return value < _TOO_LONG and _holds(_MODEL, number, head[at : at + value], value)
    except _Ended:
        pass
    except ValueError:
        return False
    return True


def _holds(message: Message, number: int, body: bytes, length: int) -> bool:
    """Whether a field of ``length`` bytes has the content that it has in this message, as far as ``body`` shows it."""
    while (inner := _WITHIN.get(message.name, {}).get(number)) is not None:
        message = MESSAGES[inner]
        (number, wire), at = _tag(body, 0)
        field = message.fields.get(number)
        if field is None or (wire != field.wire and not (wire == 2 and field.many)):
            return False
        if wire != 2:
            return True
        inside, at = _number(body, at)
        if at + inside > length:
            return False
        body, length = body[at : at + inside], inside
        if not length:
            return True
    return message.fields[number].kind != TEXT or _is_text(body)


def _is_text(body: bytes) -> bool:
    """Whether it is UTF-8 that people read, but for a letter that is cut off at its end."""
    text = body.decode("utf-8", "replace")
    return all(letter.isprintable() or letter in "\t\r\n" for letter in text) and "\ufffd" not in text[:-1]


def _tag(head: bytes, at: int) -> tuple[tuple[int, int], int]:
    value, at = _number(head, at)
    return (value >> 3, value & 7), at


def _number(head: bytes, at: int) -> tuple[int, int]:
    """A varint and where it ends; ValueError for one of more than ten bytes."""
    number = 0
    for i in range(10):
        if at + i >= len(head):
            raise _Ended
        number |= (head[at + i] & 127) << 7 * i
        if head[at + i] < 128:
            return number, at + i + 1
    raise ValueError


_ENOUGH = 256  # bytes to tell chance from a pattern


def looks_random(head: bytes) -> bool:
    """Whether all values of a byte come about as often as chance would have it, as in what is encrypted or compressed.

    Numbers do not look so: the exponents of floats and the middle values of integers come more often.
    """
    if len(head) < _ENOUGH:
        return False
    expected = 256 * (1 - math.pow(255 / 256, len(head)))  # different values among so many
    most = max(map(head.count, set(head)))
    mean = len(head) / 256
    return abs(len(set(head)) / expected - 1) < 0.1 and most <= mean + 6 * math.sqrt(mean) + 2
