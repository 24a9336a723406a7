"""Stored tensors without a name.

## What it does
Finds initializers, dense and sparse, whose name is empty.

## Why it matters
"Each initializer (both TensorProto as well SparseTensorProto) MUST have a name" (onnx.proto, GraphProto.initializer).
No node can take such a tensor: a node's input of the empty name is one that is left out. Its bytes travel with the
model, and what they are nobody can say.

## Fires on
```mutator
initializer_without_a_name
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }
```

## How to fix
Name the tensor, and let the node take it that should; or drop it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import KnownBy, Symptom
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL, known_by=KnownBy.OPERATOR, explains=(Symptom.UNUSED,))
def nameless_initializers(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        graph = scope.graph
        if "" not in graph.initializer_names:
            continue
        stored = (*graph.initializers, *(sparse.values for sparse in graph.sparse_initializers))
        nameless = [tensor for tensor in stored if not tensor.name]
        yield Found(
            f"{counted(nameless, 'initializer')} without a name (the first: {list(nameless[0].dims)}): "
            "no node can take it",
            Location(scope.path, offset=nameless[0].offset if nameless[0].offset >= 0 else None),
            "name it, and let the node take it that should; or drop it",
            expected="a name",
            actual=0,
        )
