"""Single edits of a model, and what propagation makes of the model with one of them.

A proposed fix is tried before it is told: the edited model is a view (no file changes), and the same walk goes over it.
Nodes keep their index: what is put in stands behind all others, and the walk repairs the order. Edits are of the main
graph alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from ..model.graph import Attribute, Attributes, Graph, Node, Tensor
from .conditions import conditions
from .declared import declared
from .fact import Element, Fact
from .facts import Facts
from .sizes.dim import same
from .troubles import At, Impossible, Misfit

_NEW = "\0new"  # no file's tensor: names end at a zero byte


class SetAttribute(NamedTuple):
    """An attribute of a node gets another value."""

    node: int  # its index
    name: str
    value: Attribute


class SetDims(NamedTuple):
    """A stored tensor gets another shape of as many elements."""

    tensor: str
    dims: tuple[int, ...]


class SetValues(NamedTuple):
    """A small tensor that hangs on no input gets other values, for one node."""

    node: int  # its index
    position: int
    values: tuple[Element, ...]


class PutInFront(NamedTuple):
    """A node of one output comes in front of an input of a node; ``more`` are its further inputs."""

    node: int  # its index
    position: int
    op_type: str
    attributes: Mapping[str, Attribute]
    more: tuple[Fact, ...] = ()


class PutAround(NamedTuple):
    """A Transpose comes in front of the first input of a node, and the inverse one behind its first output."""

    node: int  # its index
    perm: tuple[int, ...]


Edit: TypeAlias = SetAttribute | SetDims | SetValues | PutInFront | PutAround


def mends(facts: Facts, at: At, edit: Edit) -> bool:
    """Whether the node is sound with the edit, and nothing else is broken by it: no node, no declared output."""
    after = edited(facts, edit)
    if after is None:
        return False
    before = {t.at for t in facts.troubles if isinstance(t, Misfit | Impossible)}
    troubles = [t for t in after.troubles if isinstance(t, Misfit | Impossible)]
    if any(t.at == at or (not t.declared and t.at not in before) for t in troubles):
        return False
    opened = {(o.at, o.parameter) for o in facts.open}
    if any((o.at, o.parameter) not in opened or (o.at == at and at not in before) for o in after.open):
        return False
    if conditions(after, at):  # of open sizes, nobody knows
        return False
    return not _contradicted(after) - _contradicted(facts)


def edited(facts: Facts, edit: Edit) -> Facts | None:
    """The facts of the edited model; None where the edit does not apply."""
    graph = facts.model.graph
    stored: dict[str, Fact] = {}
    changed: Graph | None
    match edit:
        case SetAttribute(node=index, name=name, value=value):
            node = graph.nodes[index]
            changed = _with_node(graph, index, node._replace(attributes=Attributes({**node.attributes, name: value})))
        case SetDims(tensor=name, dims=dims):
            changed = _with_dims(graph, name, dims)
        case SetValues(node=index, position=position, values=values):
            fact = facts.at(graph.nodes[index].inputs[position])
            if fact is None:
                return None
            stored[_NEW] = fact._replace(elements=values)
            changed = _with_node(graph, index, _taking(graph.nodes[index], position, _NEW))
        case PutInFront(node=index, position=position, op_type=op_type, attributes=attributes, more=more):
            stored |= {f"{_NEW}{i}": fact for i, fact in enumerate(more)}
            given = graph.nodes[index].inputs[position]
            new = Node(op_type, "", (given, *stored), (_NEW,), Attributes(attributes), "", "", -1)
            changed = _with_node(graph, index, _taking(graph.nodes[index], position, _NEW), new)
        case PutAround(node=index, perm=perm):
            node, back = graph.nodes[index], tuple(perm.index(i) for i in range(len(perm)))
            changed = _with_node(
                graph,
                index,
                _taking(node, 0, _NEW)._replace(outputs=(f"{_NEW}1", *node.outputs[1:])),
                Node("Transpose", "", (node.inputs[0],), (_NEW,), Attributes({"perm": perm}), "", "", -1),
                Node("Transpose", "", (f"{_NEW}1",), (node.outputs[0],), Attributes({"perm": back}), "", "", -1),
            )
    return None if changed is None else facts.of_model(facts.model._replace(graph=changed), stored)


def _taking(node: Node, position: int, name: str) -> Node:
    return node._replace(inputs=(*node.inputs[:position], name, *node.inputs[position + 1 :]))


def _with_node(graph: Graph, index: int, node: Node, *more: Node) -> Graph:
    return graph._replace(nodes=(*graph.nodes[:index], node, *graph.nodes[index + 1 :], *more))


def _with_dims(graph: Graph, name: str, dims: tuple[int, ...]) -> Graph | None:
    for i, tensor in enumerate(graph.initializers):
        if tensor.name == name:
            changed = (*graph.initializers[:i], tensor._replace(dims=dims), *graph.initializers[i + 1 :])
            return graph._replace(initializers=changed)
    index = graph.producers.get(name)
    if index is None:
        return None
    node = graph.nodes[index]
    value = node.attributes.get("value")
    if node.op_type != "Constant" or not isinstance(value, Tensor):
        return None
    attributes = Attributes({**node.attributes, "value": value._replace(dims=dims)})
    return _with_node(graph, index, node._replace(attributes=attributes))


def _contradicted(facts: Facts) -> frozenset[str]:
    """The outputs of the graph whose declaration is not what comes out."""
    found = set()
    for value in facts.model.graph.outputs:
        said, made = declared(value), facts.at(value.name)
        if said.shape is None or made is None or made.shape is None or made.declared:
            continue
        if len(said.shape) != len(made.shape) or any(
            isinstance(a, int) and b is not None and same(a, b) is False
            for a, b in zip(said.shape, made.shape, strict=True)
        ):
            found.add(value.name)
    return frozenset(found)
