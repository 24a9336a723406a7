"""Functions of the model that nothing calls.

## What it does
Finds local functions that neither the graph calls, nor a subgraph, nor another function that is called.

## Why it matters
They are read and checked for nothing, and often they are what a call was meant for: the node's domain or name has
changed and the function's has not. Exporters leave helpers behind in sound models: a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
<domain: "local", opset_import: ["" : 17, "local" : 1]>
Outer (a) => (b) { b = local.Inner(a) }
<domain: "local", opset_import: ["" : 17]>
Inner (a) => (b) { b = Neg(a) }
```

## Quiet on
```onnx
# Called in a branch, and by a function that is called.
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (bool c, float[2] x) => (float[2] y) {
  y = If (c) <
    then_branch = one () => (float[2] z) { z = local.Outer(x) },
    else_branch = two () => (float[2] w) { w = Neg(x) }
  >
}
<domain: "local", opset_import: ["" : 17, "local" : 1]>
Outer (a) => (b) { b = local.Inner(a) }
<domain: "local", opset_import: ["" : 17]>
Inner (a) => (b) { b = Neg(a) }
```

## How to fix
Delete them, or give the nodes that were meant to call them the function's domain and name.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import called_functions
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def unused_functions(model: Model) -> Iterator[Found]:
    if not model.functions:
        return
    reached = called_functions(model)
    unused = [f for key, f in model.functions.items() if key not in reached]
    if unused:
        first = unused[0]
        path = f"function {first.domain}.{first.name}" if first.domain else f"function {first.name}"
        yield Found(
            f"{counted(unused, 'function')} called by nothing: {listed(f.name for f in unused)}",
            Location(path, op_type=first.name, offset=first.offset),
            "delete what nothing calls, or let the nodes that were meant to call it have its domain and name",
            expected=0,
            actual=len(unused),
        )
