"""Units and channels that give the same number for every input.

## What it does
Looks, by the intervals of all tensors, at activations whose argument never enters the part where they vary: a Relu that
is never given a positive number is dead, a Sigmoid, Tanh, Clip or HardSigmoid that is always beyond its bend gives one
number. It tells how many of the channels are so, where ranges of the inputs are given (`--range x=0:1`) for inputs
within them, else for every finite input.

## Why it matters
A channel that never varies costs its weights and its time, and says nothing. Few of them are usual after training and
a note; where all of them are so, nothing of the input passes: a warning, if ranges are given.

## Fires on
```onnx
# --range x=0:1
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y)
<float[2, 2] w = {1.0, -1.0, 1.0, -1.0}, float[2] b = {0.0, -0.5}> {
  h = MatMul(x, w)
  a = Add(h, b)
  y = Relu(a)
}
```
```onnx
# For every input.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y) <float much = {30.0}> {
  s = Sigmoid(x)
  t = Add(s, much)
  y = Tanh(t)
}
```

## Quiet on
```onnx
# --range x=-1:1
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y) <float[2, 2] w = {1.0, -1.0, 1.0, -1.0}> {
  h = MatMul(x, w)
  y = Relu(h)
}
```

## How to fix
Check that the range is the one that the model was trained on; prune the channels, or train them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import nodes_at
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.ranging import Ranges
    from ..ranges.known import Known

_BENDS: dict[str, tuple[float, float]] = {
    "Relu": (0.0, float("inf")),
    "Sigmoid": (-100.0, 17.5),
    "Tanh": (-9.5, 9.5),
    "HardSigmoid": (-2.5, 2.5),
}
"""Where an activation varies: below and above, float32 has the same number for all."""


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def saturated_units(ranges: Ranges) -> Iterator[Found]:
    if ranges.walk is None:
        return
    graph = ranges.model.graph
    found: list[tuple[int, int, int]] = []  # node, channels that are so, channels
    for index, node in enumerate(graph.nodes):
        if node.op_type not in (*_BENDS, "Clip") or node.domain or not node.inputs or not node.outputs:
            continue
        given, made = ranges.interval(node.inputs[0]), ranges.interval(node.outputs[0])
        if given is None or made is None or given.constant or not given.limits.floating:
            continue
        if node.op_type == "HardSigmoid" and node.attributes.keys() & {"alpha", "beta"}:
            continue
        stuck, of = _stuck(node.op_type, given, made)
        if stuck:
            found.append((index, stuck, of))
    if not found:
        return
    index, stuck, of = max(found, key=lambda one: (one[1] == one[2], one[1]))
    label, node = graph.label(index), graph.nodes[index]
    whole = stuck == of
    share = "" if of == 1 else f" in {'all' if whole else f'{stuck:,} of'} {counted(of, 'channel')}"
    others = [graph.label(i) for i, *_ in found if i != index]
    also = f"; so do {counted(others, 'other node')} in places: {listed(others)}" if others else ""
    inputs = "input within the ranges" if ranges.given else "finite input"
    yield Found(
        f"{label} gives the same number for every {inputs}{share}{also}",
        Location("", label, node.op_type, node.outputs[0], offset=node.offset),
        "check that the range is that of the training; prune the channels, or train them again",
        expected=0,
        actual=stuck,
        severity=Severity.WARNING if whole and ranges.given else None,
        places=nodes_at(("", i) for i, *_ in found),
    )


def _stuck(op_type: str, given: Known, made: Known) -> tuple[int, int]:
    """How many entries never vary, of how many that vary in front of it."""
    if op_type == "Clip":
        same = made.low == made.high
        wide = given.low < given.high
        return int((same & wide).sum()), int(same.size)
    low, high = _BENDS[op_type]
    outside = (given.high <= low) | (given.low >= high)
    varying = given.low < given.high
    return int((outside & varying).sum()), int(outside.size)
