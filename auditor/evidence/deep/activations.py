"""How far the tensors inside of a model reach: against proved intervals, narrower types, and where layers stand still.

What given inputs or golden vectors show is kept apart from what inputs of ours show: these may mean nothing to the
model, and prove an overflow only for themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import CannotLook
from ...model import payload
from ...model.graph import Model, Node
from ...model.tensor import Tensor
from ...report import DeepFigure, DeepPart, DeepSeries, Missed
from ...runtime.deep.activations import ActivationsAsked, ActivationsSeen, Bent, Reached, RoundedTensor
from ...runtime.deep.nonfinite import Trying
from ...runtime.request import InputRange
from ...tuples import NamedTuple
from ...wording import counted, listed
from .asking import ask
from .inside import FLOATING, GivenInputs, bytes_of_chunks, chunks, given_inputs, sized

if TYPE_CHECKING:
    from ...shapes.facts import Facts
    from ..evidence import Evidence

OURS, REAL = 0, 1
"""Groups of inputs: invented ones, and the user's own or golden vectors."""

FLOAT16_MOST = 65504.0
_SHOWN = 64
_FED = FLOATING | frozenset({2, 3, 4, 5, 6, 7, 9, 12, 13})
_BENT = {"Relu": (0.0, 0.0), "Sigmoid": (0.0, 1.0), "HardSigmoid": (0.0, 1.0), "Tanh": (-1.0, 1.0)}
_QUANTISED = {2: (0, 255), 3: (-128, 127), 4: (0, 65535), 5: (-32768, 32767)}


class Activations(NamedTuple):
    """``reached``: each tensor on each group of inputs. ``words`` names the groups' inputs.

    ``quantised``: of each tensor that a QuantizeLinear takes the one that it gives.
    """

    part: DeepPart
    missed: tuple[Missed, ...]
    reached: tuple[Reached, ...]
    words: Mapping[int, str]
    quantised: Mapping[str, str]

    @property
    def best(self) -> tuple[Reached, ...]:
        """Of each tensor what real inputs show; where there are none, what ours do."""
        group = REAL if any(one.group == REAL for one in self.reached) else OURS
        return tuple(one for one in self.reached if one.group == group)


def look(evidence: Evidence) -> Activations:
    """Run in the child, and hold what it saw against what is proved."""
    model = evidence.model
    given = given_inputs(evidence, "activations")
    bound = sized(evidence.facts, given[0].feeds)
    sources, groups = _sources(evidence, given)
    quantised = dict(_quantised(model))
    asked = ActivationsAsked(
        chunks(model, bound),
        tuple(value.name for value in model.graph.outputs),
        tuple(sources),
        tuple(groups),
        tuple(_bent(model, bound)),
        tuple(quantised.values()),
        tuple(node.outputs[0] for node in model.graph.nodes if node.op_type == "Cast" and node.outputs),
    )
    runs = 1.5 * len(sources) * max(len(asked.chunks), 1)
    attempts = tuple(one.feeds for one in given)
    told = ask(evidence, "activations", asked, attempts, runs=runs, room=bytes_of_chunks(bound, asked.chunks))
    seen: ActivationsSeen = told.seen
    words = {
        group: ", ".join(dict.fromkeys(s.word for s, g in zip(sources, groups, strict=True) if g == group))
        for group in groups
    }
    outside, compared = _outside(evidence, seen.reached)
    made = {name: node.outputs[0] for node in model.graph.nodes for name in node.inputs[:1] if name in quantised}
    found = Activations(DeepPart("activations", "ok"), (*told.missed, *outside), seen.reached, words, made)
    status, why = ("open", "an observed value lies outside of its proved interval") if outside else ("ok", "")
    part = DeepPart(
        "activations",
        status,
        why,
        lines=tuple(_lines(model, found, seen, compared)),
        figures=tuple(_figures(model, found, compared)),
        series=_series(model, found),
        stamp=told.stamp,
    )
    return found._replace(part=part)


# What is asked.


