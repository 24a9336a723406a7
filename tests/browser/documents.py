"""Pages to be opened: of a model, as `auditor check -o html:FILE` writes it, and of many findings."""

from __future__ import annotations

from pathlib import Path

from auditor.formats.html import draw, render
from auditor.picturing import picture_of
from auditor.pipeline import audited
from auditor.policy.judge import judge
from auditor.report import Basis, Finding, Fit, Location, ModelIdentity, Report, Severity, Step, Verdict
from auditor.settings import Settings
from tests.corpus import SAMPLES, light_models

SAMPLE_MODELS = sorted(SAMPLES.rglob("*.onnx"))
DENSENET = next(path for path in light_models() if "densenet121" in path.name)


def written(source: Path | bytes, into: Path, settings: Settings | None = None) -> tuple[Path, Report]:
    """The page of a model, and the report on it."""
    report, evidence = audited(source, settings or Settings(run=False))
    judgement = judge(report)
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("w", encoding="utf-8") as out:
        if evidence is None:
            render(judgement.report, judgement.verdict, out)
        else:
            picture = picture_of(evidence.model, evidence.facts, evidence.costs, judgement.report)
            draw(judgement.report, judgement.verdict, picture, out)
    return into, judgement.report


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
