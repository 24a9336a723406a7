"""What really comes out of a model, and what it costs by that: onnx and onnxruntime alone, nothing of auditor's.

Run as a process of its own (``python -m tests.crater.oracle MODEL STRIPPED``), so that a crash costs nothing. It

- chooses sizes for the inputs on which the model runs (FACTS: the first open size 2, others 224, integers 1),
- takes each If apart: the branch that ran stands in its place, so that tensors inside it are seen too,
- runs with every intermediate as an output,
- counts multiply-accumulates from the shapes that came out, and the stored parameters from the file,
- writes a copy of the model to STRIPPED that declares nothing about any tensor but its inputs.

MACs inside a Loop or Scan are not counted here; `Truth.uncounted` says where there are some.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto
from onnx.helper import make_node, tensor_dtype_to_np_dtype

from tests.corpus import dtype_number, observed

_OPEN = tuple(product((224, 64, 16000), (2, 1), (1, 0, 16000)))
"""Attempts: the other open sizes, the first open size of an input, the value of integer inputs."""

_SECONDS = 300

_FLOATS = frozenset(
    {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE}
    | {TensorProto.FLOAT8E4M3FN, TensorProto.FLOAT8E4M3FNUZ, TensorProto.FLOAT8E5M2, TensorProto.FLOAT8E5M2FNUZ}
)
_QUANTISED_WEIGHTS = {
    "DequantizeLinear": (0,),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (3,),
    "ConvInteger": (1,),
    "MatMulInteger": (1,),
    "DynamicQuantizeLSTM": (1, 2),
}
_BRANCHES = ("then_branch", "else_branch")


@dataclass(frozen=True)
class Truth:
    """One model as it ran. A tensor is called by its graph's path and its name; a shape comes with its element type."""

    inputs: dict[str, list[int]]
    tensors: list[tuple[str, str, int, list[int]]]  # graph, name, dtype, shape
    macs: int
    parameters: int
    uncounted: list[str]


class Failed(Exception):
    """The model did not run."""


def ask(path: Path, stripped: Path) -> Truth:
    """The truth about a model, found in another process."""
    command = [sys.executable, "-m", "tests.crater.oracle", str(path), str(stripped)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done after {_SECONDS} seconds") from None
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1])
    fields = json.loads(done.stdout)
    return Truth(**{**fields, "tensors": [tuple(t) for t in fields["tensors"]]})


def truth(model: ModelProto) -> Truth:
    """Run a model and count. Of several attempts that run the dearest: an If counts by its dearer branch."""
    best: Truth | None = None
    why = "no attempt"
    for others, first, integer in _OPEN:
        feeds = _feeds(model.graph, others, first, integer)
        if best is not None and {n: list(a.shape) for n, a in feeds.items()} != best.inputs:
            continue
        try:
            flat, places, arrays = _flattened(model, feeds)
        except Exception as error:  # these sizes are not for this model
            why = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            continue
        shapes = {n: (dtype_number(a), list(a.shape)) for n, a in arrays.items() if isinstance(a, np.ndarray)}
        found = Truth(
            {n: list(a.shape) for n, a in feeds.items()},
            [(*places[n], *shapes[n]) for n in shapes if n in places],
            _macs(flat.graph, shapes | {n: (0, list(a.shape)) for n, a in feeds.items()}),
            _parameters(model),
            sorted({n.op_type for n in flat.graph.node for g in _graphs(n) if any(map(_dense, _everywhere(g)))}),
        )
        if best is None or found.macs > best.macs:
            best = found
        if not any(n.op_type == "If" for n in _everywhere(model.graph)):
            break
    if best is None:
        raise Failed(why)
    return best


# Inputs


