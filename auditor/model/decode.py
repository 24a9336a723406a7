"""From the bytes of a model to the views of graph.py, in one pass.

Every message has a general decoder, which takes fields in any order. Nodes, tensors and values, of which there are
many, also have a quick one for the order in which protobuf writes them; it gives up (None) at anything unusual.
Attributes are decoded once per distinct byte run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import Unreadable
from . import remembered
from .decode_attributes import DEFAULTS, FIELD_OF_TYPE, LISTS, TYPE_OF_FIELD, mismatch, usual_attribute
from .decode_devices import sharding
from .decode_tensors import TensorDecoder
from .decode_types import TypeDecoder
from .fields import MESSAGES
from .file_troubles import AttributeTwice, BadAttribute
from .graph import Attribute, AttributeReference, Attributes, Function, Graph, Node, Sharding, Value
from .tensor import Tensor
from .wire import RUN, Extents, Wire, new

GRAPH, NODE, ATTRIBUTE = MESSAGES["GraphProto"], MESSAGES["NodeProto"], MESSAGES["AttributeProto"]
FUNCTION, OPSET, TRAINING = MESSAGES["FunctionProto"], MESSAGES["OperatorSetIdProto"], MESSAGES["TrainingInfoProto"]

NODE_TAG, TENSOR_TAG, INPUT_TAG, OUTPUT_TAG, VALUE_INFO_TAG = b"\x0a\x2a\x5a\x62\x6a"


_NONE = Attributes()
_ALIAS = "ai.onnx"  # another name of the domain ""


class Decoder:
    def __init__(self, wire: Wire, ir_version: int) -> None:
        self.wire, self.ir_version = wire, ir_version
        self.nodes_left, self.entries_left = wire.limits.nodes, wire.limits.entries
        self._tails: dict[bytes, remembered.Tail] = {}
        self._tails_of_all = remembered.tails(ir_version)
        self._runs: dict[tuple[int, int, bytes], Attributes] = {}
        self._attributes: dict[bytes, tuple[str, Attribute]] = {}
        self._types = TypeDecoder(wire)
        self._names: dict[str, str] = {}  # a tensor's name is one object, wherever it stands: it is looked up often
        self._tensors = TensorDecoder(wire, self._names)
        self.shardings: list[Sharding] = []

    # -- graphs --------------------------------------------------------------------------------------------------

    def graph(self, extents: Extents, depth: int) -> Graph:
        self.wire.descend(extents, depth)
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
                if tag != NODE_TAG:
                    if self.entries_left == wire.limits.entries - 65_536 and (end - pos) // 2 > self.entries_left:
                        self._foresee(pos, end)
                        buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    self.entries_left -= 1
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
                    if len(nodes) == 65_536 and (end - pos) * 65_536 // (pos - extents[-1][0] + 1) > wire.limits.nodes:
                        self._foresee(pos, end)
                        buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    self.nodes_left -= 1
                    if self.nodes_left < 0:
                        raise self._too_many(pos)
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
                    tensor = self._tensors.usual(buf, text, base, body, after)
                    if tensor is None:
                        tensor = self._tensors.general([(body, after)], depth + 1)
                        buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    tensors.append(tensor)
                else:
                    value = (
                        self._types.usual_value(buf, text, body - base, after - base, body, depth)
                        if after <= stop
                        else None
                    )
                    if value is None:
                        value = self._types.value([(body, after)], depth + 1)
                    buf, text, base, stop = wire.buf, wire.text, wire.base, wire.stop
                    values[tag].append(value)
                pos = after
        fields = wire.message(GRAPH, rest, extents[0][0] if extents else 0)
        sparse = tuple(self._tensors.sparse([e], depth + 1) for e in fields.get(15, ()))
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

    def _too_many(self, pos: int) -> Unreadable:
        return Unreadable(f"more than {self.wire.limits.nodes:,} nodes (limit: nodes)", pos)

    def _foresee(self, pos: int, end: int) -> None:
        """Counts the nodes and entries ahead before any is built, where too many are to be feared."""
        wire, left, entries, start = self.wire, self.nodes_left, self.entries_left, pos
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
            else:
                entries -= 1
                if entries < 0:
                    what = "initializers, inputs, outputs and annotations in graphs"
                    raise Unreadable(f"more than {wire.limits.entries:,} {what} (limit: entries)", pos)
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
        name, one = "", self._names.setdefault
        at = first
        try:
            while at < last and buf[at] == 0x0A:
                start = at + 2
                at = start + buf[at + 1]
                said = text[start:at]
                inputs.append(one(said, said))
            while at < last and buf[at] == 0x12:
                start = at + 2
                at = start + buf[at + 1]
                said = text[start:at]
                outputs.append(one(said, said))
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
        tail = self._tails_of_all.get(run) or self._tails.get(run)
        if tail is None:
            before = self.wire.particulars
            tail = self._usual_tail(buf, text, at, last, offset, offset - first, depth)
            if tail is None:
                return None
            if run and self.wire.particulars == before:
                everywhere = remembered.placeless(tail[2])
                memory = self._tails_of_all if everywhere else self._tails
                if len(memory) < remembered.MOST:
                    memory[run] = tail
        op_type, domain, attributes = tail
        domain = "" if domain == _ALIAS else domain
        node: Node = new(Node, (op_type, domain, tuple(inputs), tuple(outputs), attributes, name, "", offset))
        return node

    def _usual_tail(
        self, buf: bytes, text: str, first: int, last: int, offset: int, base: int, depth: int
    ) -> tuple[str, str, Attributes] | None:
        """op_type, attributes, doc_string, domain. Nothing is decoded before all of it is known to be usual."""
        extents: list[tuple[int, int]] = []
        asides: list[tuple[int, int]] = []
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
                (extents if attribute else asides).append((base + at, base + at + length))
                at += length
            if at < last and buf[at] == 0x3A:
                start = at + 2
                at = start + buf[at + 1]
                domain = text[start:at]
        except IndexError:
            return None
        if at != last or not op_type.isascii() or not domain.isascii() or len(op_type) > 127 or len(domain) > 127:
            return None
        for start, end in asides:
            self.wire.aside("NodeProto", "doc_string", offset, start, end)
        return op_type, domain, self.attributes(extents, offset, depth)

    def node(self, extents: Extents, depth: int) -> Node:
        self.wire.descend(extents, depth)
        fields = self.wire.message(NODE, extents)
        offset = extents[0][0]
        self.shardings += [sharding(self.wire, extent, offset) for extent in fields.get(10, ())]
        domain = fields.get(7, "")
        return Node(
            op_type=fields.get(4, ""),
            domain="" if domain == _ALIAS else domain,
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
            return _NONE
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
        if key and len(self._runs) < remembered.MOST and self.wire.particulars == before:
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
        decoded = usual_attribute(run) or self.attribute([(start, end)], node_offset, depth + 1)
        if len(self._attributes) < remembered.MOST and self.wire.particulars == before:
            self._attributes[run] = decoded
        return decoded

    def attribute(self, extents: Extents, node_offset: int, depth: int) -> tuple[str, Attribute]:
        self.wire.descend(extents, depth)
        fields = self.wire.message(ATTRIBUTE, extents)
        name: str = fields.get(1, "")
        kind: int = fields.get(20, 0)
        held = [TYPE_OF_FIELD[n] for n in fields if n in TYPE_OF_FIELD and fields[n] != []]
        reference = fields.get(21, "")
        why = mismatch(kind, held, reference, self.ir_version)
        if why:
            self.wire.note(BadAttribute(node_offset, name, why, extents[0][0]))
        if reference:
            return name, AttributeReference(reference)
        if kind not in FIELD_OF_TYPE and held:
            kind = held[0]
        return name, self._value_of(kind, fields.get(FIELD_OF_TYPE.get(kind, 0)), depth + 1)

    def _value_of(self, kind: int, held: Any, depth: int) -> Attribute:
        """The value of an attribute of that type: a message or several (as extents), a number, a string, a list."""
        if kind in LISTS:
            match kind:
                case 9:
                    return tuple(self._tensors.general([e], depth) for e in held or ())
                case 10:
                    return tuple(self.graph([e], depth) for e in held or ())
                case 12:
                    return tuple(self._tensors.sparse([e], depth) for e in held or ())
                case 14:
                    return tuple(self._types.type([e], depth) for e in held or ())
                case _:
                    return tuple(held or ())
        if held is None:
            return DEFAULTS.get(kind)
        match kind:
            case 4:
                return self._tensors.general(held, depth)
            case 5:
                return self.graph(held, depth)
            case 11:
                return self._tensors.sparse(held, depth)
            case 13:
                return self._types.type(held, depth)
            case _:
                return held  # type: ignore[no-any-return]  # a number or a string, as the table of fields says

    # -- the rest ------------------------------------------------------------------------------------------------

    def entries(self, extents: Extents) -> tuple[tuple[str, str], ...]:
        return self._tensors.entries(extents)

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
            domain="" if fields.get(10) == _ALIAS else fields.get(10, ""),
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


def _highest(imports: tuple[tuple[str, int], ...]) -> Mapping[str, int]:
    bound: dict[str, int] = {}
    for domain, version in imports:
        domain = "" if domain == _ALIAS else domain
        bound[domain] = max(version, bound.get(domain, version))
    return bound
