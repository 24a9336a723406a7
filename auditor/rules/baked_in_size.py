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
from ..shapes.fact import Shape, show
from ..shapes.facts import Facts
from ..shapes.open_axes import open_axes
from ..shapes.sizes.dim import Dim
from . import rule

_JOINING = frozenset({"Add", "Sub", "Mul", "Div", "Where", "Less", "Greater", "Equal", "Pow", "PRelu"})


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def baked_in_size(facts: Facts) -> Iterator[Found]:
    names = {axis.name for axis in open_axes(facts) if not axis.batch}
    if not names:
        return
    for path, visited in facts.graphs.items():
        for index in visited.entries:
            node = visited.nodes[index]
            if node.op_type not in _JOINING or node.domain or len(node.inputs) < 2:
                continue
            stored = [name for name in node.inputs if name and facts.fixed(name, path)]
            open_ones = [name for name in node.inputs if name and name not in stored]
            for one in stored:
                fixed = _shape(facts, one, path)
                for data in open_ones if fixed else ():
                    sizes = _shape(facts, data, path) or ()
                    pairs = zip(reversed(fixed or ()), reversed(sizes), strict=False)
                    found = next((p for p in pairs if _clash(*p, names)), None)
                    if found is not None:
                        label = node.name or f"{node.op_type}[{index}]"
                        yield Found(
                            f"{label} joins {data!r} {show(sizes)} with the stored {one!r} {show(fixed)}: "
                            f"{found[1]} is declared open, and {found[0]} and 1 alone work",
                            Location(path, label, node.op_type, one, offset=node.offset),
                            f"cut {one!r} to the length of the data in the graph, or declare {found[1]} as {found[0]}",
                            expected=str(found[1]),
                            actual=found[0] if isinstance(found[0], int) else str(found[0]),
                        )


def _clash(one: object, other: object, names: set[str]) -> bool:
    return isinstance(one, int) and one > 1 and isinstance(other, Dim) and str(other) in names


def _shape(facts: Facts, name: str, graph: str) -> Shape | None:
    fact = facts.at(name, graph)
    return None if fact is None or fact.declared else fact.shape
