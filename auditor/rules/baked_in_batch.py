"""A batch size that is declared as open and works as one number only.

## What it does
Where an input's leading size is open, propagates batches of 7, 11, 64 and 1,000 through the model. If none of them can
run, and one number can, the batch is baked in: an error that names the node and the number. If all can run, but an
output keeps a fixed leading size while another of its axes grows with the batch, because a Reshape writes that size
as a number, the images of a batch are run together into one: a warning. A warning too, where nothing in the graph
fixes the batch, but another input is declared for one number alone.

## Why it matters
The export looks dynamic (`dynamic_axes` gave the input a named batch), every tool says so, and the first request with
two images fails in production. The cause is nearly always `x.view(1, ...)` or a size read from the tracing example's
shape and stored as a number.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 3, 3] x) => (float[N, 18] y) <int64[2] s = {1, 18}> { y = Reshape(x, s) }
```
```onnx
# It fails further down, where the dense layer finds the features of several images.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 3, 3] x) => (float[N, 1] y)
<int64[2] s = {1, -1}, float[18, 1] w = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}> {
  f = Reshape(x, s)
  y = MatMul(f, w)
}
```
```onnx
# It never fails, and gives one answer for all images.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 10, 4] x) => (float[A, B, C] y) <int64[3] s = {1, -1, 4}> { y = Reshape(x, s) }
```
```onnx
# The state that comes in beside the data is declared for one alone.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[1, 2] state) => (float[A, B] y) { y = Concat<axis = 1>(x, state) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 3, 3] x) => (float[N, 18] y) <int64[2] s = {-1, 18}> { y = Reshape(x, s) }
```
```onnx
# Somebody may want a fixed batch.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2, 3, 3] x) => (float[1, 18] y) <int64[2] s = {1, 18}> { y = Reshape(x, s) }
```
```onnx
# The leading axis is time, and the window wants five steps: small sizes fail, large ones run.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[T, 1] x) => (float[A, B, C] y) <int64[3] s = {1, 1, -1}> {
  a = Reshape(x, s)
  y = MaxPool<kernel_shape = [5]>(a)
}
```
```onnx
# Run together and taken apart again: as grouped convolutions do it.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 4] x) => (float[N, 2, 4] y) <int64[3] s = {1, -1, 4}, int64[3] t = {-1, 2, 4}> {
  a = Reshape(x, s)
  b = Relu(a)
  y = Reshape(b, t)
}
```

## How to fix
In the framework use `x.flatten(1)` or `x.view(x.size(0), -1)` and export again with a batch of 2 (an example of 1
hides it). In the file, give the Reshape the target 0 (copy) or -1 in the first place. Or declare the batch that
works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..shapes.fact import Shape, show
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim
from ..shapes.troubles import At, Impossible, Misfit
from ..wording import listed
from . import rule

_TRIED = (7, 11, 64, 1000)
"""Batches that all must fail before one is called the only one."""

_HOW = {
    "Reshape": " (0 or -1 as the first size of its target; x.flatten(1) in the framework)",
    "Expand": " (take the first size of its target from the Shape of the data, or 1 where the data has the batch)",
    "Split": " (split along another axis)",
    "Concat": " (Expand what is stored for one image to the batch in front of it)",
}
"""What a person can do at the node that fixes the batch."""

_LIKELY = (1, 2, 3, 4, 5, 6, 8, 16, 32)


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def baked_in_batch(model: Model, facts: Facts) -> Iterator[Found]:
    for name in _batches(facts):
        before = frozenset(t.at for t in facts.troubles if isinstance(t, Misfit | Impossible))
        roots = []
        for batch in _TRIED:
            root = _root(_with(facts, name, batch), before)
            if root is None:
                break
            roots.append(root)
        if len(roots) == len(_TRIED):
            tried = sorted({*_written(facts, roots[0].at), *_LIKELY} - set(_TRIED))
            works = [batch for batch in tried if _root(_with(facts, name, batch), before) is None]
            at_odds = _at_odds(facts, name, works[0], before) if len(works) == 1 else []
            if at_odds:
                yield _declared(facts, name, works[0], at_odds)
            elif works:
                yield _finding(facts, name, roots[0], works)
        elif not roots:
            yield from _run_together(model, facts, name)


def _batches(facts: Facts) -> list[str]:
    """The names that lead an input of at least two axes."""
    leading = [f.shape[0] for f in facts.inputs.values() if f.shape is not None and len(f.shape) > 1]
    return list(dict.fromkeys(str(s) for s in leading if isinstance(s, Dim)))


def _with(facts: Facts, name: str, batch: int, others: Iterable[str] = (), axis: int = 0) -> Facts:
    """The facts for this batch, in the named inputs and on one axis of ``others``."""
    shapes: dict[str, Shape] = {
        tensor: tuple(batch if str(size) == name else size for size in fact.shape)
        for tensor, fact in facts.inputs.items()
        if fact.shape is not None
    }
    for tensor in others:
        shapes[tensor] = (*shapes[tensor][:axis], batch, *shapes[tensor][axis + 1 :])
    return facts.rebind(shapes)


def _at_odds(facts: Facts, name: str, only: int, before: frozenset[At]) -> list[tuple[str, int]]:
    """The other inputs, and their axis, that are declared for this batch, if with them every batch would work."""
    shapes = {tensor: fact.shape for tensor, fact in facts.inputs.items() if fact.shape is not None}
    for axis in range(max(map(len, shapes.values()), default=0)):
        others = [
            tensor
            for tensor, shape in shapes.items()
            if axis < len(shape) and shape[axis] == only and name not in map(str, shape)
        ]
        if others and all(_root(_with(facts, name, batch, others, axis), before) is None for batch in _TRIED):
            return [(tensor, axis) for tensor in others]
    return []


def _root(facts: Facts, before: frozenset[At]) -> Misfit | Impossible | None:
    """The first node that this batch breaks."""
    for trouble in facts.troubles:
        if isinstance(trouble, Misfit | Impossible) and not trouble.declared and trouble.at not in before:
            return trouble
    return None


def _written(facts: Facts, at: At) -> tuple[int, ...]:
    """The leading size that a Reshape writes as a number, and the batch that its target would hold."""
    node = facts.node(at)
    if node.op_type != "Reshape" or len(node.inputs) < 2:
        return ()
    target, data = facts.at(node.inputs[1], at.graph), facts.at(node.inputs[0], at.graph)
    numbers = [e for e in (target.elements if target and target.elements else ()) if isinstance(e, int)]
    likely = numbers[:1]
    image = [s for s in (data.shape or ())[1:] if isinstance(s, int)] if data else []
    if data and data.shape and len(image) == len(data.shape) - 1 and numbers and min(numbers) > 0 and prod(image):
        likely.append(prod(numbers) // prod(image))
    return tuple(n for n in likely if n > 0)


def _finding(facts: Facts, name: str, root: Misfit | Impossible, works: list[int]) -> Found:
    node, label = facts.node(root.at), facts.label(root.at)
    culprit = _fixing(facts, root.at) or root.at
    cause, fixing = facts.label(culprit), facts.node(culprit)
    says = f"{cause} fixes the leading size" if fixing.op_type == "Reshape" else f"{cause} takes no other"
    fails = f"; with {_TRIED[0]}, {label} fails" if culprit != root.at else ""
    only = " and ".join(map(str, works))
    inputs = [n for n, f in facts.inputs.items() if f.shape and str(f.shape[0]) == name]
    verb = "works" if len(works) == 1 else "work"
    return Found(
        f"the batch of {inputs[0]!r} is declared open ({name}), but only {only} {verb}: {says}{fails}",
        Location(culprit.graph, cause, fixing.op_type, next(iter(fixing.inputs), ""), offset=fixing.offset),
        f"let {cause} keep the batch{_HOW.get(fixing.op_type, '')}, or declare the batch as {works[0]}",
        expected=name,
        actual=only if len(works) > 1 else works[0],
        derivation=facts.derivation(node.inputs[0], root.at.graph) if node.inputs else (),
    )


def _declared(facts: Facts, name: str, only: int, at_odds: list[tuple[str, int]]) -> Found:
    """Nothing in the graph fixes the batch: the inputs are declared for different ones."""
    leading = next(n for n, f in facts.inputs.items() if f.shape and str(f.shape[0]) == name)
    other, axis = at_odds[0]
    shape = show(facts.inputs[other].shape)
    return Found(
        f"the batch of {leading!r} is declared open ({name}), but only {only} works: {other!r} is declared as {shape}",
        Location(tensor=other),
        f"declare axis {axis} of {listed(t for t, _ in at_odds)} as {name}, or the batch of {leading!r} as {only}",
        expected=name,
        actual=only,
        severity=Severity.WARNING,
    )


def _fixing(facts: Facts, at: At) -> At | None:
    """Going back from a node that fails: the Reshape that wrote a number where the batch stood."""
    seen: set[At] = set()
    waiting = [at]
    while waiting and len(seen) < 10_000:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        if _writes_a_number(facts, place):
            return place
        node = facts.node(place)
        waiting += [p for n in reversed(node.inputs) if n and (p := facts.producer(n, place.graph)) is not None]
    return None


def _writes_a_number(facts: Facts, at: At) -> bool:
    """Whether a node is a Reshape of something led by an open size to a target that is led by a number."""
    node = facts.node(at)
    if node.op_type != "Reshape" or len(node.inputs) < 2:
        return False
    data, target = facts.at(node.inputs[0], at.graph), facts.at(node.inputs[1], at.graph)
    if data is None or not data.shape or not isinstance(data.shape[0], Dim) or target is None or not target.elements:
        return False
    return isinstance(target.elements[0], int) and target.elements[0] > 0


def _run_together(model: Model, facts: Facts, name: str) -> Iterator[Found]:
    for value in model.graph.outputs:
        fact = facts.at(value.name)
        if (
            fact is None
            or fact.declared
            or fact.shape is None
            or len(fact.shape) < 2
            or not isinstance(fact.shape[0], int)
        ):
            continue
        if not any(isinstance(s, Dim) and name in s.names for s in fact.shape[1:]):
            continue
        at = facts.producer(value.name)
        culprit = _fixing(facts, at) if at is not None else None
        if culprit is None or not _merges(facts, culprit, name):
            continue
        node, label = facts.node(culprit), facts.label(culprit)
        yield Found(
            f"{label} fixes the leading size as {fact.shape[0]} and runs the images of a batch together: "
            f"for {name} images the output {value.name!r} is {show(fact.shape)}",
            Location(culprit.graph, label, node.op_type, value.name, offset=node.offset),
            f"let {label} keep the batch (0 or -1 as the first size of its target), "
            f"or declare the batch as {fact.shape[0]}",
            expected=name,
            actual=fact.shape[0],
            derivation=facts.derivation(value.name),
            severity=Severity.WARNING,
        )
        return


def _merges(facts: Facts, at: At, name: str) -> bool:
    """Whether a Reshape lays the images of a batch one behind the other, and does not just move the leading axis."""
    made = facts.at(facts.node(at).outputs[0], at.graph)
    images = any(f.shape and len(f.shape) > 2 and str(f.shape[0]) == name for f in facts.inputs.values())
    sizes = (made.shape if made else None) or ()
    return images and any(isinstance(s, Dim) and name in s.names and str(s) != name for s in sizes[1:])
