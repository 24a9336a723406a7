"""Operator sets that are imported and that nothing uses.

## What it does
Finds domains in the model's `opset_import` of which no node of the model, of its functions or of their subgraphs is,
and that none of its functions is of.

## Why it matters
"An implementation must support all operators in the set or reject the model"
(https://onnx.ai/onnx/repo-docs/IR.html#models): a runtime that does not know the domain may refuse the model for
nothing. Exporters and optimisers leave such imports behind in sound models: a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```onnx
# In a subgraph; of a function; and ai.onnx, which every model imports.
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3, "local" : 1]>
agraph (bool c, float[2] x) => (float[2] y) {
  y = If (c) <
    then_branch = one () => (float[2] z) { z = ai.onnx.ml.Scaler<offset = [1.0], scale = [2.0]>(x) },
    else_branch = two () => (float[2] w) { w = local.Half(x) }
  >
}
<domain: "local", opset_import: ["" : 17]>
Half (a) => (b) { b = Identity(a) }
```

## How to fix
Drop the import.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule

_INTERNAL = "com.ms.internal.nhwc"  # `internal-imports` speaks of it


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def unused_imports(model: Model) -> Iterator[Found]:
    idle = set(model.opsets) - {"", _INTERNAL} - {domain for domain, _, _ in model.functions}
    if not idle or not model.imports:
        return
    for scope in scopes(model):
        idle.difference_update({node.domain for node in scope.graph.nodes})
    if idle:
        yield Found(
            f"{counted(idle, 'domain')} imported that nothing uses: {listed(sorted(idle))}",
            Location(),
            "drop the import" if len(idle) == 1 else "drop the imports",
            expected=0,
            actual=len(idle),
        )
