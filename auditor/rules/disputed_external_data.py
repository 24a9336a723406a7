"""External data that readers take in different ways: a key twice, an unknown key, a place that is passed over.

## What it does
Looks at the entries that say where each tensor's external data lies: a key that stands twice with different values
(a warning), a key that ONNX does not have, entries of a tensor whose data_location says that it lies in the model, an
offset at which the elements are not aligned, and a location that is the model's own file (a warning).

## Why it matters
"Recognized keys are: location, offset, length, checksum" (onnx.proto, TensorProto.external_data). Of a key that
stands twice onnx's reader takes the last; a reader in another language may take the first, so that the file that was
looked at is not the file that is read. An unknown key may ask for what no reader does, or be a `length` misspelled.
"Offset values SHOULD be multiples 4096 (page size) to enable mmap support": where not even the elements are aligned, a
reader that maps the file crashes on some processors, or copies.

## Fires on
```mutator
external_data_with_two_locations
external_data_with_an_unknown_key
external_data_that_is_passed_over
external_data_between_two_elements
```

## Quiet on
```mutator
external_data
one_range_for_two_tensors
external_data_with_its_checksum
```

## How to fix
Load the model with onnx and save it with `save_as_external_data=True`, which writes each entry once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..findings.kind import KnownBy
from ..model.dtypes import BITS
from ..model.file_troubles import PassedOverData
from ..model.graph import Model
from ..model.payload import tensors
from ..model.tensor import Tensor
from ..report import Basis, Found, Location, Severity
from ..wording import nearest
from . import rule, stored_at

_KEYS = ("location", "offset", "length", "checksum", "basepath")
_PREPACKED = "prepacked"
"""What onnxruntime's keys begin with, by which it stores weights as its kernels lay them out."""


@rule(Severity.NOTE, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def disputed_external_data(model: Model) -> Iterator[Found]:
    for trouble in model.troubles:
        if isinstance(trouble, PassedOverData):
            yield Found(
                f"the tensor {trouble.name!r} says where its external data lies, and its data_location is the model: "
                "readers pass the place over",
                Location(tensor=trouble.name, attribute="data_location", offset=trouble.offset),
                "drop external_data, or set data_location to EXTERNAL",
            )
    own = posixpath.basename(model.path)
    for path, tensor in tensors(model):
        where = tensor.external
        if where is None:
            continue
        for why, attribute, severity in _disputes(tensor, own):
            yield Found(
                f"the external data of {tensor.name!r} {why}",
                stored_at(model, path, tensor)._replace(attribute=attribute),
                "load the model with onnx and save it with save_as_external_data=True, which writes each entry once",
                severity=severity,
            )


def _disputes(tensor: Tensor, own: str) -> Iterator[tuple[str, str, Severity | None]]:
    where = tensor.external
    assert where is not None
    said: dict[str, str] = {}
    for key, value in where.entries:
        if key not in _KEYS and not key.startswith(_PREPACKED):
            yield f"has the key {key!r}, which ONNX does not have{nearest(key, _KEYS)}", key, None
        if key in said and said[key] != value:
            yield (
                f"says {key} twice: {said[key]!r} and {value!r}; onnx takes the last, other readers the first",
                key,
                Severity.WARNING,
            )
        said[key] = value
    width = BITS.get(tensor.dtype, 8) // 8
    if width > 1 and where.offset % width:
        yield f"begins at byte {where.offset:,}, which is not a multiple of its elements' {width}", "offset", None
    if own and posixpath.normpath(where.location) == own:
        yield "is to be read from the model's own file", "location", Severity.WARNING
