"""One thing gone wrong in a sound model, and what a repair must name to name the cause."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Cause(NamedTuple):
    """``names``: keys and values that the row of a repair for it has; ``to``: the value that was there, if any."""

    names: tuple[Mapping[str, Any], ...]
    to: Any = None

    def named_by(self, row: Mapping[str, Any]) -> bool:
        return any(all(row.get(k) == v for k, v in one.items()) for one in self.names)


Break = Callable[[onnx.ModelProto, random.Random], Cause | None]


def _nodes(model: onnx.ModelProto, *op_types: str) -> list[onnx.NodeProto]:
    return [n for n in model.graph.node if n.op_type in op_types]


def label(model: onnx.ModelProto, node: onnx.NodeProto) -> str:
    nodes = list(model.graph.node)
    if node.name and sum(n.name == node.name for n in nodes) == 1:
        return node.name
    return f"{node.op_type}[{next(i for i, n in enumerate(nodes) if n.output == node.output)}]"


def get(node: onnx.NodeProto, name: str, otherwise: Any = None) -> Any:
    found = next((a for a in node.attribute if a.name == name), None)
    if found is None:
        return otherwise
    value = helper.get_attribute_value(found)
    return value.decode() if isinstance(value, bytes) else list(value) if not isinstance(value, int | float) else value


def put(node: onnx.NodeProto, name: str, value: Any) -> None:
    kept = [a for a in node.attribute if a.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)
    if value is not None:
        node.attribute.append(helper.make_attribute(name, value))


def _stored(model: onnx.ModelProto, name: str) -> onnx.TensorProto | None:
    return next((t for t in model.graph.initializer if t.name == name), None)


def _alone(model: onnx.ModelProto, name: str) -> bool:
    return sum(list(n.input).count(name) for n in model.graph.node) == 1


def _attribute(name: str, op_types: tuple[str, ...], others: Callable[[Any, onnx.NodeProto], list[Any]]) -> Break:
    """Another value for an attribute that is there."""

    def wrong(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
        nodes = [n for n in _nodes(model, *op_types) if get(n, name) is not None and others(get(n, name), n)]
        if not nodes:
            return None
        node = draw.choice(nodes)
        was = get(node, name)
        put(node, name, draw.choice(others(was, node)))
        return Cause(({"node": label(model, node), "attribute": name},), was)

    return wrong


_POOLS = ("MaxPool", "AveragePool")
_WINDOWS = ("Conv", *_POOLS)


def _kernels(was: list[int], node: onnx.NodeProto) -> list[Any]:
    return [[k] * len(was) for k in (2, 3, 5) if k != was[0]]


def _pads(was: list[int], node: onnx.NodeProto) -> list[Any]:
    if get(node, "auto_pad", "NOTSET") != "NOTSET":
        return []
    k = get(node, "kernel_shape", [1, 1])
    made = [[0] * 4, [p + 1 for p in was], [1] * 4, [was[0], was[1], was[2] + 1, was[3] + 1]]
    return [v for v in made if v != was and (node.op_type == "Conv" or max(v) < min(k))]


def input_size(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    value = model.graph.input[0]
    dims = value.type.tensor_type.shape.dim
    axes = [i for i in range(1, len(dims)) if dims[i].dim_value > 16]
    if len(dims) != 4 or not axes:
        return None
    was = [dims[a].dim_value for a in axes]
    by = draw.choice([-4, 4, 8, -8, 3, 16, 32])
    for a in axes:
        dims[a].dim_value += by
    return Cause(({"input": value.name},), was)


def flatten_missing(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    """The node goes; whoever took what it gave takes its input."""
    graph = model.graph
    found = _nodes(model, "Flatten")
    if not found:
        return None
    node = draw.choice(found)
    takers = [n for n in graph.node if node.output[0] in n.input]
    graph.node.remove(node)
    for taker in takers:
        for i, name in enumerate(taker.input):
            if name == node.output[0]:
                taker.input[i] = node.input[0]
    return Cause(tuple({"node": label(model, t), "insert": "Flatten"} for t in takers))


def transpose_missing(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    graph = model.graph
    found = _nodes(model, "Transpose")
    if not found:
        return None
    node = draw.choice(found)
    outputs = {o.name for o in graph.output}
    takers = [n for n in graph.node if node.output[0] in n.input]
    if node.output[0] in outputs or not takers:
        return None
    graph.node.remove(node)
    for taker in takers:
        for i, name in enumerate(taker.input):
            if name == node.output[0]:
                taker.input[i] = node.input[0]
    behind = [n for t in takers for n in graph.node if t.op_type in ("Relu", "Identity") and t.output[0] in n.input]
    return Cause(tuple({"node": label(model, t), "insert": "Transpose"} for t in (*takers, *behind)), get(node, "perm"))


def transpose_extra(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    graph = model.graph
    takers = [n for n in _nodes(model, "Conv", "MatMul", "Gemm", "Add", "MaxPool") if n.input[0] not in
              {t.name for t in graph.initializer}]  # fmt: skip
    if not takers:
        return None
    taker = draw.choice(takers)
    rank = 4 if taker.op_type in ("Conv", "MaxPool") else 2 if taker.op_type == "Gemm" else 3
    perm = draw.choice({4: [[0, 2, 3, 1], [0, 3, 1, 2]], 3: [[0, 2, 1]], 2: [[1, 0]]}[rank])
    new = helper.make_node("Transpose", [taker.input[0]], ["turned_out"], name="turned", perm=perm)
    index = next(i for i, n in enumerate(graph.node) if n.output == taker.output)
    taker.input[0] = "turned_out"
    graph.node.insert(index, new)
    return Cause(({"node": "turned", "remove": True},))


def flatten_misplaced(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    """It stands in front of the layer before it, or behind the dense layer that takes what it gives."""
    graph = model.graph
    for node in _nodes(model, "Flatten"):
        maker = next((n for n in graph.node if node.input[0] in n.output), None)
        taker = next((n for n in graph.node if node.output[0] in n.input), None)
        if maker is None or taker is None or taker.op_type != "Gemm":
            continue
        names = {"node": label(model, node), "move": label(model, taker)}
        first, second = (maker, node) if draw.random() < 0.5 else (node, taker)
        source, between, end = first.input[0], first.output[0], second.output[0]
        second.input[0], second.output[0] = source, between
        first.input[0], first.output[0] = between, end
        nodes = _sorted(graph, [_copy(n) for n in graph.node])
        del graph.node[:]
        graph.node.extend(nodes)
        return Cause((names, {"node": names["move"], "insert": "Flatten"}))
    return None


def _copy(node: onnx.NodeProto) -> onnx.NodeProto:
    made = onnx.NodeProto()
    made.CopyFrom(node)
    return made


def _sorted(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    have = {v.name for v in graph.input} | {t.name for t in graph.initializer} | {""}
    left, done = list(nodes), []
    while left:
        ready = next(n for n in left if all(i in have for i in n.input))
        left.remove(ready)
        done.append(ready)
        have.update(ready.output)
    return done


def _target(model: onnx.ModelProto, node: onnx.NodeProto) -> tuple[onnx.TensorProto, list[int]] | None:
    stored = _stored(model, node.input[1]) if len(node.input) > 1 else None
    return (
        None if stored is None or not _alone(model, node.input[1]) else (stored, numpy_helper.to_array(stored).tolist())
    )


def reshape_target(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    found = [(n, t) for n in _nodes(model, "Reshape") if (t := _target(model, n)) is not None]
    if not found:
        return None
    node, (stored, was) = draw.choice(found)
    at = draw.choice([i for i, v in enumerate(was) if v > 1] or [len(was) - 1])
    if was[at] < 1:
        return None
    now = list(was)
    now[at] = draw.choice([v for v in (was[at] * 2, was[at] // 2, was[at] + 1, was[at] - 1) if v > 0])
    stored.CopyFrom(numpy_helper.from_array(np.array(now, "i8"), stored.name))
    return Cause(({"node": label(model, node), "attribute": "shape"},), was)


def batch_literal(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    """A number of images that is not the one that arrives; where the batch is open, any number."""
    lead = model.graph.input[0].type.tensor_type.shape.dim[0]
    found = [(n, t) for n in _nodes(model, "Reshape") if (t := _target(model, n)) is not None and t[1][0] <= 0]
    if not found:
        return None
    node, (stored, was) = draw.choice(found)
    now = [1 if lead.dim_value != 1 else 2, *was[1:]]
    stored.CopyFrom(numpy_helper.from_array(np.array(now, "i8"), stored.name))
    return Cause(({"node": label(model, node), "attribute": "shape"},), was)


def resize(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    found = _nodes(model, "Resize")
    if not found:
        return None
    node = draw.choice(found)
    stored = _stored(model, node.input[-1])
    if stored is None or not _alone(model, node.input[-1]):
        return None
    was = numpy_helper.to_array(stored)
    now = was.copy()
    match draw.randrange(3), len(node.input):
        case 0, 3:
            now[2:] = draw.choice([1, 3, 4])
        case 1, 3:
            now = np.array([was[0], was[2], was[3], was[1]], "f4")
        case 2, 3:
            now[1] = 2
        case 0, _:
            now[2:] = now[2:] // 2
        case 1, _:
            now[2:] = now[2:] - 1
        case _:
            now[1] = 1
    stored.CopyFrom(numpy_helper.from_array(now, stored.name))
    word = "scales" if len(node.input) == 3 else "sizes"
    return Cause(({"node": label(model, node), "attribute": word},), was.tolist())


def resize_scales(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    return resize(model, draw) if any(len(n.input) == 3 for n in _nodes(model, "Resize")) else None


def resize_sizes(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    return resize(model, draw) if any(len(n.input) == 4 for n in _nodes(model, "Resize")) else None


def _dims(model: onnx.ModelProto, node: onnx.NodeProto, place: int, forms: Callable[[tuple[int, ...]], list[list[int]]],
          draw: random.Random) -> Cause | None:  # fmt: skip
    stored = _stored(model, node.input[place]) if len(node.input) > place else None
    if stored is None or not _alone(model, stored.name):
        return None
    was = list(stored.dims)
    now = draw.choice(forms(tuple(was)))
    stored.CopyFrom(numpy_helper.from_array(np.resize(numpy_helper.to_array(stored), now), stored.name))
    return Cause(({"parameter": stored.name}, {"node": label(model, node), "insert": "Unsqueeze"}), was)


def bias(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    """[C, 1, 1] or another number of them."""
    nodes = [n for n in _nodes(model, "Conv", "Gemm") if len(n.input) > 2]
    if not nodes:
        return None
    node = draw.choice(nodes)
    conv = node.op_type == "Conv"
    return _dims(
        model, node, 2, lambda w: [[1, w[0]], [w[0], 1, 1], [w[0] + 2]] if conv else [[w[0], 1], [w[0] + 1]], draw
    )


def slope(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    nodes = [n for n in _nodes(model, "PRelu", "Mul") if _stored(model, n.input[1]) is not None]
    return _dims(model, draw.choice(nodes), 1, lambda w: [[w[0]], [1, w[0]], [w[0], 1]], draw) if nodes else None


def stale_output(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    value = draw.choice(list(model.graph.output))
    dims = value.type.tensor_type.shape.dim
    places = [i for i in range(1, len(dims)) if dims[i].dim_value]
    if not places:
        return None
    at = draw.choice(places)
    was = [d.dim_value or d.dim_param for d in dims]
    dims[at].dim_value += draw.choice([1, 5, dims[at].dim_value])
    return Cause(({"tensor": value.name, "declares": "shape"},), was)


def opset(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    """The import of another year, for which some node has another form."""
    entry = next(o for o in model.opset_import if o.domain == "")
    was = entry.version
    entry.version = draw.choice([v for v in (9, 10, 12, 13, 18, 20) if v != was])
    return Cause(({"opset": ""},), was)


def dim_name(model: onnx.ModelProto, draw: random.Random) -> Cause | None:
    """An output's size that is not an input's gets that one's name."""
    value, given = model.graph.output[0], model.graph.input[0].type.tensor_type.shape.dim
    dims = value.type.tensor_type.shape.dim
    if len(given) != 4 or len(dims) != 4 or given[2].dim_value == 0:
        return None
    if dims[2].dim_value == given[2].dim_value:
        return None
    given[2].dim_param, dims[2].dim_param = "H", "H"
    del model.graph.value_info[:]
    return Cause(({"tensor": value.name, "dimension": 2}, {"tensor": value.name, "declares": "shape"}))


