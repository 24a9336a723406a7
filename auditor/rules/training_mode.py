"""BatchNormalization or Dropout left in training mode.

## What it does
Finds BatchNormalization that normalizes by the batch at hand (training_mode = 1; at opsets 7 to 13, outputs that only
training has), and Dropout whose training_mode input is a stored true and whose ratio is not 0, where their results
reach an output.

## Why it matters
The answer for one image then hangs on the other images of the batch, or on chance. The specification allows it, the
checker and every runtime accept it, and accuracy is quietly lost: `model.eval()` was forgotten before the export.
onnxruntime 1.32 removes such a Dropout when it optimises and runs it at random when it does not. Where the updated
running statistics are outputs of the model, training was meant, and this rule is silent.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x) => (float[N, 2, 4, 4] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 1.0}> {
  y, mean, var = BatchNormalization<training_mode = 1>(x, s, b, m, v)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] y) <float ratio = {0.5}, bool training = {1}> { y = Dropout(x, ratio, training) }
```
```onnx
<ir_version: 7, opset_import: ["" : 9]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 1.0}> {
  y, mean, var, saved_mean, saved_var = BatchNormalization(x, s, b, m, v)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 1.0},
 float ratio = {0.5}, bool training = {0}> {
  n = BatchNormalization(x, s, b, m, v)
  y = Dropout(n, ratio, training)
}
```
```onnx
# Training is meant: the new running statistics are what the model gives.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float[2] m, float[2] v) => (float[N, 2] y, float[2] mean, float[2] var)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}> {
  y, mean, var = BatchNormalization<training_mode = 1>(x, s, b, m, v)
}
```
```onnx
# The caller decides.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x, float ratio, bool training) => (float[N, 8] y) { y = Dropout(x, ratio, training) }
```

## How to fix
Call `model.eval()` and export again (torch.onnx: `training=TrainingMode.EVAL`), or set training_mode to 0 and drop
the outputs that only training has.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Model, Node
from ..model.scopes import Scope, dead_nodes, scopes, taken
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..wording import counted, listed
from . import rule


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def training_mode(model: Model, facts: Facts) -> Iterator[Found]:
    found: dict[str, list[tuple[Scope, int]]] = {}
    for scope in scopes(model):
        candidates = scope.graph.nodes_of({"BatchNormalization", "Dropout"})
        nodes = [i for i, node in candidates if not node.domain and _trains(scope, node, facts)]
        if nodes:
            dead = set(dead_nodes(scope.graph))
            for i in nodes:
                if i not in dead:
                    found.setdefault(scope.graph.nodes[i].op_type, []).append((scope, i))
    for op_type, places in found.items():
        scope, index = places[0]
        node = scope.graph.nodes[index]
        labels = [s.graph.label(i) for s, i in places]
        does = "normalizes by the batch at hand" if op_type == "BatchNormalization" else "drops values at random"
        others = f"; so do {counted(len(places) - 1, 'other node')}: {listed(labels[1:])}" if len(places) > 1 else ""
        yield Found(
            f"{labels[0]} is in training mode and {does}{others}",
            Location(scope.path, labels[0], op_type, attribute="training_mode", offset=node.offset),
            "call model.eval() before the export, or set training_mode to 0",
            expected=0,
            actual=1,
            places=nodes_at((s.path, i) for s, i in places),
        )


def _trains(scope: Scope, node: Node, facts: Facts) -> bool:
    opset = scope.opsets.get("", 1)
    if node.op_type == "Dropout":
        switched = opset >= 12 and len(node.inputs) > 2 and _value(scope, node.inputs[2], facts) in (True, 1)
        return switched and _value(scope, node.inputs[1], facts) != 0  # left out, it is 0.5
    extra = [name for name in node.outputs[1:] if name]
    if opset >= 14:
        trains = node.attributes.get("training_mode", 0) == 1
    elif opset >= 7:
        trains = bool(extra)
    else:
        return False  # is_test was 0 by default, and inference models of those years do not set it
    return trains and taken(scope.graph).isdisjoint(extra)


def _value(scope: Scope, name: str, facts: Facts) -> object:
    """The one value of a tensor that no caller can change; None where nobody knows it."""
    if not name or scope.function is not None or not facts.fixed(name, scope.path):
        return None
    fact = facts.at(name, scope.path)
    return fact.elements[0] if fact is not None and fact.elements and len(fact.elements) == 1 else None
