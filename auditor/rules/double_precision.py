"""float64 in the compute path.

## What it does
Finds layers that compute in float64 on data that hangs on the inputs (small tensors of under 1,024 elements aside)
where no input of the model is float64, and names where it begins.

## Why it matters
It doubles memory traffic, runs at 1/2 to 1/64 of the speed of float32 on GPUs, and many kernels do not exist for it.
It creeps in by one float64 constant in the framework (a NumPy scalar, a Python float), and it is seldom meant. Where
heavy layers (convolutions, matrix products) are not concerned, it is a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <double[2, 2] w = {1.0, 2.0, 3.0, 4.0}> {
  a = Cast<to = 11>(x)
  b = MatMul(a, w)
  y = Cast<to = 1>(b)
}
```

## Quiet on
```onnx
# A small constant, and a caller who wants float64.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) <double s = {2.0}> {
  a = Cast<to = 1>(s)
  y = Mul(x, a)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (double[N, 2] x) => (double[N, 2] y) <double[2, 2] w = {1.0, 2.0, 3.0, 4.0}> { y = MatMul(x, w) }
```

## How to fix
Where it begins in a Cast, cast to float32 there, or take it away. Where it begins with a constant, make that float32 in
the framework (`torch.tensor(2.0, dtype=torch.float32)`, `np.float32(2)`) and export again. Outputs that are declared as
float64 become float32 with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..findings.places import nodes_at
from ..model.dtypes import DType
from ..model.graph import Model, TensorType
from ..report import Basis, Found, Location, Severity
from ..shapes.asked import Question
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from ..shapes.troubles import At
from ..wording import counted, listed
from . import rule

_HEAVY = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "LSTM", "GRU", "RNN", "Attention"})

_SMALL = 1024  # elements


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def double_precision(model: Model, facts: Facts) -> Iterator[Found]:
    if any(isinstance(v.type, TensorType) and v.type.dtype == DType.DOUBLE for v in model.graph.feeds):
        return  # the caller wants float64
    places: list[At] = []
    heavy = 0
    for at in facts.where(_may_be_double):
        node = facts.node(at)
        fact = facts.at(node.outputs[0], at.graph)
        if fact is None or fact.dtype != DType.DOUBLE or fact.declared or facts.fixed(node.outputs[0], at.graph):
            continue
        if node.op_type in _HEAVY:
            heavy += 1
            places.insert(heavy - 1, at)
        elif _large(fact):
            places.append(at)
    if places:
        node = facts.node(places[0])
        begins, fix = _begin(facts, places)
        given = [v.name for v in model.graph.outputs if isinstance(v.type, TensorType) and v.type.dtype == DType.DOUBLE]
        also = f"; declare {listed(given)} as float32 with it" if given else ""
        yield Found(
            f"{counted(places, 'node')} compute{'s' if len(places) == 1 else ''} in float64 "
            f"({counted(heavy, 'heavy layer')} among them), such as {facts.label(places[0])}{begins}; "
            "no input is float64",
            Location(places[0].graph, facts.label(places[0]), node.op_type, node.outputs[0], offset=node.offset),
            f"{fix}{also}",
            expected="float32",
            actual="float64",
            severity=None if heavy else Severity.NOTE,
            places=nodes_at(places),
        )


def _may_be_double(asked: Question) -> bool:
    entry, node = asked.entry, asked.node
    if asked.fixed or not node.outputs or node.op_type == "Cast":
        return False
    return not entry.plain or entry.outputs[0].dtype == DType.DOUBLE


def _large(fact: Fact) -> bool:
    sizes = fact.shape
    return sizes is not None and len(sizes) > 0 and prod(s if isinstance(s, int) else _SMALL for s in sizes) >= _SMALL


def _stored(facts: Facts, places: list[At]) -> list[str]:
    """The float64 tensors that hang on no input, among those that the nodes take."""
    found = {n: at for at in places for n in facts.node(at).inputs if n and facts.fixed(n, at.graph)}
    return [n for n, at in found.items() if (f := facts.at(n, at.graph)) is not None and f.dtype == DType.DOUBLE]


def _begin(facts: Facts, places: list[At]) -> tuple[str, str]:
    """Where the float64 comes from, going back from a node, and what to do there: at a Cast, or at a stored tensor."""
    at, stored = places[0], _stored(facts, places)
    for _ in range(256):
        node = facts.node(at)
        doubles = [n for n in node.inputs if n and (f := facts.at(n, at.graph)) is not None and f.dtype == DType.DOUBLE]
        moving = [n for n in doubles if not facts.fixed(n, at.graph)]
        maker = facts.producer(moving[0], at.graph) if moving else None
        if maker is None:
            break
        at = maker
    else:
        return "", "find the constant or the Cast that brings it in, and make it float32"
    label = facts.label(at)
    if doubles:
        return (
            f" (it begins with {doubles[0]!r})",
            f"make {doubles[0]!r}, which brings it in, float32, and export again",
        )
    begins = f" (it begins in {label})"
    if node.op_type in ("Cast", "CastLike"):
        with_them = f", and store {listed(stored)} as float32 with it" if stored else "; no constant brings it in"
        return begins, f"cast to float32 in {label} (to = 1), or take it away{with_them}"
    return begins, f"let {label} give float32, and export again"
