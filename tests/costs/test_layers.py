"""The layers of a model: a sequence whose members are made when they are asked for."""

from __future__ import annotations

import pytest
from onnx import parser

from auditor.costs.count import count
from auditor.costs.layers import LayerSequence
from auditor.model.load import loads
from auditor.shapes.facts import infer
from auditor.shapes.troubles import At

TEXT = """<ir_version: 8, opset_import: ["" : 17]>
g (bool c, float[2, 3] x) => (float[2, 4] y) <float[3, 4] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}> {
  a = MatMul(x, w)
  b = If (c) <then_branch = one () => (float[2, 4] p) { p = MatMul(x, w) },
    else_branch = two () => (float[2, 4] q) { r = Abs(a) q = Neg(r) }>
  y = Add(a, b)
}"""


def layers() -> LayerSequence:
    return count(infer(loads(parser.parse_model(TEXT).SerializeToString()))).layers


def test_every_place_is_a_layer() -> None:
    """The main graph first, then the branches; the weight's 12 elements are the first user's; 2 x 3 x 4 MACs each."""
    found = layers()
    labels = ["MatMul[0]", "If[1]", "Add[2]", "If[1]/then_branch/MatMul[0]"]
    labels += ["If[1]/else_branch/Abs[0]", "If[1]/else_branch/Neg[1]"]
    assert [layer.label for layer in found] == labels and len(found) == 6
    assert [found[i].label for i in range(6)] == labels == [found[i - 6].label for i in range(6)]
    assert [layer.label for layer in found[1:-2]] == labels[1:-2]
    assert [(layer.parameters, layer.learnable, layer.macs) for layer in (found[0], found[3])] == [
        (12, 12, 24), (0, 0, 24),
    ]  # fmt: skip
    assert found.at(At("If[1]/else_branch", 1)) == found[5] == list(found)[5]
    assert list(found.places()) == [layer.at for layer in found]


def test_what_a_branch_stores_is_its_own_nodes() -> None:
    """Two numbers in the one branch, three in the other."""
    text = """<ir_version: 8, opset_import: ["" : 17]> g (bool c, float[2, 1] x) => (y) {
      y = If (c) <
        then_branch = one () => (float[2, 2] p) { k = Constant<value = float[2] {1, 2}>() p = Mul(x, k) },
        else_branch = two () => (float[2, 3] q) { k = Constant<value = float[3] {1, 2, 3}>() q = Mul(x, k) }>
    }"""
    found = count(infer(loads(parser.parse_model(text).SerializeToString()))).layers
    assert {layer.label: layer.parameters for layer in found if layer.op_type == "Mul"} == {
        "If[0]/then_branch/Mul[1]": 2, "If[0]/else_branch/Mul[1]": 3,
    }  # fmt: skip


@pytest.mark.parametrize("place", [6, -7])
def test_there_are_no_others(place: int) -> None:
    with pytest.raises(IndexError):
        layers()[place]
