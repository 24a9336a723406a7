"""What can be wrong with a model's file though its graph could be read: typed, each with the byte where it lies.

Rules turn these into findings; nobody parses their text.
"""

from typing import TypeAlias

from ..tuples import NamedTuple


class UnknownFields(NamedTuple):
    """Fields that onnx.proto does not have; ``hidden`` counts all their bytes in this kind of message."""

    message: str  # "ModelProto", "NodeProto", ...
    numbers: tuple[int, ...]
    hidden: int
    offset: int  # of the first


class RepeatedField(NamedTuple):
    """A singular field that stands more than once: readers merge or take the last, in silence."""

    message: str
    field: str
    times: int
    offset: int  # of the second


class NotUtf8(NamedTuple):
    """A string of the file that is not UTF-8, as protobuf's ``string`` must be."""

    message: str
    field: str
    offset: int


class Concatenated(NamedTuple):
    """A second ModelProto behind the first; protobuf merges the two in silence."""

    offset: int


class TooLargeForProtobuf(NamedTuple):
    """A file beyond protobuf's 2 GiB."""

    size: int


class OddEncoding(NamedTuple):
    """Bytes that readers of protobuf disagree on (a group, an over-long varint, a tag beyond 2^29)."""

    what: str
    offset: int


class FunctionTwice(NamedTuple):
    """A second local function of one domain, name and overload."""

    name: str
    offset: int


class AttributeTwice(NamedTuple):
    """A node with two attributes of one name."""

    node_offset: int
    name: str
    offset: int


class BadAttribute(NamedTuple):
    """An attribute whose type and value do not go together."""

    node_offset: int
    name: str
    why: str
    offset: int


class SegmentedTensor(NamedTuple):
    """A tensor with a ``segment``: stored in chunks, which no runtime reads."""

    name: str
    offset: int


class PassedOverData(NamedTuple):
    """A tensor that says where its external data lies, though its ``data_location`` is the model itself."""

    name: str
    offset: int


Trouble: TypeAlias = (
    UnknownFields
    | RepeatedField
    | NotUtf8
    | Concatenated
    | TooLargeForProtobuf
    | OddEncoding
    | FunctionTwice
    | AttributeTwice
    | BadAttribute
    | SegmentedTensor
    | PassedOverData
)
