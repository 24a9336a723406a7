"""Stored vectors with one number for each channel that broadcasting lays along the width."""

from __future__ import annotations

from collections.abc import Iterator

from ..tuples import NamedTuple
from .fact import Shape
from .facts import Facts
from .mending import CHANNELS_FIRST, HANDING_ON
from .open_axes import open_axes
from .sizes.dim import Dim
from .troubles import At

_ALONG_CHANNELS_SINCE = 7  # before, PRelu took its slope along the channels

_FARTHEST = 16

_PLACES = {"PRelu": ((0, 1),)} | dict.fromkeys(("Add", "Sub", "Mul", "Div"), ((0, 1), (1, 0)))
"""Where the operators take data and vector."""


class ChannelVector(NamedTuple):
    """A stored vector of so many numbers, laid along the last axis of data, and where the node takes the two."""

    data: int
    vector: int
    numbers: int
    shape: Shape
    of_data: Shape


def along_the_width(facts: Facts, at: At) -> Iterator[ChannelVector]:
    """Vectors as long as the data has channels, where the width is as long too, or open."""
    op_type, domain, inputs, *_ = facts.node(at)
    if op_type not in _PLACES or domain or len(inputs) != 2:
        return
    given = [facts.at(name, at.graph) for name in inputs]
    for data, vector in _PLACES[op_type]:
        x, v = given[data], given[vector]
        if x is None or v is None or not v.shape or not x.shape or x.shape is v.shape or len(x.shape) < 3:
            continue
        count, width = v.shape[-1], x.shape[-1]
        if not isinstance(count, int) or count == 1 or x.shape[1] != count or any(s != 1 for s in v.shape[:-1]):
            continue
        if (width == count or isinstance(width, Dim)) and not x.declared and facts.fixed(inputs[vector], at.graph):
            yield ChannelVector(data, vector, count, v.shape, x.shape)


def channel_vectors(facts: Facts, at: At) -> Iterator[ChannelVector]:
    """Those at a node whose data has its channels at axis 1."""
    for found in along_the_width(facts, at) if facts.model.opsets.get("", 1) >= _ALONG_CHANNELS_SINCE else ():
        node, width = facts.node(at), found.of_data[-1]
        chosen = isinstance(width, Dim) and str(width) in {axis.name for axis in open_axes(facts)}
        sure = not chosen and (node.op_type != "PRelu" or len(found.of_data) == 3)
        if _channels_first(facts, at, node.inputs[found.data], sure=sure):
            yield found


def _channels_first(facts: Facts, at: At, name: str, *, sure: bool) -> bool:
    """Whether the data has its channels at axis 1: it comes from a layer that has, or ``sure`` is not asked for."""
    for _ in range(_FARTHEST):
        maker = facts.producer(name, at.graph)
        if maker is None:
            return not sure and not _turned_back(facts, at)
        node = facts.node(maker)
        if node.op_type in CHANNELS_FIRST:
            return True
        if node.op_type not in HANDING_ON or not node.inputs:
            return False
        name = node.inputs[0]
    return False


def _turned_back(facts: Facts, at: At) -> bool:
    """Whether a Transpose follows: then the data may well be channels last."""
    made = set(facts.node(at).outputs)
    return any(node.op_type == "Transpose" and made & set(node.inputs) for node in facts.graphs[at.graph].nodes)
