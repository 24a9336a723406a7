"""The fields of any message in a model's file, found without reading what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.fields import Message
from ..model.graph import Model
from ..model.payload_bytes import read
from ..model.wire import Extents, ReadLimits, Wire
from ..tuples import NamedTuple


class FieldAt(NamedTuple):
    """A field in the file, from its tag to its end; ``body`` is behind the length, where it has one."""

    number: int
    start: int
    body: int
    end: int


class Reader:
    """Finds fields in the file of a model that was loaded from it."""

    def __init__(self, model: Model) -> None:
        self._wire = Wire(model.size, lambda length, at: read(model, at, length), ReadLimits())

    def fields(self, kind: Message, extents: Extents) -> Iterator[FieldAt]:
        """The fields of the message that lies at the extents, in the file's order."""
        wire = self._wire
        for pos, end in extents:
            while pos < end:
                if pos < wire.base or (pos + 32 > wire.stop and wire.stop < wire.size):
                    wire.move(pos)
                tag, body = wire.varint(pos, end)
                if tag & 7 == 2:
                    _, body = wire.varint(body, end)
                after = wire.skip(kind, pos, end)
                yield FieldAt(tag >> 3, pos, body, after)
                pos = after

    def extents(self, kind: Message, extents: Extents, number: int) -> list[tuple[int, int]]:
        """Where the messages of one field number lie."""
        return [(f.body, f.end) for f in self.fields(kind, extents) if f.number == number]

    def text(self, field: FieldAt) -> str:
        """What a string field says."""
        return str(self._wire.slice(field.body, field.end - field.body), "utf-8", "surrogateescape")

    def number(self, field: FieldAt) -> int:
        """What a field of one whole number says."""
        held, _ = self._wire.varint(field.body, field.end)
        return held if held < 1 << 63 else held - (1 << 64)

    def within(self, messages: Sequence[Message], numbers: Sequence[int], extents: Extents) -> Extents:
        """Where a message within messages lies: field ``numbers[0]`` of ``messages[0]``, and so on."""
        for kind, number in zip(messages, numbers, strict=True):
            extents = self.extents(kind, extents, number)
        return extents
