"""A graph that grows node by node, for models that are built in code."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, HALF, INT64 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64


class Net:
    """A graph that grows node by node; each node has a name."""

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []

    def feed(self, name: str, *shape: int | str, dtype: int = FLOAT) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def give(self, name: str, *shape: int | str, dtype: int = FLOAT) -> None:
        self.outputs.append(helper.make_tensor_value_info(name, dtype, shape))

    def weight(self, *shape: int) -> str:
        """Normal numbers, so that a layer keeps the spread."""
        scale = 1.0 / max(1.0, float(np.prod(shape[1:] if len(shape) == 4 else shape[:-1]))) ** 0.5
        return self.value((self.random.standard_normal(shape) * scale).astype(np.float32))

    def value(self, array: Any) -> str:
        name = f"w{len(self.stored)}"
        self.stored.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def ints(self, *values: int) -> str:
        return self.value(np.array(values, np.int64))

    def op(self, op_type: str, *inputs: str, name: str = "", outputs: int = 1, **attributes: Any) -> Any:
        """The name of what the node makes; of several, all."""
        label = name or f"{op_type.lower()}_{len(self.nodes)}"
        made = [f"{label}_out" if outputs == 1 else f"{label}_out{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op_type, list(inputs), made, name=label, **attributes))
        return made[0] if outputs == 1 else made

    def into(self, name: str, tensor: str) -> None:
        """The output's name for a tensor."""
        self.nodes.append(helper.make_node("Identity", [tensor], [name], name=f"{name}_is"))

    def model(self, opset: int = 17) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "net", self.inputs, self.outputs, self.stored)
        opsets = [helper.make_opsetid("", opset)]
        if any(node.domain for node in self.nodes):
            opsets.append(helper.make_opsetid("com.microsoft", 1))
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)
