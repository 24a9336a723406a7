"""Tensors under other names: in a graph and in the graphs within it, as far as a name reaches."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.graph import Attribute, Attributes, Graph, Node, captured, subgraphs
from .draft import renamed_value

Names = Mapping[str, str]


def with_uses(graph: Graph, names: Names) -> Graph:
    """The graph taking and handing out other tensors. What it makes itself keeps its name.

    That none of the new names is `hidden` is the caller's to see to.
    """
    nodes = tuple(_using(node, names) for node in graph.nodes)
    outputs = tuple(renamed_value(v, names) for v in graph.outputs)
    if all(a is b for a, b in zip(nodes, graph.nodes, strict=True)) and outputs == graph.outputs:
        return graph
    return graph._replace(nodes=nodes, outputs=outputs)


def with_tensors(graph: Graph, names: Names) -> Graph:
    """The graph with other names for tensors that are its own, and for their uses."""
    graph = with_uses(graph, names)
    return graph._replace(
        nodes=tuple(_making(node, names) for node in graph.nodes),
        inputs=tuple(renamed_value(v, names) for v in graph.inputs),
        value_info=tuple(renamed_value(v, names) for v in graph.value_info),
        initializers=tuple(t._replace(name=names.get(t.name, t.name)) for t in graph.initializers),
    )


def _making(node: Node, names: Names) -> Node:
    if names.keys().isdisjoint(node.outputs):
        return node
    return node._replace(outputs=tuple(names.get(name, name) for name in node.outputs))


def _using(node: Node, names: Names) -> Node:
    if not names.keys().isdisjoint(node.inputs):
        node = node._replace(inputs=tuple(names.get(name, name) for name in node.inputs))
    if names.keys().isdisjoint(captured(node)):
        return node
    new: dict[str, Attribute] = {}
    for name, value in node.attributes.items():
        match value:
            case Graph():
                new[name] = _inner(value, names)
            case tuple() if type(value) is tuple and value and isinstance(value[0], Graph):
                new[name] = tuple(_inner(g, names) for g in value if isinstance(g, Graph))
    return node._replace(attributes=Attributes({**node.attributes, **new}))


def _inner(graph: Graph, names: Names) -> Graph:
    """A body sees of the names outside those that it does not have itself."""
    own = graph.initializer_names | {v.name for v in graph.inputs} | frozenset(graph.producers)
    seen = {old: new for old, new in names.items() if old not in own}
    return with_uses(graph, seen) if seen else graph


def hidden(graph: Graph) -> set[str]:
    """The names that graphs within a graph have for tensors of their own: in there they are not the graph's."""
    found: set[str] = set()
    waiting = [inner for node in graph.nodes for _, inner in subgraphs(node)]
    while waiting:
        one = waiting.pop()
        found |= one.initializer_names | {v.name for v in one.inputs} | frozenset(one.producers)
        waiting.extend(inner for node in one.nodes for _, inner in subgraphs(node))
    return found


def all_names(graph: Graph) -> set[str]:
    """Every name of a tensor in a graph and in the graphs within it."""
    found: set[str] = set()
    waiting = [graph]
    while waiting:
        one = waiting.pop()
        found |= one.initializer_names
        found.update(v.name for values in (one.inputs, one.outputs, one.value_info) for v in values)
        for node in one.nodes:
            found.update((*node.inputs, *node.outputs))
            waiting.extend(g for _, g in subgraphs(node))
    return found
