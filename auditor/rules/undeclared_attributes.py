"""Attributes that an operator does not have, of a wrong kind, or missing.

## What it does
Compares the attributes of every node with its operator's at the imported opset: names, kinds (int, ints, float, ...),
and those that must be there. Of an attribute that became an input (axes, split, pads, ratio, min and max, ...) it says
at which opset, and which input.

## Why it matters
"The number of inputs and outputs in a node, their types, the set of attributes specified in a node and their types
MUST satisfy the constraints imposed by the signature of the node's operator."
(https://onnx.ai/onnx/repo-docs/IR.html#nodes). onnxruntime 1.32 refuses the model ("Unrecognized attribute",
"Mismatched attribute type", "Required attribute is missing"); a reader that is more lenient runs it without what the
attribute says. The numbers of a Constant (value_int, value_ints, value_float, value_floats; since opset 12) it takes at
any opset: they are a warning.

## Fires on
```onnx
# Since opset 13 the axes are an input.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2] x) => (float[2] y) { y = Squeeze<axes = [0]>(x) }
```
```onnx
# An input since opset 13, though opset 1 had both.
<ir_version: 8, opset_import: ["" : 13]>
agraph (float[1, 8] x) => (float[1, 4] a, float[1, 4] b) { a, b = Split<axis = 1, split = [4, 4]>(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x) => (float[2, 3] y) { y = Softmax<axis = 1.0>(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Cast(x) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 11]>
agraph (float[1, 2] x) => (float[2] y) { y = Squeeze<axes = [0]>(x) }
```
```onnx
# What a function hands down is known where it is called.
<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1]>
agraph (float[2, 3] x) => (float[2, 3] y) { y = my.domain.Normed<along = 1>(x) }
<domain: "my.domain", opset_import: ["" : 17]>
Normed <along> (a) => (b) { b = Softmax<axis : int = @along>(a) }
```

## How to fix
Write the attribute as the operator's page says for the imported opset (https://onnx.ai/onnx/operators/), or import
the opset for which the node was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..findings.places import nodes_at
from ..model.conformance import AttributeFlaw, Missing, Mistyped, Undeclared, attribute_flaws, schema_of
from ..model.file_troubles import BadAttribute
from ..model.graph import Attribute, Model, Node
from ..model.moved import Moved, given_as_attributes, given_as_inputs
from ..model.schemas import Schema, schema, versions
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..shapes.mending import opset_that_fits
from ..wording import listed, others
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def undeclared_attributes(model: Model, facts: Facts) -> Iterator[Found]:
    fitting = cache(lambda: opset_that_fits(facts))
    malformed = {(t.node_offset, t.name) for t in model.troubles if isinstance(t, BadAttribute)}
    for scope in scopes(model):
        found: dict[tuple[str, str, AttributeFlaw], list[int]] = {}
        for node, alike in scope.graph.kinds:
            known = schema_of(model, node, scope.opsets)
            for flaw in () if known is None else attribute_flaws(node.attributes, known):
                if known is None or (node.offset, flaw.name) in malformed:
                    continue  # `malformed-attributes` speaks of it
                if isinstance(flaw, Missing) and any(m.attribute == flaw.name for m in given_as_inputs(node, known)):
                    continue  # `wrong-arity` speaks of it
                if isinstance(flaw, Undeclared) and flaw.name in _told_with_another(node, known):
                    continue
                found.setdefault((node.domain, node.op_type, flaw), []).extend(alike)
        for (_, _, flaw), places in found.items():
            places.sort()
            node, label = scope.graph.nodes[places[0]], scope.graph.label(places[0])
            known = schema_of(model, node, scope.opsets)
            if known is None:
                continue
            message, fix, expected, actual = _says(flaw, known, node)
            yield Found(
                f"{label}{others(places)}: {message}",
                Location(scope.path, label, node.op_type, attribute=flaw.name, offset=node.offset),
                fix,
                expected=expected,
                actual=actual,
                severity=Severity.WARNING if _taken_all_the_same(flaw, known) else None,
                places=nodes_at((scope.path, i) for i in places),
                repairs=fitting() if not scope.path and not node.domain else (),
            )


def _taken_all_the_same(flaw: AttributeFlaw, known: Schema) -> bool:
    """Whether onnxruntime makes nothing of it: a Constant's number or list, at any opset."""
    numbers = ("value_float", "value_floats", "value_int", "value_ints")
    return isinstance(flaw, Undeclared) and known.name == "Constant" and not known.domain and flaw.name in numbers


