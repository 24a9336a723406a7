"""Quantisation scales that are zero, negative, NaN, infinite, denormal or absurd.

## What it does
Looks at every stored scale of QuantizeLinear, DequantizeLinear, QLinearConv, QLinearMatMul and their kin. A warning
where a scale is beyond a million, where one channel's is 10,000 times the others', where a tensor of data is quantised
by less than 1e-12, and where the largest scale of a weight of 8 bits is below 1e-8.

## Why it matters
"y = saturate((x / y_scale) + y_zero_point)" (https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html): a scale of
zero divides by zero, a negative one turns every sign, NaN makes one value of all. Calibration over no data, or a cast
of a tiny scale to float16, leaves such scales behind, and the model still runs. onnx's checker and session creation
accept them. In a DequantizeLinear, a zero in some channels of a weight zeroes those channels: a warning. A step of a
million holds no activation, and a step of 1e-12 cuts all of them off.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (uint8[N, 2] y) <float s = {0.0}, uint8 z = {128}> { y = QuantizeLinear(x, s, z) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (int8[N, 2] x) => (float[N, 2] y) <float s = {-0.5}, int8 z = {0}> { y = DequantizeLinear(x, s, z) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (int8[2, 2] x) => (float[2, 2] y) <float[2] s = {nan, 0.5}, int8[2] z = {0, 0}> {
  y = DequantizeLinear<axis = 1>(x, s, z)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (uint8[N, 2] y) <float s = {1e-42}, uint8 z = {0}> { y = QuantizeLinear(x, s, z) }
```

```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (uint8[N, 2] y) <float s = {30000000.0}, uint8 z = {0}> { y = QuantizeLinear(x, s, z) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (int8[4, 2] x) => (float[4, 2] y) <float[4] s = {0.01, 0.02, 9000.0, 0.01}, int8[4] z = {0, 0, 0, 0}> {
  y = DequantizeLinear<axis = 0>(x, s, z)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <int8[2, 2] q = {1, 127, 3, -9}, float s = {1e-15}, int8 z = {0}> {
  w = DequantizeLinear(q, s, z)
  y = MatMul(x, w)
}
```

## Quiet on
```onnx
# The scale of a bias, and of a channel that is nearly zero.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y)
<int8[4, 4] q = {1, 127, 3, -9, 1, 2, 3, 4, 9, 8, 7, 6, 1, 2, 3, 127}, float[4] s = {0.01, 1e-15, 0.02, 0.01},
 int32[4] b = {5, 7, 9, 11}, float[4] t = {1e-10, 1e-24, 2e-10, 1e-10}> {
  w = DequantizeLinear<axis = 0>(q, s)
  c = DequantizeLinear<axis = 0>(b, t)
  y = Gemm<transB = 1>(x, w, c)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float s = {0.02}, uint8 z = {128}> {
  q = QuantizeLinear(x, s, z)
  y = DequantizeLinear(q, s, z)
}
```
```onnx
# The caller gives the scale.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float s) => (uint8[N, 2] y) <uint8 z = {128}> { y = QuantizeLinear(x, s, z) }
```

## How to fix
Calibrate again with data that reaches the named tensor; a quantiser should give a channel without any range the scale
1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..model import payload
from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..model.tensor import Tensor
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..weights import Statistics, Weights

SCALES: dict[str, tuple[int, ...]] = {
    "QuantizeLinear": (1,),
    "DequantizeLinear": (1,),
    "QLinearConv": (1, 4, 6),
    "QLinearMatMul": (1, 4, 6),
    "QGemm": (1, 4, 7),
    "QLinearAdd": (1, 4, 6),
    "QLinearMul": (1, 4, 6),
    "QLinearSigmoid": (1, 3),
    "QLinearLeakyRelu": (1, 3),
    "QLinearSoftmax": (1, 3),
    "QLinearAveragePool": (1, 3),
    "QLinearGlobalAveragePool": (1, 3),
    "MatMulIntegerToFloat": (2, 3),
    "DynamicQuantizeMatMul": (2,),
}
"""Where the operators take their scales; those behind QLinearMatMul are com.microsoft's."""

_FLOAT16 = 10  # its denormal numbers are ordinary numbers to hardware

