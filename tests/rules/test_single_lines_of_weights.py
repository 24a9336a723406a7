"""Lines of the rules on stored numbers that no page's model decides: values by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike
from onnx import parser

from auditor.report import Severity

from .test_thresholds_of_stored_numbers import BIASED, STATIC, WEIGHT, of_model, severities, spread
from .test_weight_rules import HEAD, said

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR

CONSTANT, RELU = "they give one number whatever comes in", "the Relu behind them gives zero"


def f4(values: ArrayLike) -> np.ndarray:
    return np.array(values, np.float32)


def units(text: str, **tensors: np.ndarray) -> list[str]:
    """What dead-units says."""
    return [one.message for _, one in said("dead-units", text, STATIC, **tensors)]


# ---- units


@pytest.mark.parametrize(
    ("bias", "behind", "words"),
    [
        (0, "Relu", "are zero, and the Relu behind them gives zero"),
        (-1, "Relu", "are zero, and the Relu behind them gives zero"),
        (1, "Relu", CONSTANT),
        (0, "Sigmoid", CONSTANT),
        (-1, "Sigmoid", CONSTANT),
    ],
)
def test_what_comes_of_a_filter_of_zeros(bias: float, behind: str, words: str) -> None:
    text = f"agraph (float[N, 2, 4, 4] x) => (y) {{ h = Conv(x, w, b) y = {behind}(h) }}"
    weight = np.ones((3, 2, 1, 1), np.float32)
    weight[1] = 0
    (message,) = units(text, w=weight, b=f4([1, bias, 1]))
    assert "1 of 3 units" in message and words in message


NORMALIZED = (
    "agraph (float[N, 2, 4, 4] x{0}) => (y) {{ h = Conv(x, w) n = BatchNormalization(h, s, b, m, v) y = Relu(n) }}"
)


@pytest.mark.parametrize(("shift", "words"), [(0.25, RELU), (1.0, CONSTANT)])
def test_a_filter_of_zeros_is_normalized(shift: float, words: str) -> None:
    """(0 - 1) / sqrt(4) + shift: below zero, or above."""
    weight = np.ones((3, 2, 1, 1), np.float32)
    weight[1] = 0
    stored = {"s": f4([1] * 3), "b": f4([shift] * 3), "m": f4([1] * 3), "v": f4([4] * 3)}
    (message,) = units(NORMALIZED.format(""), w=weight, **stored)
    assert words in message
    del stored["s"]  # fed: nobody knows
    assert units(NORMALIZED.format(", float[3] s"), w=weight, **stored) == []


@pytest.mark.parametrize(
    ("behind", "words"),
    [("y = Relu(h)", RELU), ("y = Sigmoid(h)", "give their bias"), ("y = Identity(h) z = Relu(h)", "give their bias")],
)
def test_what_comes_of_a_bias_that_drowns_the_layer(behind: str, words: str) -> None:
    text = f"agraph (float[N, 10] x) => (y) {{ h = Gemm(x, w, b) {behind} }}"
    weight = np.linspace(-0.01, 0.01, 100, dtype=np.float32).reshape(10, 10)
    (message,) = units(text, w=weight, b=f4([0, 0, -200, 0, 0, 0, 0, 0, 0, 0]))
    assert words in message


@pytest.mark.parametrize(("bias", "expected"), [(-840.0, 0), (-860.0, 1)])
def test_a_filter_reaches_by_its_own_numbers(bias: float, expected: int) -> None:
    """Two filters of eight ones: 300 times the root of 8 is 848.5."""
    text = "agraph (float[N, 8, 4, 4] x) => (y) { h = Conv(x, w, b) y = Relu(h) }"
    weight = np.resize(f4([1, -1]), (2, 8, 1, 1))
    assert len(units(text, w=weight, b=f4([0, bias]))) == expected


CHANNELS = "agraph (float[N, 4, 4, 4] x) => (y) { n = BatchNormalization(x, s, b, m, v) y = Relu(n) }"


def test_channels_that_a_scale_of_zero_kills() -> None:
    ones = f4([1] * 4)
    (message,) = units(CHANNELS, s=f4([0, 1, 0, 1]), b=f4([-1, -1, 1, 1]), m=ones, v=ones)
    assert "1 of 4 units ('0')" in message and "a scale of zero" in message and RELU in message


def test_channels_that_are_shifted_out_of_reach() -> None:
    """A hundred times the scale, and a hundred."""
    ones = f4([1] * 4)
    (message,) = units(CHANNELS, s=f4([1, 2, 0.5, -1]), b=f4([-101, -150, -99, -101]), m=ones, v=ones)
    assert "2 of 4 units ('0', '3')" in message and RELU in message


# ---- outliers


@pytest.mark.parametrize(("largest", "expected"), [(2_999.0, []), (3_001.0, [WARNING])])
def test_fifteen_ones_and_a_number(largest: float, expected: list[Severity]) -> None:
    """The root mean square of the others is 1."""
    assert severities("outlying-weights", BIASED, b=spread(largest, 16)) == expected


# ---- quantised


@pytest.mark.parametrize(("shape", "ends", "expected"), [((4, 4), 12, [WARNING]), ((3, 5), 15, []), ((4, 4), 11, [])])
def test_sixteen_numbers_are_a_weight(shape: tuple[int, int], ends: int, expected: list[Severity]) -> None:
    weight = np.resize(np.arange(-3, 3, dtype=np.int8), shape)
    weight.reshape(-1)[:ends] = 127
    text = WEIGHT.replace("20", str(shape[1]))
    assert severities("saturated-weights", text, q=weight, s=f4(0.1)) == expected


def test_a_mask_stands_at_its_ends() -> None:
    text = "agraph (float[4, 8] x) => (y) { y = Where(q, x, x) }"
    assert severities("saturated-weights", text, q=np.resize([True, False], (4, 8))) == []


TWO = "float s = {0.1}, float t = {0.2}, uint8 z = {0}, uint8 n = {7}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("q = QuantizeLinear(x, s) y = DequantizeLinear(q, s, z)", []),  # without a zero point it is 0
        ("q = QuantizeLinear(x, s) y = DequantizeLinear(q, s, n)", [WARNING]),
        ("q = QuantizeLinear(x, s, n) y = DequantizeLinear(q, s)", [WARNING]),
        ("q = QuantizeLinear(x, s, z) h = DequantizeLinear(q, s, z) y = Gemm(h, w)", []),
        ("q = QuantizeLinear(x, s, z) h = DequantizeLinear(q, f, z) y = Gemm(h, v, c) v = DequantizeLinear(k, s) "
         "c = DequantizeLinear(k, s)", []),
        ("q = QuantizeLinear(x, s, z) p = com.microsoft.QLinearLeakyRelu<alpha = 0.1>(q, s, z, t, z) "
         "y = DequantizeLinear(p, s, z)", [WARNING]),
        ("q = QuantizeLinear(x, s, z) p = com.microsoft.QLinearLeakyRelu<alpha = 0.1>(q, s, z, t, z) "
         "y = DequantizeLinear(p, t, z)", []),
    ],
)  # fmt: skip
def test_what_wrote_and_what_reads(body: str, expected: list[Severity]) -> None:
    stored = "float[2, 2] w = {1, 2, 3, 4}, int8[2, 2] k = {1, 2, 3, 4}"
    text = f"agraph (float[N, 2] x, float f) => (y) <{TWO}, {stored}> {{ {body} }}"
    assert of_model("mismatched-quantisation", parser.parse_model(HEAD + text)) == expected


def test_truths_are_no_numbers_that_were_cut_off() -> None:
    """Whatever is made of them: another rule says that they are not to be dequantised."""
    assert severities("saturated-weights", WEIGHT, q=np.resize([True, False], (10, 20)), s=f4(0.1)) == []


@pytest.mark.parametrize(("largest", "expected"), [(99_500, []), (100_500, [NOTE])])
def test_a_hundred_times_what_half_of_the_layers_have(largest: float, expected: list[Severity]) -> None:
    usual = np.linspace(-1_000, 1_000, 100, dtype=np.float32).reshape(10, 10)
    layers = " ".join(f"h{i + 1} = MatMul(h{i}, w{i})" for i in range(4))
    text = f"agraph (float[N, 10] x) => (y) {{ h0 = Identity(x) {layers} y = MatMul(h4, v) }}"
    large = usual * np.float32(largest / 1_000)
    assert severities("outlying-weights", text, v=large, **{f"w{i}": usual for i in range(4)}) == expected


@pytest.mark.parametrize(("swapped", "expected"), [(True, [WARNING]), (False, [])])
def test_scale_and_shift_of_an_instance_normalization(swapped: bool, expected: list[Severity]) -> None:
    text = "agraph (float[N, 8, 4] x) => (y) { y = InstanceNormalization(x, s, b) }"
    around_0, around_1 = np.linspace(-0.2, 0.2, 8), np.linspace(0.9, 1.1, 8)
    scale, shift = (around_0, around_1) if swapped else (around_1, around_0)
    assert severities("dead-normalizations", text, s=f4(scale), b=f4(shift)) == expected


# ---- where each is, and how many


def test_a_denormal_tensor_has_the_place_of_its_layer() -> None:
    text = "agraph (float[N, 4] x) => (y) { h = Relu(x) y = MatMul(h, w) }"
    small, ones = np.full((4, 4), 2.0**-140, np.float32), np.ones((4, 4), np.float32)
    ((_, used),) = said("denormal-weights", text, STATIC, w=small)
    assert (used.location.node, used.location.tensor) == ("MatMul[1]", "w")
    ((_, unused),) = said("denormal-weights", text, STATIC, w=ones, spare=small)
    assert (unused.location.node, unused.location.tensor) == ("", "spare")


@pytest.mark.parametrize(("last", "expected"), [(1, [NOTE]), (4, [NOTE, NOTE, WARNING])])
def test_a_layer_that_is_dead_as_a_whole_is_told_by_itself(last: int, expected: list[Severity]) -> None:
    """Three layers of four channels: where each has one that is dead, one finding says it."""
    layers = " ".join(f"n{i} = BatchNormalization(x, s, b{i}, s, s) y{i} = Relu(n{i})" for i in range(3))
    text = f"agraph (float[N, 4, 4, 4] x) => (y0, y1, y2) {{ {layers} }}"
    shifts = {f"b{i}": f4([-150] * dead + [0] * (4 - dead)) for i, dead in enumerate((1, 1, last))}
    assert severities("dead-units", text, s=f4([1] * 4), **shifts) == expected


def test_a_second_normalization_lifts_what_the_first_has_below_zero() -> None:
    """0 becomes -1, and -1 becomes 4: the Relu behind them lets it pass."""
    text = (
        "agraph (float[N, 2, 4, 4] x) => (y) { h = Conv(x, w) n = BatchNormalization<epsilon = 0.0>(h, s, z, s, s) "
        "k = BatchNormalization<epsilon = 0.0>(n, s, five, z, s) y = Relu(k) }"
    )
    weight = np.ones((3, 2, 1, 1), np.float32)
    weight[1] = 0
    (message,) = units(text, w=weight, s=f4([1] * 3), z=f4([0] * 3), five=f4([5] * 3))
    assert CONSTANT in message


@pytest.mark.parametrize("attribute", ["", '<epsilon = "small">'])
def test_an_epsilon_that_is_no_number_is_the_default(attribute: str) -> None:
    """(0 - 1) / sqrt(4 + 1e-5) + 0.48 is below zero; with an epsilon of 1 it were above."""
    weight = np.ones((3, 2, 1, 1), np.float32)
    weight[1] = 0
    stored = {"s": f4([1] * 3), "b": f4([0.48] * 3), "m": f4([1] * 3), "v": f4([4] * 3)}
    text = NORMALIZED.format("").replace("BatchNormalization", f"BatchNormalization{attribute}")
    (message,) = units(text, w=weight, **stored)
    assert RELU in message


def test_of_copies_none_is_expected() -> None:
    text = "agraph (float[N, 2, 4, 4] x) => (y) { y = Conv(x, w) }"
    weight = np.arange(16, dtype=np.float32).reshape(8, 2, 1, 1)
    weight[5] = weight[2]
    ((_, found),) = said("duplicate-filters", text, STATIC, w=weight)
    assert (found.expected, found.actual) == (0, 1)


@pytest.mark.parametrize(("others", "expected"), [(98 << 14, WARNING), ((98 << 14) + 1, NOTE)])
def test_a_copy_that_is_a_hundredth_of_what_is_stored(others: int, expected: Severity) -> None:
    """64 KiB twice beside 98 of it: one of a hundred is wasted."""
    text = "agraph (float[N] x) => (y, z) { h = Add(x, v) y = Add(h, w) z = Mul(x, u) }"
    one = np.arange(1 << 14, dtype=np.float32)
    other = np.arange(others, dtype=np.float32)
    assert severities("duplicate-initializers", text, v=one, w=one, u=other) == [expected]


@pytest.mark.parametrize(("largest", "expected"), [(10_000.0, []), (10_001.0, [WARNING])])
def test_one_scale_of_ten_thousand_times_the_others(largest: float, expected: list[Severity]) -> None:
    text = "agraph (float[N, 4] x, int8[4, 4] q) => (y) { w = DequantizeLinear<axis = 1>(q, s) y = MatMul(x, w) }"
    assert severities("quantisation-scales", text, s=f4([1, 1, 1, largest])) == expected


@pytest.mark.parametrize(("rows", "expected"), [(1, []), (2, [WARNING])])
def test_two_zeros_are_a_weight(rows: int, expected: list[Severity]) -> None:
    text = f"agraph (float[N, {rows}] x) => (y) {{ y = MatMul(x, w) }}"
    assert severities("zero-weights", text, w=np.zeros((rows, 1), np.float32)) == expected
    text = f"agraph (uint8[N, {rows}] x) => (y) {{ y = MatMulInteger(x, w) }}"
    assert severities("zero-weights", text, w=np.zeros((rows, 1), np.uint8)) == expected


def test_each_weight_of_zeros_is_told_whatever_stands_before_it() -> None:
    """Numbers, a bias, and a quantised weight of zeros are no end of it."""
    text = (
        "agraph (float[N, 2] x, uint8[N, 2] k) => (y, z) "
        "{ h = MatMulInteger(k, q) z = MatMulInteger(k, r) i = Gemm(x, u, b) j = MatMul(i, v) y = MatMul(j, w) }"
    )
    stored: dict[str, np.ndarray] = {
        "q": np.zeros((2, 2), np.uint8), "b": f4([0, 0]), "u": f4([[1, 2], [3, 4]]),
        "r": np.arange(4, dtype=np.uint8).reshape(2, 2), "v": f4(np.zeros((2, 2))), "w": f4(np.zeros((2, 2))),
    }  # fmt: skip
    for order in (list(stored), list(reversed(stored))):
        ((severity, one),) = said("zero-weights", text, STATIC, **{name: stored[name] for name in order})
        assert severity is WARNING and one.message.startswith("the weights of 3 layers are zero")
