"""Parameters whose shape is not the one that their layer needs.

## What it does
Works out, from the graph's inputs on, the shape that every parameter of every operator must have (weights, biases,
scales, running statistics, slopes), and compares it with the shape that the file stores. For a dense layer it names the
features that arrive and those that the weight takes, the layers in between, and the input sizes under which the two
would agree. With open sizes (a symbolic height and width) it says for which of them the model can run: a warning; an
error where there is none.

## Why it matters
The first dense layer is where exported networks break: its size is fixed in the weight, and what arrives there hangs on
every convolution and pooling before it. onnx's checker and strict shape inference, and onnxruntime's session creation,
accept a wrong bias, wrong channels, a wrong group and, with open sizes, a first dense layer that can never fit; the
model fails when it is run.

Conv: "X.shape[1] == (W.shape[1] * group) == C and W.shape[0] mod G == 0"; its bias "has size of M"
(https://onnx.ai/onnx/operators/onnx__Conv.html). Gemm: "A will be transposed before doing the computation if attribute
transA is non-zero, same for B and transB", and C "should be unidirectional broadcastable to (M, N)"
(https://onnx.ai/onnx/operators/onnx__Gemm.html).

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
bias (float[1, 1, 4, 4] x, float[2, 1, 3, 3] w) => (float[1, 2, 2, 2] y) <float[3] b = {1.0, 2.0, 3.0}> {
  y = Conv(x, w, b)
}
```
```onnx
# The dense layer takes 18 features; 2 x 2 x 2 = 8 arrive.
<ir_version: 8, opset_import: ["" : 17]>
dense (float[1, 2, 4, 4] x, float[18, 5] w) => (float[1, 5] y) {
  p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
  f = Flatten(p)
  y = Gemm(f, w)
}
```
```onnx
# The same with open sizes: it runs for 6 <= H = W <= 7.
<ir_version: 8, opset_import: ["" : 17]>
open (float[N, 2, H, W] x, float[18, 5] w) => (float[N, 5] y) {
  p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
  f = Flatten(p)
  y = Gemm(f, w)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
good (float[N, 2, 6, 6] x, float[18, 5] w, float[2, 2, 3, 3] k) => (float[N, 5] y) <float[2] b = {1.0, 2.0}> {
  c = Conv<pads = [1, 1, 1, 1]>(x, k, b)
  p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(c)
  f = Flatten(p)
  y = Gemm(f, w)
}
```

## How to fix
Feed the input size that the message names, or change the named layer: export the model again with the size that it will
be fed, put an adaptive (global) pooling in front of the dense layer, or give the parameter the shape that is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..findings.kind import Symptom
from ..repair import InputSizes
from ..report import Basis, Fit, Found, Location, Severity, Step
from ..shapes.conditions import needed
from ..shapes.dense import WEIGHTS, factors_shown, source, taken
from ..shapes.fact import BroadcastsTo, Exact, Need, Shape, show
from ..shapes.facts import Facts, rendered
from ..shapes.fits import solve
from ..shapes.mending import CHANNELS_FIRST, MOST_SEARCHES, BrokenPlace, mends, sizes_that_mend
from ..shapes.open_axes import open_axes
from ..shapes.sizes.dim import Dim, Size, same
from ..shapes.sizes.equalities import unimplied
from ..shapes.troubles import At, Misfit, Open
from ..wording import fitting
from . import cured, rule

if TYPE_CHECKING:
    from ..shapes.mending.search import Mend

_NEAR = 8
"""Nodes in front of a layer among which a Transpose is looked for."""

_NONE = "no input size up to 4096 fits"

_MEANING = {
    ("Conv", "b"): "one number for each filter",
    ("ConvTranspose", "b"): "one number for each filter",
    ("Conv", "w"): "filters, channels per group, then the kernel",
    ("ConvTranspose", "w"): "channels, filters per group, then the kernel",
    ("BatchNormalization", ""): "one number for each channel",
    ("InstanceNormalization", ""): "one number for each channel",
}


@rule(Severity.ERROR, Basis.ILLEGAL, explains=(Symptom.REFUSED,))
def misfit_initializers(facts: Facts) -> Iterator[Found]:
    by_node: dict[At, list[Misfit]] = {}
    for trouble in facts.troubles:
        if isinstance(trouble, Misfit) and not trouble.declared:
            by_node.setdefault(trouble.at, []).append(trouble)
    for number, cases in enumerate(by_node.values()):
        yield _misfit(facts, cases, searching=number < MOST_SEARCHES)
    batches = frozenset(axis.name for axis in open_axes(facts) if axis.batch)
    for case in unimplied(case for case in facts.open if _hangs_on_inputs(facts, case)):
        if isinstance(case.expected, BroadcastsTo) and (cure := _axis(facts, case)) is not None:
            yield _misaligned(facts, case, cure, f"{cure.cause}, whatever the sizes are")
        elif (cure := _permutation(facts, case)) is not None:
            yield _misaligned(facts, case, cure, cure.cause)
        elif not _of_the_batch(case, batches):  # baked-in-batch tells that
            yield from _open(facts, case)


def _axis(facts: Facts, case: Open) -> Mend | None:
    """The axis at which the parameter fits whatever the sizes are."""
    found = mends(facts, BrokenPlace(case.at))
    return found[0] if found and found[0].attribute == "axis" else None


def _permutation(facts: Facts, case: Open) -> Mend | None:
    """Another order of axes in a Transpose, with which the channels are numbers, whatever the sizes are."""
    if facts.node(case.at).op_type not in CHANNELS_FIRST:
        return None
    from ..shapes.mending.proposal import before  # of a doubtful model alone

    turned = any(facts.node(at).op_type == "Transpose" for at, far in before(facts, case.at) if far < _NEAR)
    found = mends(facts, BrokenPlace(case.at)) if turned else ()
    return found[0] if found and found[0].attribute == "perm" else None


def _misfit(facts: Facts, cases: list[Misfit], *, searching: bool) -> Found:
    """One finding for a node: what several parameters misfit by has one cause as a rule."""
    case, *more = cases
    fits = solve(facts, case.at, case.parameter)
    cures = mends(facts, BrokenPlace(case.at), fits) if searching else ()
    cure = cures[0] if cures and not _by_size(cures[0], fits) else None
    dense = _features(facts, case)
    hopeless = f": {_NONE}" if dense and fits and not _best(fits) and _is_open(case.expected.shape) else ""
    alike = [o.tensor for o in more if (o.expected.shape, o.actual) == (case.expected.shape, case.actual)]
    needs = [f"{o.tensor} is {show(o.actual)}, {_needed(o)}" for o in cases]
    also = "".join(f"; {need}" for o, need in zip(more, needs[1:], strict=True) if o.tensor not in alike)
    because = f"; {cure.cause}" if cure and cure.sure and cure.cause not in needs else ""
    return Found(
        (dense or _plain(facts, case, alike)) + hopeless + also + because,
        cured(facts, _location(facts, case), cure),
        cure.fix if cure else _fix(facts, case, fits, alike),
        expected=show(case.expected.shape),
        actual=show(case.actual),
        derivation=_derived(facts, case) if dense or cure else (),
        fits=fits,
        repairs=tuple(one.repair for one in cures),
    )


def _by_size(cure: Mend, fits: tuple[Fit, ...]) -> bool:
    """Whether the cure is to feed other sizes, of which all that fit are told anyway."""
    return isinstance(cure.repair, InputSizes) and _best(fits) is not None


def _open(facts: Facts, case: Open) -> Iterator[Found]:
    fits = solve(facts, case.at, case.parameter)
    if not fits:
        return
    best = _best(fits)
    bare = not _is_open(case.expected.shape)
    yield Found(
        f"{_features(facts, case) or _plain(facts, case)}: "
        + (f"it fits only for {_ranges(facts, best)}" if best else _NONE),
        _location(facts, case),
        _fix(facts, case, fits),
        expected=show(case.expected.shape),
        actual=show(case.actual),
        derivation=_derived(facts, case),
        fits=fits,
        # An open size of which one value works is a loose declaration; one behind windows is a trap.
        severity=Severity.ERROR if not best else Severity.NOTE if bare else Severity.WARNING,
        basis=Basis.ILLEGAL if not best else Basis.SUSPICIOUS,
        repairs=sizes_that_mend(facts, case.at, fits),
    )


def _misaligned(facts: Facts, case: Open, cure: Mend, cause: str) -> Found:
    """With one number set right it fits whatever the sizes are."""
    return Found(
        f"{_plain(facts, case)}; {cause}",
        cured(facts, _location(facts, case), cure),
        cure.fix,
        expected=show(case.expected.shape),
        actual=show(case.actual),
        severity=Severity.WARNING,
        basis=Basis.SUSPICIOUS,
        repairs=(cure.repair,),
    )


def _hangs_on_inputs(facts: Facts, case: Open) -> bool:
    """Whether the condition speaks of the inputs' sizes alone: nobody chooses what a node computes."""
    chosen = {n for fact in facts.inputs.values() for s in fact.shape or () if isinstance(s, Dim) for n in s.names}
    pairs = zip(case.expected.shape, case.actual, strict=False)
    names = {
        n
        for wanted, actual in pairs
        if wanted is not None and actual is not None and same(wanted, actual) is not True
        for s in (wanted, actual)
        if isinstance(s, Dim)
        for n in s.names
    }
    return bool(names) and names <= chosen and None not in case.actual


