"""Operators fed with numbers outside of their domain: the logarithm of what Relu gave, a division by zero.

## What it does
Follows where the argument of Log, Sqrt, Reciprocal, Div and Pow comes from, by the graph alone. It speaks where the
argument certainly reaches zero or less: Relu, and Clip with a lower bound of zero or less, give exact zeros; Tanh and
sines give negative numbers; a negated Relu, Abs, Exp or Sigmoid is never positive; a stored number is what it is. An
epsilon that is added, or a Clip or Max with a positive bound, ends the search in silence.

Where ranges of the inputs are given (`--range x=-50:50`), intervals of all tensors say where Log, Sqrt, Div,
Reciprocal, Pow, Mod, ReduceLogSum, Acosh, Asin, Acos and Atanh may leave their domain, and an input is looked for, in
the sandbox, that shows it: the finding's `witness`. It is an error where an output becomes NaN, a warning where one
becomes infinite, else a note. What no input was found for is a note, "not excluded"; what the intervals exclude is not
mentioned. Without ranges this is done for what every finite input proves. What begins in a function, a branch or a
loop is looked for in what the node gives that runs it.

## Why it matters
Log(0) is -inf and Log(-1) is NaN, and one of them makes NaN of everything behind it, for some inputs only: tests pass
and production fails. Where a stored integer divides by zero, onnxruntime 1.32 refuses to load the model: an error.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) {
  r = Relu(x)
  y = Log(r)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float zero = {0.0}> { y = Div(x, zero) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) {
  t = Tanh(x)
  y = Sqrt(t)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float low = {0.0}> {
  c = Clip(x, low)
  d = Identity(c)
  y = Div(x, d)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float half = {0.5}> {
  s = Exp(x)
  n = Neg(s)
  y = Pow(n, half)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float base = {-2.0}> {
  l = Sqrt(base)
  y = Add(x, l)
}
```

```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (float[2, 4] y) <int64[1] last = {-1}> {
  q = Mul(x, x)
  s = ReduceSum(q, last)
  n = Sqrt(s)
  y = Div(x, n)
}
```
```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17, "my" : 1]>
agraph (float[2, 4] x) => (float[2, 4] y) { y = my.Norm(x) }
<domain: "my", opset_import: ["" : 17]>
Norm (a) => (b) {
  last = Constant<value_ints = [-1]>()
  q = Mul(a, a)
  s = ReduceSum(q, last)
  n = Sqrt(s)
  b = Div(a, n)
}
```
```onnx
# For every input.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (float[2, 4] y) <float one = {1.0}> {
  e = Sigmoid(x)
  s = Sub(e, one)
  t = Sub(s, one)
  y = Sqrt(t)
}
```

## Quiet on
```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4] x) => (float[2, 4] y, float[2, 4] z) <int64[1] last = {-1}, float epsilon = {0.000001}> {
  q = Mul(x, x)
  s = ReduceSum(q, last)
  n = Sqrt(s)
  m = Max(n, epsilon)
  y = Div(x, m)
  d = Sub(x, x)
  e = Exp(d)
  z = Log(e)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] a, float[N, 2] b, float[N, 2] c, float[N, 2] d, float[N, 2] e, float[N, 2] f)
<float epsilon = {0.000001}, float half = {0.5}, float two = {2.0}> {
  p = Softmax(x)
  a = Log(p)
  r = Relu(x)
  s = Add(r, epsilon)
  b = Log(s)
  t = Clip(x, epsilon)
  c = Log(t)
  u = Max(r, epsilon)
  d = Div(x, u)
  e = Sqrt(r)
  v = Pow(r, half)
  f = Pow(v, two)
}
```
```onnx
# --range x=-50:50
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[3, 4] x) => (float[3, 4] y) <int64 times = {5}, bool go = {1}> {
  y = Loop(times, go, x) <body = again (int64 i, bool c, float[3, 4] s) => (bool d, float[3, 4] t) {
    d = Identity(c)
    a = Abs(s)
    r = Tanh(a)
    t = Sqrt(r)
  }>
}
```
```onnx
# What comes of the zeros is not chosen.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3] x) => (float[N, 3] y) <float zero = {0.0}> {
  r = Relu(x)
  positive = Greater(r, zero)
  l = Log(r)
  y = Where(positive, l, zero)
}
```

## How to fix
Where nothing is negative, add a small constant, or clip to one, in front of the operator: Log(x + 1e-6), Clip(x, 1e-6).
Negative numbers want the Clip; a divisor of both signs wants a Where that chooses another one near zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.doubted import found_doubts, place_of
from ..findings.kind import Symptom
from ..findings.places import nodes_at
from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..tuples import NamedTuple
from ..wording import counted, listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.ranging import Ranges
    from ..ranges.doubts import Doubt

_ADDED = "add a small constant in front of it, or clip to one"
_APART = "keep it away from zero in front of it, where it may be of either sign: choose another number by Where"
_FIXES = {
    "Sqrt": "clip it to zero or more in front of it (Relu, Max)",
    "Log": "clip it to a small constant in front of it (Max, Clip)",
    "Pow": "clip it to a small constant in front of it (Max, Clip), or take its magnitude",
    "ReduceLogSum": "clip it to a small constant in front of it (Max, Clip)",
    "Acos": "clip it to [-1, 1] in front of it",
    "Asin": "clip it to [-1, 1] in front of it",
    "Atanh": "clip it to numbers between -1 and 1 in front of it",
    "Acosh": "clip it to 1 or more in front of it",
    "Div": _APART,
    "Reciprocal": _APART,
    "Mod": _APART,
}
"""What helps where the argument may be negative: what is added leaves it there, or makes another number zero."""

_NOT_BY_ADDING = frozenset({"Acos", "Asin", "Atanh", "Acosh"})
_HANDS_ON = frozenset(
    {
        "Identity",
        "Dropout",
        "Reshape",
        "Transpose",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Expand",
        "Slice",
        "MaxPool",
        "GlobalMaxPool",
    }
)
_NEVER_NEGATIVE = frozenset({"Abs", "Relu", "Exp", "Sigmoid", "Softmax", "Softplus", "Sqrt"})
_UP_TO_ONE = frozenset({"Sigmoid", "Softmax"})
_MAY_BE_SQUARES = frozenset({"Pow", "ReduceSumSquare", "ReduceL1", "ReduceL2"})
_BOTH_SIGNS = frozenset({"Tanh", "Sin", "Cos", "Softsign", "Erf"})
_FLOATS = frozenset({1, 10, 11, 16})
_ROUNDS = 16


class _Least(NamedTuple):
    """What certainly occurs at the lower end of a tensor: ``zero`` itself, or numbers ``below`` it; and why."""

    zero: bool
    below: bool
    why: str
    stored: bool = False


class _Fault(NamedTuple):
    scope: Scope
    at: int  # the node's index there
    why: str
    gives: str
    signed: bool  # it takes negative numbers
    stored: bool  # what it takes


@rule(Severity.WARNING, Basis.SUSPICIOUS, explains=(Symptom.NOT_FINITE,))
def domain_faults(model: Model, facts: Facts, ranges: Ranges) -> Iterator[Found]:
    doubts = _of_domains(ranges)
    shown = {place_of(ranges, doubt) for doubt in doubts if ranges.witness(doubt) is not None}
    doubted = {place_of(ranges, doubt) for doubt in doubts}
    found: dict[tuple[str, str], list[_Fault]] = {}
    known: set[tuple[str, int]] = set()
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of(_CHECKS):
            if not node.domain and not _chosen_from(scope, node):
                fault = _fault(facts, scope, index, node)
                place = (scope.path, index)
                if fault is None or place in shown or (fault.gives != _REFUSED and ranges.excludes(node)):
                    continue
                if not scope.path and ranges.given and fault.gives != _REFUSED:
                    if place not in doubted:  # the ranges exclude it
                        continue
                    if not ranges.sought.why:  # it was looked for, and not found
                        continue
                found.setdefault((node.op_type, fault.why), []).append(fault)
                known.add(place)
    for faults in found.values():
        scope, at, why, gives, signed, stored = faults[0]
        node, label = scope.graph.nodes[at], scope.graph.label(at)
        others = [f.scope.graph.label(f.at) for f in faults[1:]]
        also = f"; so do {counted(others, 'other node')}: {listed(others)}" if others else ""
        refused = gives == _REFUSED
        yield Found(
            f"{label} takes {why}, and so gives {gives}{also}",
            Location(scope.path, label, node.op_type, offset=node.offset),
            "store another number there" if stored else _fix(node.op_type, signed=signed),
            severity=Severity.ERROR if refused else None,
            basis=Basis.REFUSED if refused else None,
            places=nodes_at((f.scope.path, f.at) for f in faults),
        )
    yield from found_doubts(ranges, doubts, lambda one: _fix(one.op_type, signed=one.signed), known)


def _of_domains(ranges: Ranges) -> list[Doubt]:
    if not ranges.doubts:
        return []
    from ..ranges.doubts import DoubtKind

    return [doubt for doubt in ranges.doubts if doubt.kind is DoubtKind.DOMAIN]


_CHECKS = frozenset({"Log", "Sqrt", "Reciprocal", "Div", "Pow"})
_REFUSED = "nothing: integers cannot be divided by zero, and onnxruntime 1.32 refuses the model"


def _fault(facts: Facts, scope: Scope, index: int, node: Node) -> _Fault | None:
    position = 1 if node.op_type == "Div" else 0
    if position >= len(node.inputs):
        return None
    least = _least(facts, scope, node.inputs[position])
    if least is None:
        return None
    gives = ""
    match node.op_type:
        case "Log":
            gives = "NaN" if least.below else "-inf" if least.zero else ""
        case "Sqrt":
            gives = "NaN" if least.below else ""
        case "Reciprocal":
            gives = "an infinite number" if least.zero else ""
        case "Div":
            fact = facts.at(node.inputs[1], scope.path)
            floating = fact is not None and fact.dtype in _FLOATS
            gives = "" if not least.zero or fact is None else "an infinite number or NaN" if floating else _REFUSED
        case "Pow":
            exponents = _numbers(facts, scope, node.inputs[1]) if len(node.inputs) > 1 else ()
            if least.below and any(e != int(e) for e in exponents):
                gives = "NaN"
            elif least.zero and any(e < 0 for e in exponents):
                gives = "an infinite number"
    return _Fault(scope, index, least.why, gives, least.below, least.stored) if gives else None


def _fix(operator: str, *, signed: bool) -> str:
    return _FIXES.get(operator, _ADDED) if signed or operator in _NOT_BY_ADDING else _ADDED


def _chosen_from(scope: Scope, node: Node) -> bool:
    """Whether only a Where takes the result: it may leave the NaN out."""
    graph = scope.graph
    users = [graph.nodes[i] for i in graph.consumers.get(node.outputs[0], ())] if node.outputs else []
    returned = any(v.name in node.outputs for v in graph.outputs)
    return bool(users) and not returned and all(u.op_type == "Where" for u in users)


def _least(facts: Facts, scope: Scope, name: str) -> _Least | None:
    """What is certain of the lower end of a tensor; None where nothing is."""
    for _ in range(_ROUNDS):
        numbers = _numbers(facts, scope, name)
        if numbers:
            low = min(numbers)
            return _Least(0 in numbers, low < 0, f"{low:g}, a stored number", stored=True) if low <= 0 else None
        index = scope.graph.producers.get(name)
        if index is None:
            return None
        node, label = scope.graph.nodes[index], scope.graph.label(index)
        if node.domain or not node.inputs:
            return None
        match node.op_type:
            case op if op in _HANDS_ON:
                name = node.inputs[0]
            case "Relu":
                return _Least(True, False, f"zeros from {label}")
            case "Clip":
                return _clipped(facts, scope, node, label)
            case op if op in _BOTH_SIGNS:
                behind = _behind(scope, node.inputs[0])
                if op == "Sin":  # of more than pi it is negative
                    positive = behind is not None and behind.op_type in _UP_TO_ONE
                else:
                    positive = behind is not None and _never_negative(behind)
                return None if positive else _Least(False, True, f"negative numbers from {label}")
            case "Neg":
                inner = scope.graph.producers.get(node.inputs[0])
                if inner is None or scope.graph.nodes[inner].op_type not in _NEVER_NEGATIVE:
                    return None
                return _Least(False, True, f"negative numbers from {label} behind {scope.graph.label(inner)}")
            case _:
                return None
    return None


def _never_negative(node: Node) -> bool:
    if node.op_type == "Mul":
        return len(set(node.inputs)) == 1
    return node.op_type in _NEVER_NEGATIVE or node.op_type in _MAY_BE_SQUARES


def _behind(scope: Scope, name: str) -> Node | None:
    """The node that makes a tensor's numbers; None where none of the graph does."""
    for _ in range(_ROUNDS):
        index = scope.graph.producers.get(name)
        node = None if index is None else scope.graph.nodes[index]
        if node is None or node.domain or not node.inputs:
            return None
        if node.op_type not in _HANDS_ON:
            return node
        name = node.inputs[0]
    return None


def _clipped(facts: Facts, scope: Scope, node: Node, label: str) -> _Least | None:
    if scope.opsets.get("", 1) >= 11:
        low = _numbers(facts, scope, node.inputs[1]) if len(node.inputs) > 1 and node.inputs[1] else ()
    else:
        bound = node.attributes.get("min")
        low = (float(bound),) if isinstance(bound, int | float) else ()
    if len(low) != 1 or low[0] > 0 or low[0] < -1e6:  # a bound that far away bounds nothing
        return None
    return _Least(low[0] == 0, low[0] < 0, f"numbers down to {low[0]:g} from {label}")


def _numbers(facts: Facts, scope: Scope, name: str) -> tuple[float, ...]:
    """The values of a small tensor that no caller can change; none where they are not all known."""
    if not name or not facts.fixed(name, scope.path):
        return ()
    fact = facts.at(name, scope.path)
    elements = fact.elements if fact is not None and not fact.declared else None
    numbers = tuple(float(e) for e in elements or () if isinstance(e, int | float))
    if len(numbers) < len(elements or ()):
        return ()
    return numbers if all(n == n and abs(n) != float("inf") for n in numbers) else ()
