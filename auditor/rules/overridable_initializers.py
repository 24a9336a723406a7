"""Weights that a caller may override, because they stand among the inputs as well.

## What it does
Finds initializers of floating-point numbers that a model of IR 4 or later lists among its inputs. A single number is
not told: that may be an option with a default.

## Why it matters
"Names of constants that are not meant to be overridden by the caller should appear only in the initializer list and not
in the graph input list" (https://onnx.ai/onnx/repo-docs/IR.html#nodes). Up to IR 3 they had to stand in both; a model
that was raised to a later version without another export still has them there. onnxruntime 1.32 then does not fold
them, warns of each ("Initializer ... appears in graph inputs and will not be treated as constant value"), and takes
another weight from whoever feeds one.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float[2, 2] w) => (float[N, 2] y) <float[2, 2] w = {1, 2, 3, 4}> { y = MatMul(x, w) }
```

## Quiet on
```onnx
# Up to IR 3 every initializer is an input.
<ir_version: 3, opset_import: ["" : 8]>
agraph (float[N, 2] x, float[2, 2] w) => (float[N, 2] y) <float[2, 2] w = {1, 2, 3, 4}> { y = MatMul(x, w) }
```
```onnx
# An option with a default, and a list of integers.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[4] x, float low, int64[1] at) => (float[2, 2] y) <float low = {0.0}, int64[2] at = {2, 2}> {
  a = Clip(x, low)
  y = Reshape(a, at)
}
```

## How to fix
Take them out of the inputs (onnxruntime's `remove_initializer_from_input` does), or export again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import tensors_at
from ..model.dtypes import FLOATS
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def overridable_initializers(model: Model) -> Iterator[Found]:
    graph = model.graph
    if model.ir_version < 4 or len(graph.feeds) == len(graph.inputs):
        return
    listed_too = {value.name: value for value in graph.inputs}
    open_ = [t for t in graph.initializers if t.name in listed_too and t.dtype in FLOATS and t.elements > 1]
    if open_:
        first = listed_too[open_[0].name]
        yield Found(
            f"{counted(open_, 'weight')} may be overridden by the caller, for the inputs list them as well: "
            f"{listed(t.name for t in open_)}",
            Location(tensor=first.name, offset=first.offset),
            "take them out of the inputs",
            expected=0,
            actual=len(open_),
            places=tensors_at(("", t.name) for t in open_),
        )
