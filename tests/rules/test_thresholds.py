"""Where a rule begins to speak, and where it speaks louder: one element before the line, and on it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, parser

from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.report import Severity
from auditor.rules import all_rules
from auditor.settings import Settings

from .test_weight_rules import HEAD, said

STATIC = Settings(run=False)
FLOAT16 = Settings(run=False, target_dtype="float16")
RULES = {r.name: r for r in all_rules()}
NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR

DENSE = "agraph (float[N, 10] x) => (float[N, 10] y) { y = MatMul(x, w) }"
CONVOLUTION = "agraph (float[N, 2, 8, 8] x) => (float[A, B, C, D] y) { y = Conv(x, w) }"


def severities(rule: str, text: str, settings: Settings = STATIC, **tensors: np.ndarray) -> list[Severity]:
    return [severity for severity, _ in said(rule, text, settings, **tensors)]


def of_model(rule: str, model: onnx.ModelProto) -> list[Severity]:
    """How bad what a rule says of a model is, each."""
    found = RULES[rule]
    evidence = Evidence(loads(model.SerializeToString()), STATIC)
    return [f.severity or found.severity for f in found.check(*(evidence.about(kind) for kind in found.wants))]


@pytest.mark.parametrize(("denormal", "expected"), [(0, []), (4, []), (5, [NOTE]), (100, [NOTE])])
def test_one_number_of_twenty_that_is_denormal_is_a_note(denormal: int, expected: list[Severity]) -> None:
    """float32's smallest normal number is 2^-126."""
    weight = np.ones(100, np.float32)
    weight[:denormal] = 2.0**-127
    assert severities("denormal-weights", DENSE, w=weight.reshape(10, 10)) == expected


def test_denormal_numbers_are_counted_over_all_tensors() -> None:
    few, many = np.ones((10, 10), np.float32), np.ones((10, 10), np.float32)
    few[0, :1], many[0, :9] = 2.0**-140, 2.0**-140
    text = "agraph (float[N, 10] x) => (float[N, 10] y) { h = MatMul(x, few) y = MatMul(h, many) }"
    ((_, finding),) = said("denormal-weights", text, few=few, many=many)
    assert (finding.actual, finding.location.tensor) == (10, "many")
    assert "10 of 200" in finding.message and "2 tensors" in finding.message


def filters(number: int, dead: int) -> np.ndarray:
    weight = np.random.default_rng(1).normal(size=(number, 2, 3, 3)).astype(np.float32)
    weight[:dead] = 0
    return weight


@pytest.mark.parametrize(
    ("number", "dead", "expected"),
    [(8, 3, []), (8, 4, [NOTE]), (16, 3, []), (16, 4, [NOTE]), (17, 4, []), (20, 5, [NOTE]), (20, 4, [])],
)
def test_four_dead_filters_and_a_quarter_of_all_are_a_note(number: int, dead: int, expected: list[Severity]) -> None:
    assert severities("zero-weights", CONVOLUTION, w=filters(number, dead)) == expected


def test_dead_filters_of_several_layers_are_summed() -> None:
    text = "agraph (float[N, 2, 8, 8] x) => (y, z) { y = Conv(x, v) z = Conv(x, w) }"
    ((_, finding),) = said("zero-weights", text, v=filters(8, 4), w=filters(16, 6))
    assert finding.actual == 10 and finding.message.startswith("10 of 24 filters")


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        ((10, 10), 0.0, [WARNING]),
        ((10, 10), 1.0, [WARNING]),
        ((10, 1), 1.0, []),  # one output: a sum
        ((1, 10), 1.0, []),  # one input: copies
        ((1, 10), 0.0, [WARNING]),
        ((1, 1), 0.0, []),  # a number
    ],
)
def test_a_weight_of_one_number(shape: tuple[int, int], value: float, expected: list[Severity]) -> None:
    text = f"agraph (float[N, {shape[0]}] x) => (float[N, {shape[1]}] y) {{ y = MatMul(x, w) }}"
    assert severities("zero-weights", text, w=np.full(shape, value, np.float32)) == expected


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (65504.0, []),
        (65519.99, []),  # rounds to 65504, by IEEE 754
        (65520.0, [ERROR]),  # half-way, to the even one: infinity
        (-65520.0, [ERROR]),
    ],
)
def test_float16_ends_where_it_rounds_to_infinity(largest: float, expected: list[Severity]) -> None:
    weight = np.eye(10, dtype=np.float32) * np.float32(largest)
    assert bool(expected) == bool(np.isinf(weight.astype(np.float16)).any())
    assert severities("float16-overflow", DENSE, FLOAT16, w=weight) == expected


@pytest.mark.parametrize(("largest", "expected"), [(70_000.0, []), (9e29, []), (2e30, [WARNING])])
def test_without_float16_a_weight_explodes_beyond_ten_to_the_thirty(largest: float, expected: list[Severity]) -> None:
    assert severities("float16-overflow", DENSE, w=np.eye(10, dtype=np.float32) * np.float32(largest)) == expected


@pytest.mark.parametrize(("casts", "expected"), [("", []), ("<to = 10>", [ERROR]), ("<to = 11>", [])])
def test_a_cast_to_float16_in_the_graph_narrows_a_weight(casts: str, expected: list[Severity]) -> None:
    moved = f"c = Cast{casts}(w)" if casts else "c = Identity(w)"
    text = f"agraph (float[N, 10] x) => (y) {{ {moved} t = Transpose<perm = [1, 0]>(c) y = MatMul(x, t) }}"
    assert severities("float16-overflow", text, w=np.eye(10, dtype=np.float32) * 70_000) == expected


