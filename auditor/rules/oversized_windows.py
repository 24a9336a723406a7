"""A pooling window larger than what is left of the image.

## What it does
Finds poolings whose window is larger than their padded input by less than a stride. (A window that is larger by more
has a negative number of places: impossible-shapes says so.)

## Why it matters
By the specification's formula such a pooling has no place to stand, and gives an empty tensor: floor((1 - 3) / 2) + 1
= 0 (https://onnx.ai/onnx/operators/onnx__MaxPool.html). onnxruntime 1.32 gives one place all the same, and PyTorch
refuses the layer. The image was fed too small for the network, or the network has one pooling too many.

## Fires on
```onnx
# 4, 1, and then a window of 3 on 1.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x) => (float[A, B, C, D] y) {
  a = MaxPool<kernel_shape = [3, 3], strides = [2, 2]>(x)
  y = MaxPool<kernel_shape = [3, 3], strides = [2, 2]>(a)
}
```

## Quiet on
```onnx
# As large as the image; with padding; with a last window that ceil_mode lets stand over the edge.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 3, 3] x) => (float[1, 1, 1, 1] a, float[1, 1, 2, 2] b, float[1, 1, 2, 2] c) {
  a = MaxPool<kernel_shape = [3, 3], strides = [2, 2]>(x)
  b = MaxPool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]>(x)
  c = MaxPool<kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1>(x)
}
```

## How to fix
Feed the image size that the network is made for, or take the pooling away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..report import Basis, Finding, Location, Severity
from ..shapes.fact import ShapeError
from ..shapes.facts import Facts
from ..shapes.ops.window import windows
from ..shapes.troubles import At
from . import rule

_POOLS = frozenset({"MaxPool", "AveragePool", "LpPool"})


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def oversized_windows(facts: Facts) -> Iterator[Finding]:
    for path, visited in facts.graphs.items():
        for index, entry in visited.entries.items():
            if visited.nodes[index].op_type in _POOLS and entry.error is None:
                yield from _of(facts, At(path, index))


def _of(facts: Facts, at: At) -> Iterator[Finding]:
    node, label = facts.node(at), facts.label(at)
    fact = facts.at(node.inputs[0], at.graph) if node.inputs else None
    kernel = _numbers(node.attributes.get("kernel_shape"))
    if fact is None or fact.declared or fact.shape is None or kernel is None or node.domain:
        return
    auto_pad, ceil_mode = node.attributes.get("auto_pad", "NOTSET"), node.attributes.get("ceil_mode", 0)
    dilations, pads, strides = (_numbers(node.attributes.get(name)) for name in ("dilations", "pads", "strides"))
    if not isinstance(auto_pad, str) or not isinstance(ceil_mode, int):
        return
    space = fact.shape[2:]
    try:
        sliding = windows(len(space), kernel, auto_pad, dilations, pads, strides, ceil_mode)
    except ShapeError:  # of that impossible-shapes speaks
        return
    for window, size in zip(sliding, space, strict=True):
        places = window.places(size)
        if isinstance(places, int) and places < 1 and size != 0:
            padded = f"{size} + {window.before} + {window.after}" if window.before or window.after else f"{size}"
            yield Finding(
                f"{label}: a window of {window.reach} does not fit into {padded} ({window.arithmetic(size)}); "
                "onnxruntime gives 1 all the same",
                Location(at.graph, label, node.op_type, node.inputs[0], "kernel_shape", node.offset),
                f"feed a larger input, or take {label} away",
                expected=f"at most {padded}",
                actual=str(window.reach),
                derivation=facts.derivation(node.inputs[0], at.graph),
            )
            return


def _numbers(value: object) -> tuple[int, ...] | None:
    return tuple(v for v in value if isinstance(v, int)) if isinstance(value, tuple) else None
