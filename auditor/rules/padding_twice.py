"""auto_pad and explicit pads on one node.

## What it does
Finds convolutions and pools whose auto_pad is SAME_UPPER, SAME_LOWER or VALID, and which give `pads` as well.

## Why it matters
pads: "This attribute cannot be used simultaneously with auto_pad attribute."
(https://onnx.ai/onnx/operators/onnx__Conv.html). Which of the two holds, hangs on the runtime: onnxruntime 1.32
refuses it on Conv and ConvTranspose, even where all pads are 0, and lets auto_pad win on pools. On a pool, pads that
are all 0 are a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x) => (float[1, 1, 4, 4] y) {
  y = MaxPool<auto_pad = "SAME_UPPER", kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(x)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x, float[1, 1, 3, 3] w) => (float[1, 1, 2, 2] y) {
  y = Conv<auto_pad = "VALID", pads = [0, 0, 0, 0]>(x, w)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x, float[1, 1, 3, 3] w) => (float[1, 1, 4, 4] y) {
  a = Conv<auto_pad = "NOTSET", pads = [1, 1, 1, 1]>(x, w)
  y = MaxPool<auto_pad = "SAME_UPPER", kernel_shape = [3, 3]>(a)
}
```

## How to fix
Keep one of the two: take `auto_pad` away and write the pads that were meant, or take `pads` away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import others
from . import rule

_CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
_WINDOWS = _CONVOLUTIONS | {"MaxPool", "AveragePool", "LpPool"}
_AUTOMATIC = frozenset({"SAME_UPPER", "SAME_LOWER", "VALID"})


@rule(Severity.ERROR, Basis.ILLEGAL)
def padding_twice(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        found: dict[tuple[str, str, tuple[int, ...]], list[int]] = {}
        for i, node in scope.graph.nodes_of(_WINDOWS):
            if node.domain:
                continue
            automatic, given = node.attributes.get("auto_pad"), node.attributes.get("pads")
            if isinstance(automatic, str) and automatic in _AUTOMATIC and isinstance(given, tuple) and given:
                pads = tuple(p for p in given if isinstance(p, int))
                found.setdefault((node.op_type, automatic, pads), []).append(i)
        for (op_type, automatic, pads), places in found.items():
            label = scope.graph.label(places[0])
            harmless = op_type not in _CONVOLUTIONS and not any(pads)
            yield Found(
                f"{label}{others(places)}: auto_pad is {automatic} and pads are {list(pads)}; "
                "only one of them may be given",
                Location(scope.path, label, op_type, attribute="auto_pad", offset=scope.graph.nodes[places[0]].offset),
                "take auto_pad away and write the pads that were meant, or take pads away",
                expected="auto_pad or pads",
                actual="both",
                severity=Severity.NOTE if harmless else None,
                places=nodes_at((scope.path, i) for i in places),
            )
