"""A Reshape whose rows hold parts of two images.

## What it does
Finds a Reshape (`x.view(-1, K)` in PyTorch) of a tensor that leads with the batch, where one image's elements are no
multiple of a row, nor a row of one image's elements. Then -1 takes as many rows as it can get, and a row holds the
end of one image and the beginning of the next.

## Why it matters
With one image it fails; with as many images that it comes out even it runs, gives fewer or more rows than there are
images, and each row is nonsense. No runtime and no checker objects, for the file is legal. It happens where K was
worked out for another image size: (N, 256, 5, 5) viewed as (-1, 9216), where 9216 = 256 x 6 x 6.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 256, 5, 5] x) => (float[M, 9216] y) <int64[2] s = {-1, 9216}> { y = Reshape(x, s) }
```

## Quiet on
```onnx
# Whole images to a row, rows within an image, and a row of several whole images (segments of a video).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 6, 4, 4] x) => (float[N, 96] a, float[M, 4] b, float[K, 8, 96] c)
<int64[2] s = {-1, 96}, int64[2] t = {-1, 4}, int64[3] u = {-1, 8, 96}> {
  a = Reshape(x, s)
  b = Reshape(x, t)
  c = Reshape(x, u)
}
```

## How to fix
In the framework use `x.flatten(1)` or `x.view(x.size(0), -1)`, which keep the batch, and give the dense layer behind
it the size that arrives; or feed the image size for which K was worked out.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..model.graph import Model, Node
from ..report import Basis, Finding, Location, Severity
from ..shapes.dim import Dim
from ..shapes.facts import Facts
from ..shapes.troubles import At
from . import rule


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def mixed_batch(model: Model, facts: Facts) -> Iterator[Finding]:
    batches = {f.shape[0] for f in facts.inputs.values() if f.shape and isinstance(f.shape[0], Dim)}
    if not batches:
        return
    for path, visited in facts.graphs.items():
        for index in visited.entries:
            node = visited.nodes[index]
            if node.op_type == "Reshape" and not node.domain and node.inputs and node.outputs:
                yield from _mixes(facts, At(path, index), node, batches)


def _mixes(facts: Facts, at: At, node: Node, batches: set[Dim]) -> Iterator[Finding]:
    data, made = facts.at(node.inputs[0], at.graph), facts.at(node.outputs[0], at.graph)
    if data is None or made is None or data.declared or made.declared or not data.shape or not made.shape:
        return
    if data.shape[0] not in batches or not isinstance(made.shape[0], Dim):
        return
    image = [s for s in data.shape[1:] if isinstance(s, int)]
    row = [s for s in made.shape[1:] if isinstance(s, int)]
    if len(image) < len(data.shape) - 1 or len(row) < len(made.shape) - 1:
        return
    has, takes = prod(image), prod(row)
    if not has or not takes or has % takes == 0 or takes % has == 0:
        return
    label = facts.label(at)
    product = f" ({' x '.join(map(str, image))})" if len(image) > 1 else ""
    yield Finding(
        f"{label} makes rows of {takes:,} elements from images of {has:,}{product}: a row holds parts of two images, "
        f"and {data.shape[0]} images become {made.shape[0]} rows",
        Location(at.graph, label, node.op_type, node.inputs[0], offset=node.offset),
        f"flatten with the batch kept (x.flatten(1)), and give the layer behind {label} the {has:,} features "
        "that an image has",
        expected=has,
        actual=takes,
        derivation=facts.derivation(node.outputs[0], at.graph),
    )
