"""Open lengths that a Reshape writes as the numbers of an example.

## What it does
Finds Reshapes whose data has open sizes (a batch, a time) where the target has numbers, so that they come out even for
those numbers only, or for products that are equal by chance. Where a batch and a length are written together, as two
numbers or as their product, both are named. A batch that is written alone is `baked-in-batch`'s.

## Why it matters
The export looks dynamic, and `x.view(1, 20, ...)` or a size that was read from the example as a Python number stands in
it. "The input tensor's shape and the output tensor's shape are required to have the same number of elements"
(https://onnx.ai/onnx/operators/onnx__Reshape.html), so other sizes fail; where the products are equal by chance, as
2 x 10 is 1 x 20, the rows of one image go to another, and nothing fails.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, time, 6] x) => (float[batch, time, 2, 3] y) <int64[4] s = {1, 20, 2, 3}> { y = Reshape(x, s) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, time, 6] x) => (float[batch, time, 2, 3] y) <int64[4] s = {0, 20, 2, 3}> { y = Reshape(x, s) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, time, 6] x) => (float[rows, 6] y) <int64[2] s = {20, 6}> { y = Reshape(x, s) }
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, time, 6] x) => (float[batch, time, 2, 3] y) <int64[4] s = {0, 0, 2, 3}> { y = Reshape(x, s) }
```
```onnx
# Windows of 20 steps: what a -1 shares out is no constant of an example.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, time, 6] x) => (float[M, 20, 6] y) <int64[3] s = {-1, 20, 6}> { y = Reshape(x, s) }
```

## How to fix
Take the sizes from `x.shape` in the framework (`x.view(*x.shape[:2], 2, 3)`) and export with all open sizes named. In
the file, a 0 in the target copies the size from the same place of the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..report import Basis, Found, Location, Severity
from ..shapes.conditions import conditions
from ..shapes.fact import Fact, Shape, show
from ..shapes.facts import Facts
from ..shapes.open_axes import OpenAxis, first_broken, open_axes, with_sizes
from ..shapes.sizes.dim import Dim, divide_exact, named, product, substitute
from ..shapes.troubles import At, Impossible, Misfit
from ..tuples import NamedTuple
from . import rule

_TRIED = (7, 11)
"""Sizes at which the edited model must run before the edit is told."""


class _Written(NamedTuple):
    """A Reshape that writes numbers where open sizes arrive."""

    at: At
    data: Shape
    target: tuple[int | None, ...]
    numbers: dict[str, int]  # by the name of the open size; none of those that are written as one product
    names: frozenset[str]


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def baked_in_length(facts: Facts) -> Iterator[Found]:
    axes = {axis.name: axis for axis in open_axes(facts)}
    if all(axis.batch for axis in axes.values()):
        return
    broken = {t.at for t in facts.troubles if isinstance(t, Misfit | Impossible)}
    said: set[str] = set()
    for at in facts.where(lambda asked: _written(facts, asked.at, axes) is not None):
        if at not in broken and (written := _written(facts, at, axes)):
            names = written.names - said
            if any(not axes[name].batch for name in names):
                said |= names
                yield _finding(facts, written, axes)


def _written(facts: Facts, at: At, axes: dict[str, OpenAxis]) -> _Written | None:
    """What the node writes, if it comes out even for exactly those numbers, of the names that count."""
    node = facts.node(at)
    if any(part in ("then_branch", "else_branch") for part in at.graph.split("/")):
        return None  # it may be taken for these numbers alone
    given = [facts.at(n, at.graph) if n else None for n in node.inputs[:2]]
    if node.op_type != "Reshape" or len(given) < 2 or None in given or any(f is not None and f.declared for f in given):
        return None
    data, target = given
    asked = conditions(facts, at)
    if not asked or data is None or data.shape is None or target is None:
        return None
    names = {n for condition in asked for n in condition.names}
    elements = _integers(target)
    pairs = zip(data.shape, elements, strict=False)
    numbers = {str(s): e for s, e in pairs if isinstance(s, Dim) and str(s) in names and e is not None and e > 0}
    if not names or -1 in elements or not names <= axes.keys():
        return None
    if numbers.keys() == names and all(substitute(c.a, numbers) == substitute(c.b, numbers) for c in asked):
        return _Written(at, data.shape, elements, numbers, frozenset(names))
    one_product = None not in elements and 0 not in elements and _all_of_them(data.shape, names)
    if one_product and len(names) > 1 and any(axes[name].batch for name in names):
        return _Written(at, data.shape, elements, {}, frozenset(names))
    return None


def _all_of_them(shape: Shape, names: set[str]) -> bool:
    """Whether the data has each of the sizes as it is, once, beside numbers: no window has changed them."""
    whole = divide_exact(product(s for s in shape if s is not None), product(s for s in shape if isinstance(s, int)))
    return None not in shape and whole == product(named(name) for name in names)


def _as_one_product(facts: Facts, written: _Written, axes: dict[str, OpenAxis]) -> Found:
    at, data, target = written.at, written.data, written.target
    node, label = facts.node(at), facts.label(at)
    names = sorted(written.names, key=lambda name: axes[name].batch)
    both = " and ".join(names)
    whole = prod(e for e in target if e is not None) // prod(s for s in data if isinstance(s, int))
    return Found(
        f"{both} of {axes[names[0]].tensor!r} are declared open, and {label} writes numbers for them: its target is "
        f"{show(target)} for {show(data)}; only sizes whose product is {whole} run, and mix what belongs together",
        Location(at.graph, label, node.op_type, node.inputs[0], offset=node.offset),
        f"let {label} keep {both}: in the framework take sizes from x.shape",
        expected=show(data),
        actual=show(target),
        derivation=facts.derivation(node.inputs[0], at.graph),
    )


def _integers(fact: Fact) -> tuple[int | None, ...]:
    return tuple(e if isinstance(e, int) else None for e in fact.elements or ())


def _finding(facts: Facts, written: _Written, axes: dict[str, OpenAxis]) -> Found:
    at, data, target, numbers, _ = written
    if not numbers:
        return _as_one_product(facts, written, axes)
    node, label = facts.node(at), facts.label(at)
    names = sorted(numbers, key=lambda name: axes[name].batch)
    tensor = axes[names[0]].tensor
    kept = tuple(0 if i < len(data) and numbers.get(str(data[i])) == e else e for i, e in enumerate(target))
    from ..shapes.mending.edits import SetValues, repair  # of a broken model alone
    from ..shapes.mending.trial import edited

    edit = SetValues(at, 1, kept)
    after = [edited(with_sizes(facts, names, size), edit) for size in _TRIED]
    good = all(one is not None and first_broken(one, frozenset()) is None for one in after)
    shown = f" (0 in their places of its target: {show(kept)})" if good else ""
    several = len(names) > 1
    both = " and ".join(names)
    said = " and ".join(f"{name} as {numbers[name]}" for name in names)
    fails = "only sizes with the same product run, and mix what belongs together" if several else "no other size runs"
    return Found(
        f"{both} of {tensor!r} {'are' if several else 'is'} declared open, and {label} writes {said}: its target is "
        f"{show(target)} for {show(data)}; {fails}",
        Location(at.graph, label, node.op_type, node.inputs[0], offset=node.offset),
        f"let {label} keep {both}{shown}; in the framework take sizes from x.shape",
        expected=show(data),
        actual=said,
        derivation=facts.derivation(node.inputs[0], at.graph),
        repairs=(repair(facts, edit, f"{label} writes {said}"),) if good else (),
    )
