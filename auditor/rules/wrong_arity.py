"""Too many or too few inputs or outputs.

## What it does
Compares the number of inputs and outputs of every node with its operator's, and finds required ones that are left out
as "".

## Why it matters
"The number of inputs and outputs in a node, their types, the set of attributes specified in a node and their types
MUST satisfy the constraints imposed by the signature of the node's operator."
(https://onnx.ai/onnx/repo-docs/IR.html#nodes). onnxruntime 1.32 refuses the model ("has input size 2 not in range
[min=1, max=1]").

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x, x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Add(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x, float[1, 1, 3, 3] w) => (float[1, 1, 2, 2] y) { y = Conv(, w, x) }
```
```onnx
# The axes are an attribute below opset 13.
<ir_version: 8, opset_import: ["" : 11]>
agraph (float[1, 2] x) => (float[2] y) <int64[1] axes = {0}> { y = Squeeze(x, axes) }
```

## Quiet on
```onnx
# Optional ones may be left out, and Concat takes as many as one likes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x, float high) => (float[6] y) {
  a = Clip(x, , high)
  y = Concat<axis = 0>(a, a, x)
}
```
```onnx
# An attribute that became an input: undeclared-attributes speaks of it, once.
<ir_version: 8, opset_import: ["" : 13]>
agraph (float[2] x) => (float[1, 2] y) { y = Unsqueeze<axes = [0]>(x) }
```

## How to fix
Give the node the inputs that its operator takes at the imported opset. Many operators turned attributes into inputs,
or the other way round, between two opsets: a node that was copied between models keeps the old form.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..findings.kind import Symptom
from ..findings.places import nodes_at
from ..model.conformance import ArityFlaw, LeftOut, WrongCount, arity_flaws, schema_of
from ..model.graph import Model, Node
from ..model.moved import Moved, given_as_attributes, given_as_inputs
from ..model.schemas import Schema
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..shapes.mending import opset_that_fits
from ..wording import counted, others
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL, explains=(Symptom.UNUSED,))
def wrong_arity(model: Model, facts: Facts) -> Iterator[Found]:
    fitting = cache(lambda: opset_that_fits(facts))
    for scope in scopes(model):
        found: dict[tuple[str, str, ArityFlaw], list[int]] = {}
        for node, alike in scope.graph.kinds:
            known = schema_of(model, node, scope.opsets)
            for flaw in () if known is None else arity_flaws(node, known):
                if known is not None and _of_attributes(flaw, node, known):
                    continue  # `undeclared-attributes` speaks of it
                found.setdefault((node.domain, node.op_type, flaw), []).extend(alike)
        for (_, _, flaw), places in found.items():
            places.sort()
            node, label = scope.graph.nodes[places[0]], scope.graph.label(places[0])
            message, expected, actual = _says(flaw)
            known = schema_of(model, node, scope.opsets)
            moved = given_as_inputs(node, known) if known is not None else []
            told = "".join(f"; {m.parameter} is an attribute below opset {m.since}" for m in moved)
            yield Found(
                f"{label}{others(places)}: {node.op_type} {message}{told}",
                Location(scope.path, label, node.op_type, offset=node.offset),
                _attributes(moved)
                if moved
                else f"give {label} the {flaw.what}s that {node.op_type} has at opset {scope.opsets[node.domain]}",
                expected=expected,
                actual=actual,
                places=nodes_at((scope.path, i) for i in places),
                repairs=fitting() if not scope.path and not node.domain else (),
            )


def _of_attributes(flaw: ArityFlaw, node: Node, known: Schema) -> bool:
    """Whether inputs are missing because they stand there as attributes."""
    missing = isinstance(flaw, LeftOut) or flaw.actual < flaw.least
    return missing and flaw.what == "input" and bool(given_as_attributes(node.attributes, known))


def _attributes(moved: list[Moved]) -> str:
    names = " and ".join(m.attribute for m in moved)
    return f"write {names} as an attribute instead of an input, or import opset {moved[0].since} or later"


def _says(flaw: ArityFlaw) -> tuple[str, str, int | str]:
    match flaw:
        case WrongCount(what, actual, least, most):
            right = f"{least} or more" if most is None else str(least) if most == least else f"{least} to {most}"
            verb = "takes" if what == "input" else "gives"
            noun = f"{right} {what}{'' if right == '1' else 's'}"
            return f"{verb} {noun}, has {counted(actual, what)}", right, actual
        case LeftOut(what, name, place):
            return f"needs its {what} {name} (number {place + 1}), which is left out", name, "left out"
