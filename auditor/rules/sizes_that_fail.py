"""Sizes that are declared open, and at which the model does not run.

## What it does
With `--deep`, or `--deep-part sizes`, tries each size that the inputs leave open by itself: 1, 2, 3, primes, those
about the usual one and larger ones, the lengths of stored tables and one more. Between a size that runs and one that
does not it looks for the bound, and confirms both sides. What the shapes foresee is told by other rules, and is no
finding here; nor is a size that only wants more memory than a run may have. A session that has seen other sizes is
held against a fresh one.

A warning where one to four sizes work out of all that lie between; a note where there is a bound, such as the length of
a table of positions.

## Why it matters
The interface promises any size, and the first longer text ends in `run()`. A session that remembers sizes answers
otherwise after the second request than it did in the test.

## Fires on
```onnx
# Positions are counted and looked up in a table of 20: the shapes do not see an index that is too large.
<ir_version: 8, opset_import: ["" : 17]>
agraph (int64[N, L] ids) => (float[N, L, 1] y)
<float[4, 1] words = {1, 2, 3, 4}, int64 zero = {0}, int64 one = {1},
 float[20, 1] table = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}> {
  e = Gather(words, ids)
  none = Mul(ids, zero)
  ones = Add(none, one)
  at = CumSum<exclusive = 1>(ones, one)
  p = Gather(table, at)
  y = Add(e, p)
}
```

## Quiet on
```onnx
# Positions are counted, and taken as they are.
<ir_version: 8, opset_import: ["" : 17]>
agraph (int64[N, L] ids) => (float[N, L, 1] y)
<float[4, 1] words = {1, 2, 3, 4}, int64 zero = {0}, int64 one = {1}, int64[1] last = {2}> {
  e = Gather(words, ids)
  none = Mul(ids, zero)
  ones = Add(none, one)
  at = CumSum<exclusive = 1>(ones, one)
  wide = Cast<to = 1>(at)
  p = Unsqueeze(wide, last)
  y = Add(e, p)
}
```

## How to fix
Declare what works, and say the bound in the contract; or export with that axis dynamic in every part of the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule
from .runtime_refusal import location

if TYPE_CHECKING:
    from ..evidence.deep.sizes import SizeCondition, Sizes
    from ..runtime.deep.sizes import SizeRun


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def sizes_that_fail(model: Model, sizes: Sizes) -> Iterator[Found]:
    for one in sizes.conditions:
        if not one.foreseen:
            yield Found(
                f"{one.name} is declared open, and the model runs for {one.words}: at {one.failed.size} it fails: "
                f"{one.reason}" + (f"; {one.table} is as long" if one.table else ""),
                _place(model, one.failed),
                f"declare {one.name} as what works, or make the place take every size",
                severity=None if _only(one) else Severity.NOTE,
            )
    for run in sizes.remembered:
        what = f"the output {run.output!r} is another: {run.difference}" if run.output else "one runs, and one does not"
        yield Found(
            f"a session that has run other sizes differs from a fresh one at {run.name} = {run.size}: {what}",
            _place(model, run)._replace(tensor=run.output),
            "make a session for each size until the runtime is mended, or load it with less optimisation",
            basis=Basis.REFUSED,
        )


def _only(one: SizeCondition) -> bool:
    return one.words.endswith("only")


def _place(model: Model, run: SizeRun) -> Location:
    return location(model, run.node or None, run.op_type or None)
