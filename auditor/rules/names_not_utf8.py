"""A name or text in the file that is not UTF-8.

## What it does
Finds strings of the file whose bytes are not UTF-8: names of tensors, nodes, graphs, domains, and texts.

## Why it matters
Protobuf: "A string must always contain UTF-8 encoded or 7-bit ASCII text"
(https://protobuf.dev/programming-guides/proto2/#scalar). onnx.proto declares names as `string`. onnxruntime 1.32
loads such a model; in Python, onnx hands the name out as bytes instead of str, and tools that expect text fail in odd
places.

## Fires on
```mutator
name_not_utf8
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Rename what the message names: letters, digits and underscores are safe everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.file_troubles import NotUtf8
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule


@rule(Severity.WARNING, Basis.ILLEGAL)
def names_not_utf8(model: Model) -> Iterator[Found]:
    found: dict[tuple[str, str], list[NotUtf8]] = {}
    for trouble in model.troubles:
        if isinstance(trouble, NotUtf8):
            found.setdefault((trouble.message, trouble.field), []).append(trouble)
    for (message, field), troubles in found.items():
        yield Found(
            f"{counted(troubles, 'string')} in {message}.{field} {'is' if len(troubles) == 1 else 'are'} not UTF-8, "
            f"the first at byte {troubles[0].offset:,}",
            Location(offset=troubles[0].offset),
            "rename it with a tool that writes UTF-8",
            expected="UTF-8",
            actual="other bytes",
        )
