"""An operator that works along the batch: an image's answer hangs on the images beside it.

## What it does
Where the leading size of the inputs is an open batch, finds the operators that let the images meet, or keep some of
them: Softmax, normalizations, sums, means, largest numbers and running sums along the axis of the batch; matrix
products and Einsums that sum over it; recurrent layers that run along it; a Gather or Slice of some images, a Concat,
Tile, Pad or Resize of their number; an output that has them along its last axis (a note). Of a fixed batch of images,
Softmax, LpNormalization and choices of the largest.

## Why it matters
A server puts the requests of several users into one batch. An axis of 0 in place of 1 makes each answer a mix of all
of them, or gives everybody the answer of the first; with a batch of one, with which models are tested, the numbers look
right, or are all 1.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) { y = Softmax<axis = 0>(x) }
```
```onnx
# Before opset 13 Softmax goes over all axes from this one on.
<ir_version: 7, opset_import: ["" : 11]>
agraph (float[N, 4] x) => (float[N, 4] y) { y = Softmax<axis = 0>(x) }
```
```onnx
# The statistics of the batch.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, 3, 8, 8] x) => (float[batch, 3, 8, 8] y) {
  m = ReduceMean<axes = [0, 2, 3]>(x)
  y = Sub(x, m)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[4] y) <int64 first = {0}> { y = Gather<axis = 0>(x, first) }
```
```onnx
# Batch first, and a recurrent layer that takes time first.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[batch, time, 2] x) => (float[batch, A, time, 3] y)
<float[1, 3, 2] w = {1, 2, 3, 4, 5, 6}, float[1, 3, 3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
  y = RNN<hidden_size = 3>(x, w, r)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[4, 4] y) { y = Gemm<transA = 1>(x, x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[N, 4] z) => (float[M, 4] y) { y = Concat<axis = 0>(x, z) }
```
```onnx
# Of one image each softmax over the images is 1.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 3, 8, 8] x) => (float[1, 3, 1, 1] y) {
  p = GlobalAveragePool(x)
  y = Softmax<axis = 0>(p)
}
```

## Quiet on
```onnx
# Along the classes, over the places of each image, and over time.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 3, 8, 8] x, float[time, 4] t) => (float[N, 3] y, float[1, 4] z) {
  m = ReduceMean<axes = [2, 3], keepdims = 0>(x)
  y = Softmax<axis = 1>(m)
  z = ReduceMax<axes = [0]>(t)
}
```
```onnx
# The image and its mirror, brought together again.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) <int64[3] s = {2, -1, 4}> {
  n = Neg(x)
  both = Concat<axis = 0>(x, n)
  r = Relu(both)
  t = Reshape(r, s)
  y = ReduceMean<axes = [0], keepdims = 0>(t)
}
```
```onnx
# The range of all numbers together, as dynamic quantisation takes it.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  most = ReduceMax<keepdims = 0>(x)
  y = Div(x, most)
}
```

## How to fix
Give the node the axis of the classes or features. Answer every image: `x[:, 0]` in place of `x[0]`; transpose
batch-first data in front of a recurrent layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Node
from ..report import Basis, Found, Location, Severity
from ..shapes.batches import axes_of, batch_names, is_batch, whole_numbers, with_open_batch
from ..shapes.fact import Shape, show
from ..shapes.facts import Facts
from ..shapes.open_axes import says_batch
from ..shapes.sizes.dim import Dim
from ..shapes.troubles import At
from ..tuples import NamedTuple
from ..wording import counted, listed
from . import rule

_ONES = frozenset({"Softmax", "LogSoftmax", "Hardmax"})
"""Over an axis of one entry they give the same whatever comes in."""

_FIXED = _ONES | {"LpNormalization", "TopK", "ArgMax", "ArgMin"}
"""What no one means along the batch, be it fixed."""

_REDUCING = frozenset(
    {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSumExp",
     "ReduceSumSquare", "ReduceLogSum"}
)  # fmt: skip
_ALONG = _FIXED | _REDUCING | {"CumSum", "MeanVarianceNormalization", "LayerNormalization", "RMSNormalization"}
_NUMBER = frozenset({"Concat", "Tile", "Pad", "Resize", "Upsample"})
_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
_LOOKED_AT = _ALONG | _NUMBER | _RECURRENT | {"Gather", "Slice", "MatMul", "Gemm", "Einsum"}
_FLOATS = frozenset({1, 10, 11, 16})


class _Crossing(NamedTuple):
    graph: str
    at: int
    why: str
    shape: Shape  # of what comes in


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def crossed_batch(facts: Facts) -> Iterator[Found]:
    names = batch_names(facts)
    crossings = list(_crossings(facts, names)) if names else list(_of_a_fixed_batch(facts))
    found: dict[tuple[str, str], list[_Crossing]] = {}
    for crossing in crossings:
        node = facts.graphs[crossing.graph].nodes[crossing.at]
        found.setdefault((node.op_type, crossing.why), []).append(crossing)
    for (op_type, why), group in found.items():
        graph, at, _, shape = group[0]
        node, visited = facts.graphs[graph].nodes[at], facts.graphs[graph]
        label = node.name or f"{op_type}[{at}]"
        others = [visited.nodes[c.at].name or f"{op_type}[{c.at}]" for c in group[1:]]
        also = f"; so do {counted(others, 'other node')}: {listed(others)}" if others else ""
        axis = "axis" if "axis" in node.attributes else "axes" if "axes" in node.attributes else ""
        yield Found(
            f"{label} {why} of {node.inputs[0]!r} {show(shape)}: {_THEN.get(why, _MIXED)}{also}",
            Location(graph, label, op_type, node.inputs[0], axis, node.offset),
            _FIX.get(op_type, "give the node the axis of the classes or features, and keep the batch apart"),
            places=nodes_at((c.graph, c.at) for c in group),
        )
    if names:
        yield from _turned_outputs(facts, names)


_MIXED = "an image's answer hangs on those beside it"
_KEEPS, _TURNS = "keeps some images", "turns the order of the images around"
_JOINS, _CHANGES = "joins images", "changes the number of images"
_THEN = {
    _KEEPS: "the others are not answered",
    _TURNS: "answers do not stand where their images stood",
    _JOINS: "the answers are more than the images",
    _CHANGES: "the answers are not one to an image",
}

_FIX = {
    "Gather": "answer every image: x[:, 0] in place of x[0]",
    "Slice": "answer every image: cut along another axis",
    **dict.fromkeys(_RECURRENT, "transpose the data to time first, as the layer takes it"),
    **dict.fromkeys(_NUMBER, "work along the axis of the features or of the places, not of the images"),
}


def _crossings(facts: Facts, names: frozenset[str]) -> Iterator[_Crossing]:
    lost = _lost(facts, names)
    for at in facts.where(lambda asked: not asked.entry.plain or _crossing(facts, asked.at, names, lost) is not None):
        if (crossing := _crossing(facts, at, names, lost)) is not None:
            yield crossing


def _crossing(facts: Facts, at: At, names: frozenset[str], lost: bool) -> _Crossing | None:
    path, node = at.graph, facts.node(at)
    if node.op_type not in _LOOKED_AT or node.domain or not node.inputs or not node.inputs[0]:
        return None
    fact = facts.at(node.inputs[0], path)
    if fact is None or fact.declared or not fact.shape:
        return None
    why = _why(facts, path, node, fact.shape, names, lost)
    if why and not (fact.dtype not in _FLOATS and node.op_type in _REDUCING):
        return _Crossing(path, at.index, why, fact.shape)
    return None


def _why(facts: Facts, path: str, node: Node, shape: Shape, names: frozenset[str], lost: bool) -> str:
    """What an operator does with the images, "" where it leaves them alone."""
    op_type = node.op_type
    if op_type in _RECURRENT:
        axis = 1 if node.attributes.get("layout") else 0
        size = shape[axis] if axis < len(shape) else None
        return "runs along the batch" if is_batch(size, names) and says_batch(str(size)) else ""
    if op_type in ("MatMul", "Gemm"):
        axis = 0 if node.attributes.get("transA") else len(shape) - 1
        return "sums over the batch" if len(shape) > 1 and is_batch(shape[axis], names) else ""
    if op_type == "Einsum":
        return "sums over the batch" if _summed(node, shape, names) else ""
    if not is_batch(shape[0], names):
        return ""
    if op_type in _ALONG:
        axes = axes_of(facts, node, path, len(shape), facts.model.opsets)
        if 0 not in axes or (op_type in ("ReduceMax", "ReduceMin") and len(axes) == len(shape)):
            return ""
        return "works along the batch"
    if op_type == "Gather":
        chosen = node.attributes.get("axis", 0) in (0, -len(shape)) and len(node.inputs) > 1
        return _KEEPS if chosen and whole_numbers(facts, node.inputs[1], path) else ""
    if op_type == "Slice":
        return _sliced(facts, path, node, len(shape))
    made = facts.at(node.outputs[0], path)
    if made is None or made.declared or not made.shape or made.shape[0] == shape[0] or not lost:
        return ""
    if op_type == "Concat":
        images = [facts.at(name, path) for name in node.inputs]
        return _JOINS if sum(bool(f and f.shape and is_batch(f.shape[0], names)) for f in images) > 1 else ""
    return _CHANGES


def _sliced(facts: Facts, path: str, node: Node, rank: int) -> str:
    """Slice takes data, starts, ends, axes and steps; before opset 10 the first three as attributes."""

    def constants(position: int, attribute: str) -> tuple[int, ...] | None:
        value = node.attributes.get(attribute)
        if isinstance(value, tuple):
            return tuple(v for v in value if isinstance(v, int))
        return whole_numbers(facts, node.inputs[position], path) if position < len(node.inputs) else None

    starts, ends, steps = constants(1, "starts"), constants(2, "ends"), constants(4, "steps")
    if not starts or not ends or len(starts) != len(ends):
        return ""
    axes = constants(3, "axes") or tuple(range(len(starts)))
    at = next((i for i, axis in enumerate(axes) if axis in (0, -rank)), None)
    if at is None or at >= len(starts):
        return ""
    if steps and at < len(steps) and steps[at] < 0:
        return _TURNS
    return _KEEPS if starts[at] != 0 or ends[at] < 1 << 30 else ""


def _summed(node: Node, shape: Shape, names: frozenset[str]) -> bool:
    """Whether an Einsum's first operand has a batch at an index that its result does not have."""
    equation = node.attributes.get("equation")
    if not isinstance(equation, str) or "->" not in equation or "." in equation:
        return False
    operands, _, result = equation.replace(" ", "").partition("->")
    first = operands.split(",")[0]
    return len(first) == len(shape) and any(
        is_batch(size, names) and letter not in result for letter, size in zip(first, shape, strict=True)
    )


