"""A node that cannot run on the shapes that arrive.

## What it does
Propagates shapes from the graph's inputs through every operator and finds nodes whose inputs and attributes
contradict each other for every value of the named sizes: sizes that do not broadcast, a window larger than its input,
an axis outside the tensor, a Reshape that does not come out even. Nothing that rests on a declared shape counts; in a
branch of which nobody knows whether it is taken only a node that contradicts itself does. What follows from the first
contradiction is folded under it. A Reshape that makes a row of each image is reported as the dense layer behind it: the
features that it takes, those that arrive, and the input sizes that would fit; with an open height or width it is a
warning, if some size fits. So are two ways that meet (a skip connection in a Concat or an Add), worked out of the same
open size, that agree for some of its values only: the sizes at which all of them agree are solved.

## Why it matters
The model fails as soon as the node runs. onnxruntime often names another node or only the runtime's source line, and
onnx's inference stops at the first one without its cause. The page of each operator says what it takes
(https://onnx.ai/onnx/operators/); element-wise operators must broadcast
(https://onnx.ai/onnx/repo-docs/Broadcasting.html).

onnxruntime 1.32 runs a few such nodes against the page's own sentence, in its own way; another runtime need not:

- Attention: K and V are "(batch_size, kv_num_heads, kv_sequence_length, ...)", both alike; nonpad_kv_seqlen is "of
  shape (batch_size,)". It stretches what is shorter.
- Concat, ConcatFromSequence: inputs "must have the same shape, except for the dimension size of the axis". It passes
  over an empty one: in the body of a loop, where nothing else sees it, that is a note.
- Gemm: "The shape of A should be (M, K)". It takes a vector.
- PRelu: the slope "should be unidirectional broadcastable to input tensor X". It stretches X as well.
- Resize: as many scales as there are axes: "should be the same as the rank of input X". It drops the rest.
- CumSum: the axis "Must be in the range [-rank(x), rank(x)-1]". Of an empty tensor it does not look.
- DFT, onesided: "only real input is supported". It takes the real parts.
- Multinomial: "shape [batch_size, class_size]". It takes the first two of more axes.
- Reduce, ArgMax and ArgMin of a scalar: "Accepted range is [-r, r-1]". It takes any axis.
- NegativeLogLikelihoodLoss: "Target tensor of shape (N) or (N, d1, d2, ..., dk)", the weight: "it has to be a tensor of
  size C". It takes what it needs of either.
- SoftmaxCrossEntropyLoss: "shape(labels): (N) ... or (N, D1, D2, ..., Dk)", weights "assigning weight to each of the
  classes". It flattens the labels, and looks them up.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x, float[4, 5] w) => (float[2, 5] y) { y = Add(x, w) }
```
```onnx
# The second pool finds nothing left to take.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x) => (float[1, 1, 1, 1] y) {
  a = MaxPool<kernel_shape = [3, 3], strides = [2, 2]>(x)
  y = MaxPool<kernel_shape = [3, 3]>(a)
}
```
```onnx
# A Reshape in front of a dense layer: one image has 2 x 3 x 3 = 18 features, and 8 are asked for.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2, 6, 6] x, float[8, 5] w) => (float[1, 5] y) <int64[2] s = {1, 8}> {
  p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
  f = Reshape(p, s)
  y = MatMul(f, w)
}
```
```onnx
# The batch may be any, and the features never fit.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2, 3, 3] x, float[8, 5] w) => (float[N, 5] y) <int64[2] s = {0, 8}> {
  f = Reshape(x, s)
  y = MatMul(f, w)
}
```
```onnx
# Whenever that branch is taken, whatever arrives.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[1, 1, 4, 4] x) => (float[1, 1, A, B] y)
<float[4] twice = {1, 1, 2, 2}, int64[4] s = {1, 1, 8, 8}> {
  y = If (c) <
    then_branch = one () => (float[1, 1, A, B] a) { a = Resize(x, "", twice, s) },
    else_branch = two () => (float[1, 1, A, B] b) { b = Neg(x) }
  >
}
```
```onnx
# With open sizes: it runs for 4 <= H = W <= 5.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2, H, W] x, float[8, 5] w) => (float[1, 5] y) <int64[2] s = {1, 8}> {
  p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
  f = Reshape(p, s)
  y = MatMul(f, w)
}
```

```onnx
# Two ways that are halved and doubled: alike for multiples of 4, and of one more, only. A warning with the sizes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2, H, W] x) => (float[1, 4, A, B] y) <float[4] twice = {1, 1, 2, 2}> {
  a = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
  b = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(a)
  c = Resize(b, "", twice)
  y = Concat<axis = 1>(a, c)
}
```

## Quiet on
```onnx
# Nobody knows whether the branch that cannot run is ever taken on these shapes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[4, 5] x) => (float[A, 5] y) <int64[1] i = {9}> {
  y = If (c) <
    then_branch = one () => (float[A, 5] a) { a = Gather(x, i) },
    else_branch = two () => (float[A, 5] b) { b = Neg(x) }
  >
}
```
```onnx
# The second way takes its size from the first.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 2, H, W] x) => (float[1, 4, A, B] y) {
  a = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
  b = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(a)
  size = Shape(a)
  c = Resize(b, "", "", size)
  y = Concat<axis = 1>(a, c)
}
```
```onnx
# Whether 2*N is 6, hangs on N.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[2, 3] y) <int64[2] s = {2, 3}> { y = Reshape(x, s) }
```
```onnx
# All in one row, rows within an image, and boxes of four numbers whatever the image's size.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[8, 4, 16] x, float[1, 8, 16, 16] z, float[1, 8, H, W] v, float[4, 2] w)
=> (float[1, 512] a, float[4, 512] b, float[M, 2] d)
<int64[2] s = {1, 512}, int64[2] t = {-1, 512}, int64[2] u = {-1, 4}> {
  a = Reshape(x, s)
  b = Reshape(z, t)
  c = Reshape(v, u)
  d = MatMul(c, w)
}
```

## How to fix
Follow the derivation (`auditor explain MODEL NODE`) to the first size that is not the one that was meant: a stride, a
padding, a permutation, the size of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from ..findings.kind import Symptom
from ..model.conformance import flawed
from ..model.file_troubles import AttributeTwice, BadAttribute
from ..model.graph import Graph, Model
from ..model.scopes import opsets_of, scopes
from ..repair import InputSizes
from ..report import Basis, Fit, Found, Location, Severity
from ..shapes.conditions import STRETCHING, joins
from ..shapes.dense import Rows, factors_shown, rows, source, taken, taker
from ..shapes.element_types import mistyped
from ..shapes.fact import show
from ..shapes.facts import Facts, rendered
from ..shapes.fits import BOUND, Meeting, meeting, solve
from ..shapes.mending import MOST_SEARCHES, BrokenPlace, mends, sizes_that_mend
from ..shapes.sizes.dim import divide_exact, same
from ..shapes.troubles import At, Impossible
from ..wording import fitting, others
from . import cured, rule


@rule(Severity.ERROR, Basis.ILLEGAL, explains=(Symptom.REFUSED,))
def impossible_shapes(model: Model, facts: Facts) -> Iterator[Found]:
    flattens = dict(_flattens(facts))
    yield from flattens.values()
    yield from _meetings(facts)
    alike: dict[tuple[str, str], list[Impossible]] = {}
    opsets: dict[str, Mapping[str, int]] = {}
    types = mistyped(facts) if any(isinstance(t, Impossible) for t in facts.troubles) else {}
    malformed = {t.node_offset for t in model.troubles if isinstance(t, AttributeTwice | BadAttribute)}
    for trouble in facts.troubles:
        if not isinstance(trouble, Impossible) or trouble.declared or trouble.at in flattens:
            continue
        path, node = trouble.at.graph, facts.node(trouble.at)
        if path not in opsets:
            opsets[path] = opsets_of(model, facts.graphs[path].nodes)
        of_a_body = isinstance(node.attributes.get(trouble.attribute), Graph)  # malformed-bodies speaks of that
        wrong_by_itself = trouble.at in types or node.offset in malformed or flawed(model, node, opsets[path])
        if not (of_a_body or wrong_by_itself):  # of which other rules speak, whatever arrives
            alike.setdefault((node.op_type, trouble.why), []).append(trouble)
    meet = cache(lambda: meeting(facts, free_all=True))
    for number, troubles in enumerate(alike.values()):
        if troubles[0].passed_over and _in_a_loop(model, troubles[0].at.graph):
            yield _passed_over(facts, troubles[0])
            continue
        yield _finding(facts, troubles, meet, searching=number < MOST_SEARCHES)


def _in_a_loop(model: Model, path: str) -> bool:
    """Whether a graph is the body of a Loop or a Scan, whose first shapes no loader sees."""
    scope = next((s for s in scopes(model) if s.path == path), None)
    outside = scope.outside if scope is not None else None
    return scope is not None and outside is not None and outside.graph.nodes[scope.holder].op_type in ("Loop", "Scan")


def _passed_over(facts: Facts, trouble: Impossible) -> Found:
    at, node, label = trouble.at, facts.node(trouble.at), facts.label(trouble.at)
    return Found(
        f"{label}: in the first iteration {trouble.why}, and other axes than the one that it joins must be equal; "
        "onnxruntime passes over an empty tensor, another runtime need not",
        Location(at.graph, label, node.op_type, offset=node.offset),
        f"start the loop with an empty tensor that differs along axis {node.attributes.get('axis', 0)} only",
        severity=Severity.NOTE,
    )


def _flattens(facts: Facts) -> Iterator[tuple[At, Found]]:
    """Reshapes that make a row of each image, where an image has other elements: always, or but for some sizes."""
    proven = {t.at for t in facts.troubles if isinstance(t, Impossible) and not t.declared}
    told = 0
    for at in facts.where(lambda asked: (flat := rows(facts, asked.at)) is not None and flat.image != flat.row):
        flat = rows(facts, at)
        if (
            flat is not None
            and (not at.graph or at in proven)  # whether a branch is taken on these shapes, nobody knows
            and _one_image_a_row(facts, at, flat)
            and (finding := _flatten(facts, at, flat, searching=told < MOST_SEARCHES)) is not None
        ):
            told += 1
            yield at, finding


def _one_image_a_row(facts: Facts, at: At, flat: Rows) -> bool:
    """Whether nothing else can be meant. How a -1 shares an open batch out is for mixed-batch to say."""
    if flat.lead == 1 and flat.images != 1:  # one row of all images: of so many, where it comes out even
        return isinstance(flat.image, int) and flat.image > 0 and flat.row % flat.image != 0
    if flat.lead != -1:
        return flat.lead == 0 or flat.lead == flat.images
    if flat.images != 1:
        return False
    if isinstance(flat.image, int):
        return flat.image % flat.row != 0
    return divide_exact(flat.image, flat.row) is None and taker(facts, at, flat.row) is not None


def _flatten(facts: Facts, at: At, flat: Rows, *, searching: bool) -> Found | None:
    never = same(flat.image, flat.row) is False
    fits = solve(facts, at, "shape")
    best = next((f for f in fits if f.ranges), None)
    if not never and not fits:  # whether it fits, hangs on what nobody chooses
        return None
    node, label = facts.node(at), facts.label(at)
    dense = taker(facts, at, flat.row)
    layer = facts.label(dense) if dense is not None else ""
    origin = source(facts, node.inputs[0], at.graph)
    takes = f"{label}, in front of {layer}, takes" if layer else f"{label} takes"
    message = (
        f"{takes} {taken(flat.row, origin.image)} features of each image; "
        f"{origin.giver or origin.tensor} gives {factors_shown(origin.image, flat.image)}"
    )
    said = fitting(best, {n: rendered(f.shape) for n, f in facts.inputs.items()}) if best else ""
    settled = isinstance(flat.image, int)
    if not settled and fits:
        message += f": it fits only for {said}" if best else f": no input size up to {BOUND} fits"
    mend = f"let {label} keep the batch (x.flatten(1)) and give {layer or 'the layer behind it'}"
    other = f"{mend} {flat.image} features" if settled else f"put an adaptive (global) pooling in front of {label}"
    warns = best is not None and not never
    proven = any(isinstance(t, Impossible) and t.at == at and not t.declared for t in facts.troubles)
    cures = mends(facts, BrokenPlace(at), fits) if proven and searching else ()
    repairs = tuple(one.repair for one in cures) if proven else sizes_that_mend(facts, at, fits)
    fix = f"feed an input that fits ({said}), or {other}" if best else other
    return Found(
        message,
        Location(at.graph, label, node.op_type, node.inputs[0], offset=node.offset),
        cures[0].fix if cures and not (best and isinstance(cures[0].repair, InputSizes)) else fix,
        expected=flat.row,
        actual=flat.image if isinstance(flat.image, int) else str(flat.image),
        derivation=facts.derivation(node.inputs[0], at.graph),
        fits=fits,
        severity=Severity.WARNING if warns else None,
        basis=Basis.SUSPICIOUS if warns else None,
        repairs=repairs,
    )


def _meetings(facts: Facts) -> Iterator[Found]:
    """Skip connections whose two ways are of one size for some of the sizes that a caller may choose."""
    open_places = tuple(joins(facts))
    if not open_places:
        return
    places, fits, each = meeting(facts, free_all=False)
    best = next((f for f in fits if f.ranges), None)
    if best is None or _one_stretch(best):  # no less than a window, no more than a table has rows
        return
    at = open_places[0]
    node, label = facts.node(at), facts.label(at)
    given = " and ".join(f"{n} {show(f.shape)}" for n in node.inputs if n and (f := facts.at(n)) is not None)
    said = _sizes_said(facts, best, each)
    yield Found(
        f"{label}{others(places)}: its ways are of one size only for {said}; its inputs are {given}",
        Location(at.graph, label, node.op_type, node.inputs[0], offset=node.offset),
        f"feed an input that fits ({said}), say so where the model is used, "
        "or bring one way to the size of the other (Resize to its Shape, Pad or Slice)",
        expected=said,
        derivation=facts.derivation(node.outputs[0]),
        fits=fits,
        severity=Severity.WARNING,
        basis=Basis.SUSPICIOUS,
        repairs=sizes_that_mend(facts, at, fits),
    )


def _one_stretch(fit: Fit) -> bool:
    low, high, *step = fit.ranges[0]
    return len(fit.ranges) == 1 and not step and (low == 1 or high is None)


def _sizes_said(facts: Facts, fit: Fit, each: bool) -> str:
    return fitting(fit, {n: rendered(f.shape) for n, f in facts.inputs.items()}, each=each)


def _fits_where_ways_meet(facts: Facts, at: At, meet: Callable[[], Meeting]) -> tuple[tuple[Fit, ...], str]:
    """The sizes at which all ways that meet agree, where this node is one of them, and in words."""
    if at.graph or facts.node(at).op_type not in STRETCHING | {"Concat"}:
        return (), ""
    places, fits, each = meet()
    best = next((f for f in fits if f.ranges), None)
    return (fits, _sizes_said(facts, best, each)) if at in places and best else ((), "")


def _finding(facts: Facts, troubles: list[Impossible], meet: Callable[[], Meeting], *, searching: bool) -> Found:
    trouble = troubles[0]
    at, node, label = trouble.at, facts.node(trouble.at), facts.label(trouble.at)
    shapes = [(n, f.shape) for n in node.inputs if n and (f := facts.at(n, at.graph)) and f.shape is not None]
    given = ", ".join(f"{name} {show(shape)}" for name, shape in shapes[:4]) + (", ..." if len(shapes) > 4 else "")
    said = [show(shape) in trouble.why for _, shape in shapes]
    told = any(said) and not (all(said) and len(said) > 1)  # of several shapes a reader wants to know whose they are
    movings = [n for n in node.inputs if n and not facts.fixed(n, at.graph)]
    moving = movings[0] if movings else ""
    givers = dict.fromkeys(facts.label(p) for n in movings if (p := facts.producer(n, at.graph)) is not None)
    before = f"what comes before it ({' and '.join(list(givers)[:3])})" if givers else "what comes before it"
    message = f"{label}{others(troubles)}: {trouble.why}" + (f"; its inputs are {given}" if given and not told else "")
    location = Location(at.graph, label, node.op_type, moving, trouble.attribute, node.offset)
    fits, sizes = _fits_where_ways_meet(facts, at, meet) if searching else ((), "")
    cures = mends(facts, BrokenPlace(at), fits) if searching else ()
    cure = cures[0] if cures and not (sizes and isinstance(cures[0].repair, InputSizes)) else None
    change = f"change {trouble.attribute or 'the inputs or attributes'} of {label}, or {before}"
    change = trouble.advice.replace("{node}", label) or change
    return Found(
        f"{message}: it fits only for {sizes}"
        if sizes
        else f"{message}; {cure.cause}"
        if cure and cure.sure
        else message,
        cured(facts, location, cure),
        cure.fix if cure else f"feed an input that fits ({sizes}), or {change}" if sizes else change,
        actual=show(shapes[0][1]) if shapes else None,
        derivation=facts.derivation(moving, at.graph) if moving else (),
        fits=fits,
        repairs=tuple(one.repair for one in cures),
    )
