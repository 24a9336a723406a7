"""An If whose condition is stored.

## What it does
Finds Ifs of which the condition is an initializer that no caller can change, or a Constant.

## Why it matters
One branch never runs, though its weights are shipped and audited: an option of the training code that the exporter
wrote down (`self.training`, a flag). Sound models of exporters that trace have such Ifs: a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <bool c = {1}> {
  y = If (c) <
    then_branch = one () => (float[2] t) { t = Neg(x) },
    else_branch = two () => (float[2] e) { e = Abs(x) }
  >
}
```

## Quiet on
```onnx
# The caller decides.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, bool d, float[2] x) => (float[2] y) <bool d = {1}> {
  y = If (d) <
    then_branch = one () => (float[2] t) { t = Neg(x) },
    else_branch = two () => (float[2] e) { e = Abs(x) }
  >
}
```

## How to fix
Put the branch that runs in the place of the If (onnxsim does), or let the condition be an input.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def settled_conditions(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        if scope.outside is None or not scope.path.endswith("/then_branch"):
            continue
        outside = scope.outside
        node, label = outside.graph.nodes[scope.holder], outside.graph.label(scope.holder)
        if node.op_type == "If" and not node.domain and node.inputs and _stored(outside, node.inputs[0]):
            yield Found(
                f"the condition of {label}, {node.inputs[0]!r}, is stored: one of its branches never runs",
                Location(outside.path, label, "If", node.inputs[0], offset=node.offset),
                "put the branch that runs in the place of the If, or let the condition be an input",
            )


def _stored(scope: Scope, name: str) -> bool:
    around: Scope | None = scope
    while around is not None and not around.holds(name):
        around = around.outside
    if around is None:
        return False
    graph = around.graph
    maker = graph.producers.get(name)
    if maker is not None:
        return graph.nodes[maker].op_type == "Constant" and not graph.nodes[maker].domain
    return name in graph.initializer_names and name not in around.inputs
