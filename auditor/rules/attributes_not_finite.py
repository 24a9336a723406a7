"""Attributes that hold NaN or infinity.

## What it does
Finds float attributes that are NaN, and infinite ones where a layer computes with them (epsilon, alpha, beta, gamma,
momentum and their like). An infinite bound, fill or constant may be meant.

## Why it matters
Everything that is computed with NaN is NaN; an infinite epsilon makes each output of a normalization its shift. The
specification allows any float, and checkers and runtimes load the model. Such a value comes of a division by zero or an
overflow where the model was made.

## Fires on
```mutator
epsilon_nan
alpha_infinite
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y) { y = LeakyRelu<alpha = 0.25>(x) }
```
```mutator
bound_infinite
```

## How to fix
Write the number that was meant, or leave the attribute out, where it has a default.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, isnan

from ..findings.places import nodes_at
from ..model.graph import Attribute, Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import others
from . import rule

_MAY_BE_INFINITE = frozenset(
    {"min", "max", "value", "value_float", "value_floats", "constant_value", "clip", "threshold", "high", "low"}
)


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def attributes_not_finite(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        found: dict[tuple[str, str, str], list[int]] = {}
        for node, alike in scope.graph.kinds:
            if node.op_type == "Constant" and not node.domain:
                continue
            for name, value in node.attributes.items():
                if what := _odd(name, value):
                    found.setdefault((node.op_type, name, what), []).extend(alike)
        for (op_type, name, what), places in found.items():
            places.sort()
            label = scope.graph.label(places[0])
            yield Found(
                f"{label}{others(places)}: {name} is {what}",
                Location(scope.path, label, op_type, attribute=name, offset=scope.graph.nodes[places[0]].offset),
                f"write the number that was meant for {name}",
                expected="a finite number",
                actual=what,
                places=nodes_at((scope.path, i) for i in places),
            )


def _odd(name: str, value: Attribute) -> str:
    numbers = value if type(value) is tuple else (value,)
    for number in numbers:
        if type(number) is not float:
            return ""
        if not isfinite(number):
            if isnan(number):
                return "NaN"
            if name not in _MAY_BE_INFINITE:
                return "infinite"
    return ""
