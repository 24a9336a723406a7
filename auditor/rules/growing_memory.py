"""Models whose process takes more memory with every run.

## What it does
Runs the model 200 times in one session on the same inputs (`--deep-part growth`) and looks at the resident memory in
between. Where it grew all along, and not by a step or two, the runs are made again: only memory that grows in both
stretches, and about as fast, is reported. Less than some 400 bytes a run cannot be seen.

## Why it matters
A service runs a model for weeks: it dies of a kilobyte a run, at the hour of the most requests.

## Fires on
```mutator
recorded_growth
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 4] x) => (float[1, 4] y) { y = Relu(x) }
```

## How to fix
An operator of a custom library, or a kernel of this release, keeps what it should free. Run the model without the
library, and with the newest release; then report it there, with the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..report import Basis, Found, Severity
from ..wording import in_bytes
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.growth import Growth


@rule(Severity.WARNING, Basis.REFUSED)
def growing_memory(growth: Growth) -> Iterator[Found]:
    if growth.per_run:
        yield Found(
            f"memory grows by {in_bytes(round(growth.per_run))} with every run, steadily, over {growth.runs:,} runs",
            fix="look for what keeps memory: a library of custom operators, or a kernel of this release of onnxruntime",
            expected=0,
            actual=round(growth.per_run),
            magnitude=growth.per_run,
        )
