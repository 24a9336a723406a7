"""An image is answered otherwise when other images are beside it.

## What it does
Runs a batch of three different images, each of them alone, and the batch in another order (`--deep`, or `--deep-part
independence`). Where an image's answer is another by more than 1e-4 of the largest element (1e-2 in float16, a step
of what is quantised), it is run again on other images; then the model is cut to find the node where images meet. What
one scale of DynamicQuantizeLinear does to all images is a note. Which axis the batch is follows from the propagation;
outputs that chance makes, or whose size the data decide, are not compared, and the report says so. Of a model whose
number of images is fixed, the images beside the first are exchanged.

## Why it matters
A server puts the requests of several users into one batch: the answer to each then hangs on what others have sent, and
on how many there are. With a batch of one, with which models are tested, nothing shows. Sound models were measured
at most 1.2e-7 apart (onnxruntime 1.32).

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, 8, 8] x) => (float[N, 3, 8, 8] y) {
  m = ReduceMean<axes = [0, 2, 3]>(x)
  y = Sub(x, m)
}
```
```onnx
# The numbers of one image come to lie in another.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4, 8] x) => (float[N, 4, 8] y) <int64[3] s = {4, -1, 8}> {
  r = Reshape(x, s)
  y = Transpose<perm = [1, 0, 2]>(r)
}
```
```onnx
# Of a fixed number of images.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[4, 3, 8, 8] x) => (float[4, 3, 8, 8] y) { y = LpNormalization<axis = 0>(x) }
```
```onnx
# A note: one scale for all images (microsoft/onnxruntime#10111).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 16] x) => (float[N, 16] y) {
  q, scale, zero = DynamicQuantizeLinear(x)
  y = DequantizeLinear(q, scale, zero)
}
```

## Quiet on
```onnx
# Each image by its own statistics; a recurrent layer along the batch of its state.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, 8, 8] x, float[T, N, 2] f, float[1, N, 3] h) => (float[N, 3, 8, 8] y, float[T, A, N, 3] z)
<float[3] g = {1, 2, 3}, float[1, 3, 2] w = {1, 2, 3, 4, 5, 6}, float[1, 3, 3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
  y = InstanceNormalization(x, g, g)
  z = RNN<hidden_size = 3>(f, w, r, , , h)
}
```
```onnx
# Rows of all images together, and brought back.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, 4, 8] x) => (float[batch, 4, 8] y) <int64[2] s = {-1, 8}, int64[3] t = {-1, 4, 8}> {
  r = Reshape(x, s)
  e = Softmax(r)
  y = Reshape(e, t)
}
```
```onnx
# Chance makes it: `random-operators` speaks of that.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  noise = RandomNormalLike(x)
  y = Add(x, noise)
}
```

## How to fix
Give the node the axis of the classes, features or places, and let the batch be kept: statistics per image
(LayerNormalization, InstanceNormalization) or stored ones (BatchNormalization after `model.eval()`), `x.flatten(1)`
and `x.transpose` in place of a `view` that exchanges axes. For DynamicQuantizeLinear quantise statically, or run
images one by one where answers must repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.independence import Independence
    from ..runtime.deep.independence import ImageDifference


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def dependent_images(model: Model, independence: Independence) -> Iterator[Found]:
    from ..evidence.deep.independence import ONE_SCALE
    from ..runtime.deep.independence import ALONE

    graph = model.graph
    groups: dict[int, list[ImageDifference]] = {}
    for one in independence.dependent:
        groups.setdefault(one.node, []).append(one)
    for index, group in groups.items():
        worst = max(group, key=lambda one: one.share)
        by_number = set(worst.how) == {ALONE}
        outputs = listed(one.output for one in group)
        where = f"{graph.label(index)}: " if index >= 0 else ""
        how = " and ".join(worst.how)
        yield Found(
            f"{where}an image's answer in {outputs} is another {how}: by up to {worst.share:.2g} of the "
            f"largest element ({worst.difference})",
            _location(model, index, worst),
            "let this node keep the batch apart" if index >= 0 else "keep the batch apart",
            severity=Severity.WARNING if by_number else None,
            magnitude=worst.share,
        )
    if independence.scaled:
        first = max(independence.scaled, key=lambda one: one.share)
        index = first.node
        if index < 0:
            index = next(i for i, node in enumerate(graph.nodes) if node.op_type in ONE_SCALE)
        yield Found(
            f"{graph.label(index)} takes one scale for all images of a batch: an image's answer in "
            f"{listed(one.output for one in independence.scaled)} is another with others beside it, by up to "
            f"{first.share:.2g} of the largest element",
            _location(model, index, first),
            "quantise statically, or run images one by one where answers must repeat",
            severity=Severity.NOTE,
        )


def _location(model: Model, index: int, one: ImageDifference) -> Location:
    if index < 0:
        return Location(tensor=one.output)
    node = model.graph.nodes[index]
    return Location("", model.graph.label(index), node.op_type, one.tensor or one.output, offset=node.offset)
