"""Activations that stand at their ends for all of the real inputs: nothing passes through.

## What it does
With `--deep`, or `--deep-part activations`, looks at Relu, Sigmoid, HardSigmoid and Tanh on given inputs (`--inputs`,
golden vectors): a layer of which every unit stood at an end of its activation for each of them, a Relu at zero. How
many single units do so is a line of the report; on invented inputs all of it is.

## Why it matters
What comes behind such a layer is the same whatever goes in. A normalization that was forgotten in front of the model
does it, or a picture of 0 to 255 where 0 to 1 was meant; golden vectors that were made in the same way do not tell.

## Fires on
```mutator
unscaled_pictures
```

## Quiet on
```mutator
scaled_pictures
```

## How to fix
Compare the preprocessing with that of the training. If it is right, the layer died in training.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.activations import Activations


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def stuck_activations(model: Model, activations: Activations) -> Iterator[Found]:
    from ..evidence.deep.activations import REAL

    graph = model.graph
    for one in activations.reached:
        at = graph.producers.get(one.tensor)
        if at is None or one.group != REAL or one.units < 2 or one.stuck < one.units or one.nonfinite:
            continue
        node, label = graph.nodes[at], graph.label(at)
        where = "zero" if node.op_type == "Relu" else "at its ends"
        yield Found(
            f"{label}: all of {counted(one.units, 'unit')} of {one.tensor!r} are {where} throughout on "
            f"{activations.words[REAL]}",
            Location("", label, node.op_type, one.tensor, offset=node.offset),
            "compare the preprocessing with that of the training",
            expected="units that move",
            actual=0,
        )
