"""A file that cannot be read as an ONNX model.

## What it does
Says why the file could not be read, as what it is: empty, an HTML page, a Git LFS pointer, an archive, another format
under the name .onnx, bytes that look random, cut off (where, and how many bytes are missing), or bytes that no
ModelProto has, with the byte where reading ended. Where it ended is said only of what begins as a model: nearly any
bytes can be read as some fields.

## Why it matters
Nothing can load it, and nothing else can be said of it. What an ONNX file is, onnx.proto says: it and its kin "form
the normative specification of its syntax" (https://onnx.ai/onnx/repo-docs/IR.html). onnxruntime 1.32 refuses such a
file ("Protobuf parsing failed").

## Fires on
```mutator
empty_file
html_page
git_lfs_pointer
random_bytes
truncated_model
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
Fetch or export the file again. A Git LFS pointer becomes the file by `git lfs pull`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..report import Basis, Found, Severity
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def unreadable_model(model: Model) -> Iterator[Found]:
    # What cannot be read gives no Model to look at: the pipeline makes this finding from `errors.Unreadable`.
    yield from ()
