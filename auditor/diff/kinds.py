"""What nodes and stored tensors are, as numbers that equal things of both models share."""

from __future__ import annotations

import struct
from collections.abc import Hashable, Mapping

from ..model.canonical import body_of
from ..model.encoding import FORMATS
from ..model.graph import Attribute, Attributes, Graph, Model, Node
from ..model.schemas import Schema, schema
from ..model.scopes import scopes
from ..model.tensor import Blob, SparseTensor, Tensor
from ..tuples import NamedTuple
from .content import head
from .difference import StoredAt
from .hashes import Labels, above, label, order
from .skeleton import NODE, Skeleton

_DEEPEST = 60  # bodies in bodies that are looked into, before their names have to do


class Numbering:
    """A number for each thing, the same for equal ones."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def number(self, thing: Hashable) -> int:
        return self._known.setdefault(thing, len(self._known))


class Kinds(NamedTuple):
    """Of one body. ``exact``: with the beginning of what is stored; ``plain``: with type and sizes; ``bare``: sizes."""

    exact: list[int]
    plain: list[int]
    operators: list[int]
    stored_exact: list[int]
    stored_plain: list[int]
    stored_bare: list[int]


class Bodies:
    """Every body of one model, with the kinds of what stands in it."""

    def __init__(self, model: Model, numbers: Numbering, through: bool = False) -> None:
        """``through``: nodes that quantise, and back, are not looked at."""
        self.model = model
        self._numbers = numbers
        self.skeletons = [Skeleton(scope, through) for scope in scopes(model)]
        self.orders = [order(skeleton) for skeleton in self.skeletons]
        self.functions = {
            (s.scope.function.domain, s.scope.function.name, s.scope.function.overload): at
            for at, s in enumerate(self.skeletons)
            if s.scope.function is not None and s.scope.outside is None
        }
        self.inner: dict[tuple[int, int], list[int]] = {}
        """The bodies of a node's subgraphs, by its body and its index; in the order of `subgraphs`."""
        places = {id(skeleton.scope): at for at, skeleton in enumerate(self.skeletons)}
        for at, skeleton in enumerate(self.skeletons):
            if skeleton.scope.outside is not None:
                holder = (places[id(skeleton.scope.outside)], skeleton.scope.holder)
                self.inner.setdefault(holder, []).append(at)
        self._kinds: dict[int, Kinds] = {}
        self._hashes: dict[int, tuple[int, int]] = {}
        self._attributes: dict[tuple[str, str, int | None, int], tuple[int, int]] = {}
        self._begun: set[int] = set()

    def kinds(self, at: int) -> Kinds:
        """Of one body, by its place among `skeletons`."""
        found = self._kinds.get(at)
        if found is None:
            found = self._kinds[at] = self._of_body(at)
        return found

    def called(self, node: Node) -> int | None:
        """The body that a node stands for; None where it is an operator."""
        return self.functions.get((node.domain, node.op_type, node.overload))

    def _of_body(self, at: int) -> Kinds:
        skeleton, numbers = self.skeletons[at], self._numbers
        empty = [0] * len(skeleton.sources)
        exact, plain, operators = empty, empty.copy(), empty.copy()
        opsets = skeleton.scope.opsets
        for i in skeleton.nodes:
            node = skeleton.graph.nodes[i]
            function = self.called(node)
            inner = self.inner.get((at, i))
            if function is None and inner is None:
                name: Hashable = (node.domain, node.op_type, len(node.outputs))
                said = self._said(node, opsets.get(node.domain))
                exact[i], plain[i] = numbers.number(("node", name, said[0])), numbers.number(("node", name, said[1]))
                operators[i] = numbers.number(name)
                continue
            bodies = [self._hash(b) for b in ([function] if function is not None else inner or ())]
            name = (len(node.inputs), len(node.outputs)) if function is not None else (node.domain, node.op_type)
            said = self._said(node, opsets.get(node.domain))
            exact[i] = numbers.number(("body", name, said[0], tuple(one for one, _ in bodies)))
            plain[i] = numbers.number(("body", name, said[1], tuple(two for _, two in bodies)))
            operators[i] = numbers.number(("function", name) if function is not None else name)
        stored = [self._stored(one) for one in skeleton.stored]
        return Kinds(exact, plain, operators, *([one[level] for one in stored] for level in range(3)))

    def _hash(self, at: int) -> tuple[int, int]:
        """A body by what is in it, exactly and plainly."""
        known = self._hashes.get(at)
        if known is not None:
            return known
        if at in self._begun or len(self._begun) > _DEEPEST:
            function = self.skeletons[at].scope.function
            name = body_of(function, self.model.functions) if function is not None else "deep"
            number = self._numbers.number(("body", name))
            return number, number
        self._begun.add(at)
        try:
            skeleton, kinds = self.skeletons[at], self.kinds(at)
            ports = [self._numbers.number(("port", i)) for i in range(len(skeleton.graph.feeds))]
            pair = []
            for level, stored in ((kinds.exact, kinds.stored_exact), (kinds.plain, kinds.stored_plain)):
                labels = Labels(level, stored, ports, ())
                made = above(skeleton, labels, self.orders[at], {})
                ends = tuple(label(source, labels, made) for source in skeleton.outputs)
                alive = {source[1] for source in skeleton.outputs if source[0] == NODE}
                loose = sorted(made[i] for i in skeleton.nodes if not skeleton.users[i] and i not in alive)
                pair.append(hash((len(ports), ends, tuple(loose))))
            self._hashes[at] = found = (pair[0], pair[1])
            return found
        finally:
            self._begun.discard(at)

    def _stored(self, stored: StoredAt) -> tuple[int, int, int]:
        tensor = stored.tensor
        held = head(self.model, tensor) if stored.literal is None else _literal_head(stored)
        plain = ("stored", tensor.dtype, stored.dims)
        number = self._numbers.number
        return number((plain, held)), number(plain), number(("stored", stored.dims))

    def _said(self, node: Node, opset: int | None) -> tuple[int, int]:
        """The attributes of a node without those that say the default; graphs are looked at apart."""
        key = (node.domain, node.op_type, opset, id(node.attributes))
        known = self._attributes.get(key)
        if known is None:
            said = stated(node.attributes, None if opset is None else schema(node.domain, node.op_type, opset))
            exact = tuple((name, self._value(value, True)) for name, value in sorted(said.items()))
            plain = tuple((name, self._value(value, False)) for name, value in sorted(said.items()))
            known = self._attributes[key] = self._numbers.number(exact), self._numbers.number(plain)
        return known

    def _value(self, value: object, exact: bool) -> Hashable:
        match value:
            case Tensor():
                return "tensor", value.dtype, value.dims, head(self.model, value) if exact else None
            case SparseTensor():
                return "sparse", value.values.dtype, value.dims, head(self.model, value.values) if exact else None
            case Graph():
                return "graph"
            case Blob():
                return "blob", value.length
            case tuple() if value and isinstance(value[0], Tensor | SparseTensor | Graph | Blob):
                return tuple(self._value(one, exact) for one in value)
            case _:
                return repr(value)


def stated(attributes: Attributes, known: Schema | None) -> Mapping[str, Attribute]:
    """The attributes that say something: not what the operator takes where nothing is said."""
    if known is None or not attributes:
        return attributes
    said = {}
    for name, value in attributes.items():
        spec = known.attributes.get(name)
        if spec is None or spec.default is None or spec.default != value:
            said[name] = value
    return said


def _literal_head(stored: StoredAt) -> bytes | None:
    code, values = FORMATS.get(stored.tensor.dtype), (stored.literal or ())[:8]
    if code is None:
        return repr(values).encode("utf-8", "surrogateescape")
    try:
        return struct.pack(f"<{len(values)}{code}", *values)
    except (struct.error, OverflowError):
        return None
