"""A function of the model that has the name of a standard operator.

## What it does
Finds local functions whose domain and name are those of an operator that ONNX defines.

## Why it matters
A function "serves as a default or fallback implementation of the corresponding operator. A runtime, however, may choose
to use an alternative implementation" (https://onnx.ai/onnx/repo-docs/IR.html#functions): whether a node then computes
what the function says or what everybody knows by that name, hangs on the runtime. A function that says the same is
needless, and one that says something else is a trap.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
<domain: "", opset_import: ["" : 17]>
Relu (a) => (b) { b = Neg(a) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.Relu(x) }
<domain: "local", opset_import: ["" : 17]>
Relu (a) => (b) { b = Neg(a) }
```

## How to fix
Give the function a domain of the model's own, and its calls as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.schemas import versions
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def shadowing_functions(model: Model) -> Iterator[Found]:
    for function in model.functions.values():
        domain = "" if function.domain == "ai.onnx" else function.domain
        if versions(domain, function.name):
            path = f"function {function.domain}.{function.name}" if function.domain else f"function {function.name}"
            yield Found(
                f"the function {function.name!r} has the name of an operator of {domain or 'ai.onnx'}: "
                "which of the two a node means, hangs on the runtime",
                Location(path, op_type=function.name, offset=function.offset),
                "give the function a domain of the model's own",
            )
