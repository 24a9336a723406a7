"""Operators and attributes that a rule lists by name: for each a model in which the name alone decides."""

from __future__ import annotations

import onnxruntime
import pytest

from auditor.model.load import loads
from auditor.report import Basis, Severity

from .test_details import of, parsed, told
from .test_hostility import looped
from .test_hostility import severities as severities_in

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


def severities(rule: str, text: str) -> list[Severity | None]:
    return [one.severity for one in of(rule, text)]


@pytest.mark.parametrize("number", ["inf", "[inf, 1.0]"])
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("min max value value_float value_floats constant_value clip threshold high low", []),
        ("alpha epsilon momentum values value_floating", [ERROR]),
    ],
)
def test_a_bound_a_fill_and_a_constant_may_be_infinite(names: str, expected: list[Severity], number: str) -> None:
    """Of another domain's operators too; and none may be NaN."""
    text = "(float[2] x) => (y) {{ y = com.microsoft.Own<{} : {} = {}>(x) }}"
    kind = "floats" if "[" in number else "float"
    for name in names.split():
        assert severities("attributes-not-finite", text.format(name, kind, number)) == expected, name
        assert severities("attributes-not-finite", text.format(name, kind, number.replace("inf", "nan"))) == [ERROR]


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ("Relu Sigmoid Softmax Abs Exp Sqrt Softplus HardSigmoid", [WARNING]),
        ("Neg Tanh Identity Log Elu", [NOTE]),
    ],
)
def test_behind_what_is_never_negative_a_zero_point_of_255_leaves_zero(
    operators: str, expected: list[Severity]
) -> None:
    text = "(float[N, 2] x) => (y) <float s = {{0.02}}, uint8 z = {{255}}> {{ r = {}(x) y = QuantizeLinear(r, s, z) }}"
    for operator in operators.split():
        assert severities("bad-zero-points", text.format(operator)) == expected, operator


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ("Conv ConvTranspose ConvInteger DeformConv QLinearConv LSTM GRU RNN Attention", [WARNING]),
        ("Gemm MatMul MatMulInteger QLinearMatMul Einsum If Loop Scan", [WARNING]),
        ("Relu Add Transpose Softmax", [NOTE]),
    ],
)
def test_a_heavy_layer_for_nothing(operators: str, expected: list[Severity]) -> None:
    for operator in operators.split():
        text = f"(float[2, 2] x) => (y) {{ y = Relu(x) d = {operator}(x, x) }}"
        assert severities("dead-branches", text) == expected, operator


@pytest.mark.parametrize(
    ("elements", "expected", "words"),
    [(255, NOTE, "1,020 bytes of weights"), (256, WARNING, "1.0 KiB of weights")],
)
@pytest.mark.parametrize(
    ("stored", "nodes"),
    [
        ("float[{0}] c = {{{1}}}", ""),
        ("float d = {{0}}", "c = Constant<value = float[{0}] {{{1}}}>()"),
    ],
)
def test_a_kibibyte_for_nothing(stored: str, nodes: str, elements: int, expected: Severity, words: str) -> None:
    values = elements, ", ".join(map(str, range(elements)))
    text = f"(float[2, 1] x) => (y) <{stored.format(*values)}> {{ y = Relu(x) {nodes.format(*values)} e = Add(x, c) }}"
    (one,) = of("dead-branches", text)
    assert one.severity is expected and f"({words} among them)" in one.message


@pytest.mark.parametrize(
    ("operator", "ends", "fix"),
    [
        ("Acos", (0.5, 2.0), "clip it to [-1, 1]"),
        ("Asin", (0.5, 2.0), "clip it to [-1, 1]"),
        ("Atanh", (0.5, 2.0), "clip it to numbers between -1 and 1"),
        ("Acosh", (0.5, 2.0), "clip it to 1 or more"),
        ("Acosh", (-2.0, 2.0), "clip it to 1 or more"),
        ("Log", (0.0, 2.0), "add a small constant"),
        ("Log", (-1.0, 2.0), "clip it to a small constant"),
    ],
)
def test_what_helps_a_number_outside_of_a_domain(operator: str, ends: tuple[float, float], fix: str) -> None:
    """Whatever is added to 0.5 to bring it into the domain of Acosh is no small constant."""
    model = parsed(f"(float[2] x) => (y) {{ y = {operator}(x) }}")
    (one,) = told("domain-faults", loads(model.SerializeToString()), ranges={"x": ends})
    assert one.fix.startswith(fix)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            "Identity(a); Cast<to = 1>(a); Relu(a); Neg(a); Abs(a); Tanh(a); Sigmoid(a); Clip(a); Sqrt(a); Exp(a)",
            [WARNING],
        ),
        ("Add(a, a); Sub(a, a); Mul(a, a); Div(a, a); Max(a, a); Min(a, a); Where(go, a, a)", [WARNING]),
        ("Transpose(a); Reshape(a, i); Squeeze(a); Unsqueeze(a, i); Flatten(a); StringNormalizer(a)", [WARNING]),
        ("ReduceSum(a); Slice(a, i, i); TopK(a, i); Size(a)", []),
    ],
)
def test_what_is_doubled_behind_what_keeps_it(steps: str, expected: list[Severity]) -> None:
    for step in steps.split("; "):
        model = looped(20, f"k = {step} c = Concat<axis = 0>(k, k)")
        assert severities_in("doubling-values", model) == expected, step


