"""A declared shape or type that is not the one that comes out.

## What it does
Compares what the file declares of its outputs and its inner tensors (value_info) with what follows from the inputs:
number of axes, sizes that are different for every value of the named sizes, element type. A name that an input gives to
one of its sizes must not stand for another one, as `L` where floor((L - 1)/2) + 1 comes out: it speaks where the two
differ for all sizes from 2 on. Other names are not compared: they say nothing of any size; and where propagation itself
rests on a declaration, nothing is.

## Why it matters
Whoever reads the declaration (a serving system's configuration, a buffer's allocation, another compiler) is misled.
onnxruntime 1.32 warns about a wrong shape and runs the model, and refuses one whose declared element type is wrong;
onnx's strict shape inference refuses both. A wrong size or type is an error here, a wrong number of axes a warning:
sound, deployed models carry such outputs. "Each main (top-level) graph MUST define the names, types and shapes of its
inputs and outputs" (https://onnx.ai/onnx/repo-docs/IR.html#graphs).

'A dimension variable "N" represents the same value across the entire graph in a model'
(https://onnx.ai/onnx/repo-docs/IR.html#static-tensor-shapes), and onnxruntime plans its memory by that: where an inner
tensor is larger than its name says, a run may fail ("Shape mismatch attempting to re-use buffer"). That is an error; so
is an output whose first axis is a multiple of its name, for its rows are no longer images. Any other name that stands
for two sizes is a warning, for the model runs.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3] x) => (float[N, 4] y) { y = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x) => (float[2, 3] y) <float[2, 3, 1] a> {
  a = Relu(x)
  y = Abs(a)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 3] x) => (int64[2, 3] y) { y = Relu(x) }
```
```onnx
# One name for two lengths.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, L] x) => (float[N, 3, L] y) { y = MaxPool<kernel_shape = [2], strides = [2]>(x) }
```
```onnx
# Four rows for each image.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8, 16, 16] x, float[512, 10] w) => (float[N, 10] y) <int64[2] s = {-1, 512}> {
  r = Reshape(x, s)
  y = MatMul(r, w)
}
```

## Quiet on
```onnx
# For even sizes it is so, and "?" is no name.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, H] x, float[N, "?"] v) => (float[N, 3, H] y, float[N, "?"] w) <float[4] s = {1.0, 2.0}> {
  p = MaxPool<kernel_shape = [2], strides = [2]>(x)
  t = Concat<axis = 2>(p, p)
  y = Identity(t)
  w = Concat<axis = 1>(v, v)
}
```
```onnx
# Another name, or a number that the named size may be, contradicts nothing.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3] x) => (float[batch, 3] y, float[1, 3] z) <float[unk__1, 3] a> {
  a = Relu(x)
  y = Abs(a)
  z = Neg(a)
}
```

## How to fix
Delete the declaration (value_info is optional), or let it be made anew: clear it, then
`onnx.shape_inference.infer_shapes(model)`; for an output write the shape that the message names. A size that is not the
input's gets a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import tensors_at
from ..model.dtypes import name_of
from ..model.graph import Graph, Model, TensorType, Value
from ..repair import Declaration, DimensionName
from ..report import Basis, Found, Location, Severity
from ..shapes.declared import declared
from ..shapes.element_types import mistyped
from ..shapes.fact import Fact, show
from ..shapes.facts import Facts, rendered
from ..shapes.mending import MOST_SEARCHES, BrokenPlace, mends
from ..shapes.sizes.bounds import less
from ..shapes.sizes.dim import Dim, Size, TooComplex, divide_exact, named, same, substitute
from ..shapes.troubles import Impossible, Misfit
from ..tuples import NamedTuple
from ..wording import counted
from . import rule


class _Fault(NamedTuple):
    declared: str
    is_: str
    severity: Severity | None  # None: the rule's own
    name: str = ""  # of an input's size, which this one is not
    axis: int = 0  # where that name stands
    sizes: bool = False  # it is the shape that is another one


@rule(Severity.WARNING, Basis.ILLEGAL)
def stale_shape_annotations(model: Model, facts: Facts) -> Iterator[Found]:
    if _overruled(model, facts):
        return  # the caller asked for sizes that the file does not declare: of course the rest does not fit either
    for path, graph in model.graphs:
        if path not in facts.graphs:
            continue
        searches = 0
        for value in graph.outputs:
            fault = _fault(facts, value, path, output=True)
            if fault:
                found = _one(facts, graph, path, value, fault, "output")
                searching = not path and not fault.name and bool(fault.sizes) and searches < MOST_SEARCHES
                searches += searching
                yield _with_repairs(facts, found, value, path, fault, searching=searching)
        stale = [(v, f) for v in graph.value_info if (f := _fault(facts, v, path, output=False))]
        if stale:
            stale.sort(key=lambda s: graph.producers.get(s[0].name, -1))
            stale.sort(key=lambda s: s[1].severity is not Severity.ERROR)
            (value, fault), others = stale[0], len(stale) - 1
            found = _one(facts, graph, path, value, fault, "tensor", others)
            repairs = _deleted(facts, value, fault, path) if not others else ()
            yield found._replace(places=tensors_at((path, v.name) for v, _ in stale), repairs=repairs)


def _with_repairs(facts: Facts, found: Found, value: Value, path: str, fault: _Fault, *, searching: bool) -> Found:
    """The finding with what mends it: a layer in front of the output, where one is at fault, or the declaration."""
    if searching:
        cures = mends(facts, BrokenPlace(None, value.name))
        fix = found.fix if cures and isinstance(cures[0].repair, Declaration) else cures[0].fix
        return found._replace(fix=fix, repairs=tuple(cure.repair for cure in cures))
    why = f"it is declared as {fault.declared}, and is {fault.is_}"
    if fault.name:
        taken = {n for f in facts.values() for s in f.shape or () if isinstance(s, Dim) for n in s.names}
        fresh = next(n for i in range(len(taken) + 1) if (n := f"{fault.name}_{i + 2}") not in taken)
        return found._replace(repairs=(DimensionName(value.name, fault.axis, fault.name, fresh, why),))
    fact = facts.at(value.name, path)
    made = rendered(fact.shape) if fault.sizes and fact is not None else fault.is_
    said = _said(value) if fault.sizes else fault.declared
    return found._replace(repairs=(Declaration(value.name, "shape" if fault.sizes else "type", said, made, why, path),))


def _deleted(facts: Facts, value: Value, fault: _Fault, path: str) -> tuple[Declaration, ...]:
    """That the declaration goes: where all else is sound."""
    if any(isinstance(t, Misfit | Impossible) for t in facts.troubles):
        return ()
    return (Declaration(value.name, "shape", _said(value), None, f"it is {fault.is_}", path),)


def _said(value: Value) -> tuple[int | str | None, ...] | None:
    return value.type.shape if isinstance(value.type, TensorType) else None


def _one(
    facts: Facts,
    graph: Graph,
    path: str,
    value: Value,
    fault: _Fault,
    what: str,
    others: int = 0,
) -> Found:
    said, is_, severity, name, *_ = fault
    index = graph.producers.get(value.name)
    maker = "" if index is None else graph.label(index)
    by = f"; {maker} gives" if maker else "; it is"
    more = f" (and {counted(others, 'other tensor')} whose declaration is wrong)" if others else ""
    twice = f"; an input has a size {name}, and this is another one" if name else ""
    fix = f"declare {value.name!r} as {is_}" if what == "output" else "delete the declaration, or infer it anew"
    return Found(
        f"the {what} {value.name!r} is declared as {said}{by} {is_}{twice}{more}",
        Location(path, maker, "" if index is None else graph.nodes[index].op_type, value.name, offset=value.offset),
        f"give that size of {value.name!r} a name of its own" if name and what == "output" else fix,
        expected=is_,
        actual=said,
        derivation=facts.derivation(value.name, path),
        severity=severity,
    )


def _fault(facts: Facts, value: Value, path: str, *, output: bool) -> _Fault | None:
    """What is declared, what comes out, and how bad that is; None where the two may agree."""
    fact = facts.graphs[path].facts.get(value.name)  # of this graph alone: a name from outside is declared there
    if fact is None or fact.declared or not isinstance(value.type, TensorType) or value.type.sparse:
        return None
    if value.type.dtype and fact.dtype and value.type.dtype != fact.dtype:
        if facts.producer(value.name, path) in mistyped(facts):
            return None  # the node is at odds with itself, and wrong-types says how
        return _Fault(name_of(value.type.dtype), name_of(fact.dtype), Severity.ERROR)
    said = value.type.shape
    if said is None or fact.shape is None:
        return None
    shown = "[" + ", ".join("?" if s is None else str(s) for s in said) + "]"
    if len(said) != len(fact.shape) or any(
        isinstance(a, int) and a >= 0 and b is not None and same(a, b) is False
        for a, b in zip(said, fact.shape, strict=True)
    ):
        # A wrong number misleads whoever reads it. A wrong rank of an output stands in sound models (2 of 22 measured).
        severity = Severity.ERROR if len(said) == len(fact.shape) else None
        return _Fault(shown, show(fact.shape), severity, sizes=True)
    if path:
        return None  # what a name of a body stands for, its callers decide
    axes = [i for i, (a, b) in enumerate(zip(said, fact.shape, strict=True)) if _misnamed(facts, a, b)]
    if not axes:
        return None
    name = str(said[axes[0]])
    harm = any(_harms(str(said[i]), fact.shape[i], i, output) for i in axes)
    return _Fault(shown, show(fact.shape), Severity.ERROR if harm else None, name, axes[0])


def _misnamed(facts: Facts, said: int | str | None, size: Size | None) -> bool:
    """Whether a size that has the name of an input's is another one, for all sizes of the inputs from 2 on."""
    if not isinstance(said, str) or not isinstance(size, Dim) or said not in _names(facts):
        return False
    two_on = {name: named(name) + 2 for name in size.names | {said}}
    try:
        return same(two_on[said], substitute(size, two_on)) is False
    except (TooComplex, ZeroDivisionError):
        return False


def _names(facts: Facts) -> frozenset[str]:
    """The names that inputs give to their sizes. What is no identifier is no name: propagation does not take it so."""
    sizes = [size for fact in facts.inputs.values() for size in fact.shape or () if isinstance(size, Dim)]
    return frozenset(name for size in sizes for name in size.names if name.isidentifier())


def _harms(name: str, size: Size | None, axis: int, output: bool) -> bool:
    """Whether a run fails for it, or gives several rows for one."""
    if size is None:
        return False
    if output:
        times = divide_exact(size, named(name))
        return axis == 0 and isinstance(times, int) and times > 1
    return less(named(name), substitute(size, {name: named(name) + 1})) is True


def _overruled(model: Model, facts: Facts) -> bool:
    """Whether the sizes of some input were given against the file's declaration."""
    return any(_differs(declared(v), facts.inputs.get(v.name)) for v in model.graph.feeds)


def _differs(said: Fact, given: Fact | None) -> bool:
    if said.shape is None or given is None or given.shape is None:
        return False
    return any(
        a is not None and b is not None and same(a, b) is False for a, b in zip(said.shape, given.shape, strict=False)
    )
