"""A waiver whose last day is over.

## What it does
Says which waivers of the policy have ended, and whether what they were for is still there. A waiver holds on the day
that it names, and no longer: from then on its findings count again.

## Why it matters
A waiver is a decision for a while. When the while is over somebody has to decide anew, and nobody remembers to.

## Fires on
```toml
[[waivers]]
rule = "unused-inputs"
reason = "the client sends it until the next release"
owner = "vision team"
expires = 2020-01-31
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[2] spare) => (float[2] y) { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```toml
[[waivers]]
rule = "unused-inputs"
reason = "the client sends it until the next release"
owner = "vision team"
expires = 9999-12-31

[[waivers]]
rule = "unused-inputs"
model = "another.onnx"
reason = "of another model"
owner = "vision team"
expires = 2020-01-31
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[2] spare) => (float[2] y) { y = Relu(x) }
```

## How to fix
Mend the model and delete the waiver. Where that has to wait, let the owner decide anew and write a later day.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..report import Basis, Found, Severity
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS, by_policy=True)
def expired_waiver(model: Model) -> Iterator[Found]:
    # Policy is applied when a report is read: the gate makes this finding (`auditor.policy.waivers`).
    yield from ()
