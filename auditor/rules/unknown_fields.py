"""Bytes in fields that ONNX does not have.

## What it does
Counts the fields, and all their bytes, that onnx.proto does not define, by the message that they stand in.

## Why it matters
Every reader skips them in silence, so they can carry anything: parts of a newer ONNX that this reader would lose,
leftovers of a tool, or a hidden payload. A few bytes are a note, a kilobyte and more a warning.

## Fires on
```mutator
unknown_field
hidden_payload
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Find out which tool wrote them. Loading and saving the model with a current onnx keeps them; to drop them, clear the
messages' unknown fields and save.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import UnknownFields
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted, in_bytes
from . import rule

_TRIFLE = 1024


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def unknown_fields(model: Model) -> Iterator[Found]:
    for trouble in model.troubles:
        if isinstance(trouble, UnknownFields):
            shown = ", ".join(map(str, trouble.numbers[:8])) + (", ..." if len(trouble.numbers) > 8 else "")
            many = counted(trouble.numbers, "field number")
            yield Found(
                f"{in_bytes(trouble.hidden)} stand in fields that {trouble.message} does not have ({many}: {shown}); "
                "every reader skips them",
                Location(offset=trouble.offset),
                "find out which tool wrote them, or save the model without unknown fields",
                actual=trouble.hidden,
                expected=0,
                severity=None if trouble.hidden >= _TRIFLE else Severity.NOTE,
            )
