"""A stored tensor of a fixed length beside data whose length is open.

## What it does
Finds operators that broadcast (Add, Where, Max, comparisons) and take data with an open size and a stored tensor that
has a number over 1 in its place. The operator takes that number then, and 1, whatever the input declares; a Concat
takes the number alone. A batch, and any size that leads, is `baked-in-batch`'s.

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

from ..model.graph import Node
from ..report import Basis, Found, Location, Severity
from ..shapes.channel_vectors import channel_vectors
from ..shapes.conditions import STRETCHING
from ..shapes.fact import Shape, show
from ..shapes.facts import Facts
from ..shapes.open_axes import open_axes
from ..shapes.sizes.dim import Dim
from ..shapes.troubles import At
from ..tuples import NamedTuple
from . import rule

_JOINING = STRETCHING | {"PRelu", "Concat"}


class _Clash(NamedTuple):
    """Data and a stored tensor beside it, with the first sizes of the two that fit by chance alone."""

    data: str
    stored: str
    fixed: int
    size: str


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def baked_in_size(facts: Facts) -> Iterator[Found]:
    lengths = [axis for axis in open_axes(facts) if not axis.batch]
    names = {axis.name for axis in lengths}
    leading = {axis.name for axis in lengths if axis.axis == 0}
    if not names:
        return
    for at in facts.where(lambda asked: any(_clashes(facts, asked.at, names))):
        node, label = facts.node(at), facts.label(at)
        for_channels = {node.inputs[found.vector] for found in channel_vectors(facts, at)}
        told: set[tuple[str, int]] = set()
        for data, one, fixed, size in _clashes(facts, at, names):
            if one in for_channels:
                continue  # it is as long as the channels, which misaligned-channels says
            if (size, fixed) in told or (size in leading and not at.graph):
                continue
            told.add((size, fixed))
            exact = node.op_type == "Concat"
            works = f"{fixed} alone works" if exact or fixed == 1 else f"{fixed} and 1 alone work"
            give = f"give {one!r} the length of the data" if exact else f"cut {one!r} to the length of the data"
            yield Found(
                f"{label} joins {data!r} {show(_shape(facts, data, at.graph))} with the stored {one!r} "
                f"{show(_shape(facts, one, at.graph))}: {size} is declared open, and {works}",
                Location(at.graph, label, node.op_type, one, offset=node.offset),
                f"{give} in the graph, or declare {size} as {fixed}",
                expected=size,
                actual=fixed,
            )


def _clashes(facts: Facts, at: At, names: set[str]) -> Iterator[_Clash]:
    node = facts.node(at)
    if node.op_type not in _JOINING or node.domain or len(node.inputs) < 2:
        return
    stored = [name for name in node.inputs if name and facts.fixed(name, at.graph)]
    open_ones = [name for name in node.inputs if name and name not in stored]
    for one in stored:
        fixed = _shape(facts, one, at.graph) or ()
        for data in open_ones if fixed else ():
            for number, size in _beside(node, fixed, _shape(facts, data, at.graph) or ()):
                if isinstance(number, int) and number and isinstance(size, Dim) and str(size) in names:
                    yield _Clash(data, one, number, str(size))
                    break


def _beside(node: Node, fixed: Shape, data: Shape) -> Iterator[tuple[object, object]]:
    """The sizes that must be equal, the last first; where one broadcasts to the other, a 1 need not."""
    pairs = zip(reversed(fixed), reversed(data), strict=False)
    if node.op_type != "Concat":
        yield from ((one, other) for one, other in pairs if one != 1)
        return
    axis, rank = node.attributes.get("axis"), len(data)
    if isinstance(axis, int) and len(fixed) == rank and -rank <= axis < rank:
        yield from (pair for back, pair in enumerate(pairs, 1) if rank - back != axis % rank)


def _shape(facts: Facts, name: str, graph: str) -> Shape | None:
    fact = facts.at(name, graph)
    return None if fact is None or fact.declared else fact.shape
