"""An activation of what already is one.

## What it does
Finds Softmax, LogSoftmax and Sigmoid whose input is the result of a Softmax, a LogSoftmax or a Sigmoid, with nothing
between them but Dropout, Identity, Cast, Reshape, Flatten, Squeeze, Unsqueeze or Transpose; and Relus of a Relu, as a
note.

## Why it matters
Softmax of probabilities flattens them: of 1000 classes the surest becomes 0.0027. The order of the classes stays, so
accuracy hides it, and every threshold and every confidence is wrong. The usual cause: the training code has a loss that
applies the softmax, and the exported network has one as well. A Relu of a Relu does nothing.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 10] x) => (float[N, 10] y) {
  a = Softmax<axis = 1>(x)
  y = Softmax<axis = 1>(a)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 10] x) => (float[N, 10] y) {
  a = Softmax<axis = 1>(x)
  b = Identity(a)
  y = LogSoftmax<axis = 1>(b)
}
```

## Quiet on
```onnx
# Attention, and a sigmoid of something that was computed of a sigmoid.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8, 8] x, float[8, 8] w) => (float[N, 8, 8] y) {
  a = Softmax(x)
  b = MatMul(a, w)
  c = Softmax(b)
  d = Sigmoid(c1)
  e = Mul(d, b)
  y = Sigmoid(e)
  c1 = Add(c, b)
}
```

## How to fix
Take one of the two away: the one in the network, if a loss or the serving code applies it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Graph, Model
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule

_SQUASHING = frozenset({"Softmax", "LogSoftmax", "Sigmoid"})
_AGAIN = _SQUASHING | {"Relu"}
_HANDING_ON = frozenset({"Dropout", "Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"})
_FURTHEST = 8


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def repeated_activations(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        graph = scope.graph
        idle: list[tuple[int, int]] = []
        for index, node in graph.nodes_of(_AGAIN):
            if node.domain or not node.inputs:
                continue
            first = _made_by(graph, node.inputs[0])
            if first is None:
                continue
            before = graph.nodes[first].op_type
            if node.op_type == before == "Relu":
                idle.append((index, first))
            elif node.op_type in _SQUASHING and before in _SQUASHING:
                yield _finding(scope, index, first, f"is a {node.op_type} of a {before}, {graph.label(first)}")
        if idle:
            others = f"; so do {counted(len(idle) - 1, 'other Relu')}" if len(idle) > 1 else ""
            first = idle[0][1]
            says = f"is a Relu of a Relu, {graph.label(first)}, and does nothing{others}"
            found = _finding(scope, idle[0][0], first, says)
            places = nodes_at((scope.path, index) for index, _ in idle)
            yield found._replace(severity=Severity.NOTE, places=places)


def _finding(scope: Scope, index: int, first: int, says: str) -> Found:
    node, label = scope.graph.nodes[index], scope.graph.label(index)
    return Found(
        f"{label} {says}",
        Location(scope.path, label, node.op_type, node.inputs[0], offset=node.offset),
        f"take {label} away, or {scope.graph.label(first)}",
    )


def _made_by(graph: Graph, name: str) -> int | None:
    """The node that computes a tensor, behind those that only hand it on."""
    for _ in range(_FURTHEST):
        index = graph.producers.get(name)
        if index is None or graph.nodes[index].domain:
            return None
        node = graph.nodes[index]
        if node.op_type not in _HANDING_ON or not node.inputs:
            return index
        name = node.inputs[0]
    return None
