"""One tensor that stands twice among the model's outputs.

## What it does
Finds names that the list of the graph's outputs holds more than once.

## Why it matters
Results are asked for and handed over by name: of two outputs of one name a client that keeps them in a table has one,
and one that counts them is off by one for all that follow. An export that returned one value twice, or an edit that
added an output again, looks like this. onnxruntime 1.32 runs the model and gives the tensor twice.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y, float[2] y) { y = Relu(x) }
```

## Quiet on
```onnx
# Two names for one value.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y, float[2] z) {
  y = Relu(x)
  z = Identity(y)
}
```

## How to fix
List the output once; where a client wants it twice, give the second one a name of its own, made by an Identity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..findings.kind import KnownBy
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def repeated_outputs(model: Model) -> Iterator[Found]:
    outputs = model.graph.outputs
    times = Counter(value.name for value in outputs)
    if len(times) == len(outputs):
        return
    for name, count in times.items():
        if count > 1:
            second = [value for value in outputs if value.name == name][1]
            yield Found(
                f"{name!r} stands {count} times among the outputs",
                Location(tensor=name, offset=second.offset),
                f"list {name!r} once, or hand it out a second time through an Identity",
                expected=1,
                actual=count,
            )
