"""Branches of an If that give tensors of different ranks or types.

## What it does
Compares the outputs of the two branches of each If whose condition is not known: their element types, and their number
of axes.

## Why it matters
"The return values in the `then_branch` and `else_branch` must be of the same data type", and "may produce tensors with
the same element type and different shapes" (https://onnx.ai/onnx/operators/onnx__If.html). onnxruntime 1.32 refuses
different types ("Mismatched tensor element type"): an error. Different ranks are legal, and sound models have them,
where an axis is squeezed that is only sometimes 1. But nobody can tell the shapes of what stands behind, neither this
audit nor a compiler: a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[B, S, 8] x) => (y) <int64[1] ax = {1}> {
  y = If (c) <
    then_branch = one () => (float[B, 8] t) { t = Squeeze(x, ax) },
    else_branch = two () => (float[B, S, 8] e) { e = Identity(x) }
  >
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x) => (float[2] y) {
  y = If (c) <
    then_branch = one () => (float[2] t) { t = Neg(x) },
    else_branch = two () => (double[2] e) { e = Cast<to = 11>(x) }
  >
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2, 3] x) => (float[A, B] y) {
  y = If (c) <
    then_branch = one () => (float[2, 3] t) { t = Neg(x) },
    else_branch = two () => (float[3, 2] e) { e = Transpose(x) }
  >
}
```

## How to fix
Give both branches the same rank: keep the axis in both, and squeeze behind the If where it is known to be 1. Cast to
one type in front of the branches' outputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import name_of
from ..model.graph import Graph
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import Fact, show
from ..shapes.facts import Facts
from ..shapes.troubles import At
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def unequal_branches(facts: Facts) -> Iterator[Found]:
    if not any(path.endswith("/then_branch") for path in facts.graphs):
        return
    for at in tuple(facts.nodes_of({"If"})):
        node = facts.node(at)
        branches = [node.attributes.get(name) for name in ("then_branch", "else_branch")]
        if not node.domain and all(isinstance(b, Graph) for b in branches):
            yield from _compared(facts, at, [b for b in branches if isinstance(b, Graph)])


def _compared(facts: Facts, at: At, branches: list[Graph]) -> Iterator[Found]:
    node, label = facts.node(at), facts.label(at)
    around = f"{at.graph}/{label}" if at.graph else label
    inside = [f"{around}/then_branch", f"{around}/else_branch"]
    if not all(path in facts.graphs for path in inside):
        return  # the condition is known, and one branch was never taken
    for place, values in enumerate(zip(*(b.outputs for b in branches), strict=False)):
        then, other = (_known(facts, value.name, path) for value, path in zip(values, inside, strict=True))
        if then is None or other is None:
            continue
        name = node.outputs[place] if place < len(node.outputs) else values[0].name
        where = Location(at.graph, label, node.op_type, name, offset=node.offset)
        if None not in (then.dtype, other.dtype) and then.dtype != other.dtype:
            yield Found(
                f"{label}: {name!r} is {name_of(then.dtype)} in then_branch and {name_of(other.dtype)} in else_branch",
                where,
                "cast to one type in front of the branches' outputs",
                severity=Severity.ERROR,
                basis=Basis.ILLEGAL,
            )
        elif then.shape is not None and other.shape is not None and len(then.shape) != len(other.shape):
            yield Found(
                f"{label}: {name!r} is {show(then.shape)} in then_branch and {show(other.shape)} in else_branch; "
                "what follows cannot be known",
                where,
                "give both branches the same rank",
            )


def _known(facts: Facts, name: str, path: str) -> Fact | None:
    fact = facts.at(name, path)
    return None if fact is None or fact.declared else fact
