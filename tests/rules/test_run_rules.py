"""What the rules on runs say of outcomes that a test can hardly bring about: severities and words."""

from __future__ import annotations

from typing import TypeVar

import pytest
from onnx import parser

from auditor.evidence.evidence import Evidence
from auditor.evidence.trial import Trial
from auditor.model.load import loads
from auditor.report import Finding, Found, Severity
from auditor.rules import all_rules
from auditor.runtime.falling import NO_KERNEL
from auditor.runtime.outcome import (
    Crashed,
    Failed,
    Fallback,
    NotRun,
    Observed,
    Outcome,
    OutOfMemory,
    Placed,
    Run,
    TimedOut,
    Try,
)
from auditor.runtime.request import Feed
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
MODEL = HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) { [first] r = Relu(x)  y = Neg(r) }"
DEFAULT = Settings()

Said = TypeVar("Said", Finding, Found)

RULES = {r.name: r for r in all_rules() if "Trial" in r.wants}


def said(result: Outcome, *, invented: bool = True, settings: Settings = DEFAULT) -> list[Finding]:
    """All that the rules on runs say, each finding with its rule's name and severity."""
    evidence = Evidence(loads(parser.parse_model(MODEL).SerializeToString()), settings)
    evidence.__dict__["trial"] = Trial(result, invented)
    found = []
    for rule in RULES.values():
        for finding in rule.check(*(evidence.about(kind) for kind in rule.wants)):
            found.append(
                Finding(rule.name, finding.severity or rule.severity, rule.basis, finding.message, finding.location)
            )
    return found


def only(findings: list[Said]) -> Said:
    assert len(findings) == 1
    return findings[0]


def ran(*outputs: Observed, feeds: tuple[Feed, ...] = (Feed("x", 1, (2, 4)),)) -> Run:
    return Run("CPUExecutionProvider", "1.32.0", {}, feeds, outputs)


def test_what_was_not_run_is_no_fault() -> None:
    assert said(NotRun("onnxruntime is not installed")) == []
    assert said(ran(Observed("y", 1, (2, 4), nonfinite=0))) == []


def test_a_refusal_names_the_node() -> None:
    message = "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Relu(14) node"
    refused = Failed("load", "NOT_IMPLEMENTED", message, "first", "Relu")
    found = only(said(refused))
    assert (found.rule, found.severity, found.location.node) == ("runtime-refusal", Severity.WARNING, "first")
    assert only(said(refused, settings=Settings(provider_asked=True))).severity is Severity.ERROR
    assert found.message.startswith("onnxruntime has no kernel for Relu")
    assert "ONNXRuntimeError" not in found.message
    unnamed = only(said(Failed("load", "FAIL", "no", None, "Neg")))
    assert unnamed.location.node == "Neg[1]"


@pytest.mark.parametrize("invented, severity", [(True, Severity.NOTE), (False, Severity.ERROR)])
def test_a_run_that_fails_counts_on_real_inputs_only(invented: bool, severity: Severity) -> None:
    failed = Failed("run", "FAIL", "it does not work", tries=(Try((Feed("x", 1, (2, 4)),), "FAIL", ""),))
    found = only(said(failed, invented=invented))
    assert (found.rule, found.severity) == ("runtime-refusal", severity)
    assert ("x: [2, 4]" in found.message) == invented


def test_a_crash_is_an_error_on_any_input() -> None:
    found = only(said(Crashed("SIGSEGV", "run", "", {}, (Feed("x", 1, (2, 4)),))))
    assert (found.rule, found.severity) == ("runtime-crash", Severity.ERROR)
    assert "SIGSEGV" in found.message and "x: [2, 4]" in found.message


def test_time_and_memory_count_where_somebody_knows_what_is_needed() -> None:
    bound = Settings(dims={"N": 2})
    assert only(said(TimedOut(30.0, "run"))).severity is Severity.WARNING
    assert only(said(TimedOut(30.0, "run"), settings=bound)).severity is Severity.ERROR
    assert only(said(TimedOut(5.0, "run"), settings=Settings(timeout=5.0))).severity is Severity.ERROR
    assert only(said(OutOfMemory(1 << 30, "run"))).severity is Severity.WARNING
    assert only(said(OutOfMemory(1 << 30, "run"), settings=bound)).severity is Severity.ERROR
    assert "1.0 GiB" in only(said(OutOfMemory(1 << 30, "run"))).message
    assert only(said(OutOfMemory(None, "run"), settings=bound)).severity is Severity.WARNING


