"""Every bad model of the pairs is found with an input that shows it, and no good one is accused."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

import auditor
from auditor.report import Finding, Severity
from auditor.settings import Settings

from .pairs import PAIRS, Pair, model

OURS = frozenset({"domain-faults", "activation-overflow", "casts-out-of-range", "integer-overflow"})


def found(pair: Pair, nodes: str, *, given: bool = True) -> list[Finding]:
    ranges: dict[str, tuple[float, float] | str] = {"*": (pair.low, pair.high)} if given else {}
    report = auditor.audit(model(pair, nodes), Settings(select=OURS, ranges=ranges))
    assert not report.coverage.failed
    return list(report.findings)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_bad_one_is_found_with_a_witness(pair: Pair) -> None:
    shown = [f for f in found(pair, pair.bad) if f.witness is not None and f.severity is not Severity.NOTE]
    assert any(f.location.op_type == pair.op_type for f in shown)
    session = ort.InferenceSession(model(pair, pair.bad).SerializeToString(), providers=["CPUExecutionProvider"])
    for finding in shown:
        assert finding.witness is not None
        inputs = auditor.witness_inputs(finding.witness)
        assert all(array.min() >= pair.low and array.max() <= pair.high for array in inputs.values())
        outputs = session.run(None, inputs)
        assert not all(np.isfinite(output).all() for output in outputs)


@pytest.mark.parametrize("given", [True, False], ids=["with ranges", "without"])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_good_one_is_not_accused(pair: Pair, given: bool) -> None:
    assert [f for f in found(pair, pair.good, given=given) if f.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_good_one_is_proved_but_where_a_reason_stands(pair: Pair) -> None:
    """No note either: the intervals exclude it."""
    assert found(pair, pair.good) == []


ADVICE = {
    "Sqrt(x)": "clip it to zero or more in front of it",
    "Log(x)": "clip it to a small constant in front of it",
    "Pow(x, half)": "clip it to a small constant in front of it",
    "Acos(x)": "clip it to [-1, 1] in front of it",
    "Atanh(x)": "clip it to numbers between -1 and 1 in front of it",
    "Acosh(x)": "clip it to 1 or more in front of it",
    "Reciprocal(x)": "keep it away from zero in front of it, where it may be of either sign",
    "Div(half, x)": "keep it away from zero in front of it, where it may be of either sign",
}


@pytest.mark.parametrize("operator", ADVICE)
def test_the_advice_helps_with_numbers_of_both_signs(operator: str) -> None:
    """A small constant that is added to -50 leaves it where it is."""
    pair = Pair("both signs", f"y = {operator}", "", "", dense=False)
    (finding,) = found(pair, pair.bad)
    assert finding.fix is not None and finding.fix.startswith(ADVICE[operator])


@pytest.mark.parametrize("operator", ["Log(q)", "Reciprocal(q)", "Div(half, q)"])
def test_a_small_constant_helps_where_nothing_is_negative(operator: str) -> None:
    pair = Pair("squares", f"q = Mul(x, x) y = {operator}", "", "", dense=False)
    (finding,) = found(pair, pair.bad)
    assert finding.fix == "add a small constant in front of it, or clip to one"


def test_there_are_seventeen_pairs_of_our_own() -> None:
    assert len(PAIRS) == 8 + 17
