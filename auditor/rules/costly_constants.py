"""Work on stored numbers alone that burns a processor when the model is loaded.

## What it does
Adds up the multiply-accumulates of nodes that hang on no input, and the bytes that such nodes make, from the shapes
alone. It speaks where one node, or all of them for the little that the file stores, take 2^33 and more, and where they
make four gigabytes and more out of a file that is a sixty-fourth of that or smaller.

## Why it matters
Runtimes work out what is constant when they load a model: nobody has called it yet, and no limit of a request holds. A
chain of products of filled matrices has 600 bytes and keeps onnxruntime 1.32 busy for minutes in creating the session.
Trained models fold scales, masks and positions; the low-rank updates that some leave unmerged take 2^28 for each.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[4096, 4096] x) => (float[4096, 4096] y) <int64[2] s = {4096, 4096}> {
  a = ConstantOfShape(s)
  b = MatMul(a, a)
  c = MatMul(b, b)
  y = Add(x, c)
}
```

## Quiet on
```onnx
# A low-rank update that nobody merged.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4096] x) => (float[N, 4096] y) <int64[2] s = {4096, 16}, int64[2] t = {16, 4096}> {
  a = ConstantOfShape(s)
  b = ConstantOfShape(t)
  w = MatMul(a, b)
  y = MatMul(x, w)
}
```

## How to fix
Store the result, or make one factor an input. In a model that you did not make it is a reason not to load it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..costs.count import Costs
from ..costs.layers import Layer
from ..costs.peak import bytes_of_fact
from ..findings.places import location_of
from ..model.graph import Model
from ..report import Basis, Found, Severity
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Size
from ..wording import in_bytes
from . import rule

_MUCH = 1 << 33  # multiply-accumulates: a second of one core, more or less
_OF_A_BYTE = 1 << 16  # multiply-accumulates for each byte that the file stores
_BYTES, _OF_BYTES = 1 << 32, 64


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def costly_constants(model: Model, facts: Facts, costs: Costs) -> Iterator[Found]:
    stored = costs.weight_bytes + 1024
    if costs.folded_macs >= _MUCH:
        fixed = [layer for layer in costs.layers if layer.macs and _is_fixed(facts, layer)]
        most = max(fixed, key=lambda layer: _number(layer.macs), default=None)
        one = 0 if most is None else _number(most.macs)
        if most is not None and (one >= _MUCH or costs.folded_macs >= _OF_A_BYTE * stored):
            yield Found(
                f"{costs.folded_macs:,} multiply-accumulates hang on no input, {one:,} of them in {most.label}: a "
                "runtime does them when it loads the model",
                location_of(facts, most.at),
                "store the result in place of its origins; if you did not make the model, do not load it",
                expected=f"less than {_MUCH:,}",
                actual=costs.folded_macs,
                magnitude=costs.folded_macs,
            )
    if costs.generated_bytes >= _BYTES and costs.generated_bytes >= _OF_BYTES * stored:
        made = [layer for layer in costs.layers if _is_fixed(facts, layer)]
        most = max(made, key=_bytes, default=None)
        if most is not None:
            yield Found(
                f"nodes that hang on no input make {in_bytes(costs.generated_bytes)} out of a file that stores "
                f"{in_bytes(costs.weight_bytes)}; {most.label} makes the most of it",
                location_of(facts, most.at),
                "store what is used, once; if you did not make the model, do not load it",
                expected=f"less than {in_bytes(_BYTES)}",
                actual=costs.generated_bytes,
                magnitude=costs.generated_bytes,
            )


def _number(size: Size | None) -> int:
    return size if isinstance(size, int) else 0


def _bytes(layer: Layer) -> int:
    return sum(_number(bytes_of_fact(fact)) for fact in layer.facts)


def _is_fixed(facts: Facts, layer: Layer) -> bool:
    return layer.op_type != "Constant" and set(filter(None, layer.outputs)) <= facts.fixed_in(layer.at.graph)
