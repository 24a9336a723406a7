"""Declared types: values, shapes and sizes."""

from __future__ import annotations

from ..errors import Unreadable
from . import remembered
from .fields import MESSAGES
from .graph import MapType, OptionalType, SequenceType, TensorType, Type, Value
from .wire import RUN, Extents, Wire, new

VALUE, TYPE, SHAPE, DIMENSION = (
    MESSAGES[name] for name in ("ValueInfoProto", "TypeProto", "TensorShapeProto", "TensorShapeProto.Dimension")
)


class TypeDecoder:
    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def usual_value(self, buf: bytes, text: str, first: int, last: int, offset: int, depth: int) -> Value | None:
        """A name and a type, which is known by its bytes."""
        name, at = "", first
        if at + 2 <= last and buf[at] == 0x0A:
            start = at + 2
            at = start + buf[at + 1]
            name = text[start:at]
        if at + 2 > last or not name.isascii() or len(name) > 127 or buf[at] != 0x12 or buf[at + 1] != last - at - 2:
            return None
        value: Value = new(
            Value, (name, self._remembered_type(offset - first + at + 2, offset - first + last, depth), offset)
        )
        return value

    def _remembered_type(self, start: int, end: int, depth: int) -> Type | None:
        if end - start > RUN:
            return self.type([(start, end)], depth + 2)
        run = self.wire.slice(start, end - start)
        if run in remembered.types:
            return remembered.types[run]
        before = self.wire.particulars
        decoded = self.type([(start, end)], depth + 2)
        if len(remembered.types) < remembered.MOST and self.wire.particulars == before:
            remembered.types[run] = decoded
        return decoded

    def value(self, extents: Extents, depth: int) -> Value:
        fields = self.wire.message(VALUE, extents)
        return Value(fields.get(1, ""), self.type(fields[2], depth + 1) if 2 in fields else None, extents[0][0])

    def type(self, extents: Extents, depth: int) -> Type | None:
        self.wire.descend(extents, depth)
        wire = self.wire
        for number, inner in wire.message(TYPE, extents).items():
            match number:
                case 1 | 8:
                    kind = "TypeProto.Tensor" if number == 1 else "TypeProto.SparseTensor"
                    fields = wire.message(MESSAGES[kind], inner)
                    return TensorType(fields.get(1, 0), self.shape(fields[2]) if 2 in fields else None, number == 8)
                case 4:
                    fields = wire.message(MESSAGES["TypeProto.Sequence"], inner)
                    return SequenceType(self.type(fields[1], depth + 2) if 1 in fields else None)
                case 5:
                    fields = wire.message(MESSAGES["TypeProto.Map"], inner)
                    return MapType(fields.get(1, 0), self.type(fields[2], depth + 2) if 2 in fields else None)
                case 9:
                    fields = wire.message(MESSAGES["TypeProto.Optional"], inner)
                    return OptionalType(self.type(fields[1], depth + 2) if 1 in fields else None)
        return None

    def shape(self, extents: Extents) -> tuple[int | str | None, ...]:
        dims = self.wire.message(SHAPE, extents).get(1, ())
        if len(dims) > self.wire.limits.rank:
            raise Unreadable(f"a shape with more than {self.wire.limits.rank:,} dims (limit: rank)", extents[0][0])
        return tuple(self._size(e) for e in dims)

    def _size(self, extent: tuple[int, int]) -> int | str | None:
        fields = self.wire.message(DIMENSION, [extent])
        size: int | str | None = fields.get(1, fields.get(2))
        return None if size == -1 or size == "" else size
