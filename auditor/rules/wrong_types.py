"""Inputs of an element type that their operator does not take.

## What it does
Follows element types through the graph and holds every node to its operator's schema at the model's opset: the types
that each input may have, the inputs that must be of one type (for each of the schema's type variables), and the types
that an attribute such as `to`, `dtype` or `output_dtype` may ask for. Of onnxruntime's own operators, which
of their inputs must be alike. Nothing that rests on a declared type counts.

## Why it matters
Shapes may be right and the model is refused all the same: a Reshape target stored as int32, where "shape" is
tensor(int64) (https://onnx.ai/onnx/operators/onnx__Reshape.html), or a float32 constant under float16 data that a
conversion left behind. "The number of inputs and outputs in a node, their types, ... MUST satisfy the constraints
imposed by the signature of the node's operator" (https://onnx.ai/onnx/repo-docs/IR.html#nodes). onnxruntime 1.32 does
not load such a model ("Type parameter (T) of Optype (Add) bound to different types").

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 6] x) => (float[A, B] y) <int32[2] s = {3, 4}> { y = Reshape(x, s) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x, float16[2, 1, 3, 3] w) => (float[1, 2, 2, 2] y) { y = Conv(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 4] x) => (float16[N, 4] y) <float epsilon = {0.001}> { y = Add(x, epsilon) }
```
```onnx
# One type variable, Tind, for starts, ends, axes and steps.
<ir_version: 8, opset_import: ["" : 13]>
agraph (float[N, 8] x) => (float[N, 4] y)
<int32[1] s = {2}, int64[1] e = {6}, int64[1] a = {1}> { y = Slice(x, s, e, a) }
```
```onnx
<ir_version: 9, opset_import: ["" : 18]>
agraph (float[1, 4] x) => (float[1, 4] y) <double[4] scale = {1.0, 1.0, 1.0, 1.0}> { y = LayerNormalization(x, scale) }
```
```onnx
# output_dtype asks for uint8, the zero point is int8.
<ir_version: 10, opset_import: ["" : 21]>
agraph (float[N] x) => (uint8[N] y) <float s = {0.5}, int8 z = {0}> { y = QuantizeLinear<output_dtype = 2>(x, s, z) }
```
```onnx
# bfloat16 (16) came to Cast with opset 13.
<ir_version: 8, opset_import: ["" : 12]>
agraph (float[N] x) => (bfloat16[N] y) { y = Cast<to = 16>(x) }
```

```onnx
# An operator of onnxruntime's own, by its schema there.
<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
agraph (float[N, 4] x) => (float[N, 4] y) <double[4] b = {1.0, 1.0, 1.0, 1.0}> { y = com.microsoft.BiasGelu(x, b) }
```

## Quiet on
```onnx
# Types may differ where ONNX lets them, and an input may be left out.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 6] x, float16[2, 6] h, float16 six) => (float[3, 4] y, float16[2, 6] z, float[2, 6] c)
<int64[2] s = {3, 4}> {
  y = Reshape(x, s)
  z = Clip(h, "", six)
  c = Cast<to = 1>(h)
}
```

```onnx
<ir_version: 10, opset_import: ["" : 21]>
agraph (float16[N, 4] x, bool[N, 4] c, int64[1] i) => (float16[N, 4] y, int8[N, 4] q, float16[1, 4] g, float[N, 4] f)
<float16 epsilon = {5145}, float16 s = {5145}, int8 z = {0}> {
  a = Add(x, epsilon)
  y = Where(c, a, x)
  q = QuantizeLinear<output_dtype = 3>(x, s, z)
  g = Gather(x, i)
  f = Cast<to = 1>(x)
}
```

## How to fix
Store the tensor in the type that the operator takes, or put a Cast in front of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.dtypes import name_of
from ..model.graph import Node
from ..model.schemas import domains
from ..report import Basis, Found, Location, Severity
from ..shapes.element_types import NotAlike, NotAsked, NotGiven, NotTaken, TypeFlaw, mistyped
from ..shapes.facts import Facts
from ..shapes.troubles import At
from ..wording import others
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def wrong_types(facts: Facts) -> Iterator[Found]:
    found: dict[tuple[str, str, str], list[At]] = {}
    flaws = mistyped(facts)
    for at, flaw in flaws.items():
        message, fix = _says(facts, at, facts.node(at), flaw)
        found.setdefault((facts.node(at).op_type, message, fix), []).append(at)
    for (_, message, fix), places in found.items():
        at, node, label = places[0], facts.node(places[0]), facts.label(places[0])
        ours = node.domain in domains()  # what onnxruntime asks of its own operators, no page of ONNX's says
        yield Found(
            f"{label}{others(places)}: {message}",
            _place(at, label, node, flaws[at]),
            fix,
            basis=None if ours else Basis.REFUSED,
            places=nodes_at(places),
        )


def _place(at: At, label: str, node: Node, flaw: TypeFlaw) -> Location:
    """The node, with the attribute or the one input that is wrong."""
    tensor = node.inputs[flaw.place] if isinstance(flaw, NotTaken) else ""
    attribute = flaw.attribute if isinstance(flaw, NotGiven | NotAsked) else ""
    return Location(at.graph, label, node.op_type, tensor, attribute, node.offset)


def _says(facts: Facts, at: At, node: Node, flaw: TypeFlaw) -> tuple[str, str]:
    """Message and fix."""
    match flaw:
        case NotTaken(place, parameter, dtype, allowed):
            tensor = node.inputs[place]
            message = (
                f"the input {parameter} of {node.op_type} ({tensor!r}) is {name_of(dtype)}{_among(allowed, 'takes')}"
            )
            return message, _mend(facts, at, (tensor,), name_of(allowed[0]) if len(allowed) == 1 else "a type of these")
        case NotAlike(places, variable, dtypes):
            named = list(zip((node.inputs[p] for p in places), dtypes, strict=True))
            told = ", ".join(f"{tensor!r} {name_of(dtype)}" for tensor, dtype in named)
            right = _meant(facts, at, named)
            wrong = tuple(dict.fromkeys(tensor for tensor, dtype in named if dtype != right))
            message = f"the inputs of {node.op_type} must be of one type ({variable} in its schema): {told}"
            return message, _mend(facts, at, wrong, name_of(right))
        case NotGiven(attribute, dtype, allowed):
            message = f"{attribute} asks for {name_of(dtype)}{_among(allowed, f'{node.op_type} gives')} at this opset"
            return message, f"ask for a type that {node.op_type} gives, or import an opset that has this one"
        case NotAsked(attribute, dtype, place, other):
            tensor = node.inputs[place]
            message = f"{attribute} asks for {name_of(dtype)}, and {tensor!r}, of the same type, is {name_of(other)}"
            return message, f"write {attribute} = {other} ({name_of(other)}), or leave it out"


def _among(allowed: tuple[int, ...], verb: str) -> str:
    return (
        f", {verb} {' or '.join(map(name_of, allowed))}"
        if 0 < len(allowed) < 5
        else f", which it does not {_bare(verb)}"
    )


def _bare(verb: str) -> str:
    return verb.rpartition(" ")[2].removesuffix("s")


def _meant(facts: Facts, at: At, named: list[tuple[str, int]]) -> int:
    """The type that the others should have: of what flows in rather than of what is stored, then of the most."""
    flowing = [dtype for tensor, dtype in named if not facts.fixed(tensor, at.graph)]
    return Counter(flowing or [dtype for _, dtype in named]).most_common(1)[0][0]


def _mend(facts: Facts, at: At, tensors: tuple[str, ...], dtype: str) -> str:
    told = " and ".join(map(repr, tensors[:3]))
    if all(facts.fixed(tensor, at.graph) for tensor in tensors):
        return f"store {told} as {dtype}, or put a Cast behind it"
    return f"put a Cast to {dtype} between {told} and this node"
