"""Outputs that hold NaN or infinity when the model is run.

## What it does
Counts what is not finite in the outputs of the run. An error where no output holds one finite number; else a warning,
for some models give -inf on purpose. One degree less each where the inputs are invented, for they may mean nothing to
the model: then other values, sizes and another batch are tried as well, and a warning takes all of them.

## Why it matters
NaN in an output is never an answer, and whoever compares it gets false. It shows overflows, logarithms of zero and
NaN weights, wherever they come from.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[3] x) => (float[3] y) {
  n = Neg(x)
  y = Log(n)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[3] x) => (float[3] y, int64[3] i) {
  y = Exp(x)
  i = Cast<to = 7>(y)
}
```

## How to fix
Find where it begins: make the suspicious intermediate tensors outputs of the graph and run again. Findings on weights
and domains name the usual causes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import Symptom
from ..findings.places import tensors_at
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Observed, Run
from ..runtime.request import Feed, fed
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial


@rule(Severity.WARNING, Basis.SUSPICIOUS, symptom=Symptom.NOT_FINITE)
def nonfinite_outputs(trial: Trial) -> Iterator[Found]:
    match trial.result:
        case Run(outputs=outputs, feeds=feeds):
            looked_at = [o for o in outputs if o.nonfinite is not None and _elements(o)]
            bad = [o for o in looked_at if o.nonfinite]
            if bad:
                first, elements = bad[0], _elements(bad[0])
                everything = all(o.nonfinite == _elements(o) for o in looked_at)
                others = f"; so do {listed(o.name for o in bad[1:])}" if len(bad) > 1 else ""
                tries = [True, *(one.nonfinite for one in trial.again)]
                told = f" on invented inputs ({_fed(feeds, tries)})" if trial.invented else ""
                share = f"{first.nonfinite:,} of {elements:,} elements"
                yield Found(
                    f"the output {first.name!r} holds NaN or infinity in {share}{told}{others}",
                    Location(tensor=first.name),
                    "run again with intermediate tensors as outputs to see where it begins",
                    expected=0,
                    actual=first.nonfinite,
                    severity=_severity(everything and all(tries), trial.invented),
                    places=tensors_at(("", o.name) for o in bad),
                )


def _fed(feeds: tuple[Feed, ...], tries: list[bool]) -> str:
    """``floats in [0, 1), integers 0 or 1; in 2 of 3 tries``."""
    sizes = ", ".join(f"{feed.name} {list(feed.shape)}" for feed in feeds[:3])
    several = f"; in {sum(tries)} of {len(tries)} tries" if len(tries) > 1 else ""
    return ": ".join(filter(None, (sizes, fed(feeds)))) + several


def _severity(everything: bool, invented: bool) -> Severity:
    if everything:
        return Severity.WARNING if invented else Severity.ERROR
    return Severity.NOTE if invented else Severity.WARNING


def _elements(seen: Observed) -> int:
    count = 1
    for size in seen.shape:
        count *= size
    return count
