"""What can be wrong with a model's file though its graph could be read: typed, each with the byte where it lies.

Rules turn these into findings; nobody parses their text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class UnknownFields:
    """Fields that onnx.proto does not have; ``hidden`` counts all their bytes in this kind of message."""

    message: str  # "ModelProto", "NodeProto", ...
    numbers: tuple[int, ...]
    hidden: int
    offset: int  # of the first


@dataclass(frozen=True, slots=True)
class RepeatedField:
    """A singular field that stands more than once: readers merge or take the last, in silence."""

    message: str
    field: str
    times: int
    offset: int  # of the second


@dataclass(frozen=True, slots=True)
class NotUtf8:
    """A string of the file that is not UTF-8, as protobuf's ``string`` must be."""

    message: str
    field: str
    offset: int


@dataclass(frozen=True, slots=True)
class Concatenated:
    """A second ModelProto behind the first; protobuf merges the two in silence."""

    offset: int


@dataclass(frozen=True, slots=True)
class TooLargeForProtobuf:
    """A file beyond protobuf's 2 GiB."""

    size: int


@dataclass(frozen=True, slots=True)
class OddEncoding:
    """Bytes that readers of protobuf disagree on (a group, an over-long varint, a tag beyond 2^29)."""

    what: str
    offset: int


@dataclass(frozen=True, slots=True)
class AttributeTwice:
    """A node with two attributes of one name."""

    node_offset: int
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class BadAttribute:
    """An attribute whose type and value do not go together."""

    node_offset: int
    name: str
    why: str
    offset: int


@dataclass(frozen=True, slots=True)
class SegmentedTensor:
    """A tensor with a ``segment``: stored in chunks, which no runtime reads."""

    name: str
    offset: int


Trouble: TypeAlias = (
    UnknownFields
    | RepeatedField
    | NotUtf8
    | Concatenated
    | TooLargeForProtobuf
    | OddEncoding
    | AttributeTwice
    | BadAttribute
    | SegmentedTensor
)
