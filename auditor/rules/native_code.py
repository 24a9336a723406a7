"""Compiled code within the model, or calls of code outside of it, which nothing here can look into.

## What it does
Says where a model holds what was compiled for a device: EPContext with `embed_mode` 1 (the default), and Snpe; and
where it calls a function of Python by its name: PythonOp of onnxruntime's training, PyOp and its kin of its extensions.

## Why it matters
Such a node is no graph any more: "1: indicate ep_cache_context is the context content" (onnxruntime's schema, in
https://github.com/microsoft/onnxruntime). It is handed as it is to the device's library, outside of the runtime's own
checks. Shapes, weights and costs within it are in no report: who made it must be known otherwise. A function that is
called by its name is whatever that name means where the model runs. Under the profile `untrusted` it is a warning.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
agraph (float[2, 3] x) => (float[2, 3] y) {
  y = com.microsoft.EPContext <embed_mode = 1, source = "QNN", ep_cache_context = "compiled"> (x)
}
```

```onnx
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.contrib" : 1]>
agraph (float[2] x) => (float[2] y) { y = ai.onnx.contrib.PyOp <name = "f"> (x) }
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


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def native_code(model: Model) -> Iterator[Found]:
    graphs = {scope.path: scope.graph for scope in scopes(model)} if contexts(model).code else {}
    for code in contexts(model).code:
        graph = graphs[code.path]
        label, node = graph.label(code.at), graph.nodes[code.at]
        where = Location(code.path, label, node.op_type, attribute=code.attribute, offset=node.offset)
        if code.by == "Python":
            yield Found(
                f"{label} calls a function of Python by its name, with what whoever runs the model has: to review",
                where,
                "write it with ONNX's operators, or make sure of which function it is",
            )
            continue
        by = f" for {code.by}" if code.by else ""
        yield Found(
            f"{label} holds {in_bytes(code.bytes)} that were compiled{by}: to review, nothing here can look into them",
            where,
            "ship the model that it was compiled from, or make sure of who compiled it",
        )
