"""Compiled code within the model, which nothing here can look into.

## What it does
Says where a model holds what was compiled for a device: EPContext with `embed_mode` 1 (the default), and Snpe.

## Why it matters
Such a node is no graph any more: "1: indicate ep_cache_context is the context content" (onnxruntime's schema, in
https://github.com/microsoft/onnxruntime). It is handed as it is to the device's library, outside of the runtime's own
checks. Shapes, weights and costs within it are in no report: who made it must be known otherwise.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
agraph (float[2, 3] x) => (float[2, 3] y) {
  y = com.microsoft.EPContext <embed_mode = 1, source = "QNN", ep_cache_context = "compiled"> (x)
}
```

## Quiet on
```mutator
context_in_a_file
```

## How to fix
Review where it comes from: ship the model that it was compiled from, and compile it where it runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.contexts import contexts
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import in_bytes
from . import rule


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def native_code(model: Model) -> Iterator[Found]:
    graphs = {scope.path: scope.graph for scope in scopes(model)} if contexts(model).code else {}
    for code in contexts(model).code:
        graph = graphs[code.path]
        label, node = graph.label(code.at), graph.nodes[code.at]
        by = f" for {code.by}" if code.by else ""
        yield Found(
            f"{label} holds {in_bytes(code.bytes)} that were compiled{by}: to review, nothing here can look into them",
            Location(code.path, label, node.op_type, attribute=code.attribute, offset=node.offset),
            "ship the model that it was compiled from, or make sure of who compiled it",
        )
