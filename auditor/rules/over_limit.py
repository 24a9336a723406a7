"""A number beyond a limit of the policy.

## What it does
Holds what was measured against the limits in auditor.toml: parameters, learnable-parameters, macs, flops, weight-bytes,
file-bytes, peak-activation-bytes, nodes, ir-version, opset and run-seconds, each with max, min, max-increase and
max-increase-percent. Increases are against the version that was accepted last (`auditor gate --accept`). A limit on a
number that is unknown, or open until sizes are bound, makes the verdict inconclusive.

## Why it matters
Devices have so much memory, services so many milliseconds, runtimes so many opsets. A model that has doubled in size is
often the wrong file.

## Fires on
```toml
[limits]
nodes = { max = 1 }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { a = Relu(x) y = Neg(a) }
```
```toml
[limits]
opset = { max = 16 }
ir-version = { min = 9 }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```toml
[limits]
nodes = { min = 1, max = 1 }
opset = { max = 17 }
weight-bytes = { max = "1K", max-increase-percent = 5 }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Export a model that keeps to the limit, or change the limit where it was wrong: stored reports are judged anew without
an audit (`auditor gate ID`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..report import Basis, Found, Severity
from . import rule


@rule(Severity.ERROR, Basis.SUSPICIOUS, by_policy=True)
def over_limit(model: Model) -> Iterator[Found]:
    # Policy is applied when a report is read: the gate makes this finding (`auditor.policy.limits`).
    yield from ()