def test_outputs_without_a_finite_number_are_an_error() -> None:
    some = only(said(ran(Observed("y", 1, (2, 4), nonfinite=3)), invented=False))
    assert (some.rule, some.severity, some.location.tensor) == ("nonfinite-outputs", Severity.WARNING, "y")
    assert only(said(ran(Observed("y", 1, (2, 4), nonfinite=3)))).severity is Severity.NOTE
    assert only(said(ran(Observed("y", 1, (2, 4), nonfinite=8)))).severity is Severity.WARNING
    assert only(said(ran(Observed("y", 1, (2, 4), nonfinite=8)), invented=False)).severity is Severity.ERROR
    assert said(ran(Observed("y", 1, (0, 4), nonfinite=0), feeds=(Feed("x", 1, (0, 4)),))) == []


def test_a_run_that_contradicts_what_follows_or_what_is_declared() -> None:
    other = only(said(ran(Observed("y", 1, (2, 5), nonfinite=0))))
    assert (other.rule, other.severity) == ("output-contradicts-run", Severity.WARNING)
    assert "float32[2, 5]" in other.message and "float32[2, 4]" in other.message
    assert "float64[2, 4]" in only(said(ran(Observed("y", 11, (2, 4))))).message
    file = (Feed("x", file="inputs.npz", key="x"),)  # of sizes that nobody here knows
    assert said(ran(Observed("y", 1, (9, 4), nonfinite=0), feeds=file)) == []
    assert said(ran(Observed("y", 0, (), type="seq(tensor(float))"))) == []


def test_sizes_that_hang_on_invented_values_prove_little() -> None:
    """An Expand to a shape that is itself an input (ONNX's test_expand_shape_model1)."""
    text = HEAD + "g (float[1, 3, 1] x, int64[2] shape) => (float[1, 3, 1] y) { y = Expand(x, shape) }"
    model = loads(parser.parse_model(text).SerializeToString())
    rule = RULES["output-contradicts-run"]
    feeds = (Feed("x", 1, (1, 3, 1)), Feed("shape", 7, (2,)))
    for invented, severity in ((True, Severity.NOTE), (False, None)):
        evidence = Evidence(model, DEFAULT)
        evidence.__dict__["trial"] = Trial(ran(Observed("y", 1, (1, 3, 0), nonfinite=0), feeds=feeds), invented)
        assert only(list(rule.check(*(evidence.about(kind) for kind in rule.wants)))).severity is severity


def test_shape_arithmetic_on_the_cpu_is_a_trifle() -> None:
    cuda, cpu = "CUDAExecutionProvider", "CPUExecutionProvider"
    placement = {cuda: 5, cpu: 1}
    shapes = [
        "Shape", "Size", "Gather", "Unsqueeze", "Squeeze", "Concat", "Slice", "Cast", "Range", "ConstantOfShape",
        "Constant",
    ]  # fmt: skip
    for op, severity in (*((op, Severity.NOTE) for op in shapes), ("TopK", Severity.WARNING)):
        fallen = (Fallback(op, cpu, "", 1),)
        run = Run(cuda, "1.32.0", {}, placement=placement, placed=(Placed("n", op, cpu),), fallbacks=fallen)
        found = only(said(run))
        assert (found.rule, found.severity, found.location.node) == ("provider-fallback", severity, "n")
        assert f"1 of 6 nodes did not run on CUDA but on CPU: 1 {op}" == found.message


def test_a_node_elsewhere_is_judged_by_what_was_asked_for() -> None:
    cuda, cpu, tensorrt = "CUDAExecutionProvider", "CPUExecutionProvider", "TensorrtExecutionProvider"

    def severity(asked: str, elsewhere: str, op: str = "TopK", strict: bool = True) -> Severity:
        run = Run(
            tensorrt, "1.32.0", {}, placement={tensorrt: 5, elsewhere: 1}, placed=(Placed("n", op, elsewhere),),
            fallbacks=(Fallback(op, elsewhere, NO_KERNEL, 1),),
        )  # fmt: skip
        found = only(said(run, settings=Settings(provider=asked, no_cpu_fallback=strict)))
        assert found.message.endswith(f": 1 {op} ({NO_KERNEL})")
        return found.severity

    assert severity("tensorrt", cpu) is Severity.ERROR
    assert severity("tensorrt", cpu, "Shape") is Severity.ERROR
    assert severity("trt,CUDAExecutionProvider", cuda) is Severity.NOTE
    assert severity("tensorrt,cuda", cpu) is Severity.ERROR
    assert severity("tensorrt,cpu", cpu) is Severity.ERROR  # the CPU is what must not be
    assert severity("tensorrt,cuda", cpu, strict=False) is Severity.WARNING
    assert severity("tensorrt", cuda, strict=False) is Severity.WARNING
