"""Where the rules on stored numbers begin to speak: one element before the line, and on it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, parser

from auditor.evidence.evidence import Evidence
from auditor.model.load import load, loads
from auditor.report import Severity
from auditor.rules import all_rules
from auditor.settings import Settings

from .mutators import _external, _external_entries
from .test_weight_rules import HEAD, said

RULES = {r.name: r for r in all_rules()}
STATIC = Settings(run=False)
NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR

DENSE = "agraph (float[N, 10] x) => (float[N, 10] y) { y = MatMul(x, w) }"
BIASED = "agraph (float[N, 10] x, float[10, 10] w) => (float[N, 10] y) { y = Gemm(x, w, b) }"


def severities(rule: str, text: str, **tensors: np.ndarray) -> list[Severity]:
    return [severity for severity, _ in said(rule, text, STATIC, **tensors)]


def of_model(rule: str, model: onnx.ModelProto | Path) -> list[Severity]:
    found = RULES[rule]
    read = load(model) if isinstance(model, Path) else loads(model.SerializeToString())
    evidence = Evidence(read, Settings(run=False))
    return [f.severity or found.severity for f in found.check(*(evidence.about(kind) for kind in found.wants))]


def spread(largest: float, size: int = 100) -> np.ndarray:
    """Ones of both signs, and one number."""
    weight = np.resize(np.array([1, -1], np.float32), size)
    weight[3] = largest
    return weight


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (90.0, []),
        (2_900.0, []),
        (3_100.0, [WARNING]),
        (1.1e6, [WARNING]),
    ],
)
def test_one_number_of_three_thousand_times_the_others(largest: float, expected: list[Severity]) -> None:
    assert severities("outlying-weights", DENSE, w=spread(largest).reshape(10, 10)) == expected
    assert severities("outlying-weights", BIASED, b=spread(largest, 20)[:20]) == expected


def test_of_few_numbers_and_of_many_zeros_none_is_alone() -> None:
    picked = np.zeros((10, 10), np.float32)
    picked[0, 0] = 5_000
    assert severities("outlying-weights", DENSE, w=picked) == []
    assert severities("outlying-weights", BIASED, b=spread(5_000.0, 15)) == []
    assert severities("outlying-weights", BIASED, b=spread(5_000.0, 16)) == [WARNING]


@pytest.mark.parametrize(
    ("largest", "expected"), [(2e-6, []), (9e-7, [WARNING]), (0.0, []), (1e-41, [])]
)  # zero and denormal weights are other rules'
def test_a_weight_below_a_millionth(largest: float, expected: list[Severity]) -> None:
    weight = np.linspace(-1, 1, 100).reshape(10, 10) * largest
    assert severities("outlying-weights", DENSE, w=weight.astype(np.float32)) == expected


def test_a_layer_is_held_against_those_like_it() -> None:
    """20,000 against five of at most 1; three others are no kind yet."""
    text = "agraph (float[N, 10] x) => (y) {{ {0} y = MatMul(h{1}, large) }}"
    for others, expected in ((4, [NOTE]), (2, [])):
        body = "h0 = Identity(x) " + " ".join(f"h{i + 1} = MatMul(h{i}, w{i})" for i in range(others))
        weights = {f"w{i}": np.linspace(-1, 1, 100, dtype=np.float32).reshape(10, 10) for i in range(others)}
        large = np.linspace(-1, 1, 100, dtype=np.float32).reshape(10, 10) * 20_000
        assert severities("outlying-weights", text.format(body, others), large=large, **weights) == expected


@pytest.mark.parametrize(("share", "expected"), [(4, []), (5, [NOTE])])
def test_a_twentieth_of_one_tensor_that_is_denormal(share: int, expected: list[Severity]) -> None:
    small, large = np.ones((10, 10), np.float32), np.ones((100, 100), np.float32)
    small.reshape(-1)[:share] = 1e-41
    text = "agraph (float[N, 10] x, float[N, 100] z) => (y, u) { y = MatMul(x, small) u = MatMul(z, large) }"
    assert severities("denormal-weights", text, small=small, large=large) == expected


@pytest.mark.parametrize(
    ("zeros", "size", "expected"), [(3, 8, []), (4, 8, [NOTE]), (4, 17, []), (5, 17, [NOTE]), (8, 8, [WARNING])]
)
def test_a_quarter_of_a_scale_that_is_zero(zeros: int, size: int, expected: list[Severity]) -> None:
    scale = np.ones(size, np.float32)
    scale[:zeros] = 0
    text = NORMALIZED.replace("8", str(size))
    assert severities("dead-normalizations", text, s=scale, b=np.zeros(size, np.float32)) == expected


NORMALIZED = "agraph (float[N, 8] x) => (float[N, 8] y) { y = LayerNormalization(x, s, b) }"


@pytest.mark.parametrize(
    ("scale", "expected"), [(np.full(8, 2e-6), []), (np.full(8, 9e-7), [WARNING]), (1 - np.eye(8)[0], [])]
)
def test_a_scale_below_a_millionth(scale: np.ndarray, expected: list[Severity]) -> None:
    shift = np.zeros(8, np.float32)
    assert severities("dead-normalizations", NORMALIZED, s=scale.astype(np.float32), b=shift) == expected


@pytest.mark.parametrize(("mean", "size", "expected"), [(1.0, 8, [WARNING]), (1.0, 7, []), (0.5, 8, []), (2.0, 8, [])])
def test_a_shift_that_lies_around_one(mean: float, size: int, expected: list[Severity]) -> None:
    text = NORMALIZED.replace("8", str(size))
    scale = np.linspace(-0.2, 0.2, size, dtype=np.float32)
    shift = np.linspace(mean - 0.1, mean + 0.1, size, dtype=np.float32)
    assert severities("dead-normalizations", text, s=scale, b=shift) == expected
    assert severities("dead-normalizations", text, s=shift, b=scale) == []


def normalized(variance: float, epsilon: float) -> str:
    return (
        "agraph (float[N, 2] x) => (float[N, 2] y) <float[2] s = {1, 1}, float[2] b = {0, 0}, float[2] m = {0, 0}, "
        f"float[2] v = {{{variance!r}, {variance!r}}}> "
        f"{{ y = BatchNormalization<epsilon = {epsilon!r}>(x, s, b, m, v) }}"
    )


@pytest.mark.parametrize(("epsilon", "expected"), [(0.9, []), (1.1, [NOTE])])
def test_an_epsilon_of_a_hundred_variances(epsilon: float, expected: list[Severity]) -> None:
    assert of_model("dead-normalizations", parser.parse_model(HEAD + normalized(0.01, epsilon))) == expected


@pytest.mark.parametrize(("variance", "expected"), [(9e15, []), (1.1e16, [WARNING])])
def test_a_variance_that_leaves_the_shift(variance: float, expected: list[Severity]) -> None:
    assert of_model("bad-variance", parser.parse_model(HEAD + normalized(variance, 0.001))) == expected


# ---- quantised

WEIGHT = "agraph (float[N, 20] x) => (y) { w = DequantizeLinear(q, s) y = Gemm<transB = 1>(x, w) }"


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (39, []),
        (40, [WARNING]),  # a fifth of 200
    ],
)
@pytest.mark.parametrize("end", [127, -128, -127])
def test_a_fifth_of_a_weight_at_the_ends(ends: int, expected: list[Severity], end: int) -> None:
    weight = np.resize(np.arange(-50, 50, dtype=np.int8), 200)
    weight[:ends] = end
    scale = np.array(0.1, np.float32)
    assert severities("saturated-weights", WEIGHT, q=weight.reshape(10, 20), s=scale) == expected


def test_filters_of_few_numbers_have_many_ends() -> None:
    """Three of each are let pass: 12 of 40."""
    weight = np.resize(np.arange(-5, 5, dtype=np.int8), (4, 10))
    text, scale = WEIGHT.replace("20", "10"), np.array(0.1, np.float32)
    weight[:, :2] = 127
    assert severities("saturated-weights", text, q=weight, s=scale) == []  # a fifth, and two of each
    weight[:, :3] = 127
    assert severities("saturated-weights", text, q=weight, s=scale) == [WARNING]


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [
        ("y = QuantizeLinear(x, s, z)", 9e5, []),
        ("y = QuantizeLinear(x, s, z)", 1.1e6, [WARNING]),
        ("y = QuantizeLinear(x, s, z)", 2e-12, []),
        ("y = QuantizeLinear(x, s, z)", 9e-13, [WARNING]),
        ("w = DequantizeLinear(q, s) y = MatMul(x, w)", 2e-8, []),
        ("w = DequantizeLinear(q, s) y = MatMul(x, w)", 9e-9, [WARNING]),
    ],
)
def test_scales_that_nothing_has(text: str, scale: float, expected: list[Severity]) -> None:
    model = f"agraph (float[N, 2] x) => (y) <uint8 z = {{0}}, int8[2, 2] q = {{1, 2, 3, 4}}> {{ {text} }}"
    assert severities("quantisation-scales", model, s=np.array(scale, np.float32)) == expected


@pytest.mark.parametrize(("scale", "expected"), [(90.0, []), (101.0, [WARNING])])
def test_one_channels_scale(scale: float, expected: list[Severity]) -> None:
    text = "agraph (int8[4, 2] x) => (float[4, 2] y) { y = DequantizeLinear<axis = 0>(x, s) }"
    scales = np.array([0.01, 0.009, scale, 0.01], np.float32)
    assert severities("quantisation-scales", text, s=scales) == expected


@pytest.mark.parametrize(("other", "expected"), [(0.020001, []), (0.0201, [WARNING])])
def test_a_scale_that_is_read_otherwise(other: float, expected: list[Severity]) -> None:
    text = (
        f"agraph (float[N, 2] x) => (float[N, 2] y) <float s = {{0.02}}, uint8 z = {{1}}, float t = {{{other}}}> "
        "{ q = QuantizeLinear(x, s, z) y = DequantizeLinear(q, t, z) }"
    )
    assert of_model("mismatched-quantisation", parser.parse_model(HEAD + text)) == expected


# ---- units


def test_units_that_are_dead_one_by_one_are_a_note_and_all_together_a_warning() -> None:
    text = "agraph (float[N, 10] x, float[N, 10] z) => (y) { h = Gemm(x, w, b) y = Relu(h) }"
    weight = np.linspace(-1, 1, 100, dtype=np.float32).reshape(10, 10)
    for dead, expected in ((1, [NOTE]), (9, [NOTE]), (10, [WARNING])):
        bias = np.zeros(10, np.float32)
        bias[:dead] = -1e4
        assert severities("dead-units", text, w=weight, b=bias) == expected


@pytest.mark.parametrize(("bias", "expected"), [(-100.0, []), (-101.0, [NOTE])])
def test_a_bias_beyond_a_hundred(bias: float, expected: list[Severity]) -> None:
    """Of weights that reach 0.02, of which 300 times is 6."""
    text = "agraph (float[N, 10] x) => (y) { h = Gemm(x, w, b) y = Relu(h) }"
    weight = np.linspace(-0.01, 0.01, 100, dtype=np.float32).reshape(10, 10)
    values = np.zeros(10, np.float32)
    values[2] = bias
    assert severities("dead-units", text, w=weight, b=values) == expected


def test_copies_are_counted_across_blocks() -> None:
    """A row is longer than the part that is read at once."""
    weight = np.random.default_rng(1).normal(size=(300, 1000)).astype(np.float32)
    weight[299] = weight[0]
    text = "agraph (float[N, 1000] x) => (y) { y = Gemm<transB = 1>(x, w) }"
    ((severity, finding),) = said("duplicate-filters", text, w=weight)
    assert (severity, finding.actual) == (NOTE, 1)
    assert "299 of 0" in finding.message
    weight[299, -1] += 1
    assert said("duplicate-filters", text, w=weight) == []


# ---- bytes


@pytest.mark.parametrize(
    ("dtype", "values", "held"),
    [
        (TensorProto.INT8, [-128, 127], True),
        (TensorProto.INT8, [128], False),
        (TensorProto.INT8, [-129], False),
        (TensorProto.UINT8, [255], True),
        (TensorProto.UINT8, [256], False),
        (TensorProto.UINT8, [-1], False),
        (TensorProto.INT16, [-32768, 32767], True),
        (TensorProto.INT16, [32768], False),
        (TensorProto.INT16, [-32769], False),
        (TensorProto.UINT16, [65535], True),
        (TensorProto.UINT16, [65536], False),
        (TensorProto.FLOAT16, [65535, 0], True),
        (TensorProto.FLOAT16, [65536], False),
        (TensorProto.FLOAT16, [-1], False),
        (TensorProto.BOOL, [0, 1], True),
        (TensorProto.BOOL, [2], False),
        (TensorProto.INT32, [-(1 << 31)], True),
    ],
)
def test_numbers_at_the_ends_of_their_type(dtype: int, values: list[int], held: bool) -> None:
    model = parser.parse_model(HEAD + "agraph (int64[2] i) => (y) { y = Gather(w, i) }")
    model.graph.initializer.add(name="w", data_type=dtype, dims=[len(values)], int32_data=values)
    assert of_model("values-beyond-type", model) == ([] if held else [ERROR])


@pytest.mark.parametrize("before", [0, 3, 600])
@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (TensorProto.INT16, 49281),
        (TensorProto.UINT16, 1 << 20),
        (TensorProto.FLOAT16, 81_985),
        (TensorProto.INT8, -300),
    ],
)
def test_a_number_beyond_its_type_is_quoted_as_it_stands(dtype: int, value: int, before: int) -> None:
    """Behind however many that fit; Python before 3.11.5 gave the end of it where an expression was possessive."""
    model = parser.parse_model(HEAD + "agraph (int64[2] i) => (y) { y = Gather(w, i) }")
    model.graph.initializer.add(name="w", data_type=dtype, dims=[before + 1], int32_data=[*[100] * before, value])
    evidence = Evidence(loads(model.SerializeToString()), STATIC)
    rule = RULES["values-beyond-type"]
    (found,) = rule.check(*(evidence.about(kind) for kind in rule.wants))
    assert f" {value:,} " in found.message


@pytest.mark.parametrize(
    ("indices", "shape", "expected"),
    [
        ([0, 3], [4], []),
        ([0, 4], [4], [ERROR]),
        ([-1, 3], [4], [ERROR]),
        ([2, 2], [4], [ERROR]),
        ([3, 0], [4], [ERROR]),
        ([[0, 1], [1, 0]], [2, 2], []),
        ([[1, 0], [0, 1]], [2, 2], [ERROR]),
        ([[0, 1], [0, 2]], [2, 2], [ERROR]),
        ([5, 7], [2, 4], []),  # linear
        ([5, 8], [2, 4], [ERROR]),
        ([0, 3], [-4], [ERROR]),
        ([5, 7], [-2, -4], [ERROR]),  # whose product is 8
    ],
)
def test_sparse_indices(indices: object, shape: list[int], expected: list[Severity]) -> None:
    model = parser.parse_model(HEAD + "agraph (float[2] x) => (y) { y = Mul(x, x) }")
    placed = np.array(indices, np.int64)
    values = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    where = helper.make_tensor("", TensorProto.INT64, placed.shape, placed.reshape(-1).tolist())
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, where, shape))
    assert of_model("bad-sparse-indices", model) == expected


def test_a_checksum_is_of_the_whole_file(tmp_path: Path) -> None:
    right = hashlib.sha1(bytes(32)).hexdigest()
    for said_, expected in ((right, []), (right.upper(), []), (f"sha1:{right}", []), (right[:-1] + "x", [WARNING])):
        assert of_model("mismatched-checksums", _external_entries(tmp_path, ("checksum", said_))) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([("offset", "16")], []),  # the same once more
        ([("offset", "0")], [WARNING]),
        ([("location", "other.bin")], [WARNING]),
        ([("lenght", "16")], [NOTE]),
        ([("prepacked_0", "x|0|8")], []),
        ([("basepath", ".")], []),
    ],
)
def test_entries_of_external_data(tmp_path: Path, entries: list[tuple[str, str]], expected: list[Severity]) -> None:
    assert of_model("disputed-external-data", _external_entries(tmp_path, *entries)) == expected


@pytest.mark.parametrize(("offset", "expected"), [("4", []), ("6", [NOTE])])
def test_an_offset_between_two_floats(tmp_path: Path, offset: str, expected: list[Severity]) -> None:
    assert of_model("disputed-external-data", _external(tmp_path, "0", offset, size=64)) == expected


def test_weights_that_are_read_from_the_model_itself(tmp_path: Path) -> None:
    assert of_model("disputed-external-data", _external(tmp_path, location="model.onnx", size=0)) == [WARNING] * 2
