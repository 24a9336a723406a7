"""From the bytes of a model to the views of graph.py, in one pass.

Every message has a general decoder, which takes fields in any order. Nodes, tensors and values, of which there are
many, also have a quick one for the order in which protobuf writes them; it gives up (None) at anything unusual.
Attributes are decoded once per distinct byte run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from struct import Struct
from typing import Any

from ..errors import Unreadable
from .external import parse
from .fields import MESSAGES
from .graph import (
    Attribute,
    Attributes,
    External,
    Function,
    Graph,
    MapType,
    Node,
    OptionalType,
    Reference,
    SequenceType,
    Span,
    SparseTensor,
    Tensor,
    TensorType,
    Type,
    Value,
)
from .troubles import AttributeTwice, BadAttribute, SegmentedTensor
from .wire import Extents, Wire

_new: Any = tuple.__new__
"""Makes a NamedTuple of a class and a tuple in half the time that its own constructor takes."""

NODE, ATTRIBUTE, TENSOR, GRAPH, VALUE = (
    MESSAGES[name] for name in ("NodeProto", "AttributeProto", "TensorProto", "GraphProto", "ValueInfoProto")
)
SPARSE, TYPE, SHAPE, DIMENSION = (
    MESSAGES[name] for name in ("SparseTensorProto", "TypeProto", "TensorShapeProto", "TensorShapeProto.Dimension")
)
FUNCTION, OPSET, ENTRY, TRAINING = (
    MESSAGES[name] for name in ("FunctionProto", "OperatorSetIdProto", "StringStringEntryProto", "TrainingInfoProto")
)

NODE_TAG, TENSOR_TAG, INPUT_TAG, OUTPUT_TAG, VALUE_INFO_TAG = b"\x0a\x2a\x5a\x62\x6a"
FIELD_OF_TYPE = {1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9, 9: 10, 10: 11, 11: 22, 12: 23, 13: 14, 14: 15}
TYPE_OF_FIELD = {field: kind for kind, field in FIELD_OF_TYPE.items()}
TYPE_NAMES = (
    *("undefined", "float", "int", "string", "tensor", "graph", "floats", "ints", "strings", "tensors", "graphs"),
    *("sparse_tensor", "sparse_tensors", "type_proto", "type_protos"),
)
LISTS = frozenset({6, 7, 8, 9, 10, 12, 14})
MESSAGES_MISSED = frozenset({4, 5, 11})  # types whose value cannot be left out
DATA_FIELDS = (4, 5, 6, 7, 9, 10, 11)
DEFAULTS: dict[int, Attribute] = {1: 0.0, 2: 0, 3: ""}  # a writer of proto3 leaves zeros out
REMEMBERED = 16_384  # entries at most in each memory of byte runs
RUN = 512  # bytes of the longest run that is remembered

INTS = re.compile(rb"(?:\x40(?:[\x00-\x7f]|[\x80-\xff][\x01-\x7f]))++")
INT = re.compile(rb"\x40([\x80-\xff]?[\x00-\x7f])")
FLOAT = Struct("<f")
HEAD = re.compile(
    rb"(?:\x08(?:[\x00-\x7f]|[\x80-\xff]{1,8}[\x01-\x7f])){0,16}+\x10[\x00-\x7f]"
)  # a tensor's dims and data_type


class Decoder:
    def __init__(self, wire: Wire, ir_version: int) -> None:
        self.wire, self.ir_version = wire, ir_version
        self.nodes_left = wire.limits.nodes
        self._payload = wire.limits.payload
        self._none = Attributes()
        self._tails: dict[bytes, tuple[str, str, Attributes]] = {}  # what follows a node's name
        self._runs: dict[tuple[int, int, bytes], Attributes] = {}
        self._attributes: dict[bytes, tuple[str, Attribute]] = {}
        self._types: dict[bytes, Type | None] = {}
        self._heads: dict[bytes, tuple[tuple[int, ...], int]] = {}

    # -- graphs --------------------------------------------------------------------------------------------------

    def graph(self, extents: Extents, depth: int) -> Graph:
        self._descend(extents, depth)
        self.wire.particulars += 1
        nodes: list[Node] = []
        tensors: list[Tensor] = []
        inputs: list[Value] = []
        outputs: list[Value] = []
        value_info: list[Value] = []
        values = {INPUT_TAG: inputs, OUTPUT_TAG: outputs, VALUE_INFO_TAG: value_info}
        rest: list[tuple[int, int]] = []
        wire = self.wire
        buf, text, base, stop, size = wire.buf, wire.text, wire.base, wire.stop, wire.size
        for pos, end in extents:
            while pos < end:
                if pos < base or (pos + 32 > stop and stop < size):
                    wire.move(pos)
                    buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                tag = buf[pos - base]
                if tag != NODE_TAG and tag != TENSOR_TAG and tag not in values:
                    after = wire.skip(GRAPH, pos, end)
                    rest.append((pos, after))
                    pos = after
                    continue
                length, body = buf[pos + 1 - base], pos + 2
                if length > 127:
                    second = buf[pos + 2 - base]
                    if 0 < second < 128:
                        length, body = length + (second << 7) - 128, pos + 3
                    else:
                        length, body = wire.varint(pos + 1, end)
                after = body + length
                if after > end:
                    raise wire.overrun(GRAPH, tag >> 3, pos, after, end)
                if after > stop and length <= 32_768:
                    wire.move(body, length + 32)
                    buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                if tag == NODE_TAG:
                    self.nodes_left -= 1
                    if self.nodes_left < 0:
                        raise self._too_many(pos)
                    if len(nodes) == 65_536 and (end - pos) * 65_536 // (pos - extents[-1][0] + 1) > wire.limits.nodes:
                        self._foresee(pos, end)
                        buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    node = (
                        self._usual_node(buf, text, body - base, after - base, body, depth + 1)
                        if after <= stop
                        else None
                    )
                    if node is None:
                        node = self.node([(body, after)], depth + 1)
                        buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    nodes.append(node)
                elif tag == TENSOR_TAG:
                    tensor = self._usual_tensor(buf, text, base, body, after)
                    if tensor is None:
                        tensor = self.tensor([(body, after)], depth + 1)
                        buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    tensors.append(tensor)
                else:
                    value = (
                        self._usual_value(buf, text, body - base, after - base, body, depth) if after <= stop else None
                    )
                    if value is None:
                        value = self.value([(body, after)], depth + 1)
                    buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    values[tag].append(value)
                pos = after
        fields = wire.message(GRAPH, rest)
        sparse = tuple(self.sparse([e], depth + 1) for e in fields.get(15, ()))
        return Graph(
            name=fields.get(2, ""),
            nodes=tuple(nodes),
            initializers=tuple(tensors),
            sparse_initializers=sparse,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            value_info=tuple(value_info),
            offset=extents[0][0] if extents else 0,
        )

    def _descend(self, extents: Extents, depth: int) -> None:
        if depth > self.wire.limits.nesting:
            raise Unreadable(
                f"messages nested more than {self.wire.limits.nesting} deep (limit: nesting)", extents[0][0]
            )

    def _too_many(self, pos: int) -> Unreadable:
        return Unreadable(f"more than {self.wire.limits.nodes:,} nodes (limit: nodes)", pos)

    def _foresee(self, pos: int, end: int) -> None:
        """Counts the nodes ahead before any is built, where so many are to be feared."""
        wire, left, start = self.wire, self.nodes_left, pos
        buf, base, stop = wire.buf, wire.base, wire.stop
        while pos < end:
            if pos < base or (pos + 32 > stop and stop < wire.size):
                wire.move(pos)
                buf, base, stop = wire.buf, wire.base, wire.stop
            i = pos - base
            if buf[i] == NODE_TAG:
                left -= 1
                if left < 0:
                    raise self._too_many(pos)
            if buf[i] & 7 == 2 and buf[i] < 128 and buf[i + 1] < 128:
                pos += 2 + buf[i + 1]
            else:
                pos = wire.skip(GRAPH, pos, end)
        wire.move(start)

    # -- nodes ---------------------------------------------------------------------------------------------------

    def _usual_node(self, buf: bytes, text: str, first: int, last: int, offset: int, depth: int) -> Node | None:
        """A node as protobuf writes it: inputs, outputs, name; op_type and all behind it by memory."""
        inputs: list[str] = []
        outputs: list[str] = []
        name = ""
        at = first
        try:
            while at < last and buf[at] == 0x0A:
                start = at + 2
                at = start + buf[at + 1]
                inputs.append(text[start:at])
            while at < last and buf[at] == 0x12:
                start = at + 2
                at = start + buf[at + 1]
                outputs.append(text[start:at])
            if buf[at] == 0x1A:
                start = at + 2
                at = start + buf[at + 1]
                name = text[start:at]
        except IndexError:
            return None
        # A length over 127 is not ASCII either, so one question covers lengths and names.
        if at >= last or not text[first:at].isascii():
            return None
        run = buf[at:last] if last - at <= RUN else b""
        tail = self._tails.get(run)
        if tail is None:
            before = self.wire.particulars
            tail = self._usual_tail(buf, text, at, last, offset, offset - first, depth)
            if tail is None:
                return None
            if run and len(self._tails) < REMEMBERED and self.wire.particulars == before:
                self._tails[run] = tail
        op_type, domain, attributes = tail
        node: Node = _new(Node, (op_type, domain, tuple(inputs), tuple(outputs), attributes, name, "", offset))
        return node

    def _usual_tail(
        self, buf: bytes, text: str, first: int, last: int, offset: int, base: int, depth: int
    ) -> tuple[str, str, Attributes] | None:
        """op_type, attributes, doc_string, domain. Nothing is decoded before all of it is known to be usual."""
        extents: list[tuple[int, int]] = []
        domain, at = "", first
        try:
            if buf[at] != 0x22:
                return None
            at += 2 + buf[at + 1]
            op_type = text[first + 2 : at]
            while at < last and (buf[at] == 0x2A or buf[at] == 0x32):
                attribute = buf[at] == 0x2A
                length, at = buf[at + 1], at + 2
                if length > 127:
                    if not 0 < buf[at] < 128:
                        return None
                    length, at = length + (buf[at] << 7) - 128, at + 1
                if attribute:
                    extents.append((base + at, base + at + length))
                at += length
            if at < last and buf[at] == 0x3A:
                start = at + 2
                at = start + buf[at + 1]
                domain = text[start:at]
        except IndexError:
            return None
        if at != last or not op_type.isascii() or not domain.isascii() or len(op_type) > 127 or len(domain) > 127:
            return None
        return op_type, domain, self.attributes(extents, offset, depth)

    def node(self, extents: Extents, depth: int) -> Node:
        self._descend(extents, depth)
        fields = self.wire.message(NODE, extents)
        offset = extents[0][0]
        return Node(
            op_type=fields.get(4, ""),
            domain=fields.get(7, ""),
            inputs=tuple(fields.get(1, ())),
            outputs=tuple(fields.get(2, ())),
            attributes=self.attributes(fields.get(5, ()), offset, depth),
            name=fields.get(3, ""),
            overload=fields.get(8, ""),
            offset=offset,
        )

    # -- attributes ----------------------------------------------------------------------------------------------

    def attributes(self, extents: Extents, node_offset: int, depth: int) -> Attributes:
        if not extents:
            return self._none
        first, last = extents[0][0], extents[-1][1]
        key = None
        if last - first <= RUN:
            key = (len(extents), extents[0][1] - first, self.wire.slice(first, last - first))
            known = self._runs.get(key)
            if known is not None:
                return known
        before = self.wire.particulars
        attributes = Attributes()
        for start, end in extents:
            name, value = self._remembered(start, end, node_offset, depth)
            if name in attributes:
                self.wire.note(AttributeTwice(node_offset, name, start))
            attributes[name] = value
        if key and len(self._runs) < REMEMBERED and self.wire.particulars == before:
            self._runs[key] = attributes
        return attributes

    def _remembered(self, start: int, end: int, node_offset: int, depth: int) -> tuple[str, Attribute]:
        if end - start > RUN:
            return self.attribute([(start, end)], node_offset, depth + 1)
        run = self.wire.slice(start, end - start)
        known = self._attributes.get(run)
        if known is not None:
            return known
        before = self.wire.particulars
        decoded = _usual_attribute(run) or self.attribute([(start, end)], node_offset, depth + 1)
        if len(self._attributes) < REMEMBERED and self.wire.particulars == before:
            self._attributes[run] = decoded
        return decoded

    def attribute(self, extents: Extents, node_offset: int, depth: int) -> tuple[str, Attribute]:
        self._descend(extents, depth)
        fields = self.wire.message(ATTRIBUTE, extents)
        name: str = fields.get(1, "")
        kind: int = fields.get(20, 0)
        held = [TYPE_OF_FIELD[n] for n in fields if n in TYPE_OF_FIELD and fields[n] != []]
        reference = fields.get(21, "")
        why = _mismatch(kind, held, reference, self.ir_version)
        if why:
            self.wire.note(BadAttribute(node_offset, name, why, extents[0][0]))
        if reference:
            return name, Reference(reference)
        if kind not in FIELD_OF_TYPE and held:
            kind = held[0]
        return name, self._value_of(kind, fields.get(FIELD_OF_TYPE.get(kind, 0)), depth + 1)

    def _value_of(self, kind: int, held: Any, depth: int) -> Attribute:
        """The value of an attribute of that type: a message or several (as extents), a number, a string, a list."""
        if kind in LISTS:
            match kind:
                case 9:
                    return tuple(self.tensor([e], depth) for e in held or ())
                case 10:
                    return tuple(self.graph([e], depth) for e in held or ())
                case 12:
                    return tuple(self.sparse([e], depth) for e in held or ())
                case 14:
                    return tuple(self.type([e], depth) for e in held or ())
                case _:
                    return tuple(held or ())
        if held is None:
            return DEFAULTS.get(kind)
        match kind:
            case 4:
                return self.tensor(held, depth)
            case 5:
                return self.graph(held, depth)
            case 11:
                return self.sparse(held, depth)
            case 13:
                return self.type(held, depth)
            case _:
                return held  # type: ignore[no-any-return]  # a number or a string, as the table of fields says

    # -- tensors -------------------------------------------------------------------------------------------------

    def _usual_tensor(self, buf: bytes, text: str, base: int, body: int, after: int) -> Tensor | None:
        """dims, data_type, name, raw_data. Only the head need be in the window."""
        head = HEAD.match(buf, body - base)
        if head is None:
            return None
        at, last = head.end(), after - base
        known = self._heads.get(head[0])
        if known is None:
            if at > last:
                return None
            fields = self.wire.message(TENSOR, [(body, base + at)])
            known = tuple(fields.get(1, ())), fields[2]
            if len(self._heads) < REMEMBERED:
                self._heads[head[0]] = known
        name, payload = "", False
        spans: tuple[Span, ...] = ()
        try:
            if at < last and buf[at] == 0x42:
                start = at + 2
                at = start + buf[at + 1]
                name = text[start:at]
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
                spans = (_new(Span, (9, base + at, length, False)),)
                payload = length >= self._payload
                at += length
        except IndexError:
            return None
        if at != last or not name.isascii() or len(name) > 127:
            return None
        if payload:
            self.wire.payloads.append(spans[0][1:3])
        tensor: Tensor = _new(Tensor, (name, known[1], known[0], spans, None, body))
        return tensor

    def tensor(self, extents: Extents, depth: int) -> Tensor:
        self._descend(extents, depth)
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
        return Tensor(name, fields.get(2, 0), tuple(fields.get(1, ())), spans, external, offset)

    def sparse(self, extents: Extents, depth: int) -> SparseTensor:
        self._descend(extents, depth)
        fields = self.wire.message(SPARSE, extents)
        nothing = Tensor("", 0, (), (), None, extents[0][0])
        values, indices = (self.tensor(fields[n], depth + 1) if n in fields else nothing for n in (1, 2))
        return SparseTensor(values, indices, tuple(fields.get(3, ())))

    # -- types ---------------------------------------------------------------------------------------------------

    def _usual_value(self, buf: bytes, text: str, first: int, last: int, offset: int, depth: int) -> Value | None:
        """A name and a type, which is known by its bytes."""
        name, at = "", first
        if at + 2 <= last and buf[at] == 0x0A:
            start = at + 2
            at = start + buf[at + 1]
            name = text[start:at]
        if at + 2 > last or not name.isascii() or len(name) > 127 or buf[at] != 0x12 or buf[at + 1] != last - at - 2:
            return None
        value: Value = _new(
            Value, (name, self._remembered_type(offset - first + at + 2, offset - first + last, depth), offset)
        )
        return value

    def _remembered_type(self, start: int, end: int, depth: int) -> Type | None:
        if end - start > RUN:
            return self.type([(start, end)], depth + 2)
        run = self.wire.slice(start, end - start)
        if run in self._types:
            return self._types[run]
        before = self.wire.particulars
        decoded = self.type([(start, end)], depth + 2)
        if len(self._types) < REMEMBERED and self.wire.particulars == before:
            self._types[run] = decoded
        return decoded

    def value(self, extents: Extents, depth: int) -> Value:
        fields = self.wire.message(VALUE, extents)
        return Value(fields.get(1, ""), self.type(fields[2], depth + 1) if 2 in fields else None, extents[0][0])

    def type(self, extents: Extents, depth: int) -> Type | None:
        self._descend(extents, depth)
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

    # -- the rest ------------------------------------------------------------------------------------------------

    def entries(self, extents: Extents) -> tuple[tuple[str, str], ...]:
        found = (self.wire.message(ENTRY, [e]) for e in extents)
        return tuple((f.get(1, ""), f.get(2, "")) for f in found)

    def imports(self, extents: Extents) -> tuple[tuple[str, int], ...]:
        found = (self.wire.message(OPSET, [e]) for e in extents)
        return tuple((f.get(1, ""), f.get(2, 0)) for f in found)

    def function(self, extent: tuple[int, int], depth: int) -> Function:
        fields = self.wire.message(FUNCTION, [extent])
        nodes = []
        for start, end in fields.get(7, ()):
            self.nodes_left -= 1
            if self.nodes_left < 0:
                raise self._too_many(start)
            nodes.append(self.node([(start, end)], depth + 1))
        return Function(
            name=fields.get(1, ""),
            domain=fields.get(10, ""),
            overload=fields.get(13, ""),
            inputs=tuple(fields.get(4, ())),
            outputs=tuple(fields.get(5, ())),
            attributes=tuple(fields.get(6, ())),
            defaults=self.attributes(fields.get(11, ()), extent[0], depth),
            nodes=tuple(nodes),
            opsets=_highest(self.imports(fields.get(9, ()))),
            offset=extent[0],
        )

    def training(self, extent: tuple[int, int], depth: int) -> None:
        """Looks through a TrainingInfoProto, of which nothing is kept but what is wrong with it."""
        fields = self.wire.message(TRAINING, [extent])
        for number in (1, 2):
            if number in fields:
                self.graph(fields[number], depth + 1)


def _usual_attribute(run: bytes) -> tuple[str, Attribute] | None:
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


def _mismatch(kind: int, held: list[int], reference: str, ir_version: int) -> str:
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
    if not held and not reference and kind in MESSAGES_MISSED:
        return f"is of type {TYPE_NAMES[kind]} and holds none"
    return ""


def _highest(imports: tuple[tuple[str, int], ...]) -> Mapping[str, int]:
    bound: dict[str, int] = {}
    for domain, version in imports:
        domain = "" if domain == "ai.onnx" else domain
        bound[domain] = max(version, bound.get(domain, version))
    return bound


_offset = attrgetter("offset")
