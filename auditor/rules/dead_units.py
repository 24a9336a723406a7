"""Filters and units that give one number whatever comes in: dead behind a Relu, or drowned by their bias.

## What it does
Follows convolutions and dense layers through the BatchNormalization and the Relu behind them. Tells filters that are
zero and give a number that hangs on nothing, or zero behind the Relu; channels whose scale is zero and whose shift is
not positive; and units whose bias is beyond 100 and 300 times what the weights make of an input of ordinary size. Tells
the channels of the model's input that no filter of its first convolution reads. All of it is a note, but where every
unit of a layer is so: a warning.

## Why it matters
What is dead costs its weights and its time and says nothing; a class whose bias is that far down is never chosen, one
that far up always. A few dead filters are usual after training. A layer that is dead as a whole cuts off all before it:
the model gives one answer. It is what a bias of other bytes, a scale lost in a cast, or a learning rate too high leave.

## Fires on
```onnx
# The second filter is zero, and so is its bias.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1, 4, 4] x) => (float[N, 2, 4, 3] y)
<float[2, 1, 1, 2] w = {1.0, 2.0, 0.0, 0.0}, float[2] b = {0.5, 0.0}> {
  c = Conv(x, w, b)
  y = Relu(c)
}
```
```onnx
# Its constant comes out of the normalization as -2.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1, 4, 4] x) => (float[N, 2, 4, 3] y)
<float[2, 1, 1, 2] w = {1.0, 2.0, 0.0, 0.0}, float[2] s = {1, 1}, float[2] b = {0.0, -2.0}, float[2] m = {0, 0},
 float[2] v = {1, 1}> {
  c = Conv(x, w)
  n = BatchNormalization(c, s, b, m, v)
  y = Relu(n)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1.0, 2.0, 3.0, 4.0}, float[2] b = {0.5, -9000.0}> {
  g = Gemm(x, w, b)
  y = Relu(g)
}
```
```onnx
# Both filters pass over the second channel.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x) => (float[N, 2, 4, 3] y)
<float[2, 2, 1, 2] w = {1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0}> { y = Conv(x, w) }
```

## Quiet on
```onnx
# A basis of waves, a scale of zero with a positive shift, a bias that the weights can reach.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1, 4, 4] x, float[N, 2] z) => (float[N, 2, 4, 3] y, float[N, 2, 4, 3] t, float[N, 2] u)
<float[2, 1, 1, 2] v0 = {1.0, 2.0, 0.0, 0.0}, float[2, 1, 1, 2] w = {1.0, 2.0, 3.0, 1.0},
 float[2] s = {1, 0}, float[2] b = {0.0, 2.0}, float[2] m = {0, 0},
 float[2] v = {1, 1}, float[2, 2] d = {1.0, 2.0, 3.0, 4.0}, float[2] e = {0.5, -200.0}> {
  t = Conv(x, v0)
  c = Conv(x, w)
  n = BatchNormalization(c, s, b, m, v)
  y = Relu(n)
  g = Gemm(z, d, e)
  u = Relu(g)
}
```

## How to fix
Compare the named tensor with the checkpoint. If the units are dead there too, prune them (the results stay the same),
or train the layer anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import TYPE_CHECKING, Any

from ..errors import CannotLook
from ..findings.kind import KnownBy
from ..findings.places import tensors_at
from ..model import payload
from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..tuples import NamedTuple
from ..wording import counted, listed
from . import rule

if TYPE_CHECKING:
    from ..model.tensor import Tensor
    from ..weights import Key, Weights

_FAR = 100.0
_REACH = 300
_MANY = 2  # layers, each of which has a finding of its own
_MOST = 1 << 24
"""Elements of a weight that is read again."""

_LAYERS = frozenset({"Conv", "Gemm"})
_LOOKED_AT = _LAYERS | {"BatchNormalization"}
_FLOATS = frozenset({1, 10, 11, 16})


class _Stored(NamedTuple):
    """A parameter of a node."""

    key: Key
    tensor: Tensor
    rms: float
    magnitude: float
    zeros: int
    least: float


class _Dead(NamedTuple):
    units: tuple[int, ...]
    of: int
    why: str
    tensor: str


@rule(Severity.NOTE, Basis.SUSPICIOUS, known_by=KnownBy.TENSOR)
def dead_units(model: Model, weights: Weights) -> Iterator[Found]:
    floats = [s for s in weights.values() if s.dtype in _FLOATS]
    some_zero = any(s.dead_channels for s in floats)
    found: dict[str, list[tuple[Scope, int, _Dead]]] = {}
    some_far = any(s.magnitude >= _FAR for s in floats)
    for scope in scopes(model):
        for index, node in scope.graph.nodes_of(_LOOKED_AT):
            if node.domain or len(node.inputs) < 2:
                continue
            looked = _Look(model, weights, scope, index)
            if node.op_type in _LAYERS:
                dead = [looked.zero_filters() if some_zero else None, looked.drowned() if some_far else None]
                if node.op_type == "Conv":
                    dead.append(looked.unread())
            else:
                dead = [looked.scaled_to_zero(), looked.shifted_away() if some_far else None]
            for one in dead:
                if one is not None and one.units:
                    found.setdefault(one.why, []).append((scope, index, one))
    for group in found.values():
        if len(group) > _MANY and all(len(dead.units) < dead.of for _, _, dead in group):
            yield _together(group)
        else:
            yield from (_finding(*one) for one in group)


def _together(group: list[tuple[Scope, int, _Dead]]) -> Found:
    """Many layers with a few dead units each: one finding, which names the layer that has most of them."""
    worst = max(group, key=lambda one: len(one[2].units))
    others = [scope.graph.label(index) for scope, index, _ in group if (scope, index) != worst[:2]]
    found = _finding(*worst)
    return found._replace(
        message=f"{found.message}; so do some of {counted(others, 'other layer')}: {listed(others)}",
        places=tensors_at((scope.path, dead.tensor) for scope, _, dead in group),
    )


def _finding(scope: Scope, index: int, dead: _Dead) -> Found:
    node, label = scope.graph.nodes[index], scope.graph.label(index)
    number = len(dead.units)
    return Found(
        f"{label}: {number:,} of {counted(dead.of, 'unit')} ({listed(map(str, dead.units))}) {dead.why}",
        Location(scope.path, label, node.op_type, dead.tensor, offset=node.offset),
        "compare the tensor with the checkpoint; what is dead there too can be pruned",
        expected=0,
        actual=number,
        severity=Severity.WARNING if number == dead.of and number > 1 else None,
        magnitude=number,
    )


class _Look:
    """One layer and what stands behind it. Arrays are read where the statistics say that there is something to see."""

    def __init__(self, model: Model, weights: Weights, scope: Scope, index: int) -> None:
        self._model, self._weights, self._scope = model, weights, scope
        self._node = scope.graph.nodes[index]

    def zero_filters(self) -> _Dead | None:
        """Filters that are zero: they give their constant, of which a Relu may make zero.

        Without a bias or a normalization they are no layer that was trained: a basis of waves has filters of zeros.
        """
        weight = self._stored(self._node, 1)
        if weight is None or self._rows(weight) is None or weight.tensor.name != self._node.inputs[1]:
            return None
        statistics = self._weights[weight.key]
        if not statistics.dead_channels or statistics.constant or statistics.elements > _MOST:
            return None
        behind = self._behind() or ()
        normalized = bool(behind) and behind[0].op_type == "BatchNormalization"
        if not normalized and not (len(self._node.inputs) > 2 and self._node.inputs[2]):
            return None
        rows = self._array(weight.tensor)
        if rows is None:
            return None
        import numpy

        constant: Any = numpy.zeros(len(rows))
        bias = self._stored(self._node, 2)
        if len(self._node.inputs) > 2 and self._node.inputs[2]:
            values = self._array(bias.tensor) if bias is not None else None
            if values is None or values.shape != constant.shape:
                return None
            constant = values
        if normalized:
            constant = self._normalized(behind[0], constant)
        if constant is None:
            return None
        zero = ~rows.reshape(len(rows), -1).any(axis=1)
        dead = zero & (constant <= 0)
        if behind and behind[-1].op_type == "Relu" and dead.any():
            units, why = dead, "are zero, and the Relu behind them gives zero"
        else:
            units, why = zero, "are zero: they give one number whatever comes in"
        return _Dead(tuple(int(i) for i in numpy.flatnonzero(units)), len(rows), why, weight.key.tensor)

    def drowned(self) -> _Dead | None:
        """Units whose bias is far beyond what the weights reach."""
        bias, weight = self._stored(self._node, 2), self._stored(self._node, 1)
        if bias is None or weight is None or bias.magnitude < _FAR or len(bias.tensor.dims) != 1:
            return None
        rows = self._rows(weight)
        statistics = self._weights[weight.key]
        if not rows or not statistics.elements or not weight.rms:
            return None
        reach = weight.rms * sqrt(statistics.elements / rows)
        values = self._array(bias.tensor)
        if values is None:
            return None
        behind = self._behind()
        relu = behind is not None and len(behind) == 1 and behind[0].op_type == "Relu"
        far = abs(values) > max(_FAR, _REACH * reach)
        units = tuple(i for i, is_far in enumerate(far) if is_far)
        if not units:
            return None
        down = relu and all(values[i] < 0 for i in units)
        then = "the Relu behind them gives zero" if down else "they give their bias whatever comes in"
        largest = max(abs(float(values[i])) for i in units)
        why = f"have a bias as far as {largest:.3g}, where the weights reach {reach:.2g}: {then}"
        return _Dead(units, len(values), why, bias.key.tensor)

    def unread(self) -> _Dead | None:
        """Channels of the model's input that no filter reads."""
        scope, node = self._scope, self._node
        if scope.path or node.inputs[0] in scope.graph.producers or node.attributes.get("group", 1) != 1:
            return None
        weight = self._stored(node, 1)
        if weight is None or weight.tensor.name != node.inputs[1] or len(weight.tensor.dims) < 3:
            return None
        filters, channels = weight.tensor.dims[:2]
        if weight.zeros * channels < self._weights[weight.key].elements or self._weights[weight.key].elements > _MOST:
            return None
        values = self._array(weight.tensor)
        if values is None or not filters or channels < 2:
            return None
        read = values.reshape(filters, channels, -1).any(axis=(0, 2))
        units = tuple(i for i, is_read in enumerate(read) if not is_read)
        if len(units) == channels:
            return None
        name = node.inputs[0]
        return _Dead(units, channels, f"that no filter reads are channels of the input {name!r}", weight.key.tensor)

    def scaled_to_zero(self) -> _Dead | None:
        """Channels of a normalization whose scale is zero, and whose shift a Relu makes zero."""
        scale = self._stored(self._node, 1)
        if scale is None or not scale.zeros or scale.magnitude == 0:
            return None
        shift = self._stored(self._node, 2)
        behind = self._behind()
        if shift is None or behind is None or behind[0].op_type != "Relu":
            return None
        factors, values = self._array(scale.tensor), self._array(shift.tensor)
        if factors is None or values is None or factors.shape != values.shape:
            return None
        units = tuple(i for i, (f, v) in enumerate(zip(factors, values, strict=True)) if f == 0 and v <= 0)
        return _Dead(units, len(factors), "have a scale of zero, and the Relu behind them gives zero", scale.key.tensor)

    def shifted_away(self) -> _Dead | None:
        """Channels of a normalization whose shift is far below what its scale reaches, in front of a Relu."""
        scale, shift = self._stored(self._node, 1), self._stored(self._node, 2)
        if scale is None or shift is None or shift.least > -_FAR:
            return None
        behind = self._behind()
        if behind is None or behind[0].op_type != "Relu":
            return None
        factors, values = self._array(scale.tensor), self._array(shift.tensor)
        if factors is None or values is None or factors.shape != values.shape:
            return None
        far = (values < -_FAR) & (values < -_FAR * abs(factors))
        units = tuple(i for i, is_far in enumerate(far) if is_far)
        why = f"have a shift as far down as {shift.least:.3g}: the Relu behind them gives zero"
        return _Dead(units, len(factors), why, shift.key.tensor)

    def _normalized(self, node: Node, constant: Any) -> Any:
        """What a BatchNormalization makes of a number for each channel; None where that is not known."""
        stored = [self._stored(node, place) for place in range(1, 5)]
        arrays: list[Any] = [self._array(s.tensor) if s is not None else None for s in stored]
        if any(a is None or a.shape != constant.shape for a in arrays):
            return None
        scale, shift, mean, variance = arrays
        given = node.attributes.get("epsilon", 1e-5)
        epsilon = given if isinstance(given, float | int) else 1e-5
        import numpy

        with numpy.errstate(all="ignore"):
            return (constant - mean) / numpy.sqrt(variance + epsilon) * scale + shift

    def _behind(self) -> tuple[Node, ...] | None:
        """A Relu, or a BatchNormalization and what stands behind that, where nothing else takes the result."""
        graph = self._scope.graph
        name, found = self._node.outputs[0], []
        for _ in range(2):
            users = graph.consumers.get(name, ())
            if len(users) != 1 or any(value.name == name for value in graph.outputs):
                break
            node = graph.nodes[users[0]]
            found.append(node)
            if node.op_type != "BatchNormalization" or node.attributes.get("training_mode"):
                break
            name = node.outputs[0]
        return tuple(found) or None

    def _rows(self, weight: _Stored) -> int | None:
        """The units of a layer, by its weight."""
        dims, node = weight.tensor.dims, self._node
        if node.op_type == "Conv":
            return dims[0]
        return dims[0 if node.attributes.get("transB") else 1] if len(dims) == 2 else None

    def _stored(self, node: Node, position: int) -> _Stored | None:
        if position >= len(node.inputs) or not node.inputs[position]:
            return None
        found = self._weights.sources.behind(self._scope, node.inputs[position])
        statistics = self._weights.statistics_of(found[1]) if found else None
        if found is None or statistics is None or statistics.nan or statistics.inf or not statistics.elements:
            return None
        rms = sqrt(statistics.mean**2 + statistics.std**2)
        return _Stored(*found, rms, statistics.magnitude, statistics.zeros, statistics.min)

    def _array(self, tensor: Tensor) -> Any:
        try:
            return payload.array(self._model, tensor)
        except (ValueError, CannotLook):
            return None
