"""Small models for the tests of reading."""

from __future__ import annotations

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from .rewriting import field, varint


def proto(weights: int = 12) -> onnx.ModelProto:
    """A Relu and an Add of a stored vector of so many floats."""
    weight = numpy_helper.from_array(numpy.arange(weights, dtype=numpy.float32), "w")
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", weights])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", weights])
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Add", ["r", "w"], ["y"], name="add")]
    graph = helper.make_graph(nodes, "g", [x], [y], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="test")


def data(weights: int = 12) -> bytes:
    return proto(weights).SerializeToString()


def model_with_graph(graph: bytes) -> bytes:
    return b"\x08\x08" + field(7, graph) + field(8, b"\x10\x11")


def with_node(node: bytes) -> bytes:
    return model_with_graph(field(1, node))


def with_tensor(tensor: bytes) -> bytes:
    return model_with_graph(field(5, tensor))


def nested(levels: int, graph: bytes = b"", *, usual: bool = True) -> bytes:
    """If in If in If: each level is a graph in an attribute of a node, down to the one given."""
    for _ in range(levels):
        graph = field(1, with_if(graph, usual=usual))
    return model_with_graph(graph)


def with_if(graph: bytes, *, usual: bool = True) -> bytes:
    """A node with a graph in an attribute, which stands in front of the operator where it is not ``usual``."""
    parts = [field(4, b"If"), field(5, field(1, b"b") + field(6, graph) + b"\xa0\x01\x05")]
    return b"".join(parts if usual else reversed(parts))


def external(location: str, **entries: str) -> onnx.ModelProto:
    """The model of `proto` with its weight outside."""
    model = proto()
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": "48", **entries}.items():
        if value:
            weight.external_data.add(key=key, value=value)
    return model


__all__ = [
    "data", "external", "field", "model_with_graph", "nested", "proto", "varint", "with_if", "with_node", "with_tensor",
]  # fmt: skip
