"""Outputs that onnxruntime's graph optimisation changes by more than rounding.

## What it does
Runs the model twice on the same inputs, at the level that deployments use (onnxruntime's default, or `--optimisation`)
and without optimisation, and compares the outputs: floats within rtol 1e-3 and 2e-4 of the largest element (16-bit
types: two of their steps and 4e-3; never less than 1e-6, or 1e-4), what was quantised within a step of its scale,
integers exactly. Of what differs it names the first tensor, found by cutting the model, and the optimiser, found by
leaving some out. A warning where the difference is at most four times of what is allowed.

Outputs behind random operators, those that are not the same in two runs of one level, and those of operators that make
much of a rounding (ArgMax, TopK, a comparison) prove nothing: they are said, and are no finding.

## Why it matters
The model was validated in its framework, and production runs something else. onnxruntime 1.32 takes (1 / a) * b for
b / a, of integers too. On processors with AVX2 and without VNNI its products of uint8 and int8 saturate at 16 bits:
32.39 where 63.96 is right.

## Fires on
```onnx
# 1 / 2 of integers is 0, so y is 0: DivMulFusion makes i / 2 of it.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (int32[N, 8] y) <float hundred = {100.0}, int32 one = {1}, int32 two = {2}> {
  h = Mul(x, hundred)
  i = Cast<to = 6>(h)
  q = Div(one, two)
  y = Mul(i, q)
}
```

## Quiet on
```onnx
# The same of floats is a rounding.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] y) <float hundred = {100.0}, float one = {1.0}, float three = {3.0}> {
  h = Mul(x, hundred)
  q = Div(one, three)
  y = Mul(h, q)
}
```
```onnx
# Ties fall this way or that: what ArgMax makes of a rounding is no fault of the optimiser.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (int64[N, 1] y) { s = Softmax(x) y = ArgMax<axis = 1>(s) }
```

## How to fix
Load the model with `disabled_optimizers=[...]`, or at the level that is right (`--optimisation` finds it), until the
runtime is mended; or write the named place otherwise. Quantised weights: uint8 for both sides, or 7 bits
(`reduce_range`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Parting, Run
from ..wording import listed
from . import rule
from .runtime_refusal import location

if TYPE_CHECKING:
    from ..evidence.trial import Trial

_QUANTISING = ("QDQ", "MatMulInteger", "DynamicQuantize", "Avx2")


@rule(Severity.ERROR, Basis.REFUSED)
def optimisation_changes_outputs(model: Model, trial: Trial) -> Iterator[Found]:
    match trial.result:
        case Run(optimisation=level, agreement=agreement) if agreement is not None and agreement.partings:
            first = agreement.partings[0]
            others = agreement.partings[1:]
            also = f"; so do {listed(p.output for p in others)}" if others else ""
            yield Found(
                f"{_differs(first, level)}{also}{_where(first)}",
                _location(model, first),
                _fix(first),
                expected=first.difference.expected or None,
                actual=first.difference.actual or None,
                severity=Severity.WARNING if first.mild else None,
                places=tensors_at(("", p.output) for p in agreement.partings),
            )


def _differs(first: Parting, level: str) -> str:
    found = first.difference
    at = f" at {list(found.place)}" if found.place else ""
    largest = f", at most {found.largest:.3g} apart" if found.largest is not None else ""
    return (
        f"the output {first.output!r} differs with optimisation ({level}) from without{at}: "
        f"{found.actual} instead of {found.expected} ({found.why}{largest})"
    )


def _where(first: Parting) -> str:
    said = ""
    if first.tensor:
        said = f"; the first tensor that does is {first.tensor!r}"
        said += f", made by {first.node or first.op_type}" if first.op_type else ""
        said += f" ({first.op_type})" if first.node else ""
    if first.optimisers:
        said += f"; it does not without {listed(first.optimisers)}"
    return said + (f"; {first.why}" if first.why else "")


def _location(model: Model, first: Parting) -> Location:
    for index, node in enumerate(model.graph.nodes):
        if first.tensor and first.tensor in node.outputs:
            return Location("", model.graph.label(index), node.op_type, first.tensor, offset=node.offset)
    return location(model, first.node or None, first.op_type or None)._replace(tensor=first.tensor or first.output)


def _fix(first: Parting) -> str:
    if not first.optimisers:
        return "load it at a lower level (--optimisation tells which is right), or write the place otherwise"
    without = f"load it with disabled_optimizers={list(first.optimisers)}, or write the named place otherwise"
    if any(name.startswith(_QUANTISING) for name in first.optimisers):
        from ..evidence.processor import features

        vnni = any("vnni" in flag or flag == "i8mm" for flag in features())
        here = "" if vnni else ", for this processor has no VNNI and 8-bit sums saturate"
        return f"quantise both sides as uint8, or the weights to 7 bits (reduce_range){here}; or {without}"
    return without
