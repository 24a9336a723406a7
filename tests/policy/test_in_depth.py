"""Limits on what the look in depth measures: held against firm numbers alone."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy.policy import Bounds
from auditor.report import DeepFigure, DeepPart, Report, Stamp, Verdict
from tests.policy.test_judge import SOUND, asked, rules, under

FIRM = {
    "runs": 30, "run-ms-p50": 4.0, "run-ms-p90": 4.4, "run-spread": 1.2, "run-drift": 0.02, "sessions": 5,
    "session-ms": 12.0, "session-spread": 1.3, "pairs": 30, "run-ratio": 1.25, "run-ratio-low": 1.2,
    "run-ratio-high": 1.3,
}  # fmt: skip
HERE = Stamp(device="one", threads=2)
GREW = {"runs": 201, "peak-run-bytes": 5000, "growth-bytes-per-run": 100}


def measured(speed: dict[str, float] = FIRM, *, stamp: Stamp = HERE, **part: Any) -> Report:
    figures = tuple(DeepFigure(name, value) for name, value in speed.items())
    grew = tuple(DeepFigure(name, value) for name, value in GREW.items())
    parts = (
        DeepPart("speed", **{"status": "ok", **part}, figures=figures, stamp=stamp),
        DeepPart("growth", "ok", figures=grew, stamp=stamp),
    )
    return SOUND._replace(depth=parts)


@pytest.mark.parametrize(
    ("measure", "number", "says"),
    [
        ("run-ms-p50", 4.0, "4 ms for the median run; at most 1 may be"),
        ("run-ms-p90", 4.4, "4.4 ms for the run at P90; at most 1 may be"),
        ("session-ms", 12.0, "12 ms to make a session; at most 1 may be"),
        ("run-ratio", 1.25, "1.25 times the reference's run; at most 1 may be"),
        ("peak-run-bytes", 5000, "5,000 bytes (4.9 KiB) of memory at the peak of a run; at most 1 bytes may be"),
        ("growth-bytes-per-run", 100, "100 bytes more with every run; at most 1 may be"),
    ],
)
def test_each_measure_has_its_bounds_and_its_words(measure: str, number: float, says: str) -> None:
    for limit in (Bounds(max=number), Bounds(min=number)):
        assert under(measured(), limits={measure: limit}).verdict is Verdict.PASS
    judged = under(measured(), limits={measure: Bounds(max=1)})
    assert (judged.verdict, rules(judged)) == (Verdict.FAIL, ["over-limit"])
    assert judged.report.findings[0].message == says


@pytest.mark.parametrize(
    ("measure", "changed", "why"),
    [
        ("run-ms-p90", {"runs": 29}, "29 runs were timed, and a limit wants 30 (--runs, --timeout)"),
        ("run-ratio", {"pairs": 29}, "29 pairs were timed"),
        ("run-ratio", {"run-ratio-low": 1.0}, "the spread is too large: half of the ratios lie between 1 and 1.3"),
        ("session-ms", {"sessions": 2}, "2 sessions were made, and a limit wants 3"),
        ("session-ms", {"session-spread": 1.6}, "the spread is too large: the longest took 1.6 times the shortest"),
    ],
)
def test_a_number_that_is_not_firm_decides_nothing(measure: str, changed: dict[str, float], why: str) -> None:
    """Neither way: the limit is far above, and far below."""
    for limit in (Bounds(max=1000), Bounds(max=0.001)):
        judged = under(measured({**FIRM, **changed}), limits={measure: limit})
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert why in asked(judged)[f"limit on {measure}"]


def test_runs_that_lie_too_far_apart_decide_nothing() -> None:
    report = measured(status="open", why="the spread is too large: P90 is 2 times P10")
    for measure in ("run-ms-p50", "run-ms-p90"):
        judged = under(report, limits={measure: Bounds(max=1000)})
        assert asked(judged) == {f"limit on {measure}": "the spread is too large: P90 is 2 times P10"}
    assert under(report, limits={"run-ratio": Bounds(max=1.3)}).verdict is Verdict.PASS, "pairs drift together"


def test_pairs_whose_lower_end_is_not_known_decide_nothing() -> None:
    """Nobody can say how far apart they lie."""
    half = {name: value for name, value in FIRM.items() if name != "run-ratio-low"} | {"run-ratio-high": 1.2}
    assert under(measured(half), limits={"run-ratio": Bounds(max=2)}).verdict is Verdict.INCONCLUSIVE


def test_what_was_not_looked_at_meets_no_limit() -> None:
    (why,) = asked(under(SOUND, limits={"run-ms-p90": Bounds(max=1)})).values()
    assert why == "the look in depth was not made (--deep-part speed)"
    gone = measured(status="not looked at", why="the model did not run")
    assert asked(under(gone, limits={"session-ms": Bounds(max=1)})) == {"limit on session-ms": "the model did not run"}
    alone = measured({name: value for name, value in FIRM.items() if "ratio" not in name})
    (why,) = asked(under(alone, limits={"run-ratio": Bounds(max=1)})).values()
    assert "--speed-against" in why


def test_an_increase_is_told_between_numbers_of_one_machine() -> None:
    limit = {"run-ms-p50": Bounds(max_increase_percent=10)}
    before = measured({**FIRM, "run-ms-p50": 3.0}, stamp=HERE)
    same = under(measured(stamp=HERE), before, limits=limit)
    assert rules(same) == ["over-limit"]
    other = under(measured(stamp=Stamp(device="other", threads=2)), before, limits=limit)
    assert asked(other) == {"increase of run-ms-p50": "the accepted version was measured with another device"}
