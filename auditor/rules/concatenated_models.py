"""Two models in one file, one behind the other.

## What it does
Finds a second ModelProto behind the first and says at which byte it begins.

## Why it matters
Protobuf merges the two in silence: nodes, inputs and outputs of both stand in one graph, and versions are those of
the last. onnxruntime 1.32 loads and runs the mixture.

## Fires on
```mutator
two_models_in_one_file
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Cut the file at the byte that the message names, or export or download it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import Concatenated
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def concatenated_models(model: Model) -> Iterator[Found]:
    for trouble in model.troubles:
        if isinstance(trouble, Concatenated):
            yield Found(
                f"a second model begins at byte {trouble.offset:,}; every reader merges the two without a word",
                Location(offset=trouble.offset),
                f"keep the first {trouble.offset:,} bytes, or what lies behind them, whichever is the model",
                expected=1,
                actual=2,
            )
