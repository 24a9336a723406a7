"""Models that kill the process that runs them.

## What it does
Says by which signal onnxruntime died of the model, when, and on which inputs. It ran in a process of its own, so
nothing else is lost.

## Why it matters
A server that loads this model, or feeds it such inputs, dies with all its requests. There is no exception to catch.
Files of a hundred bytes do this to onnxruntime 1.32: the least integer divided by -1, a Max with an empty input, a
Split that disagrees with itself.

## Fires on
```onnx
# The least integer divided by -1.
<ir_version: 8, opset_import: ["" : 17]>
agraph (int64[1] x) => (int64[1] y) <int64[1] least = {-9223372036854775808}, int64[1] minus = {-1}> {
  d = Div(least, minus)
  y = Add(x, d)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (int64[1] x) => (int64[1] y) <int64[1] two = {2}> { y = Div(x, two) }
```

## How to fix
Do not serve it in a process that matters. Look at what other findings say of the model; divisors want a guard (Where,
Max), optional inputs that are left out want to be at the end. Report it to onnxruntime with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..report import Basis, Found, Severity
from ..runtime.outcome import Crashed, Run
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial

_MEANS = {
    "SIGSEGV": "it touched memory that is not its own",
    "SIGBUS": "it touched memory that is not there",
    "SIGFPE": "an integer was divided by zero, or the least one by -1",
    "SIGABRT": "it gave up",
    "SIGILL": "it met an instruction that this processor lacks",
    "SIGSYS": "it asked the system for what a model has no business with",
    "flood": "it wrote without end",
    "no answer": "its answer cannot be read",
}


@rule(Severity.ERROR, Basis.REFUSED)
def runtime_crash(trial: Trial) -> Iterator[Found]:
    match trial.result:
        case Crashed(signal=signal, stage=stage, message=message, feeds=feeds):
            when = {"load": "while the model was loaded", "run": "while the model ran"}.get(stage, f"during {stage}")
            on = f" on {listed(f'{feed.name}: {list(feed.shape)}' for feed in feeds)}" if feeds else ""
            means = f", {_MEANS[signal]}" if signal in _MEANS else ""
            less = "; without optimisation it runs" if isinstance(trial.plain, Run) else ""
            last = next((line.strip() for line in reversed(message.splitlines()) if line.strip()), "")
            yield Found(
                f"onnxruntime died {when}{on}: {signal}{means}" + less + (f"; its last words: {last}" if last else ""),
                fix="do not serve this model; see what other findings say of it, and report it to onnxruntime",
                expected="an answer or an error",
                actual=signal,
            )
