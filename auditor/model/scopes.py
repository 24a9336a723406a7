"""Every body of nodes that a model has: the main graph, its functions, and the subgraphs in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from .graph import Function, Graph, Model, Node, Value, subgraphs


class Scope(NamedTuple):
    """A graph (a function's body is given the form of one) and the opsets that bind in it."""

    path: str  # "" for the main graph, ``outer/then_branch``, ``function domain.name``
    graph: Graph
    opsets: Mapping[str, int]
    function: Function | None
    outside: Scope | None  # the scope whose node holds this subgraph
    holder: int  # that node's index

    def holds(self, name: str) -> bool:
        """Whether the graph itself defines a tensor of this name."""
        graph = self.graph
        return name in graph.producers or name in graph.initializer_names or name in self.inputs

    @property
    def inputs(self) -> frozenset[str]:
        return frozenset(v.name for v in self.graph.inputs)


_known: WeakKeyDictionary[Model, tuple[Scope, ...]] = WeakKeyDictionary()


def scopes(model: Model) -> tuple[Scope, ...]:
    """All of them, the main graph first, a graph before those inside it."""
    found = _known.get(model)
    if found is None:
        found = _known[model] = tuple(_all(model))
    return found


def _all(model: Model) -> Iterator[Scope]:
    yield from _below(Scope("", model.graph, model.opsets, None, None, -1))
    for function in model.functions.values():
        path = f"function {function.domain}.{function.name}" if function.domain else f"function {function.name}"
        yield from _below(Scope(path, _as_graph(function), function.opsets, function, None, -1))


def _as_graph(function: Function) -> Graph:
    inputs = tuple(Value(name, None, function.offset) for name in function.inputs)
    outputs = tuple(Value(name, None, function.offset) for name in function.outputs)
    return Graph(function.name, function.nodes, (), (), inputs, outputs, (), function.offset)


def _below(top: Scope) -> Iterator[Scope]:
    waiting = [top]
    plain: set[int] = set()  # attributes without graphs: equal ones are one object
    while waiting:
        scope = waiting.pop()
        yield scope
        inner = []
        for i, node in enumerate(scope.graph.nodes):
            if not node.attributes or id(node.attributes) in plain:
                continue
            held = list(subgraphs(node))
            if not held:
                plain.add(id(node.attributes))
            label = scope.graph.label(i) if held else ""
            for name, graph in held:
                path = f"{scope.path}/{label}/{name}" if scope.path else f"{label}/{name}"
                inner.append(Scope(path, graph, scope.opsets, scope.function, scope, i))
        waiting.extend(reversed(inner))


def node_at(model: Model, offset: int) -> tuple[Scope, int, Node] | None:
    """The node whose message begins at this byte of the file."""
    for scope in scopes(model):
        for i, node in enumerate(scope.graph.nodes):
            if node.offset == offset:
                return scope, i, node
    return None


_PURE = frozenset({"", "ai.onnx.ml", "com.microsoft"})
"""Domains whose operators only compute; what others do, nobody knows."""


def dead_nodes(graph: Graph) -> list[int]:
    """The nodes from which no path leads to an output."""
    wanted = {v.name for v in graph.outputs}
    alive = {i for i, node in enumerate(graph.nodes) if node.domain not in _PURE or not wanted.isdisjoint(node.outputs)}
    if len(alive) == len(graph.nodes):
        return []
    takes: dict[int, list[str]] = {}
    for name, users in graph.consumers.items():
        for i in users:
            takes.setdefault(i, []).append(name)
    makers: dict[str, list[int]] = {}  # a wrong model may make a tensor twice: then neither is dead
    for i, node in enumerate(graph.nodes):
        for name in node.outputs:
            makers.setdefault(name, []).append(i)
    waiting = list(alive)
    while waiting:
        for name in takes.get(waiting.pop(), ()):
            for maker in makers.get(name, ()):
                if maker not in alive:
                    alive.add(maker)
                    waiting.append(maker)
    return [i for i in range(len(graph.nodes)) if i not in alive]


def opsets_of(model: Model, nodes: tuple[Node, ...]) -> Mapping[str, int]:
    """The opsets that bind in the body that these nodes are."""
    return next((scope.opsets for scope in scopes(model) if scope.graph.nodes is nodes), model.opsets)
