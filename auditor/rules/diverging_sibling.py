"""A float16 or quantised sibling of a model that keeps less of it than its type does, and the first tensor that shows.

## What it does
Asked for by `--deep` or `--deep-part divergence`. Runs the model and its sibling in other types on the same inputs,
both without optimisation: the one that `--against` names, or one beside it (`model.onnx` with `model_fp16.onnx`,
`model.int8.onnx`, `model_quantized.onnx`, and the reverse; at most two). With e the difference, SQNR is
10 log10(sum of a^2 / sum of e^2) of all of an output, and of each channel (the last axis of a classifier's scores).

Reported is a number that is finite in the wide model alone, or an output below these (dB; of the whole, of a channel):
float16 30 and 15, bfloat16 15 and 6, eight bits 8 and 3, four bits 3 and 0. Rounding to b bits of mantissa keeps
about 6 dB for each: 66 in float16. Sound siblings that were measured (onnxruntime 1.32) kept 64 to 68 in float16 and
35 by channel, in eight bits 28 to 34 and 18 by channel; a wrong calibration left 2. Channels are judged by four
elements at least, over several inputs, and what is below is looked at again on others. A processor computes float16
in float32, so a tensor inside that reaches beyond 65504 is reported, too, where the outputs do not show it, but for
low numbers that only mask what goes into a softmax.

Of what is below it names the first tensor, and the node.

## Why it matters
An SQNR of 24 dB of the whole can hide a class at 1 dB: one scale for all columns leaves the small ones two steps.
A square that passes 65504 is infinite on every device that computes in float16 (microsoft/onnxruntime#10079).

## Fires on
```mutator
one_scale_for_all_columns  # of a product whose first column is two hundred times the others
overflowing_square         # float16 by a converter, and a variance beyond 65504
```

## Quiet on
```mutator
scale_for_each_column      # the same product, quantised by column
sound_half                 # float16, and all within its reach
```

## How to fix
float16: keep the named node in float32 (the converter's `node_block_list`), or scale what goes into it. Eight bits:
quantise the weights by channel (`per_channel=True`), leave the named node out (`nodes_to_exclude`), or calibrate on
inputs like those in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..model.graph import Model
from ..report import Basis, Found, Severity
from . import rule
from .diverging_tensors import location_in

if TYPE_CHECKING:
    from ..evidence.deep.divergence import Divergence, Diverging
    from ..runtime.deep.divergence import TensorSeen

_ROUNDING = frozenset({"QuantizeLinear", "DynamicQuantizeLinear"})


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def diverging_sibling(model: Model, divergence: Divergence) -> Iterator[Found]:
    from ..runtime.deep.divergence import SIBLING

    for one in divergence.apart:
        if one.seen.kind != SIBLING:
            continue
        first = one.seen.first or one.outputs[0]
        weak, wide = one.numbers if not one.other_is_weak else one.numbers[::-1]
        sides = f"its {weak} sibling {one.seen.label}" if one.other_is_weak else f"its {wide} sibling {one.seen.label}"
        places = tensors_at(("", o.tensor) for o in one.outputs or (first,))
        fed = ", on invented inputs" if one.invented else ""
        yield Found(
            f"{_lost(one, weak, sides)}{_where(model, one, first, weak)} "
            f"({one.stamp.runtime}, {one.stamp.provider}, both without optimisation{fed})",
            location_in(model, first.tensor),
            _fix(model, one, first, weak),
            places=places,
        )


def _lost(one: Diverging, weak: str, sides: str) -> str:
    from ..evidence.deep.divergence import figures_of

    if one.hidden:
        return f"beside {sides}, the outputs are alike on this processor, which computes {weak} in float32"
    output = one.outputs[0]
    least = f", and {weak} keep {one.floors.whole:g} dB, {one.floors.channel:g} by channel" if one.floors else ""
    return f"beside {sides}, the output {output.tensor!r} parts: {figures_of(output)}{least}"


def _where(model: Model, one: Diverging, first: TensorSeen, weak: str) -> str:
    from ..evidence.deep.divergence import figures_of, maker_of
    from ..evidence.deep.siblings import FLOAT16, GREATEST

    close = first.closeness
    if close.nonfinite and weak == FLOAT16 and close.reach > GREATEST:
        return (
            f"; {first.tensor!r} of {maker_of(first)} reaches {close.reach:.3g}, beyond float16's 65504: "
            f"{close.nonfinite} of {close.elements} elements are not finite there"
        )
    before = [b.closeness.sqnr for b in one.seen.before if b.closeness.sqnr is not None]
    went_in = f", of inputs at {min(before):.0f} dB" if before else ""
    inside = first.tensor not in {output.tensor for output in one.outputs}
    told = f": {figures_of(first)}{went_in}" if inside else went_in
    rounded = _rounded_between(one, first, model if not one.other_is_weak else one.other or model)
    between = f"; what goes in is quantised by {', '.join(rounded)}" if rounded else ""
    return f"; the first tensor that falls is {first.tensor!r} of {maker_of(first)}{told}{between}"


def _name_in_the_weak(one: Diverging, tensor: TensorSeen) -> str:
    return tensor.partner if one.other_is_weak else tensor.tensor


def _rounded_between(one: Diverging, first: TensorSeen, weak: Model) -> tuple[str, ...]:
    """The nodes that quantise between the tensors that are still well and the first that falls, which the wide model
    has not."""
    ends = {_name_in_the_weak(one, before) for before in one.seen.before}
    graph, found = weak.graph, dict[str, None]()
    waiting, seen = [_name_in_the_weak(one, first)], {_name_in_the_weak(one, first)}
    while waiting:
        index = graph.producers.get(waiting.pop())
        if index is None:
            continue
        node = graph.nodes[index]
        if node.op_type in _ROUNDING:
            found[f"{graph.label(index)} ({node.op_type})" if node.name else graph.label(index)] = None
        fresh = [n for n in node.inputs if n and n not in seen and n not in ends]
        seen.update(fresh)
        waiting += fresh
    return tuple(found)


def _fix(model: Model, one: Diverging, first: TensorSeen, weak: str) -> str:
    from ..evidence.deep.divergence import maker_of
    from ..evidence.deep.siblings import EIGHT, FOUR

    node = maker_of(first)
    if weak not in (EIGHT, FOUR):
        return f"keep {node} in float32 (node_block_list of the converter), or scale what goes into it"
    coarse = _one_scale(one.other if one.other_is_weak and one.other else model, first, one)
    if coarse:
        return f"quantise {coarse!r} by channel (per_channel=True): one scale for all leaves the small ones no steps"
    return f"leave {node} out of quantising (nodes_to_exclude), or calibrate on inputs like these"


def _one_scale(model: Model, first: TensorSeen, one: Diverging) -> str:
    """The quantised weight of the node that has one scale for all of its channels; "" where none has."""
    graph = model.graph
    index = graph.producers.get(_name_in_the_weak(one, first))
    if index is None:
        return ""
    stored = {tensor.name: tensor for tensor in graph.initializers}
    for name in graph.nodes[index].inputs:
        maker = graph.producers.get(name)
        node = None if maker is None else graph.nodes[maker]
        if node is None or node.op_type != "DequantizeLinear" or len(node.inputs) < 2:
            continue
        weight, scale = (stored.get(wanted) for wanted in node.inputs[:2])
        if weight is not None and scale is not None and scale.elements == 1 and weight.elements > 1:
            return weight.name
    return ""
