"""What the specification allows and onnxruntime refuses.

## What it does
Finds an LRN over an even number of channels, and a pooling whose padding is as large as its kernel.

## Why it matters
The file is legal, other runtimes may take it, and onnxruntime 1.32 does not load it: "size_ % 2 == 1 was false", "Pad
should be smaller than kernel", with no node's name. LRN's formula
(https://onnx.ai/onnx/operators/onnx__LRN.html) takes ceil((size - 1) / 2) channels above and floor((size - 1) / 2)
below, so an even size is defined. A padding as large as the kernel makes places where nothing but padding is seen.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8, 4, 4] x) => (float[N, 8, 4, 4] y) { y = LRN<size = 4>(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8, 4, 4] x) => (float[N, 8, 4, 4] y) { y = MaxPool<kernel_shape = [2, 2], pads = [2, 0, 0, 0]>(x) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8, 4, 4] x) => (float[N, 8, 4, 4] y) {
  a = LRN<size = 5>(x)
  y = MaxPool<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(a)
}
```

## How to fix
Give LRN an odd size (3 or 5 are usual), and put a Pad of its own in front of the pooling.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Attributes, Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from . import rule

_POOLS = frozenset({"MaxPool", "AveragePool", "LpPool"})
_LIMITED = _POOLS | {"LRN"}


@rule(Severity.ERROR, Basis.REFUSED)
def runtime_limits(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        for i, node in scope.graph.nodes_of(_LIMITED):
            if node.domain:
                continue
            label = scope.graph.label(i)
            if node.op_type == "LRN":
                size = node.attributes.get("size")
                if isinstance(size, int) and size > 0 and size % 2 == 0:
                    yield Found(
                        f"{label}: LRN over an even number of channels, {size}: onnxruntime takes odd ones alone",
                        Location(scope.path, label, "LRN", attribute="size", offset=node.offset),
                        f"give it the size {size + 1} or {size - 1}, and compare the results",
                        expected="an odd number",
                        actual=size,
                    )
            elif (wide := _padded_wider(node.attributes)) is not None:
                pad, kernel = wide
                yield Found(
                    f"{label}: a padding of {pad} for a kernel of {kernel}: onnxruntime takes smaller ones alone",
                    Location(scope.path, label, node.op_type, attribute="pads", offset=node.offset),
                    "put a Pad of its own in front of it",
                    expected=f"at most {kernel - 1}",
                    actual=pad,
                )


def _padded_wider(attributes: Attributes) -> tuple[int, int] | None:
    """A padding and its kernel, where it is not the smaller one."""
    kernel, pads = attributes.get("kernel_shape"), attributes.get("pads")
    if attributes.get("auto_pad", "NOTSET") != "NOTSET" or not isinstance(kernel, tuple) or not isinstance(pads, tuple):
        return None
    for pad, size in zip(pads, (*kernel, *kernel), strict=False):
        if isinstance(pad, int) and isinstance(size, int) and 0 < size <= pad:
            return pad, size
    return None
