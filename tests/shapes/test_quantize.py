"""Quantized operators: types, and the scales and zero points that they need."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from auditor.shapes.fact import Exact, Fact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import ask, confront, misfits, tensor

N = named("N")
FLOAT, UINT8, INT8, INT32, FLOAT16, UINT4 = 1, 2, 3, 6, 10, 21
X = tensor(N, 64, 7, 7)
ONE = tensor()


def small(*sizes: int, dtype: Any = np.uint8) -> np.ndarray:
    return np.zeros(sizes, dtype)


def test_the_zero_point_names_the_type() -> None:
    for opset in (10, 13, 19, 21, 23):
        assert ask("QuantizeLinear", opset, [X, ONE]).outputs == (Fact(UINT8, X.shape),)
        zero = tensor(dtype=INT8)
        assert ask("QuantizeLinear", opset, [X, ONE, zero]).outputs == (Fact(INT8, X.shape),)
        assert ask("QuantizeLinear", opset, [X, ONE, Fact()]).outputs[0].dtype is None
    assert ask("QuantizeLinear", 21, [X, ONE], {"output_dtype": UINT4}).outputs[0].dtype == UINT4


def test_the_scale_names_the_type_of_what_it_makes() -> None:
    x, half = X._replace(dtype=UINT8), tensor(dtype=FLOAT16)
    assert ask("DequantizeLinear", 10, [x, ONE]).outputs == (Fact(FLOAT, X.shape),)
    assert ask("DequantizeLinear", 19, [x, half]).outputs[0].dtype == FLOAT16
    assert ask("DequantizeLinear", 23, [x, half], {"output_dtype": FLOAT}).outputs[0].dtype == FLOAT


def test_a_scale_for_all_for_each_or_for_each_block() -> None:
    for op_type in ("QuantizeLinear", "DequantizeLinear"):
        scale, zero = ("y_scale", "y_zero_point") if op_type[0] == "Q" else ("x_scale", "x_zero_point")
        assert misfits(op_type, 10, [X, tensor(64)]) == {scale}  # one for all, and nothing else
        assert misfits(op_type, 13, [X, tensor(64), tensor(64, dtype=UINT8)]) == set()
        assert misfits(op_type, 13, [X, tensor(7), tensor(6, dtype=UINT8)], {"axis": 3}) == {zero}
        assert misfits(op_type, 13, [X, tensor(1)], {"axis": 9}) == set()
        blocked = {"axis": 1, "block_size": 24}
        assert misfits(op_type, 21, [X, tensor(N, 3, 7, 7)], blocked) == set()  # ceil(64 / 24) blocks
        assert misfits(op_type, 21, [X, tensor(N, 2, 7, 7)], blocked) == {scale}
        with pytest.raises(ShapeError) as error:
            ask(op_type, 13, [X, tensor(64)], {"axis": 4})
        assert error.value.attribute == "axis"


def test_dynamic_quantization_gives_three() -> None:
    answer = ask("DynamicQuantizeLinear", 11, [X], outputs=3)
    assert answer.outputs == (Fact(UINT8, X.shape), Fact(FLOAT, ()), Fact(UINT8, ()))


def test_the_quantised_twins_count_and_need_as_their_models_do() -> None:
    x, w = tensor(1, 3, 8, 8, dtype=UINT8), tensor(4, 3, 3, 3, dtype=UINT8)
    zero, scale = tensor(dtype=UINT8), ONE
    integer = ask("ConvInteger", 10, [x, w])
    assert integer.outputs == (Fact(INT32, (1, 4, 6, 6)),) and integer.macs == 6 * 6 * 4 * 3 * 9
    assert integer.needs["w"] == Exact((4, 3, 3, 3), "learnable") and "b" not in integer.needs
    given = [x, scale, zero, w, tensor(4), tensor(4, dtype=UINT8), scale, tensor(dtype=INT8), tensor(4, dtype=INT32)]
    linear = ask("QLinearConv", 10, given)
    assert linear.outputs == (Fact(INT8, (1, 4, 6, 6)),) and linear.macs == integer.macs
    assert misfits("QLinearConv", 10, given) == set()
    given[4], given[8] = tensor(3), tensor(5, dtype=INT32)
    assert misfits("QLinearConv", 10, given) == {"w_scale", "b"}


def test_quantised_products() -> None:
    a, b = tensor(N, 8, 16, dtype=UINT8), tensor(16, 4, dtype=INT8)
    zero = tensor(dtype=UINT8)
    answer = ask("MatMulInteger", 10, [a, b, zero, tensor(4, dtype=INT8)])
    assert answer.outputs == (Fact(INT32, (N, 8, 4)),) and answer.macs == N * 8 * 16 * 4
    assert misfits("MatMulInteger", 10, [a, b, tensor(8, dtype=UINT8), tensor(5, dtype=INT8)]) == {"b_zero_point"}
    assert misfits("MatMulInteger", 10, [a, b, tensor(N, 8, 1, dtype=UINT8)]) == set()
    given = [a, ONE, zero, b, ONE, zero, ONE, tensor(dtype=INT8)]
    assert ask("QLinearMatMul", 10, given).outputs == (Fact(INT8, (N, 8, 4)),)
    assert misfits("QLinearMatMul", 10, [a, ONE, zero, tensor(15, 4, dtype=INT8), ONE, zero, ONE, zero]) == {"b"}


def test_random_quantisations_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(9)
    ran = 0
    sizes = [2, 3, 4]
    for _ in range(100):
        axis, opset = chance.randrange(-3, 3), chance.choice([10, 13, 19, 21])
        shape: tuple[int, ...] = ()
        attributes: dict[str, Any] = {}
        if opset >= 13 and chance.random() < 0.7:
            shape, attributes = (sizes[axis],), {"axis": axis}
        if opset >= 21 and chance.random() < 0.4:
            block = chance.choice([1, 2, 3])
            blocked = list(sizes)
            blocked[axis] = -(-sizes[axis] // block)
            shape, attributes = tuple(blocked), {"axis": axis, "block_size": block}
        dtype = chance.choice([np.uint8, np.int8])
        scale, zero = np.ones(shape, np.float32), small(*shape, dtype=dtype)
        ran += confront("QuantizeLinear", opset, [np.ones(sizes, np.float32), scale, zero], attributes)
        ran += confront("DequantizeLinear", opset, [small(*sizes, dtype=dtype), scale, zero], attributes)
    assert ran > 150


def test_random_quantised_convolutions_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(10)
    ran = 0
    one = np.ones((), np.float32)
    for _ in range(100):
        kernel = [chance.randrange(1, 4), chance.randrange(1, 4)]
        x, w = small(1, 2, chance.randrange(3, 9), chance.randrange(3, 9)), small(3, 2, *kernel)
        attributes = {"strides": [chance.randrange(1, 3), 1], "pads": [chance.randrange(2) for _ in range(4)]}
        ran += confront("ConvInteger", 10, [x, w], attributes)
        scale = chance.choice([one, np.ones(3, np.float32)])
        arrays = [x, one, small(), w, scale, small(), one, small(), np.zeros(3, np.int32)]
        ran += confront("QLinearConv", 10, arrays, attributes)
    assert ran > 150