def _feeds(graph: GraphProto, others: int, first: int, integer: int) -> dict[str, np.ndarray]:
    """Seeded inputs; one name, one size."""
    stored = {t.name for t in graph.initializer}
    sizes: dict[str, int] = {}
    feeds = {}
    random = np.random.default_rng(0)
    for value in graph.input:
        if value.name in stored:
            continue
        shape: list[int] = []
        opened = 0
        for dim in value.type.tensor_type.shape.dim:
            if dim.HasField("dim_value") and dim.dim_value >= 0:
                shape.append(dim.dim_value)
                continue
            size = others if opened else first
            shape.append(sizes.setdefault(dim.dim_param, size) if dim.dim_param.isidentifier() else size)
            opened += 1
        dtype = tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        whole = np.issubdtype(dtype, np.integer) or dtype == np.bool_
        feeds[value.name] = np.full(shape, integer, dtype) if whole else random.random(shape).astype(dtype)
    return feeds


# Ifs, taken apart


def _flattened(
    model: ModelProto, feeds: Mapping[str, np.ndarray]
) -> tuple[ModelProto, dict[str, tuple[str, str]], dict[str, np.ndarray]]:
    """The model with each If replaced by the branch that runs, its tensors as they came out, and where each stood.

    Returned in the order: model, (graph's path, name) by the tensor's new name, arrays by the same.
    """
    flat = ModelProto()
    flat.CopyFrom(model)
    places = {name: ("", name) for node in flat.graph.node for name in node.output if name}
    paths = [_label(node, index) for index, node in enumerate(flat.graph.node)]
    while True:
        arrays = observed(flat, feeds)
        nodes: list[NodeProto] = []
        new_paths: list[str] = []
        for node, path in zip(flat.graph.node, paths, strict=True):
            if node.op_type != "If":
                nodes.append(node)
                new_paths.append(path)
                continue
            known = arrays.get(node.input[0], feeds.get(node.input[0]))
            if known is None:
                known = next(onnx.numpy_helper.to_array(t) for t in flat.graph.initializer if t.name == node.input[0])
            branch = _BRANCHES[0] if known.reshape(-1)[0] else _BRANCHES[1]
            for inner, where in _inlined(flat, node, branch, f"{path}/{branch}", places):
                nodes.append(inner)
                new_paths.append(where)
        if len(nodes) == len(flat.graph.node) and not any(n.op_type == "If" for n in flat.graph.node):
            return flat, places, arrays
        copies = [NodeProto.FromString(n.SerializeToString()) for n in nodes]
        del flat.graph.node[:]
        flat.graph.node.extend(copies)
        paths = new_paths


def _inlined(
    flat: ModelProto, node: NodeProto, branch: str, path: str, places: dict[str, tuple[str, str]]
) -> Iterator[tuple[NodeProto, str]]:
    """The nodes of a branch, its names made unlike all others; Identities make of its outputs those of the If."""
    graph = next(a.g for a in node.attribute if a.name == branch)
    own = [t.name for t in graph.initializer] + [n for inner in graph.node for n in inner.output if n]
    names = {name: f"{path}/{name}" for name in own}
    places.update({f"{path}/{n}": (path, n) for inner in graph.node for n in inner.output if n})
    for tensor in graph.initializer:
        flat.graph.initializer.add().CopyFrom(tensor)
        flat.graph.initializer[-1].name = names[tensor.name]
    for index, inner in enumerate(graph.node):
        copy = NodeProto()
        copy.CopyFrom(inner)
        copy.name = ""  # names of nodes are unique in the whole model only by luck
        _rename(copy, names)
        yield copy, f"{path}/{_label(inner, index)}"
    for inside, outside in zip(graph.output, node.output, strict=True):
        if outside:
            yield make_node("Identity", [names.get(inside.name, inside.name)], [outside]), path


def _rename(node: NodeProto, names: Mapping[str, str]) -> None:
    """Also in the node's subgraphs; a name that is made anew inside stays."""
    node.input[:] = [names.get(n, n) for n in node.input]
    node.output[:] = [names.get(n, n) for n in node.output]
    for graph in _graphs(node):
        own = {t.name for t in graph.initializer} | {v.name for v in graph.input}
        own |= {n for inner in graph.node for n in inner.output}
        outer = {k: v for k, v in names.items() if k not in own}
        for inner in graph.node:
            _rename(inner, outer)
        for value in graph.output:
            value.name = outer.get(value.name, value.name)


def _label(node: NodeProto, index: int) -> str:
    return node.name or f"{node.op_type}[{index}]"


# Counting


