"""Models to measure on: large in weights, large in nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper


def residual(nodes: int, *, different: bool) -> bytes:
    """A residual CNN of about so many nodes, as exported: the normalizations folded into Conv, Relu, Conv, Add, Relu.

    ``different``: no two blocks have the same width and the same attributes.
    """
    rng = np.random.default_rng(0)
    channels, graph, at = 16, onnx.GraphProto(name="residual"), "data"

    def store(name: str, *dims: int) -> str:
        tensor = graph.initializer.add(name=name, data_type=TensorProto.FLOAT, dims=dims)
        tensor.raw_data = rng.normal(size=int(np.prod(dims))).astype(np.float32).tobytes()
        return name

    def conv(name: str, data: str, into: int, out: int, dilation: int) -> None:
        inputs = [data, store(f"{name}.w", out, into, 1, 1), store(f"{name}.b", out)]
        window: dict[str, Any] = {"kernel_shape": [1, 1], "pads": [0] * 4, "dilations": [dilation] * 2}
        graph.node.append(helper.make_node("Conv", inputs, [name], name=name, **window, strides=[1, 1], group=1))

    def add(op: str, name: str, *inputs: str) -> None:
        graph.node.append(helper.make_node(op, inputs, [name], name=name))

    for block in range(nodes // 5):
        name = f"layer.{block}"
        inner = 9 + block % 50 if different else channels
        dilation = 1 + block // 50 if different else 1
        conv(f"{name}.conv1", at, channels, inner, dilation)
        add("Relu", f"{name}.relu1", f"{name}.conv1")
        conv(f"{name}.conv2", f"{name}.relu1", inner, channels, dilation)
        add("Add", f"{name}.sum", f"{name}.conv2", at)
        add("Relu", f"{name}.relu2", f"{name}.sum")
        at = f"{name}.relu2"
    graph.input.append(helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, channels, 32, 32]))
    graph.output.append(helper.make_tensor_value_info(at, TensorProto.FLOAT, None))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def heavy(path: Path, gigabytes: float, tensors: int = 12) -> None:
    """A chain of dense layers whose weights fill so many gigabytes, written piece by piece."""
    width = 4096
    rows = int(gigabytes * 1e9 / tensors / width / 4)
    block = np.random.default_rng(0).normal(0, 0.02, 1 << 20).astype(np.float32).tobytes()
    model = helper.make_model(onnx.GraphProto(name="heavy"), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model.ClearField("graph")
    graph = onnx.GraphProto(name="heavy")
    sizes = [width, rows] * tensors
    for i in range(tensors):
        name = f"w{i}"
        at, to = ("data" if i == 0 else f"y{i - 1}"), f"y{i}"
        graph.node.append(helper.make_node("MatMul", [at, name], [to], name=f"dense{i}"))
    graph.input.append(helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, width]))
    graph.output.append(helper.make_tensor_value_info(f"y{tensors - 1}", TensorProto.FLOAT, [1, sizes[tensors]]))
    payload = width * rows * 4
    heads = []
    for i in range(tensors):
        dims = [sizes[i], sizes[i + 1]]
        tensor = onnx.TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=dims).SerializeToString()
        heads.append(tensor + b"\x4a" + _varint(payload))  # raw_data, field 9
    body = graph.SerializeToString()
    whole = len(body) + sum(1 + len(_varint(len(h) + payload)) + len(h) + payload for h in heads)
    with path.open("wb") as out:
        out.write(model.SerializeToString() + b"\x3a" + _varint(whole) + body)  # graph, field 7
        for head in heads:
            out.write(b"\x2a" + _varint(len(head) + payload) + head)  # initializer, field 5
            left = payload
            while left:
                left -= out.write(block[: min(left, len(block))])


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))
