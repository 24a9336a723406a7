"""A batch size that is declared as open and works as one number only.

## What it does
Where an input leaves its batch open (the leading size, or one that is named so or that a recurrent layer takes for it),
propagates batches of 7, 11, 61 and 1,009 through the model. If none of them can run, the condition at the first node
that fails is solved: if it leaves one number or a few, the batch is baked in: an error that names the node and the
numbers. If all batches can run, but an
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

```onnx
# The state of a recurrent layer is stored for one, and the batch is the second axis.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[T, batch, 2] x, float[1, 3, 2] w, float[1, 3, 3] r) => (float[T, A, batch, B] y)
<float[1, 1, 3] h = {0, 0, 0}> {
  y = RNN<hidden_size = 3>(x, w, r, "", "", h)
}
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
```onnx
# Two images to a row: how a Reshape shares them out is another rule's.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[M, 8] y) <int64[2] s = {-1, 8}> { y = Reshape(x, s) }
```

## How to fix
In the framework use `x.flatten(1)` or `x.view(x.size(0), -1)` and export again with a batch of 2 (an example of 1
hides it). In the file, give the Reshape the target 0 (copy) or -1 in the first place. Or declare the batch that
works.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..repair import InputSizes, ParameterShape, Repair
from ..report import Basis, Found, Location, Severity
from ..shapes.conditions import STRETCHING, Condition, conditions
from ..shapes.fact import show
from ..shapes.facts import Facts
from ..shapes.fits import solutions
from ..shapes.mending import MOST_SEARCHES, BrokenPlace, mends
from ..shapes.open_axes import OpenAxis, first_broken, open_axes, with_sizes
from ..shapes.sizes.dim import Dim, TooComplex
from ..shapes.troubles import At, Impossible, Misfit
from ..wording import listed
from . import rule

_TRIED = (7, 11, 61, 1009)
"""Sizes that all must fail before the condition is solved."""

_HOW = {
    "Reshape": " (0 or -1 as the first size of its target; x.flatten(1) in the framework)",
    "Expand": " (take the first size of its target from the Shape of the data, or 1 where the data has the batch)",
    "Split": " (split along another axis)",
    "Concat": " (Expand what is stored for one image to the batch in front of it)",
    "LSTM": " (Expand the stored state to the batch, or leave it out: it begins with zeros then)",
}
"""What a person can do at the node that fixes the batch."""
_RECURRENT = ("LSTM", "GRU", "RNN")
_HOW |= dict.fromkeys(_RECURRENT, _HOW["LSTM"])

_LENGTHS = 4
"""Where a recurrent layer takes the lengths of its sequences."""

_OF_LENGTHS = " (make the lengths of the batch, or leave them out: every step counts then)"

_JOINING = STRETCHING | {"Concat"}

_LIKELY = (1, 2, 3, 4, 5, 6, 8, 16, 32)
"""Sizes that are tried where the condition is not known."""

_MOST = 16
"""Sizes that are walked through, of those that solve the condition."""


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def baked_in_batch(model: Model, facts: Facts) -> Iterator[Found]:
    axes = [axis for axis in open_axes(facts) if axis.axis == 0 or axis.batch]
    before = frozenset(t.at for t in facts.troubles if isinstance(t, Misfit | Impossible))
    if not axes:
        return
    # A trouble is proved for every number of what is still open: where all together run, each of them does.
    if first_broken(with_sizes(facts, [axis.name for axis in axes], _TRIED[0]), before) is None:
        for axis in axes:
            if axis.axis == 0:
                yield from _run_together(model, facts, axis.name)
        return
    searches = 0
    for axis in axes:
        roots = []
        for size in _TRIED:
            root = first_broken(with_sizes(facts, [axis.name], size), before)
            if root is None:
                break
            roots.append(root)
        if len(roots) == len(_TRIED):
            for found in _baked(facts, axis, roots[0], before, searching=searches < MOST_SEARCHES):
                searches += 1
                yield found
        elif not roots and axis.axis == 0:
            yield from _run_together(model, facts, axis.name)


def _baked(
    facts: Facts, axis: OpenAxis, root: Misfit | Impossible, before: frozenset[At], *, searching: bool
) -> Iterator[Found]:
    """What the condition at the first node that fails leaves to choose."""
    every = conditions(facts, root.at) or []
    asked = [c for c in every if axis.name in c.names]
    if any(c.names - {axis.name} for c in asked or every):
        return  # it hangs on a length, too: baked-in-length
    solved = _solved(asked, axis.name) if asked else None
    if solved is not None and len(solved) > _MOST:  # every second batch, or the like: how rows are shared out
        return
    tried = solved if solved is not None else sorted(set(_LIKELY) - set(_TRIED))
    works = [size for size in tried[:_MOST] if first_broken(with_sizes(facts, [axis.name], size), before) is None]
    at_odds = _at_odds(facts, axis.name, works[0], before) if len(works) == 1 else []
    if at_odds:
        yield _declared(facts, axis.name, works[0], at_odds)
    elif works:
        yield _finding(facts, axis, root, works, proved=solved is not None, searching=searching)


def _solved(asked: list[Condition], name: str) -> list[int] | None:
    try:
        return solutions(asked, name)
    except (TooComplex, ZeroDivisionError):
        return None


def _at_odds(facts: Facts, name: str, only: int, before: frozenset[At]) -> list[tuple[str, int]]:
    """The other inputs, and their axis, that are declared for this batch, if with them every batch would work."""
    shapes = {tensor: fact.shape for tensor, fact in facts.inputs.items() if fact.shape is not None}
    for axis in range(max(map(len, shapes.values()), default=0)):
        others = [
            tensor
            for tensor, shape in shapes.items()
            if axis < len(shape) and shape[axis] == only and name not in map(str, shape)
        ]
        if others and all(
            first_broken(with_sizes(facts, [name], batch, others, axis), before) is None for batch in _TRIED
        ):
            return [(tensor, axis) for tensor in others]
    return []


def _beside(facts: Facts, at: At) -> str:
    """The stored tensor that does not grow with the data: a state, an operand of as many rows."""
    node = facts.node(at)
    wanted = {t.tensor for t in facts.open if t.at == at} if node.op_type not in _JOINING else set(node.inputs)
    for name in node.inputs:
        fact = facts.at(name, at.graph) if name in wanted and facts.fixed(name, at.graph) else None
        if fact is not None and fact.shape is not None:
            return f"{name} {show(fact.shape)}"
    return ""


def _finding(
    facts: Facts, axis: OpenAxis, root: Misfit | Impossible, works: list[int], *, proved: bool, searching: bool
) -> Found:
    """``proved``: these numbers solve the condition, and no other does."""
    node, label = facts.node(root.at), facts.label(root.at)
    culprit = (_fixing(facts, root.at) if axis.axis == 0 else None) or root.at
    cause, fixing = facts.label(culprit), facts.node(culprit)
    beside = "" if fixing.op_type == "Reshape" else _beside(facts, culprit)
    if fixing.op_type == "Reshape":
        says = f"{cause} fixes the leading size"
    elif beside:
        says = f"{cause} takes {beside} beside it"
    else:
        says = f"{cause} takes no other"
    fails = f"; with {_TRIED[0]}, {label} fails" if culprit != root.at else ""
    numbers = " and ".join(map(str, works))
    verb = "works" if len(works) == 1 else "work"
    tried = ", ".join(map(str, _TRIED))
    but = f"only {numbers} {verb}" if proved else f"{tried} fail, and {numbers} {verb}"
    lengths = fixing.inputs[_LENGTHS] if fixing.op_type in _RECURRENT and len(fixing.inputs) > _LENGTHS else ""
    told = _OF_LENGTHS if lengths and beside.startswith(f"{lengths} [") else _HOW.get(fixing.op_type, "")
    keep, how = ("the batch", told) if axis.batch else (axis.name, "")
    declare = f"declare {keep} as {' or '.join(map(str, works))}"
    return Found(
        f"{axis} is declared open ({axis.name}), but {but}: {says}{fails}",
        Location(culprit.graph, cause, fixing.op_type, next(iter(fixing.inputs), ""), offset=fixing.offset),
        f"let {cause} keep {keep}{how}, or {declare}",
        expected=axis.name,
        actual=numbers if len(works) > 1 else works[0],
        derivation=facts.derivation(node.inputs[0], root.at.graph) if node.inputs else (),
        repairs=_repairs(facts, axis, root.at) if searching else (),
    )


def _repairs(facts: Facts, axis: OpenAxis, at: At) -> tuple[Repair, ...]:
    """The edits with which the node takes one batch as well as another; each is tried with two more."""
    from ..shapes.mending.trial import edited

    one, *others = [with_sizes(facts, [axis.name], size) for size in _TRIED[:3]]
    found = mends(one, BrokenPlace(at))
    return tuple(
        mend.repair
        for mend in found
        if mend.edit is not None
        and not isinstance(mend.repair, InputSizes | ParameterShape)
        and all(
            (after := edited(each, mend.edit)) is not None and first_broken(after, frozenset()) is None
            for each in others
        )
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
