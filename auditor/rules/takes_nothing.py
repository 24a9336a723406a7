"""A TopK or Slice that takes nothing.

## What it does
Finds TopKs whose stored k is 0, and Slices whose stored starts and ends leave no entry.

## Why it matters
What stands behind gets an empty tensor, and every output of it is empty, or a mean of nothing. onnxruntime 1.32 runs
it. An index counted from the wrong end, or a number that was worked out for an empty example, looks like this.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, K] y, int64[N, K] i) <int64[1] k = {0}> { y, i = TopK<axis = 1>(x, k) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 8] x) => (float[2, K] y)
<int64[1] starts = {5}, int64[1] ends = {2}, int64[1] axes = {1}> { y = Slice(x, starts, ends, axes) }
```

## Quiet on
```onnx
# The caller chooses; and nothing is taken of nothing.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x, int64[1] k, float[0, 4] v) => (float[N, K] y, int64[N, K] i, float[0, 4] w)
<int64[1] starts = {0}, int64[1] ends = {2}> {
  y, i = TopK<axis = 1>(x, k)
  w = Slice(v, starts, ends)
}
```

## How to fix
Write how many are to be taken, or from where to where.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def takes_nothing(model: Model, facts: Facts) -> Iterator[Found]:
    for scope in scopes(model):
        if scope.function is not None:
            continue
        for index, node in scope.graph.nodes_of({"TopK", "Slice"}):
            if node.domain or len(node.inputs) < 1 or not node.outputs:
                continue
            taken, given = facts.at(node.outputs[0], scope.path), facts.at(node.inputs[0], scope.path)
            if taken is None or given is None or taken.declared or taken.shape is None or given.shape is None:
                continue
            chosen = [name for name in node.inputs[1:] if name]
            if 0 not in taken.shape or 0 in given.shape or not all(facts.fixed(n, scope.path) for n in chosen):
                continue
            if facts.fixed(node.inputs[0], scope.path) or given.rank == 1:
                continue  # lists of sizes are cut to nothing by exporters
            label = scope.graph.label(index)
            attribute = "k" if node.op_type == "TopK" and "k" in node.attributes else ""
            yield Found(
                f"{label} takes nothing of {node.inputs[0]!r}: its output is empty",
                Location(scope.path, label, node.op_type, chosen[0] if chosen else "", attribute, node.offset),
                "write how many are to be taken, or from where to where",
                expected="at least one entry",
                actual=0,
            )
