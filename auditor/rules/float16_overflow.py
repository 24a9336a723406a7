"""Numbers that float16 cannot hold, and numbers too large for any sum of products.

## What it does
In a float16 model, finds infinite weights: what a conversion makes of numbers beyond 65504. With `--target-dtype
float16`, finds the stored numbers that will become infinite. In every model, finds weights of convolutions, matrix
products and recurrent layers beyond 1e30. Follows stored numbers to Casts to float16, past operators that choose and
move them (Where, Concat, Expand, a product with a mask): what is beyond 65504 becomes infinite there, a warning.

## Why it matters
float16 ends at 65504. One infinite weight makes infinite or NaN outputs, often for some inputs only. A mask that
holds -3.4e38 becomes -inf, which is as good while a row keeps one open place, and NaN where a row is masked
altogether. No training that converges gives a weight of 1e30: it is what an exploding training or the bytes of another
type look like.

## Fires on
```onnx
# 31744 is the bit pattern of infinity.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 2] x) => (float16[N, 2] y) <float16[2, 2] w = {15360, 31744, 15360, 15361}> { y = MatMul(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1.0, 1e35, 0.5, 0.25}> { y = MatMul(x, w) }
```
```onnx
# Stored wide, cast to float16 in front of its use.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 2] x) => (float16[N, 2] y) <float[2, 2] w = {1.0, 70000.0, 0.5, 0.25}> {
  h = Cast<to = 10>(w)
  y = MatMul(x, h)
}
```

```onnx
# A mask is chosen in float32, and cast: -3.4e38 becomes -inf.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 4] x, bool[N, 4] mask) => (float16[N, 4] y) <float zero = {0}, float most = {-3.4e38}> {
  m = Where(mask, zero, most)
  h = Cast<to = 10>(m)
  s = Add(x, h)
  y = Softmax(s)
}
```
```onnx
# The same by a product: 1 - mask is 1 where nothing may be seen.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 4] x, int64[N, 4] mask) => (float16[N, 4] y) <float one = {1}, float most = {-3.4e38}> {
  f = Cast<to = 1>(mask)
  n = Sub(one, f)
  m = Mul(n, most)
  h = Cast<to = 10>(m)
  y = Add(x, h)
}
```

## Quiet on
```onnx
# A mask in float16, and a large number that no product uses.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[2, 2] x, float[2] z) => (float16[2, 2] y, float[2] u)
<float16[2, 2] mask = {0, 64512, 0, 0}, float[2] most = {3.4e38, 1.0}> {
  y = Add(x, mask)
  u = Min(z, most)
}
```
```onnx
# Beyond float16, in a model that is not to become it.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1.0, 70000.0, 0.5, 0.25}> { y = MatMul(x, w) }
```

```onnx
# Held back before the Cast, or never beyond.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 4] x, bool[N, 4] mask) => (float16[N, 4] y, float16[N, 4] z)
<float zero = {0}, float most = {-3.4e38}, float least = {-6e4}, float ten = {-1e4}> {
  m = Where(mask, zero, most)
  k = Max(m, least)
  h = Cast<to = 10>(k)
  y = Add(x, h)
  n = Where(mask, zero, ten)
  i = Cast<to = 10>(n)
  z = Add(x, i)
}
```
```onnx
# A bound beyond float16 bounds nothing, infinite or not.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 4] x) => (float16[N, 4] y) <float most = {1e10}, float16 none = {0}> {
  h = Cast<to = 10>(most)
  y = Clip(x, none, h)
}
```

## How to fix
Keep the named layer in float32 (onnxconverter-common: `node_block_list`), use bfloat16, or rescale the weight. Write
masks as -1e4. A weight of 1e30 wants another look at the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy, Symptom
from ..model.graph import Graph
from ..report import Basis, Found, Location, Severity
from ..settings import Settings
from ..shapes.facts import Facts
from ..wording import counted, listed
from . import rule

if TYPE_CHECKING:
    from ..weights import Key, Statistics, Use, Weights

MOST = 65504.0
_ROUNDS_TO_INFINITY = 65520.0
_EXPLODING = 1e30
_FLOAT16 = 10
_WIDER = frozenset({1, 11, 16})  # float32, float64, bfloat16


@rule(Severity.ERROR, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR, explains=(Symptom.NOT_FINITE,))
def float16_overflow(facts: Facts, weights: Weights, settings: Settings) -> Iterator[Found]:
    becomes = settings.target_dtype == "float16"
    masks: dict[Key, Statistics] = {}
    for key, statistics in weights.items():
        if statistics.dtype == _FLOAT16 and statistics.inf:
            use = _computing(weights, key)
            if use is not None:
                share = f"{statistics.inf:,} of {counted(statistics.elements, 'element')}"
                yield _finding(
                    key, use, f"is infinite in {share}: float16 ends at {MOST:g}", "inf", infinite=statistics.inf
                )
        elif statistics.dtype in _WIDER and statistics.magnitude >= _ROUNDS_TO_INFINITY:
            use = _computing(weights, key)
            if use is not None and (becomes or _narrowed(use)):
                most = f"{statistics.magnitude:.5g}"
                yield _finding(key, use, f"goes up to {most}, which is infinite in float16 (at most {MOST:g})", most)
            elif use is not None and use.dense and statistics.magnitude > _EXPLODING:
                most = f"{statistics.magnitude:.3g}"
                yield _finding(key, use, f"goes up to {most}: no trained weight is that large", most, Severity.WARNING)
            elif becomes and use is None and weights.sources.uses(weights.tensor(key)):
                masks[key] = statistics
    yield from _at_casts(facts, weights)
    if masks:
        key, statistics = next(iter(masks.items()))
        yield Found(
            f"{listed(k.tensor for k in masks)} go beyond {MOST:g} and become infinite in float16: "
            "as a mask that is as good, unless a whole row is masked, which then is NaN",
            Location(key.graph, tensor=key.tensor),
            "write masks as -1e4, and keep other large constants in float32",
            expected=f"at most {MOST:g}",
            actual=f"{statistics.magnitude:.5g}",
            severity=Severity.WARNING,
        )


def _at_casts(facts: Facts, weights: Weights) -> Iterator[Found]:
    """Numbers that a Cast to float16 makes infinite: those of layers are told where they compute."""
    from ..weights.cast import reaching  # numpy comes with it

    def made(name: str, path: str) -> int | None:
        fact = facts.at(name, path) if path in facts.graphs else None
        return None if fact is None or fact.declared else fact.dtype

    for number in reaching(weights, _FLOAT16, made):
        told = number.key is not None and _computing(weights, number.key) is not None
        if told or not abs(number.value) >= _ROUNDS_TO_INFINITY or abs(number.value) == float("inf"):
            continue
        if _no_bound(number.scope.graph, number.cast, number.value):
            continue
        node, label = number.scope.graph.nodes[number.cast], number.scope.graph.label(number.cast)
        sign = "-inf" if number.value < 0 else "inf"
        where = ", wherever it is chosen" if number.chosen else ""
        yield Found(
            f"{label}: {number.name!r} goes up to {number.value:.5g} and becomes {sign} in float16 "
            f"(at most {MOST:g}){where}; a row of a softmax that is masked altogether is NaN",
            Location(number.scope.path, label, node.op_type, number.name, offset=node.offset),
            f"write {-1e4 if number.value < 0 else 1e4:g} in {number.name!r}, or cast first and mask in float16",
            expected=f"at most {MOST:g}",
            actual=f"{number.value:.5g}",
            severity=Severity.WARNING,
        )


def _no_bound(graph: Graph, cast: int, value: float) -> bool:
    """Whether a number is a bound alone, and beyond all that float16 holds: infinite it bounds as much."""
    name, bounding = graph.nodes[cast].outputs[0], "Min" if value > 0 else "Max"
    users = [graph.nodes[i] for i in graph.consumers.get(name, ())]
    return (
        bool(users)
        and all(o.name != name for o in graph.outputs)
        and all(
            not user.domain
            and (
                (user.op_type == bounding and len(user.inputs) > 1)
                or (user.op_type == "Clip" and [i for i, n in enumerate(user.inputs) if n == name] == [1 + (value > 0)])
            )
            for user in users
        )
    )


def _computing(weights: Weights, key: Key) -> Use | None:
    """The first use in which the tensor's numbers go into the result; a dense one before others."""
    uses = [u for u in weights.sources.uses(weights.tensor(key)) if u.computes]
    return next((u for u in uses if u.dense), uses[0] if uses else None)


def _narrowed(use: Use) -> bool:
    """Whether a Cast to float16 stands between the stored tensor and its use."""
    graph, name = use.scope.graph, use.node.inputs[use.position]
    for _ in range(8):
        at = graph.producers.get(name)
        if at is None or not graph.nodes[at].inputs:
            return False
        node = graph.nodes[at]
        if node.op_type == "Cast" and node.attributes.get("to") == _FLOAT16:
            return True
        name = node.inputs[0]
    return False


def _finding(
    key: Key, use: Use, what: str, actual: str, severity: Severity | None = None, infinite: int | None = None
) -> Found:
    return Found(
        f"{use.label}: {key.tensor!r} {what}",
        Location(use.scope.path, use.label, use.node.op_type, key.tensor),
        "keep this layer in float32, or rescale the weight"
        if severity is None
        else "compare the weight with the checkpoint, and export again",
        expected=f"at most {MOST if severity is None else _EXPLODING:g}",
        actual=actual,
        severity=severity,
        magnitude=infinite,
    )
