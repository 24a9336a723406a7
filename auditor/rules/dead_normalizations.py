"""Normalizations whose scale is zero, whose scale and shift are swapped, or whose epsilon is larger than any variance.

## What it does
Looks at the stored scale and shift of every BatchNormalization, InstanceNormalization, GroupNormalization,
LayerNormalization, RMSNormalization and their kin in com.microsoft. A warning where the scale is zero in every element,
or nearly so (below 1e-6), and where a scale scatters around zero while the shift lies around one. A note where a
quarter of a scale is zero, four elements at least, and where the epsilon of a BatchNormalization is a hundred times its
largest variance.

## Why it matters
"Y = (X - input_mean) / sqrt(input_var + epsilon) * scale + B"
(https://onnx.ai/onnx/operators/onnx__BatchNormalization.html): with a scale of zero the result is B, whatever comes in,
and all layers before it are computed in vain. It is what initialisation to zero (of a residual's last normalization)
leaves in a model that was never trained, and pruning in one that was pruned too much. A scale begins at one and a shift
at zero, and training moves them little: the other way round, somebody took one for the other. A few zeros are channels
that died, and ordinary.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {0.0, 0.0}, float[2] b = {0.5, 0.25}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 1.0}> {
  y = BatchNormalization(x, s, b, m, v)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) <float[4] s = {1e-9, 1e-8, 1e-9, 2e-9}> { y = LayerNormalization(x, s) }
```
```onnx
# Scale and shift swapped.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] y)
<float[8] s = {0.1, -0.1, 0.05, 0.0, -0.2, 0.1, -0.05, 0.1}, float[8] b = {1.1, 0.9, 1.0, 1.05, 0.95, 1.2, 0.8, 1.0}> {
  y = LayerNormalization(x, s, b)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.5, 0.25}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 0.5}> {
  y = BatchNormalization<epsilon = 1000.0>(x, s, b, m, v)
}
```

## Quiet on
```onnx
# A channel that died, and a scale that is one number.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {0.0, 1.0}, float[2] b = {0.5, 0.25}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 1.0},
 float[2] o = {1, 1}> {
  n = BatchNormalization(x, s, b, m, v)
  y = LayerNormalization(n, o)
}
```

## How to fix
Compare scale and shift with the checkpoint's `weight` and `bias`. If the scale is zero there too, the layer was not
trained: take another checkpoint, or leave the branch out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Statistics, Weights

SCALE_AND_SHIFT = {
    "BatchNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "GroupNormalization": (1, 2),
    "LayerNormalization": (1, 2),
    "RMSNormalization": (1, 0),
    "SimplifiedLayerNormalization": (1, 0),
    "SkipLayerNormalization": (2, 3),
    "SkipSimplifiedLayerNormalization": (2, 0),
    "GroupNorm": (1, 2),
}
"""Where the operators take scale and shift; 0 where they have none."""

_LEAST = 1e-6
_ELEMENTS = 8
_FEW, _SHARE = 4, 0.25
"""Elements of a scale that are zero and not worth a word."""

_DEFAULT_EPSILON = 1e-5
_LARGER = 100


@rule(Severity.WARNING, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def dead_normalizations(model: Model, weights: Weights) -> Iterator[Found]:
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of(SCALE_AND_SHIFT):
            places = SCALE_AND_SHIFT[node.op_type]
            if len(node.inputs) <= places[0]:
                continue
            scale = _stored(weights, scope, node, places[0])
            if scale is not None and scale[1].elements > 1:
                yield from _of_scale(weights, scope, index, scale, _stored(weights, scope, node, places[1]))
            if node.op_type == "BatchNormalization" and not node.attributes.get("training_mode"):
                yield from _of_epsilon(weights, scope, index)


def _stored(weights: Weights, scope: Scope, node: Node, position: int) -> tuple[Key, Statistics] | None:
    if not 0 < position < len(node.inputs):
        return None
    found = weights.sources.behind(scope, node.inputs[position])
    statistics = weights.statistics_of(found[1]) if found else None
    return (found[0], statistics) if found and statistics and statistics.elements else None


def _of_scale(
    weights: Weights, scope: Scope, index: int, scale: tuple[Key, Statistics], shift: tuple[Key, Statistics] | None
) -> Iterator[Found]:
    node, label = scope.graph.nodes[index], scope.graph.label(index)
    key, statistics = scale
    place = Location(scope.path, label, node.op_type, key.tensor, offset=node.offset)
    if statistics.magnitude < _LEAST:
        is_zero = "is zero" if statistics.magnitude == 0 else f"does not go beyond {statistics.magnitude:.3g}"
        yield Found(
            f"{label}: its scale {key.tensor!r} {is_zero} in every element: it gives its shift, whatever comes in",
            place,
            "compare the scale with the checkpoint; a branch that gives a constant can be left out",
            expected="numbers around 1",
            actual=f"{statistics.magnitude:.3g}",
        )
    elif shift is not None and _looks_like_a_shift(statistics) and _looks_like_a_scale(shift[1]):
        yield Found(
            f"{label}: its scale {key.tensor!r} scatters around {statistics.mean:.2g}, and its shift "
            f"{shift[0].tensor!r} around {shift[1].mean:.2g}: they look swapped",
            place,
            "compare both with the checkpoint's weight (the scale) and bias (the shift)",
            expected="a scale around 1, a shift around 0",
            actual=f"{statistics.mean:.2g}, {shift[1].mean:.2g}",
        )

    elif statistics.zeros >= max(_FEW, _SHARE * statistics.elements):
        yield Found(
            f"{label}: {statistics.zeros:,} of {statistics.elements:,} elements of its scale {key.tensor!r} are zero: "
            "there it gives its shift, whatever comes in",
            place,
            "compare the scale with the checkpoint; channels that are dead there too can be pruned",
            expected=0,
            actual=statistics.zeros,
            severity=Severity.NOTE,
        )


def _looks_like_a_shift(statistics: Statistics) -> bool:
    return statistics.elements >= _ELEMENTS and statistics.min < 0 < statistics.max and abs(statistics.mean) < 0.25


def _looks_like_a_scale(statistics: Statistics) -> bool:
    return statistics.min > 0.3 and 0.6 < statistics.mean < 1.6 and statistics.std < 0.35


def _of_epsilon(weights: Weights, scope: Scope, index: int) -> Iterator[Found]:
    node = scope.graph.nodes[index]
    variance = _stored(weights, scope, node, 4)
    epsilon = node.attributes.get("epsilon", _DEFAULT_EPSILON)
    if variance is None or not isinstance(epsilon, float | int) or not variance[1].max > 0:
        return
    if epsilon > _LARGER * variance[1].max:
        label = scope.graph.label(index)
        yield Found(
            f"{label}: epsilon is {epsilon:g}, and no variance of {variance[0].tensor!r} is over "
            f"{variance[1].max:.3g}: the channels are divided by the root of epsilon",
            Location(scope.path, label, node.op_type, attribute="epsilon", offset=node.offset),
            "compare epsilon with the framework's (1e-5 or 1e-3)",
            expected=f"below {variance[1].max:.3g}",
            actual=f"{epsilon:g}",
            severity=Severity.NOTE,
        )
