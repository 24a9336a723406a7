"""Weights and biases of a size that no training leaves, in all of their numbers or in one.

## What it does
Looks at the magnitudes of the weights of convolutions, dense and recurrent layers, of their biases, and of the scales,
shifts and means of normalizations. A warning where one goes beyond a million, where a weight does not reach a
millionth, or where one number is 3,000 times as large as the others of its tensor are (their root mean square). A note
where a weight's largest number is beyond 10,000 and a hundred times that of the layers like it, and where a table of
vectors goes beyond 10,000.

## Why it matters
A flipped bit, a cast, a unit taken wrongly or another tensor's bytes leave such numbers; training does not. In 15
trained models in use the largest weight was 55, the largest mean of a normalization 559, and no number 400 times its
tensor's others. One such number decides every sum that it goes into: the model runs, and its answers are that number's.
A weight of a billionth leaves a layer that gives its bias.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1.0, 3000000.0, 0.5, 0.25}> { y = MatMul(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1e-9, -3e-10, 5e-10, 2e-9}> { y = MatMul(x, w) }
```
```onnx
# One bit of an exponent.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y)
<float[4, 4] w = {0.1, 0.2, -0.1, 0.3, 0.1, 0.2, 819.2, 0.1, 0.2, -0.1, 0.3, 0.1, 0.2, -0.1, 0.3, 0.1}> {
  y = MatMul(x, w)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2, 2] w = {1.0, 2.0, 0.5, 0.25}, float[2] b = {0.5, -40000000.0}> { y = Gemm(x, w, b) }
```

## Quiet on
```onnx
# Large numbers that are no weights, and one that is not so far from the others.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2, 2] w = {0.1, 50.0, 0.2, 0.1}, float most = {1e9}, float[2] mask = {0.0, -1e9}> {
  a = MatMul(x, w)
  b = Min(a, most)
  y = Add(b, mask)
}
```
```onnx
# A filter that picks one place.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1, 9, 9] x) => (float[N, 1, 5, 5] y)
<float[1, 1, 5, 5] w = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}> {
  y = Conv(x, w)
}
```

## How to fix
Compare the tensor with the checkpoint. Where it is sound there, export again; where it is not, take an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot, sqrt
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..model import payload
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Statistics, Use, Weights

_MOST = 1e6
_LEAST = 1e-6
_BEYOND_THE_OTHERS = 3_000
_LONE_FROM = 100.0
"""A lone number below this does little harm: what decayed to nothing around it may have been pruned."""

_ELEMENTS = 16
_READ = 4096
"""A tensor of so many elements is read again for the exact figure."""

_LARGE = 1e4
_BEYOND_ITS_KIND = 100
_KIND = 3
"""So many other layers make a kind."""

_ENOUGH = frozenset({1, 11, 16})  # float32, float64, bfloat16: what can hold such numbers
_VARIANCE = ("BatchNormalization", 4)  # bad-variance says more
_EXPLODING = 1e30  # beyond it: float16-overflow


@rule(Severity.WARNING, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def outlying_weights(model: Model, weights: Weights) -> Iterator[Found]:
    usual: float | None = None
    for key, statistics in weights.items():
        most = statistics.magnitude
        doubtful = most > _LONE_FROM or 0 < most < _LEAST
        if not doubtful or statistics.dtype not in _ENOUGH or statistics.nan or statistics.inf:
            continue
        use = _use(weights, key)
        if use is None or (use.dense and most > _EXPLODING):
            continue
        if use.node.op_type == "Gather":
            if most > _LARGE and statistics.elements > _READ // _ELEMENTS:
                yield _finding(key, use, statistics, f"goes up to {most:.3g}, far beyond a vector's", Severity.NOTE)
        elif most > _MOST:
            yield _finding(key, use, statistics, f"goes up to {most:.3g}, beyond all trained numbers")
        elif most < _LEAST:
            if use.dense and not statistics.constant and statistics.denormal < statistics.elements:
                yield _finding(key, use, statistics, f"does not go beyond {most:.3g}: the layer gives its bias alone")
        elif (times := _beyond_the_others(model, weights, key, statistics)) is not None:
            yield _finding(
                key, use, statistics, f"has one number of {most:.5g}, {times:,.0f} times as large as its others"
            )
        elif use.dense and most > _LARGE:
            usual = _usual(weights) if usual is None else usual
            if most > _BEYOND_ITS_KIND * usual:
                what = f"goes up to {most:.3g}; half of the layers do not go beyond {usual:.3g}"
                yield _finding(key, use, statistics, what, Severity.NOTE)


def _use(weights: Weights, key: Key) -> Use | None:
    """A layer that computes with the tensor, or looks it up; None where nothing is known of such numbers."""
    for use in weights.sources.uses(weights.tensor(key)):
        op_type, position = use.node.op_type, use.position
        if use.computes and (op_type, position) != _VARIANCE:
            return use
        if op_type == "Gather" and position == 0 and len(weights[key].shape) == 2:
            return use
        if op_type == "Add" and len(weights[key].shape) == 1 and _behind_a_product(use):
            return use
    return None


def _behind_a_product(use: Use) -> bool:
    """Whether what is added is a bias."""
    other = use.node.inputs[1 - use.position] if len(use.node.inputs) == 2 else ""
    at = use.scope.graph.producers.get(other)
    return at is not None and use.scope.graph.nodes[at].op_type in ("MatMul", "Conv", "Gemm")


def _beyond_the_others(model: Model, weights: Weights, key: Key, statistics: Statistics) -> float | None:
    """How many times the largest number is the root mean square of the others, if that is too many."""
    count, most = statistics.elements, statistics.magnitude
    if count < _ELEMENTS or 2 * (statistics.zeros + statistics.denormal) >= count:
        return None
    squares = hypot(statistics.mean, statistics.std) ** 2 * count
    if most * most < squares / 2:
        return None
    rest = max(squares - most * most, squares * 1e-6)  # the pass has some seven digits
    if count <= _READ:
        numbers = [abs(n) for n in payload.small(model, weights.tensor(key), _READ) or () if isinstance(n, float)]
        if numbers:
            numbers.remove(max(numbers))
            rest = sum(n * n for n in numbers)
    times = most / sqrt(rest / (count - 1)) if rest else 0.0
    return times if times > _BEYOND_THE_OTHERS else None


def _usual(weights: Weights) -> float:
    """The median of the largest numbers of all dense weights; infinite where there are too few of them."""
    largest = [
        statistics.magnitude
        for key, statistics in weights.items()
        if len(statistics.shape) > 1
        and statistics.magnitude > 0
        and any(use.dense for use in weights.sources.uses(weights.tensor(key)))
    ]
    if len(largest) <= _KIND:
        return float("inf")
    from statistics import median  # brings decimal and random

    return median(largest)


def _finding(key: Key, use: Use, statistics: Statistics, what: str, severity: Severity | None = None) -> Found:
    return Found(
        f"{use.label}: {key.tensor!r} {what}",
        Location(use.scope.path, use.label, use.node.op_type, key.tensor),
        "compare the tensor with the checkpoint, and export again",
        expected=f"between {_LEAST:g} and {_MOST:g}",
        actual=f"{statistics.magnitude:.3g}",
        severity=severity,
    )
