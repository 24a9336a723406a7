"""Every body of nodes that a model has: the main graph, its functions, and the subgraphs in both."""

from collections.abc import Iterator, Mapping
from itertools import chain
from operator import attrgetter
from weakref import WeakKeyDictionary

from ..tuples import NamedTuple
from .graph import Function, Graph, Model, Node, Value, captured, subgraphs


class Scope(NamedTuple):
    """A graph (a function's body is given the form of one) and the opsets that bind in it."""

    path: str  # "" for the main graph, ``outer/then_branch``, ``function domain.name``
    graph: Graph
    opsets: Mapping[str, int]
    function: Function | None
    outside: "Scope | None"  # the scope whose node holds this subgraph
    holder: int  # that node's index

    def holds(self, name: str) -> bool:
        """Whether the graph itself defines a tensor of this name."""
        graph = self.graph
        return name in graph.producers or name in graph.initializer_names or name in self.inputs

    def holds_around(self, name: str) -> bool:
        """Whether a graph around this one does; a function sees nothing of its callers."""
        around = self.outside
        while around is not None and not around.holds(name):
            around = around.outside
        return around is not None

    @property
    def inputs(self) -> frozenset[str]:
        return frozenset(v.name for v in self.graph.inputs)


_known: WeakKeyDictionary[Model, tuple[Scope, ...]] = WeakKeyDictionary()


def scopes(model: Model) -> "tuple[Scope, ...]":
    """All of them, the main graph first, a graph before those inside it."""
    found = _known.get(model)
    if found is None:
        found = _known[model] = tuple(_all(model))
    return found


def _all(model: Model) -> "Iterator[Scope]":
    yield from _below(Scope("", model.graph, model.opsets, None, None, -1))
    for function in model.functions.values():
        path = f"function {function.domain}.{function.name}" if function.domain else f"function {function.name}"
        yield from _below(Scope(path, _as_graph(function), function.opsets, function, None, -1))


def _as_graph(function: Function) -> Graph:
    inputs = tuple(Value(name, None, function.offset) for name in function.inputs)
    outputs = tuple(Value(name, None, function.offset) for name in function.outputs)
    return Graph(function.name, function.nodes, (), (), inputs, outputs, (), function.offset)


def _below(top: "Scope") -> "Iterator[Scope]":
    waiting = [top]
    while waiting:
        scope = waiting.pop()
        yield scope
        inner = []
        for i in scope.graph.holders:
            label = scope.graph.label(i)
            for name, graph in subgraphs(scope.graph.nodes[i]):
                path = f"{scope.path}/{label}/{name}" if scope.path else f"{label}/{name}"
                inner.append(Scope(path, graph, scope.opsets, scope.function, scope, i))
        waiting.extend(reversed(inner))


def node_at(model: Model, offset: int) -> "tuple[Scope, int, Node] | None":
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
    nodes = graph.nodes
    once = makes_each_once(graph)
    if once and in_order(graph) and _all_taken(graph):
        return []
    makers: Mapping[str, tuple[int, ...]] = {name: (i,) for name, i in graph.producers.items()}
    if not once:
        makers = _all_makers(nodes)  # a wrong model makes a tensor twice: then neither is dead for it
    waiting = [i for value in graph.outputs for i in makers.get(value.name, ())]
    waiting += [i for i, node in enumerate(nodes) if node.domain not in _PURE]
    alive = set(waiting)
    while waiting:
        for name in takes(nodes[waiting.pop()]):
            for maker in makers.get(name, ()):
                if maker not in alive:
                    alive.add(maker)
                    waiting.append(maker)
    return [] if len(alive) == len(nodes) else [i for i in range(len(nodes)) if i not in alive]


def makes_each_once(graph: Graph) -> bool:
    """Whether no two nodes of the graph make a tensor of one name."""
    return len(graph.producers) == sum([len(node.outputs) for node in graph.nodes]) - _left_out(graph)


def _left_out(graph: Graph) -> int:
    """Outputs that nodes do not give."""
    return sum(node.outputs.count("") * len(places) for node, places in graph.kinds if "" in node.outputs)


def _all_taken(graph: Graph) -> bool:
    """Whether something that each node makes is taken. Where nodes stand in order, none is dead then: not the last one,
    so not what it takes, and so on."""
    needed = taken(graph)
    for node in graph.nodes:
        for name in node.outputs:
            if name and name in needed:
                break
        else:
            if node.domain in _PURE:
                return False
    return True


def _all_makers(nodes: tuple[Node, ...]) -> Mapping[str, tuple[int, ...]]:
    makers: dict[str, tuple[int, ...]] = {}
    for i, node in enumerate(nodes):
        for name in node.outputs:
            makers[name] = (*makers.get(name, ()), i)
    return makers


def takes(node: Node) -> tuple[str, ...]:
    """The tensors that a node needs, its subgraphs' included."""
    for value in node.attributes.values():
        if isinstance(value, Graph) or (type(value) is tuple and value and isinstance(value[0], Graph)):
            return (*node.inputs, *captured(node))
    return node.inputs


_taken: WeakKeyDictionary[Graph, frozenset[str]] = WeakKeyDictionary()


def taken(graph: Graph) -> frozenset[str]:
    """The tensors that some node needs, or that the graph hands out."""
    found = _taken.get(graph)
    if found is None:
        names: set[str] = {value.name for value in graph.outputs}
        names.update(chain.from_iterable(map(attrgetter("inputs"), graph.nodes)))
        for i in graph.holders:
            names.update(captured(graph.nodes[i]))
        found = _taken[graph] = frozenset(names)
    return found


_sorted: WeakKeyDictionary[Graph, bool] = WeakKeyDictionary()


def in_order(graph: Graph) -> bool:
    """Whether each node stands behind those that make its inputs: then there is no cycle either."""
    found = _sorted.get(graph)
    if found is None:
        found = _sorted[graph] = _in_order(graph)
    return found


def _in_order(graph: Graph) -> bool:
    made = graph.producers.get
    for i, node in enumerate(graph.nodes):
        for name in node.inputs:
            if made(name, -1) >= i:
                return False
    return all(made(name, -1) < i for i in graph.holders for name in captured(graph.nodes[i]))


def opsets_of(model: Model, nodes: tuple[Node, ...]) -> Mapping[str, int]:
    """The opsets that bind in the body that these nodes are."""
    return next((scope.opsets for scope in scopes(model) if scope.graph.nodes is nodes), model.opsets)


_Key = tuple[str, str, str]


def called_functions(model: Model) -> set[_Key]:
    """The functions, by domain, name and overload, that the graph calls, or what it calls."""
    calls: dict[_Key | None, set[_Key]] = {}  # by the function that calls; None: the graph
    for scope in scopes(model):
        caller = scope.function
        key = None if caller is None else (caller.domain, caller.name, caller.overload)
        called = calls.setdefault(key, set())
        called.update((n.domain, n.op_type, n.overload) for n in scope.graph.nodes)
    reached, waiting = set[_Key](), list(calls.get(None, ()))
    while waiting:
        key = waiting.pop()
        if key in model.functions and key not in reached:
            reached.add(key)
            waiting.extend(calls.get(key, ()))
    return reached