KINDS: dict[str, Break] = {
    "input size": input_size,
    "pads": _attribute("pads", _WINDOWS, _pads),
    "strides": _attribute("strides", _WINDOWS, lambda was, n: [[1, 1]] if was[0] > 1 else [[2, 2]]),
    "dilations": _attribute("dilations", ("Conv",), lambda was, n: [[d] * len(was) for d in (1, 2, 4) if d != was[0]]),
    "kernel_shape": _attribute("kernel_shape", (*_POOLS, "Conv"), _kernels),
    "ceil_mode": _attribute("ceil_mode", _POOLS, lambda was, n: [1 - was]),
    "auto_pad": _attribute("auto_pad", _WINDOWS, lambda was, n: [w for w in ("VALID", "SAME_UPPER") if w != was]),
    "group": _attribute("group", ("Conv",), lambda was, n: [1, max(was // 2, 1), was * 2] if was > 1 else []),
    "transA": lambda model, draw: _trans(model, draw, "transA"),
    "transB": lambda model, draw: _trans(model, draw, "transB"),
    "axis": _attribute("axis", ("Concat", "Flatten"), lambda was, n: [a for a in (0, 2, 3) if a != was]),
    "perm": _attribute("perm", ("Transpose",), lambda was, n: [p for p in _perms(len(was)) if p != was]),
    "flatten missing": flatten_missing,
    "flatten misplaced": flatten_misplaced,
    "transpose missing": transpose_missing,
    "transpose too much": transpose_extra,
    "reshape target": reshape_target,
    "batch literal": batch_literal,
    "resize scales": resize_scales,
    "resize sizes": resize_sizes,
    "form of a bias": bias,
    "form of a slope": slope,
    "stale declaration": stale_output,
    "opset import": opset,
    "dimension's name": dim_name,
    "keepdims": _attribute("keepdims", ("ReduceMean",), lambda was, n: [1 - was]),
}  # fmt: skip


def _perms(rank: int) -> list[list[int]]:
    usual = {4: [[0, 2, 3, 1], [0, 3, 1, 2], [0, 2, 1, 3], [0, 1, 3, 2], [3, 2, 1, 0]], 3: [[0, 2, 1], [2, 1, 0]]}
    return usual.get(rank, [[1, 0]])


def _trans(model: onnx.ModelProto, draw: random.Random, name: str) -> Cause | None:
    nodes = _nodes(model, "Gemm")
    if not nodes:
        return None
    node = draw.choice(nodes)
    was = get(node, name, 0)
    put(node, name, 1 - was)
    return Cause(({"node": label(model, node), "attribute": name},), was)
