"""Branches of an If that no input reaches.

## What it does
Looks at the condition of every If of the main graph whose value hangs on an input, by the intervals of all tensors:
where it is always true, or always false, the other branch never runs. Where ranges of the inputs are given this is so
for inputs within them, else for every finite input.

## Why it matters
The branch is dead weight, or the condition is not the one that was meant: a threshold in another unit, a score that was
normalised before.

## Fires on
```onnx
# --range x=0:1
<ir_version: 8, opset_import: ["" : 17]>
agraph (float x) => (float y) <float limit = {2.0}> {
  c = Greater(x, limit)
  y = If (c) <
    then_branch = one () => (float z) { z = Abs(x) },
    else_branch = two () => (float w) { w = Neg(x) }
  >
}
```

## Quiet on
```onnx
# --range x=0:1
<ir_version: 8, opset_import: ["" : 17]>
agraph (float x) => (float y) <float limit = {0.5}> {
  c = Greater(x, limit)
  y = If (c) <
    then_branch = one () => (float z) { z = Abs(x) },
    else_branch = two () => (float w) { w = Neg(x) }
  >
}
```

## How to fix
Compare the threshold with the range of what is compared; delete the branch if it is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from . import rule

if TYPE_CHECKING:
    from ..evidence.ranging import Ranges


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def unreachable_branches(facts: Facts, ranges: Ranges) -> Iterator[Found]:
    if ranges.walk is None:
        return
    graph = ranges.model.graph
    for index, chosen in sorted(ranges.walk.decided.items()):
        node, label = graph.nodes[index], graph.label(index)
        fact = facts.at(node.inputs[0])
        if facts.fixed(node.inputs[0]) or (fact is not None and fact.elements is not None):
            continue  # the shapes decide it
        branch = "else_branch" if chosen else "then_branch"
        inputs = "input within the ranges" if ranges.given else "finite input"
        yield Found(
            f"{label}: its condition {node.inputs[0]} is {'true' if chosen else 'false'} for every {inputs}, and the "
            f"{branch} never runs",
            Location("", label, node.op_type, node.inputs[0], branch, node.offset),
            "compare the threshold with the range of what is compared",
        )
