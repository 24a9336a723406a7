"""Outputs that are one number whatever the input, though they hang on it.

## What it does
Looks, by the intervals of all tensors, at the outputs of the graph that are worked out from an input and can still hold
only one number. Where ranges of the inputs are given (`--range x=0:1`) this is so for inputs within them, else for
every finite input.

## Why it matters
Who calls the model gets the same answer each time. Somewhere on the way the input was lost: by a Relu that is dead, a
saturated activation, a product with zero. Without ranges it is a note, for some models are made so.

## Fires on
```onnx
# --range x=0:1
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y) <float[2, 2] w = {-1.0, -1.0, -2.0, -1.0}> {
  h = MatMul(x, w)
  y = Relu(h)
}
```
```onnx
# For every input.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y) <float zero = {0.0}> {
  s = Sigmoid(x)
  n = Neg(s)
  y = Relu(n)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (int64[2] shape, float[N, 2] y) <float one = {1.0}> {
  shape = Shape(x)
  y = Min(x, one)
}
```

## How to fix
Look at the first tensor on the way whose interval is one number (`ranges` in the JSON); check that the range given is
the one that the model was made for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.ranging import Ranges


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def constant_outputs(facts: Facts, ranges: Ranges) -> Iterator[Found]:
    if ranges.walk is None:
        return
    graph = ranges.model.graph
    stuck = []
    for value in graph.outputs:
        one, at = ranges.interval(value.name), graph.producers.get(value.name)
        if one is None or at is None or not one.limits.floating or not one.low.size or not one.constant:
            continue
        if not facts.fixed(value.name) and _takes_numbers(ranges, facts, value.name):
            stuck.append((value.name, at, one.least, one.most))
    if not stuck:
        return
    name, at, least, most = stuck[0]
    number = f"{least:g}" if least == most else f"the same numbers, from {least:g} to {most:g}"
    inputs = "input within the ranges" if ranges.given else "finite input"
    others = [n for n, *_ in stuck[1:]]
    also = f"; so are {listed(others)}" if others else ""
    yield Found(
        f"the output {name!r} is {number} for every {inputs}{also}",
        Location("", graph.label(at), graph.nodes[at].op_type, name, offset=graph.nodes[at].offset),
        "look at the first tensor on the way that is one number, and at the range that was given",
        severity=None if ranges.given else Severity.NOTE,
        places=tensors_at(("", n) for n, *_ in stuck),
    )


def _takes_numbers(ranges: Ranges, facts: Facts, name: str) -> bool:
    """Whether a varying tensor of floating point lies in front of it: of sizes alone it is constant by right."""
    graph = ranges.model.graph
    waiting, seen = [name], set()
    while waiting:
        tensor = waiting.pop()
        if tensor in seen or not tensor:
            continue
        seen.add(tensor)
        one = ranges.interval(tensor)
        if one is not None and one.limits.floating and not one.constant and not facts.fixed(tensor):
            return True
        index = graph.producers.get(tensor)
        if index is not None and graph.nodes[index].op_type not in ("Shape", "Size"):
            waiting += graph.nodes[index].inputs
    return False
