"""The name of an input's batch, which names another of its axes, too.

## What it does
Finds inputs of images (four axes or more) whose first size has the name of their height, width or channels.

## Why it matters
A size's name stands for one number throughout the graph
(https://onnx.ai/onnx/repo-docs/IR.html#static-tensor-shapes): a batch that is named as the height takes as many images
as they have rows. Who allocates buffers or solves sizes by the names goes wrong.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, N, W] x) => (float[N, 3, N, W] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Square images, and a matrix of distances.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, S, S] x, float[M, M] d) => (float[N, 3, S, S] y, float[M, M] e) {
  y = Relu(x)
  e = Relu(d)
}
```

## How to fix
Give each axis a name of its own (torch.onnx: in `dynamic_axes` or `dynamic_shapes`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model, TensorType
from ..report import Basis, Found, Location, Severity
from . import rule

_IMAGE = 4


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def one_name_for_two_axes(model: Model) -> Iterator[Found]:
    for value in model.graph.feeds:
        shape = value.type.shape if isinstance(value.type, TensorType) else None
        if shape is None or len(shape) < _IMAGE or not isinstance(shape[0], str) or not shape[0].isidentifier():
            continue
        other = next((axis for axis, size in enumerate(shape) if axis and size == shape[0]), None)
        if other is not None:
            yield Found(
                f"the input {value.name!r} has the name {shape[0]} for axis 0 and for axis {other}: "
                "as many images as an axis of theirs is long",
                Location(tensor=value.name, offset=value.offset),
                "give each axis a name of its own",
                actual=shape[0],
            )
