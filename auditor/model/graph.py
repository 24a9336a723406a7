"""Read-only views of an ONNX model: plain tuples, with payloads left where they lie.

Nothing here reads a file; `load` makes these, and `payload` reads tensor contents.
Strings that are not UTF-8 are decoded with ``surrogateescape`` and reported as a trouble of the file.
"""

from array import array
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from ..record import Record
from ..tuples import NamedTuple
from .file_troubles import Trouble
from .holes import Lacking
from .tensor import Blob, SparseTensor, Tensor


class TensorType(NamedTuple):
    dtype: int
    shape: tuple[int | str | None, ...] | None  # None: rank unknown; a str is a dim_param
    sparse: bool = False


class SequenceType(NamedTuple):
    element: "Type | None"


class OptionalType(NamedTuple):
    element: "Type | None"


class MapType(NamedTuple):
    key: int
    value: "Type | None"


Type: TypeAlias = TensorType | SequenceType | OptionalType | MapType


class Value(NamedTuple):
    """A ValueInfoProto: a graph input, output or annotation. ``type`` None: none is declared."""

    name: str
    type: Type | None
    offset: int


class AttributeReference(NamedTuple):
    """An attribute in a function's body that takes its value from the call (``ref_attr_name``)."""

    name: str


class Attributes(dict[str, "Attribute"]):
    """The attributes of a node by name. Equal byte runs give the same object, so its identity is a key."""

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]  # by identity: never compared, only looked up

    def __eq__(self, other: object) -> bool:
        return self is other


class Node(NamedTuple):
    """A NodeProto. ``domain`` is "" for ai.onnx; a missing optional input or output is ""."""

    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Attributes
    name: str
    overload: str
    offset: int


class NodeKind(NamedTuple):
    """Nodes that differ in names alone: of one operator, with one set of attributes and as many inputs and outputs, of
    which the same are left out.

    Large models have few kinds: what hangs on no name is asked of one node, and holds for all.
    """

    node: Node  # the first
    places: "array[int]"  # the indices of all, in order


class Graph(Record, eq=False):
    """A GraphProto. Names live in the graph and in the subgraphs below it."""

    name: str
    nodes: tuple[Node, ...]
    initializers: tuple[Tensor, ...]
    sparse_initializers: tuple[SparseTensor, ...]
    inputs: tuple[Value, ...]  # as listed; IR 3 lists initializers here too
    outputs: tuple[Value, ...]
    value_info: tuple[Value, ...]
    offset: int

    @cached_property
    def initializer_names(self) -> frozenset[str]:
        return frozenset(t.name for t in self.initializers) | {t.name for t in self.sparse_initializers}

    @cached_property
    def feeds(self) -> tuple[Value, ...]:
        """The inputs that a caller must give: those without an initializer of their name."""
        return tuple(v for v in self.inputs if v.name not in self.initializer_names)

    @cached_property
    def producers(self) -> Mapping[str, int]:
        """For each tensor that a node of this graph makes, the index of the (first) node."""
        made: dict[str, int] = {}
        for i, node in enumerate(self.nodes):
            for name in node.outputs:
                if name:
                    made.setdefault(name, i)
        return made

    @cached_property
    def consumers(self) -> Mapping[str, tuple[int, ...]]:
        """For each tensor, the indices of the nodes of this graph that take it, or whose subgraphs do."""
        taken: dict[str, list[int]] = {}
        holding = frozenset(self.holders)
        for i, node in enumerate(self.nodes):
            for name in dict.fromkeys((*node.inputs, *captured(node)) if i in holding else node.inputs):
                if name:
                    taken.setdefault(name, []).append(i)
        return {name: tuple(indices) for name, indices in taken.items()}

    @cached_property
    def kinds(self) -> tuple[NodeKind, ...]:
        """The kinds of nodes, in the order of their first ones."""
        found: dict[tuple[object, ...], array[int]] = {}
        for i, (op_type, domain, inputs, outputs, attributes, _, overload, _) in enumerate(self.nodes):
            key: tuple[object, ...] = (op_type, domain, overload, attributes, len(inputs), len(outputs))
            if "" in inputs or "" in outputs:
                key += (*map(bool, inputs), *map(bool, outputs))
            places = found.get(key)
            if places is None:
                places = found[key] = array("I")
            places.append(i)
        return tuple([NodeKind(self.nodes[places[0]], places) for places in found.values()])

    @cached_property
    def _by_operator(self) -> Mapping[str, list[NodeKind]]:
        found: dict[str, list[NodeKind]] = {}
        for kind in self.kinds:
            found.setdefault(kind.node.op_type, []).append(kind)
        return found

    def kinds_of(self, operators: Collection[str]) -> list[NodeKind]:
        """The kinds of these operators, of whatever domain."""
        known = self._by_operator
        return [kind for operator in known if operator in operators for kind in known[operator]]

    def nodes_of(self, operators: Collection[str]) -> Iterator[tuple[int, Node]]:
        """The nodes of these operators, of whatever domain, with their indices; in order."""
        nodes = self.nodes
        for i in in_order_of_places(self.kinds_of(operators)):
            yield i, nodes[i]

    @cached_property
    def holders(self) -> tuple[int, ...]:
        """The indices of the nodes that have subgraphs."""
        return tuple(in_order_of_places([kind for kind in self.kinds if has_subgraphs(kind.node)]))

    def label(self, index: int) -> str:
        """What a person calls the node: its name, or ``Conv[3]`` by op and index."""
        node = self.nodes[index]
        return node.name or f"{node.op_type}[{index}]"


