"""Clip whose lower bound lies above its upper bound.

## What it does
Compares the two bounds of every Clip where both are stored.

## Why it matters
"When 'min' is greater than 'max', the clip operator sets all the 'input' values to the value of 'max'"
(https://onnx.ai/onnx/operators/onnx__Clip.html): legal, and the layer then gives one number whatever comes in. Bounds
that were swapped look like this.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float low = {6.0}, float high = {0.0}> { y = Clip(x, low, high) }
```
```onnx
<ir_version: 6, opset_import: ["" : 9]>
agraph (float[N, 2] x) => (float[N, 2] y) { y = Clip<min = 1.0, max = -1.0>(x) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float given) => (float[N, 2] y) <float low = {0.0}, float high = {6.0}, float top = {-1.0}> {
  a = Clip(x, low, high)
  b = Clip(a, low)
  y = Clip(b, given, top)
}
```

## How to fix
Swap the bounds.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def clip_reversed(model: Model, facts: Facts) -> Iterator[Found]:
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of({"Clip"}):
            if node.domain:
                continue
            low, high = _bound(facts, scope, node, 1, "min"), _bound(facts, scope, node, 2, "max")
            if low is not None and high is not None and low > high:
                label = scope.graph.label(index)
                yield Found(
                    f"{label} clips to at least {low:g} and at most {high:g}: it gives {high:g} for every input",
                    Location(scope.path, label, "Clip", offset=node.offset),
                    "swap the bounds",
                    expected=f"min <= {high:g}",
                    actual=f"{low:g}",
                )


def _bound(facts: Facts, scope: Scope, node: Node, position: int, attribute: str) -> float | None:
    """A bound that no caller can change."""
    value: object = node.attributes.get(attribute)
    if scope.opsets.get("", 1) >= 11:
        name = node.inputs[position] if position < len(node.inputs) else ""
        fact = facts.at(name, scope.path) if name and facts.fixed(name, scope.path) else None
        value = fact.elements[0] if fact is not None and fact.elements and len(fact.elements) == 1 else None
    return float(value) if isinstance(value, int | float) and value == value else None
