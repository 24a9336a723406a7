"""A Cast to a type that cannot hold what comes, and back.

## What it does
Follows each Cast that leaves a floating-point type: where the next node casts back to a floating-point type of more
bits, the tensor was only rounded (to float16, bfloat16, float8) or cut to whole numbers (to an integer, to bool): said
at the first Cast. Casts of stored numbers are worked out: negative ones to an unsigned type, fractions to an integer,
numbers beyond the type.

## Why it matters
"Casting from floating point to [...] fixed point: undefined if out of range", "-1 to uint8 gives 255"
(https://onnx.ai/onnx/operators/onnx__Cast.html has the tables). Every runtime runs it, and nothing is gained between
the two: an optimiser's leftover, or a type that was meant for another tensor. A cut to whole numbers may be a floor
that somebody wrote so: a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  h = Cast<to = 10>(x)
  y = Cast<to = 1>(h)
}
```
```onnx
# Whole numbers: a note.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  h = Cast<to = 2>(x)
  y = Cast<to = 1>(h)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (uint8[2] x) => (uint8[2] y) <int32[2] low = {-1, 3}> {
  c = Cast<to = 2>(low)
  y = Add(x, c)
}
```

## Quiet on
```onnx
# float16 in between computes something; float64 loses nothing; an index is what it is.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[2] at) => (float[N, 4] y, float[N, 4] z, float[2, 4] v) <int32[2] shift = {1, 3}> {
  h = Cast<to = 10>(x)
  r = Relu(h)
  y = Cast<to = 1>(r)
  d = Cast<to = 11>(x)
  z = Cast<to = 1>(d)
  i = Cast<to = 7>(at)
  s = Cast<to = 7>(shift)
  j = Add(i, s)
  v = Gather(x, j)
}
```

## How to fix
Take both Casts away, or cast to the type that was meant (Floor rounds without one).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import BITS, FLOATS, name_of
from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from . import rule

_UNSIGNED = {2: 8, 4: 16, 12: 32, 13: 64}
_SIGNED = {3: 8, 5: 16, 6: 32, 7: 64}


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def lossy_casts(model: Model, facts: Facts) -> Iterator[Found]:
    for scope in scopes(model):
        if scope.function is not None:
            continue
        for index, node in scope.graph.nodes_of({"Cast"}):
            if node.domain or not node.inputs or not node.outputs:
                continue
            to = node.attributes.get("to")
            fact = facts.at(node.inputs[0], scope.path)
            if not isinstance(to, int) or fact is None or fact.dtype is None or fact.declared:
                continue
            lost = _stored_beyond(facts, scope, node, to) or _there_and_back(scope, node, fact.dtype, to, facts)
            if lost:
                label = scope.graph.label(index)
                rounds = to in FLOATS or facts.fixed(node.inputs[0], scope.path)
                yield Found(
                    f"{label} casts {node.inputs[0]!r} from {name_of(fact.dtype)} to {name_of(to)}: {lost}",
                    Location(scope.path, label, "Cast", node.inputs[0], "to", node.offset),
                    "take the Cast away, or cast to the type that was meant",
                    severity=None if rounds else Severity.NOTE,
                )


def _there_and_back(scope: Scope, node: Node, dtype: int, to: int, facts: Facts) -> str:
    """Whether all that is made of the tensor is a Cast back, with more bits than it has."""
    if dtype not in FLOATS or dtype == to or (to in FLOATS and BITS[to] >= BITS[dtype]) or to not in BITS:
        return ""
    graph = scope.graph
    if any(v.name == node.outputs[0] for v in graph.outputs) or facts.fixed(node.inputs[0], scope.path):
        return ""
    users = [graph.nodes[i] for i in graph.consumers.get(node.outputs[0], ())]
    back = [u.attributes.get("to") for u in users if u.op_type == "Cast" and not u.domain]
    if not users or len(back) < len(users):
        return ""
    wide = [t for t in back if isinstance(t, int) and t in FLOATS and (to not in FLOATS or BITS[t] > BITS[to])]
    if len(wide) < len(back):
        return ""
    return "it is cast back at once, " + ("rounded" if to in FLOATS else "cut to what that type holds")


def _stored_beyond(facts: Facts, scope: Scope, node: Node, to: int) -> str:
    """What is lost of stored numbers."""
    bits = _UNSIGNED.get(to) or _SIGNED.get(to)
    fact = facts.at(node.inputs[0], scope.path)
    if bits is None or fact is None or not fact.elements or not facts.fixed(node.inputs[0], scope.path):
        return ""
    low, high = (0, 1 << bits) if to in _UNSIGNED else (-(1 << bits - 1), 1 << bits - 1)
    for element in fact.elements:
        if isinstance(element, bool) or not isinstance(element, int | float):
            continue
        if not low <= element < high:
            return f"{element:g} is stored in it, which that type does not hold"
        if element != int(element):
            return f"{element:g} is stored in it, and becomes {int(element)}"
    return ""
