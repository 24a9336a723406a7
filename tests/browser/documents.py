"""Pages to be opened: of a model, as `auditor check -o html:FILE` writes it, and of many findings."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from auditor.formats.html import draw, render
from auditor.picturing import picture_of
from auditor.pipeline import audited
from auditor.policy.judge import judge
from auditor.report import Basis, Finding, Fit, Location, ModelIdentity, Report, Severity, Step, Verdict
from auditor.settings import Settings
from tests.corpus import SAMPLES, light_models
from tests.formats.reports import ALEXNET, DEPTH

STATIC = Settings(run=False)
SAMPLE_MODELS = sorted(SAMPLES.rglob("*.onnx"))
DENSENET = next(path for path in light_models() if "densenet121" in path.name)


def draw_model(source: Path | bytes, out: TextIO, settings: Settings) -> Report:
    """Write the page of a model; the report on it."""
    report, evidence = audited(source, settings)
    judgement = judge(report)
    if evidence is None:
        render(judgement.report, judgement.verdict, out)
    else:
        picture = picture_of(evidence.model, evidence.facts, evidence.costs, judgement.report)
        draw(judgement.report, judgement.verdict, picture, out)
    return judgement.report


def written(source: Path | bytes, into: Path, settings: Settings = STATIC) -> tuple[Path, Report]:
    """The page of a model in a file, and the report on it."""
    with into.open("w", encoding="utf-8") as out:
        return into, draw_model(source, out, settings)


def many_findings(count: int, into: Path) -> Path:
    """A page of so many findings, each with a chain of arithmetic and sizes that fit."""
    severities = tuple(Severity)
    step = Step("conv", "Conv", ("[1, 3, 224, 224]",), (1, 8, 54, 54), "floor((224 - 11) / 4) + 1 = 54")
    findings = tuple(
        Finding(
            f"rule-{i % 17}",
            severities[i % 3],
            Basis.SUSPICIOUS,
            f"node{i} takes {i} features",
            Location("", f"node{i}", "Gemm"),
            f"make {i} of it",
            fingerprint=f"{i:016x}",
            derivation=(step,) * 4,
            fits=(Fit(("data[2]", "data[3]"), ((227, 258),)),),
        )
        for i in range(count)
    )
    with into.open("w", encoding="utf-8") as out:
        render(Report(ModelIdentity("many.onnx"), findings), Verdict.FAIL, out)
    return into


def in_depth(into: Path) -> Path:
    """A page with a look in depth: bars, a line, what is open, and what was not looked at."""
    with into.open("w", encoding="utf-8") as out:
        render(ALEXNET._replace(depth=DEPTH), Verdict.FAIL, out)
    return into
