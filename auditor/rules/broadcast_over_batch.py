"""One image's data that is broadcast over a whole batch, or a bias that has a number for each image.

## What it does
Finds an Add, Sub, Mul or Div of two tensors of one form, one of which holds a batch and the other a single image that
was worked out from the inputs, or came in beside them; and a Gemm whose C is worked out for one image, or is stored
with a row or a number for each image of a fixed batch (a note).

## Why it matters
ONNX broadcasts as NumPy does (https://onnx.ai/onnx/repo-docs/Broadcasting.html): a leading size of 1 fits every batch,
without a word. A way around a layer that lost its batch (a slice of the tracing example, a state that was declared for
one) is then added to all images alike: with one image the results are right, with two the second is wrong. A bias by
image comes of a model that was traced with its batch as a constant.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) <int64[1] from = {0}, int64[1] until = {1}> {
  one = Slice(x, from, until, from)
  r = Relu(x)
  y = Add(r, one)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4, 4] x, float[1, 2, 4, 4] before) => (float[N, 2, 4, 4] y) {
  r = Relu(x)
  y = Add(r, before)
}
```
```onnx
# A bias for each of four images.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[4, 2] x) => (float[4, 2] y)
<float[2, 2] w = {1, 2, 3, 4}, float[4, 2] b = {1, 2, 3, 4, 5, 6, 7, 8}> { y = Gemm(x, w, b) }
```

## Quiet on
```onnx
# What is stored for all, a mask of another form, and what is worked out of shapes alone.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, 4] x, float[1, 1, 4] mask) => (float[N, 3, 4] y)
<float[1, 3, 4] table = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, int64[3] one = {1, 3, 4}> {
  a = Add(x, table)
  b = Mul(a, mask)
  s = Shape(x)
  c = Cast<to = 1>(s)
  d = Unsqueeze(c, axes)
  y = Add(b, d)
  axes = Constant<value_ints = [0, 2]>()
}
```

## How to fix
Let the named tensor keep the batch: take the slice along another axis, declare the input with the batch's name, store
one bias for all images ([features]).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..report import Basis, Found, Location, Severity
from ..shapes.asked import Question
from ..shapes.batches import is_one
from ..shapes.fact import Fact, Shape, show
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim, Size
from ..shapes.troubles import At
from . import rule

_ELEMENTWISE = frozenset({"Add", "Sub", "Mul", "Div"})
_SHAPES = frozenset({"Shape", "Size", "ConstantOfShape", "Range", "EyeLike"})
"""Operators whose result hangs on no element of their input but by its size."""

_FARTHEST = 2_000
_IMAGE = 4
"""Axes of images."""


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def broadcast_over_batch(facts: Facts) -> Iterator[Found]:
    leads = {f.shape[0] for f in facts.inputs.values() if f.shape and len(f.shape) > 1}
    counts = {size for size in leads if isinstance(size, Dim) or (size is not None and size > 1)}
    if not counts:
        return
    for at in facts.where(lambda asked: _may_broadcast(facts, asked, counts)):
        op_type, _, inputs, *_ = facts.node(at)
        if op_type == "Gemm":
            yield from _bias(facts, at, counts)
        else:
            for many, one in (inputs[:2], inputs[1::-1]):
                if (shapes := _of_one(facts, at, many, one, counts)) and _hangs_on_data(facts, one, at.graph):
                    batch, single = shapes
                    yield _finding(facts, at, one, single, many, batch)


def _may_broadcast(facts: Facts, asked: Question, counts: set[Size]) -> bool:
    """Whether the shapes are such; it is not said yet on what the smaller tensor hangs."""
    at, (op_type, domain, inputs, *_) = asked.at, asked.node
    if domain or len(inputs) < 2:
        return False
    if op_type == "Gemm":
        return len(inputs) > 2 and bool(inputs[2])
    return op_type in _ELEMENTWISE and any(
        _of_one(facts, at, many, one, counts) for many, one in (inputs[:2], inputs[1::-1])
    )


def _of_one(facts: Facts, at: At, many: str, one: str, counts: set[Size]) -> tuple[Shape, Shape] | None:
    """The shapes of ``many`` and ``one`` where that is a single image of its form, and is not stored."""
    batch, single = _shape(facts, many, at.graph), _shape(facts, one, at.graph)
    if not batch or not single or len(batch) != len(single) or len(batch) < 2 or batch[0] not in counts:
        return None
    if not isinstance(batch[0], Dim) and len(batch) < _IMAGE:
        return None  # a number that leads something else than images may count anything
    if not is_one(single[0]) or is_one(batch[0]) or batch[1:] != single[1:] or all(s == 1 for s in single[1:]):
        return None
    return None if facts.fixed(one, at.graph) else (batch, single)


def _bias(facts: Facts, at: At, counts: set[Size]) -> Iterator[Found]:
    node = facts.node(at)
    name = node.inputs[2]
    bias, made = _shape(facts, name, at.graph), _shape(facts, node.outputs[0], at.graph)
    if not bias or not made or len(bias) != 2 or len(made) != 2 or made[0] not in counts:
        return
    if facts.fixed(name, at.graph):
        if isinstance(bias[0], int) and bias[0] > 1 and bias[0] == made[0]:
            label = facts.label(at)
            yield Found(
                f"{label}: its C {name!r} is {show(bias)}, a row for each of {bias[0]} images: a bias is one for all",
                Location(at.graph, label, node.op_type, name, offset=node.offset),
                f"store one bias for all images: [{show(made[1:])[1:-1]}]",
                expected=show(made[1:]),
                actual=show(bias),
                severity=Severity.NOTE,
            )
    elif is_one(bias[0]) and isinstance(made[0], Dim) and not is_one(made[0]) and _hangs_on_data(facts, name, at.graph):
        yield _finding(facts, at, name, bias, node.outputs[0], made)


def _finding(facts: Facts, at: At, one: str, single: Shape, many: str, batch: Shape) -> Found:
    node, label = facts.node(at), facts.label(at)
    return Found(
        f"{label} broadcasts {one!r} {show(single)}, which is of one image, over the batch of {many!r} {show(batch)}",
        Location(at.graph, label, node.op_type, one, offset=node.offset),
        f"let {one!r} keep the batch",
        expected=show(batch),
        actual=show(single),
        derivation=facts.derivation(one, at.graph),
    )


def _shape(facts: Facts, name: str, graph: str) -> Shape | None:
    fact: Fact | None = facts.at(name, graph)
    return None if fact is None or fact.declared else fact.shape


def _hangs_on_data(facts: Facts, name: str, graph: str) -> bool:
    """Whether an element of an input goes into a tensor; reductions apart, which another rule tells."""
    waiting = [(name, graph)]
    seen: set[tuple[str, str]] = set()
    first = True
    while waiting and len(seen) < _FARTHEST:
        tensor, where = waiting.pop()
        if not tensor or (tensor, where) in seen:
            continue
        seen.add((tensor, where))
        at = facts.producer(tensor, where)
        if at is None:
            if tensor in facts.inputs:
                return True
            continue
        node = facts.node(at)
        if first and node.op_type.startswith("Reduce"):
            return False
        first = False
        if node.op_type not in _SHAPES:
            waiting += [(value, at.graph) for value in node.inputs]
    return False
