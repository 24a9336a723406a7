"""What one edit would make a broken node sound: proposed by what people get wrong, and tried by propagation.

The place that screams is often not the one at fault: an axis left at its default, a Transpose or a Resize further up, a
vector that wants to lie along the channels. A proposal is told only if the edited model propagates without this fault
and without a new one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import NamedTuple

from ..model.dtypes import DType
from ..model.graph import Node, Tensor
from ..model.schemas import schema
from .conditions import STRETCHING
from .edits import Edit, PutAround, PutInFront, SetAttribute, SetDims, SetValues, mends
from .fact import Fact, Shape, show
from .facts import Facts
from .troubles import At, Impossible

SECONDS = 0.5
"""How long one search may take."""

MOST_SEARCHES = 4
"""Broken nodes of one model for which a rule looks for a mend: a model of many faults is slow enough."""

_MOST_NODES = 20_000
"""Of larger graphs no edit is tried: each trial is a walk over all of them."""

_FARTHEST = 24
"""Nodes in front of the broken one that are thought of."""

CHANNELS_FIRST = frozenset(
    {
        "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "BatchNormalization", "LRN",
        "InstanceNormalization", "GroupNormalization", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool",
        "GlobalMaxPool", "PRelu", "DepthToSpace", "SpaceToDepth",
    }
)  # fmt: skip
"""Operators whose data has its channels at axis 1."""

HANDING_ON = frozenset(
    {"Identity", "Cast", "CastLike", "Dropout", "Relu", "Clip", "QuantizeLinear", "DequantizeLinear"}
)
"""Operators that leave the axes of their data where they are."""


class Mend(NamedTuple):
    """An edit that mends a node, and its words. ``cause`` says what of the node ``at`` is wrong."""

    edit: Edit
    at: At
    cause: str
    fix: str
    tensor: str = ""
    attribute: str = ""


def mend(facts: Facts, at: At) -> Mend | None:
    """The first proposal that makes the node sound; None where none does, or the node stands in a body."""
    if at.graph or len(facts.graphs[""].entries) > _MOST_NODES:
        return None
    deadline = time.monotonic() + SECONDS
    for alternatives in _proposals(facts, at):
        fitting = []
        for proposal in alternatives:
            if mends(facts, at, proposal.edit):
                fitting.append(proposal)
                if proposal.attribute != "axis":  # the first is the most likely one
                    return proposal
            if time.monotonic() > deadline:
                return None
        if len(fitting) == 1:
            return fitting[0]
    return None


def _proposals(facts: Facts, at: At) -> Iterator[Iterable[Mend]]:
    """Kinds of proposals. Of an axis that is not the only one that fits, nobody knows whether it was meant."""
    if not any(isinstance(t, Impossible) and t.at == at and t.attribute == "axis" for t in facts.troubles):
        yield _axis(facts, at)  # of an axis outside the tensor, nobody knows which was meant
    yield _aligned(facts, at, stored=True)
    yield _flattened(facts, at)
    before = list(_before(facts, at))
    for propose in (_permuted, _resampled, _keeping):
        for place in before:
            yield propose(facts, place)
    yield _grouped(facts, at)
    for place in before:
        if facts.node(place).op_type in ("Concat", "Flatten"):
            yield _axis(facts, place)
    for place in (at, *before):
        yield _channels_last(facts, place)
    yield _aligned(facts, at, stored=False)
    yield _swapped(facts, at)


def _before(facts: Facts, at: At) -> Iterator[At]:
    """The nodes of the main graph from which the node's data comes, the nearest first."""
    seen, waiting = {at}, [at]
    while waiting and len(seen) <= _FARTHEST:
        place = waiting.pop(0)
        for name in facts.node(place).inputs:
            maker = facts.producer(name) if name and not facts.fixed(name) else None
            if maker is not None and not maker.graph and maker not in seen:
                seen.add(maker)
                waiting.append(maker)
                yield maker


def shape_of(facts: Facts, node: Node, position: int = 0) -> Shape | None:
    """The shape that arrives at an input."""
    name = node.inputs[position] if position < len(node.inputs) else ""
    fact = facts.at(name) if name else None
    return None if fact is None else fact.shape


def _opset(facts: Facts, node: Node) -> int:
    return facts.model.opsets.get(node.domain, 1)


