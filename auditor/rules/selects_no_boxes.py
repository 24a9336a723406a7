"""A NonMaxSuppression that may keep no box at all, or takes boxes for classes.

## What it does
Finds NonMaxSuppression nodes whose max_output_boxes_per_class is left out, or is 0 for every input, and those
whose scores have the boxes where the classes belong, with sizes that are open.

## Why it matters
"Integer representing the maximum number of boxes to be selected per batch per class. It is a scalar. Default to 0,
which means no output" (https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html). Frameworks mean "as many as there
are" where they leave it out; the exported detector runs and finds nothing, in every image.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 8, 4] b, float[1, 2, 8] s) => (int64[M, 3] y) <float[1] iou = {0.5}> {
  y = NonMaxSuppression(b, s, "", iou)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 8, 4] b, float[1, 2, 8] s) => (int64[M, 3] y) { y = NonMaxSuppression(b, s) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 8, 4] b, float[1, 2, 8] s) => (int64[M, 3] y) <int64[1] most = {0}> {
  y = NonMaxSuppression(b, s, most)
}
```

```onnx
# Scores of [batch, boxes, classes]: onnxruntime refuses them unless there are 80 boxes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, B, 4] b, float[N, B, 80] s) => (int64[M, 3] y) <int64[1] most = {50}> {
  y = NonMaxSuppression(b, s, most)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 8, 4] b, float[1, 2, 8] s) => (int64[M, 3] y) <int64[1] most = {50}> {
  y = NonMaxSuppression(b, s, most)
}
```
```onnx
# The caller says how many, and as many as there are boxes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, K, 4] b, float[1, 2, K] s, int64[1] most) => (int64[M, 3] y, int64[L, 3] z)
<int64 one = {1}> {
  y = NonMaxSuppression(b, s, most)
  shape = Shape(b)
  all = Gather(shape, one)
  z = NonMaxSuppression(b, s, all)
}
```

## How to fix
Give max_output_boxes_per_class: a number such as 300, or the number of boxes (Shape of the boxes, axis 1) where none is
to be left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import show
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim
from ..shapes.troubles import At
from ..wording import others
from . import rule

_MOST = 2  # the place of max_output_boxes_per_class among the inputs


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def selects_no_boxes(facts: Facts) -> Iterator[Found]:
    found: dict[str, list[At]] = {}
    for at in facts.nodes_of({"NonMaxSuppression"}):
        node = facts.node(at)
        if not node.domain:
            yield from _turned(facts, at)
            why = _why(facts, at.graph, node.inputs[_MOST] if len(node.inputs) > _MOST else "")
            if why:
                found.setdefault(why, []).append(at)
    for why, places in found.items():
        at, node, label = places[0], facts.node(places[0]), facts.label(places[0])
        yield Found(
            f"{label}{others(places)}: max_output_boxes_per_class {why}: no box is ever kept",
            Location(at.graph, label, node.op_type, offset=node.offset),
            f"give {label} a max_output_boxes_per_class, such as 300, or the number of boxes where all may be kept",
            expected="1 or more",
            actual=0,
            places=nodes_at(places),
        )


def _turned(facts: Facts, at: At) -> Iterator[Found]:
    """Scores with the boxes at axis 1: they run only for as many boxes as there are classes."""
    node, label = facts.node(at), facts.label(at)
    boxes, scores = (facts.at(name, at.graph) for name in node.inputs[:2])
    if boxes is None or scores is None or boxes.declared or scores.declared:
        return
    if boxes.shape is None or scores.shape is None or len(boxes.shape) != 3 or len(scores.shape) != 3:
        return
    count, (_, first, last) = boxes.shape[1], scores.shape
    if not isinstance(count, Dim) or first != count or not isinstance(last, int):
        return
    yield Found(
        f"{label}: scores {show(scores.shape)} are [batch, boxes, classes], must be [batch, classes, boxes]: "
        f"it runs only for {count} = {last}, and takes boxes for classes",
        Location(at.graph, label, node.op_type, node.inputs[1], offset=node.offset),
        f"put a Transpose with perm [0, 2, 1] in front of the scores of {label}",
        expected="[batch, classes, boxes]",
        actual=show(scores.shape),
        places=nodes_at([at]),
    )


def _why(facts: Facts, path: str, name: str) -> str:
    """Why nothing is selected; "" where something may be."""
    if not name:
        return "is left out, and its default is 0"
    fact = facts.at(name, path)
    most = fact.elements[0] if fact is not None and fact.elements else None
    return f"({name}) is {most}" if isinstance(most, int) and most <= 0 else ""