Attribute: TypeAlias = (
    int | float | str | Blob | Tensor | SparseTensor | Graph | Type | AttributeReference
    | tuple[int, ...] | tuple[float, ...] | tuple[str | Blob, ...]
    | tuple[Tensor, ...] | tuple[SparseTensor, ...] | tuple[Graph, ...] | tuple[Type | None, ...] | None
)  # fmt: skip


class Function(Record, eq=False):
    """A FunctionProto: a body of nodes that nodes of its (domain, name, overload) stand for."""

    name: str
    domain: str
    overload: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[str, ...]  # without a default
    defaults: Attributes  # with a default
    nodes: tuple[Node, ...]
    opsets: Mapping[str, int]
    offset: int


class Sharding(NamedTuple):
    """A NodeDeviceConfigurationProto: how a node's tensors are spread over the devices of a configuration."""

    node_offset: int
    configuration: str
    tensors: tuple[tuple[str, tuple[int, ...]], ...]  # each with the axes that are cut, as written
    offset: int


class Aside(NamedTuple):
    """A text that only people read, left where it lies: a doc_string, or an entry of a graph's or node's metadata."""

    message: str  # whose: "NodeProto"
    field: str  # "doc_string", "metadata_props" or "domain"
    owner: int  # where that message begins in the file
    offset: int
    length: int


class Identity(NamedTuple):
    """What tells a file from another, or from itself after a change."""

    device: int
    inode: int
    size: int
    mtime_ns: int


class Model(Record, eq=False):
    """A ModelProto and the file it came from."""

    path: str  # as given; "" for a model from bytes
    size: int  # bytes of the file
    ir_version: int
    imports: tuple[tuple[str, int], ...]  # opset_import as written
    producer: str
    graph: Graph
    functions: Mapping[tuple[str, str, str], Function]  # by (domain, name, overload)
    metadata: tuple[tuple[str, str], ...]
    configurations: tuple[str, ...] = ()  # of several devices, by their names
    shardings: tuple[Sharding, ...] = ()
    troubles: tuple[Trouble, ...] = ()  # what is wrong with the file, though it could be read
    data: bytes | None = None  # the file itself where it came as bytes
    identity: Identity | None = None  # of the file when it was loaded; None for a model from bytes
    payloads: tuple[tuple[int, int], ...] = ()  # offset, length of the big tensor data
    asides: tuple[Aside, ...] = ()  # in the order of the file, up to a limit of the reader
    lacking: Lacking | None = None  # bytes that were not fetched; None: all are here

    @cached_property
    def opsets(self) -> Mapping[str, int]:
        """Opset by domain ("" is ai.onnx); without any import, ai.onnx is at 1.

        Of two imports of a domain the last is taken, as onnx's checker and onnxruntime 1.32 do; onnx.proto says that
        the highest binds, and `repeated-imports` tells both.
        """
        bound = {"" if domain == "ai.onnx" else domain: version for domain, version in self.imports}
        return bound or {"": 1}

    @cached_property
    def graphs(self) -> tuple[tuple[str, Graph], ...]:
        """Every graph with its path: "" for the main one, ``outer_node/then_branch`` for a subgraph."""
        return tuple(_walk("", self.graph))


def _walk(path: str, graph: Graph) -> Iterator[tuple[str, Graph]]:
    """Without recursion: hostile files nest deeply."""
    waiting = [(path, graph)]
    while waiting:
        path, graph = waiting.pop()
        yield path, graph
        inner = [
            (f"{path}/{graph.label(i)}/{name}" if path else f"{graph.label(i)}/{name}", body)
            for i in graph.holders
            for name, body in subgraphs(graph.nodes[i])
        ]
        waiting.extend(reversed(inner))


def in_order_of_places(kinds: Collection[NodeKind]) -> Collection[int]:
    """The indices of the nodes of several kinds."""
    if len(kinds) == 1:
        ((_, places),) = kinds
        return places
    return sorted(chain.from_iterable(kind.places for kind in kinds))


def subgraphs(node: Node) -> Iterator[tuple[str, Graph]]:
    """The graphs among a node's attributes: ``then_branch``; of a list, ``branches[2]``."""
    for name, value in node.attributes.items():
        if isinstance(value, Graph):
            yield name, value
        elif isinstance(value, tuple) and value and isinstance(value[0], Graph):
            yield from ((f"{name}[{i}]", g) for i, g in enumerate(value) if isinstance(g, Graph))


def has_subgraphs(node: Node) -> bool:
    """Whether there is a graph among a node's attributes. Asked of every node, so without a generator."""
    for value in node.attributes.values():
        first = value[0] if isinstance(value, tuple) and value else value
        if isinstance(first, Graph):
            return True
    return False


def captured(node: Node) -> tuple[str, ...]:
    """Names that a node's subgraphs take from outside (in order of first use)."""
    if not has_subgraphs(node):
        return ()
    names: dict[str, None] = {}
    waiting: list[tuple[Graph, frozenset[str]]] = [(g, frozenset()) for _, g in subgraphs(node)]
    while waiting:
        graph, outside = waiting.pop()
        own = outside | graph.initializer_names | {v.name for v in graph.inputs} | frozenset(graph.producers)
        for inner in graph.nodes:
            names.update((n, None) for n in inner.inputs if n and n not in own)
            waiting.extend((g, own) for _, g in subgraphs(inner))
        names.update((v.name, None) for v in graph.outputs if v.name and v.name not in own)
    return tuple(names)