def _lost(facts: Facts, names: frozenset[str]) -> bool:
    """Whether an output leads with a size that hangs on the batch and is another."""
    for value in facts.model.graph.outputs:
        fact = facts.at(value.name)
        lead = fact.shape[0] if fact is not None and fact.shape and not fact.declared else None
        if isinstance(lead, Dim) and lead.names & names and str(lead) not in names:
            return True
    return False


def _of_a_fixed_batch(facts: Facts) -> Iterator[_Crossing]:
    """What works along the leading axis where images of a fixed number come in."""
    doubtful = []
    version = facts.model.opsets.get("", 1)
    for path, index in facts.nodes_of(_FIXED):
        node = facts.graphs[path].nodes[index]
        if node.domain or not node.inputs:
            continue
        fact = facts.at(node.inputs[0], path)
        if fact is not None and not fact.declared and fact.shape and len(fact.shape) > 1:
            axes = axes_of(facts, node, path, len(fact.shape), facts.model.opsets)
            if 0 in axes:
                alone = axes == (0,) and fact.shape[0] == 1 and fact.shape[1] != 1
                doubtful.append((path, index, fact.shape, alone and node.op_type in _ONES and version >= 13))
    opened = with_open_batch(facts) if doubtful else None
    if opened is None:
        return
    open_facts, name = opened
    for path, index, shape, alone in doubtful:
        fact = open_facts.at(facts.graphs[path].nodes[index].inputs[0], path)
        leads = fact is not None and fact.shape and str(fact.shape[0]) == name and shape[0] != 1
        if alone or leads:
            yield _Crossing(path, index, "works along the batch", shape)


def _turned_outputs(facts: Facts, names: frozenset[str]) -> Iterator[Found]:
    for value in facts.model.graph.outputs:
        fact, at = facts.at(value.name), facts.producer(value.name)
        if fact is None or fact.declared or fact.rank != 2 or fact.shape is None or at is None:
            continue
        node = facts.node(at)
        if node.op_type == "Transpose" and is_batch(fact.shape[1], names) and isinstance(fact.shape[0], int):
            yield Found(
                f"the output {value.name!r} is {show(fact.shape)}: {facts.label(at)} puts the images along its last "
                "axis",
                Location(at.graph, facts.label(at), node.op_type, value.name, "perm", node.offset),
                "let the batch lead, as it does in the inputs",
                severity=Severity.NOTE,
            )
