"""What is counted where a weight is not simply an input of its layer."""

from __future__ import annotations

import onnx.parser

from auditor.costs.count import Costs, count
from auditor.model.load import loads
from auditor.shapes.facts import infer


def costs(text: str) -> Costs:
    return count(infer(loads(onnx.parser.parse_model(text).SerializeToString())))


def test_layers_in_functions_have_the_weights_of_their_calls() -> None:
    """As torch.onnx.dynamo_export writes them: names inside mean nothing outside, and one body serves all calls."""
    found = costs("""
        <ir_version: 10, opset_import: ["" : 18, "nn" : 1, "aten" : 1]>
        g (float[N, 2] x) => (float[N, 2] y)
        <float[2, 2] first = {1, 2, 3, 4}, float[2] bias = {1, 2}, float[2, 2] second = {5, 6, 7, 8},
         float[2] a = {1, 2}> {
          h = nn.Linear(x, first, bias)
          i = nn.Linear(h, second, bias)
          j = nn.Product(h, i)
          y = Add(j, a)
        }
        <opset_import: ["" : 18, "aten" : 1], domain: "nn"> Linear (x, w, b) => (y) { y = aten.addmm(b, x, w) }
        <opset_import: ["" : 18], domain: "aten"> addmm (c, a, b) => (y) { y = Gemm(a, b, c) }
        <opset_import: ["" : 18], domain: "nn"> Product (a, b) => (y) {
          t = Transpose<perm = [1, 0]>(b)
          s = MatMul(a, t)
          y = MatMul(s, b)
        }
    """)
    assert found.learnable == 4 + 2 + 4
    assert str(found.macs) == "4*N^2 + 8*N"


def test_a_stored_weight_counts_as_stored_where_its_input_is_open() -> None:
    """The channels that arrive are unknown; those of the weight are not."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, C, H, W] x) => (float[N, 1, H, W] y) <float[1, 3, 1, 1] w = {1, 2, 3}, float[1] b = {1}> {
          y = Conv(x, w, b)
        }
    """)
    assert found.learnable == 3 + 1
