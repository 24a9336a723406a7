"""A tensor with data in two places.

## What it does
Finds tensors that hold data in more than one field (raw_data, float_data, int32_data, ..., external_data).

## Why it matters
Readers take the one or the other, so two runtimes may run two models. "Serializations can either use one of the
fields above, or use this raw bytes field." (onnx.proto, TensorProto); with external data a tensor "MUST NOT use the
value fields" (https://onnx.ai/onnx/repo-docs/IR.html#external-tensor-data). onnx's checker refuses it; onnxruntime
1.32 takes raw_data without a word.

## Fires on
```mutator
raw_and_float_data
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }
```

## How to fix
Keep the field whose values are the right ones: `onnx.numpy_helper.from_array` makes a tensor with one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.faults import faults
from ..model.graph import Model
from ..model.payload import SeveralFields
from ..report import Basis, Found, Severity
from . import rule, stored_at


@rule(Severity.ERROR, Basis.ILLEGAL)
def conflicting_data_fields(model: Model) -> Iterator[Found]:
    for path, tensor, trouble in faults(model):
        if isinstance(trouble, SeveralFields):
            place = stored_at(model, path, tensor)
            yield Found(
                f"the tensor {place.tensor!r} holds data in {' and '.join(trouble.fields)}; which of them counts, "
                "hangs on the reader",
                place,
                "keep the one whose values are right",
                expected="one field",
                actual=", ".join(trouble.fields),
            )
