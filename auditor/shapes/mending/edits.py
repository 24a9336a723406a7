"""Single edits of a model: what each changes of the graph for propagation, and the repair that is told of it.

Nodes keep their index: what is put in stands behind all others of its graph, and what is taken out hands its input on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ...model.dtypes import DType
from ...model.graph import Attribute, Attributes, Graph, Node
from ...model.schemas import schema
from ...model.scopes import Scope, scopes
from ...repair import (
    AttributeChange,
    DimensionName,
    InputSizes,
    Insertion,
    Literal,
    Move,
    ParameterShape,
    Removal,
    Repair,
    Replacement,
)
from ...tuples import NamedTuple
from ..fact import Element, Fact, Shape
from ..facts import Facts, rendered
from ..sizes.dim import named
from ..troubles import At

_NEW = "\0new"  # no file's tensor: names end at a zero byte

_NOTHING: Mapping[str, Attribute] = {}


class SetAttribute(NamedTuple):
    """An attribute of a node gets another value; None: its default."""

    at: At
    name: str
    value: Literal


class SetDims(NamedTuple):
    """A stored tensor gets another shape."""

    at: At  # the node that takes it
    tensor: str
    dims: tuple[int, ...]


class SetValues(NamedTuple):
    """A small tensor that hangs on no input gets other values, for one node."""

    at: At
    position: int
    values: tuple[Element, ...]


class PutInFront(NamedTuple):
    """A node of one output comes in front of an input of a node. ``axes`` of Unsqueeze and Squeeze."""

    at: At
    position: int
    op_type: str
    attributes: Mapping[str, Attribute] = _NOTHING
    axes: tuple[int, ...] = ()


class PutAround(NamedTuple):
    """A Transpose comes in front of the first input of a node, and the inverse one behind its first output."""

    at: At
    perm: tuple[int, ...]


class TakeOut(NamedTuple):
    """A node goes, and its first input takes the place of its first output."""

    at: At


class MoveInFront(NamedTuple):
    """A node of one input goes in front of the first input of another one of its graph."""

    at: At
    before: At


class AsMatMul(NamedTuple):
    """A Gemm becomes a MatMul and an Add."""

    at: At


class FeedAs(NamedTuple):
    """An input of the graph gets other sizes along some axes."""

    name: str
    sizes: Mapping[int, int]


class NameSize(NamedTuple):
    """One size of an input's declaration gets a name of its own."""

    name: str
    axis: int
    to: str


Edit: TypeAlias = (
    SetAttribute | SetDims | SetValues | PutInFront | PutAround | TakeOut | MoveInFront | AsMatMul | FeedAs | NameSize
)


class ModelEdit(NamedTuple):
    """What an edit changes of one graph: nodes that are others, nodes that come in (each before or behind one), facts.

    ``facts`` are of tensors that the main graph stores or is fed, or that are new.
    """

    nodes: Mapping[int, Node]
    added: tuple[tuple[int, int, Node], ...]  # (the node beside which it stands, -1 before or 1 behind it, the node)
    facts: Mapping[str, Fact]


def changes(facts: Facts, edit: Edit) -> ModelEdit | None:
    """What the edit changes of the main graph; None where it does not apply."""
    match edit:
        case FeedAs(name, sizes):
            fact = facts.inputs.get(name)
            if fact is None or fact.shape is None:
                return None
            shape = tuple(sizes.get(i, s) for i, s in enumerate(fact.shape))
            return ModelEdit({}, (), {name: fact._replace(shape=shape)})
        case NameSize(name, axis, to):
            fact = facts.inputs.get(name)
            if fact is None or fact.shape is None:
                return None
            renamed: Shape = tuple(named(to) if i == axis else s for i, s in enumerate(fact.shape))
            return ModelEdit({}, (), {name: fact._replace(shape=renamed)})
        case SetDims(at, tensor, dims) if not at.graph and tensor in facts.initializers():
            known = facts.at(tensor)
            if known is None:
                return None
            return ModelEdit({}, (), {tensor: _shaped(known, dims)})
    made = _of_nodes(facts, edit)
    if made is None or not edit.at.graph:
        return made
    scope = next((s for s in scopes(facts.model) if s.path == edit.at.graph and s.function is None), None)
    if scope is None:
        return None  # a function's body serves several calls
    index, holder = _holding(scope, made)
    return ModelEdit({index: holder}, (), made.facts)


