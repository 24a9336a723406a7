"""Declarations of tensors that there are not, or that are declared twice.

## What it does
Finds entries of `value_info` for names that nothing in the graph defines, and names that stand there more than once
with different types or shapes.

## Why it matters
value_info is "Used to store the type and shape information of values that are not inputs or outputs"
(https://onnx.ai/onnx/repo-docs/IR.html#graphs). An entry for nothing is what is left of a tensor that was renamed or
cut away: where something still takes it by its old name, or another file goes by it, that is where to look. Of two
entries, which one counts hangs on the reader. onnxruntime 1.32 passes over both: a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] gone> { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] a, float[N] a> {
  a = Relu(x)
  y = Abs(a)
}
```

## Quiet on
```onnx
# Of an input, of an output, of an initializer, and twice the same.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}, float[2] a, float[2] a, float[2] x, float[2] y> {
  a = Relu(x)
  y = Add(a, w)
}
```

## How to fix
Delete the entries: value_info is optional.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import tensors_at
from ..model.graph import Graph, Model, Value
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def idle_declarations(model: Model) -> Iterator[Found]:
    for path, graph in model.graphs:
        if not graph.value_info:
            continue
        producers, stored = graph.producers, graph.initializer_names
        inputs = {value.name for value in graph.inputs}
        of_bodies = {f"{f.domain}::{f.name}/" for f in model.functions.values()}  # where IR 9 keeps those of functions
        idle = [
            v
            for v in graph.value_info
            if v.name not in producers
            and v.name not in stored
            and v.name not in inputs
            and not v.name.startswith(tuple(of_bodies))
        ]
        if idle:
            yield _found(path, idle, "declared, and nothing makes", "it" if len(idle) == 1 else "them")
        twice = _declared_differently(graph)
        if twice:
            yield _found(path, twice, "declared twice, and differently", "")


def _declared_differently(graph: Graph) -> list[Value]:
    first: dict[str, Value] = {}
    twice = {v.name: v for v in graph.value_info if first.setdefault(v.name, v).type != v.type}
    return list(twice.values())


def _found(path: str, values: list[Value], what: str, them: str) -> Found:
    verb = "is" if len(values) == 1 else "are"
    return Found(
        f"{counted(values, 'tensor')} {verb} {what}{' ' + them if them else ''}: {listed(v.name for v in values)}",
        Location(path, tensor=values[0].name, offset=values[0].offset),
        "delete the declarations",
        expected=0,
        actual=len(values),
        places=tensors_at((path, v.name) for v in values),
    )
