"""How far tensors reach, held against NumPy on the same inputs; and proofs against what was seen."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx.parser
import pytest

from auditor.evidence.deep import inside
from auditor.evidence.deep.activations import OURS, Activations, _lines
from auditor.evidence.ranging import Ranges
from auditor.model.load import loads
from auditor.pipeline import audit
from auditor.policy.judge import judge
from auditor.ranges.known import Known, known
from auditor.report import DeepPart, Report, Severity, Verdict
from auditor.runtime.deep.activations import ActivationsSeen, Reached
from auditor.settings import Settings
from tests.rules.deep_mutators import beside, clipping_calibration

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
DEEP = Settings(deep_parts=frozenset({"activations"}))


def looked(text: str, **changes: Any) -> Report:
    return audit(onnx.parser.parse_model(HEAD + text).SerializeToString(), DEEP._replace(**changes))


def part(report: Report) -> DeepPart:
    (found,) = report.depth
    return found


def figures(report: Report) -> dict[str, float]:
    return {figure.name: figure.value for figure in part(report).figures}


SCALED = (
    HEAD
    + """agraph (float[N, 4] x) => (float[N, 4] y) <float much = {1000}, float[4] off = {0, -9000, -500, 0}> {
  m = Mul(x, much)
  a = Add(m, off)
  r = Relu(a)
  y = Neg(r)
}"""
)


def _scaled(x: np.ndarray) -> np.ndarray:
    y: np.ndarray = -np.maximum(x * np.float32(1000) + np.array([0, -9000, -500, 0], np.float32), 0)
    return y


@pytest.fixture
def scaled(tmp_path: Path) -> Path:
    x = np.array([[1, 1, 0.25, 0.125], [2, 1, 0.5, 4]], np.float32)
    return beside(tmp_path, SCALED, [x, x / 2], _scaled)


def test_headroom_is_what_arithmetic_says_on_the_golden_inputs(scaled: Path) -> None:
    report = audit(scaled, DEEP)
    # The second column of a goes to 500 - 9000 at least: with x = 0.5.
    assert figures(report)["headroom-float16"] == pytest.approx(math.log2(65504 / 8500), abs=1e-3)
    (series,) = part(report).series
    assert series.labels == ("m", "a", "r", "y")
    assert series.values[0] == pytest.approx(math.log2(65504 / 4000), abs=1e-3)
    assert "a (Add[1]) reaches [-8500, 4000]: 2.9 doublings below the end of float16" in part(report).lines


def test_units_that_stand_still_on_all_of_the_inputs_are_counted(scaled: Path) -> None:
    """The second and the third column of four never pass the Relu: 0.5 * 1000 is no more than 500."""
    report = audit(scaled, DEEP)
    assert figures(report)["stuck-share"] == 0.5
    assert any("'r: 2 of 4'" in line for line in part(report).lines)
    assert not [finding for finding in report.findings if finding.rule == "stuck-activations"]


def test_clipped_elements_are_counted_as_numpy_counts_them(tmp_path: Path) -> None:
    x = np.linspace(-3, 3, 128, dtype=np.float32)
    scale = np.float32(2 / 255)
    steps = np.rint(-x / scale) + 128
    share = float(np.mean((steps > 255) | (steps < 0)))
    report = audit(clipping_calibration(tmp_path), DEEP)
    assert figures(report)["clipped-share"] == pytest.approx(share, abs=1e-6)


def test_of_the_clipped_the_three_with_the_largest_shares_are_told() -> None:
    """1 of 100, 2 of 8, 3 of 1000 and 5 of 10 elements."""
    model = loads(onnx.parser.parse_model(HEAD + "g (float[N] x) => (float[N] y) { y = Neg(x) }").SerializeToString())
    clipped = {"a": (1, 100), "b": (2, 8), "c": (3, 1000), "d": (5, 10), "whole": (0, 10)}
    reached = tuple(
        Reached(name, OURS, 1, 0.0, 0.0, elements, 0, True, 0, 0, beyond)
        for name, (beyond, elements) in clipped.items()
    )
    quantised = {name: f"{name}_8" for name in clipped}
    found = Activations(DeepPart("activations", "ok"), (), reached, {}, quantised)
    assert [line for line in _lines(model, found, ActivationsSeen(), 0) if "clipped" in line] == [
        "d: 50 % of its elements are clipped by d_8",
        "b: 25 % of its elements are clipped by b_8",
        "a: 1 % of its elements are clipped by a_8",
    ]


def test_what_is_seen_lies_within_what_is_proved() -> None:
    report = looked("agraph (float[N, 4] x) => (float[N, 4] y) { e = Exp(x) y = Tanh(e) }", ranges={"x": (-2.0, 2.0)})
    assert part(report).status == "ok"
    assert figures(report)["held-against-intervals"] == 2


def test_a_proof_that_is_wrong_is_a_fault_of_ours_and_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Ranges.interval

    def narrow(self: Ranges, tensor: str) -> Known | None:
        return known(1, 0.0, 2.0) if tensor == "e" else whole(self, tensor)

    monkeypatch.setattr(Ranges, "interval", narrow)
    report = looked("agraph (float[N, 4] x) => (float[N, 4] y) { e = Exp(x) y = Tanh(e) }", ranges={"x": (-2.0, 2.0)})
    (missed,) = [m for m in report.coverage.skipped if m.what == "activations: proved intervals"]
    assert missed.asked and missed.why.startswith("a fault of auditor: e was seen in [0.1")
    assert "e was seen" in report.coverage.traces[0]
    assert part(report).status == "open"
    assert not report.findings
    assert judge(report).verdict is Verdict.INCONCLUSIVE


def test_inputs_outside_of_the_given_ranges_prove_nothing_against_them(scaled: Path) -> None:
    report = audit(scaled, DEEP._replace(ranges={"x": (0.0, 0.01)}))
    assert part(report).status == "ok"
    assert "held-against-intervals" in figures(report)  # the invented ones, which lie within


def test_some_tensors_at_a_time_reach_the_same(scaled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = part(audit(scaled, DEEP))
    monkeypatch.setattr(inside, "CHUNK", 1)
    assert part(audit(scaled, DEEP)).lines == whole.lines


def test_the_targets_end_is_a_warning_on_real_inputs_and_a_note_on_ours(tmp_path: Path) -> None:
    text = HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) <float much = {70000}> { y = Mul(x, much) }"
    x = np.ones((1, 4), np.float32)
    path = beside(tmp_path, text, [x], lambda x: x * np.float32(70000))
    (real,) = audit(path, DEEP._replace(target_dtype="float16", select=frozenset({"beyond-target-dtype"}))).findings
    assert real.severity is Severity.WARNING and "golden vector test_data_set_0" in real.message
    assert not audit(path, DEEP._replace(target_dtype="bfloat16", select=frozenset({"beyond-target-dtype"}))).findings
    (ours,) = looked(
        text.removeprefix(HEAD).replace("70000", "7000000"),
        target_dtype="float16",
        select=frozenset({"beyond-target-dtype"}),
    ).findings
    assert ours.severity is Severity.NOTE and "invented inputs" in ours.message
