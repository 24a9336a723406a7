"""A tensor whose data is longer or shorter than its dims say.

## What it does
Compares the bytes, or the number of values, that the file holds for each tensor with what dims and element type ask
for: initializers, Constants, sparse tensors, in subgraphs and functions too. Weights are not read for it.

## Why it matters
The values are not those of the tensor that was stored: data was cut, or dims were changed. "A tensor can be defined
as a pair of sequences/lists (V, S) where S is the shape of the tensor (a list of non-negative integers) and V is a
list of values with length equal to the product of the dimensions in S."
(https://onnx.ai/onnx/repo-docs/IR.html#tensor-definition). onnxruntime 1.32 refuses both; onnx's checker accepts
raw_data that is too long.

## Fires on
```mutator
raw_data_too_short
raw_data_too_long
float_data_too_long
tensor_without_data
```

## Quiet on
```onnx
# A tensor without elements needs no data.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}, int64[0] none = {}> {
  a = Add(x, w)
  y = Reshape(a, none)
  z = Abs(x)
}
```
```mutator
data_as_raw_bytes
```

## How to fix
Export or download the model again. If the dims were edited, give the tensor the data that belongs to them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import name_of
from ..model.faults import faults
from ..model.graph import Model
from ..model.payload import BrokenData, WrongLength
from ..report import Basis, Found, Severity
from . import rule, stored_at


@rule(Severity.ERROR, Basis.ILLEGAL)
def payload_size_mismatch(model: Model) -> Iterator[Found]:
    for path, tensor, trouble in faults(model):
        place = stored_at(model, path, tensor)
        named = repr(place.tensor) if place.tensor else "without a name"
        match trouble:
            case WrongLength(expected, actual, unit):
                takes = f"{expected:,}" if expected < 1 << 64 else "more than 2^64"
                yield Found(
                    f"the tensor {named} is {name_of(tensor.dtype)} {list(tensor.dims)}, "
                    f"which takes {takes} {unit}; the file holds {actual:,}",
                    place,
                    "export or download the model again, or give the tensor the data that belongs to its dims",
                    expected=expected,
                    actual=actual,
                )
            case BrokenData(why, offset):
                yield Found(
                    f"the data of the tensor {named} is broken: {why}",
                    place._replace(offset=offset),
                    "export or download the model again",
                )
            case _:
                continue
