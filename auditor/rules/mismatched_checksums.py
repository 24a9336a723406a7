"""External data whose checksum is not that of its file.

## What it does
Where a tensor's external data has a `checksum`, hashes the file and compares. Files without one are not read for it.

## Why it matters
'"checksum" (optional) - SHA1 digest of file specified in under 'location' key' (onnx.proto, TensorProto.external_data).
Neither onnx nor onnxruntime 1.32 looks at it. If it differs, the file was changed, cut off or exchanged after the model
was written; or the checksum was, and then nobody can rely on it.

## Fires on
```mutator
external_data_of_another_checksum
```

## Quiet on
```mutator
external_data_with_its_checksum
external_data
```

## How to fix
Fetch the data file again from where the model came. If the file is the right one, save the model anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ..findings.kind import KnownBy
from ..model.external import Holder, open_data
from ..model.graph import Model
from ..model.payload import tensors
from ..report import Basis, Found, Severity
from . import rule, stored_at

_SHA1 = r"[0-9a-f]{40}"
_PIECE = 1 << 20


@rule(Severity.WARNING, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def mismatched_checksums(model: Model) -> Iterator[Found]:
    known: dict[str, str] = {}
    said: set[tuple[str, str]] = set()
    for path, tensor in tensors(model):
        where = tensor.external
        wanted = dict(where.entries).get("checksum") if where is not None else None
        if where is None or wanted is None or (where.location, wanted) in said:
            continue
        if where.location not in known:
            known[where.location] = _sha1(model, where.location)
        found = known[where.location]
        text = wanted.lower().removeprefix("sha1:")
        if not found or found == text:
            continue
        said.add((where.location, wanted))
        digest = bool(re.fullmatch(_SHA1, text))
        yield Found(
            f"the file {where.location!r} of {tensor.name!r} has the SHA-1 {found}, and its checksum says {wanted!r}"
            + ("" if digest else ", which is not a SHA-1 digest"),
            stored_at(model, path, tensor),
            "fetch the data file again; if it is the right one, save the model anew",
            expected=wanted,
            actual=found,
        )


def _sha1(model: Model, location: str) -> str:
    """Of the whole file; "" where it cannot be read, which other rules say."""
    from hashlib import sha1

    fd = open_data(model, location)
    if not isinstance(fd, int):
        return ""
    hold = Holder()
    hold(fd)
    digest = sha1(usedforsecurity=False)
    try:
        while piece := os.read(fd, _PIECE):
            digest.update(piece)
    except OSError:
        return ""
    finally:
        hold.close()
    return digest.hexdigest()
