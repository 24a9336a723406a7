"""Tensors without their data."""

from __future__ import annotations

import re
from operator import attrgetter

from . import remembered
from .external import parse
from .fields import MESSAGES
from .file_troubles import PassedOverData, SegmentedTensor
from .tensor import External, Span, SparseTensor, Tensor
from .wire import Extents, Wire, new

TENSOR, SPARSE, ENTRY = (MESSAGES[name] for name in ("TensorProto", "SparseTensorProto", "StringStringEntryProto"))
DATA_FIELDS = (4, 5, 6, 7, 9, 10, 11)
HEAD = re.compile(rb"(?:\x08(?:[\x00-\x7f]|[\x80-\xff]{1,8}[\x01-\x7f])){0,16}\x10[\x00-\x7f]")
"""A tensor's dims and data_type."""


class TensorDecoder:
    def __init__(self, wire: Wire, names: dict[str, str]) -> None:
        self.wire, self._names = wire, names
        self._payload = wire.limits.payload

    def usual(self, buf: bytes, text: str, base: int, body: int, after: int) -> Tensor | None:
        """dims, data_type, name, raw_data. Only the head need be in the window."""
        head = HEAD.match(buf, body - base)
        if head is None:
            return None
        at, last = head.end(), after - base
        known = remembered.heads.get(head[0])
        if known is None:
            if at > last:
                return None
            fields = self.wire.message(TENSOR, [(body, base + at)])
            known = tuple(fields.get(1, ())), fields[2]
            if len(remembered.heads) < remembered.MOST:
                remembered.heads[head[0]] = known
        name, payload = "", False
        spans: tuple[Span, ...] = ()
        try:
            if at < last and buf[at] == 0x42:
                start = at + 2
                at = start + buf[at + 1]
                said = text[start:at]
                name = self._names.setdefault(said, said)
            if at < last and buf[at] == 0x4A:
                length, at = buf[at + 1], at + 2
                if length > 127:
                    length -= 128
                    shift = 7
                    while (byte := buf[at]) > 127:
                        length += (byte - 128) << shift
                        shift += 7
                        at += 1
                    if byte == 0 or shift > 35:
                        return None
                    length += byte << shift
                    at += 1
                spans = (new(Span, (9, base + at, length, False)),)
                payload = length >= self._payload
                at += length
        except IndexError:
            return None
        if at != last or not name.isascii() or len(name) > 127:
            return None
        if payload:
            self.wire.payloads.append(spans[0][1:3])
        tensor: Tensor = new(Tensor, (name, known[1], known[0], spans, None, body))
        return tensor

    def general(self, extents: Extents, depth: int) -> Tensor:
        self.wire.descend(extents, depth)
        wire = self.wire
        fields = wire.message(TENSOR, extents)
        name, offset = fields.get(8, ""), extents[0][0]
        spans = tuple(sorted((s for n in DATA_FIELDS for s in fields.get(n, ())), key=_offset))
        wire.payloads.extend((s.offset, s.length) for s in spans if s.length >= wire.limits.payload)
        if 3 in fields:
            wire.note(SegmentedTensor(name, offset))
        external: External | None = None
        if fields.get(14, 0) == 1:
            external = parse(self.entries(fields.get(13, ())))
        elif 13 in fields:
            wire.note(PassedOverData(name, offset))
        return Tensor(name, fields.get(2, 0), tuple(fields.get(1, ())), spans, external, offset)

    def sparse(self, extents: Extents, depth: int) -> SparseTensor:
        self.wire.descend(extents, depth)
        fields = self.wire.message(SPARSE, extents)
        nothing = Tensor("", 0, (), (), None, extents[0][0])
        values, indices = (self.general(fields[n], depth + 1) if n in fields else nothing for n in (1, 2))
        return SparseTensor(values, indices, tuple(fields.get(3, ())))

    def entries(self, extents: Extents) -> tuple[tuple[str, str], ...]:
        found = (self.wire.message(ENTRY, [e]) for e in extents)
        return tuple((f.get(1, ""), f.get(2, "")) for f in found)


_offset = attrgetter("offset")
