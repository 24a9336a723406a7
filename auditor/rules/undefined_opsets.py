"""An operator set of a version that there is not.

## What it does
Finds imports, of the model and of its functions, of ai.onnx or ai.onnx.ml at a version below 1.

## Why it matters
"When using semantic versioning, at least one of the major/minor numbers MUST be non-zero", and the version of an
operator set "is a simple integer value that is monotonically increased"
(https://onnx.ai/onnx/repo-docs/IR.html#operator-sets); the first one of each domain is 1. onnx's checker and
onnxruntime 1.32 find no operator in such a set and refuse the model, each naming the first node instead of the import.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 0]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : -1]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```onnx
# The domain of somebody else counts as it likes.
<ir_version: 8, opset_import: ["" : 17, "com.example" : 0]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Write the version that the exporter had into `opset_import`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model.graph import Model
from ..model.schemas import newest
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def undefined_opsets(model: Model) -> Iterator[Found]:
    if model.imports:
        yield from _below_one("the model", "", model.opsets)
    for function in model.functions.values():
        path = f"function {function.domain}.{function.name}" if function.domain else f"function {function.name}"
        yield from _below_one(f"the function {function.name!r}", path, function.opsets)


def _below_one(who: str, path: str, opsets: Mapping[str, int]) -> Iterator[Found]:
    for domain, version in opsets.items():
        if version < 1 and newest(domain):
            yield Found(
                f"{who} imports version {version} of {domain or 'ai.onnx'!r}; the first one is 1",
                Location(path),
                "import the version that the exporter had",
                expected="at least 1",
                actual=version,
            )