def _axis(facts: Facts, at: At) -> Iterator[Mend]:
    """The attribute ``axis`` at another place."""
    node, label = facts.node(at), facts.label(at)
    spec = schema(node.domain, node.op_type, _opset(facts, node))
    shape = shape_of(facts, node)
    if spec is None or "axis" not in spec.attributes or shape is None:
        return
    default = spec.attributes["axis"].default
    now = node.attributes.get("axis", default)
    if not isinstance(now, int):
        return
    said = f"axis is {now}" + ("" if "axis" in node.attributes else ", its default")
    for axis, size in enumerate(shape):
        if not isinstance(size, int) and node.op_type != "Concat":
            continue  # of an open size, nobody knows
        if axis != now % len(shape) if -len(shape) <= now < len(shape) else True:
            yield Mend(
                SetAttribute(at.index, "axis", axis),
                at,
                f"{said}, and all fits at axis {axis}",
                f"set axis of {label} to {axis}",
                attribute="axis",
            )


def _aligned(facts: Facts, at: At, *, stored: bool) -> Iterator[Mend]:
    """A vector that broadcasting lays along the last axis, laid along another: first the channels.

    ``stored``: one that hangs on no input.
    """
    node, label = facts.node(at), facts.label(at)
    if node.op_type not in STRETCHING and node.op_type != "PRelu":
        return
    rank = max((len(s) for i in range(len(node.inputs)) if (s := shape_of(facts, node, i)) is not None), default=0)
    for position, name in enumerate(node.inputs):
        shape = shape_of(facts, node, position)
        if not name or shape is None or facts.fixed(name) != stored or not all(isinstance(s, int) for s in shape):
            continue
        core = tuple(s for s in shape if isinstance(s, int))
        while core and core[0] == 1:
            core = core[1:]
        if not core:
            continue
        behind = sorted(range(1, rank - len(core) + 1), key=lambda ones: rank - len(core) - ones != 1)
        for ones in behind:
            dims = (*core, *(1,) * ones)
            along = rank - len(dims)
            where = "channels, axis 1" if along == 1 else f"axis {along}"
            cause = f"{name} runs along the last axis; it fits along the {where}"
            if len(core) > 1:
                cause = f"{name} stands at the last axes; it fits from axis {along} on"
            if stored_alone(facts, name, at):
                yield Mend(SetDims(name, dims), at, cause, f"give {name} the shape {show(dims)}", name)
            else:
                added = tuple(range(len(shape), len(dims)))
                yield Mend(
                    _unsqueeze(facts, at, position, added),
                    at,
                    cause,
                    f"put an Unsqueeze with axes {list(added)} behind {name}, in front of {label}: "
                    f"it must be {show(dims)}",
                    name,
                )


def stored_alone(facts: Facts, name: str, at: At) -> bool:
    """Whether the file stores a tensor, for this node only."""
    graph = facts.model.graph
    if graph.consumers.get(name) != (at.index,):
        return False
    if any(t.name == name for t in graph.initializers):
        return True
    index = graph.producers.get(name)
    return index is not None and isinstance(graph.nodes[index].attributes.get("value"), Tensor)


def _unsqueeze(facts: Facts, at: At, position: int, axes: tuple[int, ...]) -> PutInFront:
    if facts.model.opsets.get("", 1) < 13:
        return PutInFront(at.index, position, "Unsqueeze", {"axes": axes})
    return PutInFront(at.index, position, "Unsqueeze", {}, (Fact(DType.INT64.value, (len(axes),), axes),))


def _flattened(facts: Facts, at: At) -> Iterator[Mend]:
    """A dense layer right behind images."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, node)
    if node.op_type in ("Gemm", "MatMul") and shape is not None and len(shape) > 2:
        yield Mend(
            PutInFront(at.index, 0, "Flatten", {"axis": 1}),
            at,
            f"nothing flattens {show(shape)} in front of it",
            f"put a Flatten (axis 1) in front of {label}",
        )


def _grouped(facts: Facts, at: At) -> Iterator[Mend]:
    """A convolution over groups that says so nowhere."""
    node, label = facts.node(at), facts.label(at)
    place = 3 if node.op_type == "QLinearConv" else 1
    shape, weight = shape_of(facts, node), shape_of(facts, node, place)
    if node.op_type not in ("Conv", "ConvInteger", "QLinearConv") or not shape or not weight or len(weight) < 3:
        return
    channels, each, filters = shape[1] if len(shape) > 1 else None, weight[1], weight[0]
    now = node.attributes.get("group", 1)
    if not isinstance(channels, int) or not isinstance(each, int) or not isinstance(filters, int) or not each:
        return
    group = channels // each
    if group > 0 and channels % each == 0 and filters % group == 0 and group != now:
        yield Mend(
            SetAttribute(at.index, "group", group),
            at,
            f"group is {now}" + ("" if "group" in node.attributes else ", its default"),
            f"set group of {label} to {group}",
            attribute="group",
        )


def _keeping(facts: Facts, at: At) -> Iterator[Mend]:
    """A reduction that drops the axis that it reduces."""
    node, label = facts.node(at), facts.label(at)
    if node.attributes.get("keepdims") == 0:
        yield Mend(
            SetAttribute(at.index, "keepdims", 1),
            at,
            f"{label} drops the axes that it reduces (keepdims = 0)",
            f"set keepdims of {label} to 1",
            attribute="keepdims",
        )


def _swapped(facts: Facts, at: At) -> Iterator[Mend]:
    """A product of two computed matrices of which the second stands turned around."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, node, 1)
    if node.op_type != "MatMul" or shape is None or len(shape) < 2 or facts.fixed(node.inputs[1]):
        return
    rank = len(shape)
    perm = (*range(rank - 2), rank - 1, rank - 2)
    yield Mend(
        PutInFront(at.index, 1, "Transpose", {"perm": perm}),
        at,
        f"{node.inputs[1]} {show(shape)} stands turned around",
        f"put a Transpose with perm {list(perm)} in front of the second input of {label}",
    )


