"""Models whose run takes more memory than it may have.

## What it does
Says that the run failed for want of memory, how much it was allowed, and at which node where onnxruntime names one.
The limit is 512 MiB, six times the model and twice the activations that its shapes predict, or what `--memory` says.
It is an error where the limit was asked for or the activations are known, else a warning. A run that would take more
than the machine has is not started: a warning, and an error where it is more than any process can address.

## Why it matters
A few bytes of model can ask for terabytes: ConstantOfShape, Expand, Tile, and loops whose outputs grow. On a shared
machine the system then kills another process.

## Fires on
```mutator
recorded_memory_fault
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N] x) => (float[N] y) { y = Relu(x) }
```

## How to fix
If the model is meant to be that large, allow it: `--memory 16G`. Else bind its input sizes (`--dim`, `--input-shape`)
and look at the named node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..costs.count import Costs
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import OutOfMemory, first_line
from ..settings import Settings
from ..wording import in_bytes
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial
from .runtime_refusal import location

_FIX = "allow it more (--memory), or bind the input sizes to smaller ones (--dim, --input-shape)"
_ANY_MACHINE = 1 << 47  # bytes that a process can address


@rule(Severity.ERROR, Basis.REFUSED)
def runtime_memory(model: Model, trial: Trial, costs: Costs, settings: Settings) -> Iterator[Found]:
    match trial.result:
        case OutOfMemory(stage="prediction", message=message):
            yield Found(
                f"the run was not started: {message}",
                Location(),
                _FIX,
                severity=None if settings.memory is not None or costs.needed_bytes > _ANY_MACHINE else Severity.WARNING,
            )
        case OutOfMemory(limit=limit, stage=stage, message=message, node=node, op_type=op_type):
            known = isinstance(costs.peak_activation_bytes, int)
            may = f"the {in_bytes(limit)} that it may have" if limit is not None else "the memory that there is"
            what = "loading the model" if stage == "load" else "the run"
            yield Found(
                f"{what} took more than {may}: {first_line(message)}",
                location(model, node, op_type),
                _FIX,
                expected=f"at most {in_bytes(limit)}" if limit is not None else None,
                severity=None if settings.memory is not None or (known and limit is not None) else Severity.WARNING,
            )
