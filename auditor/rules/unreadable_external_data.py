"""External data that is not there, or that may not be read.

## What it does
For every tensor whose data lies in a file of its own: whether the location stays in the model's folder, is a regular
file and no link (but for Hugging Face's cache), can be opened, and is long enough. A file with several names (hard
links) is a note: package managers make them, and it may also lead out of the folder.

## Why it matters
Weights that are missing are a model that cannot run; a location that leads out of the folder makes whoever loads the
model read a file of somebody else's choosing. "file path relative to the filesystem directory where the ONNX protobuf
model was stored. Up-directory path components such as .. are disallowed"
(https://onnx.ai/onnx/repo-docs/ExternalData.html). onnxruntime 1.32 refuses what lies outside, what is missing or too
short, and offsets that are not numbers. Of symbolic links it follows one whose target stays in the folder, which onnx's
own reader refuses, and it reads through a hard link, which onnx refuses, too.

## Fires on
```mutator
missing_external_data
external_data_outside
external_data_behind_a_link
external_data_in_a_pipe
external_data_too_short
external_data_with_a_bad_offset
external_data_with_two_names
```

## Quiet on
```mutator
external_data
```

## How to fix
Put the data file beside the model, under the name that the model has for it; after a copy or a download, fetch all
files again. To move data, load the model with onnx and save it with `save_as_external_data=True`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import tensors_at
from ..model.external import (
    BadEntry,
    CannotOpen,
    HardLinked,
    IsLink,
    MissingFile,
    NotRegular,
    Outside,
    TooShort,
)
from ..model.faults import Fault, faults
from ..model.graph import Model
from ..report import Basis, Found, Severity
from ..wording import counted, listed
from . import rule, stored_at

_TROUBLES = (Outside, MissingFile, IsLink, NotRegular, CannotOpen, TooShort, BadEntry, HardLinked)


@rule(Severity.ERROR, Basis.REFUSED)
def unreadable_external_data(model: Model) -> Iterator[Found]:
    found: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults(model):
        if isinstance(fault.trouble, _TROUBLES):
            where = fault.tensor.external.location if fault.tensor.external else ""
            found.setdefault((type(fault.trouble).__name__, where), []).append(fault)
    for group in found.values():
        yield _finding(model, group)


def _finding(model: Model, group: list[Fault]) -> Found:
    path, tensor, trouble = group[0]
    severity, basis = None, None
    fix = "put the data file beside the model, under the name that the model has for it"
    match trouble:
        case Outside(location):
            why, basis = f"the external data {location!r} lies outside the model's folder", Basis.ILLEGAL
            fix = "move the data file beside the model, and save the model with its name alone"
        case MissingFile(location):
            why = f"the external data file {location!r} is not there"
        case IsLink(location, part):
            at = "" if part == location else f" ({part!r} in it)"
            why = f"the external data {location!r} is reached through a symbolic link{at}"
            fix = "put the file itself in the place of the link"
        case NotRegular(location, kind):
            why = f"the external data {location!r} is {kind}, not a regular file"
        case CannotOpen(location, reason):
            why = f"the external data {location!r} cannot be opened: {reason}"
            fix = "give whoever runs the model the right to read the file"
        case TooShort(location, offset, length, size):
            why = (
                f"the external data {location!r} has {size:,} bytes; {tensor.name!r} takes {length:,} "
                f"from byte {offset:,} on, {offset + length - size:,} too many"
            )
            fix, basis = "fetch the data file again: it was cut off, or belongs to another model", Basis.ILLEGAL
        case BadEntry(key, value):
            why, basis = f"external_data says {key} = {value!r}", Basis.ILLEGAL
            fix = f"write {key} as a decimal number" if key != "location" else "name the data file"
        case HardLinked(location, links):
            why = f"the external data {location!r} has {links} names; another one may lie outside the model's folder"
            fix = "copy the file, if you did not expect that"
            severity, basis = Severity.NOTE, Basis.SUSPICIOUS
        case _:
            raise TypeError(type(trouble).__name__)
    names = tuple(dict.fromkeys(f.tensor.name for f in group))
    of = f"; {counted(names, 'tensor')}: {listed(names)}" if not isinstance(trouble, TooShort) or len(names) > 1 else ""
    return Found(
        why + of,
        stored_at(model, path, tensor),
        fix,
        severity=severity,
        basis=basis,
        places=tensors_at((fault.path, fault.tensor.name) for fault in group),
    )
