"""Weights that hold NaN or infinity.

## What it does
Looks at every stored number and finds NaN wherever operators use it, and infinity where it is a weight, a bias or a
parameter of a convolution, a matrix product, a recurrent layer or a normalization.

## Why it matters
One NaN in a weight makes NaN of everything behind it: comparisons are then false, the best class is the first, and no
runtime says a word. It is what a diverged training or a broken conversion leaves behind. onnx's checker and session
creation accept it. Infinity times zero is NaN too, so it has no place in a sum of products; in masks and embeddings
-inf is ordinary, and this rule is silent.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2] w = {1.0, nan}> { y = Add(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1.0, inf, 0.5, 0.25}> { y = MatMul(x, w) }
```
```onnx
# The weight lies in a Constant node and arrives through a Transpose.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) {
  w = Constant<value = float[2, 2] {1.0, nan, 0.5, 0.25}>()
  t = Transpose<perm = [1, 0]>(w)
  y = Gemm(x, t)
}
```

## Quiet on
```onnx
# A mask of attention.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y) <float[2, 2] mask = {0.0, -inf, 0.0, 0.0}> {
  s = Add(x, mask)
  y = Softmax(s)
}
```
```onnx
# A NaN that is only compared with, or put in on purpose.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N] x, bool[N] missing) => (float[N] y) <float none = {nan}> { y = Where(missing, none, x) }
```

## How to fix
Take the last checkpoint without NaN and export again. If the weights were sound before the conversion, look for an
overflow in it: float16 holds nothing beyond 65504.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy, Symptom
from ..findings.places import tensors_at
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Statistics, Use, Weights
from .quantisation_scales import SCALES

_CHOOSING = frozenset({"Where", "Equal", "IsNaN", "Max", "Min", "Pad", "Clip", "ConstantOfShape"})
"""Operators to which a lone NaN is handed on purpose."""

_FLOAT16 = 10


@rule(Severity.ERROR, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR, explains=(Symptom.NOT_FINITE,))
def nan_weights(model: Model, weights: Weights) -> Iterator[Found]:
    outputs = {v.name for v in model.graph.outputs}
    nan: dict[Key, tuple[Use, ...]] = {}
    infinite: dict[Key, tuple[Use, ...]] = {}
    for key in (*weights, *weights.sampled):
        statistics, _ = weights.seen(key)
        if not statistics.nan and not statistics.inf:
            continue
        uses = weights.sources.uses(weights.tensor(key))
        if uses and all(_said_elsewhere(u) for u in uses):
            continue
        if statistics.nan and not _on_purpose(statistics, uses) and (uses or (not key.graph and key.tensor in outputs)):
            nan[key] = uses
        elif statistics.inf and statistics.dtype != _FLOAT16 and any(u.computes for u in uses):
            infinite[key] = tuple(u for u in uses if u.computes)  # in float16 it is an overflow, and that rule's
    yield from _findings(weights, nan, "NaN")
    yield from _findings(weights, infinite, "infinite")


def _said_elsewhere(use: Use) -> bool:
    """A variance or a scale: bad-variance and quantisation-scales say more of it."""
    op_type = use.node.op_type
    return (op_type == "BatchNormalization" and use.position == 4) or use.position in SCALES.get(op_type, ())


def _on_purpose(statistics: Statistics, uses: tuple[Use, ...]) -> bool:
    return statistics.elements == 1 and all(u.node.op_type in _CHOOSING for u in uses)


def _findings(weights: Weights, found: dict[Key, tuple[Use, ...]], what: str) -> Iterator[Found]:
    if len(found) > 3:  # a diverged training leaves them everywhere: one cause, one finding
        key, uses = next(iter(found.items()))
        total = sum(_count(weights.seen(k)[0], what) for k in found)
        said = f"{counted(found, 'stored tensor')} hold {what} values, {total:,} in all"
        all_of_them = _finding(key, uses, f"{said}: {listed(k.tensor for k in found)}", total)
        yield all_of_them._replace(places=tensors_at(found))
        return
    for key, uses in found.items():
        statistics, looked_at = weights.seen(key)
        bad = _count(statistics, what)
        user = f", used by {uses[0].label}," if uses else ""
        sampled = " that were looked at" if looked_at < statistics.elements else ""
        share = f"{bad:,} of {counted(looked_at, 'element')}{sampled}"
        yield _finding(key, uses, f"{key.tensor!r}{user} is {what} in {share}", bad)


def _count(statistics: Statistics, what: str) -> int:
    return statistics.nan if what == "NaN" else statistics.inf


def _finding(key: Key, uses: tuple[Use, ...], message: str, bad: int) -> Found:
    return Found(
        message,
        Location(
            uses[0].scope.path if uses else key.graph,
            uses[0].label if uses else "",
            uses[0].node.op_type if uses else "",
            key.tensor,
        ),
        "export again from a checkpoint whose weights are finite",
        expected=0,
        actual=bad,
        magnitude=bad,
    )