def _sources(evidence: Evidence, given: Sequence[GivenInputs]) -> tuple[list[Trying], list[int]]:
    """The given inputs, and some of ours: in their ranges, where they have some; else from 0 to 1."""
    seed, ends = evidence.settings.seed, evidence.ranges.ends
    sources = [Trying(one.word, place, seed) for place, one in enumerate(given)]
    groups = [REAL if one.real else OURS for one in given]
    feeds = given[0].feeds
    if feeds and all(feed.dtype in _FED for feed in feeds) and (ends or REAL not in groups):
        ranges = tuple(InputRange(f.name, f.dtype, f.shape, *ends.get(f.name, (0.0, 1.0))) for f in feeds)
        if ends:  # what was invented without a look at them may lie outside
            sources = [one for one, group in zip(sources, groups, strict=True) if group == REAL]
            groups = [REAL] * len(sources)
        words = {"anywhere": "invented inputs", "corners": "ends of their ranges"}
        for kind in words if ends else ("anywhere",):
            sources.append(Trying(words[kind], recipe=f'["{kind}", {seed + 1}]', ranges=ranges))
            groups.append(OURS)
    return sources, groups


def _bent(model: Model, bound: Facts) -> Iterator[Bent]:
    """The activations whose ends say that nothing passes; their units lie along the channels."""
    for node in model.graph.nodes:
        if node.op_type in _BENT and not node.domain and node.outputs:
            fact = bound.at(node.outputs[0])
            rank = 0 if fact is None else fact.rank or 0
            if rank > 1:
                yield Bent(node.outputs[0], 1 if rank != 3 else 2, *_BENT[node.op_type])


def _quantised(model: Model) -> Iterator[tuple[str, RoundedTensor]]:
    """What goes into each QuantizeLinear of a tensor that a node makes, where scale and zero point are stored."""
    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializers}
    for node in graph.nodes:
        value = node.attributes.get("value") if node.op_type == "Constant" else None
        if isinstance(value, Tensor):
            stored.update(dict.fromkeys(node.outputs, value))
    for node in graph.nodes:
        if node.op_type != "QuantizeLinear" or len(node.inputs) < 2 or node.inputs[0] not in graph.producers:
            continue
        one = _rounding(model, node, stored)
        if one is not None:
            yield one.tensor, one


