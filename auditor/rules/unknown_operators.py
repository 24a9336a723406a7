"""An operator that ONNX does not have at the opset that the model imports.

## What it does
Looks every node up in ONNX's operator table: operators that do not exist, that came with a later opset than the model
imports, or that were taken out before it. Nodes of other domains are named once for each domain, as a note: they run
only where that domain is known, and what they do was not looked at. So is what a newer opset than auditor knows may
bring. Under the profile `untrusted` these are warnings.

## Why it matters
"Each operator used within a graph MUST be explicitly declared by one of the operator sets imported by the model."
(https://onnx.ai/onnx/repo-docs/IR.html#operators). onnxruntime 1.32 refuses the model ("No Op registered", "is
deprecated in domain_version"). Some it keeps in ai.onnx though ONNX does not have them there: LayerNormalization below
opset 17, SimplifiedLayerNormalization, ThresholdedRelu below 10, and of the experimental operators of ONNX's first
years Affine, Crop, DynamicSlice, ImageScaler, ParametricSoftplus, Scale and ScaledTanh below 10. Those are a warning,
for they run, and there only. So is GroupNormalization of opset 18: it came deprecated, the checker refuses it, and
onnxruntime runs it.

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
```onnx
# onnxruntime has it below opset 17, ONNX has not.
<ir_version: 8, opset_import: ["" : 14]>
agraph (float[1, 4] x) => (float[1, 4] y) <float[4] s = {1.0, 1.0, 1.0, 1.0}> { y = LayerNormalization(x, s) }
```
```onnx
# Deprecated from birth.
<ir_version: 8, opset_import: ["" : 18]>
agraph (float[1, 4, 3, 3] x) => (float[1, 4, 3, 3] y) <float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}> {
  y = GroupNormalization<num_groups = 2>(x, s, b)
}
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
from functools import cache

from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.schemas import domains, newest, operators, schema, versions
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..shapes.mending import opset_that_fits
from ..wording import counted, listed
from . import rule

_FIRST_YEARS = dict.fromkeys(
    ("Affine", "Crop", "DynamicSlice", "ImageScaler", "ParametricSoftplus", "Scale", "ScaledTanh"), 9
)
_KEPT: dict[str, int | None] = {
    "LayerNormalization": 16, "MeanVarianceNormalization": 8, "SimplifiedLayerNormalization": None,
    "ThresholdedRelu": 9, **_FIRST_YEARS,
}  # fmt: skip
"""What onnxruntime 1.32 has in ai.onnx where ONNX has no such operator, and the last opset at which it runs."""

_INSTEAD = {
    "SimplifiedLayerNormalization": "RMSNormalization of opset 23",
    "Scatter": "ScatterElements",
    "Upsample": "Resize",
    "GroupNormalization": "GroupNormalization of opset 21, whose scale and bias have a number for each channel",
}

_GONE = frozenset({"ATen", "ConstantFill", "GRUUnit", "GivenTensorFill", *_FIRST_YEARS})
"""Experimental operators of ONNX's first years."""


@rule(Severity.ERROR, Basis.ILLEGAL, from_strangers=Severity.WARNING)
def unknown_operators(model: Model, facts: Facts) -> Iterator[Found]:
    fitting = cache(lambda: opset_that_fits(facts))
    known = frozenset(domains())
    foreign: dict[str, list[tuple[Scope, int]]] = {}
    for scope in scopes(model):
        unknown: dict[tuple[str, str], list[int]] = {}
        abroad: dict[str, list[int]] = {}
        for node, places in scope.graph.kinds:
            name = (node.domain, node.op_type)
            if (*name, node.overload) in model.functions:
                continue
            if node.domain not in known:
                abroad.setdefault(node.domain, []).extend(places)
            elif not _exists(scope, model, *name):
                unknown.setdefault(name, []).extend(places)
        for domain, nodes in abroad.items():
            foreign.setdefault(domain, []).extend((scope, i) for i in sorted(nodes))
        for (domain, op_type), nodes in unknown.items():
            yield _finding(scope, domain, op_type, sorted(nodes))._replace(repairs=() if domain else fitting())
    for domain, held in foreign.items():
        yield _foreign(domain, held)


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
    kept = _KEPT.get(op_type, -1) if not domain else -1
    instead = _INSTEAD.get(op_type, "the operator that took its place")
    if found is not None and found.since == known[0]:
        later = next((v for v in known if (s := schema(domain, op_type, v)) and not s.deprecated), 0)
        runs = "onnx's checker refuses it, onnxruntime runs it"
        why = f"{op_type} came with opset {found.since} of {shown}, deprecated from the start: {runs}"
        fix = f"import opset {later} and write {instead}" if later else f"write {instead}"
        severity = Severity.WARNING
    elif found is not None:
        why = f"{op_type} was taken out with opset {found.since} of {shown}; the model imports {opset}"
        fix = f"write {instead}, or import an opset below {found.since}"
    elif kept is None or kept >= opset > 0:
        came = f"before opset {known[0]}" if known else "at any opset"
        why = f"ONNX has no {op_type} {came}; onnxruntime keeps it in ai.onnx and runs it, others do not"
        fix = f"import opset {known[0]} or later" if known else f"write {instead}"
        severity, basis = Severity.WARNING, Basis.SUSPICIOUS
    elif known:
        why = f"{op_type} came with opset {known[0]} of {shown}; the model imports {opset}"
        fix = f"import opset {known[0]} or later"
    elif domain == "" and op_type in _GONE:
        until = (
            f", and onnxruntime runs it below opset {kept + 1} only"
            if kept > 0
            else "; onnxruntime runs it at no opset"
        )
        why = f"{op_type} was an experimental operator of ONNX's first years, and left the specification{until}"
        fix = "write it with today's operators"
        basis = Basis.REFUSED
    elif opset > newest(domain):
        why = f"auditor knows {shown} up to opset {newest(domain)}, with no {op_type}; the model imports {opset}"
        fix = "look it up in the specification of that opset"
        severity, basis = Severity.NOTE, Basis.SUSPICIOUS
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
