"""A Loop that never runs its body.

## What it does
Finds Loops whose stored trip count is 0 or less, or whose stored condition is false from the start.

## Why it matters
The Loop hands its inputs through and stacks nothing (https://onnx.ai/onnx/operators/onnx__Loop.html): legal, and the
layers in its body are never seen. A count that was computed for an empty example, or a condition that was written the
wrong way round, looks like this.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <int64 m = {0}> {
  y = Loop(m, "", x) <body = b (int64 i, bool c, float[2] a) => (bool d, float[2] r) { d = Identity(c) r = Neg(a) }>
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <int64 m = {3}, bool go = {0}> {
  y = Loop(m, go, x) <body = b (int64 i, bool c, float[2] a) => (bool d, float[2] r) { d = Identity(c) r = Neg(a) }>
}
```

## Quiet on
```onnx
# The caller says how often.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, int64 m) => (float[2] y) {
  y = Loop(m, "", x) <body = b (int64 i, bool c, float[2] a) => (bool d, float[2] r) { d = Identity(c) r = Neg(a) }>
}
```

## How to fix
Give the Loop the count that was meant, or take it away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def idle_loops(model: Model, facts: Facts) -> Iterator[Found]:
    for scope in scopes(model):
        outside = scope.outside
        if outside is None or scope.function is not None or not scope.path.endswith("/body"):
            continue
        node, label = outside.graph.nodes[scope.holder], outside.graph.label(scope.holder)
        if node.op_type != "Loop" or node.domain:
            continue
        count, go_on = _stored(facts, outside, node.inputs[:1]), _stored(facts, outside, node.inputs[1:2])
        none = isinstance(count, int) and not isinstance(count, bool) and count <= 0
        if none or go_on is False:
            name = node.inputs[0 if none else 1]
            why = f"its trip count {name!r} is {count}" if none else f"its condition {name!r} is false from the start"
            yield Found(
                f"{label} never runs its body: {why}",
                Location(outside.path, label, "Loop", name, offset=node.offset),
                "give the Loop the count that was meant, or take it away",
                expected="at least 1" if none else "true",
                actual=str(count) if none else "false",
            )


def _stored(facts: Facts, scope: Scope, names: tuple[str, ...]) -> object:
    """The one value of a tensor that no caller can change; None where there is none."""
    if not names or not names[0] or not facts.fixed(names[0], scope.path):
        return None
    fact = facts.at(names[0], scope.path)
    return fact.elements[0] if fact is not None and fact.elements and len(fact.elements) == 1 else None
