"""Switches that are neither 0 nor 1.

## What it does
Finds integer attributes that mean yes or no (keepdims, transA, transB, ceil_mode, exclusive, reverse, largest, sorted,
fmod, allowzero, training_mode, ...) and are another number.

## Why it matters
The pages say what 0 and 1 mean, and no more ("keepdims: Keep the reduced dimension or not, default 1 means keep reduced
dimension", https://onnx.ai/onnx/operators/onnx__ReduceMean.html). Readers ask "is it 1?" or "is it not 0?": with
keepdims = 7 onnx's inference keeps the axis, and onnxruntime 1.32 drops it.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (y) { y = ReduceMean<axes = [1], keepdims = 7>(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[2, 4] w) => (float[N, 2] y) { y = Gemm<transB = -1>(x, w) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[2, 4] w) => (float[N] y) {
  a = Gemm<transA = 0, transB = 1>(x, w)
  y = ReduceMean<axes = [1], keepdims = 0>(a)
}
```

## How to fix
Write 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.schemas import domains
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import others
from . import rule

SWITCHES = frozenset(
    {
        "keepdims", "transA", "transB", "ceil_mode", "count_include_pad", "exclusive", "reverse", "largest", "sorted",
        "fmod", "allowzero", "training_mode", "noop_with_empty_axes", "upper", "linear_before_reset", "input_forget",
        "storage_order", "select_last_index", "align_corners", "is_causal", "antialias", "onesided",
        "inverse", "exclude_outside",
    }
)  # fmt: skip


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def odd_switches(model: Model) -> Iterator[Found]:
    ours = frozenset(domains())
    for scope in scopes(model):
        found: dict[tuple[str, str, int], list[int]] = {}
        for node, alike in scope.graph.kinds:
            if not node.attributes or node.domain not in ours:
                continue
            for name, value in node.attributes.items():
                if name in SWITCHES and type(value) is int and value not in (0, 1):
                    found.setdefault((node.op_type, name, value), []).extend(alike)
        for (op_type, name, value), places in found.items():
            places.sort()
            label = scope.graph.label(places[0])
            yield Found(
                f"{label}{others(places)}: {name} is {value}, and 0 and 1 alone mean something",
                Location(scope.path, label, op_type, attribute=name, offset=scope.graph.nodes[places[0]].offset),
                "write 0 or 1",
                expected="0 or 1",
                actual=value,
                places=nodes_at((scope.path, i) for i in places),
            )
