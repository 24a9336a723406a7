"""A PRelu with a slope for each column of the image instead of each channel.

## What it does
Finds PRelu nodes whose slope is a vector [C] of as many numbers as there are channels, where the image happens to be as
wide: it is stretched along the last axis, and so runs along the width.

## Why it matters
Since opset 7 the slope must be "unidirectional broadcastable to input tensor X"
(https://onnx.ai/onnx/operators/onnx__PRelu.html): a vector belongs to the last axis. Exporters that forget the two axes
behind the channels write [C] for [C, 1, 1]. On most images that fails (`misfit-initializers`); on one that is as wide
as it has channels it runs, and computes something else than was trained.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 9]>
agraph (float[N, 3, 8, 3] x) => (float[N, 3, 8, 3] y) <float[3] slope = {0.1, 0.2, 0.3}> { y = PRelu(x, slope) }
```

## Quiet on
```onnx
# One for all, one for each channel, and below opset 7 a vector was for the channels.
<ir_version: 8, opset_import: ["" : 9]>
agraph (float[N, 3, 8, 3] x, float[N, 3] v) => (float[N, 3, 8, 3] y, float[N, 3, 8, 3] z, float[N, 3] w)
<float[1] one = {0.1}, float[3, 1, 1] slope = {0.1, 0.2, 0.3}, float[3] dense = {0.1, 0.2, 0.3}> {
  y = PRelu(x, one)
  z = PRelu(x, slope)
  w = PRelu(v, dense)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 6]>
agraph (float[N, 3, 8, 3] x) => (float[N, 3, 8, 3] y) <float[3] slope = {0.1, 0.2, 0.3}> { y = PRelu(x, slope) }
```

## How to fix
Give the slope the shape [C, 1, 1] (a 1 for each axis behind the channels).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import opsets_of
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import show
from ..shapes.facts import Facts
from . import nodes_at, rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def slope_along_width(model: Model, facts: Facts) -> Iterator[Found]:
    for path, visited in facts.graphs.items():
        for index in visited.entries:
            node = visited.nodes[index]
            if node.op_type != "PRelu" or node.domain or len(node.inputs) < 2:
                continue
            x, slope = (facts.at(name, path) for name in node.inputs[:2])
            if x is None or slope is None or x.declared or not x.shape or slope.shape is None or len(x.shape) < 3:
                continue
            if len(slope.shape) != 1 or slope.shape[0] == 1 or opsets_of(model, visited.nodes).get("", 1) < 7:
                continue
            if slope.shape[0] == x.shape[1] == x.shape[-1]:
                right = (slope.shape[0], *(1,) * (len(x.shape) - 2))
                label = node.name or f"{node.op_type}[{index}]"
                yield Found(
                    f"{label}: the slope {node.inputs[1]!r} of {show(slope.shape)} runs along the last axis of "
                    f"{show(x.shape)}, which happens to be as long as there are channels",
                    Location(path, label, node.op_type, node.inputs[1], offset=node.offset),
                    f"give {node.inputs[1]!r} the shape {show(right)}",
                    expected=show(right),
                    actual=show(slope.shape),
                    places=nodes_at([(path, index)]),
                )
