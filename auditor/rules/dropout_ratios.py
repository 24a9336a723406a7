"""Dropout with a ratio that is no share.

## What it does
Looks at the ratio of every Dropout, as an attribute or as a stored input.

## Why it matters
The ratio is "a floating-point value with value in [0, 1)" (https://onnx.ai/onnx/operators/onnx__Dropout.html). As an
input, onnxruntime 1.32 refuses another one when it runs the node: an error. As an attribute, up to opset 11, it is not
looked at outside of training: a warning.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) <float r = {1.5}> { y = Dropout(x, r) }
```
```onnx
<ir_version: 6, opset_import: ["" : 10]>
agraph (float[N, 4] x) => (float[N, 4] y) { y = Dropout<ratio = -0.5>(x) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float given) => (float[N, 4] y) <float r = {0.0}> {
  a = Dropout(x, r)
  y = Dropout(a, given)
}
```

## How to fix
Write the share that is dropped (0.5, not 50), or take the Dropout away: outside of training it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def dropout_ratios(model: Model, facts: Facts) -> Iterator[Found]:
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of({"Dropout"}):
            if node.domain:
                continue
            ratio, tensor = _ratio(facts, scope, node)
            if ratio is not None and not 0 <= ratio < 1:
                label = scope.graph.label(index)
                yield Found(
                    f"{label} drops a share of {ratio:g}",
                    Location(scope.path, label, "Dropout", tensor, "" if tensor else "ratio", node.offset),
                    "write the share that is dropped, or take the Dropout away",
                    expected="from 0 on, and below 1",
                    actual=f"{ratio:g}",
                    severity=None if tensor else Severity.WARNING,
                )


def _ratio(facts: Facts, scope: Scope, node: Node) -> tuple[float | None, str]:
    """The ratio, and the tensor that holds it where it is an input."""
    if scope.opsets.get("", 1) < 12:
        value: object = node.attributes.get("ratio")
        return (value if isinstance(value, float) else None), ""
    name = node.inputs[1] if len(node.inputs) > 1 else ""
    if not name or scope.function is not None or not facts.fixed(name, scope.path):
        return None, name
    fact = facts.at(name, scope.path)
    value = fact.elements[0] if fact is not None and fact.elements and len(fact.elements) == 1 else None
    return (value if isinstance(value, float) else None), name
