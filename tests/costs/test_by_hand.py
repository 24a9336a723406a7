"""Costs counted by hand: what is a bias, what is a parameter, what a run takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx.numpy_helper
import onnx.parser
import pytest

from auditor.costs.count import Costs, count
from auditor.model.load import loads
from auditor.shapes.facts import infer


def costs(text: str, stored: Mapping[str, str] | None = None, **numbers: Sequence[int]) -> Costs:
    """Of a model in text form, with stored tensors of ones of these shapes, and stored vectors of these numbers."""
    model = onnx.parser.parse_model(text)
    for name, dims in (stored or {}).items():
        ones = np.ones([int(size) for size in dims.split(",")], np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(ones, name))
    for name, values in numbers.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(values, np.int64), name))
    return count(infer(loads(model.SerializeToString())))


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


def test_totals_of_a_small_model_by_hand() -> None:
    """2 -> 3 maps under 3 x 3 on 8 x 8, a normalisation of 3 maps, a stored scale, an integer that is no weight."""
    found = costs(
        """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[1, 2, 8, 8] x) => (float[1, 108] y) {
          c = Conv(x, w, b)
          n = BatchNormalization(c, s, s2, m, v)
          k = Constant<value = float[3, 1, 1] {1, 2, 3}>()
          z = Mul(n, k)
          y = Reshape(z, to)
        }
        """,
        {"w": "3, 2, 3, 3", "b": "3", "s": "3", "s2": "3", "m": "3", "v": "3"},
        to=[1, 108],
    )
    assert found.nodes == 5
    assert found.parameters == (54 + 3) + 4 * 3 + 3  # what is stored in floats, the constant's too
    assert found.learnable == 54 + 3 + 3 + 3  # filters, bias, scale and shift
    assert found.statistics == 3 + 3  # mean and variance
    assert found.elementwise == 3  # the constant
    assert (found.macs, found.body_macs) == (6 * 6 * 54, 0)
    assert found.weight_bytes == 4 * (54 + 3 + 4 * 3 + 3) + 2 * 8
    assert found.peak_activation_bytes == 4 * (2 * 8 * 8 + 3 * 6 * 6)  # while the convolution runs
    assert [layer.parameters for layer in found.layers] == [57, 12, 0, 3, 0]
    assert [layer.activation_bytes for layer in found.layers] == [4 * 108, 4 * 108, 0, 4 * 108, 4 * 108]


def test_a_run_takes_weights_what_is_made_of_them_and_the_peak() -> None:
    """400 bytes are made of a stored shape, 24 are read and 24 written."""
    text = """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[6] x) => (float[6] y) {
          big = ConstantOfShape(hundred)
          s = ReduceSum<keepdims = 0>(big)
          y = Add(x, s)
        }
    """
    found = costs(text, hundred=[100])
    assert (found.weight_bytes, found.generated_bytes, found.peak_activation_bytes) == (8, 400 + 4, 48)
    assert found.needed_bytes == 8 + 404 + 48


def test_an_open_peak_leaves_what_is_certain() -> None:
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N] x) => (float[N] y) <float[1] b = {1}> { y = Add(x, b) }
    """)
    assert str(found.peak_activation_bytes) == "8*N" and found.needed_bytes == 4


@pytest.mark.parametrize(
    ("node", "counted"),
    [
        ("y = QLinearConv(x, s, z, q, s, z, s, z)", 54),
        ("y = ConvInteger(x, q)", 54),
        ("h = Shape(q) y = ConstantOfShape(h)", 0),  # its shape alone is taken
    ],
)
def test_integers_are_parameters_where_an_operator_takes_them_as_weights(node: str, counted: int) -> None:
    model = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (uint8[1, 2, 8, 8] x) => (float[A, B, C, D] y) <float s = {{0.5}}, uint8 z = {{0}}> {{ {node} }}
    """)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones((3, 2, 3, 3), np.uint8), "q"))
    found = count(infer(loads(model.SerializeToString())))
    assert found.parameters == counted + 1  # and the scale, a float


@pytest.mark.parametrize("carrier", ["Identity(w)", "Transpose<perm = [0, 1]>(w)", "Cast<to = 1>(w)", "Reshape(w, to)"])
def test_behind_an_operator_that_hands_it_on_a_weight_is_the_same_weight(carrier: str) -> None:
    """Two layers, one stored weight, once handed on: it counts once."""
    text = f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 4] x) => (float[2, 4] y) <int64[2] to = {{4, 4}}>
        {{ h = MatMul(x, w) v = {carrier} y = MatMul(h, v) }}
    """
    assert costs(text, {"w": "4, 4"}).learnable == 16


def test_a_weight_that_is_worked_out_of_a_stored_one_counts_what_is_stored() -> None:
    text = """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 4] x) => (float[2, 4] y) { h = MatMul(x, w) v = Neg(w) y = MatMul(h, v) }
    """
    assert costs(text, {"w": "4, 4"}).learnable == 16


def test_sparse_weights_count_what_is_stored() -> None:
    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 4] x) => (float[2, 4] y) { w = Constant<value_float = 1.0>() y = MatMul(x, w) }
    """)
    values = onnx.numpy_helper.from_array(np.ones(3, np.float32), "")
    indices = onnx.numpy_helper.from_array(np.array([0, 5, 10], np.int64), "")
    sparse = onnx.helper.make_sparse_tensor(values, indices, [4, 4])
    del model.graph.node[0].attribute[:]
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("sparse_value", sparse))
    assert count(infer(loads(model.SerializeToString()))).parameters == 3


@pytest.mark.parametrize("order", ["s, w", "w, s"])
def test_of_a_product_the_larger_factor_holds_the_numbers(order: str) -> None:
    """Sixteen numbers and their one scale, in either order: sixteen are learnt."""
    text = f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 4] x) => (float[2, 4] y) {{ v = Mul({order}) y = MatMul(x, v) }}
    """
    assert costs(text, {"w": "4, 4", "s": "1, 1"}).learnable == 16


@pytest.mark.parametrize(
    "made",
    [
        "OneHot(ids, depth, ends)",
        "EyeLike<dtype = 1>(square)",
        "Cast<to = 1>(range)",
    ],
)
def test_what_is_worked_out_of_sizes_and_places_was_not_learnt(made: str) -> None:
    """Ones and zeros at stored places, a diagonal, a row of counted numbers: what is stored says only where."""
    text = f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 4] x) => (float[2, 4] y)
        <int64 depth = {{4}}, float[2] ends = {{0, 1}}, int64 zero = {{0}}, int64 one = {{1}}, int64 four = {{4}}> {{
          range = Range(zero, four, one)
          v = {made}
          y = MatMul(x, v)
        }}
    """
    assert costs(text, {"square": "4, 4"}, ids=[3, 2, 1, 0]).learnable == 0


def test_both_matrices_of_a_quantised_lstm_are_weights() -> None:
    """W of 1 x 3 x 8 and R of 1 x 2 x 8 integers, with a scale each.

    https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.DynamicQuantizeLSTM
    """
    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        g (float[5, 1, 3] x) => (float[5, 1, 1, 2] y) <float s = {0.5}, int8 z = {0}> {
          y = com.microsoft.DynamicQuantizeLSTM <hidden_size = 2> (x, w, r, , , , , , s, z, s, z)
        }
    """)
    for name, shape in (("w", (1, 3, 8)), ("r", (1, 2, 8))):
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones(shape, np.int8), name))
    assert count(infer(loads(model.SerializeToString()))).parameters == 24 + 16 + 1