def _of_the_batch(case: Open, batches: frozenset[str]) -> bool:
    asked = needed(case.expected, case.actual) if isinstance(case.expected, Exact) else None
    return bool(asked) and all(isinstance(c.b, int) and str(c.a) in batches for c in asked or ())


def _derived(facts: Facts, case: Misfit | Open) -> tuple[Step, ...]:
    return facts.derivation(source(facts, facts.node(case.at).inputs[0], case.at.graph).tensor, case.at.graph)


def _location(facts: Facts, case: Misfit | Open) -> Location:
    node = facts.node(case.at)
    return Location(case.at.graph, facts.label(case.at), node.op_type, case.tensor, offset=node.offset)


def _plain(facts: Facts, case: Misfit | Open, alike: Sequence[str] = ()) -> str:
    node = facts.node(case.at)
    label = facts.label(case.at)
    meaning = _MEANING.get((node.op_type, case.parameter)) or _MEANING.get((node.op_type, ""), "")
    data = facts.at(node.inputs[0], case.at.graph) if node.inputs and node.inputs[0] else None
    group = node.attributes.get("group", 1)
    given = f"; its input is {show(data.shape)}" if data is not None and data.shape is not None else ""
    return (
        f"{label}: {', '.join((case.tensor, *alike))} {'are' if alike else 'is'} {show(case.actual)}, {_needed(case)}"
        + (f" ({meaning})" if meaning else "")
        + given
        + (f", group {group}" if group != 1 else "")
    )


