"""A field that may stand once and stands more than once.

## What it does
Names the message and the field, how often it stands there, and the byte of the second.

## Why it matters
Readers of protobuf take the last one, or merge messages into one, and none of them says so: what the file shows at
its beginning is not what is loaded. onnxruntime 1.32 loads such a file without a word.

## Fires on
```mutator
version_twice
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Load the model with onnx, look whether it is what was meant, and save it: each field is then written once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import Concatenated, RepeatedField
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def repeated_fields(model: Model) -> Iterator[Found]:
    if any(isinstance(t, Concatenated) for t in model.troubles):
        return  # a second model repeats every field: one root, one finding
    for trouble in model.troubles:
        if isinstance(trouble, RepeatedField):
            yield Found(
                f"{trouble.message}.{trouble.field} may stand once and stands {trouble.times} times; "
                "readers take the last or merge them",
                Location(offset=trouble.offset),
                "load the model, check that it is what was meant, and save it again",
                expected=1,
                actual=trouble.times,
            )
