"""Casts to an integer type that cannot hold the number.

## What it does
Where ranges of the inputs are given (`--range x=-50:50`), intervals say which Casts to an integer type may get a number
beyond its ends, a negative one for an unsigned type among them, and an input within the ranges is looked for, in the
sandbox, that shows it: the finding's `witness`. Without ranges this is done for what every finite input proves.

## Why it matters
Cast's page (https://onnx.ai/onnx/operators/onnx__Cast.html) calls the result undefined where a floating-point number is
out of range, and an integer loses its upper bits: -1 as uint8 is 255. What comes differs from processor to processor.

## Fires on
```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (uint8[2, 4] y) { y = Cast<to = 2>(x) }
```
```onnx
# --range x=0:1
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (int8[2, 4] y) <float scale = {255.0}> {
  s = Mul(x, scale)
  y = Cast<to = 3>(s)
}
```

## Quiet on
```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (uint8[2, 4] y, int64[2, 4] z) <float low = {0.0}, float high = {255.0}> {
  c = Clip(x, low, high)
  y = Cast<to = 2>(c)
  z = Cast<to = 7>(x)
}
```

## How to fix
Clip to the ends of the type in front of the Cast, or cast to a wider one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.doubted import found_doubts
from ..report import Basis, Found, Severity
from . import rule

if TYPE_CHECKING:
    from ..evidence.ranging import Ranges


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def casts_out_of_range(ranges: Ranges) -> Iterator[Found]:
    if not ranges.doubts:
        return
    from ..ranges.doubts import DoubtKind

    doubts = [doubt for doubt in ranges.doubts if doubt.kind is DoubtKind.CAST]
    fix = "clip to the ends of the type in front of the Cast, or cast to a wider one"
    yield from found_doubts(ranges, doubts, lambda doubt: fix)
