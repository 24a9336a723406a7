"""Protobuf's wire format, read with budgets and byte offsets; payloads are left where they lie.

Positions are byte offsets in the file. The bytes around the current one stand in a window: 4 KB after a jump, doubling
to 256 KB while reading goes on in order. Not mmap, for over it huge page-cache folios count as resident memory.
"""

import os
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ..errors import CannotLook, Unreadable
from ..tuples import NamedTuple
from .fields import BYTES, FLOAT, INT32, INT64, MESSAGE, PAYLOAD, TEXT, Field, Message
from .file_troubles import NotUtf8, OddEncoding, RepeatedField, Trouble, UnknownFields
from .graph import Aside
from .tensor import Blob, Span

Extents: TypeAlias = Sequence[tuple[int, int]]
"""Where a message lies: [start, end) ranges. Of a singular field that stands twice protobuf merges the messages,
which is to parse the ranges one behind the other."""

WRONG_WIRE_TYPES = {3: "the start of a group", 4: "the end of a group", 6: "wire type 6", 7: "wire type 7"}
RUN = 512  # bytes of the longest run that is remembered
GUARD = b"\0" * 32  # behind the last window, so that scanning loops need not ask for the end at every byte

new: Any = tuple.__new__
"""Makes a NamedTuple of a class and a tuple in half the time that its own constructor takes."""


class ReadLimits(NamedTuple):
    """What a file may ask of us. A sound model is far below all of them; an error names the limit."""

    nodes: int = 1_000_000
    entries: int = 2_000_000  # initializers, inputs, outputs, annotations
    fields: int = 2_000_000  # that are decoded one by one, off the usual paths
    values: int = 16_000_000  # numbers in attributes
    nesting: int = 100  # messages in messages: protobuf's own limit
    rank: int = 1_024
    name: int = 65_536  # bytes of a name
    text: int = 1 << 20  # bytes of a metadata value or a string attribute that is held in memory
    troubles: int = 100  # kept of each kind
    asides: int = 200_000  # doc strings and entries of metadata whose places are kept
    payload: int = 1_024  # bytes of tensor data from which on it does not belong to the structure


class HiddenFields(NamedTuple):
    numbers: dict[int, None]
    hidden: int
    offset: int


