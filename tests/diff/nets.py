"""Random nets, every node and tensor named: convolutions, normalizations, residuals, branches, gates, a dense head."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """A net under construction; ``at`` is the tensor that comes last."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.graph = onnx.GraphProto(name="net")
        self.at, self.channels = "data", 3
        self._count = 0

    def name(self, what: str) -> str:
        self._count += 1
        return f"{what}_{self._count}"

    def store(self, *dims: int, low: float | None = None) -> str:
        name = self.name("w")
        values = self.numbers.normal(0, 0.3, dims) if low is None else self.numbers.uniform(low, low + 1, dims)
        self.graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        name = self.name(op.lower())
        self.graph.node.append(helper.make_node(op, inputs, [f"{name}_out"], name=name, **attributes))
        return f"{name}_out"

    def conv(self, data: str, into: int, out: int, kernel: int = 3) -> str:
        inputs = [data, self.store(out, into, kernel, kernel)]
        if self.random.random() < 0.5:
            inputs.append(self.store(out))
        return self.add("Conv", *inputs, kernel_shape=[kernel] * 2, pads=[kernel // 2] * 4, strides=[1, 1])

    def norm(self, data: str, channels: int) -> str:
        statistics = [self.store(channels), self.store(channels)]
        scale, variance = self.store(channels, low=0.5), self.store(channels, low=0.5)
        return self.add("BatchNormalization", data, scale, *statistics, variance, epsilon=1e-5)

    def activation(self, data: str) -> str:
        return self.add(self.random.choice(["Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSwish"]), data)

    def plain(self) -> None:
        out = self.random.choice([4, 6, 8])
        self.at = self.conv(self.at, self.channels, out)
        self.channels = out
        if self.random.random() < 0.7:
            self.at = self.norm(self.at, out)
        self.at = self.activation(self.at)

    def residual(self) -> None:
        inner = self.random.choice([4, 6, 8])
        branch = self.activation(self.conv(self.at, self.channels, inner))
        self.at = self.activation(self.add("Add", self.conv(branch, inner, self.channels), self.at))

    def branches(self) -> None:
        widths = [self.random.choice([2, 3, 4]) for _ in range(self.random.choice([2, 3]))]
        made = [self.activation(self.conv(self.at, self.channels, w, self.random.choice([1, 3]))) for w in widths]
        self.at = self.add("Concat", *made, axis=1)
        self.channels = sum(widths)

    def gate(self) -> None:
        one = self.conv(self.at, self.channels, self.channels, 1)
        two = self.add("Sigmoid", self.conv(self.at, self.channels, self.channels, 1))
        self.at = self.add(self.random.choice(["Mul", "Sub", "Div"]), one, two)

    def pool(self) -> None:
        op = self.random.choice(["MaxPool", "AveragePool"])
        self.at = self.add(op, self.at, kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1])

    def head(self) -> None:
        self.at = self.add("Flatten", self.add("GlobalAveragePool", self.at), axis=1)
        for width in (8, 5):
            self.at = self.add("Gemm", self.at, self.store(width, self.channels), self.store(width), transB=1)
            self.at, self.channels = self.activation(self.at), width


def net(seed: int) -> onnx.ModelProto:
    """A net of 10 to 80 nodes for images of 16 x 16; at opset 17."""
    made = Net(seed)
    kinds = [made.plain, made.residual, made.branches, made.gate, made.pool]
    made.plain()
    for _ in range(made.random.randint(2, 12)):
        made.random.choice(kinds)()
    side = made.at
    if made.random.random() < 0.7:
        made.head()
    graph = made.graph
    graph.input.append(helper.make_tensor_value_info("data", TensorProto.FLOAT, [2, 3, 16, 16]))
    for value in {made.at: None} | ({side: None} if made.random.random() < 0.3 else {}):
        graph.output.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, None))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="net")
