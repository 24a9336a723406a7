"""Calls of the model's own functions that do not fit them.

## What it does
Compares each node that stands for a local function with it: more inputs or outputs than it has, an input that its body
needs and the call leaves out, attributes that it does not have; and in its body, references to attributes that it does
not have.

## Why it matters
"The input, output, attribute, and attribute_proto [...] constitute the signature part of the operator"
(https://onnx.ai/onnx/repo-docs/IR.html#functions), and "The number of inputs and outputs in a node, their types, the
set of attributes specified in a node and their types MUST satisfy the constraints imposed by the signature of the
node's operator" (https://onnx.ai/onnx/repo-docs/IR.html#nodes). An attribute that a call has and the function has not
is passed over in silence by onnxruntime 1.32: a warning.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.Half(x, x) }
<domain: "local", opset_import: ["" : 17]>
Half (a) => (b) { b = Neg(a) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.Half<by = 2.0>(x) }
<domain: "local", opset_import: ["" : 17]>
Half (a) => (b) { b = Neg(a) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.Leaky(x) }
<domain: "local", opset_import: ["" : 17]>
Leaky <slope> (a) => (b) { b = LeakyRelu<alpha : float = @steepness>(a) }
```

## Quiet on
```onnx
# An optional input is left out, and an attribute that the body then does without.
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.Bound(x) }
<domain: "local", opset_import: ["" : 17]>
Bound <slope> (a, low) => (b) {
  c = LeakyRelu<alpha : float = @slope>(a)
  b = Clip(c, low)
}
```

## How to fix
Call the function with what it has, or give it what the call has.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.conformance import schema_of
from ..model.graph import AttributeReference, Function, Model, Node
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def miscalled_functions(model: Model) -> Iterator[Found]:
    if not model.functions:
        return
    needed = {key: _needed(model, function) for key, function in model.functions.items()}
    for scope in scopes(model):
        for index, node in enumerate(scope.graph.nodes):
            key = (node.domain, node.op_type, node.overload)
            if key in model.functions:
                yield from _call(scope, index, node, model.functions[key], needed[key])
            if scope.function is not None and node.attributes:
                yield from _references(scope, index, node, scope.function)


def _needed(model: Model, function: Function) -> frozenset[str]:
    """The inputs of a function that an operator in its body cannot do without."""
    found = set[str]()
    inputs = frozenset(function.inputs)
    for node in function.nodes:
        known = schema_of(model, node, function.opsets)
        for place, name in enumerate(node.inputs if known is not None else ()):
            if name in inputs and known is not None and place < known.min_inputs:
                found.add(name)
    return frozenset(found)


def _call(scope: Scope, index: int, node: Node, function: Function, needed: frozenset[str]) -> Iterator[Found]:
    label = scope.graph.label(index)
    where = Location(scope.path, label, node.op_type, offset=node.offset)
    for what, given, most in (
        ("input", len(node.inputs), len(function.inputs)),
        ("output", len(node.outputs), len(function.outputs)),
    ):
        if given > most:
            yield Found(
                f"{label}: the function {function.name!r} has {counted(most, what)}, the call {given}",
                where,
                f"call it with {counted(most, what)}, or give the function the {what} that is missing",
                expected=f"at most {most}",
                actual=given,
            )
    absent = [
        name
        for place, name in enumerate(function.inputs)
        if name in needed and (place >= len(node.inputs) or not node.inputs[place])
    ]
    if absent:
        yield Found(
            f"{label}: the function {function.name!r} needs its input {absent[0]!r}, which is left out",
            where,
            f"give the call the input {absent[0]!r}",
            expected=absent[0],
            actual="left out",
        )
    known = {*function.attributes, *function.defaults}
    unknown = [name for name in node.attributes if name not in known]
    if unknown:
        has = f"it has {listed(sorted(known))}" if known else "it has none"
        yield Found(
            f"{label}: the function {function.name!r} has no attribute {unknown[0]!r}; {has}",
            where._replace(attribute=unknown[0]),
            f"take {unknown[0]!r} away, or give the function such an attribute",
            severity=Severity.WARNING,
        )


def _references(scope: Scope, index: int, node: Node, function: Function) -> Iterator[Found]:
    for name, value in node.attributes.items():
        if (
            isinstance(value, AttributeReference)
            and value.name not in function.attributes
            and value.name not in function.defaults
        ):
            label = scope.graph.label(index)
            yield Found(
                f"{label}: its {name} refers to {value.name!r}, which the function {function.name!r} does not have",
                Location(scope.path, label, node.op_type, attribute=name, offset=node.offset),
                f"give the function the attribute {value.name!r}, or refer to one that it has",
                actual=value.name,
            )