class Wire:
    def __init__(self, size: int, read: Callable[[int, int], bytes], limits: ReadLimits) -> None:
        """``read(length, offset)`` gives bytes of the file, as os.pread does."""
        self.size, self.limits, self._read = size, limits, read
        self.buf, self.text, self.base, self.stop, self._grow = b"", "", 0, 0, 2_048
        self.left, self.values_left = limits.fields, limits.values
        self.payloads: list[tuple[int, int]] = []
        self.asides: list[Aside] = []
        self._troubles: dict[type[Trouble], list[Trouble]] = {}
        self._unknown: dict[str, HiddenFields] = {}
        self.particulars = 0  # grows with each thing that must not be remembered for equal bytes: a trouble, a graph

    # -- bytes ---------------------------------------------------------------------------------------------------

    def move(self, pos: int, need: int = 0) -> None:
        """Makes the window start at pos; ``text`` is ``buf`` as latin-1, so that slices of it are strings."""
        in_order = self.base <= pos < self.stop + 4_096
        self._grow = min(self._grow * 2, 1 << 18) if in_order else 4_096
        buf = self.read(pos, max(self._grow, need))
        self.base, self.stop = pos, pos + len(buf)
        self.buf = buf + GUARD if self.stop == self.size else buf
        self.text = self.buf.decode("latin-1")

    def read(self, pos: int, length: int) -> bytes:
        length = min(length, self.size - pos)
        try:
            got = self._read(length, pos)
        except OSError as error:
            raise CannotLook(f"reading failed at byte {pos}: {os.strerror(error.errno or 0)}") from error
        if len(got) < length:
            raise CannotLook("the file became shorter while it was read")
        return got

    def slice(self, pos: int, length: int) -> bytes:
        i = pos - self.base
        return self.buf[i : i + length] if i >= 0 and pos + length <= self.stop else self.read(pos, length)

    # -- troubles ------------------------------------------------------------------------------------------------

    def note(self, trouble: Trouble) -> None:
        self.particulars += 1
        kept = self._troubles.setdefault(type(trouble), [])
        if len(kept) < self.limits.troubles:
            kept.append(trouble)

    def aside(self, message: str, field: str, owner: int, start: int, end: int) -> None:
        """Notes where a text lies that only people read. Equal bytes elsewhere are another text's place."""
        self.particulars += 1
        if end > start and len(self.asides) < self.limits.asides:
            self.asides.append(new(Aside, (message, field, owner, start, end - start)))

    def _note_unknown(self, message: str, number: int, start: int, end: int) -> None:
        self.particulars += 1
        numbers, hidden, first = self._unknown.get(message, HiddenFields({}, 0, start))
        if len(numbers) < self.limits.troubles:
            numbers[number] = None
        self._unknown[message] = HiddenFields(numbers, hidden + end - start, first)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        unknown = tuple(
            UnknownFields(m, tuple(sorted(u.numbers)), u.hidden, u.offset) for m, u in self._unknown.items()
        )
        return (*unknown, *(t for kept in self._troubles.values() for t in kept))

    # -- the format ----------------------------------------------------------------------------------------------

    def varint(self, pos: int, end: int) -> tuple[int, int]:
        """The number at pos, which the window must reach, and where it ends."""
        buf, first = self.buf, pos - self.base
        number = shift = 0
        for i in range(first, first + min(10, end - pos)):
            byte = buf[i]
            number |= (byte & 127) << shift
            if byte < 128:
                if not byte and shift:
                    self.note(OddEncoding("a number written with more bytes than it needs", pos))
                return number & 0xFFFFFFFFFFFFFFFF, pos + i - first + 1
            shift += 7
        if end - pos >= 10:
            raise Unreadable("a number of more than ten bytes", pos)
        raise self.cut(end)

    def descend(self, extents: Extents, depth: int) -> None:
        """To be asked at each message that may hold its own kind: hostile files nest without end."""
        if depth > self.limits.nesting:
            why = f"messages nested more than {self.limits.nesting} deep (limit: nesting)"
            raise Unreadable(why, extents[0][0])

    def cut(self, end: int) -> Unreadable:
        if end >= self.size:
            return Unreadable(
                f"truncated: the file ends at byte {self.size} in the middle of a field", self.size, RELOAD
            )
        return Unreadable("a field runs past the end of its message", end)

    def overrun(self, kind: Message, number: int, start: int, after: int, end: int) -> Unreadable:
        """A length that leads past the end of its message."""
        field, over = kind.fields.get(number), after - end
        what = f"{kind.name}.{field.name}" if field else f"field {number} of {kind.name}"
        if end < self.size:
            return Unreadable(f"{what} runs {over:,} bytes past the end of its message", start)
        why = f"truncated: the file ends at byte {self.size} inside {what}, at least {over:,} bytes are missing"
        return Unreadable(why, self.size, RELOAD)

    def skip(self, kind: Message, pos: int, end: int) -> int:
        """Where the field at pos ends; the window must reach its head."""
        tag, at = self.varint(pos, end)
        wire = tag & 7
        if wire == 0:
            return self.varint(at, end)[1]
        if wire == 2:
            length, at = self.varint(at, end)
            if at + length > end:
                raise self.overrun(kind, tag >> 3, pos, at + length, end)
            return at + length
        if wire not in (1, 5):
            raise Unreadable(f"{WRONG_WIRE_TYPES[wire]} in {kind.name}", pos)
        at += 8 if wire == 1 else 4
        if at > end:
            raise self.cut(end)
        return at

    def message(self, kind: Message, extents: Extents, owner: int | None = None) -> dict[int, Any]:
        """The fields of a message by number: values, lists of values, extents of messages, spans of payloads.

        Nothing below it is decoded. Fields marked as unused are skipped. ``owner``: where the message begins, if it is
        not where its first extent does.
        """
        fields, left = kind.fields, self.left
        out: dict[int, Any] = {}
        repeated: dict[int, tuple[int, int]] = {}
        buf, base, stop, size = self.buf, self.base, self.stop, self.size
        for pos, end in extents:
            while pos < end:
                left -= 1
                if left < 0:
                    raise Unreadable(f"more than {self.limits.fields:,} fields (limit: fields)", pos)
                if pos < base or (pos + 32 > stop and stop < size):
                    self.move(pos)
                    buf, base, stop = self.buf, self.base, self.stop
                start = pos
                tag = buf[pos - base]
                pos += 1
                if tag > 127:
                    tag, pos = self.varint(start, end)
                number, wire = tag >> 3, tag & 7
                field = fields.get(number)
                value: Any
                if wire == 2:
                    if pos >= end:
                        raise self.cut(end)
                    length = buf[pos - base]
                    pos += 1
                    if length > 127:
                        length, pos = self.varint(pos - 1, end)
                    body, pos = pos, pos + length
                    if pos > end:
                        raise self.overrun(kind, number, start, pos, end)
                    value = length
                elif wire == 0:
                    if pos >= end:
                        raise self.cut(end)
                    body, value = pos, buf[pos - base]
                    pos += 1
                    if value > 127:
                        value, pos = self.varint(body, end)
                elif wire == 5 or wire == 1:
                    body, value = pos, 4 if wire == 5 else 8
                    pos += value
                    if pos > end:
                        raise self.cut(end)
                else:
                    raise Unreadable(f"{WRONG_WIRE_TYPES[wire]} in {kind.name}", start)
                if field is None:
                    if not 0 < number < 1 << 29:
                        raise Unreadable(f"field number {number} in {kind.name}", start)
                    self._note_unknown(kind.name, number, start, pos)
                    continue
                if wire != field.wire and not (wire == 2 and field.many and field.kind >= PAYLOAD):
                    self.note(OddEncoding(f"{kind.name}.{field.name} with wire type {wire}", start))
                    continue
                if not field.many:
                    again = number in out
                    for rival in field.rivals:
                        again = out.pop(rival, None) is not None or again
                    if again:
                        times, second = repeated.get(number, (1, start))
                        repeated[number] = times + 1, second
                if field.unused:
                    if not field.many:
                        out[number] = None
                    if field.aside:
                        self.aside(kind.name, field.name, extents[0][0] if owner is None else owner, body, pos)
                    continue
                what = field.kind
                if what == PAYLOAD:
                    self._payload(out, number, field, wire, start, body, pos)
                    continue
                if what == MESSAGE:
                    out.setdefault(number, []).append((body, pos))
                    continue
                if what == TEXT:
                    value = self._text(kind.name, field, body, length)
                elif what == BYTES:
                    value = self.string(body, length)
                elif wire == 2:
                    out.setdefault(number, []).extend(self._packed(what, body, length))
                    self._check_rank(kind.name, field, out[number], start)
                    continue
                elif what == INT64:
                    value = value if value < 1 << 63 else value - (1 << 64)
                elif what == INT32:
                    value = ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
                    if field.last is not None and number in out and not 0 <= value <= field.last:
                        continue
                elif what == FLOAT:
                    (value,) = _FLOAT(self.slice(body, 4))
                if field.many:
                    held = out.setdefault(number, [])
                    held.append(value)
                    if field.name == "dims":
                        self._check_rank(kind.name, field, held, start)
                else:
                    out[number] = value
        for number, (times, second) in repeated.items():
            self.note(RepeatedField(kind.name, fields[number].name, times, second))
        self.left = left
        return out

    def _check_rank(self, message: str, field: Field, held: list[int], start: int) -> None:
        if field.name == "dims" and len(held) > self.limits.rank:
            raise Unreadable(f"a {message[:-5]} with more than {self.limits.rank:,} dims (limit: rank)", start)

    def _payload(
        self, out: dict[int, Any], number: int, field: Field, wire: int, start: int, body: int, pos: int
    ) -> None:
        """Notes where data lies. Values that stand one by one, with their tags, make one span as long as they touch."""
        if not field.many:
            out[number] = [Span(number, body, pos - body)]  # of two, readers take the last
            return
        spans = out.setdefault(number, [])
        if wire == 2 and field.wire != 2:
            spans.append(Span(number, body, pos - body))
        elif spans and spans[-1].tagged and spans[-1].offset + spans[-1].length == start:
            spans[-1] = Span(number, spans[-1].offset, pos - spans[-1].offset, True)
        else:
            spans.append(Span(number, start, pos - start, True))

    def _text(self, message: str, field: Field, pos: int, length: int) -> str:
        if length > (self.limits.text if field.long else self.limits.name):
            limit = "text" if field.long else "name"
            raise Unreadable(
                f"{message}.{field.name} of {length:,} bytes (limit: {limit}, {getattr(self.limits, limit):,})", pos
            )
        raw = self.slice(pos, length)
        try:
            return str(raw, "utf-8")
        except UnicodeDecodeError as error:
            self.note(NotUtf8(message, field.name, pos + error.start))
            return str(raw, "utf-8", "surrogateescape")

    def string(self, pos: int, length: int) -> str | Blob:
        """The value of a string attribute: bytes by the letter of onnx.proto, so any are allowed."""
        if length > self.limits.text:
            return Blob(pos, length)
        return str(self.slice(pos, length), "utf-8", "surrogateescape")

    def _packed(self, what: int, pos: int, length: int) -> Sequence[int | float]:
        """The numbers of a packed field; each byte of it may be one."""
        self.values_left -= length if what != FLOAT else length // 4
        if self.values_left < 0:
            raise Unreadable(f"more than {self.limits.values:,} numbers in attributes and dims (limit: values)", pos)
        raw = self.slice(pos, length)
        if what == FLOAT:
            if length % 4:
                raise Unreadable("packed floats whose length is not a multiple of four bytes", pos)
            return struct.unpack(f"<{length // 4}f", raw)
        try:
            numbers = varints(raw)
        except ValueError as error:
            raise Unreadable(str(error), pos) from error
        return [n if n < 1 << 63 else n - (1 << 64) for n in numbers]


_FLOAT = struct.Struct("<f").unpack
RELOAD = "get the file anew: it was cut off on its way"


def varints(raw: bytes) -> Sequence[int]:
    """The unsigned 64-bit numbers of packed bytes; ValueError where a number is cut or too long."""
    if raw.isascii():
        return raw
    numbers = []
    number = shift = 0
    for byte in raw:
        if byte < 128:
            numbers.append((number | byte << shift) & 0xFFFFFFFFFFFFFFFF)
            number = shift = 0
        else:
            number |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a packed number of more than ten bytes")
    if shift:
        raise ValueError("packed numbers that end in the middle of one")
    return numbers
