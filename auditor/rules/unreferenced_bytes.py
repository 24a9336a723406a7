"""Bytes that come with a model and that nothing in it refers to.

## What it does
Looks at each file of external data for what no tensor takes: before the first, between two, behind the last. Zeros up
to the next multiple of 64 KiB are padding, and the header of a safetensors file is its own. Within the model it looks
for doc strings and entries of metadata of 64 KiB and more. What stands in fields that ONNX does not have,
`unknown-fields` says, and what a tensor has too much of, `payload-size-mismatch`.

## Why it matters
They are copied with the model and read by nobody who checks it, so they can carry anything: another program, data of
whoever trained it, an older version of the weights. A file that several models share has such parts for each of them.
On one's own model it is a note; under the profile `untrusted` it is a warning.

## Fires on
```mutator
external_data_with_a_tail
external_data_with_a_gap
documentation_of_100_000
```

## Quiet on
```mutator
external_data
external_data_with_padding
safetensors_that_agree
```

## How to fix
Save the model anew, with its data in a new file: onnx writes what tensors take, and no more.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator

from ..model import external
from ..model.dtypes import bytes_of
from ..model.graph import Aside, Model
from ..model.magic import format_of
from ..model.payload import tensors
from ..model.safetensors import SUFFIX
from ..model.tensor import Tensor
from ..report import Basis, Found, Location, Severity
from ..wording import in_bytes
from . import rule

_PADDED = 1 << 16  # to multiples of this at most writers align a tensor
_LONG = 1 << 16


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def unreferenced_bytes(model: Model) -> Iterator[Found]:
    files: dict[str, list[tuple[int, int, str, Tensor]]] = {}
    for path, tensor in tensors(model):
        where = tensor.external
        if where is not None and not external.entry_troubles(where) and not any(d < 0 for d in tensor.dims):
            length = where.length if where.length is not None else bytes_of(tensor.dtype, tensor.elements)
            if length is not None:
                place = posixpath.normpath(where.location)
                files.setdefault(place, []).append((where.offset, where.offset + length, path, tensor))
    for location, ranges in files.items():
        fd = external.open_data(model, location)
        if isinstance(fd, int):
            try:
                yield from _of_file(fd, location, sorted(ranges, key=lambda one: one[:2]))
            finally:
                os.close(fd)
    for aside in model.asides:
        if aside.length >= _LONG:
            yield _long(model, aside)
    for key, value in model.metadata:
        if len(value) >= _LONG:
            yield Found(
                f"the model's metadata under {key!r} is {len(value):,} characters long: no runtime reads it",
                Location(attribute=f"metadata_props[{key}]"),
                "keep it in a file of its own",
                actual=len(value),
                magnitude=len(value),
            )


def _of_file(fd: int, location: str, ranges: list[tuple[int, int, str, Tensor]]) -> Iterator[Found]:
    size = os.fstat(fd).st_size
    reach = _header(fd, size) if location.lower().endswith(SUFFIX) else 0
    _, _, path, last = ranges[0]
    unused: list[tuple[int, int, str, Tensor]] = []
    for start, end, where, tensor in ranges:
        if start > reach and not _is_padding(fd, reach, start):
            unused.append((reach, start, path, last))
        if end > reach:
            reach, path, last = end, where, tensor
    if size > reach and not _is_padding(fd, reach, size):
        unused.append((reach, size, path, last))
    if unused:
        start, end, path, tensor = max(unused, key=lambda one: one[1] - one[0])
        total = sum(stop - begin for begin, stop, *_ in unused)
        rest = f" (with {len(unused) - 1:,} other places, {in_bytes(total)})" if len(unused) > 1 else ""
        kind = format_of(os.pread(fd, 512, start))
        looks = f"; they begin as {kind} does" if kind else ""
        yield Found(
            f"no tensor takes {in_bytes(end - start)} of {location!r} from byte {start:,} on{rest}{looks}",
            Location(path, tensor=tensor.name, attribute="external_data",
                     offset=tensor.offset if tensor.offset >= 0 else None),
            "save the model anew, with its data in a new file",
            expected=0,
            actual=total,
            magnitude=total,
        )  # fmt: skip


def _header(fd: int, size: int) -> int:
    """Where the tensors of a safetensors file begin."""
    length = int.from_bytes(os.pread(fd, 8, 0), "little")
    return 8 + length if 8 + length <= size else 0


def _is_padding(fd: int, start: int, end: int) -> bool:
    """Whether so few zeros stand there that they align what follows."""
    length = end - start
    if length >= _PADDED:
        return False
    held = os.pread(fd, length, start)
    return held.count(0) == len(held)


def _long(model: Model, aside: Aside) -> Found:
    from ..model.texts import owner_of

    whose, where = owner_of(model, aside)
    what = "an entry of the metadata" if aside.field == "metadata_props" else f"the {aside.field}"
    return Found(
        f"{what} of {whose} is {in_bytes(aside.length)} long: no runtime reads it",
        where._replace(attribute=aside.field),
        "keep it in a file of its own",
        actual=aside.length,
        magnitude=aside.length,
    )
