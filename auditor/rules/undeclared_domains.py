"""An operator set that the model uses and does not import.

## What it does
Finds models without any `opset_import`, and nodes whose domain the model (or the function that they stand in) does
not import.

## Why it matters
"Each operator used within a graph MUST be explicitly declared by one of the operator sets imported by the model."
(https://onnx.ai/onnx/repo-docs/IR.html#operators). Without the import nobody knows which version of an operator is
meant; onnxruntime 1.32 refuses the model ("No opset import for domain"). It takes its own domains without an import:
for those it is a warning. So it is for ai.onnx, of which the specification also says that "all models implicitly
import the default ONNX operator set". For a model without any import onnx.proto says "All ModelProtos MUST have at
least one entry", and onnxruntime refuses it ("Missing opset in the model").

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = my.domain.Fancy(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = com.microsoft.Gelu(x) }
```
```mutator
no_opset_import
```

## Quiet on
```onnx
# An import that nothing uses is not a fault.
<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1, "ai.onnx.ml" : 3]>
agraph (float[2] x) => (float[2] y) { y = my.domain.Fancy(x) }
```

## How to fix
Add the domain to the model's `opset_import` with the version that the exporter had.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule

_TAKEN = frozenset({"", "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc", "com.microsoft.experimental"})
"""Domains that onnxruntime takes without an import."""


@rule(Severity.ERROR, Basis.ILLEGAL)
def undeclared_domains(model: Model) -> Iterator[Found]:
    if not model.imports:
        yield Found(
            "the model imports no operator set, so nobody knows which version of its operators is meant",
            fix="add the ai.onnx opset that the exporter wrote to opset_import",
            expected="at least one opset_import",
            actual=0,
            basis=Basis.REFUSED,  # the specification says both: "at least one entry", and that ai.onnx is implied
        )
        return
    for scope in scopes(model):
        graph = scope.graph
        users: dict[str, list[int]] = {}
        for node, places in graph.kinds:
            if node.domain not in scope.opsets:
                users.setdefault(node.domain, []).extend(places)
        for domain, nodes in users.items():
            nodes.sort()
            first = graph.nodes[nodes[0]]
            others = f" and {counted(len(nodes) - 1, 'other node')}" if len(nodes) > 1 else ""
            where = "function" if scope.function else "model"
            yield Found(
                f"{graph.label(nodes[0])}{others}: the {where} does not import the domain {domain or 'ai.onnx'!r}",
                Location(scope.path, graph.label(nodes[0]), first.op_type, offset=first.offset),
                f"add {domain or 'ai.onnx'!r} to opset_import",
                severity=Severity.WARNING if domain in _TAKEN else None,
                places=nodes_at((scope.path, i) for i in nodes),
            )
