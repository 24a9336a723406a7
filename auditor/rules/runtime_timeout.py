"""Models whose run does not end in its time.

## What it does
Says that the run was ended after its time. The time is half a minute and what the model's operations take at 0.5
GFLOP/s, ten minutes at most, or what `--timeout` says. It is an error where the time was asked for or every size is
known, a warning where nobody can say how much there is to do.

## Why it matters
A model that does not end holds its worker for ever: a Loop whose condition never turns false, functions that unfold
without end, a constant expression that grows while the model is loaded.

## Fires on
```mutator
recorded_timeout
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N] x) => (float[N] y) { y = Relu(x) }
```

## How to fix
If the model is only slow, give it time: `--timeout 600`. Else look at its loops: the trip count and the condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..costs.count import Costs
from ..report import Basis, Found, Severity
from ..runtime.outcome import TimedOut
from ..settings import Settings
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial


@rule(Severity.ERROR, Basis.REFUSED)
def runtime_timeout(trial: Trial, costs: Costs, settings: Settings) -> Iterator[Found]:
    match trial.result:
        case TimedOut(seconds=seconds, stage=stage):
            what = "loading the model" if stage == "load" else "the run"
            fix = "give it more time (--timeout SECONDS), or look for a loop that does not end"
            known = isinstance(costs.peak_activation_bytes, int)  # every size is
            if costs.folded_macs and stage == "load":
                work = f"; folding constants is part of it, {costs.folded_macs:,} multiply-accumulates"
                fix = "store what hangs on constants alone worked out, or give it more time (--timeout SECONDS)"
            else:
                work = f"; its {costs.run_flops:,} operations should take less" if known and costs.run_flops else ""
            yield Found(
                f"{what} had not ended after {seconds:g} s{work}",
                fix=fix,
                expected=f"at most {seconds:g} s",
                actual="no end",
                severity=None if known or settings.timeout is not None else Severity.WARNING,
            )
