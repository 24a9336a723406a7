"""Activations beyond what their floating-point type holds.

## What it does
Where ranges of the inputs are given (`--range x=-50:50`), intervals of all tensors say where a float32, float16 or
bfloat16 tensor may become infinite, or NaN by roundings, and an input within the ranges is looked for, in the sandbox,
that shows it: the finding's `witness`. With `--target-dtype float16`, also where a float32 tensor goes beyond 65504.
What no input was found for is a note, "not excluded". Without ranges this is done for what every finite input proves.
What begins in a function, a branch or a loop is looked for in what the node gives that runs it.

## Why it matters
float16 ends at 65504, and an exponential leaves float32 at 88.7. One infinity in the middle of a model becomes NaN by
the next difference or division. An error where an output of the model becomes NaN, a warning where one becomes
infinite, a note where none shows it.

## Fires on
```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (float[2, 4] y) {
  q = Mul(x, x)
  y = Exp(q)
}
```
```onnx
# --range x=-300:300
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[2, 4] x) => (float16[2, 4] y) { y = Mul(x, x) }
```
```onnx
# For every input.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (float[2, 4] y) <float large = {1000.0}> {
  s = Sigmoid(x)
  t = Add(s, large)
  y = Exp(t)
}
```

## Quiet on
```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (float[2, 4] y, float[2, 4] z) <int64[1] last = {-1}> {
  q = Mul(x, x)
  n = Neg(q)
  y = Exp(n)
  m = ReduceMax<axes = [-1]>(x)
  d = Sub(x, m)
  e = Exp(d)
  s = ReduceSum(e, last)
  z = Div(e, s)
}
```
```onnx
# Without ranges nobody knows how large x is.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (float[2, 4] y) { y = Exp(x) }
```

## How to fix
Clip what goes into the exponential, take the greatest away first, or keep the layer in a wider type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.doubted import found_doubts
from ..findings.kind import Symptom
from ..report import Basis, Found, Severity
from . import rule

if TYPE_CHECKING:
    from ..evidence.ranging import Ranges


@rule(Severity.WARNING, Basis.SUSPICIOUS, explains=(Symptom.NOT_FINITE,))
def activation_overflow(ranges: Ranges) -> Iterator[Found]:
    if not ranges.doubts:
        return
    from ..ranges.doubts import DoubtKind

    doubts = [doubt for doubt in ranges.doubts if doubt.kind is DoubtKind.OVERFLOW]
    fix = "clip what goes in, take the greatest away first, or keep it in a wider type"
    yield from found_doubts(ranges, doubts, lambda doubt: fix)
