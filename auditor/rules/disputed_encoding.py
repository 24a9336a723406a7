"""Bytes that readers of protobuf read in different ways.

## What it does
Finds numbers that are written with more bytes than they need, and fields whose wire type is not the one that
onnx.proto says.

## Why it matters
Whether the file loads, and as what, then hangs on the reader: onnxruntime 1.32 takes a padded value, refuses a padded
tag of more than five bytes, and skips a field of the wrong wire type as if it were not there. No exporter writes any
of it.

## Fires on
```mutator
padded_number
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Find out what wrote the file, and export the model again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import OddEncoding
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def disputed_encoding(model: Model) -> Iterator[Found]:
    found: dict[str, list[OddEncoding]] = {}
    for trouble in model.troubles:
        if isinstance(trouble, OddEncoding):
            found.setdefault(trouble.what, []).append(trouble)
    for what, troubles in found.items():
        again = f" ({counted(troubles, 'time')})" if len(troubles) > 1 else ""
        yield Found(
            f"{what}{again}: readers of protobuf disagree on these bytes",
            Location(offset=troubles[0].offset),
            "export the model again",
        )
