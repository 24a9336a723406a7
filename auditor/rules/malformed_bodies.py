"""Bodies of If, Loop and Scan whose parameters are not those that the node feeds and takes.

## What it does
Compares the inputs and outputs of each branch or body with what its node has: their number, and for Loop and Scan the
types and shapes that the body declares of its inputs with those that arrive. What is wrong of a parameter is said
inside the body. What many bodies have wrong alike is one finding, with all of their places.

## Why it matters
A branch of an If has no inputs, and its "number of outputs must match the number of outputs in the else_branch"; a
Loop's body has "2+N inputs: (iteration_num, condition, loop carried dependencies...). It has 1+N+K outputs"; a Scan's
"N+M inputs" and "N+K outputs" (https://onnx.ai/onnx/operators/onnx__Loop.html, onnx__If.html, onnx__Scan.html).
onnxruntime 1.32 refuses another number or type ("Graph attribute inferencing failed"). Of a declared size in a Loop's
body it takes no notice: a warning.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x) => (float[2] y) {
  y = If (c) <
    then_branch = one () => (float[2] t) { t = Neg(x) },
    else_branch = two (float[2] v) => (float[2] e) { e = Abs(x) }
  >
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <int64 m = {3}> {
  y = Loop(m, "", x) <body = b (int64 i, bool c, double[2] a) => (bool d, float[2] r) {
    d = Identity(c)
    r = Identity(x)
  }>
}
```
```onnx
# The iteration's number is int64.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <int64 m = {3}> {
  y = Loop(m, "", x) <body = b (float i, bool c, float[2] a) => (bool d, float[2] r) { d = Identity(c) r = Neg(a) }>
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[5, 3] x) => (float[5, 3] y) {
  y = Scan<num_scan_inputs = 1, body = b (float[4] row) => (float[3] r) { r = Neg(row) }>(x)
}
```

## Quiet on
```onnx
# A body's inputs need no type; the number and the condition may be of one entry.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2, 3] x) => (float[2, 3] y, float[A, B] z, float[2, 3] s) <int64 m = {3}> {
  y = Loop(m, "", x) <body = b (int64[1] i, bool[1] c, float[2, N] a) => (bool d, float[2, 3] r) {
    d = Identity(c)
    r = Neg(a)
  }>
  z = If (c) <
    then_branch = one () => (float[2, 3] t) { t = Neg(x) },
    else_branch = two () => (float[2, 3] e) { e = Abs(x) }
  >
  s = Scan<num_scan_inputs = 1, body = b2 (float[3] row) => (float[3] o) { o = Neg(row) }>(x)
}
```

## How to fix
Export the control flow again, or give the body the parameters that the message names.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import Symptom
from ..findings.places import nodes_at, tensors_at
from ..model.dtypes import DType, name_of
from ..model.graph import Graph, Model, Node, TensorType, Value
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import Fact, show
from ..shapes.facts import Facts
from ..shapes.sizes.dim import same
from ..tuples import NamedTuple
from ..wording import counted
from . import rule


class _Fault(NamedTuple):
    """What one body has wrong, and where: at a node of the graph around it, or at an input of its own."""

    found: Found
    kind: tuple[object, ...]  # equal of what is wrong alike
    path: str
    node: int = -1
    tensor: str = ""


class _Form(NamedTuple):
    """What a body must have; ``fed``: the fact of each of its inputs, where one is known."""

    inputs: int
    outputs: int
    fed: tuple[Fact | None, ...]


_HOLDERS = frozenset({"If", "Loop", "Scan"})


@rule(Severity.ERROR, Basis.ILLEGAL, explains=(Symptom.REFUSED,))
def malformed_bodies(model: Model, facts: Facts) -> Iterator[Found]:
    alike: dict[tuple[object, ...], list[_Fault]] = {}
    for fault in _faults(model, facts):
        alike.setdefault(fault.kind, []).append(fault)
    for first, *more in alike.values():
        if not more:
            yield first.found
            continue
        bodies = (first, *more)
        yield first.found._replace(
            message=f"{first.found.message}; so it is of {counted(more, 'other')}",
            places=(
                *nodes_at((f.path, f.node) for f in bodies if f.node >= 0),
                *tensors_at((f.path, f.tensor) for f in bodies if f.tensor),
            ),
        )


def _faults(model: Model, facts: Facts) -> Iterator[_Fault]:
    for scope in scopes(model):
        outside = scope.outside
        if outside is None:
            continue
        node = outside.graph.nodes[scope.holder]
        if node.domain or node.op_type not in _HOLDERS:
            continue
        form = _form(node, outside, facts)
        if form is not None:
            yield from _counts(scope, outside, node, form)
            yield from _types(scope, node, form)


def _form(node: Node, scope: Scope, facts: Facts) -> _Form | None:
    given: tuple[Fact | None, ...] = tuple(
        facts.at(name, scope.path) if name and scope.function is None else None for name in node.inputs
    )
    match node.op_type:
        case "If":
            return _Form(0, len(node.outputs), ())
        case "Loop":
            carried = given[2:]
            start = (Fact(DType.INT64.value), Fact(DType.BOOL.value))
            return _Form(2 + len(carried), 1 + len(node.outputs), (*start, *carried))
        case _:
            scanned = node.attributes.get("num_scan_inputs")
            if scope.opsets.get("", 1) < 9 or not isinstance(scanned, int) or not 0 < scanned <= len(given):
                return None
            states = len(given) - scanned
            axes = node.attributes.get("scan_input_axes", (0,) * scanned)
            if not isinstance(axes, tuple) or len(axes) != scanned:
                return None
            rows = [_row(fact, axis) for fact, axis in zip(given[states:], axes, strict=True)]
            return _Form(len(given), len(node.outputs), (*given[:states], *rows))


def _row(x: Fact | None, axis: object) -> Fact | None:
    """One entry of a scanned input along its axis."""
    if x is None or x.shape is None or not isinstance(axis, int) or not -len(x.shape) <= axis < len(x.shape):
        return None if x is None else Fact(x.dtype, declared=x.declared)
    at = axis % len(x.shape)
    return x._replace(shape=x.shape[:at] + x.shape[at + 1 :], elements=None)


def _counts(scope: Scope, outside: Scope, node: Node, form: _Form) -> Iterator[_Fault]:
    graph, label = scope.graph, outside.graph.label(scope.holder)
    name = scope.path.rpartition("/")[2]
    inputs = _parameters(graph)
    if len(inputs) > form.inputs:
        extra = inputs[form.inputs]
        found = Found(
            f"{name} of {label} has {counted(inputs, 'input')}, and {node.op_type} feeds {form.inputs}: "
            f"nothing feeds {extra.name!r}",
            Location(scope.path, tensor=extra.name, offset=_offset(extra.offset)),
            f"take {extra.name!r} out of the inputs, or feed it to {label}",
            expected=form.inputs,
            actual=len(inputs),
        )
        kind = (name, node.op_type, "more inputs", form.inputs, len(inputs))
        yield _Fault(found, kind, scope.path, tensor=extra.name)
    elif len(inputs) < form.inputs:
        yield _wrong(outside, scope, node, f"has {counted(inputs, 'input')}, and is fed {form.inputs}", form.inputs)
    if len(graph.outputs) != form.outputs:
        given = f"gives {counted(graph.outputs, 'output')}"
        yield _wrong(outside, scope, node, f"{given}, and {node.op_type} needs {form.outputs}", form.outputs)


def _wrong(outside: Scope, scope: Scope, node: Node, what: str, expected: int) -> _Fault:
    label, name = outside.graph.label(scope.holder), scope.path.rpartition("/")[2]
    found = Found(
        f"{name} of {label} {what}",
        Location(outside.path, label, node.op_type, attribute=name.partition("[")[0], offset=_offset(node.offset)),
        f"give {name} the inputs and outputs that {node.op_type} has",
        expected=expected,
    )
    return _Fault(found, (name, node.op_type, what), outside.path, scope.holder)


def _parameters(graph: Graph) -> list[Value]:
    """The inputs that the node feeds: up to IR 3 initializers stand behind them."""
    return [value for value in graph.inputs if value.name not in graph.initializer_names]


def _types(scope: Scope, node: Node, form: _Form) -> Iterator[_Fault]:
    for place, (value, fact) in enumerate(zip(_parameters(scope.graph), form.fed, strict=False)):
        kind = value.type
        if fact is None or fact.declared or not isinstance(kind, TensorType):
            continue
        if kind.dtype and fact.dtype and kind.dtype != fact.dtype:
            yield _parameter(scope, value, name_of(kind.dtype), name_of(fact.dtype), None)
        elif kind.shape is not None and fact.shape is not None and (place > 1 or node.op_type == "Scan"):
            differ = len(kind.shape) != len(fact.shape) or any(
                isinstance(a, int) and a >= 0 and b is not None and same(a, b) is False
                for a, b in zip(kind.shape, fact.shape, strict=True)
            )
            if differ:
                said = "[" + ", ".join("?" if s is None else str(s) for s in kind.shape) + "]"
                loops = node.op_type == "Loop" or place < len(node.inputs) - _scanned(node)
                yield _parameter(scope, value, said, show(fact.shape), Severity.WARNING if loops else None)


def _scanned(node: Node) -> int:
    count = node.attributes.get("num_scan_inputs")
    return count if isinstance(count, int) else 0


def _parameter(scope: Scope, value: Value, said: str, is_: str, severity: Severity | None) -> _Fault:
    found = Found(
        f"the input {value.name!r} of the body is declared as {said}, and {is_} arrives",
        Location(scope.path, tensor=value.name, offset=_offset(value.offset)),
        f"declare {value.name!r} as {is_}, or feed what was declared",
        expected=said,
        actual=is_,
        severity=severity,
    )
    return _Fault(found, (said, is_, severity), scope.path, tensor=value.name)


def _offset(offset: int) -> int | None:
    return offset if offset >= 0 else None
