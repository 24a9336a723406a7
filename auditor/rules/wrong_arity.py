"""Too many or too few inputs or outputs.

## What it does
Compares the number of inputs and outputs of every node with its operator's, and finds required ones that are left out
as "".

## Why it matters
"The number of inputs and outputs in a node, their types, the set of attributes specified in a node and their types
MUST satisfy the constraints imposed by the signature of the node's operator."
(https://onnx.ai/onnx/repo-docs/IR.html#nodes). onnxruntime 1.32 refuses the model ("has input size 2 not in range
[min=1, max=1]").

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x, x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Add(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x, float[1, 1, 3, 3] w) => (float[1, 1, 2, 2] y) { y = Conv(, w, x) }
```

## Quiet on
```onnx
# Optional ones may be left out, and Concat takes as many as one likes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float high) => (float[6] y) {
  a = Clip(x, , high)
  y = Concat<axis = 0>(a, a, x)
}
```

## How to fix
Give the node the inputs that its operator takes at the imported opset. Many operators turned attributes into inputs,
or the other way round, between two opsets: a node that was copied between models keeps the old form.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import Symptom
from ..model.conformance import ArityFlaw, LeftOut, WrongCount, arity_flaws, schema_of
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted, others
from . import nodes_at, rule


@rule(Severity.ERROR, Basis.ILLEGAL, explains=(Symptom.UNUSED,))
def wrong_arity(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        found: dict[tuple[str, str, ArityFlaw], list[int]] = {}
        for i, node in enumerate(scope.graph.nodes):
            known = schema_of(model, node, scope.opsets)
            for flaw in () if known is None else arity_flaws(node, known):
                found.setdefault((node.domain, node.op_type, flaw), []).append(i)
        for (_, _, flaw), places in found.items():
            node, label = scope.graph.nodes[places[0]], scope.graph.label(places[0])
            message, expected, actual = _says(flaw)
            yield Found(
                f"{label}{others(places)}: {node.op_type} {message}",
                Location(scope.path, label, node.op_type, offset=node.offset),
                f"give {label} the {flaw.what}s that {node.op_type} has at opset {scope.opsets[node.domain]}",
                expected=expected,
                actual=actual,
                places=nodes_at((scope.path, i) for i in places),
            )


def _says(flaw: ArityFlaw) -> tuple[str, str, int | str]:
    match flaw:
        case WrongCount(what, actual, least, most):
            right = f"{least} or more" if most is None else str(least) if most == least else f"{least} to {most}"
            verb = "takes" if what == "input" else "gives"
            noun = f"{right} {what}{'' if right == '1' else 's'}"
            return f"{verb} {noun}, has {counted(actual, what)}", right, actual
        case LeftOut(what, name, place):
            return f"needs its {what} {name} (number {place + 1}), which is left out", name, "left out"