def _needed(case: Misfit | Open) -> str:
    verb = "must broadcast to" if isinstance(case.expected, BroadcastsTo) else "must be"
    return f"{verb} {show(case.expected.shape)}"


def _features(facts: Facts, case: Misfit | Open) -> str:
    """The dense layer's sentence: what it takes, what arrives, each as the product that it is."""
    node = facts.node(case.at)
    if WEIGHTS.get(node.op_type) != case.parameter:
        return ""
    arrives, takes = _inner(node.attributes.get("transB", 0), case.expected, case.actual)
    if arrives is None or takes is None or arrives == takes:
        return ""
    origin = source(facts, node.inputs[0], case.at.graph)
    image = origin.image
    gives = factors_shown(image, arrives) if image else str(arrives)
    return f"{facts.label(case.at)} takes {taken(takes, image)} features; {origin.giver or origin.tensor} gives {gives}"


def _inner(turned: object, expected: Need, actual: Shape) -> tuple[Size | None, Size | None]:
    """The sizes of the features: those that arrive, and those that the weight takes."""
    if len(expected.shape) < 2 or len(actual) < 2:
        return None, None
    axis = -1 if turned else -2
    return expected.shape[axis], actual[axis]


def _fix(facts: Facts, case: Misfit | Open, fits: tuple[Fit, ...], alike: Sequence[str] = ()) -> str:
    best, label, node = _best(fits), facts.label(case.at), facts.node(case.at)
    size = f"feed an input that fits ({_ranges(facts, best)}), or " if best else ""
    if WEIGHTS.get(node.op_type) == case.parameter and _turned(case, node.attributes.get("transB", 0)):
        how = (
            f"set transB of {label} to {0 if node.attributes.get('transB', 0) else 1}" if node.op_type == "Gemm" else ""
        )
        return f"{case.tensor} stands turned around: {how or f'store it as {show(case.actual[::-1])}'}"
    if _is_open(case.expected.shape):
        return f"{size}put an adaptive (global) pooling in front of {label}"
    giver = facts.producer(node.inputs[0], case.at.graph)
    if alike and giver is not None:  # the parameters agree with one another
        return (
            f"{size}look whether {facts.label(giver)} gives what it should, or make all of them {_mended(facts, case)}"
        )
    if best and isinstance(case, Open):
        return f"feed an input that fits ({_ranges(facts, best)}), and declare it so"
    return f"{size}give {case.tensor} the shape {_mended(facts, case)}"


def _mended(facts: Facts, case: Misfit | Open) -> str:
    """The shape that the parameter most likely should have."""
    wanted = case.expected.shape
    if isinstance(case.expected, BroadcastsTo):
        op_type = facts.node(case.at).op_type
        if op_type == "PRelu" and len(wanted) > 1:  # one slope for each channel
            wanted = (wanted[1], *(1 for _ in wanted[2:]))
        elif op_type == "Gemm":
            wanted = wanted[-1:]
    return show(wanted)


def _turned(case: Misfit | Open, trans_b: object) -> bool:
    """Whether a dense layer's weight would fit the other way round."""
    arrives, _ = _inner(trans_b, case.expected, case.actual)
    return len(case.actual) == 2 and arrives is not None and case.actual[-2 if trans_b else -1] == arrives


def _best(fits: tuple[Fit, ...]) -> Fit | None:
    """The first that some size fulfils."""
    return next((f for f in fits if f.ranges), None)


def _is_open(shape: Shape) -> bool:
    """Whether it hangs on sizes that are worked out from open ones: no stored parameter can follow them."""
    return any(isinstance(s, Dim) and str(s) not in s.names for s in shape)


def _ranges(facts: Facts, fit: Fit) -> str:
    """``227 <= H = W <= 258``."""
    return fitting(fit, {name: rendered(fact.shape) for name, fact in facts.inputs.items()})
