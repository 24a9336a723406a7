"""Running variances that are negative, NaN, infinite, zero or huge.

## What it does
Looks at the stored variance of every BatchNormalization outside of training mode, together with its epsilon.

## Why it matters
"Y = (X - input_mean) / sqrt(input_var + epsilon) * scale + B"
(https://onnx.ai/onnx/operators/onnx__BatchNormalization.html): where variance and epsilon are less than zero together
the channel becomes NaN, where they are zero it becomes infinite. A variance cannot be negative, so even a small one
says that something else lies there: a mean, or the bytes of another tensor. Variances that are all zero were never
collected, and blow the channels up by 1 / sqrt(epsilon). A few zeros are channels that died, and large variances are
ordinary: 1e8 occurs in a model in use. Where the least of them is beyond 1e16 every channel is its shift alone.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, -0.5}> {
  y = BatchNormalization(x, s, b, m, v)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {nan, 1.0}> {
  y = BatchNormalization(x, s, b, m, v)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {0.0, 1.0}> {
  y = BatchNormalization<epsilon = 0.0>(x, s, b, m, v)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {0.0, 0.0}> {
  y = BatchNormalization(x, s, b, m, v)
}
```

```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {1e30, 2e30}> {
  y = BatchNormalization(x, s, b, m, v)
}
```

## Quiet on
```onnx
# One channel died in training, another is loud.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {0.0, 100000000.0}> {
  y = BatchNormalization(x, s, b, m, v)
}
```

## How to fix
Compare the tensor with the checkpoint's `running_var`: mean and variance may have been swapped, or another tensor
been written in its place. If they were never collected, run the model in training mode over some data first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import Symptom
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule

if TYPE_CHECKING:
    from ..weights import Statistics, Weights

_DEFAULT_EPSILON = 1e-5
_TINY = 1e-12  # one over its root is a million
_HUGE = 1e16  # and this one's root a hundred million


@rule(Severity.ERROR, Basis.SUSPICIOUS, explains=(Symptom.NOT_FINITE,))
def bad_variance(model: Model, weights: Weights) -> Iterator[Found]:
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of({"BatchNormalization"}):
            if node.domain or len(node.inputs) < 5:
                continue
            found = weights.sources.behind(scope, node.inputs[4]) if not node.attributes.get("training_mode") else None
            statistics = weights.statistics_of(found[1]) if found else None
            if found is None or statistics is None:
                continue
            epsilon = node.attributes.get("epsilon", _DEFAULT_EPSILON)
            verdict = _verdict(statistics, epsilon if isinstance(epsilon, float | int) else _DEFAULT_EPSILON)
            if verdict is not None:
                what, severity = verdict
                label = scope.graph.label(index)
                yield Found(
                    f"{label}: its variance {found[0].tensor!r} {what}",
                    Location(scope.path, label, node.op_type, found[0].tensor, offset=node.offset),
                    "compare it with the checkpoint's running variance, and export again",
                    expected="positive numbers",
                    actual="NaN" if statistics.nan else f"{statistics.min:g}",
                    severity=severity,
                    magnitude=statistics.nan or statistics.inf or None,
                )


def _verdict(statistics: Statistics, epsilon: float) -> tuple[str, Severity] | None:
    """What is wrong with a variance, and how bad it is."""
    if statistics.nan:
        return f"holds NaN in {statistics.nan:,} of {counted(statistics.elements, 'channel')}", Severity.ERROR
    if statistics.inf:
        return f"is infinite in {statistics.inf:,} of {counted(statistics.elements, 'channel')}", Severity.ERROR
    if not statistics.elements:
        return None
    least = statistics.min + epsilon
    with_epsilon = f"{statistics.min:g}, with epsilon {least:g}"
    if least < 0:
        return f"goes down to {with_epsilon}: its root is NaN", Severity.ERROR
    if least == 0:
        return f"goes down to {with_epsilon}: the channel is divided by zero", Severity.ERROR
    if statistics.min < 0:
        return f"goes down to {with_epsilon}, and no variance is negative", Severity.WARNING
    if least < _TINY:
        return f"goes down to {with_epsilon}: that channel grows {least**-0.5:.1g} times", Severity.WARNING
    if statistics.max == 0 and statistics.elements > 1:
        return f"is zero in every channel: each grows {least**-0.5:.3g} times", Severity.WARNING
    if statistics.min > _HUGE:
        return f"does not go below {statistics.min:.3g}: every channel is its shift alone", Severity.WARNING
    return None
