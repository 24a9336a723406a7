"""An attribute whose type and value do not go together.

## What it does
Finds attributes that carry no value, a value of another kind than their type says, values of several kinds, or a type
that ONNX does not have.

## Why it matters
"An attribute MUST have only one of the value-carrying properties", and the type says which
(https://onnx.ai/onnx/repo-docs/IR.html#attributes). onnxruntime 1.32 refuses the model ("type field and data field
mismatch").

## Fires on
```mutator
attribute_of_two_values
attribute_of_another_type
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x) => (float[2, 3] y) { y = Softmax<axis = 0>(x) }
```

## How to fix
Make the attribute anew with `onnx.helper.make_attribute`, which keeps the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import BadAttribute
from ..model.graph import Model
from ..model.scopes import node_at
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def malformed_attributes(model: Model) -> Iterator[Found]:
    for trouble in model.troubles:
        if isinstance(trouble, BadAttribute):
            found = node_at(model, trouble.node_offset)
            path, label, op_type = (
                (found[0].path, found[0].graph.label(found[1]), found[2].op_type) if found else ("", "", "")
            )
            yield Found(
                f"{label or 'a node'}: the attribute {trouble.name!r} {trouble.why}",
                Location(path, label, op_type, attribute=trouble.name, offset=trouble.offset),
                "make the attribute anew, with one value of the kind that its type says",
            )
