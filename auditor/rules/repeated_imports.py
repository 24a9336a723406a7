"""One domain imported at two versions.

## What it does
Finds domains that `opset_import` lists twice, at different versions. This audit judges the operators by the last entry,
as runtimes do.

## Why it matters
Which operators are meant, hangs on the reader. onnx.proto says that nodes "will bind against the operator with the
same-domain/same-op_type operator with the HIGHEST version in the referenced operator sets"; onnx's checker and
onnxruntime 1.32 take the last entry of the file: with 17 and then 11 they run a Squeeze of opset 11, with 11 and then
17 they refuse it.

## Fires on
```mutator
opset_17_then_11
opset_11_then_17
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```
```mutator
opset_17_twice
```

## How to fix
Delete all entries of the domain but the one for which the nodes were made.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def repeated_imports(model: Model) -> Iterator[Found]:
    by_domain: dict[str, list[int]] = {}
    for domain, version in model.imports:
        by_domain.setdefault("" if domain == "ai.onnx" else domain, []).append(version)
    for domain, versions in by_domain.items():
        if len(set(versions)) > 1:
            told = " and then ".join(map(str, versions[:8]))
            highest, last = max(versions), versions[-1]
            last_taken = f"onnx's checker and onnxruntime take the last, {last}"
            rest = "others the first" if last == highest else f"onnx.proto binds the highest, {highest}"
            yield Found(
                f"{domain or 'ai.onnx'} is imported at {told}: {last_taken}; {rest}",
                Location(),
                f"keep the one entry of {domain or 'ai.onnx'} for which the nodes were made",
                expected="one version",
                actual=told,
            )
