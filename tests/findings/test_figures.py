"""Figures from audit to audit: those of one machine together, and none of the measuring itself."""

from __future__ import annotations

from auditor.findings.figures import FigureOverTime, figures_over_time
from auditor.report import DeepFigure, DeepPart, Stamp

HERE, THERE = Stamp("onnxruntime 1.32.0", device="here"), Stamp("onnxruntime 1.32.0", device="there")


def depth(stamp: Stamp = HERE, **figures: float) -> tuple[DeepPart, ...]:
    named = {name.replace("_", "-"): value for name, value in figures.items()}
    return (DeepPart("speed", "ok", figures=tuple(DeepFigure(n, v, "ms") for n, v in named.items()), stamp=stamp),)


def test_each_audit_has_its_value_and_what_lacks_one_none() -> None:
    audits = [depth(run_ms_p50=3.0), (), depth(THERE, run_ms_p50=9.0), depth(runs=3), depth(run_ms_p50=4.0, runs=9)]
    assert figures_over_time(audits) == (FigureOverTime("speed.run-ms-p50", "ms", (3.0, None, None, None, 4.0)),)


def test_the_newest_that_looked_says_what_with() -> None:
    (one,) = figures_over_time([depth(THERE, a=1.0), depth(HERE, a=2.0), ()])
    assert one.values == (None, 2.0, None) and not one.moved
    (two,) = figures_over_time([depth(a=1.0), depth(a=1.0), depth(a=2.0, run_spread=1.1, run_drift=0.1)])
    assert two.moved and two.values == (1.0, 1.0, 2.0)


def test_nobody_looked() -> None:
    assert figures_over_time([]) == figures_over_time([(), ()]) == ()