def _of_nodes(facts: Facts, edit: Edit) -> ModelEdit | None:
    """What the edit changes of the graph of its node."""
    if isinstance(edit, FeedAs | NameSize):
        return None
    at = edit.at
    index, node = at.index, facts.node(at)
    match edit:
        case SetAttribute(_, name, value):
            kept = {n: v for n, v in node.attributes.items() if n != name}
            given: Attribute = value
            return _replaced(
                index, node._replace(attributes=Attributes(kept if given is None else {**kept, name: given}))
            )
        case SetDims(_, tensor, dims):
            known = facts.at(tensor, at.graph)
            if known is None or tensor not in node.inputs:
                return None
            return ModelEdit({index: _taking(node, node.inputs.index(tensor), _NEW)}, (), {_NEW: _shaped(known, dims)})
        case SetValues(_, position, values):
            known = facts.at(node.inputs[position], at.graph)
            if known is None:
                return None
            other = known._replace(elements=values, shape=(len(values),) if known.rank == 1 else known.shape)
            return ModelEdit({index: _taking(node, position, _NEW)}, (), {_NEW: other})
        case PutInFront(_, position, op_type, attributes, axes):
            stored: dict[str, Fact] = {}
            if axes and facts.model.opsets.get("", 1) < 13:
                attributes = {**attributes, "axes": axes}
            elif axes:
                stored[f"{_NEW}0"] = Fact(DType.INT64.value, (len(axes),), axes)
            new = Node(op_type, "", (node.inputs[position], *stored), (_NEW,), Attributes(attributes), "", "", -1)
            return ModelEdit({index: _taking(node, position, _NEW)}, ((index, -1, new),), stored)
        case PutAround(_, perm):
            turned = _taking(node, 0, _NEW)._replace(outputs=(f"{_NEW}1", *node.outputs[1:]))
            first = _transpose(node.inputs[0], _NEW, perm)
            last = _transpose(f"{_NEW}1", node.outputs[0], inverse(perm))
            return ModelEdit({index: turned}, ((index, -1, first), (index, 1, last)), {})
        case TakeOut():
            return _replaced(index, _handing_on(node))
        case MoveInFront(_, before):
            taker = facts.node(before)
            new = node._replace(inputs=(taker.inputs[0], *node.inputs[1:]), outputs=(_NEW,))
            if taker.inputs[0] == node.outputs[0]:
                return None
            return ModelEdit(
                {index: _handing_on(node), before.index: _taking(taker, 0, _NEW)}, ((before.index, -1, new),), {}
            )
        case AsMatMul():
            return _as_matmul(index, node)


def _as_matmul(index: int, node: Node) -> ModelEdit:
    added, inputs = [], list(node.inputs[:2])
    if node.attributes.get("transB"):
        added.append((index, -1, _transpose(inputs[1], _NEW, None)))
        inputs[1] = _NEW
    product = Node("MatMul", "", tuple(inputs), node.outputs, Attributes({}), node.name, "", -1)
    if len(node.inputs) > 2 and node.inputs[2]:
        product = product._replace(outputs=(f"{_NEW}1",))
        add = Node("Add", "", (f"{_NEW}1", node.inputs[2]), node.outputs, Attributes({}), "", "", -1)
        added.append((index, 1, add))
    return ModelEdit({index: product}, tuple(added), {})


