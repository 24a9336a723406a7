"""A Reshape whose rows hold more than one image.

## What it does
Finds a Reshape (`x.view(-1, K)` in PyTorch) of a tensor that leads with the batch, where one image's elements are no
multiple of a row. Then -1 takes as many rows as it can get, and a row holds the end of one image and the beginning of
the next, or several images. Rows of several whole images are let pass where the target has axes for them, as the
segments of a video do, and where what is joined are vectors, as pairs are.

## Why it matters
With one image it fails; with as many images that it comes out even it runs, gives fewer or more rows than there are
images, and each row is nonsense. No runtime and no checker objects, for the file is legal. It happens where K was
worked out for another image size: (N, 256, 5, 5) viewed as (-1, 9216), where 9216 = 256 x 6 x 6. With an open height
or width it is a warning that names the sizes at which an image is one row.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 256, 5, 5] x) => (float[M, 9216] y) <int64[2] s = {-1, 9216}> { y = Reshape(x, s) }
```
```onnx
# Two images to a row: every even batch runs.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8, 8, 8] x) => (float[M, 1024] y) <int64[2] s = {-1, 1024}> { y = Reshape(x, s) }
```
```onnx
# By 36 images it comes out even: 25 rows.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[36, 256, 5, 5] x) => (float[M, 9216] y) <int64[2] s = {-1, 9216}> { y = Reshape(x, s) }
```
```onnx
# An image is one row for 12 <= H = W <= 13 alone.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4, H, W] x) => (float[M, 144] y) <int64[2] s = {-1, 144}> {
  p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
  y = Reshape(p, s)
}
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
```onnx
# The channels of each place, whatever the size.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, H, W, 8] x) => (float[M, 4] y) <int64[2] s = {-1, 4}> { y = Reshape(x, s) }
```
```onnx
# Pairs of vectors, and of the frames of one speaker.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x, float[T, 1, 80] f) => (float[M, 16] y, float[U, 160] g)
<int64[2] s = {-1, 16}, int64[2] t = {-1, 160}> {
  y = Reshape(x, s)
  g = Reshape(f, t)
}
```
```onnx
# The leading axis is not a batch: windows of an image.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[6, 10] x) => (float[4, 15] y) <int64[2] s = {4, 15}> { y = Reshape(x, s) }
```

## How to fix
In the framework use `x.flatten(1)` or `x.view(x.size(0), -1)`, which keep the batch, and give the dense layer behind
it the size that arrives; or feed the image size for which K was worked out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..repair import Repair
from ..report import Basis, Fit, Found, Location, Severity
from ..shapes.asked import Question
from ..shapes.dense import taker
from ..shapes.facts import Facts, rendered
from ..shapes.fits import solve
from ..shapes.open_axes import first_broken
from ..shapes.sizes.dim import Dim, Size, divide_exact, evaluate, named, product
from ..shapes.troubles import At, Impossible, Misfit
from ..wording import fitting
from . import rule

_BOUND = 4096
"""The largest input size that is tried."""


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def mixed_batch(model: Model, facts: Facts) -> Iterator[Found]:
    found = list(_all(facts))
    counted = any(f.shape and isinstance(f.shape[0], int) and f.shape[0] > 1 for f in facts.inputs.values())
    if not found and counted and any(_unlike(facts, at) for at in _reshapes(facts)):
        # So many images that a Reshape comes out even: with a name for their number it shows which axis the batch is.
        found = list(_all(_with_open_batch(facts)))
    yield from found


def _reshapes(facts: Facts) -> Iterator[At]:
    """Those that may mix: equal questions have outputs of one shape, where all of it is known."""

    def may(asked: Question) -> bool:
        node = asked.node
        if node.op_type != "Reshape" or node.domain or len(node.inputs) < 2 or not node.outputs:
            return False
        return not asked.entry.plain or _image_and_row(facts, asked.at) is not None

    return facts.where(may)


def _all(facts: Facts) -> Iterator[Found]:
    batches = {f.shape[0] for f in facts.inputs.values() if f.shape and isinstance(f.shape[0], Dim)}
    if batches:
        for at in _reshapes(facts):
            sizes = _image_and_row(facts, at)
            if sizes is not None and sizes[0] in batches:
                yield from _mixes(facts, at, *sizes[1:])


def _image_and_row(facts: Facts, at: At) -> tuple[Size, Size, int] | None:
    """What leads the data, and the elements of an image and of a row, where the Reshape works the leading size out."""
    node = facts.node(at)
    data, made = facts.at(node.inputs[0], at.graph), facts.at(node.outputs[0], at.graph)
    target = facts.at(node.inputs[1], at.graph)
    if data is None or made is None or data.declared or made.declared or not data.shape or not made.shape:
        return None
    if target is None or not target.elements or target.elements[0] != -1:
        return None
    image = [s for s in data.shape if s is not None]
    row = product(s for s in made.shape[1:] if s is not None)
    if len(image) < len(data.shape) or None in made.shape or not isinstance(row, int) or not row:
        return None
    return image[0], product(image[1:]), row


def _unlike(facts: Facts, at: At) -> bool:
    """Whether neither an image is so many rows, nor a row so many images."""
    sizes = _image_and_row(facts, at)
    return sizes is not None and isinstance(sizes[1], int) and _mixed(facts, at, sizes[1], sizes[2])


def _mixed(facts: Facts, at: At, image: int, row: int) -> bool:
    """Whether rows cross images. Whole vectors to a row may be meant (pairs), or axes of their own (segments)."""
    if image == 0 or image % row == 0:
        return False
    node = facts.node(at)
    data, made = facts.at(node.inputs[0], at.graph), facts.at(node.outputs[0], at.graph)
    axes = [s for s in (data.shape if data else None) or () if s != 1]
    flattens = len(axes) > 2 and made is not None and made.rank == 2
    return row % image != 0 or flattens


def _mixes(facts: Facts, at: At, image: Size, row: int) -> Iterator[Found]:
    node, label = facts.node(at), facts.label(at)
    data, made = facts.at(node.inputs[0], at.graph), facts.at(node.outputs[0], at.graph)
    dense = taker(facts, at, row)
    layer = facts.label(dense) if dense is not None else ""
    behind = f" for {layer}" if layer else ""
    warns = not isinstance(image, int)
    shape, rows = (data.shape if data else None) or (), (made.shape if made else None) or ()
    if isinstance(image, int):
        if not _mixed(facts, at, image, row):
            return
        of = f" ({' x '.join(map(str, shape[1:]))})" if len(shape) > 2 else ""
        fits = solve(facts, at, "shape")
        holds = "parts of several images" if row % image else f"{row // image} images"
        message = (
            f"{label} makes rows of {row:,} elements{behind} from images of {image:,}{of}: a row holds {holds}, "
            f"and {shape[0]} images become {rows[0]} rows"
        )
        expected: int | str = image
    else:
        if divide_exact(image, row) is not None:
            return
        fit = _fit(facts, at, image, row)
        if fit is None:
            return
        factors = " x ".join(f"({s})" if " " in str(s) else str(s) for s in shape[1:])
        message = (
            f"{label} makes rows of {row:,} elements{behind}; an image has {factors}, "
            f"which is that only for {_said(facts, fit)}: "
            "at any other size a row holds parts of several images, or the model fails"
        )
        fits, expected = (fit,), str(image)
    best = next((f for f in fits if f.ranges), None)
    size = f"feed images that fit ({_said(facts, best)}), or " if best else ""
    yield Found(
        message,
        Location(at.graph, label, node.op_type, node.inputs[0], offset=node.offset),
        f"{size}flatten with the batch kept (x.flatten(1)), and give {layer or f'the layer behind {label}'} "
        "the features that an image has",
        expected=expected,
        actual=row,
        derivation=facts.derivation(node.outputs[0], at.graph),
        fits=fits,
        severity=Severity.WARNING if warns else None,
        repairs=_repairs(facts, at, fits),
    )


def _repairs(facts: Facts, at: At, fits: tuple[Fit, ...]) -> tuple[Repair, ...]:
    """Sizes of inputs with which an image is one row, and the whole model runs."""
    from ..shapes.mending.edits import repair  # of a broken model alone
    from ..shapes.mending.feeding import sized
    from ..shapes.mending.search import MOST_TOLD
    from ..shapes.mending.trial import edited

    found: dict[object, Repair] = {}
    for proposal in sorted(sized(facts, fits, at), key=lambda p: p.cost) if fits else ():
        after = edited(facts, proposal.edit)
        sizes = None if after is None else _image_and_row(after, at)
        if after is None or sizes is None or sizes[1] != sizes[2] or first_broken(after, frozenset()) is not None:
            continue
        found.setdefault(proposal.place, repair(facts, proposal.edit, proposal.cause))
        if len(found) == MOST_TOLD:
            break
    return tuple(found.values())


def _fit(facts: Facts, at: At, image: Size, row: int) -> Fit | None:
    """The sizes of the open axes, all moved together, at which an image is one row."""
    axes = {
        str(size): f"{name}[{i}]"
        for name, fact in facts.inputs.items()
        for i, size in enumerate(fact.shape or ())
        if i and isinstance(size, Dim) and len(size.names) == 1
    }
    names = sorted(image.names) if isinstance(image, Dim) else []
    if not names or not axes.keys() >= set(names):
        return None
    try:
        sizes = [s for s in range(1, _BOUND + 1) if evaluate(image, dict.fromkeys(names, s)) == row]
    except ZeroDivisionError:
        return None
    spans: list[tuple[int, int]] = []
    for size in sizes:
        spans = [*spans[:-1], (spans[-1][0], size)] if spans and spans[-1][1] == size - 1 else [*spans, (size, size)]
    spans = [span for span in spans if all(_runs(facts, at, names, size) for size in span)]
    return Fit(tuple(axes[name] for name in names), tuple(spans)) if spans else None


def _runs(facts: Facts, at: At, names: list[str], size: int) -> bool:
    """Whether the nodes up to this one run at a size: one too small for a window solves the polynomial, too."""
    shapes = {
        name: tuple(size if str(s) in names else s for s in fact.shape)
        for name, fact in facts.inputs.items()
        if fact.shape is not None
    }
    troubles = facts.rebind(shapes).troubles
    return not any(isinstance(t, Misfit | Impossible) and _before(t.at, at) for t in troubles)


def _before(place: At, at: At) -> bool:
    return place.graph != at.graph or place.index <= at.index


def _said(facts: Facts, fit: Fit) -> str:
    return fitting(fit, {name: rendered(fact.shape) for name, fact in facts.inputs.items()})


def _with_open_batch(facts: Facts) -> Facts:
    """The same model, its images counted by a name."""
    counts = [f.shape[0] for f in facts.inputs.values() if f.shape and len(f.shape) > 1]
    batch = next((c for c in counts if isinstance(c, int) and c > 1), None)
    return facts.rebind(
        {
            name: (named("N"), *fact.shape[1:])
            for name, fact in facts.inputs.items()
            if fact.shape and len(fact.shape) > 1 and fact.shape[0] == batch
        }
    )
