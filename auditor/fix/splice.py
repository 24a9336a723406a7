"""The file of a draft: what no edit changed is copied as it is, down to single fields; the lengths around it follow.

What is not in our views (doc strings, metadata, fields that ONNX does not know) is kept with the message it stands in.
A singular message that stands twice in the file is written as one, as protobuf merges them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from ..model.decode_tensors import DATA_FIELDS
from ..model.fields import MESSAGES, Message
from ..model.graph import Attribute, Function, Graph, Node, Value
from ..model.scopes import scopes
from ..model.tensor import Tensor
from ..model.wire import Extents
from . import protobuf
from .draft import Draft, OutsideFile
from .reader import FieldAt, Reader
from .rope import Rope, Twine

MODEL, GRAPH, NODE, ATTRIBUTE = (MESSAGES[n] for n in ("ModelProto", "GraphProto", "NodeProto", "AttributeProto"))
TENSOR, VALUE, FUNCTION = (MESSAGES[n] for n in ("TensorProto", "ValueInfoProto", "FunctionProto"))
RAW_DATA, SEGMENT, EXTERNAL, LOCATION = 9, 3, 13, 14

Write: TypeAlias = Callable[[], Rope]
"""What stands in the place of all fields of one number."""


class Splicer:
    """Writes one draft. `protobuf.CannotWrite` where an edit made what nobody can write: a fault of ours."""

    def __init__(self, draft: Draft) -> None:
        source = draft.source
        self._draft = draft
        self._read = Reader(source)
        self._graphs = {scope.graph.offset: scope.graph for scope in scopes(source) if scope.function is None}
        self._graphs |= {s.graph.offset: s.graph for s in scopes(source) if s.function is not None and s.holder >= 0}

    def rope(self) -> Rope:
        """The whole file."""
        old, new = self._draft.source, self._draft.model
        writes: dict[int, Write] = {}
        if new.ir_version != old.ir_version:
            writes[1] = lambda: (protobuf.integer(1, new.ir_version),)
        if new.imports != old.imports:
            writes[8] = lambda: _all(protobuf.message(8, (protobuf.opset(*one),)) for one in new.imports)
        if new.graph is not old.graph:
            extents = self._read.extents(MODEL, [(0, old.size)], 7)
            writes[7] = lambda: protobuf.message(7, self._graph(new.graph, extents))
        functions = {f.offset: (f, new.functions[key]) for key, f in old.functions.items()}
        if any(a is not b for a, b in functions.values()):
            writes[25] = lambda: self._functions(functions)
        return self._message(MODEL, [(0, old.size)], writes)

    # -- any message ---------------------------------------------------------------------------------------------

    def _message(self, kind: Message, extents: Extents, writes: dict[int, Write], *dropped: int) -> Rope:
        """The content of a message with something else in place of the fields of some numbers, and without others."""
        twine, waiting = Twine(), dict(writes)
        for field in self._read.fields(kind, extents):
            if field.number in waiting:
                twine.add(waiting.pop(field.number)())
            elif field.number not in writes and field.number not in dropped:
                twine.copy(field.start, field.end)
        for write in waiting.values():
            twine.add(write())
        return twine.rope

    # -- graphs --------------------------------------------------------------------------------------------------

    def _graph(self, new: Graph, extents: Extents) -> Rope:
        old = self._graphs[new.offset]
        writes: dict[int, Write] = {}

        def listed(number: int, before: Sequence[Any], after: Sequence[Any], one: Callable[[Any, Any, Extents], Rope],
                   made: Callable[[Any], Rope]) -> None:  # fmt: skip
            if after is not before and after != before:
                writes[number] = lambda: self._elements(GRAPH, extents, number, before, after, one, made)

        listed(1, old.nodes, new.nodes, self._node, lambda node: (protobuf.node(node),))
        listed(5, old.initializers, new.initializers, self._tensor, self._new_tensor)
        for number, before, after in (
            (11, old.inputs, new.inputs),
            (12, old.outputs, new.outputs),
            (13, old.value_info, new.value_info),
        ):
            listed(number, before, after, self._value, lambda value: (protobuf.value(value),))
        if new.sparse_initializers != old.sparse_initializers:
            writes[15] = lambda: self._kept(extents, 15, old.sparse_initializers, new.sparse_initializers)
        if new.name != old.name:
            writes[2] = lambda: (protobuf.text(2, new.name),)
        return self._message(GRAPH, extents, writes)

    def _elements(
        self, kind: Message, extents: Extents, number: int, before: Sequence[Any], after: Sequence[Any],
        one: Callable[[Any, Any, Extents], Rope], made: Callable[[Any], Rope],
    ) -> Rope:  # fmt: skip
        """The elements of a repeated field: copied, spliced, or made; in the new order."""
        places = {f.body: f for f in self._read.fields(kind, extents) if f.number == number}
        olds = {element.offset: element for element in before}
        twine = Twine()
        for element in after:
            place, old = places.get(element.offset), olds.get(element.offset)
            if place is None or old is None:
                twine.add(protobuf.message(number, made(element)))
            elif element is old or element == old:
                twine.copy(place.start, place.end)
            else:
                twine.add(protobuf.message(number, one(old, element, [(place.body, place.end)])))
        return twine.rope

    def _kept(self, extents: Extents, number: int, before: Sequence[Any], after: Sequence[Any]) -> Rope:
        """Elements of which edits only take some away."""
        twine, left = Twine(), {id(element) for element in after}
        for place, element in zip(
            (f for f in self._read.fields(GRAPH, extents) if f.number == number), before, strict=True
        ):
            if id(element) in left:
                twine.copy(place.start, place.end)
        return twine.rope

    def _functions(self, functions: dict[int, tuple[Function, Function]]) -> Rope:
        twine = Twine()
        for field in self._read.fields(MODEL, [(0, self._draft.source.size)]):
            if field.number != 25:
                continue
            old, new = functions.get(field.body, (None, None))
            if old is None or new is None or old is new:
                twine.copy(field.start, field.end)
            else:
                twine.add(protobuf.message(25, self._function(old, new, [(field.body, field.end)])))
        return twine.rope

    def _function(self, old: Function, new: Function, extents: Extents) -> Rope:
        return self._message(FUNCTION, extents, {
            7: lambda: self._elements(
                FUNCTION, extents, 7, old.nodes, new.nodes, self._node, lambda node: (protobuf.node(node),)
            )
        })  # fmt: skip

    # -- nodes ---------------------------------------------------------------------------------------------------

    def _node(self, old: Node, new: Node, extents: Extents) -> Rope:
        writes: dict[int, Write] = {}
        if new.inputs != old.inputs:
            writes[1] = lambda: tuple(protobuf.text(1, name) for name in new.inputs)
        if new.outputs != old.outputs:
            writes[2] = lambda: tuple(protobuf.text(2, name) for name in new.outputs)
        for number, before, after in ((3, old.name, new.name), (4, old.op_type, new.op_type)):
            if before != after:
                writes[number] = _texted(number, after)
        if new.attributes is not old.attributes:
            writes[5] = lambda: self._attributes(old, new, extents)
        return self._message(NODE, extents, writes)

    def _attributes(self, old: Node, new: Node, extents: Extents) -> Rope:
        before, after = old.attributes, new.attributes
        twine = Twine()
        left = {name: value for name, value in after.items() if not _same(before.get(name), value)}
        gone = {*left, *(name for name in before if name not in after)}
        for field in self._read.fields(NODE, extents):
            if field.number != 5:
                continue
            name = self._name(ATTRIBUTE, 1, field)
            if name not in gone:
                twine.copy(field.start, field.end)
            elif name in left:
                value = left.pop(name)
                twine.add(protobuf.message(5, self._attribute(name, before[name], value, [(field.body, field.end)])))
        for name, value in left.items():
            twine.add(protobuf.message(5, (protobuf.attribute(name, value),)))
        return twine.rope

    def _attribute(self, name: str, old: Attribute, new: Attribute, extents: Extents) -> Rope:
        match old, new:
            case Tensor(), Tensor():
                inner = self._read.extents(ATTRIBUTE, extents, 5)
                return self._message(
                    ATTRIBUTE, extents, {5: lambda: protobuf.message(5, self._tensor(old, new, inner))}
                )
            case Graph(), Graph():
                inner = self._read.extents(ATTRIBUTE, extents, 6)
                return self._message(ATTRIBUTE, extents, {6: lambda: protobuf.message(6, self._graph(new, inner))})
            case tuple(), tuple() if new and isinstance(new[0], Graph):
                return self._message(ATTRIBUTE, extents, {11: lambda: self._bodies(new, extents)})
        return (protobuf.attribute(name, new),)

    def _bodies(self, new: tuple[Any, ...], extents: Extents) -> Rope:
        inner = [(f.body, f.end) for f in self._read.fields(ATTRIBUTE, extents) if f.number == 11]
        return _all(protobuf.message(11, self._graph(g, [e])) for g, e in zip(new, inner, strict=True))

    def _name(self, kind: Message, number: int, field: FieldAt) -> str:
        """Of a name that stands twice protobuf takes the last."""
        name = ""
        for inner in self._read.fields(kind, [(field.body, field.end)]):
            if inner.number == number:
                name = self._read.text(inner)
        return name

    # -- tensors and values --------------------------------------------------------------------------------------

    def _tensor(self, old: Tensor, new: Tensor, extents: Extents) -> Rope:
        writes: dict[int, Write] = {}
        if new.dims != old.dims:
            writes[1] = lambda: (protobuf.dims(new.dims),)
        if new.dtype != old.dtype:
            writes[2] = lambda: (protobuf.integer(2, new.dtype),)
        if new.name != old.name:
            writes[8] = _texted(8, new.name)
        if new.offset not in self._draft.data:
            return self._message(TENSOR, extents, writes)
        head = self._message(TENSOR, extents, writes, *DATA_FIELDS, SEGMENT, EXTERNAL, LOCATION)
        return (*head, *self._data(new))

    def _new_tensor(self, new: Tensor) -> Rope:
        return (protobuf.tensor_head(new), *self._data(new))

    def _data(self, tensor: Tensor) -> Rope:
        content = self._draft.data[tensor.offset].content
        match content:
            case OutsideFile(location=location, offset=offset, length=length):
                entries = {"location": location, "offset": str(offset), "length": str(length)}
                return (protobuf.external(entries),)
            case _:
                return protobuf.message(RAW_DATA, content)

    def _value(self, old: Value, new: Value, extents: Extents) -> Rope:
        writes: dict[int, Write] = {}
        if new.name != old.name:
            writes[1] = _texted(1, new.name)
        if new.type != old.type:
            kind = new.type
            writes[2] = lambda: () if kind is None else protobuf.message(2, (protobuf.type_of(kind),))
        return self._message(VALUE, extents, writes)


def _texted(number: int, said: str) -> Write:
    return lambda: (protobuf.text(number, said),)


def _all(ropes: Iterator[Rope]) -> Rope:
    return tuple(piece for rope in ropes for piece in rope)


def _same(old: Attribute, new: Attribute) -> bool:
    return old is new or (type(old) is type(new) and old == new)
