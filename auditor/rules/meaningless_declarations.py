"""What must be declared and is left empty.

## What it does
Finds models without an IR version, graphs without a name or without outputs, inputs and outputs of the main graph
without a name, a type, an element type that ONNX has, or a shape, and declared sizes below zero or, of inputs, of zero.

## Why it matters
onnx.proto says of the IR version "This field MUST be present", and IR.md that the main graph "MUST define the names,
types and shapes of its inputs and outputs [...] The main graph inputs and outputs are required to have a shape,
indicating the rank", and "Each graph MUST specify a name" (https://onnx.ai/onnx/repo-docs/IR.html#graphs). onnx's
checker refuses each of these. onnxruntime 1.32 refuses a model without an IR version, an input without a type ("does
not have type information"), an element type that there is not ("Invalid tensor data type 0"), and a graph without
outputs ("At least one output should be requested"): errors, as is an input or an output that nobody can name. It infers
the type of an output that has none, and does without shapes and the graph's name: warnings. A size below zero it takes
as unknown (-1 is a habit of sound models and not told), and an input of size zero may be meant: notes.

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
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[0, 2] x) => (float[0, 2] y) { y = Relu(x) }
```
```onnx
# No shape at all.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[] x) => (float[] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Without a node, but with something that goes through; -1 for a size that is open; and a scalar.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[-1, 2] x, float s) => (float[-1, 2] x, float s) { }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (seq(float[N]) x) => (seq(float[N]) y) { y = Identity(x) }
```

## How to fix
Export the model anew, or write what is missing: names, shapes (a size may be left open), the type of the input, the
outputs that were lost, `ir_version` (the table in ONNX's Versioning.md says which one goes with which opset).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import tensors_at
from ..model.dtypes import DType
from ..model.graph import Model, TensorType, Value
from ..report import Basis, Found, Location, Severity
from . import rule

_ELEMENT_TYPES = frozenset(DType) - {0}


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
    if not graph.name and (graph.nodes or graph.outputs):
        yield Found(
            "the graph has no name",
            Location(offset=graph.offset if graph.offset >= 0 else None),
            "give the graph a name",
            severity=Severity.WARNING,
        )
    for what, values in (("input", graph.feeds), ("output", graph.outputs)):
        for value in values:
            yield from _unsaid(what, value)
            yield from _odd_size(what, value)
    below = [v for v in graph.value_info if isinstance(v.type, TensorType) and _lowest(v.type.shape) < 0]
    if below:
        first = next(_odd_size("tensor", below[0]))
        yield first._replace(places=tensors_at(("", v.name) for v in below))


def _unsaid(what: str, value: Value) -> Iterator[Found]:
    """What must be declared and is not there, or is nothing that there is."""
    if not value.name:
        yield Found(
            f"an {what} has no name, so nobody can feed or fetch it",
            Location(offset=value.offset),
            f"name the {what}, or take it away",
        )
    bare = value.type is None
    dtype = value.type.dtype if isinstance(value.type, TensorType) else None
    fault = ""
    if bare or dtype == 0:
        fault = "has no type" if bare else "has no element type"
    elif dtype is not None and dtype not in _ELEMENT_TYPES:
        fault = f"has the element type {dtype}, which ONNX does not have"
    elif isinstance(value.type, TensorType) and value.type.shape is None:
        fault = "has no shape"
    if fault:
        yield Found(
            f"the {what} {value.name!r} {fault}",
            Location(tensor=value.name, offset=value.offset),
            f"declare the {'shape' if dtype in _ELEMENT_TYPES else 'type and the shape'} of {value.name!r}"
            + ("; a size may be left open" if dtype in _ELEMENT_TYPES else ""),
            severity=Severity.WARNING if (bare and what == "output") or dtype in _ELEMENT_TYPES else None,
        )


def _lowest(sizes: tuple[int | str | None, ...] | None) -> int:
    return min((size for size in sizes or () if isinstance(size, int)), default=1)


def _odd_size(what: str, value: Value) -> Iterator[Found]:
    """A size below zero, or, of what a caller feeds, of zero."""
    lowest = _lowest(value.type.shape if isinstance(value.type, TensorType) else None)
    if lowest < 0 or (lowest == 0 and what == "input"):
        told = "runtimes take it as unknown" if lowest < 0 else "only an empty tensor can be fed"
        yield Found(
            f"the {what} {value.name!r} is declared with a size of {lowest}; {told}",
            Location(tensor=value.name, offset=value.offset),
            "give the size a name, or leave it out",
            severity=Severity.NOTE,
            basis=Basis.SUSPICIOUS,
        )
