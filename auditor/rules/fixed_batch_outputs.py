"""Outputs that are declared for one batch, in a model whose batch is open.

## What it does
Where an output's first size follows from an open batch of the inputs and is declared as a number, says so. Other axes
that are declared as a number and follow from an open size of the inputs are a note.

## Why it matters
"Each main (top-level) graph MUST define the names, types and shapes of its inputs and outputs"
(https://onnx.ai/onnx/repo-docs/IR.html#graphs): who allocates a buffer or writes a serving configuration by the
declaration has room for one row, and the second is lost or refused. onnxruntime 1.32 warns at each run ("Expected shape
from model of {1,10} does not match actual shape of {2,10}").

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[4, 2] w) => (float[1, 2] y) { y = MatMul(x, w) }
```
```onnx
# The width: a note.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4, W] x) => (float[N, 4, 100] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Fixed on both sides; open on both; and what nobody knows.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 4] x, float[N, 4] v, bool[8] c) => (float[1, 4] y, float[N, 4] w, float[5] z) {
  y = Relu(x)
  w = Relu(v)
  r = Compress(y, c)
  z = Identity(r)
}
```

## How to fix
Give the output's size the name of the input's (torch.onnx: name it in `dynamic_axes`), or fix the input's as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model, TensorType
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim, same
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def fixed_batch_outputs(model: Model, facts: Facts) -> Iterator[Found]:
    open_ = {n for f in facts.inputs.values() for size in f.shape or () if isinstance(size, Dim) for n in size.names}
    if not open_:
        return
    graph = model.graph
    for value in graph.outputs:
        fact = facts.at(value.name)
        said = value.type.shape if isinstance(value.type, TensorType) else None
        if fact is None or fact.declared or fact.shape is None or said is None or len(said) != len(fact.shape):
            continue
        for axis, (fixed, size) in enumerate(zip(said, fact.shape, strict=True)):
            if not isinstance(fixed, int) or fixed < 0 or not isinstance(size, Dim) or not size.names <= open_:
                continue
            if same(fixed, size) is False:
                break  # `stale-shape-annotations` speaks of it
            index = graph.producers.get(value.name)
            label = "" if index is None else graph.label(index)
            op_type = "" if index is None else graph.nodes[index].op_type
            yield Found(
                f"the output {value.name!r} is declared with {fixed} along axis {axis}, and has {size} there",
                Location("", label, op_type, value.name, offset=value.offset),
                f"declare axis {axis} of {value.name!r} as {size}, or fix the size of the input",
                expected=str(size),
                actual=fixed,
                severity=None if axis == 0 else Severity.NOTE,
            )
            break
