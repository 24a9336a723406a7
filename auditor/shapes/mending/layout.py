"""What people get wrong of the order of axes: permutations, axes, flattening, what is turned around."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from ...model.schemas import schema
from ..fact import show
from ..facts import Facts
from ..troubles import At, Impossible
from . import CHANNELS_FIRST, HANDING_ON
from .edits import AsMatMul, MoveInFront, PutAround, PutInFront, SetAttribute, SetValues, TakeOut, inverse
from .habits import CONVOLUTIONS
from .proposal import Proposal, first_user, numbers, opset, shape_of

_FARTHEST = 24

_DENSE = ("Gemm", "MatMul")

_PLACES = ("first", "second", "third")


def axis(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """The attribute ``axis`` at another place."""
    node = facts.node(at)
    spec = schema(node.domain, node.op_type, opset(facts, node))
    shape = shape_of(facts, at)
    if spec is None or "axis" not in spec.attributes or shape is None:
        return
    default = spec.attributes["axis"].default
    now = node.attributes.get("axis", default)
    if not isinstance(now, int):
        return
    if not far and any(isinstance(t, Impossible) and t.at == at and t.attribute == "axis" for t in facts.troubles):
        return  # of an axis outside the tensor, nobody knows which was meant
    said = f"axis is {now}" + ("" if "axis" in node.attributes else ", its default")
    for other, size in enumerate(shape):
        if not isinstance(size, int) and node.op_type not in ("Concat", "Flatten"):
            continue  # of an open size, nobody knows
        if other != now % len(shape) if -len(shape) <= now < len(shape) else True:
            usual = {"Concat": 1, "Flatten": 1}.get(node.op_type) if len(shape) != 3 else None
            yield Proposal(
                SetAttribute(at, "axis", other), at, f"{said}, and all fits at axis {other}",
                (2.0 if not far else 4.0) - 0.5 * (other == usual) + 3.5 * (now == usual), attribute="axis",
            )  # fmt: skip


def keeping(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """A reduction that drops the axis that it reduces, or keeps it."""
    node, label = facts.node(at), facts.label(at)
    now = node.attributes.get("keepdims", 1)
    if not node.op_type.startswith(("Reduce", "Arg")):
        return
    says = "drops the axes that it reduces (keepdims = 0)" if now == 0 else "keeps the axes that it reduces"
    cost = 3.5 if now == 0 else 2.4 if far <= 1 else 4.5
    yield Proposal(SetAttribute(at, "keepdims", 1 - bool(now)), at, f"{label} {says}", cost, attribute="keepdims")


def axes(facts: Facts, at: At) -> Iterator[Proposal]:
    """The axes of an Unsqueeze, a Squeeze or a reduction at other places."""
    node, label = facts.node(at), facts.label(at)
    if node.op_type not in ("Unsqueeze", "Squeeze") and not node.op_type.startswith("Reduce"):
        return
    shape = shape_of(facts, at)
    given = node.attributes.get("axes")
    fact = facts.at(node.inputs[1], at.graph) if len(node.inputs) > 1 and node.inputs[1] else None
    now = given if isinstance(given, tuple) else fact.elements if fact is not None else None
    if not now or shape is None or not all(isinstance(a, int) for a in now):
        return
    rank = len(shape) + (len(now) if node.op_type == "Unsqueeze" else 0)
    whole = tuple(a for a in now if isinstance(a, int))
    tried = [tuple(a + by for a in whole) for by in (1, -1, 2, -2)]
    if rank == 4:
        tried += [(2, 3), (1, 2)] if len(whole) == 2 else []
    if len(whole) == 1:
        tried += [(a,) for a in range(rank)]
    normal_axes = tuple(sorted(a % rank for a in whole)) if rank else ()
    for wanted in dict.fromkeys(tried):
        if all(0 <= a < rank for a in wanted) and wanted != normal_axes:
            cause = f"axes of {label} is {list(whole)}; all fits with {list(wanted)}"
            edit = SetAttribute(at, "axes", wanted) if isinstance(given, tuple) else SetValues(at, 1, wanted)
            cost = 7.0 if 0 in wanted and 0 not in normal_axes else 4.0
            yield Proposal(edit, at, cause, cost, attribute="axes")


def flattened(facts: Facts, at: At) -> Iterator[Proposal]:
    """A dense layer right behind images, or a Gemm of more than two axes that would be a MatMul."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, at)
    if node.op_type not in _DENSE or shape is None or len(shape) <= 2:
        return
    behind = first_user(facts, at)
    for _ in range(4):
        if behind is None or facts.node(behind).op_type == "Flatten":
            break
        behind = first_user(facts, behind) if facts.node(behind).op_type in HANDING_ON else None
    if behind is not None and not at.graph:
        cause = f"nothing flattens {show(shape)} in front of it; {facts.label(behind)} stands behind"
        yield Proposal(MoveInFront(behind, at), behind, cause, 1.6)
    yield Proposal(
        PutInFront(at, 0, "Flatten", {"axis": 1}), at, f"nothing flattens {show(shape)} in front of it", 2.5,
        f"put a Flatten (axis 1) in front of {label}",
    )  # fmt: skip
    weight = shape_of(facts, at, 1)
    if weight is not None and len(weight) == 2 and weight[-1 if node.attributes.get("transB") else -2] == shape[-1]:
        last = len(shape) - 1
        yield Proposal(
            PutInFront(at, 0, "Flatten", {"axis": last}), at, f"nothing makes rows of {show(shape)} in front of it",
            2.7, f"put a Flatten (axis {last}) in front of {label}",
        )  # fmt: skip
    plain = not node.attributes.get("transA") and node.attributes.get("alpha", 1.0) == 1.0 == node.attributes.get(
        "beta", 1.0
    )
    if node.op_type == "Gemm" and plain:
        cause = f"its data {show(shape)} has {len(shape)} axes, and a Gemm takes two"
        yield Proposal(AsMatMul(at), at, cause, 2.2, f"make a MatMul (and an Add of C) of {label}")


