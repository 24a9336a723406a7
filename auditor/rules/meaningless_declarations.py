"""What must be declared and is left empty.

## What it does
Finds models without an IR version, graphs without outputs, inputs and outputs of the main graph without a type or an
element type, and declared sizes below zero.

## Why it matters
onnx.proto says of the IR version "This field MUST be present", and IR.md that the main graph "MUST define the names,
types and shapes of its inputs and outputs" (https://onnx.ai/onnx/repo-docs/IR.html#graphs). onnx's checker refuses a
model without an IR version (and with 0), and a value without a type. onnxruntime 1.32 refuses a model without an IR
version, an input without a type ("does not have type information"), any element type 0 ("Invalid tensor data type 0"),
and a graph without outputs ("At least one output should be requested"): errors. It infers the type of an output that
has none: a warning. A size below zero it takes as unknown; -1 is a habit of sound models and not told, others are a
note.

## Fires on
```mutator
ir_version_zero
nothing_in_the_graph
input_without_a_type
output_without_a_type
input_of_no_element_type
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => () { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[-5, 2] x) => (float[A, 2] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Without a node, but with something that goes through; and -1 for a size that is open.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[-1, 2] x) => (float[-1, 2] x) { }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (seq(float[N]) x) => (seq(float[N]) y) { y = Identity(x) }
```

## How to fix
Export the model anew, or write what is missing: `ir_version` (the table in ONNX's Versioning.md says which one goes
with which opset), the type of the input, the outputs that were lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model, TensorType, Value
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def meaningless_declarations(model: Model) -> Iterator[Found]:
    graph = model.graph
    if model.ir_version <= 0:
        yield Found(
            f"the model's IR version is {model.ir_version}: "
            + ("there is none below 1" if model.ir_version else "it was never set"),
            fix="set ir_version to the one that goes with the model's opset",
            expected="at least 1",
            actual=model.ir_version,
        )
    if not graph.outputs:
        empty = "nodes, inputs and outputs" if not graph.nodes and not graph.inputs else "outputs"
        yield Found(
            f"the graph has no {empty}: there is nothing to run",
            Location(offset=graph.offset if graph.offset >= 0 else None),
            "export the model anew, or name the outputs that were lost",
            basis=Basis.REFUSED,
        )
    for what, values in (("input", graph.feeds), ("output", graph.outputs)):
        for value in values:
            yield from _untyped(what, value)
            yield from _negative(what, value)


def _untyped(what: str, value: Value) -> Iterator[Found]:
    bare = value.type is None
    if bare or (isinstance(value.type, TensorType) and not value.type.dtype):
        missing = "type" if bare else "element type"
        yield Found(
            f"the {what} {value.name!r} has no {missing}",
            Location(tensor=value.name, offset=value.offset),
            f"declare the {missing} and the shape of {value.name!r}",
            severity=Severity.WARNING if bare and what == "output" else None,
        )


def _negative(what: str, value: Value) -> Iterator[Found]:
    sizes = value.type.shape if isinstance(value.type, TensorType) else None
    below = [size for size in sizes or () if isinstance(size, int) and size < 0]
    if below:
        yield Found(
            f"the {what} {value.name!r} is declared with a size of {below[0]}; runtimes take it as unknown",
            Location(tensor=value.name, offset=value.offset),
            "give the size a name, or leave it out",
            severity=Severity.NOTE,
            basis=Basis.SUSPICIOUS,
        )
