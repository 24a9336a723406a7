"""A tensor that is used, and that nothing makes.

## What it does
Finds node inputs and graph outputs that are neither a graph input, nor an initializer, nor the output of a node, here
or in the graphs around.

## Why it matters
"It must refer to either a graph input, a graph initializer or a node output."
(https://onnx.ai/onnx/repo-docs/IR.html#nodes). onnxruntime 1.32 refuses the model.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Add(x, bias) }
```
```onnx
# Nothing makes the second output.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y, float[2] z) { y = Relu(x) }
```

## Quiet on
```onnx
# A subgraph may use what the graph around it has, and an optional input may be left out.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x, float high) => (float[2] y) {
  y = If (c) <
    then_branch = one () => (float[2] z) { z = Clip(x, , high) },
    else_branch = two () => (float[2] w) { w = Neg(x) }
  >
}
```

## How to fix
Rename the input to the tensor that was meant, or add the initializer or node that got lost (a partial export, or a
node that was removed).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from operator import attrgetter

from ..findings.kind import KnownBy, Symptom
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL, known_by=KnownBy.TENSOR, explains=(Symptom.UNUSED,))
def dangling_inputs(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        graph = scope.graph
        missing: dict[str, list[int]] = {}
        known = {"", *graph.producers, *graph.initializer_names, *scope.inputs}
        needed = chain.from_iterable(map(attrgetter("inputs"), graph.nodes))
        for i, node in enumerate(() if known.issuperset(needed) else graph.nodes):
            for name in node.inputs:
                if name not in known:
                    missing.setdefault(name, []).append(i)
        for name, takers in missing.items():
            if scope.holds_around(name):
                continue
            first = graph.nodes[takers[0]]
            others = f", and {counted(len(set(takers)) - 1, 'other node')}" if len(set(takers)) > 1 else ""
            yield Found(
                f"{graph.label(takers[0])}{others} takes {name!r}, which nothing makes",
                Location(scope.path, graph.label(takers[0]), first.op_type, name, offset=first.offset),
                "name the tensor that was meant, or add what makes this one",
            )
        for value in graph.outputs:
            if (
                not (value.name and value.name in known)
                and value.name not in missing
                and not scope.holds_around(value.name)
            ):
                yield Found(
                    f"nothing makes the graph's output {value.name!r}",
                    Location(scope.path, tensor=value.name, offset=value.offset),
                    "name the tensor that was meant, or take the output away",
                )