_LARGEST = 1e6
_TIMES = 1e4
_FROM = 100.0
"""A channel's scale below this may be what a pruned layer left."""

_SMALLEST = 1e-12
_SMALLEST_OF_A_WEIGHT = 1e-8

_DATA: dict[str, tuple[int, ...]] = {
    "QuantizeLinear": (1,),
    "QLinearConv": (1, 4, 6),
    "QLinearMatMul": (1, 4, 6),
}
"""Where the operators take scales of eight bits: a bias has a smaller one."""

_EIGHT_BITS = frozenset({2, 3})  # uint8, int8


@rule(Severity.ERROR, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def quantisation_scales(model: Model, weights: Weights) -> Iterator[Found]:
    said: set[tuple[str, str]] = set()
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of(SCALES):
            for position in SCALES[node.op_type]:
                if position >= len(node.inputs) or not node.inputs[position]:
                    continue
                found = weights.sources.behind(scope, node.inputs[position])
                statistics = weights.statistics_of(found[1]) if found else None
                if found is None or statistics is None or found[0] in said:
                    continue
                verdict = _verdict(statistics, node.op_type) or _absurd(weights, scope, node, position, found[1])
                if verdict is not None:
                    said.add(found[0])
                    what, actual, severity = verdict
                    label = scope.graph.label(index)
                    yield Found(
                        f"{label}: its scale {found[0].tensor!r} {what}",
                        Location(scope.path, label, node.op_type, found[0].tensor, offset=node.offset),
                        "calibrate again with data that reaches this tensor",
                        expected="positive numbers",
                        actual=actual,
                        severity=severity,
                        magnitude=statistics.nan or statistics.inf or statistics.zeros or None,
                    )


def _verdict(statistics: Statistics, op_type: str) -> tuple[str, str, Severity] | None:
    of = f"of {statistics.elements:,} channels" if statistics.elements > 1 else ""
    if statistics.nan:
        return _words("is NaN", statistics.nan, of), "NaN", Severity.ERROR
    if statistics.inf:
        return _words("is infinite", statistics.inf, of), "inf", Severity.ERROR
    if not statistics.elements:
        return None
    if statistics.min < 0:
        return f"goes down to {statistics.min:g}: every sign is turned", f"{statistics.min:g}", Severity.ERROR
    if statistics.zeros:
        some = op_type == "DequantizeLinear" and statistics.zeros < statistics.elements
        return _words("is zero", statistics.zeros, of), "0", Severity.WARNING if some else Severity.ERROR
    if statistics.denormal and statistics.dtype != _FLOAT16:
        return f"goes down to {statistics.min:.3g}, a denormal number", f"{statistics.min:.3g}", Severity.ERROR
    return None


def _absurd(
    weights: Weights, scope: Scope, node: Node, position: int, scale: Tensor
) -> tuple[str, str, Severity] | None:
    statistics = weights.statistics_of(scale)
    if statistics is None or not statistics.elements:
        return None
    most, least = f"{statistics.max:.3g}", f"{statistics.min:.3g}"
    if statistics.max > _LARGEST:
        return f"goes up to {most}: no tensor has such steps", most, Severity.WARNING
    if statistics.elements == 1 and position in _DATA.get(node.op_type, ()) and statistics.max < _SMALLEST:
        return f"is {least}: whatever comes in is cut off", least, Severity.WARNING
    if node.op_type == "DequantizeLinear" and statistics.max < _SMALLEST_OF_A_WEIGHT:
        found = weights.sources.behind(scope, node.inputs[0])
        if found is not None and found[1].dtype in _EIGHT_BITS:
            return f"does not go beyond {most}: the weight is nothing", most, Severity.WARNING
    if statistics.elements >= 4 and statistics.max > _FROM:
        numbers = payload.small(weights.model, scale) or ()
        from statistics import median  # brings decimal and random

        usual = median(n for n in numbers if isinstance(n, float)) if numbers else statistics.max
        if statistics.max > _TIMES * usual:
            return f"goes up to {most} in one channel, and half do not go beyond {usual:.3g}", most, Severity.WARNING
    return None


def _words(what: str, number: int, of: str) -> str:
    return f"{what} in {number:,} {of}" if of else what
