"""Inputs that nothing uses.

## What it does
Finds inputs of the model that a caller must feed, though no node and no output takes them.

## Why it matters
Callers prepare and pass data that changes nothing; often an exporter's tracing lost the use of a mask or a length.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[2] mask) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Taken by a branch, and handed through.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x, float[2] same) => (float[2] y, float[2] same) {
  y = If (c) <
    then_branch = one () => (float[2] z) { z = Abs(x) },
    else_branch = two () => (float[2] w) { w = Neg(x) }
  >
}
```

## How to fix
Remove the input from the graph, or look why its use was lost in the export.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import Symptom
from ..findings.places import tensors_at
from ..model.graph import Model
from ..model.scopes import taken
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS, symptom=Symptom.UNUSED)
def unused_inputs(model: Model) -> Iterator[Found]:
    graph = model.graph
    used = taken(graph)
    unused = [v for v in graph.feeds if v.name not in used]
    if unused:
        verb = "is" if len(unused) == 1 else "are"
        yield Found(
            f"{counted(unused, 'input')} {verb} used by nothing: {listed(v.name for v in unused)}",
            Location(tensor=unused[0].name, offset=unused[0].offset),
            "remove the input, or look why its use was lost",
            expected=0,
            actual=len(unused),
            places=tensors_at(("", v.name) for v in unused),
        )
