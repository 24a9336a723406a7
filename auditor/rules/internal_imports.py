"""An import of a domain that onnxruntime keeps to itself.

## What it does
Finds models that import com.ms.internal.nhwc at a newer version than ai.onnx, without a node of that domain.

## Why it matters
onnxruntime stamps its internal domain onto models that it optimised and saved, at the version of its own newest opset.
It holds the import to the same limit as ai.onnx, used or not: a release that is older than the one that saved the model
refuses the whole of it. 1.32 takes up to 28; what lies beyond, no release takes, and is an error.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17, "com.ms.internal.nhwc" : 21]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "com.ms.internal.nhwc" : 40]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Other imports that nothing uses are harmless, and so is this one where it is no newer than ai.onnx.
<ir_version: 8, opset_import: ["" : 17, "com.ms.internal.nhwc" : 17, "com.microsoft" : 1, "com.microsoft.nchwc" : 1]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Drop the import: delete the entry from `opset_import`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.schemas import newest
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from . import rule

_INTERNAL = "com.ms.internal.nhwc"


@rule(Severity.WARNING, Basis.REFUSED)
def internal_imports(model: Model) -> Iterator[Found]:
    version, ours = model.opsets.get(_INTERNAL), model.opsets.get("", 1)
    if version is None or version <= ours:
        return
    if any(node.domain == _INTERNAL for scope in scopes(model) for node in scope.graph.nodes):
        return
    never = version > newest("")
    who = "no onnxruntime takes that" if never else f"an onnxruntime that ends before opset {version} refuses the model"
    yield Found(
        f"the model imports {_INTERNAL} {version}, a domain of onnxruntime's own that nothing here uses; {who}",
        Location(),
        "drop the import",
        expected=f"at most {ours}, or no import",
        actual=version,
        severity=Severity.ERROR if never else None,
    )
