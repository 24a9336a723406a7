"""Layers whose whole weight is zero, or one number throughout.

## What it does
Finds convolutions, dense layers and recurrent layers whose stored weight is zero in every element: their result hangs
on nothing but the bias. Also those with several inputs and outputs whose weight is one number in every element: all
their outputs are the same. A quantised weight is zero where it is its zero point. Where at least a quarter of a
convolution's filters, of a dense layer's units or of the inputs of a matrix product are zero, a note counts them.

## Why it matters
Such a layer has not been trained, was never filled by the conversion, or lost its values in a cast. The model runs
and answers, and the answers are worthless. Nothing else says so. A zero bias, a box filter of one channel, and some
filters that died in training are ordinary.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {0.0, 0.0, 0.0, 0.0}> { y = MatMul(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {0.5, 0.5, 0.5, 0.5}, float[2] b = {1.0, 2.0}> {
  y = Gemm(x, w, b)
}
```
```onnx
# Four of eight filters.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1, 4, 4] x) => (float[N, 8, 4, 3] y)
<float[8, 1, 1, 2] w = {1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 5.0, 6.0, 0.0, 0.0, 7.0, 8.0, 0.0, 0.0}> {
  y = Conv(x, w)
}
```

```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <int8[2, 2] q = {3, 3, 3, 3}, float s = {0.5}, int8 z = {3}> {
  w = DequantizeLinear(q, s, z)
  y = MatMul(x, w)
}
```

## Quiet on
```onnx
# A box filter, and a bias that is zero.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1, 4, 4] x) => (float[N, 1, 3, 3] y)
<float[1, 1, 2, 2] w = {0.25, 0.25, 0.25, 0.25}, float[1] b = {0.0}> { y = Conv(x, w, b) }
```
```onnx
# A matrix of ones that only sums.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3] x) => (float[N, 1] y) <float[3, 1] ones = {1.0, 1.0, 1.0}> { y = MatMul(x, ones) }
```

## How to fix
Compare the named weight with the checkpoint. If it is zero there too, the layer was not trained; if not, the
conversion lost it: export again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Use, Weights

_QUANTISED = {
    "DequantizeLinear": (0, 2),
    "QLinearConv": (3, 5),
    "QLinearMatMul": (3, 5),
    "ConvInteger": (1, 3),
    "MatMulInteger": (1, 3),
}
"""Where the operators take a quantised weight, and its zero point."""

_FEW = 4  # dead filters that are not worth a word
_SHARE = 0.25


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def zero_weights(weights: Weights) -> Iterator[Found]:
    zero: dict[Key, Use] = {}
    equal: dict[Key, Use] = {}
    dead: dict[Key, Use] = {}
    for key, statistics in weights.items():
        if len(statistics.shape) < 2 or not (statistics.constant or statistics.dead_channels):
            continue
        uses = weights.sources.uses(weights.tensor(key))
        use = next((u for u in uses if u.dense), None)
        if use is None:
            use = next((u for u in uses if _is_quantised_weight(u)), None) if statistics.constant else None
            if use is not None and statistics.elements > 1:
                if _zero_point(weights, use) == statistics.min:
                    zero[key] = use
                elif statistics.shape[0] > 1 and statistics.shape[1] > 1:
                    equal[key] = use
            continue
        if statistics.constant and statistics.min == 0:
            if statistics.elements > 1:
                zero[key] = use
        elif statistics.constant:
            if statistics.shape[0] > 1 and statistics.shape[1] > 1:
                equal[key] = use
        elif (
            use.node.op_type in ("Conv", "Gemm", "MatMul")
            and use.position == 1
            and use.node.inputs[1] == key.tensor  # as it is stored, so that its first axis is the filters
            and (statistics.dead_channels or 0) >= max(_FEW, _SHARE * statistics.shape[0])
        ):
            dead[key] = use
    yield from _whole(zero, "zero in every element: the result hangs on nothing but the bias", 0)
    for key, use in equal.items():
        value = f"{weights[key].min:g}"
        then = "all outputs are the same" if use.dense else "it was cut off, or never filled"
        yield from _whole({key: use}, f"{value} in every element: {then}", value)
    if dead:
        yield _filters(weights, dead)


def _whole(found: dict[Key, Use], what: str, actual: int | str) -> Iterator[Found]:
    if not found:
        return
    key, use = next(iter(found.items()))
    if len(found) == 1:
        message = f"{use.label}: its weight {key.tensor!r} is {what}"
    else:
        message = f"the weights of {counted(found, 'layer')} are {what}: {listed(k.tensor for k in found)}"
    yield Found(
        message,
        Location(use.scope.path, use.label, use.node.op_type, key.tensor),
        "compare the weight with the checkpoint, and export again",
        expected="different numbers",
        actual=actual,
        places=tensors_at(found),
    )


def _is_quantised_weight(use: Use) -> bool:
    return _QUANTISED.get(use.node.op_type, (-1,))[0] == use.position


def _zero_point(weights: Weights, use: Use) -> float | None:
    """The number that stands for zero; None where there are several."""
    place = _QUANTISED[use.node.op_type][1]
    if place >= len(use.node.inputs) or not use.node.inputs[place]:
        return 0.0
    found = weights.sources.behind(use.scope, use.node.inputs[place])
    statistics = weights.statistics_of(found[1]) if found else None
    return statistics.min if statistics is not None and statistics.constant else None


def _filters(weights: Weights, dead: dict[Key, Use]) -> Found:
    key, use = next(iter(dead.items()))
    number = sum(weights[k].dead_channels or 0 for k in dead)
    total = sum(weights[k].shape[0] for k in dead)
    layers = use.label
    if len(dead) > 1:
        layers = f"{counted(dead, 'layer')} ({listed(u.label for u in dead.values())})"
    return Found(
        f"{number:,} of {total:,} {_kind(use)} of {layers} are zero",
        Location(use.scope.path, use.label, use.node.op_type, key.tensor),
        "prune them: the layer gets smaller and its results stay the same",
        expected=0,
        actual=number,
        severity=Severity.NOTE,
        places=tensors_at(dead),
    )


def _kind(use: Use) -> str:
    """What the first axis of a layer's weight counts."""
    if use.node.op_type == "Conv":
        return "filters"
    return "units" if use.node.attributes.get("transB") else "inputs"
