"""Quantised biases that stand at the limits of int32: they were cut off.

## What it does
Finds stored int32 biases (of QLinearConv and QGemm, or in front of a DequantizeLinear) with elements of -2^31 or
2^31 - 1, and names the scale.

## Why it matters
A bias is stored as bias / scale, where the scale is that of the data times that of the weight, and a quantiser cuts off
what int32 cannot hold. With weights that are nearly all zero that product is tiny (4e-10 holds no bias beyond 0.86),
and the layer loses its bias: the float model is right, the quantised one far off in those channels, without any error.
No trained bias is 2^31 - 1 steps by chance.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x, float[2, 2, 1, 1] w) => (float[N, 2, 4, 4] y)
<int32[2] b = {2147483647, -90}, float s = {4e-10}, int32 z = {0}> {
  d = DequantizeLinear(b, s, z)
  y = Conv(x, w, d)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (uint8[N, 2, 4, 4] x, int8[2, 2, 1, 1] w) => (uint8[N, 2, 4, 4] y)
<int32[2] b = {12, -2147483648}, float xs = {0.5}, uint8 xz = {128}, float ws = {7e-10}, int8 wz = {0},
 float ys = {0.1}, uint8 yz = {0}> {
  y = QLinearConv(x, xs, xz, w, ws, wz, ys, yz, b)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x, float[2, 2, 1, 1] w, int32[2] i) => (float[N, 2, 4, 4] y, int32[2] j)
<int32[2] b = {10000, -9000}, float s = {0.0005}, int32 z = {0}, int32[2] most = {2147483647, 7}> {
  d = DequantizeLinear(b, s, z)
  y = Conv(x, w, d)
  j = Min(i, most)
}
```

## How to fix
Quantise the named layer anew with a larger scale: a floor under the scale of weights that are nearly zero
(onnxruntime's quantiser, as of 1.32, makes the scale large enough for the bias), or keep the layer in float.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..model.dtypes import DType
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Weights

_BIASES: dict[str, tuple[int, tuple[int, ...]]] = {
    "DequantizeLinear": (0, (1,)),
    "QLinearConv": (8, (1, 4)),
    "QGemm": (6, (1, 4)),
}
"""Where the operators take their bias, and the scales whose product is the bias's."""

_MOST = 2**31 - 1


@rule(Severity.ERROR, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def saturated_biases(model: Model, weights: Weights) -> Iterator[Found]:
    said: set[Key] = set()
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of(_BIASES):
            place, scales = _BIASES[node.op_type]
            found = weights.sources.behind(scope, node.inputs[place]) if place < len(node.inputs) else None
            statistics = weights.statistics_of(found[1]) if found else None
            if found is None or statistics is None or found[0] in said or statistics.dtype != DType.INT32:
                continue
            if not statistics.elements or max(-statistics.min, statistics.max) < _MOST:
                continue
            said.add(found[0])
            key, label = found[0], scope.graph.label(index)
            scale = 1.0
            for position in scales:
                behind = weights.sources.behind(scope, node.inputs[position])
                factor = weights.statistics_of(behind[1]) if behind else None
                scale *= factor.min if factor is not None else float("nan")
            known = f"its scale ({scale:.3g}) is" if scale == scale else "its scale, of the data times the weight, is"
            most = f" (at most {scale * _MOST:.2g})" if scale == scale else ""
            least = "-2^31" if -statistics.min > _MOST else "-2^31 + 1"
            ends = ((least, -statistics.min >= _MOST), ("2^31 - 1", statistics.max >= _MOST))
            limits = " and ".join(text for text, reached in ends if reached)
            yield Found(
                f"{label}: the bias {key.tensor!r} stands at {limits}, the limits of int32: it was cut off, "
                f"for {known} too small to hold it{most}",
                Location(scope.path, label, node.op_type, key.tensor, offset=node.offset),
                f"quantise {label} anew with a larger scale (a floor under the weights' scale), or keep it in float",
                expected=f"within +-{_MOST - 1:,}",
                actual=limits,
            )
