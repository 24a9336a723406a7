"""A stored tensor of a fixed length beside data whose length is open.

## What it does
Finds an Add, Sub, Mul, Div, Where or comparison of data with an open size and a stored tensor that has a number over 1
in its place. The operator takes that number then, and 1, whatever the input declares. A batch is `baked-in-batch`'s.

## Why it matters
Broadcasting asks for equal sizes, or 1 (https://onnx.ai/onnx/repo-docs/Broadcasting.html). A table of positions, a
mask or a window that was cut to the tracing example's length makes a model that is declared for every length and runs
for one: the next request fails.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, seq, 2] x) => (float[N, seq, 2] y) <float[1, 3, 2] positions = {1, 2, 3, 4, 5, 6}> {
  y = Add(x, positions)
}
```

## Quiet on
```onnx
# One number for each feature, and a table that is cut to the data's length.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, seq, 2] x) => (float[N, seq, 2] y)
<float[2] b = {1, 2}, float[3, 2] positions = {1, 2, 3, 4, 5, 6}, int64[1] zero = {0}, int64[1] one = {1}> {
  a = Add(x, b)
  s = Shape(x)
  n = Gather(s, one)
  p = Slice(positions, zero, n, zero)
  y = Add(a, p)
}
```

## How to fix
Cut the stored tensor to the data's length in the graph (`positions[:, :x.size(1)]`), or declare the length that works.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..report import Basis, Found, Location, Severity
from ..shapes.channel_vectors import channel_vectors
from ..shapes.fact import Shape, show
from ..shapes.facts import Facts
from ..shapes.open_axes import open_axes
from ..shapes.sizes.dim import Dim, Size
from ..shapes.troubles import At
from . import rule

_JOINING = frozenset({"Add", "Sub", "Mul", "Div", "Where", "Less", "Greater", "Equal", "Pow", "PRelu"})


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def baked_in_size(facts: Facts) -> Iterator[Found]:
    names = {axis.name for axis in open_axes(facts) if not axis.batch}
    if not names:
        return
    for at in facts.where(lambda asked: any(_clashes(facts, asked.at, names))):
        node, label = facts.node(at), facts.label(at)
        for_channels = {node.inputs[found.vector] for found in channel_vectors(facts, at)}
        for data, one, (fixed, size) in _clashes(facts, at, names):
            if one in for_channels:
                continue  # it is as long as the channels, which misaligned-channels says
            yield Found(
                f"{label} joins {data!r} {show(_shape(facts, data, at.graph))} with the stored {one!r} "
                f"{show(_shape(facts, one, at.graph))}: {size} is declared open, and {fixed} and 1 alone work",
                Location(at.graph, label, node.op_type, one, offset=node.offset),
                f"cut {one!r} to the length of the data in the graph, or declare {size} as {fixed}",
                expected=str(size),
                actual=fixed if isinstance(fixed, int) else str(fixed),
            )


def _clashes(facts: Facts, at: At, names: set[str]) -> Iterator[tuple[str, str, tuple[Size | None, Size | None]]]:
    """Data and a stored tensor beside it, with the first sizes of the two that fit by chance alone."""
    node = facts.node(at)
    if node.op_type not in _JOINING or node.domain or len(node.inputs) < 2:
        return
    stored = [name for name in node.inputs if name and facts.fixed(name, at.graph)]
    open_ones = [name for name in node.inputs if name and name not in stored]
    for one in stored:
        fixed = _shape(facts, one, at.graph) or ()
        for data in open_ones if fixed else ():
            pairs = zip(reversed(fixed), reversed(_shape(facts, data, at.graph) or ()), strict=False)
            found = next((p for p in pairs if _clash(*p, names)), None)
            if found is not None:
                yield data, one, found


def _clash(one: object, other: object, names: set[str]) -> bool:
    return isinstance(one, int) and one > 1 and isinstance(other, Dim) and str(other) in names


def _shape(facts: Facts, name: str, graph: str) -> Shape | None:
    fact = facts.at(name, graph)
    return None if fact is None or fact.declared else fact.shape