def _rounding(model: Model, node: Node, stored: Mapping[str, Tensor]) -> RoundedTensor | None:
    scale = stored.get(node.inputs[1])
    zero = stored.get(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else None
    if scale is None or (zero is None and len(node.inputs) > 2 and node.inputs[2]) or node.attributes.get("block_size"):
        return None
    dtype = 2 if zero is None else zero.dtype
    scales, zeros = _numbers(model, scale), (0.0,) if zero is None else _numbers(model, zero)
    if dtype not in _QUANTISED or not scales or not zeros or not all(0 < s < math.inf for s in scales):
        return None
    axis = node.attributes.get("axis", 1)
    low, high = _QUANTISED[dtype]
    whole = tuple(int(z) for z in zeros)
    return RoundedTensor(
        node.inputs[0], axis if isinstance(axis, int) and axis >= 0 else 1, scales, whole, low, high,
        floor=all(z == low for z in whole),
    )  # fmt: skip


def _numbers(model: Model, tensor: Tensor) -> tuple[float, ...]:
    if tensor.elements > 1 << 16:
        return ()
    try:
        array: Any = payload.array(model, tensor)
    except (ValueError, CannotLook):
        return ()
    return tuple(float(v) for v in array.reshape(-1))


# What was seen.


def _outside(evidence: Evidence, reached: Sequence[Reached]) -> tuple[tuple[Missed, ...], int]:
    """Tensors that were seen outside of their proved intervals, which is a fault of ours; and how many were compared.

    Only of inputs that lie in the ranges that the proof assumes.
    """
    ranges = evidence.ranges
    if ranges.walk is None:
        return (), 0
    ends = ranges.ends
    wild = {
        one.group
        for one in reached
        if (one.tensor in ends and not ends[one.tensor][0] <= one.low <= one.high <= ends[one.tensor][1])
        or (one.tensor in evidence.facts.inputs and one.nonfinite)
    }
    compared = 0
    wrong = []
    for one in reached:
        if one.group in wild or one.tensor in evidence.facts.inputs:
            continue
        proved = ranges.interval(one.tensor)
        if proved is None or proved.dtype != one.dtype:
            continue
        compared += 1
        slack = 4 * proved.limits.unit * max(abs(one.low), abs(one.high))
        if one.low < proved.least - slack or one.high > proved.most + slack or (one.nonfinite and proved.finite):
            wrong.append(
                f"{one.tensor} was seen in [{one.low:.9g}, {one.high:.9g}]"
                + (f" with {one.nonfinite} not finite" if one.nonfinite else "")
                + f", and [{proved.least:.9g}, {proved.most:.9g}] is proved"
            )
    if not wrong:
        return (), compared
    why = f"a fault of auditor: {wrong[0]}" + (f"; and {counted(len(wrong) - 1, 'more')}" if len(wrong) > 1 else "")
    return (Missed("activations: proved intervals", why, asked=True, trace="\n".join(wrong)),), compared


def room(one: Reached) -> float:
    """Doublings until float16 ends; infinite of zero."""
    most = max(abs(one.low), abs(one.high))
    return math.log2(FLOAT16_MOST / most) if most else math.inf


def inner(model: Model, found: Activations) -> list[Reached]:
    """The tensors of floating point that nodes make, in their order."""
    order = model.graph.producers
    made = [one for one in found.best if one.tensor in order and one.dtype in FLOATING]
    return sorted(made, key=lambda one: order[one.tensor])


def _lines(model: Model, found: Activations, seen: ActivationsSeen, compared: int) -> Iterator[str]:
    graph = model.graph
    tensors = inner(model, found)
    words = found.words.get(tensors[0].group, "") if tensors else "nothing"
    yield f"{counted(tensors, 'tensor')} looked at on {words}"
    yield from (f"not taken: {one.splitlines()[0][:200]}" for one in seen.refused[:3])
    if compared:
        yield f"{counted(compared, 'tensor')} held against their proved intervals"
    for one in sorted(tensors, key=room)[:3]:
        if room(one) < 16 and one.elements > one.nonfinite:
            label = graph.label(graph.producers[one.tensor])
            left = room(one)
            said = f"{left:.1f} doublings below" if left > 0 else f"{-left:.1f} doublings beyond"
            yield f"{one.tensor} ({label}) reaches [{one.low:.5g}, {one.high:.5g}]: {said} the end of float16"
    units = [one for one in found.best if one.units]
    stuck = sorted((one for one in units if one.stuck), key=lambda one: -one.stuck / one.units)
    if stuck:
        total, of_all = sum(one.stuck for one in stuck), sum(one.units for one in units)
        worst = listed([f"{one.tensor}: {one.stuck} of {one.units}" for one in stuck])
        yield f"{total:,} of {counted(of_all, 'unit')} stood at the end of their activation throughout: {worst}"
    for one in sorted((o for o in found.best if o.clipped), key=lambda o: -o.clipped / o.elements)[:3]:
        share = 100 * one.clipped / one.elements
        yield f"{one.tensor}: {share:.2g} % of its elements are clipped by {found.quantised.get(one.tensor, '')}"


def _figures(model: Model, found: Activations, compared: int) -> Iterator[DeepFigure]:
    best, tensors = found.best, inner(model, found)
    yield DeepFigure("tensors", len(tensors))
    rooms = [room(one) for one in tensors if one.elements > one.nonfinite]
    least = min(rooms, default=math.inf)
    if math.isfinite(least):
        yield DeepFigure("headroom-float16", round(least, 3), "doublings")
    units = sum(one.units for one in best)
    if units:
        yield DeepFigure("stuck-share", round(sum(one.stuck for one in best) / units, 6))
    quantised = [one.clipped / one.elements for one in best if one.tensor in found.quantised]
    if quantised:
        yield DeepFigure("clipped-share", round(max(quantised), 6))
    if compared:
        yield DeepFigure("held-against-intervals", compared)


def _series(model: Model, found: Activations) -> tuple[DeepSeries, ...]:
    """Room by layer, for a plot: of many the ones with the least, in the graph's order."""
    tensors = [one for one in inner(model, found) if math.isfinite(room(one)) and one.elements > one.nonfinite]
    if not tensors:
        return ()
    kept = set(sorted(range(len(tensors)), key=lambda i: room(tensors[i]))[:_SHOWN])
    shown = [one for i, one in enumerate(tensors) if i in kept]
    return (
        DeepSeries(
            "headroom-float16", "doublings", tuple(o.tensor for o in shown), tuple(round(room(o), 3) for o in shown)
        ),
    )
