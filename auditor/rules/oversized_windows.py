"""A pooling window larger than what is left of the image.

## What it does
Finds poolings whose window is larger than their padded input by at most a stride. (A window that is larger by more
has a negative number of places: impossible-shapes says so.)

## Why it matters
By the specification's formula such a pooling has no place to stand, and gives an empty tensor: floor((1 - 3) / 2) + 1
= 0 (https://onnx.ai/onnx/operators/onnx__MaxPool.html). onnxruntime 1.32 gives an empty tensor where a whole stride is
missing, and one place where less is, for it rounds towards zero; PyTorch refuses the layer. The image was fed too small
for the network, or the network has one pooling too many.

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

from ..findings.kind import Symptom
from ..model.graph import Attributes
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import Fact, Shape, ShapeError
from ..shapes.facts import Facts
from ..shapes.ops.window import Window, windows
from ..shapes.troubles import At
from . import rule

_POOLS = frozenset({"MaxPool", "AveragePool", "LpPool"})


@rule(Severity.WARNING, Basis.SUSPICIOUS, explains=(Symptom.REFUSED,))
def oversized_windows(facts: Facts) -> Iterator[Found]:
    fine: set[tuple[Attributes, Fact]] = set()
    for at in facts.nodes_of(_POOLS):
        node, entry = facts.node(at), facts.entry(at)
        if node.domain or entry is None or entry.error is not None or not node.inputs:
            continue
        fact = facts.at(node.inputs[0], at.graph)
        if fact is None or fact.declared or fact.shape is None or (node.attributes, fact) in fine:
            continue
        why = _too_large(node.attributes, fact.shape)
        if why is None:
            fine.add((node.attributes, fact))
        else:
            yield _finding(facts, at, *why)


def _too_large(attributes: Attributes, shape: Shape) -> tuple[Window, int] | None:
    """The first window that is, and what it finds."""
    auto_pad, ceil_mode = attributes.get("auto_pad", "NOTSET"), attributes.get("ceil_mode", 0)
    kernel, dilations, pads, strides = (
        _numbers(attributes.get(name)) for name in ("kernel_shape", "dilations", "pads", "strides")
    )
    if kernel is None or not isinstance(auto_pad, str) or not isinstance(ceil_mode, int):
        return None
    space = shape[2:]
    try:
        sliding = windows(len(space), kernel, auto_pad, dilations, pads, strides, ceil_mode)
    except ShapeError:  # of that impossible-shapes speaks
        return None
    for window, size in zip(sliding, space, strict=True):
        if isinstance(size, int) and size and isinstance(places := window.places(size), int) and places < 1:
            return window, size
    return None


def _finding(facts: Facts, at: At, window: Window, size: int) -> Found:
    node, label = facts.node(at), facts.label(at)
    padded = f"{size} + {window.before} + {window.after}" if window.before or window.after else f"{size}"
    return Found(
        f"{label}: a window of {window.reach} does not fit into {padded} ({window.arithmetic(size)}): "
        "nothing comes out, or what runtimes make up",
        Location(at.graph, label, node.op_type, node.inputs[0], "kernel_shape", node.offset),
        f"feed a larger input, or take {label} away",
        expected=f"at most {padded}",
        actual=str(window.reach),
        derivation=facts.derivation(node.inputs[0], at.graph),
    )


def _numbers(value: object) -> tuple[int, ...] | None:
    return tuple(v for v in value if isinstance(v, int)) if isinstance(value, tuple) else None
