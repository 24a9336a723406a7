"""Strides larger than their window, and padding that whole windows see alone.

## What it does
Finds poolings and convolutions whose stride is larger than the reach of their kernel, but for kernels of 1, and
convolutions whose padding is as large as the reach of a kernel larger than 1.

## Why it matters
Between two places of such a window lie rows and columns that no output has seen; and along a padding as large as the
kernel, outputs have seen nothing but zeros. Both are legal, and both are what swapped attributes look like
(kernel_shape for strides). Some networks are built so: a note.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 16, 16] x) => (float[A, B, C, D] y) { y = MaxPool<kernel_shape = [2, 2], strides = [3, 3]>(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 16, 16] x, float[1, 1, 3, 3] w) => (float[A, B, C, D] y) {
  y = Conv<kernel_shape = [3, 3], pads = [3, 3, 3, 3]>(x, w)
}
```

## Quiet on
```onnx
# A convolution of one pixel with a stride, as residual networks have, and full padding.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 16, 16] x, float[1, 1, 1, 1] v, float[1, 1, 3, 3] w) => (float[A, B, C, D] y) {
  a = Conv<kernel_shape = [1, 1], strides = [2, 2]>(x, v)
  b = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(a)
  y = Conv<kernel_shape = [3, 3], pads = [2, 2, 2, 2]>(b, w)
}
```

## How to fix
Look whether strides, pads and kernel_shape stand in their places.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Attributes, Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..wording import others
from . import rule

_WINDOWS = frozenset({"Conv", "MaxPool", "AveragePool", "LpPool", "ConvInteger", "QLinearConv"})


@rule(Severity.NOTE, Basis.SUSPICIOUS)
def skipped_pixels(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        found: dict[tuple[str, str, str], list[int]] = {}
        for i, node in scope.graph.nodes_of(_WINDOWS):
            if not node.domain and (odd := _odd(node.attributes)) is not None:
                found.setdefault((node.op_type, *odd), []).append(i)
        for (op_type, attribute, why), places in found.items():
            label = scope.graph.label(places[0])
            yield Found(
                f"{label}{others(places)}: {why}",
                Location(scope.path, label, op_type, attribute=attribute, offset=scope.graph.nodes[places[0]].offset),
                "look whether strides, pads and kernel_shape stand in their places",
                places=nodes_at((scope.path, i) for i in places),
            )


def _odd(attributes: Attributes) -> tuple[str, str] | None:
    """The attribute that is too large for the kernel, and what that means."""
    kernel = _numbers(attributes, "kernel_shape")
    if not kernel:
        return None
    dilations = _numbers(attributes, "dilations") or (1,) * len(kernel)
    reaches = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=False)]
    for stride, reach in zip(_numbers(attributes, "strides"), reaches, strict=False):
        if stride > reach > 1:
            return (
                "strides",
                f"a stride of {stride} for a kernel that reaches over {reach}: what lies between is unseen",
            )
    if attributes.get("auto_pad", "NOTSET") == "NOTSET":
        for pad, reach in zip(_numbers(attributes, "pads"), (*reaches, *reaches), strict=False):
            if pad >= reach > 1:
                return "pads", f"a padding of {pad} for a kernel that reaches over {reach}: windows see padding alone"
    return None


def _numbers(attributes: Attributes, name: str) -> tuple[int, ...]:
    value = attributes.get(name)
    return tuple(v for v in value if isinstance(v, int)) if isinstance(value, tuple) else ()
