"""An If whose branches do the same.

## What it does
Compares the two branches of each If: the same operators with the same attributes on the same tensors, whatever the
branches call their own.

## Why it matters
The condition decides nothing: a branch was copied and its change forgotten, or an exporter traced one way twice. The
specification allows it (https://onnx.ai/onnx/operators/onnx__If.html), and every runtime runs it.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x) => (float[2] y) {
  y = If (c) <
    then_branch = one () => (float[2] t) { a = Neg(x) t = Abs(a) },
    else_branch = two () => (float[2] e) { b = Neg(x) e = Abs(b) }
  >
}
```

## Quiet on
```onnx
# The same operators, on other tensors, and in another order.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x, float[2] v) => (float[2] y, float[2] z) {
  y = If (c) <
    then_branch = one () => (float[2] t) { t = Sub(x, v) },
    else_branch = two () => (float[2] e) { e = Sub(v, x) }
  >
  z = If (c) <
    then_branch = three () => (float[2] t2) { a = Neg(x) t2 = Abs(a) },
    else_branch = four () => (float[2] e2) { b = Abs(x) e2 = Neg(b) }
  >
}
```

## How to fix
Write the branch that was meant, or put one of them in the place of the If.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Graph, Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def identical_branches(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        if scope.outside is None or not scope.path.endswith("/then_branch"):
            continue
        node, label = scope.outside.graph.nodes[scope.holder], scope.outside.graph.label(scope.holder)
        other = node.attributes.get("else_branch")
        if node.op_type == "If" and not node.domain and isinstance(other, Graph) and _same(scope.graph, other):
            yield Found(
                f"both branches of {label} do the same, so its condition decides nothing",
                Location(scope.outside.path, label, "If", offset=node.offset),
                "write the branch that was meant, or put one of them in the place of the If",
            )


def _same(a: Graph, b: Graph) -> bool:
    """Node by node. Equal attributes are one object; stored tensors are not compared."""
    if len(a.nodes) != len(b.nodes) or len(a.outputs) != len(b.outputs) or not a.outputs:
        return False
    if a.initializers or b.initializers or a.sparse_initializers or b.sparse_initializers:
        return False
    stands_for: dict[str, str] = {}
    for mine, its in zip(a.nodes, b.nodes, strict=True):
        if (mine.op_type, mine.domain, mine.overload) != (its.op_type, its.domain, its.overload):
            return False
        if mine.attributes is not its.attributes and (mine.attributes or its.attributes):
            return False
        if [stands_for.get(name, name) for name in mine.inputs] != list(its.inputs):
            return False
        if len(mine.outputs) != len(its.outputs):
            return False
        stands_for.update(zip(mine.outputs, its.outputs, strict=True))
    return [stands_for.get(v.name, v.name) for v in a.outputs] == [v.name for v in b.outputs]
