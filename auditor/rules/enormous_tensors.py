"""Nodes that make far more memory out of far less: a gigabyte and more.

## What it does
Predicts the bytes of every tensor, without running anything, and names the first node on a way that makes a gibibyte
and more: sixteen times as much as the largest of its inputs, or a thousand times as much as all that the model stores
and is fed; of dense layers, and of small steps, it asks for 64 GiB. Sizes that are open count as 1. So it does for
sparse tensors that are small in the file and large when they are written out, and for inputs of the model that nobody
can feed.

## Why it matters
A few bytes of ConstantOfShape, Expand, Tile, Range, Pad, Resize or OneHot ask for terabytes. A runtime allocates what
it is asked for, some of it already when the model is loaded, and on a shared machine the system then kills another
process. onnxruntime 1.32 fails to allocate, or is killed. Beyond 2^47 bytes, which is what a process can address, it is
an error. Trained models make no such tensors: the weights that ONNX's light models write as ConstantOfShape have up to
411 MB.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) <int64[2] s = {65536, 65536}> {
  big = ConstantOfShape(s)
  one = ReduceSum<keepdims = 0>(big)
  y = Add(x, one)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 1] x) => (float[A, B] y) <int64[2] s = {1, 1099511627776}> { y = Expand(x, s) }
```
```onnx
# Step by step, each no more than eight times what it takes.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1024, 1024] x) => (float[A, B] y) <int64[2] t = {2, 4}> {
  a = Tile(x, t)
  b = Tile(a, t)
  c = Tile(b, t)
  d = Tile(c, t)
  y = Tile(d, t)
}
```

## Quiet on
```onnx
# The first dense layer of VGG-19, filled.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 25088] x) => (float[N, 4096] y) <int64[2] s = {25088, 4096}> {
  w = ConstantOfShape(s)
  y = MatMul(x, w)
}
```

## How to fix
If that size is meant, store what is repeated once, and repeat it where it is used. In a model that you did not make it
is a reason not to run it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ..costs.count import Costs
from ..costs.layers import Layer
from ..costs.peak import bytes_of_fact
from ..findings.places import location_of
from ..model.dtypes import bytes_of
from ..model.graph import Model
from ..model.scopes import scopes
from ..model.tensor import SparseTensor
from ..report import Basis, Found, Location, Severity
from ..shapes.asked import Question
from ..shapes.fact import Fact, show
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim, Size, evaluate
from ..wording import in_bytes
from . import rule

_MUCH = 1 << 30
_ABSURD = 1 << 36
_ANY_MACHINE = 1 << 47  # bytes that a process can address
_OF_ITS_INPUTS, _OF_ALL = 16, 1024
_GROWING = frozenset({
    "ConstantOfShape", "Expand", "Tile", "Range", "Pad", "Resize", "Upsample", "OneHot", "EyeLike", "Concat", "Gather",
    "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Add", "Mul", "Where",
})  # fmt: skip
"""Operators that make much out of little where a size is open, too. Of others an open size is not worked out."""


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def enormous_tensors(model: Model, facts: Facts, costs: Costs) -> Iterator[Found]:
    told = set[tuple[str, str]]()
    given = costs.weight_bytes + sum(_least(bytes_of_fact(fact)) for fact in facts.inputs.values())
    for layer in _candidates(facts, costs):
        size = layer.activation_bytes or 0
        if isinstance(size, Dim):
            size = _least(size) if layer.op_type in _GROWING else 0
        elif not size and costs.generated_bytes >= _MUCH:  # hangs on stored tensors alone
            size = sum(_least(bytes_of_fact(fact)) for fact in layer.facts)
        if layer.op_type == "Range":
            size = max(size, _of_range(facts, layer))
        if size < _MUCH:
            continue
        path = layer.at.graph
        known = any((path, name) in told for name in layer.inputs)
        rests = any(fact is not None and fact.declared for fact in layer.facts)
        if known or (not rests and _too_much(facts, layer, size, given)):
            told.update((path, name) for name in layer.outputs)
            if not known:
                yield _of_node(facts, layer, size)
    yield from _sparse(model)
    for name, fact in facts.inputs.items():
        size = _least(bytes_of_fact(fact))
        if size >= _ABSURD:
            yield Found(
                f"the input {name!r} is declared as {show(fact.shape)}, which takes {in_bytes(size)} at least",
                Location(tensor=name),
                "declare the sizes that it is fed with, or leave them open",
                actual=size,
                magnitude=size,
            )


def _candidates(facts: Facts, costs: Costs) -> Iterator[Layer]:
    """The layers that may make much, in order: of nodes of which the same was asked, one says it for all."""
    return map(costs.layers.at, facts.where(lambda asked: _may_be_much(facts, asked)))


def _may_be_much(facts: Facts, asked: Question) -> bool:
    if asked.node.op_type == "Range":
        return True
    if asked.entry.plain:
        return _bytes(asked.entry.outputs) >= _MUCH
    visited = facts.graphs[asked.at.graph]
    makes = (visited.nodes[index].outputs for index in asked.places)
    return any(_bytes(visited.facts.get(name) for name in outputs if name) >= _MUCH for outputs in makes)


def _bytes(made: Iterable[Fact | None]) -> int:
    return sum(_least(bytes_of_fact(fact)) for fact in made)


def _least(size: Size | None) -> int:
    """A number of bytes where every open size is 1; 0 where it is not known."""
    if size is None or isinstance(size, int):
        return size or 0
    try:
        return evaluate(size, dict.fromkeys(size.names, 1))
    except ArithmeticError:
        return 0


def _of_range(facts: Facts, layer: Layer) -> int:
    """The bytes of a Range of stored numbers, more or less: of floats the last one hangs on how they are rounded."""
    given = [facts.at(name, layer.at.graph) for name in layer.inputs]
    numbers = [fact.elements[0] for fact in given if fact is not None and fact.elements]
    if len(numbers) < 3 or not all(isinstance(number, int | float) for number in numbers):
        return 0
    first, last, step = (float(number) for number in numbers if isinstance(number, int | float))
    if not step or not all(map(math.isfinite, (first, last, step))):
        return 0
    dtype = given[0].dtype if given[0] is not None else None
    return int(min(max((last - first) / step, 0), 1e18)) * (bytes_of(dtype, 1) or 1 if dtype is not None else 1)


def _too_much(facts: Facts, layer: Layer, size: int, given: int) -> bool:
    if size >= _ABSURD:
        return True
    if layer.macs != 0:  # a dense layer; of a score for each pair there are many, and they are meant
        return False
    sizes = (_least(bytes_of_fact(facts.at(name, layer.at.graph))) for name in layer.inputs if name)
    taken = max(sizes, default=0)
    return taken * _OF_ITS_INPUTS <= size or given * _OF_ALL <= size


def _of_node(facts: Facts, layer: Layer, size: int) -> Found:
    beyond = size > _ANY_MACHINE and not layer.at.graph
    fact = next((f for f in layer.facts if f is not None and _least(bytes_of_fact(f)) * 2 >= size), layer.facts[0])
    shape = show(None if fact is None else fact.shape)
    more = ", more than any process can address" if size > _ANY_MACHINE else ""
    return Found(
        f"{facts.label(layer.at)} makes {shape}, which takes {in_bytes(size)}{more}",
        location_of(facts, layer.at),
        "make what is repeated once and repeat it where it is used; if you did not make the model, do not run it",
        expected=f"less than {in_bytes(_MUCH)}",
        actual=size,
        derivation=(facts.step(layer.at),),
        severity=Severity.ERROR if beyond else None,
        basis=Basis.REFUSED if beyond else None,
        magnitude=size,
    )


def _sparse(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        for sparse in scope.graph.sparse_initializers:
            offset = sparse.values.offset
            where = Location(scope.path, tensor=sparse.name, offset=offset if offset >= 0 else None)
            yield from _written_out(f"the sparse tensor {sparse.name!r}", sparse, where)
        for index, node in scope.graph.nodes_of({"Constant"}):
            if isinstance(held := node.attributes.get("sparse_value"), SparseTensor):
                label = scope.graph.label(index)
                where = Location(scope.path, label, "Constant", attribute="sparse_value", offset=node.offset)
                yield from _written_out(f"the sparse tensor of {label}", held, where)


def _written_out(what: str, sparse: SparseTensor, where: Location) -> Iterator[Found]:
    elements = 1
    for size in sparse.dims:
        elements *= max(size, 0)
    held = sparse.values.elements
    whole = bytes_of(sparse.values.dtype, min(elements, 1 << 62)) or 0
    if whole >= _MUCH and whole >= _OF_ALL * (bytes_of(sparse.values.dtype, held) or 1):
        yield Found(
            f"{what} of {held:,} values is {list(sparse.dims)} when it is written out, which takes {in_bytes(whole)}",
            where,
            "store it with the sizes that are used",
            actual=whole,
            magnitude=whole,
        )
