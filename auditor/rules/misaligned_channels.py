"""A vector with one number for each channel that runs along the width.

## What it does
Finds stored vectors of as many numbers as the data has channels (axis 1), in a PRelu, or in an Add, Sub, Mul or Div
behind a layer that gives channels first or at an input whose width is open, where broadcasting lays them along the last
axis, and nothing fails: the width is as long as the vector by chance, or it is open.

## Why it matters
ONNX broadcasts as NumPy does, from the last axis on (https://onnx.ai/onnx/repo-docs/Broadcasting.html): a slope of
shape [C] for data of [N, C, H, W] is one number for each column. With another width the model fails; with this one it
runs, and each column is scaled by a channel's number. Keras and Caffe store such vectors, whose own operators take them
for channels; ONNX's PRelu did so before opset 7, too.

## Fires on
```onnx
# 4 channels and a width of 4.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4, 4, 4] x) => (float[2, 4, 4, 4] y) <float[4] slope = {0.1, 0.2, 0.3, 0.4}> { y = PRelu(x, slope) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4, H, W] x) => (float[2, 4, H, W] y) <float[4] slope = {0.1, 0.2, 0.3, 0.4}> { y = PRelu(x, slope) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2, 6, 6] x, float[4, 2, 3, 3] w) => (float[1, 4, 4, 4] y) <float[4] s = {0.1, 0.2, 0.3, 0.4}> {
  c = Conv(x, w)
  y = Mul(c, s)
}
```

## Quiet on
```onnx
# One for each channel, and channels last behind a Transpose.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 4, 4, 4] x, float[4, 2, 3, 3] w) => (float[2, 4, 4, 4] y, float[2, 4, 4, 4] z)
<float[4, 1, 1] slope = {0.1, 0.2, 0.3, 0.4}, float[4] last = {0.1, 0.2, 0.3, 0.4}> {
  y = PRelu(x, slope)
  t = Transpose<perm = [0, 2, 3, 1]>(x)
  z = PRelu(t, last)
}
```
```onnx
# Tokens, and data that nothing says to be an image.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 8, 8] t, float[2, 4, 4, 4] x) => (float[2, 8, 8] y, float[2, 4, 4, 4] z)
<float[8] s = {1, 2, 3, 4, 5, 6, 7, 8}, float[4] b = {1, 2, 3, 4}> {
  y = Mul(t, s)
  z = Add(x, b)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 6]>
agraph (float[2, 4, 4, 4] x) => (float[2, 4, 4, 4] y) <float[4] slope = {0.1, 0.2, 0.3, 0.4}> { y = PRelu(x, slope) }
```

## How to fix
Store the vector as [C, 1, 1] (as many ones as there are axes behind the channels).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..repair import Repair
from ..report import Basis, Found, Location, Severity
from ..shapes.channel_vectors import ChannelVector, along_the_width, channel_vectors
from ..shapes.fact import show
from ..shapes.facts import Facts
from ..shapes.open_axes import first_broken
from ..shapes.troubles import At
from . import rule


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def misaligned_channels(facts: Facts) -> Iterator[Found]:
    for at in facts.where(lambda asked: any(along_the_width(facts, asked.at))):
        for vector in channel_vectors(facts, at):
            yield _misaligned(facts, at, vector)


def _misaligned(facts: Facts, at: At, found: ChannelVector) -> Found:
    node, label, name = facts.node(at), facts.label(at), facts.node(at).inputs[found.vector]
    count, v, x = found.numbers, found.shape, found.of_data
    width = x[-1]
    wanted = (count, *(1 for _ in x[2:]))
    chance = f"the width is {count} as well, so it runs" if width == count else f"it runs only where {width} is {count}"
    return Found(
        f"{label}: {name} {show(v)} runs along the width of {show(x)}, which has {count} channels: "
        f"{chance}, and gives each column a number that is a channel's",
        Location(at.graph, label, node.op_type, name, offset=node.offset),
        f"give {name} the shape {show(wanted)}",
        expected=show(wanted),
        actual=show(v),
        repairs=_repairs(facts, at, name, wanted, show(x)) if width != count else (),
    )


def _repairs(facts: Facts, at: At, name: str, wanted: tuple[int, ...], data: str) -> tuple[Repair, ...]:
    """The other shape, if with it the whole model runs. Where the width is as long by chance the model runs as it is,
    and nobody knows which of the two was meant."""
    from ..shapes.mending.edits import SetDims, repair  # of a broken model alone
    from ..shapes.mending.stored import stored_alone
    from ..shapes.mending.trial import edited

    if not stored_alone(facts, name, at):
        return ()
    edit = SetDims(at, name, wanted)
    after = edited(facts, edit)
    if after is None or first_broken(after, frozenset()) is not None or any(case.at == at for case in after.open):
        return ()
    return (repair(facts, edit, f"{name} runs along the width of {data}; as {show(wanted)} it runs at any"),)