def moved(facts: Facts, at: At, place: At) -> Iterator[Proposal]:
    """A Flatten in front of a layer that takes images: it belongs in front of the dense layer behind."""
    if facts.node(place).op_type not in ("Flatten", "Reshape") or place.graph != at.graph:
        return
    dense: At | None = first_user(facts, place)
    for _ in range(_FARTHEST):
        if dense is None or facts.node(dense).op_type in _DENSE:
            break
        dense = first_user(facts, dense)
    if dense is None or first_user(facts, place) == dense:
        return
    label = facts.label(place)
    yield Proposal(MoveInFront(place, dense), place, f"{label} flattens what {facts.label(at)} takes", 2.0)


def turned(facts: Facts, at: At) -> Iterator[Proposal]:
    """transA and transB of a Gemm."""
    node, label = facts.node(at), facts.label(at)
    if node.op_type != "Gemm":
        return
    others = [
        n.attributes.get("transB", 0) for n in facts.graphs[at.graph].nodes if n.op_type == "Gemm" and n is not node
    ]
    for name in ("transB", "transA"):
        now = node.attributes.get(name, 0)
        cost = 2.4 if name == "transB" else 3.0
        if name == "transB" and others and all(bool(o) != bool(now) for o in others):
            cost = 1.2
        said = f"{name} of {label} is {now}" + ("" if name in node.attributes else ", its default")
        yield Proposal(SetAttribute(at, name, 0 if now else 1), at, said, cost, attribute=name)


def swapped(facts: Facts, at: At) -> Iterator[Proposal]:
    """A product of two matrices of which one stands turned around."""
    node, label = facts.node(at), facts.label(at)
    if node.op_type != "MatMul":
        return
    for position in (1, 0):
        shape = shape_of(facts, at, position)
        if shape is None or len(shape) < 2:
            continue
        rank = len(shape)
        perm = (*range(rank - 2), rank - 1, rank - 2)
        yield Proposal(
            PutInFront(at, position, "Transpose", {"perm": perm}), at,
            f"{node.inputs[position]} {show(shape)} stands turned around", 5.0 + 2 * (position == 0),
            f"put a Transpose with perm {list(perm)} in front of the {_PLACES[position]} input of {label}",
        )  # fmt: skip


def untransposed(facts: Facts, at: At) -> Iterator[Proposal]:
    """A Transpose that is missing in front of a node that joins, multiplies or reshapes."""
    node, label = facts.node(at), facts.label(at)
    if node.op_type == "NonMaxSuppression":
        for position, (name, order) in enumerate((("boxes", "4, boxes"), ("scores", "boxes, classes"))):
            shape = shape_of(facts, at, position)
            if shape is not None and len(shape) == 3:
                cause = f"its {name} {show(shape)} are [batch, {order}]"
                fix = f"put a Transpose with perm [0, 2, 1] in front of the {name} of {label}"
                yield Proposal(PutInFront(at, position, "Transpose", {"perm": (0, 2, 1)}), at, cause, 2.0, fix)
    if node.op_type not in ("MatMul", "Add", "Mul", "Sub", "Concat", "Gemm", "Conv"):
        return
    for position, name in enumerate(node.inputs[:3]):
        shape = shape_of(facts, at, position)
        if not name or shape is None or not 3 <= len(shape) <= 4 or facts.fixed(name, at.graph):
            continue
        rank = len(shape)
        first, last = (0, rank - 1, *range(1, rank - 1)), (0, *range(2, rank), 1)
        for perm in permutations(range(rank)):
            if perm == tuple(range(rank)):
                continue
            usual = perm in (first, last) or (rank == 4 and perm == (0, 2, 1, 3)) or (rank == 3 and perm == (0, 2, 1))
            where = f"{_PLACES[position]} input of " if position else ""
            yield Proposal(
                PutInFront(at, position, "Transpose", {"perm": perm}), at,
                f"{name} {show(shape)} has its axes in another order",
                (5.5 if usual else 7.0) + 2 * (perm[0] != 0),
                f"put a Transpose with perm {list(perm)} in front of {where}{label}",
            )  # fmt: skip


