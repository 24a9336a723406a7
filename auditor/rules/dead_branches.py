"""Nodes whose results reach no output.

## What it does
Walks backwards from the outputs of each graph and finds the nodes that it never comes to. Operators of domains other
than ONNX's and onnxruntime's own count as used: they may do more than compute.

## Why it matters
Their work and their weights are for nothing, or an output got lost on the way (an auxiliary head, a feature that
should have been returned). Where no convolution, matrix product or other heavy layer and less than 1 KiB of weights
is concerned, it is a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y) {
  y = Relu(x)
  a = MatMul(x, x)
  b = Neg(a)
}
```
```onnx
# Inside a branch.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x) => (float[2] y) {
  y = If (c) <
    then_branch = one () => (float[2] z) { z = Abs(x)  q = Neg(x) },
    else_branch = two () => (float[2] w) { w = Neg(x) }
  >
}
```

## Quiet on
```onnx
# Only one of two outputs is used, and one tensor only in a branch.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[4] x) => (float[2] y) {
  a, b = Split<axis = 0>(x)
  y = If (c) <
    then_branch = one () => (float[2] z) { z = Abs(a) },
    else_branch = two () => (float[2] w) { w = Neg(a) }
  >
}
```

## How to fix
Delete the nodes (onnxsim, onnx-graphsurgeon's `cleanup`), or declare the output that they were for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import Symptom
from ..findings.places import nodes_at
from ..model.dtypes import bytes_of
from ..model.graph import Graph, Model
from ..model.scopes import dead_nodes, scopes, taken
from ..model.tensor import Tensor
from ..report import Basis, Found, Location, Severity
from ..wording import counted, in_bytes, listed
from . import rule

_HEAVY = frozenset(
    {
        "Conv", "ConvTranspose", "ConvInteger", "DeformConv", "QLinearConv", "LSTM", "GRU", "RNN", "Attention",
        "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "Einsum", "If", "Loop", "Scan",
    }
)  # fmt: skip

_TRIFLE = 1024


@rule(Severity.WARNING, Basis.SUSPICIOUS, symptom=Symptom.UNUSED)
def dead_branches(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        graph = scope.graph
        dead = dead_nodes(graph)
        if not dead:
            continue
        ends = [i for i in dead if taken(graph).isdisjoint(graph.nodes[i].outputs)]
        heavy = sum(1 for i in dead if graph.nodes[i].op_type in _HEAVY)
        weights = _weights(graph, frozenset(dead))
        first = graph.nodes[(ends or dead)[0]]
        label = graph.label((ends or dead)[0])
        cost = [counted(heavy, "heavy layer")] if heavy else []
        cost += [f"{in_bytes(weights)} of weights"] if weights else []
        among = f" ({', '.join(cost)} among them)" if cost else ""
        verb = "reaches" if len(dead) == 1 else "reach"
        yield Found(
            f"{counted(dead, 'node')}{among} {verb} no output of the graph; "
            f"{'the branch ends' if len(ends) == 1 else 'the branches end'} in "
            f"{listed(graph.label(i) for i in ends or dead)}",
            Location(scope.path, label, first.op_type, next(filter(None, first.outputs), ""), offset=first.offset),
            "delete these nodes, or declare the output that they are for",
            expected=0,
            actual=len(dead),
            severity=None if heavy or weights >= _TRIFLE else Severity.NOTE,
            places=nodes_at((scope.path, i) for i in dead),
        )


def _weights(graph: Graph, dead: frozenset[int]) -> int:
    """Bytes that only dead nodes use, as initializers or in Constants."""
    total = 0
    for tensor in graph.initializers:
        users = graph.consumers.get(tensor.name, ())
        if users and dead.issuperset(users) and all(tensor.name != v.name for v in graph.outputs):
            total += bytes_of(tensor.dtype, tensor.elements) or 0
    for i in dead:
        value = graph.nodes[i].attributes.get("value")
        if isinstance(value, Tensor):
            total += bytes_of(value.dtype, value.elements) or 0
    return total
