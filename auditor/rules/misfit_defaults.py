"""A stored tensor that is not of the form that the input of its name declares.

## What it does
Compares every initializer that stands among the graph's inputs as well with that input's declaration: element type,
number of axes, sizes.

## Why it matters
"When an initializer has the same name as a graph input, it specifies a default value for that input"
(https://onnx.ai/onnx/repo-docs/IR.html#graphs), and "Each main (top-level) graph MUST define the names, types and
shapes of its inputs": a default of another form is no value of it. onnx's strict shape inference refuses the model
("Inferred shape and existing shape differ"), and onnxruntime 1.32 does not load it.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float[2, 3] w) => (float[N, 3] y) <float[2, 4] w = {1, 2, 3, 4, 5, 6, 7, 8}> {
  y = MatMul(x, w)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, double[2] w) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }
```

## Quiet on
```onnx
# A named size may be any.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float[K] w) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }
```

## How to fix
Declare the input as the tensor is stored, or take it out of the inputs (from IR 4 on it need not stand there).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import KnownBy, Symptom
from ..model.dtypes import name_of
from ..model.graph import Model, TensorType
from ..model.tensor import Tensor
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import show
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL, known_by=KnownBy.TENSOR, explains=(Symptom.REFUSED,))
def misfit_defaults(model: Model) -> Iterator[Found]:
    for path, graph in model.graphs:
        values = {v.name: v for v in graph.inputs if v.name in graph.initializer_names}
        if not values:
            continue
        for tensor in graph.initializers:
            value = values.get(tensor.name)
            if value is None or not isinstance(value.type, TensorType):
                continue
            differ = _differ(value.type, tensor)
            if differ is not None:
                said, is_ = differ
                yield Found(
                    f"the input {tensor.name!r} is declared as {said}, and its default is stored as {is_}",
                    Location(path, tensor=tensor.name, offset=value.offset),
                    f"declare {tensor.name!r} as {is_}, or take it out of the inputs",
                    expected=said,
                    actual=is_,
                )


def _differ(said: TensorType, tensor: Tensor) -> tuple[str, str] | None:
    """What is declared and what is stored, where no value can be both."""
    if said.dtype and said.dtype != tensor.dtype:
        return name_of(said.dtype), name_of(tensor.dtype)
    if said.shape is None:
        return None
    if len(said.shape) != len(tensor.dims) or any(
        isinstance(size, int) and size >= 0 and size != stored
        for size, stored in zip(said.shape, tensor.dims, strict=True)
    ):
        return "[" + ", ".join("?" if s is None else str(s) for s in said.shape) + "]", show(tensor.dims)
    return None
