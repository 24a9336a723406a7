"""An epsilon that is negative or zero, and a momentum outside of 0 to 1.

## What it does
Looks at the epsilon of every normalization and at BatchNormalization's momentum.

## Why it matters
epsilon is "The epsilon value to use to avoid division by zero" (https://onnx.ai/onnx/operators/
onnx__BatchNormalization.html): of a negative one the root may be NaN, and onnxruntime 1.32 gives NaN where the variance
is smaller. With 0, a constant map or a channel without variance divides by zero: a note, for some networks are trained
so. The momentum is used in training alone, and one outside of 0 to 1 is a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 6, 8] x, float[8] s) => (float[N, 6, 8] y) { y = LayerNormalization<epsilon = -1.0>(x, s) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4, 3] x, float[4] s, float[4] b) => (float[N, 4, 3] y) {
  y = InstanceNormalization<epsilon = 0.0>(x, s, b)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1] x) => (float[N, 1] y) <float[1] s = {1}, float[1] b = {0}, float[1] m = {0}, float[1] v = {1}> {
  y = BatchNormalization<momentum = 7.0>(x, s, b, m, v)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1] x) => (float[N, 1] y) <float[1] s = {1}, float[1] b = {0}, float[1] m = {0}, float[1] v = {1}> {
  y = BatchNormalization<momentum = 0.1, epsilon = 1e-5>(x, s, b, m, v)
}
```

## How to fix
Write the epsilon that the network was trained with (1e-5 and 1e-3 are usual).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import others
from . import rule

_NORMALIZATIONS = frozenset(
    {
        "BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
        "SkipLayerNormalization", "SimplifiedLayerNormalization", "MeanVarianceNormalization",
    }
)  # fmt: skip


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def odd_epsilons(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        found: dict[tuple[str, str, float], list[int]] = {}
        for i, node in scope.graph.nodes_of(_NORMALIZATIONS):
            epsilon, momentum = node.attributes.get("epsilon"), node.attributes.get("momentum")
            if isinstance(epsilon, float) and epsilon <= 0:
                found.setdefault((node.op_type, "epsilon", epsilon), []).append(i)
            if isinstance(momentum, float) and not 0 <= momentum <= 1:
                found.setdefault((node.op_type, "momentum", momentum), []).append(i)
        for (op_type, name, value), places in found.items():
            label = scope.graph.label(places[0])
            yield Found(
                f"{label}{others(places)}: {name} is {value:g}",
                Location(scope.path, label, op_type, attribute=name, offset=scope.graph.nodes[places[0]].offset),
                f"write the {name} that the network was trained with",
                expected="above 0" if name == "epsilon" else "0 to 1",
                actual=f"{value:g}",
                severity=None if name == "epsilon" and value < 0 else Severity.NOTE,
                places=nodes_at((scope.path, i) for i in places),
            )
