"""Many weights so small that processors compute with them slowly.

## What it does
Counts the denormal numbers of the stored float32, float64 and bfloat16 tensors: those below 1.2e-38 in magnitude
(float64: 2.2e-308) that are not zero. A note where they are at least a twentieth of all, or of one tensor.

## Why it matters
A processor may take a hundred times as long for a denormal operand. onnxruntime computes with them as they are unless
`session.set_denormal_as_zero` is set. Weight decay leaves them behind in channels that died. They change no result,
unless a single one guards a division or a logarithm: a processor that flushes takes it for zero. A tensor that is
denormal throughout holds the bytes of integers, or of another type.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1.0, 1e-40, 0.5, 1e-41}> { y = MatMul(x, w) }
```

```onnx
# What guards the division is zero to a processor that flushes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float[N, 2] z) => (float[N, 2] y) <float[3, 2] w = {1, 2, 3, 4, 5, 6}, float eps = {1e-42}> {
  a = Abs(z)
  g = Add(a, eps)
  y = Div(x, g)
}
```

## Quiet on
```onnx
# Small, but not that small; and the denormal numbers of float16 cost nothing.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float16[N, 2] h) => (float[N, 2] y, float16[N, 2] z)
<float[2, 2] w = {1.0, 1e-30, 0.5, 1e-37}, float16[2, 2] v = {1, 2, 3, 4}> {
  y = MatMul(x, w)
  z = MatMul(h, v)
}
```

## How to fix
Set them to zero before the export (`w[w.abs() < 1e-30] = 0`), or set onnxruntime's `session.set_denormal_as_zero` to
"1".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Weights

_SHARE = 0.05
_SLOW = frozenset({1, 11, 16})  # float32, float64, bfloat16


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def denormal_weights(weights: Weights) -> Iterator[Found]:
    floats = {key: s for key, s in weights.items() if s.dtype in _SLOW}
    denormal = sum(s.denormal for s in floats.values())
    total = sum(s.elements for s in floats.values())
    if denormal and any(s.denormal and s.denormal >= _SHARE * s.elements for s in floats.values()):
        worst = max(floats, key=lambda key: floats[key].denormal)
        tensors = [key for key, s in floats.items() if s.denormal]
        yield Found(
            f"{denormal:,} of {total:,} stored numbers ({_share(denormal / total)}) are denormal, "
            f"in {counted(tensors, 'tensor')}, most of them in {worst.tensor!r}: slow on many processors",
            _place(weights, worst),
            'set them to zero, or run with session.set_denormal_as_zero = "1"',
            expected=0,
            actual=denormal,
            places=tensors_at(tensors),
        )


def _share(of_all: float) -> str:
    return f"{of_all:.0%}" if of_all >= 0.01 else "less than 1%"


def _place(weights: Weights, key: Key) -> Location:
    """A node that takes the tensor, if one does."""
    use = next(iter(weights.sources.uses(weights.tensor(key))), None)
    if use is None:
        return Location(key.graph, tensor=key.tensor)
    return Location(use.scope.path, use.label, use.node.op_type, key.tensor)
