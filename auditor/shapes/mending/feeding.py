"""Other sizes of the graph's inputs: heights and widths that fit, features and channels that a layer takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...report import Fit
from ..conditions import STRETCHING
from ..dense import WEIGHTS
from ..facts import Facts, rendered
from ..sizes.dim import Dim
from ..troubles import At
from . import HANDING_ON
from .edits import FeedAs, NameSize
from .habits import CONVOLUTIONS, USUAL_SIZES, size_surprise, weight_of
from .proposal import Proposal, numbers, shape_of

_BASE, _SOLVED = 6.0, 3.8

_BY_VALUES = frozenset(
    {
        "Gather", "GatherElements", "GatherND", "ScatterElements", "ScatterND", "Scatter", "NonMaxSuppression", "Split",
        "Resize", "Upsample",
    }
)  # fmt: skip
"""Operators that fail of the values that they are given, or of how many axes: no larger image mends them."""


def sized(facts: Facts, fits: Sequence[Fit], at: At) -> Iterator[Proposal]:
    """Heights and widths: out of the ranges that were solved, else those that are usual or near."""
    dense = facts.node(at).op_type in (*WEIGHTS, "Reshape")
    for fit in fits:
        places = [(a.rpartition("[")[0], int(a.rpartition("[")[2][:-1])) for a in fit.axes]
        names = {name for name, _ in places}
        if len(names) == 1 and fit.ranges:
            name, axes = names.pop(), [axis for _, axis in places]
            yield from _moved(facts, name, axes, _in_ranges(fit, _now(facts, name, axes)), solved=dense)
    if fits or facts.node(at).op_type in _BY_VALUES:
        return
    for name, fact in facts.inputs.items():
        shape = fact.shape
        if shape is None or len(shape) not in (3, 4, 5) or facts.model.graph.consumers.get(name) is None:
            continue
        axes = [i for i in range(len(shape)) if i >= (2 if len(shape) > 3 else 1) and isinstance(shape[i], int)]
        if not axes:
            continue
        now = [s for s in shape if isinstance(s, int)]
        near = [n + by for n in now for by in (-8, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 16, 32, -16, -32)]
        doubled = [n * 2 for n in now] + [n // 2 for n in now]
        tried = [s for s in dict.fromkeys((*now, *USUAL_SIZES, *near, *doubled)) if s > 0]
        if len(axes) > 1:
            yield from _moved(facts, name, axes, tried)
        for axis in axes:
            yield from _moved(facts, name, [axis], tried)


def _now(facts: Facts, name: str, axes: Sequence[int]) -> list[int]:
    shape = facts.inputs[name].shape or ()
    return [s for a in axes if isinstance(s := shape[a], int)]


def _in_ranges(fit: Fit, now: list[int]) -> list[int]:
    """The usual sizes of the ranges, and the one that is nearest to what is."""
    found: list[int] = []
    for low, high, *step in fit.ranges:
        by, top = (step or [1])[0] or 1, 4096 if high is None else high
        inside = range(low, top + 1, by)
        found += [s for s in USUAL_SIZES if s in inside]
        if now and len(inside):
            found.append(min(inside, key=lambda s: (abs(s - now[0]), s)) if len(inside) < 10_000 else low)
        found.append(low)
    return sorted(dict.fromkeys(found), key=lambda s: (size_surprise(s), abs(s - (now[0] if now else s))))[:12]


def _moved(
    facts: Facts, name: str, axes: Sequence[int], sizes: Sequence[int], *, solved: bool = False
) -> Iterator[Proposal]:
    """``solved``: a dense layer behind is made for these sizes, so the nearest of them is meant."""
    shape = facts.inputs[name].shape or ()
    now = [shape[a] for a in axes]
    shown = " x ".join(str(s) for s in now)
    was = max((size_surprise(s) for s in now if isinstance(s, int)), default=0.0)
    square = len(set(shape[2:])) == 1
    for size in sizes:
        if any(s != size for s in now):
            then = tuple(size if i in axes else s for i, s in enumerate(shape))
            odd = (
                2.5
                if len(set(then[2:])) > 1 and square
                else -1.5
                if len(set(then[2:])) == 1 and not square and size in USUAL_SIZES
                else 0.0
            )
            away = max((abs(size - s) for s in now if isinstance(s, int)), default=0)
            near = min(3.0, away / 10) if solved else min(1.5, away / 100)
            cost = (_SOLVED if solved else _BASE) + max(-3.0, size_surprise(size) - was) + odd + near
            yield Proposal(
                FeedAs(name, dict.fromkeys(axes, size)), At("", -1), f"{name} is {shown} along {_along(axes)}", cost,
                tensor=name, attribute=_along(axes),
            )  # fmt: skip


def _along(axes: Sequence[int]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


def taken(facts: Facts, at: At) -> Iterator[Proposal]:
    """The channels or features of an input, as the first layer that takes it has them."""
    node = facts.node(at)
    name = _source(facts, node.inputs[0], at.graph) if node.inputs else ""
    fact = facts.inputs.get(name)
    if fact is None or fact.shape is None:
        return
    weight = weight_of(facts, at) if node.op_type in CONVOLUTIONS else ()
    if len(weight) > 2:
        group = node.attributes.get("group", 1)
        axis, wanted = 1, weight[1] * (group if isinstance(group, int) else 1)
        if node.op_type == "ConvTranspose":
            wanted = weight[0]
    elif node.op_type in WEIGHTS:
        sizes = numbers(shape_of(facts, at, 1))
        if sizes is None or len(sizes) < 2:
            return
        wanted, axis = sizes[-1 if node.attributes.get("transB") else -2], len(fact.shape) - 1
    else:
        return
    if axis < len(fact.shape) and isinstance(fact.shape[axis], int) and fact.shape[axis] != wanted:
        cause = f"{name} has {fact.shape[axis]} along axis {axis}, and {facts.label(at)} takes {wanted}"
        yield Proposal(FeedAs(name, {axis: wanted}), At("", -1), cause, 4.4, tensor=name, attribute=f"axis {axis}")


def _source(facts: Facts, name: str, graph: str) -> str:
    """The tensor that comes to a node unchanged in shape."""
    for _ in range(8):
        maker = facts.producer(name, graph) if name else None
        if maker is None or facts.node(maker).op_type not in HANDING_ON or not facts.node(maker).inputs:
            break
        name, graph = facts.node(maker).inputs[0], maker.graph
    return name


def met(facts: Facts, at: At) -> Iterator[Proposal]:
    """Inputs of the graph that meet and differ along an axis: one of them takes the other's size or name."""
    node = facts.node(at)
    if node.op_type not in STRETCHING and node.op_type not in ("Concat", "MatMul"):
        return
    names = dict.fromkeys(n for name in node.inputs[:8] if (n := _source(facts, name, at.graph)) in facts.inputs)
    shapes = [(n, facts.inputs[n].shape) for n in names if facts.inputs[n].shape is not None]
    for name, shape in shapes:
        for other, theirs in shapes:
            for i, (a, b) in enumerate(zip(shape or (), theirs or (), strict=False)):
                if name == other or a == b:
                    continue
                if isinstance(a, int) and isinstance(b, int):
                    cause = f"{name} has {a} along axis {i}, and {other} {b}"
                    yield Proposal(FeedAs(name, {i: b}), At("", -1), cause, 4.2, tensor=name, attribute=f"axis {i}")
                elif isinstance(a, Dim) and isinstance(b, Dim) and len(a.names) == 1:
                    was, to = rendered(shape), rendered(theirs)
                    cause = f"size {i} of {name} is named {was[i] if was else ''}, that of {other} {b}"
                    edit = NameSize(name, i, str(to[i] if to else b))
                    yield Proposal(edit, At("", -1), cause, 4.0, tensor=name, attribute=f"axis {i}")
