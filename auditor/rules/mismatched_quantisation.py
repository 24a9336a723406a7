"""A quantised tensor that is read by another scale or zero point than it was written by.

## What it does
Follows every tensor that a QuantizeLinear, a QLinearConv or their kin make to the nodes that take it, past operators
that only move its elements, and compares the stored scales and zero points. A note where the scale of an int32 bias
is not that of the data times that of the weight.

## Why it matters
The numbers mean (q - zero point) * scale (https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html). Read by another
scale, all of them are too large or too small by one factor; by another zero point, all are shifted. It is what happens
when scales are copied from node to node by name, and no runtime notices. A bias is added to the sums of the integer
product, whose unit is the product of both scales: fused kernels take it as such, whatever its own scale says.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) <float s = {0.02}, uint8 z = {128}, float t = {0.05}> {
  q = QuantizeLinear(x, s, z)
  y = DequantizeLinear(q, t, z)
}
```
```onnx
# By another zero point, behind a Reshape.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[M, 2] y)
<float s = {0.02}, uint8 z = {128}, uint8 none = {0}, int64[2] shape = {-1, 2}> {
  q = QuantizeLinear(x, s, z)
  r = Reshape(q, shape)
  y = DequantizeLinear(r, s, none)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y)
<float s = {0.02}, uint8 z = {128}, int8[4, 4] v = {1, 127, 3, -9, 1, 2, 3, 4, 9, 8, 7, 6, 1, 2, 3, 127},
 float t = {0.01}, int32[4] b = {1, 2, 3, 4}, float u = {0.02}> {
  q = QuantizeLinear(x, s, z)
  a = DequantizeLinear(q, s, z)
  w = DequantizeLinear(v, t)
  c = DequantizeLinear(b, u)
  y = Gemm(a, w, c)
}
```

## Quiet on
```onnx
# Equal numbers under two names, and a tensor that is quantised anew by another scale.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y)
<float s = {0.02}, float same = {0.02}, uint8 z = {128}, float t = {0.05}> {
  q = QuantizeLinear(x, s, z)
  a = DequantizeLinear(q, same, z)
  r = Relu(a)
  p = QuantizeLinear(r, t, z)
  y = DequantizeLinear(p, t, z)
}
```

## How to fix
Give the named node the scale and the zero point of the node that makes its data. Quantise the bias anew, by the product
of the scales of data and weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import payload
from ..model.dtypes import DType
from ..model.graph import Model
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..tuples import NamedTuple
from . import rule

if TYPE_CHECKING:
    from ..weights import Weights

_MAKES = {
    "QuantizeLinear": (1, 2),
    "QLinearConv": (6, 7),
    "QLinearMatMul": (6, 7),
    "QLinearAdd": (6, 7),
    "QLinearMul": (6, 7),
    "QLinearSigmoid": (3, 4),
    "QLinearLeakyRelu": (3, 4),
    "QLinearAveragePool": (3, 4),
    "QLinearGlobalAveragePool": (3, 4),
}
"""Where the operators take scale and zero point of what they make."""

_TAKES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "DequantizeLinear": ((0, 1, 2),),
    "QLinearConv": ((0, 1, 2),),
    **dict.fromkeys(("QLinearMatMul", "QLinearAdd", "QLinearMul"), ((0, 1, 2), (3, 4, 5))),
    **dict.fromkeys(
        ("QLinearSigmoid", "QLinearLeakyRelu", "QLinearAveragePool", "QLinearGlobalAveragePool"), ((0, 1, 2),)
    ),
}
"""Where they take their data, its scale and its zero point."""

_MOVING = frozenset(
    {"Identity", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "MaxPool", "Slice", "Expand", "Tile"}
)
_FARTHEST = 16
_LAYERS = frozenset({"Conv", "Gemm", "ConvTranspose"})
_OFF = 0.01


class _By(NamedTuple):
    """By what a tensor is quantised: stored numbers, one for the whole tensor."""

    scale: float
    zero: float


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def mismatched_quantisation(model: Model, weights: Weights) -> Iterator[Found]:
    for scope in scopes(model):
        nodes = scope.graph.nodes
        if not any(node.op_type in _TAKES for node in nodes):
            continue
        for index, node in enumerate(nodes):
            for data, scale, zero in _TAKES.get(node.op_type, ()):
                yield from _read_otherwise(weights, scope, index, (data, scale, zero))
            if node.op_type in _LAYERS and len(node.inputs) > 2:
                yield from _bias(weights, scope, index)


def _read_otherwise(weights: Weights, scope: Scope, index: int, places: tuple[int, int, int]) -> Iterator[Found]:
    node = scope.graph.nodes[index]
    maker = _maker(scope, node.inputs[places[0]]) if places[0] < len(node.inputs) else None
    if maker is None:
        return
    written = _by(weights, scope, maker, *_MAKES[scope.graph.nodes[maker].op_type])
    read = _by(weights, scope, index, places[1], places[2])
    if written is None or read is None or _equal(written, read):
        return
    label, by = scope.graph.label(index), scope.graph.label(maker)
    if written.zero != read.zero:
        what = f"by the zero point {read.zero:g}, and {by} wrote it by {written.zero:g}"
        tensor = node.inputs[places[2]] if places[2] < len(node.inputs) else ""
    else:
        what = f"by the scale {read.scale:.6g}, and {by} wrote it by {written.scale:.6g}"
        tensor = node.inputs[places[1]]
    yield Found(
        f"{label} reads {node.inputs[places[0]]!r} {what}",
        Location(scope.path, label, node.op_type, tensor, offset=node.offset),
        f"give {label} the scale and the zero point of {by}",
        expected=f"{written.scale:.6g}, {written.zero:g}",
        actual=f"{read.scale:.6g}, {read.zero:g}",
    )


def _maker(scope: Scope, name: str) -> int | None:
    """The node that quantises a tensor, past those that only move its elements."""
    for _ in range(_FARTHEST):
        at = scope.graph.producers.get(name)
        if at is None:
            return None
        node = scope.graph.nodes[at]
        if node.op_type in _MAKES:
            return at
        if node.op_type not in _MOVING or node.domain or not node.inputs:
            return None
        name = node.inputs[0]
    return None


def _by(weights: Weights, scope: Scope, index: int, scale: int, zero: int) -> _By | None:
    """Scale and zero point of a node, where both are stored and one number."""
    inputs = scope.graph.nodes[index].inputs
    if scale >= len(inputs):
        return None
    factor = _one_number(weights, scope, inputs[scale])
    shift = _one_number(weights, scope, inputs[zero]) if zero < len(inputs) and inputs[zero] else 0.0
    return None if factor is None or shift is None else _By(factor, shift)


def _one_number(weights: Weights, scope: Scope, name: str) -> float | None:
    found = weights.sources.behind(scope, name)
    statistics = weights.statistics_of(found[1]) if found else None
    return statistics.min if statistics is not None and statistics.constant else None


def _equal(one: _By, other: _By) -> bool:
    near = abs(one.scale - other.scale) <= 1e-3 * max(abs(one.scale), abs(other.scale))
    return near and one.zero == other.zero


def _bias(weights: Weights, scope: Scope, index: int) -> Iterator[Found]:
    """Of a layer between DequantizeLinear nodes."""
    node = scope.graph.nodes[index]
    data, weight, bias = (_scales(weights, scope, name) for name in node.inputs[:3])
    if not data or not weight or not bias or len(data) > 1 or not _is_int32(weights, scope, node.inputs[2]):
        return
    for at in range(max(len(weight), len(bias))):
        product = data[0] * weight[min(at, len(weight) - 1)]
        own = bias[min(at, len(bias) - 1)]
        if abs(own - product) > _OFF * max(abs(own), abs(product)):
            maker = scope.graph.producers[node.inputs[2]]
            label, reader = scope.graph.label(index), scope.graph.label(maker)
            yield Found(
                f"{reader}: the scale of the bias of {label} is {own:.4g}; data and weight have {product:.4g} together",
                Location(
                    scope.path, reader, scope.graph.nodes[maker].op_type, scope.graph.nodes[maker].inputs[1],
                    offset=scope.graph.nodes[maker].offset,
                ),
                "quantise the bias anew, by the product of the scales of data and weight",
                expected=f"{product:.4g}",
                actual=f"{own:.4g}",
                severity=Severity.NOTE,
            )  # fmt: skip
            return


def _scales(weights: Weights, scope: Scope, name: str) -> tuple[float, ...]:
    """The stored scales of the DequantizeLinear that makes a tensor; none where they are not known."""
    at = scope.graph.producers.get(name)
    node = scope.graph.nodes[at] if at is not None else None
    if node is None or node.op_type != "DequantizeLinear" or len(node.inputs) < 2:
        return ()
    found = weights.sources.behind(scope, node.inputs[1])
    if found is None or len(found[1].dims) > 1:
        return ()
    return tuple(n for n in payload.small(weights.model, found[1]) or () if isinstance(n, float))


def _is_int32(weights: Weights, scope: Scope, name: str) -> bool:
    node = scope.graph.nodes[scope.graph.producers[name]]
    found = weights.sources.behind(scope, node.inputs[0])
    return found is not None and found[1].dtype == DType.INT32
