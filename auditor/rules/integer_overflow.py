"""Arithmetic on integers that leaves its type.

## What it does
Where ranges of the inputs are given (`--range x=0:100000`), intervals say where sums, differences and products of int32
and int64, and the accumulators of MatMulInteger, may leave their type, and an input within the ranges is looked for, in
the sandbox, on which the result is not the exact one: the finding's `witness`. Sizes and constants that no input
changes are not looked at.

## Why it matters
Integers wrap around in silence: 100,000 squared is 1,410,065,408 in int32. Nothing is infinite, and nothing is right.

## Fires on
```onnx
# --range x=0:100000
<ir_version: 8, opset_import: ["" : 17]>
agraph (int32[4] x) => (int32[4] y) { y = Mul(x, x) }
```

## Quiet on
```onnx
# --range x=0:1000
<ir_version: 8, opset_import: ["" : 17]>
agraph (int32[4] x, int32[4] z) => (int32[4] y, int32[4] w) {
  y = Mul(x, x)
  w = Mul(z, x)
}
```

## How to fix
Cast to int64 before the arithmetic, or to a floating-point type where the last digit does not matter.
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
def integer_overflow(ranges: Ranges) -> Iterator[Found]:
    if not ranges.doubts:
        return
    from ..ranges.doubts import DoubtKind

    doubts = [doubt for doubt in ranges.doubts if doubt.kind is DoubtKind.WRAP]
    fix = "cast to int64 before the arithmetic, or to a floating-point type"
    yield from found_doubts(ranges, doubts, lambda doubt: fix)
