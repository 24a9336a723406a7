"""What a picture of a model needs beside its report: layers, memory, weights, history, the graph. Plain data.

A `Picture` is made by `auditor.picturing`, which knows models, and drawn by formats, which know none. Whatever is not
there says why.
"""

from __future__ import annotations

from typing import TypeAlias

from ..report import DeepPart
from ..tuples import NamedTuple
from .graph import GraphPicture

Count: TypeAlias = int | str | None
"""A number; with an open size a polynomial, as text; None: it cannot be known."""


class Anchor(NamedTuple):
    """A node: its graph's number (the main graph is 0) and its index there."""

    graph: int
    node: int

    def __str__(self) -> str:
        return f"{self.graph}-{self.node}"


class Numbers(NamedTuple):
    """What a layer's counts come to for the sizes that a picture takes; None: nobody knows."""

    learnable: int | None = None
    macs: int | None = None
    activation_bytes: int | None = None


class LayerRow(NamedTuple):
    """One node of the model, with what it costs."""

    anchor: Anchor
    label: str  # path and name
    op_type: str
    shape: tuple[int | str | None, ...] | None  # of its first output
    dtype: str
    parameters: int  # stored elements that this node is the first to use
    learnable: Count
    macs: Count
    activation_bytes: Count
    numbers: Numbers = Numbers()


class MemoryWalk(NamedTuple):
    """Bytes of activations that are alive while the main graph runs: first of the inputs, then at each layer of it."""

    alive: tuple[int, ...]
    rows: tuple[int, ...]  # of each of these layers (one less than ``alive``) its place in `Picture.layers`

    @property
    def peak(self) -> int:
        """The first place in `alive` where it is greatest."""
        return self.alive.index(max(self.alive))


class Band(NamedTuple):
    """How the values of one stored tensor are spread."""

    tensor: str
    elements: int
    quantiles: tuple[float, ...]  # at `QUANTILES`, of a sample; nothing where none was taken


QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class Earlier(NamedTuple):
    """An audit of the same model before this one."""

    audit: int
    when: str  # ISO 8601, UTC
    version: str
    verdict: str
    errors: int
    warnings: int
    notes: int
    parameters: int | None
    macs: int | None
    bytes: int | None
    digest: str
    depth: tuple[DeepPart, ...] = ()  # where this audit looked in depth as well


class Picture(NamedTuple):
    """All that can be drawn of a model. Where the graph, and with it the layers, is not to be had, ``why`` says so."""

    graph: GraphPicture | None = None
    why: str = ""
    layers: tuple[LayerRow, ...] = ()
    sizes: tuple[tuple[str, int], ...] = ()  # what open sizes are taken as in numbers; nothing where none is open
    constants: int = 0  # nodes that are no rows, because they hang on stored tensors alone
    places: tuple[Anchor | None, ...] = ()  # of the report's findings, in their order
    memory: MemoryWalk | None = None
    why_no_memory: str = ""
    weights: tuple[Band, ...] = ()
    history: tuple[Earlier, ...] = ()  # newest first
