"""Sound networks with numbers as training leaves them, and how a fault changes those."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from .bases import parsed
from .fault import Subject, label

Array = NDArray[Any]

LAYERS = {"Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1}
"""Dense operators, and where they take their weight."""


def with_tensors(model: onnx.ModelProto, **tensors: Array) -> onnx.ModelProto:
    """The model with these initializers."""
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in tensors.items())
    return model


def trained() -> onnx.ModelProto:
    """Two convolutions, one of them with a BatchNormalization, and a dense layer behind them."""
    draw = np.random.default_rng(3)

    def normal(*shape: int, std: float = 0.1, mean: float = 0.0) -> Array:
        return draw.normal(mean, std, shape).astype(np.float32)

    model = parsed(
        """agraph (float[N, 3, 16, 16] image) => (float[N, 10] scores) {
          c = Conv<pads = [1, 1, 1, 1]>(image, w1, b1)
          n = BatchNormalization(c, scale, shift, mean, var)
          r = Relu(n)
          p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(r)
          d = Conv<pads = [1, 1, 1, 1]>(p, w2, b2)
          q = Relu(d)
          g = GlobalAveragePool(q)
          f = Flatten(g)
          h = Gemm<transB = 1>(f, w3, b3)
          k = Relu(h)
          l = Gemm<transB = 1>(k, w4, b4)
          scores = Softmax<axis = 1>(l)
        }"""
    )
    return with_tensors(
        model,
        w1=normal(16, 3, 3, 3), b1=normal(16), scale=normal(16, mean=1.0), shift=normal(16), mean=normal(16, std=0.5),
        var=np.abs(normal(16, mean=1.0)), w2=normal(32, 16, 3, 3), b2=normal(32), w3=normal(64, 32), b3=normal(64),
        w4=normal(10, 64), b4=normal(10),
    )  # fmt: skip


def layers(subject: Subject, least: int = 64, *op_types: str) -> list[tuple[str, onnx.TensorProto]]:
    """Nodes of dense arithmetic, as a report calls them, with their stored weights of so many numbers at least."""
    graph = subject.model.graph
    stored = {t.name: t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT}
    found = []
    for index, node in enumerate(graph.node):
        place = LAYERS.get(node.op_type)
        if place is None or (op_types and node.op_type not in op_types):
            continue
        weight = stored.get(node.input[place])
        if weight is not None and np.prod(weight.dims) >= least and len(weight.dims) > 1:
            found.append((label(graph, index), weight))
    return found


def stored(subject: Subject, name: str) -> onnx.TensorProto:
    """The initializer of this name."""
    return next(t for t in subject.model.graph.initializer if t.name == name)


def rewrite(tensor: onnx.TensorProto, change: Callable[[Array], Array | None]) -> None:
    """Put other numbers into a tensor: those that the function returns, or those of the array that it changed."""
    values = numpy_helper.to_array(tensor).copy()
    changed = change(values)
    tensor.CopyFrom(numpy_helper.from_array(values if changed is None else changed, tensor.name))


def any_layer(subject: Subject, rng: Random, least: int = 64, *op_types: str) -> onnx.TensorProto | None:
    """The weight of a layer, drawn; None where the model stores none."""
    found = layers(subject, least, *op_types)
    return rng.choice(found)[1] if found else None
