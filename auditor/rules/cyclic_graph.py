"""Nodes that wait for each other.

## What it does
Finds cycles among the nodes of each graph and names the nodes on each, in the order of the data.

## Why it matters
"Node dependencies MUST NOT create cycles in the computation graph." (https://onnx.ai/onnx/repo-docs/IR.html#nodes).
None of the nodes can ever run; onnxruntime 1.32 refuses the model ("the graph is not acyclic").

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) {
  a = Add(x, b)
  b = Relu(a)
  y = Abs(b)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) {
  y = Abs(b)
  b = Relu(a)
  a = Add(x, x)
}
```

## How to fix
One of the nodes takes the wrong tensor: look at the inputs of the nodes that the message names. A recurrence is a
Loop or a Scan.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import KnownBy
from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.order import cycles
from ..model.scopes import in_order, scopes
from ..report import Basis, Found, Location, Severity
from . import rule

_SHOWN = 8


@rule(Severity.ERROR, Basis.ILLEGAL, known_by=KnownBy.OPERATOR)
def cyclic_graph(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        graph = scope.graph
        if in_order(graph):
            continue
        given = graph.initializer_names | scope.inputs
        for cycle in cycles(graph):
            if len(cycle) == 1 and not given.isdisjoint(graph.nodes[cycle[0]].outputs):
                continue  # it takes the input or initializer of that name: `duplicate-names` speaks of it
            labels = [graph.label(i) for i in cycle]
            middle = [f"({len(labels) - _SHOWN} more)"] if len(labels) > _SHOWN else []
            shown = [*labels[: _SHOWN - 1], *middle, labels[-1]] if middle else labels
            node = graph.nodes[cycle[0]]
            yield Found(
                f"{' -> '.join([*shown, labels[0]])}: each waits for the one before it",
                Location(scope.path, labels[0], node.op_type, offset=node.offset),
                "give one of these nodes the input that was meant",
                expected="no cycle",
                actual=f"a cycle of {len(cycle)}",
                places=nodes_at((scope.path, i) for i in cycle),
            )
