"""Zero points that are not zero where they must be, or leave nothing of the range.

## What it does
Looks at the stored zero points of QuantizeLinear and DequantizeLinear. An error where an int32 tensor has one that is
not zero. A warning where data that is never negative is quantised around the upper end of its type, and a note where
any data is; a note where a weight is symmetric in all channels but a few.

## Why it matters
"In the case of dequantizing int32, there's no zero point (zero point is supposed to be 0)"
(https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html). A zero point of 255 in uint8 leaves the numbers from zero
down: behind a Relu nothing but zero comes through. Kernels for symmetric weights (TensorRT's, and those of most
accelerators) pass over a zero point, so that the few channels that have one come out shifted.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x, float[2, 2, 1, 1] w) => (float[N, 2, 4, 4] y)
<int32[2] b = {70, -90}, float s = {0.001}, int32 z = {7}> {
  d = DequantizeLinear(b, s, z)
  y = Conv(x, w, d)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (uint8[N, 2] y) <float s = {0.02}, uint8 z = {255}> {
  r = Relu(x)
  y = QuantizeLinear(r, s, z)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y)
<int8[4, 4] q = {1, 127, 3, -9, 1, 2, 3, 4, 9, 8, 7, 6, 1, 2, 3, 127}, float[4] s = {0.01, 0.02, 0.02, 0.01},
 int8[4] z = {0, 0, 100, 0}> {
  w = DequantizeLinear<axis = 0>(q, s, z)
  y = Gemm<transB = 1>(x, w)
}
```

## Quiet on
```onnx
# Around the middle, from the lower end on, and by channel.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y)
<float s = {0.02}, uint8 z = {128}, uint8 least = {0}, int32[4] b = {1, 2, 3, 4}, int32 none = {0},
 uint8[4, 4] q = {1, 127, 3, 9, 1, 2, 3, 4, 9, 8, 7, 6, 1, 2, 3, 127}, float[4] t = {0.01, 0.02, 0.02, 0.01},
 uint8[4] u = {120, 128, 131, 127}> {
  a = QuantizeLinear(x, s, z)
  c = DequantizeLinear(a, s, z)
  r = Relu(c)
  d = QuantizeLinear(r, s, least)
  e = DequantizeLinear(d, s, least)
  w = DequantizeLinear<axis = 0>(q, t, u)
  f = DequantizeLinear<axis = 0>(b, s, none)
  y = Gemm<transB = 1>(e, w, f)
}
```

## How to fix
Drop the zero point of an int32 tensor. Calibrate again with data that reaches the named tensor; quantise weights
symmetrically in all channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..model.dtypes import DType, name_of
from ..model.graph import Model
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Statistics, Weights

_ENDS = {DType.UINT8: 255, DType.INT8: 127, DType.UINT16: 65535, DType.INT16: 32767}
_NEVER_NEGATIVE = frozenset({"Relu", "Sigmoid", "Softmax", "Abs", "Exp", "Sqrt", "Softplus", "HardSigmoid"})
_CHANNELS = 4


@rule(Severity.ERROR, Basis.ILLEGAL, known_by=KnownBy.TENSOR)
def bad_zero_points(model: Model, weights: Weights) -> Iterator[Found]:
    said: set[Key] = set()
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of({"QuantizeLinear", "DequantizeLinear"}):
            if len(node.inputs) < 3:
                continue
            found = weights.sources.behind(scope, node.inputs[2])
            statistics = weights.statistics_of(found[1]) if found else None
            if found is None or statistics is None or not statistics.elements or found[0] in said:
                continue
            verdict = _verdict(weights, scope, index, statistics)
            if verdict is not None:
                said.add(found[0])
                what, fix, severity = verdict
                label = scope.graph.label(index)
                yield Found(
                    f"{label}: its zero point {found[0].tensor!r} {what}",
                    Location(scope.path, label, node.op_type, found[0].tensor, offset=node.offset),
                    fix,
                    actual=f"{statistics.max:g}" if statistics.max else f"{statistics.min:g}",
                    severity=severity,
                    basis=Basis.SUSPICIOUS if severity else None,
                )


def _verdict(
    weights: Weights, scope: Scope, index: int, statistics: Statistics
) -> tuple[str, str, Severity | None] | None:
    node = scope.graph.nodes[index]
    end = _ENDS.get(DType(statistics.dtype)) if statistics.dtype in _ENDS else None
    if node.op_type == "DequantizeLinear":
        if statistics.dtype == DType.INT32:
            if statistics.zeros == statistics.elements:
                return None
            return "is not zero, and int32 has none", "drop it: the zero point of int32 is 0", None
        few = statistics.elements - statistics.zeros
        is_weight = weights.sources.behind(scope, node.inputs[0]) is not None
        if is_weight and statistics.elements >= _CHANNELS and 0 < few <= statistics.elements // _CHANNELS:
            what = f"is zero in all of {statistics.elements:,} channels but {few:,}"
            return what, "quantise the weight symmetrically in all channels", Severity.NOTE
    elif end is not None and statistics.min == end:
        at = scope.graph.producers.get(node.inputs[0])
        positive = at is not None and scope.graph.nodes[at].op_type in _NEVER_NEGATIVE
        behind = f"; behind {scope.graph.label(at)} zero alone comes through" if positive and at is not None else ""
        what = f"is {end:,}, the upper end of {name_of(statistics.dtype)}: it holds the numbers from zero down{behind}"
        fix = "calibrate again with data that reaches this tensor"
        return what, fix, Severity.WARNING if positive else Severity.NOTE
    return None