def inverse(perm: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(perm.index(i) for i in range(len(perm)))


def _shaped(fact: Fact, dims: tuple[int, ...]) -> Fact:
    count = 1
    for size in dims:
        count *= size
    kept = fact.elements is not None and len(fact.elements) == count
    return fact._replace(shape=dims, elements=fact.elements if kept else None)


def _replaced(index: int, node: Node) -> ModelEdit:
    return ModelEdit({index: node}, (), {})


def _taking(node: Node, position: int, name: str) -> Node:
    return node._replace(inputs=(*node.inputs[:position], name, *node.inputs[position + 1 :]))


def _handing_on(node: Node) -> Node:
    return Node("Identity", "", node.inputs[:1], node.outputs[:1], Attributes({}), node.name, "", node.offset)


def _transpose(source: str, to: str, perm: tuple[int, ...] | None) -> Node:
    return Node("Transpose", "", (source,), (to,), Attributes({} if perm is None else {"perm": perm}), "", "", -1)


def _holding(scope: Scope, made: ModelEdit) -> tuple[int, Node]:
    """The node of the main graph around a body, with the body changed."""
    nodes = tuple(made.nodes.get(i, node) for i, node in enumerate(scope.graph.nodes))
    changed = scope.graph._replace(nodes=(*nodes, *(node for _, _, node in made.added)))
    while scope.outside is not None:
        outside, old = scope.outside, scope.graph
        node = outside.graph.nodes[scope.holder]
        node = node._replace(attributes=Attributes({n: _instead(v, old, changed) for n, v in node.attributes.items()}))
        if outside.outside is None:
            return scope.holder, node
        graph = outside.graph
        changed = graph._replace(nodes=(*graph.nodes[: scope.holder], node, *graph.nodes[scope.holder + 1 :]))
        scope = outside
    raise AssertionError("a body has a graph around it")


def _instead(value: Attribute, old: Graph, new: Graph) -> Attribute:
    if value is old:
        return new
    if isinstance(value, tuple) and value and isinstance(value[0], Graph):
        return tuple(new if g is old else g for g in value if isinstance(g, Graph))
    return value


def repair(facts: Facts, edit: Edit, why: str) -> Repair:
    """The edit as the report tells it."""
    match edit:
        case FeedAs(name, sizes):
            shape = rendered(facts.inputs[name].shape) or ()
            axes = tuple(sorted(sizes))
            return InputSizes(name, axes, tuple(shape[a] for a in axes), tuple(sizes[a] for a in axes), why)
        case NameSize(name, axis, to):
            shape = rendered(facts.inputs[name].shape) or ()
            return DimensionName(name, axis, str(shape[axis]), to, why)
    node, at = facts.node(edit.at), edit.at
    label = called(facts, at)
    match edit:
        case SetAttribute(_, name, value):
            return AttributeChange(label, name, _literal(node.attributes.get(name)), value, why, at.graph)
        case SetDims(_, tensor, dims):
            fact = facts.at(tensor, at.graph)
            was = tuple(s for s in (fact.shape if fact is not None else None) or () if isinstance(s, int))
            return ParameterShape(label, tensor, was, dims, why, at.graph)
        case SetValues(_, position, values):
            fact = facts.at(node.inputs[position], at.graph)
            was_values = fact.elements if fact is not None else None
            name = parameter(facts, node, position)
            return AttributeChange(label, name, _literal(was_values), _literal(values), why, at.graph)
        case PutInFront(_, position, op_type, attributes, axes):
            perm, flat = attributes.get("perm"), attributes.get("axis")
            return Insertion(
                label, op_type, why, _ints(perm), flat if isinstance(flat, int) else None,
                axes or None, position=position, graph=at.graph,
            )  # fmt: skip
        case PutAround(_, perm):
            return Insertion(label, "Transpose", why, perm, back=inverse(perm), graph=at.graph)
        case TakeOut():
            return Removal(label, why, at.graph)
        case MoveInFront(_, before):
            return Move(label, called(facts, before), why, at.graph)
        case AsMatMul():
            return Replacement(label, "MatMul", why, at.graph)


def called(facts: Facts, at: At) -> str:
    """What a repair calls a node: its name, or ``Conv[3]`` where another of the graph has it too."""
    nodes, node = facts.graphs[at.graph].nodes, facts.node(at)
    alone = node.name and sum(other.name == node.name for other in nodes) == 1
    return node.name if alone else f"{node.op_type}[{at.index}]"


def parameter(facts: Facts, node: Node, position: int) -> str:
    """The operator's own name for an input."""
    spec = schema(node.domain, node.op_type, facts.model.opsets.get(node.domain, 1))
    names = [p.name for p in spec.inputs] if spec is not None else []
    return names[position] if position < len(names) else str(position)


def _ints(value: object) -> tuple[int, ...] | None:
    return tuple(v for v in value if isinstance(v, int)) if isinstance(value, tuple) else None


def _literal(value: object) -> Literal:
    """An attribute's or a tensor's value as data; sizes that have no number as text."""
    if isinstance(value, tuple):
        if all(isinstance(v, int) for v in value):
            return tuple(v for v in value if isinstance(v, int))
        if all(isinstance(v, int | float) for v in value):
            return tuple(float(v) for v in value)
        return tuple(map(str, value))
    return value if isinstance(value, int | float | str) else None
