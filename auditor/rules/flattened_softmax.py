"""A Softmax of before opset 13 that sums over more than one axis.

## What it does
Finds Softmax, LogSoftmax and Hardmax below opset 13 on tensors of which more than one axis, from `axis` on, has more
than one entry.

## Why it matters
Up to opset 12 "the input does not need to explicitly be a 2D vector; rather, it will be coerced into one"
(https://onnx.ai/onnx/operators/onnx__Softmax.html#softmax-11): from `axis` (by default 1) on, all axes are summed over
together. Since opset 13 it is one axis (by default the last). A network that was written with the later meaning, or a
model whose import was lowered, gives a distribution over classes, rows and columns at once: each pixel's numbers no
longer add up to 1.

## Fires on
```onnx
<ir_version: 6, opset_import: ["" : 11]>
agraph (float[1, 21, 32, 32] x) => (float[1, 21, 32, 32] y) { y = Softmax<axis = 1>(x) }
```

## Quiet on
```onnx
# One axis alone has entries; the last axis; and two axes, of which the second is meant.
<ir_version: 6, opset_import: ["" : 11]>
agraph (float[1, 1000, 1, 1] x, float[1, 8, 16, 16] v, float[N, 10] u)
=> (float[1, 1000, 1, 1] y, float[1, 8, 16, 16] w, float[N, 10] z) {
  y = Softmax<axis = 1>(x)
  w = Softmax<axis = 3>(v)
  z = Softmax(u)
}
```

## How to fix
Bring the axis to the end (Transpose), normalise over it alone, and bring it back; or export to opset 13 or later.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import show
from ..shapes.facts import Facts
from . import rule

_KINDS = frozenset({"Softmax", "LogSoftmax", "Hardmax"})


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def flattened_softmax(model: Model, facts: Facts) -> Iterator[Found]:
    for scope in scopes(model):
        if scope.opsets.get("", 1) >= 13 or scope.function is not None:
            continue
        for index, node in scope.graph.nodes_of(_KINDS):
            if node.domain or not node.inputs:
                continue
            fact, axis = facts.at(node.inputs[0], scope.path), node.attributes.get("axis", 1)
            if fact is None or fact.declared or fact.shape is None or not isinstance(axis, int):
                continue
            if not -len(fact.shape) <= axis < len(fact.shape):
                continue
            together = fact.shape[axis:]
            if len(together) > 1 and sum(size != 1 for size in together) > 1:
                label = scope.graph.label(index)
                yield Found(
                    f"{label} sums over {show(together)} together: below opset 13 all axes from axis {axis} on are one",
                    Location(scope.path, label, node.op_type, node.inputs[0], "axis", node.offset),
                    "bring the axis of the classes to the end and normalise over it alone, or export to opset 13",
                    expected="one axis",
                    actual=show(together),
                )
