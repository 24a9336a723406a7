"""Operators on integers in the place of those on floats are one edit."""

import pytest
from onnx import ModelProto, parser

from auditor.diff.difference import Degree, Dequantised, ModelDifference, Quantised
from auditor.diff.differing import model_difference
from auditor.model.load import loads
from auditor.shapes.facts import infer

HEAD = """
<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
g (float[1, 2] x) => (float[1, 2] y)
<float s = {0.1}, uint8 z = {128}, %s>
"""
FLOATS = HEAD % "float[2, 2] w = {1, 2, 3, 4}" + "{ a = MatMul(x, w) b = Relu(a) y = Sigmoid(b) }"
OPERATORS = (
    HEAD % "int8[2, 2] w = {1, 2, 3, 4}, int8 zw = {0}"
    + """{
  q = QuantizeLinear(x, s, z)
  c = QLinearMatMul(q, s, z, w, s, zw, s, z)
  b = DequantizeLinear(c, s, z)
  y = Sigmoid(b)
}"""
)
DYNAMIC = (
    HEAD % "int8[2, 2] w = {1, 2, 3, 4}, int8 zw = {0}"
    + """{
  q, sq, zq = DynamicQuantizeLinear(x)
  c = MatMulInteger(q, w, zq, zw)
  d = Cast<to: int = 1>(c)
  e = Mul(sq, s)
  a = Mul(d, e)
  b = Relu(a)
  y = Sigmoid(b)
}"""
)


def between(old: str, new: str) -> ModelDifference:
    one, two = (infer(loads(_model(text).SerializeToString())) for text in (old, new))
    return model_difference(one, two)


def _model(text: str) -> ModelProto:
    return parser.parse_model(text)


@pytest.mark.parametrize("integers", [OPERATORS, DYNAMIC])
def test_operators_on_integers_are_one_edit(integers: str) -> None:
    for one, two, kind in ((FLOATS, integers, Quantised), (integers, FLOATS, Dequantised)):
        found = between(one, two)
        assert found.conclusion.degree is Degree.BEHAVIOUR
        (change,) = [edit.change for edit in found.edits if edit.degree is Degree.BEHAVIOUR]
        assert isinstance(change, kind)
        assert "MatMul" in {node.op_type for node in change.replaced}


def test_another_node_that_went_is_an_edit_of_its_own() -> None:
    found = between(FLOATS.replace("y = Sigmoid(b)", "t = Tanh(b) y = Sigmoid(t)"), OPERATORS)
    assert "Tanh" in " ".join(edit.text for edit in found.edits)
    assert not any(isinstance(edit.change, Quantised) and edit.change.replaced for edit in found.edits)


def test_two_operators_for_one_are_no_quantisation_of_it() -> None:
    twice = OPERATORS.replace(
        "b = DequantizeLinear(c,", "d = QLinearMatMul(c, s, z, w, s, zw, s, z) b = DequantizeLinear(d,"
    )
    changes = [edit.change for edit in between(FLOATS, twice).edits]
    assert not any(isinstance(change, Quantised) and change.replaced for change in changes)
