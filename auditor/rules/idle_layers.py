"""Layers that an attribute switches off.

## What it does
Finds alpha, beta, gamma and their like at values with which a layer gives one number whatever comes in (Selu's gamma 0,
HardSigmoid's alpha 0, Gemm's alpha 0), gives NaN or infinity (Celu's alpha 0, LpPool's p 0), or leaves an input out
(Gemm's beta 0 with a C of more than one number). An Elu or LeakyRelu of alpha 0, which is a Relu, one of alpha 1, which
does nothing, and one of negative alpha, which is no longer monotonic, are notes.

## Why it matters
All of it is legal, by the formulas on the operators' pages (https://onnx.ai/onnx/operators/): HardSigmoid is
"max(0, min(1, alpha * x + beta))". onnxruntime 1.32 runs it: Celu of alpha 0 gives NaN, Selu of gamma 0 zeros. An
attribute that was lost or rounded to 0 looks like this.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) { y = HardSigmoid<alpha = 0.0>(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) { y = Celu<alpha = 0.0>(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[4, 2] w, float[2] c) => (float[N, 2] y) { y = Gemm<beta = 0.0>(x, w, c) }
```
```onnx
# A Relu: a note.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) { y = LeakyRelu<alpha = 0.0>(x) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[4, 2] w) => (float[N, 2] y) <float[1] one = {1}> {
  a = LeakyRelu<alpha = 0.1>(x)
  b = Elu<alpha = 0.5>(a)
  # Older opsets want a C, and exporters of a plain product give one number.
  y = Gemm<beta = 0.0>(b, w, one)
}
```

## How to fix
Write the number that the layer was trained with, or take the layer away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Graph, Model, Node
from ..model.scopes import scopes
from ..model.tensor import Tensor
from ..report import Basis, Found, Location, Severity
from ..tuples import NamedTuple
from ..wording import others
from . import rule


class _Odd(NamedTuple):
    attribute: str
    value: float
    makes: str
    harm: bool


_ZERO = {
    ("Selu", "gamma"): "every output is 0",
    ("HardSigmoid", "alpha"): "every output is the same",
    ("Gemm", "alpha"): "the product is left out",
    ("Celu", "alpha"): "it divides by it, and gives NaN",
    ("LpPool", "p"): "it takes the root of order 0",
    ("GlobalLpPool", "p"): "it takes the root of order 0",
    ("ScaledTanh", "alpha"): "every output is 0",
    ("Affine", "alpha"): "every output is the same",
    ("ParametricSoftplus", "alpha"): "every output is 0",
    ("Scale", "scale"): "every output is 0",
}
"""What a layer does where the attribute is 0."""

_SLOPES = frozenset({"LeakyRelu", "Elu"})
_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
_IDLE = frozenset({"Gemm", *(op_type for op_type, _ in _ZERO)}) | _SLOPES | _RECURRENT


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def idle_layers(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        found: dict[tuple[str, _Odd], list[int]] = {}
        for i, node in scope.graph.nodes_of(_IDLE):
            if not node.domain and (odd := _odd(scope.graph, node)) is not None:
                found.setdefault((node.op_type, odd), []).append(i)
        for (op_type, odd), places in found.items():
            label = scope.graph.label(places[0])
            yield Found(
                f"{label}{others(places)}: {odd.attribute} is {odd.value:g}: {odd.makes}",
                Location(
                    scope.path, label, op_type, attribute=odd.attribute, offset=scope.graph.nodes[places[0]].offset
                ),
                f"write the {odd.attribute} that the layer was trained with, or take the layer away",
                actual=f"{odd.value:g}",
                severity=None if odd.harm else Severity.NOTE,
                places=nodes_at((scope.path, i) for i in places),
            )


def _is_one_number(graph: Graph, name: str) -> bool:
    stored = next((t for t in graph.initializers if t.name == name), None)
    maker = graph.producers.get(name)
    value = None if maker is None else graph.nodes[maker].attributes.get("value")
    tensor = stored or value
    return isinstance(tensor, Tensor) and tensor.elements == 1


def _odd(graph: Graph, node: Node) -> _Odd | None:
    for name, value in node.attributes.items():
        if type(value) is not float and type(value) is not int:
            continue
        if value == 0 and (node.op_type, name) in _ZERO:
            return _Odd(name, value, _ZERO[node.op_type, name], True)
        if value == 0 and node.op_type == "Gemm" and name == "beta" and len(node.inputs) > 2 and node.inputs[2]:
            return None if _is_one_number(graph, node.inputs[2]) else _Odd(name, value, "its C is left out", True)
        if node.op_type in _SLOPES and name == "alpha" and not value > 0:
            return _Odd(name, value, "it is a Relu" if value == 0 else "negative numbers turn their sign", False)
        if node.op_type == "LeakyRelu" and name == "alpha" and value == 1:
            return _Odd(name, value, "it does nothing", False)
        if name == "clip" and value <= 0 and node.op_type in _RECURRENT:
            return _Odd(name, value, "every activation is cut to 0", True)
    return None
