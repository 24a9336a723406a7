"""Where intervals are worked out, and of which tensors they are told."""

from __future__ import annotations

import onnx
import onnx.parser
import pytest
from onnx import TensorProto, helper

from auditor.evidence.ranging import Ranges
from auditor.model.load import loads
from auditor.settings import Settings
from auditor.shapes.facts import infer


def ranges(model: onnx.ModelProto, settings: Settings) -> Ranges:
    read = loads(model.SerializeToString())
    return Ranges(read, infer(read), settings)


DARKNET = """
c = Conv (x, k) n = BatchNormalization (c, s, s, s, s) l = LeakyRelu (n) p = MaxPool <kernel_shape = [2, 2]> (l)
u = Upsample <mode = "nearest"> (p, up) a = Add (u, l) y = Concat <axis = 1> (a, l)
"""
VGG = "c = Conv (x, k) r = PRelu (c, s) p = GlobalAveragePool (r) f = Flatten (p) d = Dropout (f) y = Softmax (d)"


@pytest.mark.parametrize(
    ("nodes", "looks"),
    [(DARKNET, False), (VGG, False), (DARKNET.replace("a = Add", "a = Div"), True), (f"{VGG} e = Exp (y)", True)],
    ids=["darknet", "vgg", "with a Div", "with an Exp"],
)
def test_a_network_of_ordinary_layers_alone_costs_no_intervals(nodes: str, looks: bool) -> None:
    """Redmon and Farhadi's Darknet-53 is made of leaky ReLUs; nothing in it divides or takes a logarithm."""
    inputs = "float[1, 2, 8, 8] x, float[2, 2, 1, 1] k, float[2] s, float[4] up"
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 9]> g ({inputs}) => (y) {{ {nodes} }}')
    assert ranges(model, Settings()).looks is looks


def test_the_interval_of_a_tensor_of_any_number_is_told() -> None:
    """Of every type of a number, and of bool; a string and a complex number have none."""
    names = [
        "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "bool", "float16", "double", "uint32", "uint64",
        "bfloat16",
    ]  # fmt: skip
    values = [helper.make_tensor_value_info(name, TensorProto.DataType.Value(name.upper()), [2]) for name in names]
    other = [helper.make_tensor_value_info("text", TensorProto.STRING, [2])]
    nodes = [helper.make_node("Identity", [value.name], [f"{value.name}_out"]) for value in (*values, *other)]
    outputs = [helper.make_value_info(f"{value.name}_out", value.type) for value in (*values, *other)]
    model = helper.make_model(
        helper.make_graph(nodes, "g", [*values, *other], outputs), opset_imports=[helper.make_opsetid("", 17)]
    )
    found = ranges(model, Settings(ranges={"float": (0.0, 1.0)})).rows()
    assert {row.tensor for row in found} == {f"{name}{end}" for name in names for end in ("", "_out")}
