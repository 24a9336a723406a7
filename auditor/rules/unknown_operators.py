"""An operator that ONNX does not have at the opset that the model imports.

## What it does
Looks every node up in ONNX's operator table: operators that do not exist, that came with a later opset than the model
imports, or that were taken out before it. Nodes of other domains are named once for each domain, as a note: they run
only where that domain is known, and what they do was not looked at. So is what a newer opset than auditor knows may
bring.

## Why it matters
"Each operator used within a graph MUST be explicitly declared by one of the operator sets imported by the model."
(https://onnx.ai/onnx/repo-docs/IR.html#operators). onnxruntime 1.32 refuses the model ("No Op registered", "is
deprecated in domain_version"). The experimental operators of ONNX's first years (Affine, Crop, ImageScaler, ...) are
a warning: they left the specification, and some runtimes keep them.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Rleu(x) }
```
```onnx
# Mish came with opset 18.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Mish(x) }
```
```onnx
# Upsample was taken out with opset 10.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 2, 2] x) => (float[1, 1, 4, 4] y) <float[4] s = {1.0, 1.0, 2.0, 2.0}> { y = Upsample(x, s) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1]>
agraph (float[2] x) => (float[2] y) { y = my.domain.Fancy(x) }
```

## Quiet on
```onnx
# A function of the model itself is known.
<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1]>
agraph (float[2] x) => (float[2] y) { y = my.domain.Fancy(x) }
<domain: "my.domain", opset_import: ["" : 17]>
Fancy (a) => (b) { b = Relu(a) }
```
```onnx
<ir_version: 8, opset_import: ["" : 9]>
agraph (float[1, 1, 2, 2] x) => (float[1, 1, 4, 4] y) <float[4] s = {1.0, 1.0, 2.0, 2.0}> { y = Upsample(x, s) }
```

## How to fix
Import the opset that has the operator (`onnx.version_converter` rewrites the others), write the operator that took
its place, or add a function of that name to the model.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.schemas import domains, newest, operators, schema, versions
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import nodes_at, rule

_EXPERIMENTAL = frozenset(
    {
        "ATen", "Affine", "ConstantFill", "Crop", "DynamicSlice", "GRUUnit", "GivenTensorFill", "ImageScaler",
        "ParametricSoftplus", "Scale", "ScaledTanh",
    }
)  # fmt: skip


@rule(Severity.ERROR, Basis.ILLEGAL)
def unknown_operators(model: Model) -> Iterator[Found]:
    known = frozenset(domains())
    foreign: dict[str, list[tuple[Scope, int]]] = {}
    for scope in scopes(model):
        unknown: dict[tuple[str, str], list[int]] = {}
        fine: set[tuple[str, str]] = set()
        for i, node in enumerate(scope.graph.nodes):
            name = (node.domain, node.op_type)
            if name in fine or (*name, node.overload) in model.functions:
                continue
            if node.domain not in known:
                foreign.setdefault(node.domain, []).append((scope, i))
            elif _exists(scope, model, *name):
                fine.add(name)
            else:
                unknown.setdefault(name, []).append(i)
        for (domain, op_type), nodes in unknown.items():
            yield _finding(scope, domain, op_type, nodes)
    for domain, places in foreign.items():
        yield _foreign(domain, places)


def _exists(scope: Scope, model: Model, domain: str, op_type: str) -> bool:
    """Whether ONNX has the operator; where nobody knows which opset is meant, at any opset."""
    opset = scope.opsets.get(domain)
    if opset is None or not model.imports:
        return bool(versions(domain, op_type))
    found = schema(domain, op_type, opset)
    return found is not None and not found.deprecated


def _finding(scope: Scope, domain: str, op_type: str, nodes: list[int]) -> Found:
    opset, known = scope.opsets.get(domain, 1), versions(domain, op_type)
    found = schema(domain, op_type, opset)
    shown = domain or "ai.onnx"
    severity, basis = None, None
    if found is not None:
        why = f"{op_type} was taken out with opset {found.since} of {shown}; the model imports {opset}"
        fix = f"import an opset below {found.since}, or write the operator that took its place"
    elif known:
        why = f"{op_type} came with opset {known[0]} of {shown}; the model imports {opset}"
        fix = f"import opset {known[0]} or later"
    elif opset > newest(domain):
        why = f"auditor knows {shown} up to opset {newest(domain)}, with no {op_type}; the model imports {opset}"
        fix = "look it up in the specification of that opset"
        severity, basis = Severity.NOTE, Basis.SUSPICIOUS
    elif domain == "" and op_type in _EXPERIMENTAL:
        why = f"{op_type} was an experimental operator of ONNX's first years, and left the specification"
        fix = "write it with today's operators"
        severity, basis = Severity.WARNING, Basis.SUSPICIOUS
    else:
        why = f"{shown} has no operator {op_type!r}"
        near = _near(domain, op_type)
        fix = (
            f"perhaps {near} was meant"
            if near
            else "import the domain that it belongs to, or add a function of its name"
        )
    index = nodes[0]
    node, label = scope.graph.nodes[index], scope.graph.label(index)
    many = f" ({counted(nodes, 'node')}, the first is {label})" if len(nodes) > 1 else f" ({label})"
    return Found(
        why + many,
        Location(scope.path, label, op_type, offset=node.offset),
        fix,
        severity=severity,
        basis=basis,
        places=nodes_at((scope.path, i) for i in nodes),
    )


def _foreign(domain: str, places: list[tuple[Scope, int]]) -> Found:
    scope, index = places[0]
    node, label = scope.graph.nodes[index], scope.graph.label(index)
    names = dict.fromkeys(s.graph.nodes[i].op_type for s, i in places)
    only = "onnxruntime" if domain.startswith("com.microsoft") else "a runtime that knows the domain"
    verb = "belongs" if len(places) == 1 else "belong"
    return Found(
        f"{counted(places, 'node')} {verb} to the domain {domain!r} ({listed(names)}): only {only} can run them",
        Location(scope.path, label, node.op_type, offset=node.offset),
        "see that the runtime it is deployed on has this domain, or export to ONNX's own operators",
        severity=Severity.NOTE,
        basis=Basis.SUSPICIOUS,
        places=nodes_at((s.path, i) for s, i in places),
    )


def _near(domain: str, op_type: str) -> str:
    from difflib import get_close_matches

    known = {name.lower(): name for name in operators(domain)}
    return next((known[name] for name in get_close_matches(op_type.lower(), known, 1, 0.7)), "")
