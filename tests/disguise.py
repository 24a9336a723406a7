"""The same model with every name and every free order another: what no fingerprint may notice."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, MutableSequence, Sequence
from typing import Any

from onnx import AttributeProto, GraphProto, ModelProto, NodeProto

Place = tuple[str, str]
"""Path of the graph and label of the node."""


class Disguise:
    """A model disguised: ``model``, and in ``places`` where each node of the first one now is."""

    def __init__(self, model: ModelProto, seed: int) -> None:
        self._random = random.Random(seed)
        self.names: dict[str, str] = {}
        self._functions = {(f.domain, f.name): f"F{self._random.randrange(10**9)}" for f in model.functions}
        self.places: dict[Place, Place] = {}
        self.model = ModelProto()
        self.model.CopyFrom(model)
        self._graph(self.model.graph, "", "")
        for function in self.model.functions:
            old, new = function.name, self._functions[function.domain, function.name]
            function.name = new
            head = f"function {function.domain}." if function.domain else "function "
            for names in (function.input, function.output):
                names[:] = [self._name(name) for name in names]
            self._nodes(function.node, head + old, head + new)

    def _graph(self, graph: GraphProto, old: str, new: str) -> None:
        graph.name = "g"
        for values in (graph.input, graph.output, graph.value_info, graph.initializer):
            for value in values:
                value.name = self._name(value.name)
        for sparse in graph.sparse_initializer:
            sparse.values.name = self._name(sparse.values.name)
        for note in graph.quantization_annotation:
            note.tensor_name = self._name(note.tensor_name)
        for free in (graph.initializer, graph.sparse_initializer, graph.value_info):
            self._shuffle(free)
        self._nodes(graph.node, old, new)

    def _nodes(self, nodes: MutableSequence[NodeProto], old: str, new: str) -> None:
        """In a new order, in which nodes that hang together stand as they stood to each other."""
        order = self._order(nodes)
        labels = [n.name or f"{n.op_type}[{i}]" for i, n in enumerate(nodes)]
        moved = []
        for place, index in enumerate(order):
            node = NodeProto()
            node.CopyFrom(nodes[index])
            node.op_type = self._functions.get((node.domain, node.op_type), node.op_type)
            node.name = node.name and "n" + self._name(node.name)
            label = node.name or f"{node.op_type}[{place}]"
            self.places.setdefault((old, labels[index]), (new, label))
            for names in (node.input, node.output):
                names[:] = [self._name(name) for name in names]
            for spec in (s for devices in node.device_configurations for s in devices.sharding_spec):
                spec.tensor_name = self._name(spec.tensor_name)
            for attribute, graph, at in subgraphs(node):
                branch = f"{attribute.name}{at}"
                self._graph(graph, f"{old}/{labels[index]}/{branch}".lstrip("/"), f"{new}/{label}/{branch}".lstrip("/"))
            moved.append(node)
        del nodes[:]
        nodes.extend(moved)

    def _order(self, nodes: Sequence[NodeProto]) -> list[int]:
        makers: defaultdict[str, list[int]] = defaultdict(list)
        for i, node in enumerate(nodes):
            for name in filter(None, node.output):
                makers[name].append(i)
        tied: defaultdict[int, set[int]] = defaultdict(set)
        for i, node in enumerate(nodes):
            for name in (*taken(node), *node.output):
                for maker in makers.get(name, ()):
                    if maker != i:
                        tied[max(i, maker)].add(min(i, maker))
        waits = {i: len(tied[i]) for i in range(len(nodes))}
        follows: defaultdict[int, list[int]] = defaultdict(list)
        for later, earlier in tied.items():
            for i in earlier:
                follows[i].append(later)
        ready = [i for i in waits if not waits[i]]
        order = []
        while ready:
            index = ready.pop(self._random.randrange(len(ready)))
            order.append(index)
            for later in follows[index]:
                waits[later] -= 1
                if not waits[later]:
                    ready.append(later)
        return order

    def _shuffle(self, things: MutableSequence[Any]) -> None:
        copies = []
        for thing in things:
            copy = type(thing)()
            copy.CopyFrom(thing)
            copies.append(copy)
        self._random.shuffle(copies)
        del things[:]
        things.extend(copies)

    def _name(self, name: str) -> str:
        if not name:
            return ""
        return self.names.setdefault(name, f"{self._random.randrange(10**12)}_{len(self.names)}")


def subgraphs(node: NodeProto) -> Iterator[tuple[AttributeProto, GraphProto, str]]:
    """The graphs among a node's attributes, and for one of a list which."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute, attribute.g, ""
        for i, graph in enumerate(attribute.graphs):
            yield attribute, graph, f"[{i}]"


def taken(node: NodeProto) -> Iterator[str]:
    """All that a node and its subgraphs take."""
    yield from filter(None, node.input)
    for _, graph, _ in subgraphs(node):
        yield from (value.name for value in graph.output)
        for inner in graph.node:
            yield from taken(inner)
