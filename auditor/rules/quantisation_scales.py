"""Quantisation scales that are zero, negative, NaN, infinite or denormal.

## What it does
Looks at every stored scale of QuantizeLinear, DequantizeLinear, QLinearConv, QLinearMatMul and their kin.

## Why it matters
"y = saturate((x / y_scale) + y_zero_point)" (https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html): a scale of
zero divides by zero, a negative one turns every sign, NaN makes one value of all. Calibration over no data, or a cast
of a tiny scale to float16, leaves such scales behind, and the model still runs. onnx's checker and session creation
accept them. In a DequantizeLinear, a zero in some channels of a weight zeroes those channels: a warning.

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

## Quiet on
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
from ..model.graph import Model
from ..model.scopes import scopes
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


@rule(Severity.ERROR, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def quantisation_scales(model: Model, weights: Weights) -> Iterator[Found]:
    said: set[tuple[str, str]] = set()
    for scope in scopes(model):
        for index, node in enumerate(scope.graph.nodes):
            for position in SCALES.get(node.op_type, ()):
                if position >= len(node.inputs) or not node.inputs[position]:
                    continue
                found = weights.sources.behind(scope, node.inputs[position])
                statistics = weights.statistics_of(found[1]) if found else None
                if found is None or statistics is None or found[0] in said:
                    continue
                verdict = _verdict(statistics, node.op_type)
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


def _words(what: str, number: int, of: str) -> str:
    return f"{what} in {number:,} {of}" if of else what