def weight_permuted(facts: Facts, at: At) -> Iterator[Proposal]:
    """A stored weight that a Transpose brings to another order than a convolution's: from channels last, as a rule."""
    node = facts.node(at)
    at_one = node.op_type in CONVOLUTIONS and node.op_type != "QLinearConv" and len(node.inputs) > 1
    maker = facts.producer(node.inputs[1], at.graph) if at_one else None
    if maker is None or facts.node(maker).op_type != "Transpose":
        return
    rank, label = len(shape_of(facts, maker) or ()), facts.label(maker)
    if not 3 <= rank <= 5:
        return
    now = facts.node(maker).attributes.get("perm", tuple(reversed(range(rank))))
    made = show(shape_of(facts, at, 1) or ())
    said = f"{label} has the perm {list(now) if isinstance(now, tuple) else now} and gives {made} for a weight"
    from_last = (rank - 1, rank - 2, *range(rank - 2))
    for perm in dict.fromkeys((from_last, *(permutations(range(rank)) if rank <= 4 else ()))):
        if perm != now:
            yield Proposal(
                SetAttribute(maker, "perm", perm), maker, said, 1.5 if perm == from_last else 2.8, attribute="perm"
            )


def permuted(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """A Transpose with another permutation: the usual ones between channels first and last, then any."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, at)
    if node.op_type != "Transpose" or shape is None or not 2 <= len(shape) <= 5:
        return
    rank = len(shape)
    now = node.attributes.get("perm", tuple(reversed(range(rank))))
    usual = [(0, rank - 1, *range(1, rank - 1)), (0, *range(2, rank), 1)]
    if any(n.op_type == "MatMul" for n in facts.graphs[at.graph].nodes):
        usual += [p for p in ((0, 2, 1, 3), (0, 1, 3, 2)) if len(p) == rank]
    tried = [*usual, *(permutations(range(rank)) if rank <= 4 else ())]
    made = facts.at(node.outputs[0], at.graph)
    gives = f" and gives {show(made.shape)}" if made is not None and made.shape is not None else ""
    habits = [
        n.attributes.get("perm") for n in facts.graphs[at.graph].nodes if n.op_type == "Transpose" and n is not node
    ]
    odd = isinstance(now, tuple) and now not in usual and now not in habits
    for perm in dict.fromkeys(tried):
        if perm != now and perm != tuple(range(rank)):
            cost = 3.2 if perm in usual[:2] else 3.6 if perm in usual else 4.6 if perm[0] == 0 else 7.0
            yield Proposal(
                SetAttribute(at, "perm", perm), at,
                f"{label} has the perm {list(now) if isinstance(now, tuple) else now}{gives}",
                max(0.5, cost - 1.0 * (perm in habits) - 0.8 * odd + min(1.0, far * 0.05)), attribute="perm",
            )  # fmt: skip


_SUPERFLUOUS = {
    "Transpose": 2.9, "Flatten": 5.4, "Squeeze": 6.0, "Unsqueeze": 6.0, "MaxPool": 7.0, "AveragePool": 7.0,
    "GlobalAveragePool": 7.5,
}  # fmt: skip


def superfluous(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """A node without which all fits."""
    node = facts.node(at)
    if node.op_type in _SUPERFLUOUS:
        cost = _SUPERFLUOUS[node.op_type] + min(1.0, far * 0.05)
        yield Proposal(TakeOut(at), at, f"all fits without {facts.label(at)}", cost)


def channels_last(facts: Facts, at: At) -> Iterator[Proposal]:
    """Data that comes from the caller channels last."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, at)
    if node.op_type not in CHANNELS_FIRST or shape is None or not 3 <= len(shape) <= 5:
        return
    place: At | None = at
    for _ in range(_FARTHEST):
        inputs = facts.node(place).inputs if place is not None else ()
        place = facts.producer(inputs[0], place.graph) if place is not None and inputs and inputs[0] else None
        if place is None or facts.node(place).op_type not in HANDING_ON:
            break
    if place is not None and facts.node(place).op_type != "Transpose":
        return  # what a layer gives is channels first
    perm = (0, len(shape) - 1, *range(1, len(shape) - 1))
    cause = f"its data {show(shape)} has the channels last"
    again = 1.6 if place is not None else 0.0  # behind a Transpose that is there, another one is hardly missing
    yield Proposal(PutInFront(at, 0, "Transpose", {"perm": perm}), at, cause, 3.6 + again)
    sizes = numbers(shape)
    if sizes is not None or shape[-1] is not None:
        yield Proposal(
            PutAround(at, perm), at, cause, 4.4 + again,
            f"put a Transpose with perm {list(perm)} in front of {label}, "
            f"and one with perm {list(inverse(perm))} behind it",
        )  # fmt: skip
