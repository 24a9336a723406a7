"""A compiled context in a file that is not there, or that may not be read.

## What it does
Looks at the files that the attributes of EPContext name: `ep_cache_context` with `embed_mode` 0, and
`onnx_model_filename`. Each must be a regular file in the model's folder, and no link.

## Why it matters
An EPContext node stands for a part of the model that was compiled for one device. With `embed_mode` 0 its attribute is
"the file path to the context content", and it "is relative to this Onnx file" (onnxruntime's schema, in
https://github.com/microsoft/onnxruntime); whoever loads the model reads that file and hands it to the device's library.
One that is missing leaves a model that cannot run, and a path that leads out of the folder makes the runtime read a
file of somebody else's choosing. These files belong to the model: they are hashed with it.

## Fires on
```mutator
context_that_is_missing
context_outside
context_behind_a_link
```

## Quiet on
```mutator
context_in_a_file
context_within_the_model
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
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from . import rule


@rule(Severity.ERROR, Basis.REFUSED)
def unreadable_context(model: Model) -> Iterator[Found]:
    for named in contexts(model).files:
        trouble = external.look(model, named.location)
        if not isinstance(trouble, DataFile | NoFolder):  # of a model in memory the coverage says it
            yield _finding(model, named, _why(trouble))


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


def _finding(model: Model, named: NamedFile, why: str) -> Found:
    graph = next(scope.graph for scope in scopes(model) if scope.path == named.path)
    label, node = graph.label(named.at), graph.nodes[named.at]
    return Found(
        f"{label} reads {named.location!r}, which {why}",
        Location(named.path, label, node.op_type, attribute=named.attribute, offset=node.offset),
        "put the file beside the model, and name it by its name alone",
    )
