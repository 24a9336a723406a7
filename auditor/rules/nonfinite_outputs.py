"""Outputs that hold NaN or infinity when the model is run.

## What it does
Counts what is not finite in the outputs of the run. An error where no output holds one finite number; else a warning,
for some models give -inf on purpose. One degree less each where the inputs are invented, for they may mean nothing to
the model.

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
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Observed, Run
from ..wording import listed
from . import rule, tensors_at

if TYPE_CHECKING:
    from ..evidence.trial import Trial


@rule(Severity.WARNING, Basis.SUSPICIOUS, symptom=Symptom.NOT_FINITE)
def nonfinite_outputs(trial: Trial) -> Iterator[Found]:
    match trial.result:
        case Run(outputs=outputs):
            looked_at = [o for o in outputs if o.nonfinite is not None and _elements(o)]
            bad = [o for o in looked_at if o.nonfinite]
            if bad:
                first, elements = bad[0], _elements(bad[0])
                everything = all(o.nonfinite == _elements(o) for o in looked_at)
                others = f"; so do {listed(o.name for o in bad[1:])}" if len(bad) > 1 else ""
                fed = " on invented inputs (floats in [0, 1))" if trial.invented else ""
                share = f"{first.nonfinite:,} of {elements:,} elements"
                yield Found(
                    f"the output {first.name!r} holds NaN or infinity in {share}{fed}{others}",
                    Location(tensor=first.name),
                    "run again with intermediate tensors as outputs to see where it begins",
                    expected=0,
                    actual=first.nonfinite,
                    severity=_severity(everything, trial.invented),
                    places=tensors_at(("", o.name) for o in bad),
                )


def _severity(everything: bool, invented: bool) -> Severity:
    if everything:
        return Severity.WARNING if invented else Severity.ERROR
    return Severity.NOTE if invented else Severity.WARNING


def _elements(seen: Observed) -> int:
    count = 1
    for size in seen.shape:
        count *= size
    return count
