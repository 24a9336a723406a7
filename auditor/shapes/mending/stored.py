"""Stored tensors of the wrong form: vectors along the wrong axis, biases of another length, weights turned around."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ...model.tensor import Tensor
from ..conditions import STRETCHING
from ..dense import WEIGHTS
from ..fact import BroadcastsTo, show
from ..facts import Facts
from ..troubles import At, Misfit
from .edits import PutInFront, SetDims
from .proposal import Proposal, numbers, shape_of


def aligned(facts: Facts, at: At, *, stored: bool) -> Iterator[Proposal]:
    """A vector that broadcasting lays along the last axis, laid along another: first the channels.

    ``stored``: one that hangs on no input.
    """
    node, label = facts.node(at), facts.label(at)
    if node.op_type not in STRETCHING and node.op_type != "PRelu":
        return
    rank = max((len(s) for i in range(len(node.inputs)) if (s := shape_of(facts, at, i)) is not None), default=0)
    for position, name in enumerate(node.inputs):
        shape = numbers(shape_of(facts, at, position))
        if not name or shape is None or facts.fixed(name, at.graph) != stored:
            continue
        core = shape
        while core and core[0] == 1:
            core = core[1:]
        if not core:
            continue
        behind = sorted(range(1, rank - len(core) + 1), key=lambda ones: rank - len(core) - ones != 1)
        for i, ones in enumerate(behind):
            dims = (*core, *(1,) * ones)
            along = rank - len(dims)
            where = "channels, axis 1" if along == 1 else f"axis {along}"
            cause = f"{name} runs along the last axis; it fits along the {where}"
            if len(core) > 1:
                cause = f"{name} stands at the last axes; it fits from axis {along} on"
            if stored_alone(facts, name, at):
                yield Proposal(
                    SetDims(at, name, dims), at, cause, 1.5 + 0.5 * i, f"give {name} the shape {show(dims)}", name
                )
            else:
                added = tuple(range(len(shape), len(dims)))
                fix = f"put an Unsqueeze with axes {list(added)} behind {name}, in front of {label}: "
                fix += f"it must be {show(dims)}"
                edit = PutInFront(at, position, "Unsqueeze", {}, added)
                likely = 1.8 if stored else 2.8 if along == 1 and len(core) == 1 else 4.5
                yield Proposal(edit, at, cause, likely + 0.2 * i, fix, name)


def stored_alone(facts: Facts, name: str, at: At) -> bool:
    """Whether the file stores a tensor, for this node only."""
    graph = facts.model.graph
    if at.graph or graph.consumers.get(name) != (at.index,):
        return False
    if any(t.name == name for t in graph.initializers):
        return True
    index = graph.producers.get(name)
    return index is not None and isinstance(graph.nodes[index].attributes.get("value"), Tensor)


def reformed(facts: Facts, at: At) -> Iterator[Proposal]:
    """The shape that a parameter needs: of as many elements, or of another number, where its maker must give them."""
    for case in facts.troubles:
        if not isinstance(case, Misfit) or case.at != at or not facts.fixed(case.tensor, at.graph):
            continue
        if isinstance(case.expected, BroadcastsTo):
            yield from _broadcasting(facts, case)
            continue
        wanted, now = numbers(case.expected.shape), numbers(case.actual)
        if wanted is None or now is None:
            continue
        need = f"{case.tensor} is {show(now)}, must be {show(wanted)}"
        if prod(wanted) == prod(now) and [s for s in wanted if s != 1] == [s for s in now if s != 1]:
            yield Proposal(SetDims(at, case.tensor, wanted), at, need, 1.0, "", case.tensor)
        else:
            vector = len(wanted) == 1
            cost = 2.5 if case.own else 6.0 if vector else 8.5
            yield Proposal(SetDims(at, case.tensor, wanted), at, need, cost, "", case.tensor)
    yield from _weight_turned(facts, at)


def _broadcasting(facts: Facts, case: Misfit) -> Iterator[Proposal]:
    """A slope or a Gemm's C: in the form that has as many elements, else one for each channel or feature."""
    now, wanted = numbers(case.actual), numbers(case.expected.shape)
    node = facts.node(case.at)
    whole = case.expected.shape
    if now is None:
        return
    need = f"{case.tensor} is {show(now)}, must broadcast to {show(whole)}"
    channels = whole[1] if len(whole) > 1 else None
    forms: list[tuple[int, ...]] = []
    if node.op_type == "PRelu" and isinstance(channels, int):
        forms.append((channels, *(1 for _ in whole[2:])))
    elif isinstance(whole[-1], int) and whole:
        forms += [(whole[-1],), (1, whole[-1])]
    if wanted is not None:
        forms += [(wanted[0], 1)] if len(wanted) == 2 else []
    for i, form in enumerate(dict.fromkeys(forms)):
        same = prod(form) == prod(now)
        if form != now:
            cost = (1.0 if same else 3.0 if case.own else 4.5) + 0.7 * i
            yield Proposal(SetDims(case.at, case.tensor, form), case.at, need, cost, "", case.tensor)


def _weight_turned(facts: Facts, at: At) -> Iterator[Proposal]:
    """A dense layer's weight that would fit the other way round."""
    node, label = facts.node(at), facts.label(at)
    place = {"b": 1}.get(WEIGHTS.get(node.op_type, ""))
    shape = shape_of(facts, at, place) if place is not None else None
    if shape is None or len(shape) != 2 or node.op_type == "Gemm" or not facts.fixed(node.inputs[1], at.graph):
        return
    yield Proposal(
        PutInFront(at, 1, "Transpose", {"perm": (1, 0)}), at, f"{node.inputs[1]} stands turned around", 2.4,
        f"{node.inputs[1]} stands turned around: store it as {show(shape[::-1])}, or put a Transpose with perm [1, 0] "
        f"in front of the second input of {label}", node.inputs[1],
    )  # fmt: skip
