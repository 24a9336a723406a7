"""A model file of more than 2 GiB.

## What it does
Compares the size of the model file itself, external data not counted, with protobuf's limit of 2^31 - 1 bytes.

## Why it matters
"Any proto in serialized form must be <2GiB, as that is the maximum size supported by all implementations."
(https://protobuf.dev/programming-guides/proto-limits/). onnx, onnxruntime and every other reader that uses a protobuf
library refuse the file, whatever memory there is.

## Fires on
```mutator
sparse_file_over_2_gib
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Move the weights into external data: export with `external_data=True` (torch.onnx), or
`onnx.save_model(model, path, save_as_external_data=True)` from the object that still holds the model.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import TooLargeForProtobuf
from ..model.graph import Model
from ..report import Basis, Found, Severity
from ..wording import in_bytes
from . import rule


@rule(Severity.ERROR, Basis.REFUSED)
def too_large_for_protobuf(model: Model) -> Iterator[Found]:
    for trouble in model.troubles:
        if isinstance(trouble, TooLargeForProtobuf):
            yield Found(
                f"the file has {trouble.size:,} bytes ({in_bytes(trouble.size)}); "
                "no protobuf reader loads more than 2 GiB",
                fix="move the weights into external data",
                expected="at most 2,147,483,647 bytes",
                actual=trouble.size,
            )
