"""Which tensors a model stores, and which nodes use them: through operators that only hand a weight on."""

from collections.abc import Iterator, Mapping

from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..model.tensor import SparseTensor, Tensor
from ..tuples import NamedTuple

_CARRIERS = frozenset({"Identity", "Transpose", "Reshape", "Cast", "Squeeze", "Unsqueeze", "Flatten"})
"""Operators whose first input arrives unchanged in number, whatever its form."""

_STORED_OR_CARRIED = _CARRIERS | {"Constant"}


_DENSE: dict[str, tuple[int, ...]] = {
    "Conv": (1,),
    "ConvTranspose": (1,),
    "DeformConv": (1,),
    "Gemm": (0, 1),
    "MatMul": (0, 1),
    "RNN": (1, 2),
    "GRU": (1, 2),
    "LSTM": (1, 2),
    "FusedConv": (1,),
    "FusedMatMul": (0, 1),
}
"""Operators of dense arithmetic, and where they take their weights."""

_NORMALIZING = frozenset({"BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization"})


class Key(NamedTuple):
    """Where a tensor lives: the path of its graph, and its name there (a Constant's is its output's)."""

    graph: str
    tensor: str


class Use(NamedTuple):
    """A node that takes a stored tensor, directly or through carriers, as this input."""

    scope: Scope
    at: int  # the node's index there
    position: int  # of the input

    @property
    def node(self) -> Node:
        return self.scope.graph.nodes[self.at]

    @property
    def label(self) -> str:
        return self.scope.graph.label(self.at)

    @property
    def dense(self) -> bool:
        """Whether the tensor is a weight of dense arithmetic here: each number goes into many sums."""
        return self.position in _DENSE.get(self.node.op_type, ())

    @property
    def computes(self) -> bool:
        """Whether the tensor's numbers all go into the result: a dense weight, a bias, a normalization's parameters."""
        return self.node.op_type in _DENSE or self.node.op_type in _NORMALIZING


def stored(model: Model) -> Iterator[tuple[Key, Tensor]]:
    """Every stored tensor in the order of the file's graphs; of a sparse one, its values."""
    for scope in scopes(model):
        for tensor in scope.graph.initializers:
            yield Key(scope.path, tensor.name), tensor
        for sparse in scope.graph.sparse_initializers:
            yield Key(scope.path, sparse.name), sparse.values
        for index, node in enumerate(scope.graph.nodes):
            if node.attributes:
                yield from _in_attributes(scope, index, node)


def _in_attributes(scope: Scope, index: int, node: Node) -> Iterator[tuple[Key, Tensor]]:
    for name, value in node.attributes.items():
        if isinstance(value, SparseTensor):
            value = value.values
        if isinstance(value, Tensor):
            if constant(node) is not None:
                yield Key(scope.path, node.outputs[0]), value
            elif node.op_type != "ConstantOfShape":  # its one number is not a weight
                yield Key(scope.path, f"{scope.graph.label(index)}.{name}"), value


def constant(node: Node) -> Tensor | None:
    """The tensor that a Constant node gives."""
    if node.op_type != "Constant" or node.domain or not node.outputs or not node.outputs[0]:
        return None
    value = node.attributes.get("value") or node.attributes.get("sparse_value")
    if isinstance(value, SparseTensor):
        return value.values
    return value if isinstance(value, Tensor) else None


class Sources:
    """Looks up the stored tensor behind the input of a node, and the nodes behind a stored tensor."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._initializers: dict[str, Mapping[str, Tensor]] = {}
        self._uses: dict[int, list[Use]] | None = None

    def behind(self, scope: Scope, name: str) -> tuple[Key, Tensor] | None:
        """The stored tensor that arrives as ``name``; None where the value is computed, or given by a caller."""
        for _ in range(64):  # a chain of carriers; a cycle ends here
            while not scope.holds(name):
                if scope.outside is None:
                    return None
                scope = scope.outside
            tensor = self._stored(scope).get(name)
            if tensor is not None:
                return Key(scope.path, name), tensor
            index = scope.graph.producers.get(name)
            if index is None:
                return None
            node = scope.graph.nodes[index]
            tensor = constant(node)
            if tensor is not None:
                return Key(scope.path, name), tensor
            if node.op_type not in _CARRIERS or node.domain or not node.inputs:
                return None
            name = node.inputs[0]
        return None

    def uses(self, tensor: Tensor) -> tuple[Use, ...]:
        """The nodes that take a stored tensor."""
        if self._uses is None:
            self._uses = {}
            carried: dict[str, frozenset[str]] = {}  # what may be a stored tensor, by the scope's path
            for scope in scopes(self._model):
                nodes = scope.graph.nodes
                names = {name for node in nodes if node.op_type in _STORED_OR_CARRIED for name in node.outputs}
                names |= scope.graph.initializer_names
                here = carried[scope.path] = frozenset(names) | (
                    carried[scope.outside.path] if scope.outside else frozenset()
                )
                for index, node in enumerate(nodes):
                    if node.op_type in _CARRIERS and not node.domain:
                        continue
                    for position, name in enumerate(node.inputs):
                        found = self.behind(scope, name) if name in here else None
                        if found is not None:
                            self._uses.setdefault(id(found[1]), []).append(Use(scope, index, position))
        return tuple(self._uses.get(id(tensor), ()))

    def _stored(self, scope: Scope) -> Mapping[str, Tensor]:
        known = self._initializers.get(scope.path)
        if known is None:
            graph = scope.graph
            known = {t.name: t for t in graph.initializers} | {s.name: s.values for s in graph.sparse_initializers}
            self._initializers[scope.path] = known
        return known
