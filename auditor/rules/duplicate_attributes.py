"""A node with two attributes of one name.

## What it does
Finds nodes that give an attribute twice.

## Why it matters
"The name of the attribute. Must be unique among attributes, inputs, and outputs for any given operator and node."
(https://onnx.ai/onnx/repo-docs/IR.html#attributes). Which of the two holds, hangs on the reader; onnxruntime 1.32
refuses the model ("appeared multiple times").

## Fires on
```mutator
attribute_twice
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x) => (float[2, 3] y) { y = Softmax<axis = 0>(x) }
```

## How to fix
Delete the one that was not meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import AttributeTwice
from ..model.graph import Model
from ..model.scopes import node_at
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def duplicate_attributes(model: Model) -> Iterator[Found]:
    for trouble in model.troubles:
        if isinstance(trouble, AttributeTwice):
            found = node_at(model, trouble.node_offset)
            path, label, op_type = (
                (found[0].path, found[0].graph.label(found[1]), found[2].op_type) if found else ("", "", "")
            )
            yield Found(
                f"{label or 'a node'} has the attribute {trouble.name!r} twice",
                Location(path, label, op_type, attribute=trouble.name, offset=trouble.offset),
                "delete the one that was not meant",
                expected=1,
                actual=2,
            )
