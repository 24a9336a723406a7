"""A file that is not the one whose hash the registry holds.

## What it does
Compares the sha256 of the model's file with the one in the ONNX model zoo's manifest, or in the column `sha256` of a
manifest given to `auditor batch`.

## Why it matters
The file was cut short, fetched from elsewhere, or exchanged. Whatever was measured of the registry's model, its
accuracy above all, was not measured of this one.

## Fires on
```mutator
listed_with_another_hash
```

## Quiet on
```mutator
listed_with_its_hash
served_as_it_is
```

## How to fix
Fetch the file anew. If the change was meant, write the new hash (`sha256sum model.onnx`) into the manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..hashing import sha256_of_many
from ..model import payload
from ..model.graph import Model
from ..report import Basis, Contract, Found, Severity
from . import rule

_BLOCK = 1 << 20


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def contract_hash_mismatch(model: Model, contract: Contract) -> Iterator[Found]:
    if not contract.sha256:
        return
    sha = sha256_of_many(model.size)
    for start in range(0, model.size, _BLOCK):
        sha.update(payload.read(model, start, min(_BLOCK, model.size - start)))
    actual = sha.hexdigest()
    if actual != contract.sha256:
        yield Found(
            f"{contract.origin} holds the sha256 {contract.sha256}; the file's is {actual}",
            fix="fetch the file anew, or write its hash into the manifest",
            expected=contract.sha256,
            actual=actual,
        )
