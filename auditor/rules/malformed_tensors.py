"""A stored tensor with a negative size, an unknown element type, or values in a field of another type.

## What it does
Looks at dims, element type and data field of every stored tensor.

## Why it matters
"S is the shape of the tensor (a list of non-negative integers)"
(https://onnx.ai/onnx/repo-docs/IR.html#tensor-definition); data_type "MUST have a valid TensorProto.DataType value",
and each typed field says for which types it is: "When this field is present, the data_type field MUST be ..."
(onnx.proto, TensorProto). No reader can make values of it, and readers that trust the file have crashed on it.

## Fires on
```mutator
negative_dim
unknown_element_type
int64_in_float_data
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }
```

## How to fix
Make the tensor anew, with `onnx.numpy_helper.from_array`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import name_of
from ..model.faults import faults
from ..model.graph import Model
from ..model.payload import NegativeDims, PayloadTrouble, UnknownType, WrongField
from ..report import Basis, Found, Severity
from . import rule, stored_at


@rule(Severity.ERROR, Basis.ILLEGAL)
def malformed_tensors(model: Model) -> Iterator[Found]:
    for path, tensor, trouble in faults(model):
        why = _why(trouble)
        if why:
            place = stored_at(model, path, tensor)
            yield Found(
                f"the tensor {place.tensor!r} {why}",
                place,
                "make the tensor anew with onnx.numpy_helper.from_array",
            )


def _why(trouble: PayloadTrouble) -> str:
    match trouble:
        case NegativeDims(dims):
            return f"has a negative size: {list(dims)}"
        case UnknownType(0):
            return "has no element type"
        case UnknownType(dtype):
            return f"has the element type {dtype}, which ONNX does not have"
        case WrongField(dtype, field):
            return f"is {name_of(dtype)}, and its values stand in {field}, which is for other types"
        case _:
            return ""
