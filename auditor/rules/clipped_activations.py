"""Quantised tensors of which a good part lies beyond the ends of their integers, on real inputs.

## What it does
With `--deep`, or `--deep-part activations`, counts at each QuantizeLinear whose scale and zero point are stored the
elements that lie more than half a step beyond what its integers stand for. Beyond 1 % is a warning where the inputs are
given (`--inputs`, golden vectors); on invented inputs it is a line of the report. A zero point at the low end stands
for a Relu: what is below it is meant to become zero.

## Why it matters
A calibration cuts off a few outliers on purpose, a tenth of a percent. Where it is percents, the ranges were taken on
other data, or before another preprocessing, and what is large comes out flat.

## Fires on
```mutator
clipping_calibration
```

## Quiet on
```mutator
wide_calibration
relu_in_zero_point
```

## How to fix
Calibrate again, on data that is prepared as it is at inference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.activations import Activations

_MOST = 0.01


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def clipped_activations(model: Model, activations: Activations) -> Iterator[Found]:
    from ..evidence.deep.activations import REAL

    graph = model.graph
    for one in activations.reached:
        out = activations.quantised.get(one.tensor, "")
        if one.group != REAL or not out or one.clipped <= _MOST * one.elements:
            continue
        at = graph.producers[out]
        label, share = graph.label(at), 100 * one.clipped / one.elements
        yield Found(
            f"{label}: {share:.2g} % of the elements of {one.tensor!r}, which go to [{one.low:.5g}, {one.high:.5g}], "
            f"are clipped on {activations.words[REAL]}",
            Location("", label, graph.nodes[at].op_type, out, offset=graph.nodes[at].offset),
            "calibrate again, on data that is prepared as it is at inference",
            expected="at most 1 %",
            actual=f"{share:.2g} %",
        )
