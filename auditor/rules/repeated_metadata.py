"""One key that stands twice in the model's metadata.

## What it does
Finds keys that `metadata_props` of the model holds more than once.

## Why it matters
"Named metadata values; keys should be distinct" (https://onnx.ai/onnx/repo-docs/IR.html#models). onnx's checker refuses
the model ("Your model has duplicate keys in metadata_props"), onnxruntime 1.32 runs it, and of two values readers take
the first or the last: class names, sizes and licences are kept there.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17], metadata_props: ["names" : "cat", "names" : "dog"]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17], metadata_props: ["names" : "cat", "task" : "cat"]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Keep one of the entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import listed
from . import rule


@rule(Severity.WARNING, Basis.ILLEGAL)
def repeated_metadata(model: Model) -> Iterator[Found]:
    times = Counter(key for key, _ in model.metadata)
    twice = [key for key, count in times.items() if count > 1]
    if twice:
        yield Found(
            f"the metadata has more than one value for {listed(twice)}; which one counts, hangs on the reader",
            Location(),
            "keep one entry of each key",
            expected="distinct keys",
            actual=f"{times[twice[0]]} times {twice[0]!r}",
        )
