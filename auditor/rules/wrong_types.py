"""Inputs of an element type that their operator does not take.

## What it does
Follows element types through the graph and compares each input of each node with the types that ONNX allows for it at
the model's opset. The data, the weight and the bias of a convolution or a dense layer must be of one type. Nothing that
rests on a declared type counts.

## Why it matters
Shapes may be right and the model is refused all the same: a Reshape target stored as int32, where "shape" is
tensor(int64) (https://onnx.ai/onnx/operators/onnx__Reshape.html), or float16 weights under float32 data after a
conversion that missed a Cast. onnxruntime does not load such a model.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 6] x) => (float[A, B] y) <int32[2] s = {3, 4}> { y = Reshape(x, s) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x, float16[2, 1, 3, 3] w) => (float[1, 2, 2, 2] y) { y = Conv(x, w) }
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

## How to fix
Store the tensor in the type that the operator takes, or put a Cast in front of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..model.dtypes import name_of
from ..model.graph import Model, Node
from ..model.schemas import Schema, schema
from ..model.scopes import opsets_of
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from ..shapes.troubles import At
from ..wording import others
from . import nodes_at, rule

_OF_ONE_TYPE = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})

_Types = tuple[int | None, ...]


@rule(Severity.ERROR, Basis.ILLEGAL)
def wrong_types(model: Model, facts: Facts) -> Iterator[Found]:
    found: dict[tuple[str, str], list[At]] = {}
    for path, visited in facts.graphs.items():
        opsets = opsets_of(model, visited.nodes)
        known: dict[tuple[str, str, _Types], str] = {}
        get = visited.facts.__getitem__
        for index in visited.entries:
            node = visited.nodes[index]
            types = tuple(_type(get, name) for name in node.inputs)
            key = (node.domain, node.op_type, types)
            if key not in known:
                spec = schema(node.domain, node.op_type, opsets[node.domain]) if node.domain in opsets else None
                known[key] = "" if spec is None else _why(spec, node, types)
            if known[key]:
                found.setdefault((node.op_type, known[key]), []).append(At(path, index))
    for (op_type, why), places in found.items():
        at, node, label = places[0], facts.node(places[0]), facts.label(places[0])
        yield Found(
            f"{label}{others(places)}: {why}",
            Location(at.graph, label, op_type, offset=node.offset),
            "store the tensor in the type that is wanted, or put a Cast in front of it",
            places=nodes_at(places),
        )


def _type(facts: Callable[[str], Fact | None], name: str) -> int | None:
    try:
        fact = facts(name) if name else None
    except KeyError:  # a dangling input
        return None
    return None if fact is None or fact.declared else fact.dtype


def _why(spec: Schema, node: Node, types: _Types) -> str:
    """What is wrong with the types of a node's inputs; nothing, where all is well or not known."""
    for i, dtype in enumerate(types):
        last = len(spec.inputs) - 1
        parameter = spec.inputs[min(i, last)] if i <= last or (spec.inputs and spec.inputs[-1].variadic) else None
        if dtype is not None and parameter is not None and dtype not in parameter.dtypes:
            allowed = [name_of(d) for d in sorted(parameter.dtypes) if d]
            takes = f", takes {' or '.join(allowed)}" if 0 < len(allowed) < 5 else ""
            return f"the input {parameter.name} of {node.op_type} ({node.inputs[i]!r}) is {name_of(dtype)}{takes}"
    if node.op_type in _OF_ONE_TYPE and len(set(types) - {None}) > 1:
        told = ", ".join(f"{n!r} {name_of(t)}" for n, t in zip(node.inputs, types, strict=True) if t is not None)
        return f"the inputs of {node.op_type} must be of one type: {told}"
    return ""
