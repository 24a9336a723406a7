"""Outputs that are not those of what the run is held against, and the first tensor where the two part.

## What it does
Asked for by `--deep` or `--deep-part divergence`. Runs the model twice on the same inputs: with onnxruntime's graph
optimisation and without, on another provider and on the CPU (`--provider`), and against what `--against` names: another
version of the model, run beside it without optimisation, or an `.npz` of a framework's tensors by name (with the inputs
beside them). Floats are held against the tolerance of optimisation-changes-outputs, four times of it between providers.

Of what parts it names the first tensor, found by cutting both models behind one tensor after the other, with the error,
SQNR, the worst channel and the cosine. Where two models are the same to the last bit up to a node, that node is named,
be its own error within the tolerance. A difference is looked at again; chance, what a run does not give twice, and
jumps that make much of a rounding (ArgMax, a comparison) are said and are no finding. What optimisation-changes-outputs
has found is not said twice.

## Why it matters
That outputs differ says that something is wrong, and the first tensor says where: a weight that was not loaded, an
attribute that an exporter dropped, a normalisation that was fused (microsoft/onnxruntime#4293).

## Fires on
```mutator
other_epsilon   # an earlier version normalises with another epsilon
```

## Quiet on
```mutator
folded_scale    # an earlier version multiplies by 2 behind the product, and this one has it in the weights
```
```onnx
# Held against itself without optimisation it is rounded otherwise, and no more.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] y) <float one = {1.0}, float three = {3.0}> {
  q = Div(one, three)
  h = Mul(x, q)
  y = Softmax<axis = 1>(h)
}
```

## How to fix
Compare the node's weights and attributes on both sides: all that goes into it is the same. Where the other side is
wrong, or the two are meant to differ, hold it against something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.divergence import Divergence, Diverging

_FIXES = {
    "optimisation": "load it at the level that is right (--optimisation), or write the named place otherwise",
    "provider": "keep the named node on the CPU, or ask the provider for full precision (TF32 off)",
    "version": "compare the weights and attributes of the named node in both models",
    "arrays": "compare the weights and attributes of the named node with the framework's module",
}


@rule(Severity.WARNING, Basis.REFUSED)
def diverging_tensors(model: Model, divergence: Divergence) -> Iterator[Found]:
    from ..evidence.deep.divergence import figures_of
    from ..runtime.deep.divergence import SIBLING

    for one in divergence.apart:
        if one.seen.kind == SIBLING:
            continue
        output = one.outputs[0]
        others = one.outputs[1:]
        also = f"; so do {listed(o.tensor for o in others)}" if others else ""
        first = one.seen.first or output
        yield Found(
            f"held against {_what(one)}, the output {output.tensor!r} parts: {figures_of(output)}{also}{_where(one)}"
            f" ({one.stamp.runtime}, {one.stamp.provider})",
            location_in(model, first.tensor),
            _FIXES[one.seen.kind],
            expected=(first.difference and first.difference.expected) or None,
            actual=(first.difference and first.difference.actual) or None,
            severity=Severity.ERROR if one.seen.kind in ("optimisation", "provider") else None,
            basis=Basis.SUSPICIOUS if one.seen.kind == "version" else None,
            places=tensors_at(("", o.tensor) for o in one.outputs),
        )


def _what(one: Diverging) -> str:
    match one.seen.kind:
        case "optimisation":
            return "its own run without optimisation"
        case "provider":
            return "its own run on the CPU"
        case "version":
            return f"{one.seen.label}, both without optimisation"
    return one.seen.label


def _where(one: Diverging) -> str:
    from ..evidence.deep.divergence import figures_of, maker_of

    first, beyond = one.seen.first, one.seen.beyond
    if first is None:
        return f"; {one.seen.why}" if one.seen.why else ""
    said = f"; the first tensor that does is {first.tensor!r} of {maker_of(first)}: {figures_of(first)}"
    if beyond is not None:
        said = (
            f"; the two part at {first.tensor!r} of {maker_of(first)} ({figures_of(first)}), and are beyond the "
            f"tolerance at {beyond.tensor!r} of {maker_of(beyond)}"
        )
    if one.seen.before and all(before.closeness.same for before in one.seen.before):
        said += ", though all that goes in is the same to the last bit"
    return said


def location_in(model: Model, tensor: str) -> Location:
    """The node of the main graph that makes a tensor."""
    index = model.graph.producers.get(tensor)
    if index is None:
        return Location(tensor=tensor)
    node = model.graph.nodes[index]
    return Location("", model.graph.label(index), node.op_type, tensor, offset=node.offset)
