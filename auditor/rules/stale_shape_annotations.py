"""A declared shape or type that is not the one that comes out.

## What it does
Compares what the file declares of its outputs and its inner tensors (value_info) with what follows from the inputs:
number of axes, sizes that are different for every value of the named sizes, element type. Names of sizes are never
compared, and where propagation itself rests on a declaration, nothing is.

## Why it matters
Whoever reads the declaration (a serving system's configuration, a buffer's allocation, another compiler) is misled.
onnxruntime 1.32 warns about a wrong shape and runs the model, and refuses one whose declared element type is wrong;
onnx's strict shape inference refuses both. A wrong size or type is an error here, a wrong number of axes a warning:
sound, deployed models carry such outputs. "Each main (top-level) graph MUST define the names, types and shapes of its
inputs and outputs" (https://onnx.ai/onnx/repo-docs/IR.html#graphs).

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3] x) => (float[N, 4] y) { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x) => (float[2, 3] y) <float[2, 3, 1] a> {
  a = Relu(x)
  y = Abs(a)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x) => (int64[2, 3] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Another name, or a number that the named size may be, contradicts nothing.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3] x) => (float[batch, 3] y, float[1, 3] z) <float[unk__1, 3] a> {
  a = Relu(x)
  y = Abs(a)
  z = Neg(a)
}
```

## How to fix
Delete the declaration (value_info is optional), or let it be made anew: clear it, then
`onnx.shape_inference.infer_shapes(model)`; for an output write the shape that the message names.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import name_of
from ..model.graph import Graph, Model, TensorType, Value
from ..report import Basis, Found, Location, Severity
from ..shapes.declared import declared
from ..shapes.fact import Fact, show
from ..shapes.facts import Facts
from ..shapes.sizes.dim import same
from ..wording import counted
from . import rule, tensors_at


@rule(Severity.WARNING, Basis.ILLEGAL)
def stale_shape_annotations(model: Model, facts: Facts) -> Iterator[Found]:
    if _overruled(model, facts):
        return  # the caller asked for sizes that the file does not declare: of course the rest does not fit either
    for path, graph in model.graphs:
        if path not in facts.graphs:
            continue
        for value in graph.outputs:
            fault = _fault(facts, value, path)
            if fault:
                yield _one(facts, graph, path, value, fault, "output")
        stale = [(v, f) for v in graph.value_info if (f := _fault(facts, v, path))]
        if stale:
            stale.sort(key=lambda s: graph.producers.get(s[0].name, -1))
            stale.sort(key=lambda s: s[1][2] is not Severity.ERROR)
            (value, fault), others = stale[0], len(stale) - 1
            found = _one(facts, graph, path, value, fault, "tensor", others)
            yield found._replace(places=tensors_at((path, v.name) for v, _ in stale))


def _one(
    facts: Facts,
    graph: Graph,
    path: str,
    value: Value,
    fault: tuple[str, str, Severity | None],
    what: str,
    others: int = 0,
) -> Found:
    said, is_, severity = fault
    index = graph.producers.get(value.name)
    maker = "" if index is None else graph.label(index)
    by = f"; {maker} gives" if maker else "; it is"
    more = f" (and {counted(others, 'other tensor')} whose declaration is wrong)" if others else ""
    return Found(
        f"the {what} {value.name!r} is declared as {said}{by} {is_}{more}",
        Location(path, maker, "" if index is None else graph.nodes[index].op_type, value.name, offset=value.offset),
        f"declare {value.name!r} as {is_}" if what == "output" else "delete the declaration, or infer it anew",
        expected=is_,
        actual=said,
        derivation=facts.derivation(value.name, path),
        severity=severity,
    )


def _fault(facts: Facts, value: Value, path: str) -> tuple[str, str, Severity | None] | None:
    """What is declared, what comes out, and how bad that is; None where the two may agree."""
    fact = facts.graphs[path].facts.get(value.name)  # of this graph alone: a name from outside is declared there
    if fact is None or fact.declared or not isinstance(value.type, TensorType) or value.type.sparse:
        return None
    if value.type.dtype and fact.dtype and value.type.dtype != fact.dtype:
        return name_of(value.type.dtype), name_of(fact.dtype), Severity.ERROR
    said = value.type.shape
    if said is None or fact.shape is None:
        return None
    if len(said) != len(fact.shape) or any(
        isinstance(a, int) and a >= 0 and b is not None and same(a, b) is False
        for a, b in zip(said, fact.shape, strict=True)
    ):
        # A wrong number misleads whoever reads it. A wrong rank of an output stands in sound models (2 of 22 measured).
        severity = Severity.ERROR if len(said) == len(fact.shape) else None
        return "[" + ", ".join("?" if s is None else str(s) for s in said) + "]", show(fact.shape), severity
    return None


def _overruled(model: Model, facts: Facts) -> bool:
    """Whether the sizes of some input were given against the file's declaration."""
    return any(_differs(declared(v), facts.inputs.get(v.name)) for v in model.graph.feeds)


def _differs(said: Fact, given: Fact | None) -> bool:
    if said.shape is None or given is None or given.shape is None:
        return False
    return any(
        a is not None and b is not None and same(a, b) is False for a, b in zip(said.shape, given.shape, strict=False)
    )