def _told_with_another(node: Node, known: Schema) -> list[str]:
    """Of the attributes that became inputs, those behind the first."""
    return [moved.attribute for moved in given_as_attributes(node.attributes, known)[1:]]


def _says(flaw: AttributeFlaw, known: Schema, node: Node) -> tuple[str, str, str, str]:
    """Message, fix, expected, actual."""
    op_type = known.name
    moved = given_as_attributes(node.attributes, known) if isinstance(flaw, Undeclared) else []
    match flaw:
        case Undeclared(name) if any(m.attribute == name for m in moved):
            return _moved(op_type, moved, node)
        case Undeclared(name, names):
            has = f"it has {listed(names, 6)}" if names else "it has none"
            if _taken_all_the_same(flaw, known):
                return (
                    f"{op_type} has no attribute {name!r}{_elsewhere(flaw, known)}; {has}; onnxruntime takes it all "
                    "the same",
                    "write it as a tensor, the attribute 'value', or import opset 12 or later",
                    ", ".join(names),
                    name,
                )
            return (
                f"{op_type} has no attribute {name!r}{_elsewhere(flaw, known)}; {has}",
                f"take {name!r} away, or import the opset for which the node was made",
                ", ".join(names) or "no attribute",
                name,
            )
        case Mistyped(name, expected, actual):
            return (
                f"the attribute {name!r} of {op_type} is {actual}, must be {expected}",
                f"write {name!r} as {expected}",
                expected,
                actual,
            )
        case Missing(name, kind):
            return f"{op_type} needs the attribute {name!r} ({kind})", f"add {name!r}", kind, "missing"


def _moved(op_type: str, moved: list[Moved], node: Node) -> tuple[str, str, str, str]:
    gone = " and ".join(repr(m.attribute) for m in moved)
    inputs = " and ".join(f"{m.parameter} (number {m.place + 1})" for m in moved)
    since = max(m.since for m in moved)
    one = len(moved) == 1
    now = " at this opset" if since else ""
    has = f"attribute {gone}{now}: it is the input" if one else f"attributes {gone}{now}: they are inputs"
    store = _stored(node.attributes[moved[0].attribute]) if one else "store their values as tensors and give them"
    other = f", or import an opset below {since} if the whole model was made for one"
    return (
        f"{op_type} has no {has if not one else f'{has} {inputs}'}{f' since opset {since}' if since else ''}",
        f"{store} as the input{'' if one else 's'} {inputs}{other if since else ''}",
        ", ".join(f"an input {m.parameter}" for m in moved),
        ", ".join(f"an attribute {m.attribute}" for m in moved),
    )


def _stored(value: Attribute) -> str:
    if isinstance(value, int | float):
        return f"store {value:g} and give it"
    if type(value) is tuple and len(value) <= 8 and all(isinstance(v, int) for v in value):
        return f"store {list(value)} as an int64 tensor and give it"
    return "store its value as a tensor and give it"


def _elsewhere(flaw: Undeclared, known: Schema) -> str:
    """Which opsets have the attribute."""
    having = [
        v
        for v in versions(known.domain, known.name)
        if (s := schema(known.domain, known.name, v)) and flaw.name in s.attributes
    ]
    return f" at this opset (only at {', '.join(map(str, having))})" if having else ""
