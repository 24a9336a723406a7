"""Nodes that stand before the node that makes their input.

## What it does
Finds nodes that take a tensor which a later node of the same graph makes.

## Why it matters
"The list of nodes defining the top-level computation graph MUST be ordered topologically; that is, if node K follows
node N in the graph, none of the data inputs of N may refer to outputs of K."
(https://onnx.ai/onnx/repo-docs/IR.html#nodes). onnx's checker refuses such a model. onnxruntime 1.32 sorts the nodes
and runs it, so the fault is found only where it is deployed on something else.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) {
  y = Abs(a)
  a = Relu(x)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) {
  a = Relu(x)
  y = Abs(a)
}
```
```onnx
# A cycle has no order; `cyclic-graph` speaks of it.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) {
  a = Add(x, b)
  b = Relu(a)
  y = Abs(b)
}
```

## How to fix
Sort the nodes topologically (onnx-graphsurgeon's `toposort`, or onnx-ir's `graph.sort()`), and save the model.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.order import cycles, out_of_order
from ..model.scopes import in_order, scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def nodes_out_of_order(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        graph = scope.graph
        if in_order(graph):
            continue
        pairs = out_of_order(graph)
        on_cycle = {i for cycle in cycles(graph) for i in cycle}
        pairs = tuple(pair for pair in pairs if not on_cycle.issuperset(pair))
        early = {i for i, _ in pairs}
        if pairs:
            first, producer = pairs[0]
            node = graph.nodes[first]
            others = f"; so do {counted(len(early) - 1, 'other node')}" if len(early) > 1 else ""
            yield Found(
                f"{graph.label(first)} (node {first}) takes what {graph.label(producer)} (node {producer}) "
                f"makes later{others}",
                Location(scope.path, graph.label(first), node.op_type, offset=node.offset),
                "sort the nodes topologically",
                expected=f"behind node {producer}",
                actual=f"node {first}",
                places=nodes_at((scope.path, i) for i in early),
            )
