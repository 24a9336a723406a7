"""A model under repair: the views that were read, the views as edited, and the new data of tensors.

An edit is a function from one draft to the next. Messages are known again by the byte where they lie in the file, so
that the writer finds out by itself which of them are other than they were; what an edit adds has an offset below zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..model.graph import Attribute, Attributes, Function, Graph, Model, Node, Value, subgraphs
from ..model.tensor import Tensor
from ..shapes.fact import Element, Fact
from ..shapes.facts import Facts, infer
from ..tuples import NamedTuple
from .rope import Rope

_NO_DATA: Mapping[int, Data] = {}
_NO_FILES: Mapping[str, Rope] = {}


class OutsideFile(NamedTuple):
    """Where the data of a tensor will lie in a data file of the model."""

    location: str
    offset: int
    length: int


class Data(NamedTuple):
    """What a tensor holds from now on: raw data, or where it lies. ``elements``: the values, where they are few."""

    content: Rope | OutsideFile
    elements: tuple[Element, ...] | None = None


class Draft(NamedTuple):
    source: Model  # as it was read
    model: Model  # as edited
    data: Mapping[int, Data] = _NO_DATA  # by the offset of the tensor
    files: Mapping[str, Rope] = _NO_FILES  # data files that are made anew, by their location

    def on(self, model: Model) -> Draft:
        """With another model, and no new data."""
        return Draft(self.source, model)

    def with_graph(self, graph: Graph) -> Draft:
        """With another main graph."""
        return self._replace(model=self.model._replace(graph=graph))

    def with_node(self, index: int, node: Node) -> Draft:
        """With another node in the main graph."""
        nodes = self.model.graph.nodes
        return self.with_graph(self.model.graph._replace(nodes=(*nodes[:index], node, *nodes[index + 1 :])))

    def with_data(self, tensor: Tensor, data: Data) -> tuple[Draft, Tensor]:
        """With other data for a tensor, which has to be put where the old one stood."""
        tensor = tensor._replace(spans=(), external=None)
        return self._replace(data={**self.data, tensor.offset: data}), tensor

    def new_offset(self) -> int:
        """For a tensor that no file holds yet."""
        return min((-2, *(offset - 1 for offset in self.data)))

    def adding(self, name: str, dtype: int, dims: tuple[int, ...], raw: bytes, elements: tuple[Element, ...]) -> Draft:
        """With a new small initializer in the main graph."""
        tensor = Tensor(name, dtype, dims, (), None, self.new_offset())
        draft = self._replace(data={**self.data, tensor.offset: Data((raw,), elements)})
        graph = draft.model.graph
        return draft.with_graph(graph._replace(initializers=(*graph.initializers, tensor)))

    def changed(self, change: Callable[[Graph], Graph], nodes: Callable[[Node], Node] = lambda n: n) -> Draft:
        """With each graph, the innermost first, and each node of them and of functions as the changes have it."""
        model = self.model
        functions = {key: _of_function(function, change, nodes) for key, function in model.functions.items()}
        graph = _of_graph(model.graph, change, nodes)
        if graph is model.graph and all(functions[key] is model.functions[key] for key in functions):
            return self
        return self._replace(model=model._replace(graph=graph, functions=functions))

    def stored(self, name: str) -> Tensor | None:
        """The tensor of the main graph that an initializer or a Constant holds under a name."""
        graph = self.model.graph
        for tensor in graph.initializers:
            if tensor.name == name:
                return tensor
        index = graph.producers.get(name)
        held = None if index is None else graph.nodes[index].attributes.get("value")
        return held if isinstance(held, Tensor) else None

    def with_stored(self, name: str, new: Tensor) -> Draft:
        """With another tensor where `stored` found one."""
        graph = self.model.graph
        if any(t.name == name for t in graph.initializers):
            tensors = tuple(new if t.name == name else t for t in graph.initializers)
            return self.with_graph(graph._replace(initializers=tensors))
        index = graph.producers[name]
        return self.with_node(index, with_attribute(graph.nodes[index], "value", new))

    def inserting(self, index: int, *nodes: Node) -> Draft:
        """With new nodes in front of one of the main graph."""
        graph = self.model.graph
        return self.with_graph(graph._replace(nodes=(*graph.nodes[:index], *nodes, *graph.nodes[index:])))

    def node(self, offset: int) -> tuple[int, Node] | None:
        """The node of the main graph that the file has at a byte, and its index now."""
        return next(((i, n) for i, n in enumerate(self.model.graph.nodes) if n.offset == offset), None)

    def facts(self, shapes: Mapping[str, Any] | None = None) -> Facts:
        """What propagation makes of the draft."""
        model, stored = self._walkable()
        names = {v.name for v in model.graph.feeds}
        given = {name: shape for name, shape in (shapes or {}).items() if name in names}
        return infer(model, given, stored=stored)

    def _walkable(self) -> tuple[Model, Mapping[str, Fact]]:
        """The model without the initializers whose data is new, and those as facts: nobody can read them yet."""
        graph = self.model.graph
        new = {t.name: t for t in graph.initializers if t.offset in self.data}
        if not new:
            return self.model, {}
        stored = {name: Fact(t.dtype, t.dims, self.data[t.offset].elements) for name, t in new.items()}
        kept = tuple(t for t in graph.initializers if t.name not in new)
        inputs = tuple(v for v in graph.inputs if v.name not in new)
        return self.model._replace(graph=graph._replace(initializers=kept, inputs=inputs)), stored


def _of_function(function: Function, change: Callable[[Graph], Graph], nodes: Callable[[Node], Node]) -> Function:
    changed = tuple(_of_node(node, change, nodes) for node in function.nodes)
    same = all(a is b for a, b in zip(changed, function.nodes, strict=True))
    return function if same else function._replace(nodes=changed)


def _of_graph(graph: Graph, change: Callable[[Graph], Graph], nodes: Callable[[Node], Node]) -> Graph:
    changed = tuple(_of_node(node, change, nodes) for node in graph.nodes)
    if any(a is not b for a, b in zip(changed, graph.nodes, strict=True)):
        graph = graph._replace(nodes=changed)
    return change(graph)


def _of_node(node: Node, change: Callable[[Graph], Graph], nodes: Callable[[Node], Node]) -> Node:
    new: dict[str, Attribute] = {}
    if any(True for _ in subgraphs(node)):
        for name, value in node.attributes.items():
            match value:
                case Graph():
                    body = _of_graph(value, change, nodes)
                    if body is not value:
                        new[name] = body
                case tuple() if type(value) is tuple and value and isinstance(value[0], Graph):
                    bodies = tuple(_of_graph(g, change, nodes) for g in value if isinstance(g, Graph))
                    if any(a is not b for a, b in zip(bodies, value, strict=True)):
                        new[name] = bodies
    if new:
        node = node._replace(attributes=Attributes({**node.attributes, **new}))
    return nodes(node)


def with_attribute(node: Node, name: str, value: Attribute) -> Node:
    """The node with another value for an attribute."""
    return node._replace(attributes=Attributes({**node.attributes, name: value}))


def taking(node: Node, position: int, name: str) -> Node:
    """The node with another tensor at an input."""
    inputs = (*node.inputs, *("",) * (position + 1 - len(node.inputs)))
    return node._replace(inputs=(*inputs[:position], name, *inputs[position + 1 :]))


def fresh(wanted: str, taken: Iterable[str]) -> str:
    """A name that nothing has yet."""
    held = set(taken)
    name, number = wanted, 2
    while name in held:
        name, number = f"{wanted}_{number}", number + 1
    return name


def names_in(model: Model) -> set[str]:
    """Every name of a tensor, of all graphs: a new one must hide none and be hidden by none."""
    found: set[str] = set()
    graphs = [graph for _, graph in model.graphs]
    for graph in graphs:
        found |= graph.initializer_names
        found.update(v.name for values in (graph.inputs, graph.outputs, graph.value_info) for v in values)
        found.update(name for node in graph.nodes for name in (*node.inputs, *node.outputs))
    return found


def renamed_value(value: Value, names: Mapping[str, str]) -> Value:
    return value._replace(name=names[value.name]) if value.name in names else value
