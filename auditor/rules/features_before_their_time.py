"""Something in the file that came with a later IR version than the model has.

## What it does
Holds what a model contains against its `ir_version`: initializers that are no inputs (IR 4), element types (bfloat16
with 4, float8 with 9, int4 with 10, float4 with 11, float8e8m0 with 12, int2 with 13, float6 with 14), sparse
initializers (6), functions (8), default values of a function's attributes (9), overloads of functions (10), the devices
of several (11), optional inputs and outputs (8).

## Why it matters
"The IR specification uses simple monotonically increasing numbers for its versions"
(https://onnx.ai/onnx/repo-docs/IR.html#onnx-versioning), and onnx.proto lists what each one brought. A reader of that
version passes over what it does not know, or refuses it: onnx's checker does for initializers ("in initializer but not
in graph input"). onnxruntime 1.32 takes them all, whatever the version: a warning.

## Fires on
```onnx
<ir_version: 3, opset_import: ["" : 8]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1, 2, 3, 4}> { y = MatMul(x, w) }
```
```onnx
<ir_version: 7, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.Half(x) }
<domain: "local", opset_import: ["" : 17]>
Half (a) => (b) { b = Identity(a) }
```

## Quiet on
```onnx
<ir_version: 3, opset_import: ["" : 8]>
agraph (float[N, 2] x, float[2, 2] w) => (float[N, 2] y) <float[2, 2] w = {1, 2, 3, 4}> { y = MatMul(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.Half(x) }
<domain: "local", opset_import: ["" : 17]>
Half (a) => (b) { b = Identity(a) }
```

## How to fix
Raise `ir_version` to the one that the message names; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import name_of
from ..model.graph import Model, OptionalType, TensorType
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule

_TYPES = {16: 4, 17: 9, 18: 9, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 12, 25: 13, 26: 13, 27: 14, 28: 14}
"""The IR version that brought an element type, where that is not the first."""

_FEATURES_UNTIL = max(_TYPES.values())


@rule(Severity.WARNING, Basis.ILLEGAL)
def features_before_their_time(model: Model) -> Iterator[Found]:
    version = model.ir_version
    if not 0 < version < _FEATURES_UNTIL:
        return
    for what, since, where in _features(model):
        if since > version:
            yield Found(
                f"{what} came with IR version {since}; the model has {version}",
                where,
                f"raise ir_version to {since} or more",
                expected=f"at least {since}",
                actual=version,
            )


def _features(model: Model) -> Iterator[tuple[str, int, Location]]:
    """What the model has that an IR version brought, with that version and its place."""
    graph = model.graph
    if model.ir_version < 4:
        inputs = {value.name for value in graph.inputs}
        alone = [t for t in graph.initializers if t.name not in inputs]
        if alone:
            told = f"initializers that are no inputs ({counted(alone, 'tensor')}, the first is {alone[0].name!r})"
            yield told, 4, Location(tensor=alone[0].name)
    first = {t.dtype: t.name for t in reversed(graph.initializers)}
    first |= {v.type.dtype: v.name for v in (*graph.inputs, *graph.outputs) if isinstance(v.type, TensorType)}
    for dtype, name in first.items():
        if dtype in _TYPES:
            yield f"the element type {name_of(dtype)} of {name!r}", _TYPES[dtype], Location(tensor=name)
    for value in (*graph.inputs, *graph.outputs):
        if isinstance(value.type, OptionalType):
            yield f"the optional type of {value.name!r}", 8, Location(tensor=value.name, offset=value.offset)
    if graph.sparse_initializers:
        name = graph.sparse_initializers[0].name
        yield f"the sparse initializer {name!r}", 6, Location(tensor=name)
    for function in model.functions.values():
        path = f"function {function.domain}.{function.name}" if function.domain else f"function {function.name}"
        since = 10 if function.overload else 9 if function.defaults else 8
        detail = {8: "", 9: ", with defaults of its attributes,", 10: ", with an overload,"}[since]
        yield f"the function {function.name!r}{detail}", since, Location(path, op_type=function.name)
    if model.configurations:
        yield "configurations of several devices", 11, Location()
