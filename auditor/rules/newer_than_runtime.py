"""An IR version or opset that the installed runtime does not take.

## What it does
Compares the model's IR version and its imports of ONNX's and onnxruntime's domains with what the installed
onnxruntime takes; where none is installed, with the newest that this rule knows.

## Why it matters
onnxruntime refuses the whole model, even where the import that is too new is used by nothing. Measured by creating
sessions:

| onnxruntime | IR version | ai.onnx |
|---|---|---|
| 1.19, 1.20 | 10 | 21 |
| 1.21, 1.22 | 10 | 22 |
| 1.23 | 11 | 23 |
| 1.24 | 13 | 25 |
| 1.25 to 1.31 | 13 | 26 |
| 1.32 | 14 | 28 |

All of them take ai.onnx.ml up to 5, and 1 of com.microsoft, ai.onnx.training and ai.onnx.preview.training. Of other
versions of onnxruntime the rule says nothing.

## Fires on
```onnx
<ir_version: 99, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 99]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```onnx
# A domain of one's own has versions of one's own.
<ir_version: 8, opset_import: ["" : 17, "my.domain" : 99]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Export with an older opset, convert with `onnx.version_converter`, lower `ir_version` where nothing of the newer one
is used, or install a newer runtime.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import cache

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule

_TAKES: dict[tuple[int, int], tuple[int, int]] = {
    (1, 19): (10, 21),
    (1, 20): (10, 21),
    (1, 21): (10, 22),
    (1, 22): (10, 22),
    (1, 23): (11, 23),
    (1, 24): (13, 25),
    **{(1, minor): (13, 26) for minor in range(25, 32)},
    (1, 32): (14, 28),
}
"""By onnxruntime's minor version: the newest IR version and ai.onnx opset with which a session can be created."""

_OTHER_DOMAINS = {"ai.onnx.ml": 5, "com.microsoft": 1, "ai.onnx.training": 1, "ai.onnx.preview.training": 1}


_INSTALLED = r"onnxruntime(?:_gpu)?-(\d+)\.(\d+)\..*\.dist-info"


@rule(Severity.ERROR, Basis.REFUSED)
def newer_than_runtime(model: Model) -> Iterator[Found]:
    if not _exceeded(model, *min(_TAKES.values())):
        return  # even the oldest takes it: no need to ask which one is here
    installed = _installed()
    version = installed or max(_TAKES)
    if version not in _TAKES:
        return
    shown = f"onnxruntime {version[0]}.{version[1]}"
    if not installed:
        shown += ", the newest that auditor knows,"
    for what, actual, most in _exceeded(model, *_TAKES[version]):
        yield Found(
            f"the model has {what} {actual}; {shown} takes at most {most}",
            Location(),
            f"export the model with {what} {most} or less, or install a newer runtime",
            expected=f"at most {most}",
            actual=actual,
        )


def _exceeded(model: Model, ir_version: int, opset: int) -> list[tuple[str, int, int]]:
    """What is newer than that: its name, its version, and the most that is taken."""
    limits = {"": opset, **_OTHER_DOMAINS}
    found = [("IR version", model.ir_version, ir_version)] if model.ir_version > ir_version else []
    for domain, version in model.opsets.items():
        most = limits.get(domain)
        if most is not None and version > most:
            found.append((f"{domain or 'ai.onnx'} opset", version, most))
    return found


@cache
def _installed() -> tuple[int, int] | None:
    """The minor version of the runtime in this environment, read off its folder: importlib.metadata costs 30 ms."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # pathlib costs more than the look
        except OSError:
            continue
        for name in names:
            found = re.fullmatch(_INSTALLED, name)
            if found:
                return int(found[1]), int(found[2])
    return None
