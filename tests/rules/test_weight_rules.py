"""What the rules on weights say: how bad, how many at once, and what they leave alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper, parser

from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.report import Found, Severity
from auditor.rules import all_rules
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
DEFAULT = Settings(run=False)
RULES = {r.name: r for r in all_rules()}


def said(name: str, text: str, settings: Settings = DEFAULT, **tensors: NDArray[Any]) -> list[tuple[Severity, Found]]:
    """What one rule says of a model with these initializers, and how bad it is."""
    model = parser.parse_model(HEAD + text)
    model.graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in tensors.items())
    evidence = Evidence(loads(model.SerializeToString()), settings)
    rule = RULES[name]
    return [(f.severity or rule.severity, f) for f in rule.check(*(evidence.about(kind) for kind in rule.wants))]


DENSE = "agraph (float[N, 4] x) => (float[N, 4] y) { y = MatMul(x, w) }"


def test_many_tensors_with_nan_are_one_finding() -> None:
    names = [f"w{i}" for i in range(9)]
    body = "  ".join(f"{'y' if i == 8 else f't{i}'} = MatMul({f't{i - 1}' if i else 'x'}, w{i})" for i in range(9))
    ill: dict[str, Any] = {name: np.full((4, 4), np.nan, np.float32) for name in names}
    (severity, finding), *others = said("nan-weights", f"agraph (float[N, 4] x) => (float[N, 4] y) {{ {body} }}", **ill)
    assert not others
    assert severity is Severity.ERROR
    assert finding.message == "9 stored tensors hold NaN values, 144 in all: 'w0', 'w1', 'w2' and 6 more"
    assert finding.actual == 144


def test_one_tensor_with_nan_is_named_with_its_layer() -> None:
    weight = np.ones((4, 4), np.float32)
    weight[1, 2] = np.nan
    ((severity, finding),) = said("nan-weights", DENSE, w=weight)
    assert severity is Severity.ERROR
    assert finding.message == "'w', used by MatMul[0], is NaN in 1 of 16 elements"
    assert (finding.location.node, finding.location.tensor) == ("MatMul[0]", "w")


def test_nan_that_nobody_uses_is_left_to_another_rule() -> None:
    unused = np.full((4, 4), np.nan, np.float32)
    assert said("nan-weights", DENSE, w=np.eye(4, dtype=np.float32), spare=unused) == []


@pytest.mark.parametrize(
    "variance, epsilon, severity",
    [
        ([1.0, -2.0], "", Severity.ERROR),
        ([1.0, np.inf], "", Severity.ERROR),
        ([1.0, -1e-6], "", Severity.WARNING),
        ([1.0, 1e-13], "<epsilon = 0.0>", Severity.WARNING),
        ([0.0, 0.0], "", Severity.WARNING),
        ([1e8, 0.0], "", None),
    ],
)
def test_variances(variance: list[float], epsilon: str, severity: Severity | None) -> None:
    text = (
        "agraph (float[N, 2] x) => (float[N, 2] y) <float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}> "
        f"{{ y = BatchNormalization{epsilon}(x, s, b, b, v) }}"
    )
    found = said("bad-variance", text, v=np.array(variance, np.float32))
    assert [s for s, _ in found] == ([] if severity is None else [severity])


def test_a_model_that_is_to_become_float16() -> None:
    weight = np.eye(4, dtype=np.float32) * 70000
    assert said("float16-overflow", DENSE, w=weight) == []
    becomes = Settings(run=False, target_dtype="float16")
    ((severity, finding),) = said("float16-overflow", DENSE, becomes, w=weight)
    assert (severity, finding.actual) == (Severity.ERROR, "70000")
    mask = "agraph (float[4, 4] x) => (float[4, 4] y) { s = Add(x, m)  y = Softmax(s) }"
    ((severity, finding),) = said("float16-overflow", mask, becomes, m=np.full((4, 4), -3.4e38, np.float32))
    assert severity is Severity.WARNING
    assert said("float16-overflow", mask, m=np.full((4, 4), -3.4e38, np.float32)) == []


def test_zero_in_some_channels_of_a_weight_is_a_warning() -> None:
    text = "agraph (int8[2, 2] x) => (float[2, 2] y) <int8[2] z = {0, 0}> { y = DequantizeLinear<axis = 0>(x, s, z) }"
    assert [s for s, _ in said("quantisation-scales", text, s=np.array([0, 1], np.float32))] == [Severity.WARNING]
    assert [s for s, _ in said("quantisation-scales", text, s=np.array([0, 0], np.float32))] == [Severity.ERROR]


def test_an_integer_divided_by_zero_is_refused() -> None:
    text = "agraph (int64[N] x) => (int64[N] y) <int64 zero = {0}> { y = Div(x, zero) }"
    ((severity, finding),) = said("domain-faults", text)
    assert (severity, finding.basis) == (Severity.ERROR, "refused")


def test_many_equal_faults_are_one_finding() -> None:
    text = "agraph (float[N] x) => (float[N] y, float[N] z) { r = Relu(x)  y = Log(r)  z = Log(r) }"
    ((severity, finding),) = said("domain-faults", text)
    assert severity is Severity.WARNING
    assert finding.message == "Log[1] takes zeros from Relu[0], and so gives -inf; so do 1 other node: 'Log[2]'"


@pytest.mark.parametrize("rows, severity", [(8, Severity.NOTE), (256, Severity.WARNING)])
def test_wasted_bytes_decide_how_bad_a_duplicate_is(rows: int, severity: Severity) -> None:
    weight = np.random.default_rng(0).normal(0, 1, (rows, 64)).astype(np.float32)
    text = f"agraph (float[N, {rows}] x) => (float[N, 64] y) {{ a = MatMul(x, w)  b = MatMul(x, v)  y = Add(a, b) }}"
    ((found, finding),) = said("duplicate-initializers", text, w=weight, v=weight)
    assert found is severity
    assert finding.actual == weight.nbytes
