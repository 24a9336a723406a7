"""Outputs that no node makes: an input or a stored tensor, handed out as it is.

## What it does
Finds outputs of the main graph that are its inputs, or its initializers.

## Why it matters
It is legal, and onnxruntime 1.32 copies the tensor. Whoever reads the output thinks that the model says something of
its input: the node that made it was cut away, or a name was mistaken. Sometimes it is meant (a mask handed through, a
table of anchors): a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[2] m) => (float[2] y, float[2] m) { y = Add(x, m) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y, float[2] w) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[2] m) => (float[2] y, float[2] n) {
  y = Add(x, m)
  n = Identity(m)
}
```

## How to fix
Take the output away, or hand out the tensor that was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import KnownBy
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def untouched_outputs(model: Model) -> Iterator[Found]:
    graph = model.graph
    if not graph.nodes:  # a model that only hands through says so
        return
    fed = {value.name for value in graph.feeds}
    for value in {v.name: v for v in graph.outputs if v.name not in graph.producers}.values():
        if value.name in fed or value.name in graph.initializer_names:
            what = "an input, handed out as it is" if value.name in fed else "a stored tensor: the same for every input"
            yield Found(
                f"the output {value.name!r} is {what}",
                Location(tensor=value.name, offset=value.offset),
                "take the output away, or hand out the tensor that was meant",
            )