def _dense(node: NodeProto) -> bool:
    return node.op_type in _COUNTED


def _macs(graph: GraphProto, shapes: Mapping[str, tuple[int, list[int]]]) -> int:
    """Multiply-accumulates of dense arithmetic, without bias, from the shapes that came out."""
    sizes = {name: shape for name, (_, shape) in shapes.items()}
    sizes.update({t.name: list(t.dims) for t in graph.initializer})
    total = 0
    for node in graph.node:
        if count := _COUNTED.get(node.op_type):
            total += count(node, [sizes.get(n, []) for n in node.input], sizes[next(n for n in node.output if n)])
    return total


def _convolution(x: list[int], w: list[int], y: list[int]) -> int:
    """Each place of the output takes one filter's weights."""
    return prod(y) * prod(w[1:])


def _recurrent(node: NodeProto, shapes: list[list[int]], y: list[int]) -> int:
    """All weights once for each sample of each step; one layer's two directions have weights of their own."""
    return prod(shapes[0][:2]) * (prod(shapes[1]) + prod(shapes[2]))


def _gemm(node: NodeProto, shapes: list[list[int]], y: list[int]) -> int:
    transposed = any(a.name == "transA" and a.i for a in node.attribute)
    return prod(y) * shapes[0][0 if transposed else 1]


def _einsum(node: NodeProto, shapes: list[list[int]], y: list[int]) -> int:
    raise NotImplementedError("Einsum is not counted")


_COUNTED: dict[str, Any] = {
    "Conv": lambda node, s, y: _convolution(s[0], s[1], y),
    "ConvInteger": lambda node, s, y: _convolution(s[0], s[1], y),
    "QLinearConv": lambda node, s, y: _convolution(s[0], s[3], y),
    "ConvTranspose": lambda node, s, y: (
        prod(s[0]) * prod(s[1][1:])
    ),  # each place of the input gives to one filter's places
    "Gemm": _gemm,
    "MatMul": lambda node, s, y: prod(y) * s[0][-1],
    "MatMulInteger": lambda node, s, y: prod(y) * s[0][-1],
    "QLinearMatMul": lambda node, s, y: prod(y) * s[0][-1],
    "RNN": _recurrent,
    "GRU": _recurrent,
    "LSTM": _recurrent,
    "DynamicQuantizeLSTM": _recurrent,
    "Einsum": _einsum,
}


def _parameters(model: ModelProto) -> int:
    """Elements of all floating-point tensors in the file, and of the integers that stand for quantised weights."""
    return sum(_parameters_of(graph) for graph in _all_graphs(model.graph))


def _parameters_of(graph: GraphProto) -> int:
    stored = {t.name: t for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            name = node.output[0]
            stored.update((name, a.t) for a in node.attribute if a.type == AttributeProto.TENSOR)
    weights = {
        node.input[i] for node in graph.node for i in _QUANTISED_WEIGHTS.get(node.op_type, ()) if i < len(node.input)
    }
    return sum(prod(t.dims) for name, t in stored.items() if t.data_type in _FLOATS or name in weights)


# Walking


def _graphs(node: NodeProto) -> Iterable[GraphProto]:
    return [g for a in node.attribute for g in ([a.g] if a.type == AttributeProto.GRAPH else a.graphs)]


def _all_graphs(graph: GraphProto) -> Iterator[GraphProto]:
    yield graph
    for node in graph.node:
        for inner in _graphs(node):
            yield from _all_graphs(inner)


def _everywhere(graph: GraphProto) -> Iterator[NodeProto]:
    for one in _all_graphs(graph):
        yield from one.node


def stripped(model: ModelProto) -> ModelProto:
    """A copy that declares nothing but its inputs: what is known of it then is worked out, not read."""
    bare = ModelProto()
    bare.CopyFrom(model)
    for graph in _all_graphs(bare.graph):
        del graph.value_info[:]
        for value in graph.output:
            value.ClearField("type")
    return bare


if __name__ == "__main__":
    the_model = onnx.load(sys.argv[1])
    Path(sys.argv[2]).write_bytes(stripped(the_model).SerializeToString())
    print(json.dumps(asdict(truth(the_model))))
