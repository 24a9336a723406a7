"""A tensor that is stored in chunks.

## What it does
Finds tensors with a `segment`: each then holds only a part of the values.

## Why it matters
onnx.proto has the field "for very large tensors", and nothing reads it: onnxruntime 1.32 and onnx's checker take the
chunk for the whole tensor, without a word.

## Fires on
```mutator
tensor_in_segments
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }
```

## How to fix
Join the chunks into one tensor; for large ones use external data.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import tensors_at
from ..model.file_troubles import SegmentedTensor
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule


@rule(Severity.WARNING, Basis.REFUSED)
def segmented_tensors(model: Model) -> Iterator[Found]:
    found = [t for t in model.troubles if isinstance(t, SegmentedTensor)]
    if found:
        yield Found(
            f"{counted(found, 'tensor')} stored in chunks, which no runtime joins: {listed(t.name for t in found)}",
            Location(tensor=found[0].name, offset=found[0].offset),
            "join the chunks into one tensor; for large ones use external data",
            expected=0,
            actual=len(found),
            places=tensors_at(("", t.name) for t in found),
        )
