"""Outputs that the ONNX project's own evaluator computes otherwise.

## What it does
With `--deep`, or `--deep-part reference` (extra `reference`), computes the model a second time with
`onnx.reference.ReferenceEvaluator`, node by node in NumPy, and compares the outputs with those of the run, by the
tolerances that hold between two levels of optimisation. Where one parts it names the first tensor that does, and the
node that makes it. The evaluator is slow: without being named the part is left out beyond 20 million
multiply-accumulates.

A note: one of the two computes something else than the specification says, and only a look at it tells which.

## Why it matters
A runtime that takes an attribute otherwise than the framework meant it gives numbers that nobody misses. The evaluator
is the only implementation that is written along the specification's text; it has had faults of its own.

## Fires on
```onnx
# The evaluator of onnx 1.23 leaves out what clip asks for.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[3, 1, 2] x) => (float[3, 1, 1, 2] y)
<float[1, 6, 2] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3}, float[1, 6, 2] r = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3}> {
  y = GRU<hidden_size = 2, clip = 0.2>(x, w, r)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] y) { s = Softmax(x) y = Log(s) }
```

## How to fix
Compare the named node with the operator's page, for both; write the place so that both agree, or report the fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..model.graph import Model
from ..report import Basis, Found, Severity
from ..wording import listed
from . import rule
from .diverging_tensors import location_in

if TYPE_CHECKING:
    from ..evidence.deep.reference import Reference


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def unlike_reference(model: Model, reference: Reference) -> Iterator[Found]:
    if not reference.outputs:
        return
    from ..evidence.deep.divergence import figures_of, maker_of

    output, *others = reference.outputs
    also = f"; so do {listed(one.tensor for one in others)}" if others else ""
    first = reference.first or output
    yield Found(
        f"held against onnx's reference evaluator, the output {output.tensor!r} parts: {figures_of(output)}{also}; "
        f"the first tensor that does is {first.tensor!r} of {maker_of(first)}: {figures_of(first)} "
        f"({reference.part.stamp.runtime})",
        location_in(model, first.tensor),
        "compare the named node with its operator's page: one of the two does not do what it says",
        expected=(first.difference and first.difference.expected) or None,
        actual=(first.difference and first.difference.actual) or None,
        places=tensors_at(("", one.tensor) for one in reference.outputs),
    )