def _permuted(facts: Facts, at: At) -> Iterator[Mend]:
    """A Transpose with another permutation: the usual ones between channels first and last, then any."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, node)
    if node.op_type != "Transpose" or shape is None or not 2 <= len(shape) <= 5:
        return
    rank = len(shape)
    now = node.attributes.get("perm", tuple(reversed(range(rank))))
    tried = [(0, rank - 1, *range(1, rank - 1)), (0, *range(2, rank), 1)]
    if rank <= 4:
        tried += sorted(permutations(range(rank)), key=lambda p: p[0] != 0)
    made = facts.at(node.outputs[0])
    gives = f" and gives {show(made.shape)}" if made is not None and made.shape is not None else ""
    for perm in dict.fromkeys(tried):
        if perm != now:
            yield Mend(
                SetAttribute(at.index, "perm", perm),
                at,
                f"{label} has the perm {list(now) if isinstance(now, tuple) else now}{gives}",
                f"set perm of {label} to {list(perm)}",
                attribute="perm",
            )


def _resampled(facts: Facts, at: At) -> Iterator[Mend]:
    """A Resize that also resamples the batch or the channels."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, node)
    if node.op_type not in ("Resize", "Upsample") or shape is None or len(shape) < 3 or "axes" in node.attributes:
        return
    for position, name in enumerate(node.inputs[1:], 1):
        fact = facts.at(name) if name else None
        if fact is None or fact.elements is None or len(fact.elements) != len(shape):
            continue
        values, by_sizes = fact.elements, fact.dtype == DType.INT64
        word = "sizes" if by_sizes else "scales"
        kept = shape[:2] if by_sizes else (1.0, 1.0)
        made = facts.at(node.outputs[0])
        out = made.shape[1] if made is not None and made.shape is not None else None
        cause = f"{label} makes {out} of {shape[1]} channels ({word}[1] = {_number(values[1])})"
        for wanted in ((*kept, *values[2:]), (values[0], values[-1], *values[1:-1])):
            if wanted != values and None not in wanted:
                shown = ", ".join(map(_number, wanted))
                yield Mend(
                    SetValues(at.index, position, wanted),
                    at,
                    cause,
                    f"set {word}[1] of {label} to {_number(wanted[1])} ({word} [{shown}])",
                    name,
                )


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _channels_last(facts: Facts, at: At) -> Iterator[Mend]:
    """Data that comes from the caller channels last."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, node)
    if node.op_type not in CHANNELS_FIRST or shape is None or not 3 <= len(shape) <= 5:
        return
    place: At | None = at
    for _ in range(_FARTHEST):
        place = facts.producer(facts.node(place).inputs[0]) if place is not None and facts.node(place).inputs else None
        if place is None or facts.node(place).op_type not in HANDING_ON:
            break
    if place is not None and facts.node(place).op_type != "Transpose":
        return  # what a layer gives is channels first
    perm = (0, len(shape) - 1, *range(1, len(shape) - 1))
    yield Mend(
        PutInFront(at.index, 0, "Transpose", {"perm": perm}),
        at,
        f"its data {show(shape)} has the channels last",
        f"put a Transpose with perm {list(perm)} in front of {label}",
    )
    back = [perm.index(i) for i in range(len(perm))]
    yield Mend(
        PutAround(at.index, perm),
        at,
        f"its data {show(shape)} has the channels last",
        f"put a Transpose with perm {list(perm)} in front of {label}, and one with perm {back} behind it",
    )
