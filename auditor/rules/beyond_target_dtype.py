"""Tensors that the type that a model is to become does not hold, as a look in depth saw them.

## What it does
With `--deep`, or `--deep-part activations`, and `--target-dtype float16`, names the float32 tensors that were seen
beyond 65504, where the tensors before them were not: a warning on given inputs (`--inputs`, golden vectors), a note on
invented ones. With float16 or bfloat16, whole numbers that a Cast makes of integers, beyond what the type has one by
one: 2048, and 256. (bfloat16 reaches as far as float32; what it loses are digits: it keeps 8 bits.)

## Why it matters
What is beyond 65504 becomes infinite, and NaN a few nodes on. A position of 257 becomes 256 in bfloat16, and two
places of a text are one. Weights may be fine while a sum of squares on the way is not.

## Fires on
```onnx
# --target-dtype float16
# The squares on the way to a variance (microsoft/onnxruntime#10079).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 16] x) => (float[N, 1] y) <float scale = {400}> {
  s = Mul(x, scale)
  q = Mul(s, s)
  v = ReduceMean<axes = [-1]>(q)
  y = Sqrt(v)
}
```
```onnx
# --target-dtype bfloat16
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 4] x) => (float[1, 4] y) <int64[4] places = {0, 100, 300, 513}> {
  p = Cast<to = 1>(places)
  y = Mul(x, p)
}
```

## Quiet on
```onnx
# --target-dtype float16
# The greatest is divided away first.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 16] x) => (float[N, 1] y) <float scale = {400}> {
  s = Mul(x, scale)
  d = Div(s, scale)
  q = Mul(d, d)
  v = ReduceMean<axes = [-1]>(q)
  r = Sqrt(v)
  y = Mul(r, scale)
}
```
```onnx
# --target-dtype bfloat16
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 4] x) => (float[1, 4] y, float[1, 4] z) <int64[4] places = {0, 100, 200, 256}, float large = {1e6}> {
  p = Cast<to = 1>(places)
  y = Mul(x, p)
  z = Mul(x, large)
}
```
```onnx
# Nobody says what it is to become.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 16] x) => (float[N, 16] y) <float scale = {4000}> {
  s = Mul(x, scale)
  y = Mul(s, s)
}
```

## How to fix
Keep the named layer in float32 (onnxconverter-common: `node_block_list`), or rescale what goes in. Compute places and
lengths as integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..settings import Settings
from ..shapes.facts import Facts
from ..wording import counted
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.activations import Activations
    from ..runtime.deep.activations import Reached

_ROUNDS_TO_INFINITY = 65520.0
_INTEGERS = frozenset({2, 3, 4, 5, 6, 7, 12, 13})
_ONE_BY_ONE = {"float16": 2048, "bfloat16": 256}
"""Up to here a type has every integer: 11 and 8 bits."""


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def beyond_target_dtype(model: Model, facts: Facts, settings: Settings, activations: Activations) -> Iterator[Found]:
    from ..evidence.deep.activations import REAL, inner, room

    target = settings.target_dtype
    if target is None:
        return
    graph = model.graph
    tensors = [one for one in inner(model, activations) if one.dtype in (1, 11)]
    real = Severity.WARNING if any(one.group == REAL for one in tensors) else Severity.NOTE
    if target == "float16":
        large = {one.tensor for one in tensors if max(-one.low, one.high) >= _ROUNDS_TO_INFINITY}
        first = [
            one
            for one in tensors
            if one.tensor in large and large.isdisjoint(graph.nodes[graph.producers[one.tensor]].inputs)
        ]
        for one in first[:1]:
            more = f"; so do {counted(len(first) - 1, 'other tensor')}" if len(first) > 1 else ""
            yield _found(
                model,
                one,
                f"goes to [{one.low:.6g}, {one.high:.6g}] on {activations.words[one.group]}, {-room(one):.1f} "
                f"doublings beyond 65504, the end of float16{more}",
                "at most 65504",
                real,
            )._replace(places=tensors_at(("", o.tensor) for o in first) if len(first) > 1 else ())
    most = _ONE_BY_ONE[target]
    for one in tensors:
        node = graph.nodes[graph.producers[one.tensor]]
        given = facts.at(node.inputs[0]) if node.op_type == "Cast" and node.inputs else None
        if given is None or given.dtype not in _INTEGERS or not one.integers or max(-one.low, one.high) <= most:
            continue
        yield _found(
            model,
            one,
            f"holds whole numbers to {max(-one.low, one.high):,.0f}, and {target} has them one by one only to {most:,}",
            f"at most {most}",
            Severity.NOTE,
        )


def _found(model: Model, one: Reached, what: str, expected: str, severity: Severity) -> Found:
    graph = model.graph
    at = graph.producers[one.tensor]
    label, node = graph.label(at), graph.nodes[at]
    return Found(
        f"{label}: {one.tensor!r} {what}",
        Location("", label, node.op_type, one.tensor, offset=node.offset),
        "keep this layer in float32, or rescale what goes in",
        expected=expected,
        actual=f"{max(-one.low, one.high):.6g}",
        severity=severity,
    )