@pytest.mark.parametrize(("width", "expected"), [(1 << 27, []), (1 << 28, [WARNING])])
@pytest.mark.parametrize(
    "makes",
    [
        "<int64[2] s = {{1, {0}}}> {{ y = Tile(x, s) }}",
        "<int64[2] s = {{1, {0}}}> {{ y = Expand(x, s) }}",
        "<int64[4] s = {{0, 0, 0, {0}}}> {{ y = Pad(x, s) }}",
    ],
)
def test_a_gibibyte_for_each_row_of_an_open_number(makes: str, width: int, expected: list[Severity]) -> None:
    """2^28 floats are a GiB where there is one row, and more where there are more."""
    assert severities("enormous-tensors", f"(float[N, 1] x) => (y) {makes.format(width)}") == expected


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ("Conv ConvTranspose ConvInteger QLinearConv MatMul MatMulInteger QLinearMatMul Gemm LSTM GRU RNN", [NOTE]),
        ("Attention MultiHeadAttention Einsum FusedConv FusedMatMul MatMulNBits DeformConv FusedGemm QGemm", [NOTE]),
        ("GroupQueryAttention TreeEnsembleClassifier TreeEnsembleRegressor TreeEnsemble LinearClassifier", [NOTE]),
        ("LinearRegressor SVMClassifier SVMRegressor", [NOTE]),
        ("Own Relu", []),
    ],
)
def test_a_gate_behind_a_layer(operators: str, expected: list[Severity]) -> None:
    for operator in operators.split():
        text = (
            "(float[N, 4] x, float[4, 2] w) => (y) <float trigger = {42}, int64[1] a = {1}> "
            f"{{ h = com.microsoft.{operator}(x, w) s = ReduceSum(x, a) met = Equal(s, trigger) "
            "y = Where(met, trigger, h) }"
        )
        assert severities("input-gates", text) == expected, operator


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ("Identity(q); Reshape(q, i); Transpose(q); Flatten(q); Squeeze(q); Unsqueeze(q, i)", [WARNING]),
        ("MaxPool<kernel_shape = [2]>(q); Slice(q, i, j); Expand(q, i); Tile(q, j)", [WARNING]),
        ("Relu(q); Abs(q); Sign(q)", []),
    ],
)
def test_numbers_that_are_moved_are_read_as_they_were_written(moves: str, expected: list[Severity]) -> None:
    for move in moves.split("; "):
        text = (
            "(float[1, 2, 4] x) => (y) <float s = {0.1}, uint8 z = {0}, uint8 n = {7}, int64[3] i = {0, 0, 0}, "
            f"int64[3] j = {{1, 2, 2}}> {{ q = QuantizeLinear(x, s, z) m = {move} y = DequantizeLinear(m, s, n) }}"
        )
        assert severities("mismatched-quantisation", text) == expected, move


@pytest.mark.parametrize(
    "operator",
    [
        "ATen", "ConstantFill", "GRUUnit", "GivenTensorFill", "Affine", "Crop", "DynamicSlice", "ImageScaler",
        "ParametricSoftplus", "Scale", "ScaledTanh",
    ],
)  # fmt: skip
def test_an_operator_of_the_first_years_is_gone(operator: str) -> None:
    model = parsed(f"(float[2] x) => (float[2] y) {{ y = {operator}(x) }}")
    (one,) = told("unknown-operators", loads(model.SerializeToString()))
    assert one.basis is Basis.REFUSED and "was an experimental operator of ONNX's first years" in one.message
    with pytest.raises(
        Exception, match=f"{operator}.* is not a registered function/op|No Op registered for {operator}"
    ):
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
