"""A subgraph that returns a tensor of the graph around it as it is.

## What it does
Finds branches of If, and bodies of Loop and Scan, one of whose outputs is neither made by a node of the subgraph nor
its own input or initializer, but a tensor from outside.

## Why it matters
A node of a subgraph may use what is around it; the subgraph's own output may not be one: onnx's checker refuses the
model ("Graph output is not an output of any node in graph"), and so does onnxruntime 1.32 ("Subgraph output is an outer
scope value being returned directly. Please update the model to add an Identity node between the outer scope value and
the subgraph output").

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x) => (float[2] y) {
  a = Relu(x)
  y = If (c) < then_branch = one () => (float[2] a) { }, else_branch = two () => (float[2] z) { z = Neg(a) } >
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y, float[3, 2] s) <int64 trips = {3}> {
  y, s = Loop (trips, "", x) <
    body = again (int64 i, bool c, float[2] v) => (bool c, float[2] w, float[2] x) { w = Neg(v) }
  >
}
```

## Quiet on
```onnx
# With an Identity between; and what the subgraph has itself may be returned as it is.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x) => (float[2] y, float[2] z) <int64 trips = {3}> {
  a = Relu(x)
  y = If (c) <
    then_branch = one () => (float[2] b) { b = Identity(a) },
    else_branch = two () => (float[2] w) <float[2] w = {1.0, 2.0}> { }
  >
  z = Loop (trips, "", x) < body = again (int64 i, bool d, float[2] v) => (bool d, float[2] u) { u = Neg(v) } >
}
```

## How to fix
Put an Identity node between the outer tensor and the subgraph's output, under a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import called_functions, scopes
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.REFUSED)
def returned_outer_values(model: Model) -> Iterator[Found]:
    called = called_functions(model) if model.functions else set()
    for scope in scopes(model):
        outside, within = scope.outside, scope.function
        if outside is None or (within is not None and (within.domain, within.name, within.overload) not in called):
            continue
        for value in scope.graph.outputs:
            if not scope.holds(value.name) and scope.holds_around(value.name):
                holder, offset = outside.graph.nodes[scope.holder], value.offset
                yield Found(
                    f"the subgraph {scope.path} returns {value.name!r}, a tensor of the graph around it, as it is",
                    Location(
                        outside.path, outside.graph.label(scope.holder), holder.op_type, value.name, offset=offset
                    ),
                    f"put an Identity between {value.name!r} and the subgraph's output",
                )
