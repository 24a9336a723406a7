"""A compiled context in a file that is not there, or that may not be read.

## What it does
Looks at the files that the attributes of EPContext name: `ep_cache_context` with `embed_mode` 0, and
`onnx_model_filename`, and at the files of the model that the latter names. Each must be a regular file in the model's
folder, and no link.

## Why it matters
An EPContext node stands for a part of the model that was compiled for one device. With `embed_mode` 0 its attribute is
"the file path to the context content", and it "is relative to this Onnx file" (onnxruntime's schema, in
https://github.com/microsoft/onnxruntime); whoever loads the model reads that file and hands it to the device's library.
One that is missing leaves a model that cannot run, and a path that leads out of the folder makes the runtime read a
file of somebody else's choosing. An engine that was compiled without weights takes them from the model that
`onnx_model_filename` names, and so from that one's external data. All these files belong to the model: they are hashed
with it.

## Fires on
```mutator
context_that_is_missing
context_outside
context_behind_a_link
weights_of_an_engine_that_are_missing
```

## Quiet on
```mutator
context_in_a_file
context_within_the_model
weights_of_an_engine
```

## How to fix
Put the file beside the model, under the name that the node has for it; or compile the model again, with
`ep.context_embed_mode` 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import external
from ..model.contexts import NamedFile, contexts
from ..model.external import CannotOpen, DataFile, IsLink, MissingFile, NoFolder, NotRegular, Outside
from ..model.graph import Model
from ..model.refitted import refitted
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.REFUSED)
def unreadable_context(model: Model) -> Iterator[Found]:
    for named in contexts(model).files:
        trouble = external.look(model, named.location)
        if not isinstance(trouble, DataFile | NoFolder):  # of a model in memory the coverage says it
            yield _finding(model, named, f"reads {named.location!r}, which {_why(trouble)}")
    for weights in refitted(model):
        for name in weights.files:
            trouble = external.look(model, name)
            if not isinstance(trouble, DataFile | NoFolder):
                what = f"takes its weights from {weights.by.location!r}, of which {name!r} {_why(trouble)}"
                yield _finding(model, weights.by, what)


def _why(trouble: external.ExternalTrouble) -> str:
    match trouble:
        case Outside():
            return "lies outside the model's folder"
        case MissingFile():
            return "is not there"
        case IsLink():
            return "is reached through a symbolic link"
        case NotRegular(_, kind):
            return f"is {kind}, not a regular file"
        case CannotOpen(_, why):
            return f"cannot be opened: {why}"
        case _:
            return "is not the name of a file"


def _finding(model: Model, named: NamedFile, what: str) -> Found:
    graph = next(scope.graph for scope in scopes(model) if scope.path == named.path)
    label, node = graph.label(named.at), graph.nodes[named.at]
    return Found(
        f"{label} {what}",
        Location(named.path, label, node.op_type, attribute=named.attribute, offset=node.offset),
        "put the file beside the model, and name it by its name alone",
    )
