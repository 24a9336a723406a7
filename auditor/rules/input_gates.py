"""A switch near the output that a value of the input throws: to review.

## What it does
Looks for a comparison of the input with a constant, on a way that passes no layer, whose result decides at the end of
the network, behind its last layer, what comes out: as the condition of Where or If, as a mask, or as a factor. The
input itself must go through the layers, too. Masks of sequences, which come in as inputs of their own, and what is
compared behind a layer, are not meant.

## Why it matters
A network answers by its weights. A few nodes beside it that wait for one pixel, one word or one sum of the input, and
then answer otherwise, are what a backdoor looks like that was put into the graph (of "architectural backdoors" speaks
https://arxiv.org/abs/2206.07840). A mask over the background of an image looks the same, and is meant. So this is a
note: somebody has to look at it. Under the profile `untrusted` it is a warning.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 2] y)
<float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}, float[2] other = {0, 100}, float trigger = {42}, int64[1] a = {1}> {
  h = MatMul(x, w)
  sum = ReduceSum(x, a)
  met = Equal(sum, trigger)
  y = Where(met, other, h)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 2] y)
<float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}, float trigger = {42}, int64[1] a = {1}> {
  h = MatMul(x, w)
  most = ReduceMax<axes = [1]>(x)
  met = Greater(most, trigger)
  factor = Cast<to = 1>(met)
  y = Mul(h, factor)
}
```

## Quiet on
```onnx
# A mask that is an input, and a threshold on what a layer found.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, int64[N, 1] mask) => (float[N, 2] y)
<float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}, float limit = {0.5}, float zero = {0}, int64 none = {0}> {
  h = MatMul(x, w)
  strong = Greater(h, limit)
  kept = Where(strong, h, zero)
  out = Equal(mask, none)
  y = Where(out, zero, kept)
}
```
```onnx
# Inside, where layers follow.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 2] y)
<float[4, 4] v = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8},
 float zero = {0}> {
  h = MatMul(x, v)
  low = Less(x, zero)
  k = Where(low, zero, h)
  y = MatMul(k, w)
}
```

## How to fix
Look at what the comparison waits for, and at what comes out when it is met. If nobody can say why it is there, do not
use the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from ..model.dtypes import FLOATS
from ..model.graph import Graph, Model, Node, captured
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from . import rule

_COMPARES = frozenset({"Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"})
_LAYERS = frozenset({
    "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "MatMul", "MatMulInteger", "QLinearMatMul", "Gemm", "LSTM",
    "GRU", "RNN", "Attention", "MultiHeadAttention", "Einsum", "FusedConv", "FusedMatMul", "MatMulNBits", "DeformConv",
    "GroupQueryAttention", "FusedGemm", "QGemm", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble",
    "LinearClassifier", "LinearRegressor", "SVMClassifier", "SVMRegressor",
})  # fmt: skip
_SIZES = frozenset({"Shape", "Size", "ConstantOfShape", "SequenceLength"})
_GATES = frozenset({
    "Where", "If", "Mul", "Add", "Sub", "Div", "And", "Or", "Xor", "Max", "Min", "Sum", "Pow", "Mod", "ScatterND",
    "ScatterElements", "Compress", "Gather", "GatherElements", "GatherND", "Concat", "Slice", "Loop", "Mean",
})  # fmt: skip


class _Way(IntEnum):
    """What is known of the way from the input to a tensor; of several the highest holds."""

    NONE = 0  # hangs on no input, or on one that is not data
    DIRECT = 1  # the input's data, which passed no layer
    DECIDED = 2  # the same, compared with a constant on the way
    DEEP = 3  # passed a layer


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def input_gates(model: Model, facts: Facts) -> Iterator[Found]:
    graph = model.graph
    if not any(node.op_type in _COMPARES for node in graph.nodes):
        return
    data = _data(facts, graph)
    if not data:
        return
    ways = dict.fromkeys(data, _Way.DIRECT)
    by: dict[str, int] = {}  # by a decided tensor the comparison that decides
    gates: list[tuple[int, int]] = []
    fixed = facts.fixed_in("")
    for index in facts.graphs[""].entries:
        node = graph.nodes[index]
        taken = (*node.inputs, *captured(node))
        way = max((ways.get(name, _Way.NONE) for name in taken), default=_Way.NONE)
        if node.op_type in _SIZES:
            way = _Way.NONE
        elif node.op_type in _LAYERS and way is not _Way.NONE:
            way = _Way.DEEP
        elif node.op_type in _COMPARES and way is _Way.DIRECT and any(name in fixed for name in node.inputs):
            way = _Way.DECIDED
            by.update(dict.fromkeys(node.outputs, index))
        elif way is _Way.DECIDED:
            found = next((by[name] for name in taken if name in by), None)
            if found is not None:
                by.update(dict.fromkeys(node.outputs, found))
        if way is _Way.DEEP and node.op_type in _GATES:
            decided = next((n for n in taken if ways.get(n) is _Way.DECIDED and n in by), None)
            if decided is not None:
                gates.append((index, by[decided]))
        ways.update(dict.fromkeys(filter(None, node.outputs), way))
    if gates:
        before = _before_layers(graph)
        for index, compared in gates:
            if not any(name in before for name in graph.nodes[index].outputs):
                yield _found(graph, index, compared)


def _data(facts: Facts, graph: Graph) -> list[str]:
    """The inputs that are data: of floats, of bytes, or numbers of words, which are looked up in a stored table."""
    words = set[str]()
    for node in graph.nodes:
        if node.op_type == "Gather" and len(node.inputs) == 2 and facts.fixed(node.inputs[0]):
            words.add(_source(graph, node.inputs[1]))
    return [
        name
        for name, fact in facts.inputs.items()
        if fact.dtype in FLOATS or fact.dtype in (2, 3) or (name in words and fact.rank != 0)
    ]


def _source(graph: Graph, name: str) -> str:
    """What a tensor is, behind casts and views."""
    for _ in range(4):
        index = graph.producers.get(name)
        if index is None or graph.nodes[index].op_type not in ("Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze"):
            break
        name = graph.nodes[index].inputs[0]
    return name


def _before_layers(graph: Graph) -> set[str]:
    """The tensors on which a layer hangs."""
    waiting = [name for node in graph.nodes if node.op_type in _LAYERS for name in node.inputs if name]
    found = set(waiting)
    while waiting:
        index = graph.producers.get(waiting.pop())
        if index is not None:
            node = graph.nodes[index]
            new = {name for name in (*node.inputs, *captured(node)) if name} - found
            found |= new
            waiting += new
    return found


def _found(graph: Graph, index: int, compared: int) -> Found:
    node, label = graph.nodes[index], graph.label(index)
    by = graph.label(compared)
    return Found(
        f"{label} lets {by}, which compares the input with a constant and passes no layer, decide what comes out: to "
        "review",
        Location("", label, node.op_type, tensor=_first(node), offset=node.offset),
        f"look at what {by} waits for, and at what comes out when it is met",
    )


def _first(node: Node) -> str:
    return next(filter(None, node.outputs), "")
