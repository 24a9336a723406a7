"""Stored tensors that nothing uses.

## What it does
Finds initializers, of the main graph and of subgraphs, that no node, no subgraph and no graph output takes, and sums
their bytes.

## Why it matters
They are downloaded, stored and read for nothing, and often they are what an export forgot to wire up: a bias, a head,
an embedding. Under 1 KiB, or under 1 MiB and a hundredth of what is stored, it is a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[3] w = {1.0, 2.0, 3.0}> { y = Relu(x) }
```

## Quiet on
```onnx
# Used by a subgraph alone, and handed out as an output.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x) => (float[2] y, float[2] v) <float[2] w = {1.0, 2.0}, float[2] v = {1.0, 2.0}> {
  y = If (c) <
    then_branch = one () => (float[2] z) { z = Add(x, w) },
    else_branch = two () => (float[2] u) { u = Neg(x) }
  >
}
```

## How to fix
Delete them (onnxsim, onnx-graphsurgeon's `cleanup`, onnx-ir's unused-removal pass all do), or wire up what was meant
to use them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import Symptom
from ..findings.places import tensors_at
from ..model.dtypes import bytes_of
from ..model.graph import Model
from ..model.scopes import scopes, taken
from ..model.tensor import Tensor
from ..report import Basis, Found, Location, Severity
from ..wording import counted, in_bytes
from . import rule

_TRIFLE = 1 << 10
_MUCH = 1 << 20


@rule(Severity.WARNING, Basis.SUSPICIOUS, symptom=Symptom.UNUSED)
def unused_initializers(model: Model) -> Iterator[Found]:
    unused: list[tuple[int, str, Tensor]] = []
    stored_in_all = 0
    for scope in scopes(model):
        graph = scope.graph
        if graph.initializer_names:
            used = taken(graph)
            for tensor in (*graph.initializers, *(s.values for s in graph.sparse_initializers)):
                size = _size(tensor)
                stored_in_all += size
                if tensor.name not in used:
                    unused.append((size, scope.path, tensor))
    if unused:
        unused.sort(key=lambda u: (-u[0], u[1], u[2].name))
        total = sum(size for size, *_ in unused)
        _, path, first = unused[0]
        shown = ", ".join(f"{t.name!r} ({in_bytes(size)})" for size, _, t in unused[:3])
        rest = f" and {len(unused) - 3:,} more" if len(unused) > 3 else ""
        verb = "is" if len(unused) == 1 else "are"
        yield Found(
            f"{counted(unused, 'initializer')} of {in_bytes(total)} {verb} used by nothing: {shown}{rest}",
            Location(path, tensor=first.name, offset=first.offset if first.offset >= 0 else None),
            "delete what nothing uses, or wire up what was meant to use it",
            expected=0,
            actual=total,
            severity=None if total >= _MUCH or total >= max(_TRIFLE, stored_in_all // 100) else Severity.NOTE,
            places=tensors_at((path, tensor.name) for _, path, tensor in unused),
        )


def _size(tensor: Tensor) -> int:
    size = bytes_of(tensor.dtype, tensor.elements)
    return sum(s.length for s in tensor.spans) if size is None else size
