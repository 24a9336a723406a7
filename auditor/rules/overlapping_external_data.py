"""Two tensors that share a part of their external data.

## What it does
Finds tensors whose byte ranges in one external file overlap without being the same range, and tensors of two element
types in the same range. One range for several tensors of one type is a shared weight, and no fault.

## Why it matters
No exporter lays data out like that: an offset or a length is wrong, so at least one of the tensors holds another's
values. Every reader takes them as they are.

## Fires on
```mutator
overlapping_external_data
one_range_for_two_types
```

## Quiet on
```mutator
external_data
one_range_for_two_tensors
```

## How to fix
Export the model again; after an edit by hand, lay the tensors one behind the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import tensors_at
from ..model.external import Overlap
from ..model.graph import Model
from ..model.payload import overlaps
from ..report import Basis, Found, Location, Severity
from ..wording import counted
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def overlapping_external_data(model: Model) -> Iterator[Found]:
    found: dict[str, list[Overlap]] = {}
    for overlap in overlaps(model):
        found.setdefault(overlap.location, []).append(overlap)
    for location, shared in found.items():
        first = shared[0]
        others = f"; so do {counted(len(shared) - 1, 'other pair')}" if len(shared) > 1 else ""
        yield Found(
            f"{first.first!r} and {first.second!r} share {counted(first.length, 'byte')} of {location!r} "
            f"from byte {first.offset:,} on{others}",
            Location(tensor=first.second),
            "export the model again: an offset or a length is wrong",
            expected=0,
            actual=first.length,
            places=tensors_at(("", name) for overlap in shared for name in (overlap.first, overlap.second)),
        )
