"""How long a part of the look in depth may take."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.evidence.deep.asking import _limits
from auditor.evidence.evidence import Evidence
from auditor.evidence.trial import Trial
from auditor.model.load import loads
from auditor.runtime.outcome import NotRun, Outcome, Run
from auditor.settings import Settings

MODEL = '<ir_version: 8, opset_import: ["" : 17]> g (float[N, 4] x) => (float[N, 4] y) { y = Relu (x) }'
HALF_A_MINUTE = 30.0  # of what nobody has predicted


def seconds(result: Outcome, runs: float, timeout: float | None = None) -> float:
    evidence = Evidence(loads(onnx.parser.parse_model(MODEL).SerializeToString()), Settings(timeout=timeout))
    evidence.__dict__["trial"] = Trial(result, True)
    return _limits(evidence, runs).seconds


def ran(load: float, *each: float) -> Run:
    return Run("CPUExecutionProvider", "1.32", {}, load_seconds=load, run_seconds=each)


@pytest.mark.parametrize(
    ("result", "runs", "expected"),
    [
        (ran(0.0), 10, HALF_A_MINUTE),
        (ran(0.5, 0.25, 0.75), 10, HALF_A_MINUTE + 4 * (10 * 1.0 + 20 * 0.5)),  # four times as slow as the run was
        (ran(0.0, 3.0), 70, HALF_A_MINUTE + 840),
        (ran(0.0, 3.0), 73, 900),  # a quarter of an hour at most
        (ran(90.0, 1e6), 1000, 900),
        (NotRun("nobody wanted it"), 10, HALF_A_MINUTE),
    ],
)
def test_a_part_may_take_as_long_as_its_runs_took_before_up_to_a_quarter_of_an_hour(
    result: Outcome, runs: float, expected: float
) -> None:
    assert seconds(result, runs) == expected


def test_what_a_person_allows_is_what_it_may_take() -> None:
    assert seconds(ran(90.0, 1e6), 1000, timeout=7.0) == 7.0
