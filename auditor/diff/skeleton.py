"""A graph without its names: nodes, what stands at each input, and who takes what they make.

Constants are no nodes here but stored tensors, as initializers are: exporters choose freely between the two.
"""

from __future__ import annotations

from typing import TypeAlias

from ..model.dtypes import DType
from ..model.graph import Graph, Node, captured, has_subgraphs
from ..model.scopes import Scope
from ..model.tensor import Blob, SparseTensor, Tensor
from .difference import NodeAt, StoredAt

Source: TypeAlias = tuple[int, int, int]
"""What stands at an input: (NODE, maker, which of its outputs), (STORED, which, 0), (PORT, which input, 0),
(OUTER, which tensor of a graph around, 0), (NOTHING, 0, 0)."""

NODE, STORED, PORT, OUTER, NOTHING = range(5)
ABSENT: Source = (NOTHING, 0, 0)

CAPTURED = -1
"""The place of what a node's subgraphs take: these have no order."""

_EITHER_WAY = frozenset(
    {"Add", "Mul", "And", "Or", "Xor", "Equal", "Max", "Min", "BitwiseAnd", "BitwiseOr", "BitwiseXor"}
)
_QUANTISING = frozenset({"QuantizeLinear", "DequantizeLinear"})
_OF_TWO = frozenset({"Sum", "Mean"})  # of three, the order is that of rounding

_LITERALS = {
    "value_int": DType.INT64, "value_ints": DType.INT64, "value_float": DType.FLOAT, "value_floats": DType.FLOAT,
    "value_string": DType.STRING, "value_strings": DType.STRING,
}  # fmt: skip


def is_commutative(node: Node) -> bool:
    """Whether its inputs may stand in any order, to the last bit."""
    if node.domain:
        return False
    return node.op_type in _EITHER_WAY or (node.op_type in _OF_TWO and len(node.inputs) == 2)


