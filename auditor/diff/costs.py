"""What two models cost: in all, and by block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from ..costs.count import Costs
from ..costs.layers import Layer
from ..report import Totals
from ..shapes.ops.checks import add_up
from ..shapes.sizes.dim import Size
from ..tuples import NamedTuple
from .difference import BodyPair

Count: TypeAlias = int | str | None
"""A number; a polynomial of open sizes, as text; None where it cannot be known."""

_TOTALS: Mapping[str, str] = {
    "nodes": "nodes",
    "parameters": "stored parameters",
    "learnable_parameters": "learnable parameters",
    "macs": "MACs",
    "weight_bytes": "bytes of weights",
    "peak_activation_bytes": "bytes of activations at most",
}
_FEW, _MANY = 2, 40  # blocks that a table has
_DEEPEST = 6
_PARTS = re.compile(r"[./]+")


class CostRow(NamedTuple):
    """One measure of a model: ``what`` is the field of `report.Totals`."""

    what: str
    words: str
    old: Count
    new: Count


class BlockRow(NamedTuple):
    """The nodes of one block, by the first parts of their names in the old model; "" of those without a name."""

    block: str
    nodes: tuple[int, int]  # before and after
    learnable: tuple[Count, Count]
    macs: tuple[Count, Count]

    @property
    def changed(self) -> bool:
        return any(before != after for before, after in (self.nodes, self.learnable, self.macs))


def cost_rows(old: Totals, new: Totals) -> tuple[CostRow, ...]:
    """The totals side by side."""
    return tuple(CostRow(name, words, getattr(old, name), getattr(new, name)) for name, words in _TOTALS.items())


def block_rows(old: Costs, new: Costs, bodies: Sequence[BodyPair]) -> tuple[BlockRow, ...]:
    """By block, in the order of the old model. A node of the new one is in the block of its partner, if it has one."""
    names = {(layer.at.graph, layer.at.index): _parts(layer) for layer in old.layers}
    partners = {(body.new, after): (body.old, before) for body in bodies for before, after in body.nodes}
    own = {(layer.at.graph, layer.at.index): _parts(layer) for layer in new.layers}
    placed = {at: names.get(partners[at], ()) if at in partners else parts for at, parts in own.items()}
    depth = _depth([*names.values(), *placed.values()])
    before, after = _Blocks(), _Blocks()
    for costs, places, blocks in ((old, names, before), (new, placed, after)):
        for layer in costs.layers:
            blocks.add("/".join(places[layer.at.graph, layer.at.index][:depth]), layer)
    return tuple(_rows(before, after))


def _parts(layer: Layer) -> tuple[str, ...]:
    """``layer1``, ``0``, ``conv1`` of ``/layer1/0/conv1``: of a node without a name, those of the graph around it."""
    label = layer.label
    if label.endswith("]") and label.rpartition("/")[2].startswith(f"{layer.op_type}["):
        label = label.rpartition("/")[0]
        return tuple(filter(None, _PARTS.split(label)))
    parts = tuple(filter(None, _PARTS.split(label)))
    return parts[:-1] or parts


def _depth(every: Sequence[tuple[str, ...]]) -> int:
    """How many parts of the names make blocks that are neither one nor too many."""
    best = 1
    for depth in range(1, _DEEPEST + 1):
        count = len({parts[:depth] for parts in every})
        if count > _MANY:
            return best
        best = depth
        if count > _FEW:
            return best
    return best


class _Blocks:
    def __init__(self) -> None:
        self.layers: dict[str, list[Layer]] = {}

    def add(self, block: str, layer: Layer) -> None:
        self.layers.setdefault(block, []).append(layer)

    def nodes(self, block: str) -> int:
        return len(self.layers.get(block, ()))

    def learnable(self, block: str) -> Count:
        return _count(add_up(layer.learnable for layer in self.layers.get(block, ())))

    def macs(self, block: str) -> Count:
        return _count(add_up(layer.macs for layer in self.layers.get(block, ())))


def _rows(before: _Blocks, after: _Blocks) -> Iterator[BlockRow]:
    for block in dict.fromkeys((*before.layers, *after.layers)):
        yield BlockRow(
            block,
            (before.nodes(block), after.nodes(block)),
            (before.learnable(block), after.learnable(block)),
            (before.macs(block), after.macs(block)),
        )


def _count(size: Size | None) -> Count:
    return size if size is None or isinstance(size, int) else str(size)
