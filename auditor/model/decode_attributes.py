"""One attribute: which field holds the value of which type, the usual small ones, and what does not go together."""

from __future__ import annotations

import re
from struct import Struct

from .graph import Attribute

FIELD_OF_TYPE = {1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9, 9: 10, 10: 11, 11: 22, 12: 23, 13: 14, 14: 15}
"""The number of AttributeProto's field for each AttributeType."""

TYPE_OF_FIELD = {field: kind for kind, field in FIELD_OF_TYPE.items()}
TYPE_NAMES = (
    *("undefined", "float", "int", "string", "tensor", "graph", "floats", "ints", "strings", "tensors", "graphs"),
    *("sparse_tensor", "sparse_tensors", "type_proto", "type_protos"),
)
LISTS = frozenset({6, 7, 8, 9, 10, 12, 14})
NEVER_LEFT_OUT = frozenset({4, 5, 11})
DEFAULTS: dict[int, Attribute] = {1: 0.0, 2: 0, 3: ""}  # a writer of proto3 leaves zeros out

INTS = re.compile(rb"(?:\x40(?:[\x00-\x7f]|[\x80-\xff][\x01-\x7f]))+")
INT = re.compile(rb"\x40([\x80-\xff]?[\x00-\x7f])")
FLOAT = Struct("<f")


def usual_attribute(run: bytes) -> tuple[str, Attribute] | None:
    """An int, a float, a string or a list of ints, none of them long: its name before and its type behind it."""
    if len(run) < 6 or run[0] != 0x0A or run[-3:-1] != b"\xa0\x01":
        return None
    start, kind, room = 2 + run[1], run[-1], len(run) - run[1] - 5
    name, value = run[2:start], run[start:-3]
    if room < 2 or not name.isascii():
        return None
    if kind == 7 and INTS.fullmatch(value):
        if value.isascii():
            return str(name, "ascii"), tuple(value[1::2])
        return str(name, "ascii"), tuple(n[0] if len(n) == 1 else n[0] - 128 + (n[1] << 7) for n in INT.findall(value))
    if kind == 2 and value[0] == 0x18 and room < 4:
        if room == 2 and value[1] < 128:
            return str(name, "ascii"), value[1]
        if room == 3 and value[1] > 127 and 0 < value[2] < 128:
            return str(name, "ascii"), value[1] - 128 + (value[2] << 7)
    if kind == 1 and room == 5 and value[0] == 0x15:
        return str(name, "ascii"), FLOAT.unpack_from(value, 1)[0]
    if kind == 3 and value[0] == 0x22 and value[1] == room - 2 and value.isascii():
        return str(name, "ascii"), str(value[2:], "ascii")
    return None


def mismatch(kind: int, held: list[int], reference: str, ir_version: int) -> str:
    """What is wrong between an attribute's type and what it holds (onnx's checker says the same); "" if nothing is."""
    names = ", ".join(TYPE_NAMES[k] for k in held)
    if reference and held:
        return f"refers to {reference!r} and also holds {names}"
    if len(held) > 1:
        return f"holds several values: {names}"
    if kind not in FIELD_OF_TYPE:
        if kind:
            return f"is of type {kind}, which ONNX does not know"
        if ir_version >= 2:
            return f"has no type, and holds {names or 'nothing'}"
        return "" if held or reference else "has neither type nor value"
    if held and held[0] != kind:
        return f"is of type {TYPE_NAMES[kind]} and holds {names}"
    if not held and not reference and kind in NEVER_LEFT_OUT:
        return f"is of type {TYPE_NAMES[kind]} and holds none"
    return ""