TWICE = "agraph (float[N, {0}] x) => (y) {{ a = MatMul(x, w) b = MatMul(x, v) y = Add(a, b) }}"


@pytest.mark.parametrize(
    ("rows", "random", "expected"),
    [
        (127, True, [NOTE]),
        (128, True, [WARNING]),  # 128 x 128 floats are 64 KiB
        (127, False, []),  # of one number throughout, and under 64 KiB
        (128, False, [WARNING]),
    ],
)
def test_from_64_kib_on_a_duplicate_is_a_warning(rows: int, random: bool, expected: list[Severity]) -> None:
    values = np.random.default_rng(2).normal(size=(rows, 128)) if random else np.ones((rows, 128))
    weight = values.astype(np.float32)
    assert severities("duplicate-initializers", TWICE.format(rows), w=weight, v=weight.copy()) == expected


def test_of_a_large_model_a_hundredth_must_be_wasted() -> None:
    """64 KiB twice, beside 100 times as much."""
    weight, much = (
        np.random.default_rng(3).normal(size=size).astype(np.float32) for size in ((128, 128), (128, 12_800))
    )
    text = "agraph (float[N, 128] x) => (y, z) { a = MatMul(x, w) b = MatMul(x, v) y = Add(a, b) z = MatMul(x, m) }"
    assert severities("duplicate-initializers", text, w=weight, v=weight.copy(), m=much) == [NOTE]
    assert severities("duplicate-initializers", text, w=weight, v=weight.copy(), m=much[:, :12_000]) == [WARNING]


def unused(elements: int, used: int) -> onnx.ModelProto:
    """So many floats that nothing uses, and so many that are used; the bytes themselves are not there."""
    model = parser.parse_model(HEAD + "agraph (float[N] x) => (float[N] y) { y = Add(x, used) }")
    for name, number in (("spare", elements), ("used", used)):
        model.graph.initializer.append(TensorProto(name=name, dims=[number], data_type=TensorProto.FLOAT))
    return model


@pytest.mark.parametrize(
    ("elements", "used", "expected"),
    [
        (255, 1, NOTE),
        (256, 1, WARNING),  # 1 KiB
        (256, 256 * 99 - 256, WARNING),
        (511, 51_200 - 511, NOTE),  # of 204,800 bytes, less than a hundredth
        (512, 51_200 - 512, WARNING),
        ((1 << 18) - 1, 1 << 28, NOTE),
        (1 << 18, 1 << 28, WARNING),  # 1 MiB, of whatever
    ],
)
def test_unused_initializers_are_a_warning_from_1_kib_and_a_hundredth_on_or_1_mib(
    elements: int, used: int, expected: Severity
) -> None:
    assert of_model("unused-initializers", unused(elements, used)) == [expected]


@pytest.mark.parametrize(
    ("shape", "body", "expected"),
    [
        ("1024", "y = Neg(d)", [NOTE]),
        ("1023", "y = Neg(d)", []),
        ("32, 32", "y = Neg(d)", [NOTE]),
        ("N", "y = Neg(d)", [NOTE]),
        ("2, 2", "y = MatMul(d, d)", [WARNING]),
        ("2, 2", "y = Neg(d)", []),
    ],
)
def test_float64_is_worth_a_word_from_1024_elements_or_a_heavy_layer_on(
    shape: str, body: str, expected: list[Severity]
) -> None:
    text = f"agraph (float[{shape}] x) => (y) {{ d = Cast<to = 11>(x) {body} }}"
    assert of_model("double-precision", parser.parse_model(HEAD + text)) == expected


@pytest.mark.parametrize(("length", "expected"), [(1019, NOTE), (1020, WARNING)])
def test_unknown_fields_of_1_kib_are_a_warning(length: int, expected: Severity) -> None:
    """Tag 1000 takes two bytes, and so does the length: with them the field is four bytes longer."""
    model = parser.parse_model(HEAD + "agraph (float[N] x) => (float[N] y) { y = Neg(x) }")
    varint = bytes([(length & 127) | 128, length >> 7])
    content = model.SerializeToString() + b"\xc2\x3e" + varint + b"x" * length
    found = RULES["unknown-fields"]
    (finding,) = found.check(loads(content))
    assert (finding.severity or found.severity, finding.actual) == (expected, length + 4)


@pytest.mark.parametrize(
    ("variance", "epsilon", "expected"),
    [
        ([1.0, np.nan], "", [ERROR]),
        ([1.0, -1e-5], "<epsilon = 0.00001>", [ERROR]),  # zero, with epsilon
        ([1.0, 0.0], "<epsilon = 0.0>", [ERROR]),
        ([1.0, 0.0], "", []),
        ([1.0, 2e-12], "<epsilon = 0.0>", []),
        ([1.0, 5e-13], "<epsilon = 0.0>", [WARNING]),
        ([0.0, 1.0], "<epsilon = 0.001>", []),
        ([np.nan, np.nan], "<training_mode = 1>", []),  # computed anew
    ],
)
def test_a_variance(variance: list[float], epsilon: str, expected: list[Severity]) -> None:
    text = (
        "agraph (float[N, 2] x) => (float[N, 2] y) <float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}> "
        f"{{ y = BatchNormalization{epsilon}(x, s, b, b, v) }}"
    )
    values = np.array(variance, np.float32)
    if epsilon == "<epsilon = 0.00001>":
        values[1] = -np.float32(1e-5)
    assert severities("bad-variance", text, v=values) == expected
