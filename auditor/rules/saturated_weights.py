"""Quantised weights of which many numbers stand at the limits of their type: they were cut off.

## What it does
Looks at stored weights of 8, 4 and 2 bits in front of a DequantizeLinear or in a QLinearConv, QLinearMatMul,
ConvInteger or MatMulInteger. A warning where a fifth of the numbers (of 4 bits: two fifths), and more than three of
each filter, stand at the two ends of the type.

## Why it matters
"y = saturate((x / y_scale) + y_zero_point)" (https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html): a quantiser
chooses the scale so that the largest number of a tensor or a channel comes to the end of the type, one of them in each.
Where many stand there, the scale was too small, of another tensor or of another range, and all that was larger became
the same: the layer is not the one that was trained.

## Fires on
```mutator
quantised_weight_cut_off
```

## Quiet on
```mutator
quantised_weight
```
```onnx
# Filters of four numbers, each with one at the end; and a table of zeros and ones.
<ir_version: 8, opset_import: ["" : 17]>
agraph (uint8[N, 2, 4, 4] x) => (int32[N, 4, 3, 3] y)
<int8[4, 2, 2, 2] w = {127, 2, 3, 4, 5, 6, 7, 8, 1, -127, 3, 4, 5, 6, 7, 8, 1, 2, 3, 127, 5, 6, 7, 8,
  127, 2, 3, 4, 5, 6, 7, 8}> {
  y = ConvInteger(x, w)
}
```

## How to fix
Quantise the named weight anew, with the scale of its own largest number (by channel, if they differ much).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..model.dtypes import BITS, name_of
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..weights import Use, Weights

_WEIGHTS = {"DequantizeLinear": 0, "QLinearConv": 3, "QLinearMatMul": 3, "ConvInteger": 1, "MatMulInteger": 1}
"""Where the operators take a quantised weight."""

_SHARE = {8: 0.2, 4: 0.4, 2: 1.0}
"""By bits: of two bits three numbers of four are ends."""

_OF_A_FILTER = 3
_ELEMENTS = 16
_BOOL = 9


@rule(Severity.WARNING, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def saturated_weights(weights: Weights) -> Iterator[Found]:
    for key, statistics in weights.items():
        count, shape = statistics.elements, statistics.shape
        if not statistics.at_limits or len(shape) < 2 or count < _ELEMENTS or statistics.dtype == _BOOL:
            continue
        bits = BITS[statistics.dtype]
        if statistics.at_limits < max(_SHARE[bits] * count, _OF_A_FILTER * shape[0]):
            continue
        use = next((u for u in weights.sources.uses(weights.tensor(key)) if _is_weight(u)), None)
        if use is not None:
            number, share = statistics.at_limits, statistics.at_limits / count
            yield Found(
                f"{use.label}: {number:,} of {count:,} numbers of the weight {key.tensor!r} ({share:.0%}) "
                f"stand at the limits of {name_of(statistics.dtype)}: they were cut off",
                Location(use.scope.path, use.label, use.node.op_type, key.tensor),
                "quantise the weight anew, with the scale of its own largest number",
                expected="one or two of each filter",
                actual=statistics.at_limits,
            )


def _is_weight(use: Use) -> bool:
    return _WEIGHTS.get(use.node.op_type) == use.position
