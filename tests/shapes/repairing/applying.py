"""Repairs put into effect with plain onnx, from the rows of the report's JSON: nothing of auditor is used here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper


def applied(model: onnx.ModelProto, row: Mapping[str, Any]) -> onnx.ModelProto:
    """A copy of the model with one repair of its main graph."""
    assert not row.get("graph"), "edits of bodies are applied by hand in their tests"
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    if row.get("to", 0) is not None or "declares" not in row:
        del graph.value_info[:]  # what is declared of inner tensors is optional, and of the model as it was
    match row:
        case {"attribute": name, "node": label, "to": to}:
            _set(made, node(graph, label), name, to)
        case {"parameter": tensor, "to": to}:
            _reshape(graph, tensor, to)
        case {"input": name, "axes": axes, "to": to}:
            value = next(v for v in graph.input if v.name == name)
            for axis, size in zip(axes, to, strict=True):
                value.type.tensor_type.shape.dim[axis].dim_value = size
        case {"insert": op_type, "node": label}:
            _insert(made, node(graph, label), op_type, row)
        case {"remove": True, "node": label}:
            gone = node(graph, label)
            _instead(graph, gone.output[0], gone.input[0])
            graph.node.remove(gone)
        case {"move": label, "node": moving}:
            _move(graph, node(graph, moving), node(graph, label))
        case {"replace_by": "MatMul", "node": label}:
            _matmul(graph, node(graph, label))
        case {"declares": what, "tensor": name, "to": to}:
            _declare(graph, name, what, to)
        case {"dimension": axis, "tensor": name, "to": to}:
            value = next(v for v in (*graph.input, *graph.output) if v.name == name)
            value.type.tensor_type.shape.dim[axis].dim_param = to
        case {"opset": domain, "to": to}:
            next(o for o in made.opset_import if o.domain in (domain, domain or "ai.onnx")).version = to
        case _:
            raise AssertionError(f"no such repair: {row}")
    return made


def node(graph: onnx.GraphProto, label: str) -> onnx.NodeProto:
    """The node of that name, or ``Conv[3]``: the fourth node of the graph."""
    named = [n for n in graph.node if n.name == label]
    if len(named) == 1:
        return named[0]
    op_type, _, place = label.rpartition("[")
    found = graph.node[int(place[:-1])]
    assert found.op_type == op_type, label
    return found


_AS_INPUTS = {"Reshape": ("data", "shape"), "Resize": ("X", "roi", "scales", "sizes"), "Upsample": ("X", "scales"),
              "Unsqueeze": ("data", "axes"), "Squeeze": ("data", "axes"), "Expand": ("input", "shape")}  # fmt: skip


def _set(model: onnx.ModelProto, at: onnx.NodeProto, name: str, to: Any) -> None:
    inputs = _AS_INPUTS.get(at.op_type, ())
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    if at.op_type == "Resize" and opset < 11:
        inputs = ("X", "scales")
    if at.op_type.startswith("Reduce") and name == "axes" and len(at.input) > 1:
        inputs = ("data", "axes")
    if name in inputs and inputs.index(name) < len(at.input):
        at.input[inputs.index(name)] = _store(model.graph, np.array(to, "f4" if name == "scales" else "i8"))
        return
    kept = [a for a in at.attribute if a.name != name]
    del at.attribute[:]
    at.attribute.extend(kept)
    if to is not None:
        at.attribute.append(helper.make_attribute(name, to))


def _store(graph: onnx.GraphProto, array: np.ndarray) -> str:
    name = f"stored_{len(graph.initializer)}"
    graph.initializer.append(numpy_helper.from_array(array, name))
    return name


def _reshape(graph: onnx.GraphProto, tensor: str, to: list[int]) -> None:
    """The same values in another shape; of another number of them, repeated or cut."""
    for stored in graph.initializer:
        if stored.name == tensor:
            stored.CopyFrom(numpy_helper.from_array(np.resize(numpy_helper.to_array(stored), to), tensor))
            return
    maker = next(n for n in graph.node if tensor in n.output)
    if maker.op_type == "ConstantOfShape":
        maker.input[0] = _store(graph, np.array(to, "i8"))
        return
    value = next(a for a in maker.attribute if a.name == "value")
    value.t.CopyFrom(numpy_helper.from_array(np.resize(numpy_helper.to_array(value.t), to), value.t.name))


def _insert(model: onnx.ModelProto, taker: onnx.NodeProto, op_type: str, row: Mapping[str, Any]) -> None:
    graph, position = model.graph, row.get("position", 0)
    attributes = {key: row[key] for key in ("perm", "axis") if key in row}
    inputs = [taker.input[position]]
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    if "axes" in row and opset >= 13:
        inputs.append(_store(graph, np.array(row["axes"], "i8")))
    elif "axes" in row:
        attributes["axes"] = row["axes"]
    new = helper.make_node(op_type, inputs, ["put_in"], **attributes)
    taker.input[position] = "put_in"
    if "back" in row:
        name, taker.output[0] = taker.output[0], "turned"
        graph.node.insert(_index(graph, taker) + 1, helper.make_node("Transpose", ["turned"], [name], perm=row["back"]))
    graph.node.insert(_index(graph, taker), new)


def _index(graph: onnx.GraphProto, node: onnx.NodeProto) -> int:
    return next(i for i, other in enumerate(graph.node) if other.output == node.output)


def _instead(graph: onnx.GraphProto, gone: str, by: str) -> None:
    for other in graph.node:
        for i, name in enumerate(other.input):
            if name == gone:
                other.input[i] = by
    if any(o.name == gone for o in graph.output):
        graph.node.append(helper.make_node("Identity", [by], [gone]))


def _move(graph: onnx.GraphProto, moving: onnx.NodeProto, before: onnx.NodeProto) -> None:
    new = onnx.NodeProto()
    new.CopyFrom(moving)
    at = before.output[0]
    was_output = any(o.name == moving.output[0] for o in graph.output)
    _instead(graph, moving.output[0], moving.input[0])
    graph.node.remove(moving)
    before = next(n for n in graph.node if at in n.output)
    new.input[0] = before.input[0]
    new.output[0] = "moved" if was_output else new.output[0]
    before.input[0] = new.output[0]
    graph.node.insert(_index(graph, before), new)
    if any(not _in_order(graph, i) for i in range(len(graph.node))):
        _sort(graph)


def _matmul(graph: onnx.GraphProto, gemm: onnx.NodeProto) -> None:
    out, index = gemm.output[0], _index(graph, gemm)
    turned = any(a.name == "transB" and a.i for a in gemm.attribute)
    a, b, *c = gemm.input
    graph.node.remove(gemm)
    new = [helper.make_node("Transpose", [b], ["weight_turned"])] if turned else []
    new.append(helper.make_node("MatMul", [a, "weight_turned" if turned else b], ["product" if c else out]))
    new += [helper.make_node("Add", ["product", c[0]], [out])] if c else []
    for i, each in enumerate(new):
        graph.node.insert(index + i, each)


def _declare(graph: onnx.GraphProto, name: str, what: str, to: Any) -> None:
    if to is None:
        kept = [v for v in graph.value_info if v.name != name]
        del graph.value_info[:]
        graph.value_info.extend(kept)
        return
    value = next(v for v in (*graph.output, *graph.value_info) if v.name == name)
    if what == "type":
        value.type.tensor_type.elem_type = helper.np_dtype_to_tensor_dtype(np.dtype(to))
        return
    value.CopyFrom(helper.make_tensor_value_info(name, value.type.tensor_type.elem_type, to))


def _in_order(graph: onnx.GraphProto, index: int) -> bool:
    made = {o: i for i, n in enumerate(graph.node) for o in n.output}
    return all(made.get(name, -1) < index for name in graph.node[index].input)


def _sort(graph: onnx.GraphProto) -> None:
    have = {v.name for v in graph.input} | {t.name for t in graph.initializer} | {""}
    left, done = list(graph.node), []
    while left:
        ready = next(n for n in left if all(i in have for i in n.input))
        left.remove(ready)
        done.append(ready)
        have.update(ready.output)
    del graph.node[:]
    graph.node.extend(done)
