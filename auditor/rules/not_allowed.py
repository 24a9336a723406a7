"""Something that the policy does not list among what may occur.

## What it does
Compares the model's operators, domains, element types and, of a run, the execution providers with the lists in
auditor.toml. Operators of ai.onnx stand there by their name, others behind their domain (`com.microsoft:Gelu`). The
nodes of subgraphs and functions count; a call of one of the model's own functions does not. What could not be found out
makes the verdict inconclusive.

## Why it matters
A device, a compiler or a safety case knows so many operators and types. What it does not know shows in production, or
here.

## Fires on
```toml
[allowed]
operators = ["Relu", "Add"]
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { a = Relu(x) y = Neg(a) }
```
```toml
[allowed]
domains = ["ai.onnx"]
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
agraph (float[2] x) => (float[2] y) { y = com.microsoft.Gelu(x) }
```
```toml
[allowed]
dtypes = ["float32"]
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float16[2] y) { y = Cast <to = 10> (x) }
```

## Quiet on
```toml
[allowed]
operators = ["Relu", "Add"]
domains = ["ai.onnx"]
dtypes = ["float32"]
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Export the model without it, or add it to the list.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..report import Basis, Found, Severity
from . import rule


@rule(Severity.ERROR, Basis.SUSPICIOUS, by_policy=True)
def not_allowed(model: Model) -> Iterator[Found]:
    # Policy is applied when a report is read: the gate makes this finding (`auditor.policy.limits`).
    yield from ()
