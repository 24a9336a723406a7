"""A view that cuts images into rows, each of which a dense layer answers; or lays all images into one row.

## What it does
Finds a Reshape or a Flatten that makes several rows of each image in front of a dense layer, if as many answers as
rows come out of the model: `x.view(-1, K)`, where K is a part of an image. A Flatten from axis 0 on lays all images of
an open batch into one row. Where the rows are brought together again, they are windows or tokens, and nothing is said.

## Why it matters
Each answer knows a part of its image, and answers are no longer one to an image: the caller takes the first of them.
The file is legal, every tool is content, and with a K that was worked out for another image size it comes about by
itself: (N, 256, 6, 6) viewed as (-1, 4608) gives two rows of each image.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x) => (float[M, 2] y)
<int64[2] s = {-1, 8}, float[8, 2] w = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}> {
  f = Reshape(x, s)
  y = MatMul(f, w)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2, 2, 4] x) => (float[2, 2] y)
<float[8, 2] w = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}> {
  f = Flatten<axis = 2>(x)
  y = Gemm(f, w)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x) => (float[1, M] y) { y = Flatten<axis = 0>(x) }
```

## Quiet on
```onnx
# Rows of pixels, brought together again; an image to a row.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x) => (float[N, 2, 4, 4] y, float[N, 2] z)
<int64[2] s = {-1, 4}, int64[4] t = {-1, 2, 4, 4}, float[4, 4] v = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8},
 float[32, 2] w = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
  1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}> {
  f = Reshape(x, s)
  g = MatMul(f, v)
  y = Reshape(g, t)
  h = Flatten(x)
  z = MatMul(h, w)
}
```

## How to fix
In the framework use `x.flatten(1)`, which keeps the batch, and give the dense layer the features that an image has.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..report import Basis, Found, Location, Severity
from ..shapes.batches import batch_names
from ..shapes.dense import taker
from ..shapes.fact import Shape, show
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Size, divide_exact, product
from ..shapes.troubles import At
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def split_images(facts: Facts) -> Iterator[Found]:
    images = {f.shape[0] for f in facts.inputs.values() if f.shape and len(f.shape) > 2 and f.shape[0] is not None}
    if not images:
        return
    outputs = [facts.at(value.name) for value in facts.model.graph.outputs]
    leads = {f.shape[0] for f in outputs if f is not None and f.shape and not f.declared}
    names = batch_names(facts)
    for at in facts.where(lambda asked: not asked.entry.plain or _shapes(facts, asked.at, images) is not None):
        if (shapes := _shapes(facts, at, images)) is not None:
            yield from _cut(facts, at, *shapes, leads, names)


def _shapes(facts: Facts, at: At, images: set[Size]) -> tuple[Shape, Shape] | None:
    """The shapes of images and of the rows that are made of them, where the node makes any."""
    node = facts.node(at)
    if node.op_type not in ("Reshape", "Flatten") or node.domain or not node.inputs or not node.outputs:
        return None
    data, made = facts.at(node.inputs[0], at.graph), facts.at(node.outputs[0], at.graph)
    if data is None or made is None or data.declared or made.declared or made.rank != 2 or (data.rank or 0) < 3:
        return None
    shape, rows = data.shape or (), made.shape or ()
    return None if None in shape or None in rows or shape[0] not in images else (shape, rows)


def _cut(
    facts: Facts, at: At, shape: Shape, rows: Shape, leads: set[Size | None], names: frozenset[str]
) -> Iterator[Found]:
    node, label = facts.node(at), facts.label(at)
    if shape[0] is None or rows[0] is None:
        return
    place = Location(at.graph, label, node.op_type, node.inputs[0], offset=node.offset)
    if node.op_type == "Flatten" and rows[0] == 1:
        if str(shape[0]) in names:
            yield Found(
                f"{label} lays all {shape[0]} images of {node.inputs[0]!r} {show(shape)} into one row",
                place._replace(attribute="axis"),
                "flatten from axis 1 on, which keeps the batch",
                expected=show((shape[0], product(s for s in shape[1:] if s is not None))),
                actual=show(rows),
            )
        return
    each = divide_exact(rows[0], shape[0]) if rows[0] != shape[0] else None
    if not isinstance(each, int) or each < 2 or rows[0] not in leads or shape[0] in leads:
        return
    dense = taker(facts, at, rows[1]) if isinstance(rows[1], int) else None
    if dense is not None:
        image = product(s for s in shape[1:] if s is not None)
        yield Found(
            f"{label} makes {each} rows of {rows[1]:,} elements of each image ({image:,}) in front of "
            f"{facts.label(dense)}: {shape[0]} images get {rows[0]} answers",
            place,
            "flatten with the batch kept (x.flatten(1)), and give the dense layer the features that an image has",
            expected=str(image),
            actual=str(rows[1]),
            derivation=facts.derivation(node.outputs[0], at.graph),
        )
