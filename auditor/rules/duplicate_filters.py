"""Filters or units of a layer that are copies of another.

## What it does
Finds ungrouped convolutions, and dense layers whose weight has a row for each unit, in which two filters or units have
the very same weights. Filters of zeros are another rule's (`zero-weights`).

## Why it matters
Training begins from random numbers and keeps filters apart; equal ones were copied, by an initialisation that was never
trained away, a checkpoint that was stretched to more channels, or a conversion that wrote one row over another. They
compute one thing twice. Two classes of a last layer with equal weights can never be told apart.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1, 4, 4] x) => (float[N, 3, 4, 3] y)
<float[3, 1, 1, 2] w = {1.0, 2.0, 3.0, 4.0, 1.0, 2.0}> { y = Conv(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 3] y) <float[3, 2] w = {1.0, 2.0, 3.0, 4.0, 3.0, 4.0}> {
  y = Gemm<transB = 1>(x, w)
}
```

## Quiet on
```onnx
# One blur for each channel, and filters that only begin alike.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x) => (float[N, 2, 4, 2] y, float[N, 2, 4, 3] z)
<float[2, 1, 1, 3] blur = {0.25, 0.5, 0.25, 0.25, 0.5, 0.25}, float[2, 2, 1, 2] w = {1, 2, 3, 4, 1, 2, 3, 5}> {
  y = Conv<group = 2>(x, blur)
  z = Conv(x, w)
}
```

## How to fix
Compare the named rows with the checkpoint. If they are equal there too, train the layer on, or prune one of each and
add its outgoing weights to the other's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import CannotLook
from ..findings.kind import KnownBy
from ..model import payload
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..model.tensor import Tensor
    from ..weights import Use, Weights

_MOST = 1 << 26
"""Elements that are read again, for the proof."""


@rule(Severity.NOTE, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def duplicate_filters(model: Model, weights: Weights) -> Iterator[Found]:
    for key, statistics in weights.items():
        if not statistics.alike_channels or statistics.constant or statistics.elements > _MOST:
            continue
        tensor = weights.tensor(key)
        use = next((u for u in weights.sources.uses(tensor) if _by_rows(u, key.tensor)), None)
        pairs = _copies(model, tensor) if use is not None else []
        if use is not None and pairs:
            number = len(pairs)
            what = "filters" if use.node.op_type == "Conv" else "units"
            shown = listed(f"{other} of {one}" for one, other in pairs)
            yield Found(
                f"{use.label}: {number:,} of {statistics.shape[0]:,} {what} of {key.tensor!r} are copies: {shown}",
                Location(use.scope.path, use.label, use.node.op_type, key.tensor),
                "compare them with the checkpoint; prune one of each, or train the layer on",
                expected=0,
                actual=number,
                magnitude=number,
            )


def _by_rows(use: Use, name: str) -> bool:
    """Whether the tensor as it is stored has a row for each filter, all of which see the same."""
    node = use.node
    if use.position != 1 or node.inputs[1] != name:
        return False
    one_group = node.op_type == "Conv" and node.attributes.get("group", 1) == 1
    return one_group or (node.op_type == "Gemm" and bool(node.attributes.get("transB")))


def _copies(model: Model, tensor: Tensor) -> list[tuple[int, int]]:
    """Rows that are those of one before, which comes first in each pair."""
    try:
        rows = payload.array(model, tensor).reshape(tensor.dims[0], -1)
    except (ValueError, CannotLook):
        return []
    known: dict[bytes, int] = {}
    found = []
    for index, row in enumerate(rows):
        if row.any():
            first = known.setdefault(row.tobytes(), index)
            if first != index:
                found.append((first, index))
    return found
