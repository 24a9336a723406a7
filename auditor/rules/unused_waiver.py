"""A waiver that waives nothing.

## What it does
Says which waivers of the policy cover no finding of a model that they are for. It is said only where the waiver's rule
really looked at the model. A waiver for a pattern of models (`detectors/*.onnx`) is left alone: one model cannot say
whether another one needs it.

## Why it matters
A waiver that is left over waives the next finding of its kind, which nobody has seen.

## Fires on
```toml
[[waivers]]
rule = "unused-inputs"
reason = "the client sends it until the next release"
owner = "vision team"
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```
```toml
[[waivers]]
rule = "unused-inputs"
node = "another"
reason = "the client sends it until the next release"
owner = "vision team"
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[2] spare) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```toml
[[waivers]]
rule = "unused-inputs"
node = "spare"
reason = "the client sends it until the next release"
owner = "vision team"

[[waivers]]
rule = "nan-weights"
reason = "a rule that did not look, as the weights were not read"
owner = "vision team"

[[waivers]]
rule = "unused-initializers"
model = "**/*.onnx"
reason = "several models share it"
owner = "vision team"
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[2] spare) => (float[2] y) { y = Relu(x) }
```

## How to fix
Delete the waiver. Where it is for another model, name that model in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..report import Basis, Found, Severity
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS, by_policy=True)
def unused_waiver(model: Model) -> Iterator[Found]:
    # Policy is applied when a report is read: the gate makes this finding (`auditor.policy.waivers`).
    yield from ()
