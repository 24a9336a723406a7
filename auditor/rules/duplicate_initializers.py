"""Tensors that the file stores more than once.

## What it does
Compares stored tensors of equal type and shape by their content, and adds up the bytes that a second copy costs.
Tensors under 1 KiB are left out, and so are tensors of one number throughout under 64 KiB, for fresh biases and
statistics are alike by nature.

## Why it matters
The file, its download and the memory of every process that loads it are larger than they need be. Exporters store
tied weights twice (the embedding and the output layer of a language model), and unrolled loops their weights once a
turn. A warning where it is 64 KiB and a hundredth of all weights or more, else a note.

## Fires on
```mutator
weights_stored_twice
```

## Quiet on
```mutator
weights_stored_once
fresh_statistics
```

## How to fix
Let both nodes take one initializer: `onnxslim`, onnxruntime's optimiser, or `torch.onnx.export` with the weights tied
at export.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import tensors_at
from ..model.dtypes import bytes_of
from ..report import Basis, Found, Location, Severity
from ..wording import counted, in_bytes, listed
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Weights

_CONSIDERABLE = 64 << 10


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def duplicate_initializers(weights: Weights) -> Iterator[Found]:
    groups = [(_size(weights, keys[0]), keys) for keys in weights.duplicates]
    groups = [(size, keys) for size, keys in groups if size >= _CONSIDERABLE or not weights[keys[0]].constant]
    if not groups:
        return
    groups.sort(key=lambda group: -group[0] * (len(group[1]) - 1))
    wasted = sum(size * (len(keys) - 1) for size, keys in groups)
    stored = sum(_size(weights, key) for key in weights)
    _, first = groups[0]
    if len(groups) == 1:
        same = in_bytes(groups[0][0])
        message = f"{listed(k.tensor for k in first)} hold the same {same}: {in_bytes(wasted)} are wasted"
    else:
        message = (
            f"{counted(groups, 'tensor')} are stored more than once and waste {in_bytes(wasted)}; "
            f"the largest: {listed(k.tensor for k in first)}"
        )
    yield Found(
        message,
        Location(first[0].graph, tensor=first[0].tensor),
        "let the nodes share one initializer",
        expected=0,
        actual=wasted,
        severity=None if wasted >= max(_CONSIDERABLE, stored / 100) else Severity.NOTE,
        places=tensors_at(key for _, keys in groups for key in keys),
    )


def _size(weights: Weights, key: Key) -> int:
    statistics = weights[key]
    return bytes_of(statistics.dtype, statistics.elements) or 0
