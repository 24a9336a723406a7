"""Dense layers and what arrives at them: the features of an image as the product that they are."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from ..model.graph import Node
from ..tuples import NamedTuple
from .fact import Fact, Shape
from .facts import Facts
from .sizes.dim import Size, product
from .troubles import At

WEIGHTS = {"Gemm": "b", "MatMul": "b"}
"""The dense operators, and what they call their weight."""

_VIEWS = frozenset({"Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Relu", "Cast"})
"""Operators that hand the features on: what gives them stands before."""

_FARTHEST = 16


class Unflattened(NamedTuple):
    """The tensor behind the features before anybody flattened it."""

    tensor: str
    fact: Fact | None
    giver: str  # the node that makes it, "" where that is the graph's caller

    @property
    def image(self) -> tuple[Size, ...]:
        """The sizes of one image of it, channels first; empty where they are not known, or it is not an image."""
        shape = self.fact.shape if self.fact is not None else None
        if shape is None or len(shape) < 3:
            return ()
        sizes = tuple(s for s in shape[1:] if s is not None)
        return sizes if len(sizes) == len(shape) - 1 else ()


class Rows(NamedTuple):
    """A Reshape that flattens: it makes rows of so many elements, and an image has so many."""

    lead: Size | None  # the first size of its target
    row: int
    image: Size
    images: Size


def source(facts: Facts, name: str, graph: str) -> Unflattened:
    """Where features come from, looking back through what only hands them on."""
    for _ in range(_FARTHEST):
        at, fact = facts.producer(name, graph), facts.at(name, graph)
        if at is None or (fact is not None and fact.rank is not None and fact.rank > 2):
            break
        node = facts.node(at)
        if node.op_type not in _VIEWS or not node.inputs:
            break
        name = node.inputs[0]
    at = facts.producer(name, graph)
    return Unflattened(name, facts.at(name, graph), "" if at is None else facts.label(at))


def factors_shown(sizes: Sequence[Size], total: Size) -> str:
    """``256 x 5 x 5 = 6400``; a total with names is the product itself."""
    text = " x ".join(f"({s})" if " " in str(s) else str(s) for s in sizes)
    return f"{text} = {total}" if isinstance(total, int) else text


def taken(features: Size, like: Sequence[Size]) -> str:
    """``9216 = 256 x 6 x 6``, where the features are as many channels as arrive times a square; else the number."""
    channels = like[0] if like else 0
    if not isinstance(features, int) or not isinstance(channels, int) or not channels or features % channels:
        return str(features)
    area = features // channels
    side = isqrt(area)
    if len(like) == 3 and side * side == area:
        return f"{features} = {channels} x {side} x {side}"
    return f"{features} = {channels} x {area}"


def rows(facts: Facts, at: At) -> Rows | None:
    """What a Reshape makes of images, if its target has two axes and says how long a row is."""
    node = facts.node(at)
    if node.op_type != "Reshape" or node.domain or len(node.inputs) < 2 or node.attributes.get("allowzero"):
        return None
    data, target = facts.at(node.inputs[0], at.graph), facts.at(node.inputs[1], at.graph)
    if data is None or target is None or data.declared or target.declared or len(target.elements or ()) != 2:
        return None
    lead, row = target.elements or (None, None)
    shape = data.shape
    if shape is None or len(shape) < 3 or not isinstance(row, int) or row < 1 or isinstance(lead, float | str):
        return None
    sizes = [s for s in shape if s is not None]
    return Rows(lead, row, product(sizes[1:]), sizes[0]) if len(sizes) == len(shape) else None


def taker(facts: Facts, at: At, features: int) -> At | None:
    """The dense layer behind a node, through what only hands the features on, if its weight takes so many."""
    graph = facts.graphs[at.graph].nodes
    names = {n for n in facts.node(at).outputs if n}
    for index in range(at.index + 1, min(len(graph), at.index + 1 + _FARTHEST)):
        node = graph[index]
        if not node.inputs or node.inputs[0] not in names:
            continue
        if node.op_type in _VIEWS:
            names.update(n for n in node.outputs[:1] if n)
        elif node.op_type in WEIGHTS and len(node.inputs) > 1:
            weight = facts.at(node.inputs[1], at.graph)
            return At(at.graph, index) if weight is not None and _takes(node, weight.shape) == features else None
    return None


def _takes(node: Node, shape: Shape | None) -> Size | None:
    turned = node.attributes.get("transB", 0)
    return None if shape is None or len(shape) < 2 else shape[-1 if turned else -2]
