"""A model's graph as it is drawn: boxes, wires between them, and frames that hold them. Plain data.

All texts are as the file has them: who draws makes them harmless. A graph's number is the place of its path in
`Facts.graphs` (graphs that no walk reached come behind), and with a node's index it makes the node's anchor.
"""

from __future__ import annotations

from enum import StrEnum

from ..tuples import NamedTuple


class OperatorKind(StrEnum):
    """What sort of operator a box is: its colour. The words are those of the page's ``--kind-`` colours."""

    CONV = "conv"
    DENSE = "dense"
    POOL = "pool"
    NORM = "norm"
    ACTIVATION = "activation"
    ELEMENTWISE = "elementwise"
    SHAPE = "shape"
    CONTROL = "control"
    QUANT = "quant"
    OTHER = "other"


class Role(StrEnum):
    """What a box stands for."""

    NODE = "node"
    INPUT = "input"  # of its graph
    OUTPUT = "output"  # of its graph
    PORT = "port"  # a tensor that comes from outside of the frame, or goes there
    FOLD = "fold"  # a stretch of nodes that a frame holds


class Change(StrEnum):
    """What became of a box between two models."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class StoredInside(NamedTuple):
    """A constant that an operator takes, drawn inside of its box."""

    tensor: str
    text: str  # dtype and shape: "float32 [64, 3, 7, 7]"


class TensorMade(NamedTuple):
    """A tensor that a box gives."""

    tensor: str
    text: str  # dtype and shape, "" where nobody knows


class Box(NamedTuple):
    """One box. ``node`` is the node's index in its graph, -1 where it stands for no node.

    ``macs`` and ``bytes`` (of its outputs) are numbers, polynomials as text, or None where they cannot be known.
    """

    op: str
    label: str
    kind: OperatorKind = OperatorKind.OTHER
    role: Role = Role.NODE
    graph: int = 0
    node: int = -1
    made: tuple[TensorMade, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    stored: tuple[StoredInside, ...] = ()
    folded: tuple[int, ...] = ()  # the nodes of the same graph that are constants of this one
    parameters: int = 0
    macs: int | str | None = 0
    bytes: int | str | None = 0
    formula: str = ""  # how the shape comes about
    findings: tuple[int, ...] = ()  # indices into `Graph.findings`
    inside: tuple[int, ...] = ()  # the frames that it opens
    small: bool = False  # shape arithmetic
    change: Change | None = None
    changes: tuple[str, ...] = ()  # what is different, in words
    link: str = ""  # of a port: the anchor of what stands at its other end

    @property
    def anchor(self) -> str:
        """``n-0-12`` of a node; "" of what stands for none."""
        return f"n-{self.graph}-{self.node}" if self.node >= 0 else ""


class Connection(NamedTuple):
    """A tensor's way from box to box, by their places in the frame. ``more``: further tensors go the same way."""

    source: int
    target: int
    tensor: str
    text: str = ""  # dtype and shape
    more: int = 0
    change: Change | None = None


class Sort(StrEnum):
    """What a frame is."""

    MAIN = "main"
    SUBGRAPH = "subgraph"
    FUNCTION = "function"
    BLOCK = "block"


class Frame(NamedTuple):
    """Boxes in the order of the data's way, and the wires between them.

    ``parent`` is the place of the frame with the box that opens this one, -1 of the main graph. ``unseen`` says what
    is not drawn. ``repeats``: how many equal stretches stand in it, one behind the other.
    """

    sort: Sort
    title: str
    boxes: tuple[Box, ...]
    wires: tuple[Connection, ...]
    parent: int = -1
    repeats: int = 1
    graph: int = 0
    unseen: str = ""


class Mark(NamedTuple):
    """A finding that is marked in the picture."""

    fingerprint: str
    severity: str
    rule: str
    message: str


class GraphPicture(NamedTuple):
    """The whole picture: the main graph's frame first."""

    frames: tuple[Frame, ...]
    findings: tuple[Mark, ...] = ()