class Skeleton:
    """One body of nodes. Lists are by the index of the node in the file; of Constants they are empty."""

    def __init__(self, scope: Scope, through: bool = False) -> None:
        graph = self.graph = scope.graph
        self.scope = scope
        self.path = scope.path
        self.stored: list[StoredAt] = []
        self.outer: list[str] = []
        self.nodes: list[int] = []
        self.sources: list[tuple[Source, ...]] = []
        self.held: dict[int, tuple[Source, ...]] = {}
        """What subgraphs take, by the node that holds them."""
        self.users: list[list[tuple[int, int, int]]] = [[] for _ in graph.nodes]
        """Of each node who takes its outputs: (user, at which input, which output)."""
        self.output_ports: dict[int, list[tuple[int, int]]] = {}
        """Of each node which of its outputs the graph hands out: (output, place)."""
        self.port_users: list[list[tuple[int, int]]] = [[] for _ in graph.feeds]
        self.stored_users: list[list[tuple[int, int]]] = []
        self.commutative: list[bool] = []
        self.transparent: dict[int, Source] = {}
        """Nodes that quantise or lead back, where these are not looked at, and what stands behind them."""
        self._known: dict[str, Source] = {"": ABSENT}
        self._define(graph)
        if through:
            self._look_through(graph)
        self._connect(graph)

    def source(self, name: str) -> Source:
        """Where a tensor comes from."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = (OUTER, len(self.outer), 0)
            self.outer.append(name)
        return found

    def name(self, source: Source) -> str:
        """The tensor's name in the file; "" where there is none."""
        kind, at, out = source
        if kind == NODE:
            return self.graph.nodes[at].outputs[out]
        if kind == STORED:
            return self.stored[at].name
        if kind == PORT:
            return self.graph.feeds[at].name
        return self.outer[at] if kind == OUTER else ""

    def at(self, index: int) -> NodeAt:
        return NodeAt(self.path, index, self.graph.label(index), self.graph.nodes[index].op_type)

    def _define(self, graph: Graph) -> None:
        known = self._known
        for i, value in enumerate(graph.feeds):
            known.setdefault(value.name, (PORT, i, 0))
        for tensor in graph.initializers:
            if tensor.name:
                known.setdefault(tensor.name, self._store(StoredAt(self.path, tensor.name, tensor)))
        for sparse in graph.sparse_initializers:
            if sparse.name:
                known.setdefault(sparse.name, self._store(_sparse(self.path, sparse.name, sparse)))
        for i, node in enumerate(graph.nodes):
            constant = _constant(self.path, node)
            if constant is not None:
                known.setdefault(node.outputs[0], self._store(constant))
                continue
            self.nodes.append(i)
            for out, name in enumerate(node.outputs):
                if name:
                    known.setdefault(name, (NODE, i, out))

    def _store(self, stored: StoredAt) -> Source:
        self.stored.append(stored)
        self.stored_users.append([])
        return STORED, len(self.stored) - 1, 0

    def _look_through(self, graph: Graph) -> None:
        """What stands behind QuantizeLinear and DequantizeLinear stands in their place."""
        quantising = [i for i in self.nodes if graph.nodes[i].op_type in _QUANTISING and not graph.nodes[i].domain]
        for i in quantising:
            node = graph.nodes[i]
            if node.inputs and len(node.outputs) == 1:
                self.transparent[i] = self._known.get(node.inputs[0]) or self.source(node.inputs[0])
        for i, behind in self.transparent.items():
            seen = {i}
            while behind[0] == NODE and behind[1] in self.transparent and behind[1] not in seen:
                seen.add(behind[1])
                behind = self.transparent[behind[1]]
            self.transparent[i] = behind
            self._known[graph.nodes[i].outputs[0]] = behind
        self.nodes = [i for i in self.nodes if i not in self.transparent]

    def _connect(self, graph: Graph) -> None:
        alive = set(self.nodes)
        known, source = self._known, self.source
        for i, node in enumerate(graph.nodes):
            if i not in alive:
                self.sources.append(())
                if i in self.transparent:
                    for slot, name in enumerate(node.inputs[1:], 1):
                        self._use(source(name), i, slot)
                self.commutative.append(False)
                continue
            self.commutative.append(is_commutative(node))
            sources = tuple([known.get(name) or source(name) for name in node.inputs])
            while sources and sources[-1] == ABSENT:  # an input that is left out, and one that is not there
                sources = sources[:-1]
            self.sources.append(sources)
            for slot, found in enumerate(sources):
                self._use(found, i, slot)
            if has_subgraphs(node):
                held = tuple(source(name) for name in captured(node))
                self.held[i] = held
                for found in held:
                    self._use(found, i, CAPTURED)
        self.outputs = [self.source(value.name) for value in graph.outputs]
        for place, (kind, at, out) in enumerate(self.outputs):
            if kind == NODE:
                self.output_ports.setdefault(at, []).append((out, place))

    def _use(self, source: Source, user: int, slot: int) -> None:
        kind, at, out = source
        if kind == NODE:
            self.users[at].append((user, slot, out))
        elif kind == STORED:
            self.stored_users[at].append((user, slot))
        elif kind == PORT:
            self.port_users[at].append((user, slot))


def _sparse(path: str, name: str, sparse: SparseTensor) -> StoredAt:
    return StoredAt(path, name, sparse.values, sparse)


def _constant(path: str, node: Node) -> StoredAt | None:
    """The tensor that a Constant stores; None of any other node, and where the value comes with a call."""
    if node.op_type != "Constant" or node.domain or len(node.outputs) != 1 or len(node.attributes) != 1:
        return None
    if not node.outputs[0] or node.inputs:
        return None
    (attribute, value), name = next(iter(node.attributes.items())), node.outputs[0]
    match value:
        case Tensor() if attribute == "value":
            return StoredAt(path, name, value)
        case SparseTensor() if attribute == "sparse_value":
            return _sparse(path, name, value)
        case int() | float() | str() if attribute in _LITERALS and not attribute.endswith("s"):
            return StoredAt(path, name, Tensor(name, _LITERALS[attribute], (), (), None, -1), None, (value,))
        case tuple() if attribute in _LITERALS and not any(isinstance(v, Blob) for v in value):
            literal = tuple(v for v in value if isinstance(v, int | float | str))
            tensor = Tensor(name, _LITERALS[attribute], (len(value),), (), None, -1)
            return StoredAt(path, name, tensor, None, literal) if len(literal) == len(value) else None
    return None
