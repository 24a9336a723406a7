"""What two models differ in: plain, frozen, and with names as data.

Paths of graphs are those of `model.scopes`: "" for the main graph, ``outer/then_branch`` for a subgraph,
``function domain.name`` for a function's body. Old and new have paths of their own.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import TypeAlias

from ..model.tensor import SparseTensor, Tensor
from ..record import Record
from ..tuples import NamedTuple


class Degree(IntEnum):
    """How far apart two models are, from not at all to a client that fails."""

    IDENTICAL = 0
    """Every byte is the same."""
    RENAMED = 1
    """Names inside, orders, doc strings and the way in which things are written: nothing that anybody computes."""
    WEIGHTS = 2
    """The same operators on the same edges, with other values stored."""
    COMPATIBLE = 3
    """It takes what the old one took, and what changed is proved to keep the meaning."""
    BEHAVIOUR = 4
    """It takes what the old one took, and may answer otherwise."""
    BREAKING = 5
    """Somebody who feeds the old one and takes its outputs fails with the new one."""

    @property
    def phrase(self) -> str:
        """As people read it."""
        return _PHRASES[self]


_PHRASES = {
    Degree.IDENTICAL: "identical",
    Degree.RENAMED: "renamed or reordered only",
    Degree.WEIGHTS: "weights only",
    Degree.COMPATIBLE: "compatible",
    Degree.BEHAVIOUR: "behaviour changed",
    Degree.BREAKING: "breaking",
}


class NodeAt(NamedTuple):
    """A node of one of the two models."""

    graph: str
    place: int  # its index in the graph, as the file lists it
    label: str  # its name, or ``Conv[3]``
    op_type: str


class StoredAt(NamedTuple):
    """A tensor that a file stores: an initializer, or the value of a Constant (its name is then the output's)."""

    graph: str
    name: str
    tensor: Tensor  # of a sparse one the list of its values; of a literal only type and dims
    sparse: SparseTensor | None = None
    literal: tuple[int | float | str, ...] | None = None  # of a Constant that says its values as an attribute

    @property
    def dims(self) -> tuple[int, ...]:
        return self.tensor.dims if self.sparse is None else self.sparse.dims


class Side(Enum):
    """Which end of the interface."""

    INPUT = "input"
    OUTPUT = "output"


# Nodes.


class NodesAdded(NamedTuple):
    """Nodes of the new model that hang together and that the old one lacks; in the order of the data."""

    nodes: tuple[NodeAt, ...]
    behind: tuple[str, ...] = ()  # the tensors of the new model that feed them and that the old one has too


class NodesRemoved(NamedTuple):
    """Nodes of the old model that hang together and that the new one lacks; in the order of the data."""

    nodes: tuple[NodeAt, ...]
    behind: tuple[str, ...] = ()  # the tensors of the old model that fed them and that the new one has too


class Altered(NamedTuple):
    """One thing of a node that is another: an attribute, or ``op_type``, ``domain``, ``outputs``.

    None: there is none. ``same_meaning``: written otherwise only, as an attribute that became an input.
    """

    what: str
    old: str | None
    new: str | None
    same_meaning: bool = False


class NodeChanged(NamedTuple):
    old: NodeAt
    new: NodeAt
    altered: tuple[Altered, ...]


class Rewire(NamedTuple):
    """An input of a node that comes from elsewhere. None: there is none."""

    place: int
    old: str | None  # the tensor in the old model
    new: str | None  # the tensor in the new model


class NodeRewired(NamedTuple):
    """``swapped``: it takes what it took, at other places."""

    old: NodeAt
    new: NodeAt
    inputs: tuple[Rewire, ...]
    swapped: bool = False


class Renamed(NamedTuple):
    """Names inside one graph that are others."""

    graph: str  # in the old model
    nodes: tuple[tuple[NodeAt, NodeAt], ...]
    tensors: tuple[tuple[str, str], ...]  # old and new name


class Reordered(NamedTuple):
    """Nodes of one graph that stand elsewhere in the file; as few as say it."""

    graph: str  # in the old model
    nodes: tuple[tuple[NodeAt, NodeAt], ...]


# Stored tensors.


class Values(Enum):
    """How the values of two aligned tensors stand to each other."""

    SAME = "identical"
    OTHER = "other values"
    UNKNOWN = "not compared"


class Recast(Enum):
    """What a stored tensor became."""

    VALUES = "other values"
    CAST = "cast"
    RESHAPED = "reshaped"
    TRANSPOSED = "transposed"
    REQUANTISED = "re-quantised"
    REPLACED = "replaced"
    UNKNOWN = "not compared"


class TensorPair(NamedTuple):
    """Two stored tensors that stand at the same place in both models."""

    old: StoredAt
    new: StoredAt
    place: str = ""  # whose input they are: ``weight of Conv 'layer1'``


class TensorChanged(NamedTuple):
    pair: TensorPair
    how: Recast
    why: str = ""  # of UNKNOWN: why not


class Quantised(NamedTuple):
    """Tensors of one graph that became integers with a scale and a zero point, and the nodes that quantise them."""

    graph: str  # in the new model
    stored: tuple[TensorPair, ...]
    flowing: tuple[str, ...]  # the other tensors, by their names in the old model
    nodes: tuple[NodeAt, ...]
    replaced: tuple[NodeAt, ...] = ()  # the old nodes in whose place some of them compute with integers


class Dequantised(NamedTuple):
    """The way back of `Quantised`."""

    graph: str  # in the old model
    stored: tuple[TensorPair, ...]
    flowing: tuple[str, ...]  # by their names in the old model
    nodes: tuple[NodeAt, ...]
    replaced: tuple[NodeAt, ...] = ()  # the new nodes that compute with floats in their place


class UnusedStored(NamedTuple):
    """Stored tensors of one graph that no node takes, and that the other model lacks."""

    removed: tuple[str, ...]
    added: tuple[str, ...]


class BatchNormFused(NamedTuple):
    """A BatchNormalization whose arithmetic is now in the weights of the node before it."""

    old: NodeAt
    new: NodeAt
    removed: NodeAt
    tensors: tuple[TensorPair, ...]
    proved: bool | None = None  # whether the new weights are what the arithmetic says; None: not looked at


class BatchNormSplit(NamedTuple):
    """The way back of `BatchNormFused`: the arithmetic is out of the weights, in a BatchNormalization behind."""

    old: NodeAt
    new: NodeAt
    added: NodeAt
    tensors: tuple[TensorPair, ...]
    proved: bool | None = None  # whether the old weights are what the arithmetic says; None: not looked at


# Interface and header.


class PortAdded(NamedTuple):
    side: Side
    name: str
    type: str


class PortRemoved(NamedTuple):
    side: Side
    name: str
    type: str


class PortRenamed(NamedTuple):
    side: Side
    old: str
    new: str


class PortRetyped(NamedTuple):
    """Another element type, or no tensor any more."""

    side: Side
    name: str  # in the new model
    old: str
    new: str


class PortReshaped(NamedTuple):
    """``axis`` None: the rank is another, and the sizes are whole shapes."""

    side: Side
    name: str  # in the new model
    axis: int | None
    old: str
    new: str


class PortsReordered(NamedTuple):
    side: Side
    old: tuple[str, ...]
    new: tuple[str, ...]


class OutputMoved(NamedTuple):
    """An output of the same name that another tensor is handed out as."""

    name: str
    old: str  # what makes it in the old model
    new: str


class OpsetChanged(NamedTuple):
    """``unlike``: operators of the model that mean something else, or may, at the new opset."""

    graph: str  # "" for the model, or the path of a function
    domain: str
    old: int | None
    new: int | None
    unlike: tuple[str, ...] = ()


class HeaderChanged(NamedTuple):
    """``ir_version``, ``producer`` or ``metadata KEY``."""

    what: str
    old: str | None
    new: str | None


class FunctionChanged(NamedTuple):
    """A function that nobody calls, or that is called otherwise. None: it is not there."""

    old: str | None
    new: str | None


Change: TypeAlias = (
    NodesAdded | NodesRemoved | NodeChanged | NodeRewired | Renamed | Reordered | TensorChanged | Quantised
    | Dequantised | UnusedStored | BatchNormFused | BatchNormSplit | PortAdded | PortRemoved | PortRenamed
    | PortRetyped | PortReshaped | PortsReordered | OutputMoved | OpsetChanged | HeaderChanged | FunctionChanged
)  # fmt: skip


class Edit(NamedTuple):
    """One line of the script."""

    change: Change
    degree: Degree  # how far it alone takes the models apart
    text: str  # what changed, in one line
    why: str = ""  # what proves the degree


class Conclusion(NamedTuple):
    degree: Degree
    reasons: tuple[str, ...]  # what proves it
    unknown: tuple[str, ...] = ()  # what was not compared: with any, the degree is what the rest says

    @property
    def certain(self) -> bool:
        """Whether everything was compared."""
        return not self.unknown


class BodyPair(NamedTuple):
    """Two aligned graphs. A node without a partner is added or removed; indices are the file's."""

    old: str
    new: str
    nodes: tuple[tuple[int, int], ...]  # by the old index
    tensors: tuple[tuple[str, str], ...]  # what aligned nodes make, and the graphs' inputs


class ModelDifference(Record):
    """All of it. ``bodies``: the main graphs first, then subgraphs and functions that have a partner."""

    bodies: tuple[BodyPair, ...]
    stored: tuple[TensorPair, ...]  # every aligned pair, changed or not
    edits: tuple[Edit, ...]  # the interface first, then the header, nodes, tensors, names
    conclusion: Conclusion
