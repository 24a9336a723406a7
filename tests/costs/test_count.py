"""What is counted where a weight is not simply an input of its layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx.numpy_helper
import onnx.parser
import pytest

from auditor.costs.count import Costs, count
from auditor.model.load import loads
from auditor.shapes.facts import infer


def costs(text: str, stored: Mapping[str, str] | None = None) -> Costs:
    """Of a model in text form, with stored tensors of ones of these shapes."""
    model = onnx.parser.parse_model(text)
    for name, dims in (stored or {}).items():
        ones = np.ones([int(size) for size in dims.split(",")], np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(ones, name))
    return count(infer(loads(model.SerializeToString())))


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


@pytest.mark.parametrize(
    ("layer", "weight", "added", "expected"),
    [
        ("MatMul(x, w)", "4, 3", "3", 4 * 3 + 3),
        ("MatMul(x, w)", "4, 3", "1, 3", 4 * 3 + 3),
        ("MatMul(x, w)", "4, 3", "1", 4 * 3),  # one number for all maps is no bias
        ("MatMul(x, w)", "4, 3", "2, 3", 4 * 3),  # nor is one number for each element
        ("MatMul(x, w)", "4, 3", "2, 1", 4 * 3),  # nor one for each row
        ("Gemm(x, w)", "4, 3", "3", 4 * 3),  # Gemm has a place for a bias: an Add behind it is an Add
        ("Relu(x)", "4, 3", "4", 0),
    ],
)
def test_an_add_is_a_bias_where_it_holds_one_number_for_each_map(
    layer: str, weight: str, added: str, expected: int
) -> None:
    for order in ("h, b", "b, h"):
        text = f"""
            <ir_version: 8, opset_import: ["" : 17]>
            g (float[2, 4] x) => (float[A, B] y) {{ h = {layer} y = Add({order}) }}
        """
        found = costs(text, {"w": weight, "b": added})
        assert found.learnable == expected


@pytest.mark.parametrize(
    ("convolution", "added", "expected"),
    [
        ("Conv(x, w)", "3, 1, 1", 3 * 2 * 9 + 3),
        ("Conv(x, w)", "1, 3, 1, 1", 3 * 2 * 9 + 3),
        ("Conv(x, w)", "6", 3 * 2 * 9),  # 6 wide, not 3 maps
        ("Conv(x, w)", "1", 3 * 2 * 9),
        ("Conv(x, w, c)", "3, 1, 1", 3 * 2 * 9 + 3),  # its own bias of 3, and no second one
        ("ConvTranspose(x, t)", "3, 1, 1", 2 * 3 * 9 + 3),
    ],
)
def test_an_add_behind_a_convolution_without_a_bias_is_its_bias(convolution: str, added: str, expected: int) -> None:
    text = f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[1, 2, 8, 8] x) => (float[A, B, C, D] y) {{ h = {convolution} y = Add(h, b) }}
    """
    found = costs(text, {"w": "3, 2, 3, 3", "t": "2, 3, 3, 3", "c": "3", "b": added})
    assert found.learnable == expected


def test_a_bias_that_two_layers_share_counts_once() -> None:
    text = """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 4] x) => (float[2, 4] y) { h = MatMul(x, w) i = Add(h, b) j = MatMul(i, w) y = Add(j, b) }
    """
    found = costs(text, {"w": "4, 4", "b": "4"})
    assert found.learnable == 4 * 4 + 4
