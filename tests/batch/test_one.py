"""One model in a worker: what is said of it, and what is said where a worker says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx.parser
import pytest

from auditor.batch.one import Audited, audit_one, audited
from auditor.batch.tasks import Died, OutOfSight, Overdue, Raised, Result, Returned, TooLarge
from auditor.batch.verdicts import judged, passes_without_findings
from auditor.errors import ExitCode
from auditor.formats.json import document
from auditor.policy.judge import USUAL
from auditor.policy.policy import Bounds, HowBad, Policy, Waiver
from auditor.report import Basis, Coverage, Finding, Missed, ModelIdentity, Report, Severity, Verdict
from auditor.settings import Settings

from .conftest import reference

STATIC = Settings(run=False)
MODEL = """
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "m.onnx"
    file.write_bytes(onnx.parser.parse_model(MODEL).SerializeToString())
    return file


def missed(found: Audited) -> dict[str, str]:
    return {one["what"]: one["why"] for one in found.document["coverage"]["skipped"]}


def test_a_sound_model_is_whole(path: Path) -> None:
    found = audit_one(reference(path), STATIC)
    assert found.whole and found.code is None
    assert found.document["findings"] == [] and found.document["model"]["path"] == str(path)


def test_what_the_registry_cannot_say_is_said(path: Path) -> None:
    found = audit_one(reference(path, troubles=("a contract of no use",)), STATIC)
    assert missed(found)["registry"] == "a contract of no use" and found.whole


@pytest.mark.parametrize(
    ("settings", "what", "why"),
    [
        (STATIC._replace(dims={"N": 2}), "", ""),
        (STATIC._replace(dims={"N": 2, "M": 3}), "--dim M", "no input has such a size"),
        (STATIC._replace(shapes={"x": (2, 4)}), "", ""),
        (STATIC._replace(shapes={"z": (2, 4)}), "--input-shape z", "the model has no such input"),
        (STATIC._replace(shapes={"x": (2, 4, 1)}), "--input-shape x", "the input has 2 axes, not 3"),
    ],
)
def test_sizes_that_a_model_has_no_place_for_are_left_out_and_said(
    path: Path, settings: Settings, what: str, why: str
) -> None:
    found = audit_one(reference(path), settings)
    said = {key: value for key, value in missed(found).items() if key.startswith("--")}
    assert said == ({what: why} if what else {})
    bound = [2, 4] if what in ("", "--dim M") else ["N", 4]
    assert found.document["inputs"][0]["shape"] == bound


def test_a_file_that_is_not_there_is_no_model(tmp_path: Path) -> None:
    found = audit_one(reference(tmp_path / "none.onnx"), STATIC._replace(dims={"N": 1}))
    assert found.code is ExitCode.NOTHING and not found.whole
    (why,) = found.document["coverage"]["failed"]
    assert why["what"] == "model" and why["asked"]


def test_data_that_the_source_did_not_name_makes_a_report_that_is_not_whole(tmp_path: Path) -> None:
    model = onnx.parser.parse_model(MODEL.replace("Relu(x)", "Add(x, w)"))
    tensor = onnx.TensorProto(name="w", dims=[4], data_type=1, data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w.bin")
    model.graph.initializer.append(tensor)
    path, data = tmp_path / "m.onnx", tmp_path / "w.bin"
    path.write_bytes(model.SerializeToString())
    assert audit_one(reference(path), STATIC).whole  # it is not there, and nobody need look whether it changes
    data.write_bytes(b"\0\0\x80\x3f" * 4)
    assert not audit_one(reference(path), STATIC).whole
    assert audit_one(reference(path, files=(str(path), str(data))), STATIC).whole


@pytest.mark.parametrize(
    ("result", "why", "code", "trace"),
    [
        (Raised("KeyError: 1", "Traceback"), "a fault of auditor: KeyError: 1", ExitCode.FAULT, "Traceback"),
        (Died("SIGKILL", 3), "its worker was killed 3 times (SIGKILL)", ExitCode.INCONCLUSIVE, ""),
        (Died("SIGSEGV", 3), "its worker ended 3 times before it was done (SIGSEGV)", ExitCode.INCONCLUSIVE, ""),
        (Overdue(2.5), "its audit did not end in 2.5 seconds", ExitCode.INCONCLUSIVE, ""),
        (
            OutOfSight("/m", "host h does not see /m"),
            "host h does not see /m: workers have to see it as it is here, in a folder that they share",
            ExitCode.INCONCLUSIVE,
            "",
        ),
        (TooLarge(4096), "its audit took more than 4096 bytes of memory", ExitCode.INCONCLUSIVE, ""),
    ],
)
def test_where_a_worker_says_nothing_the_report_says_why(
    tmp_path: Path, result: Result, why: str, code: ExitCode, trace: str
) -> None:
    found, told = audited(reference(tmp_path / "m.onnx"), result)
    assert (found.code, found.whole, told) == (code, False, trace)
    (failed,) = found.document["coverage"]["failed"]
    assert failed["what"] == "model" and failed["why"].startswith(why) and failed["asked"]
    assert found.document["model"]["path"] == str(tmp_path / "m.onnx")


def test_what_a_worker_says_is_taken(path: Path) -> None:
    said = Audited({"a": 1}, True)
    assert audited(reference(path), Returned(said)) == (said, "")
    with pytest.raises(TypeError):
        audited(reference(path), Returned("nonsense"))


# Under a policy

NAN = Finding("nan-weights", Severity.ERROR, Basis.SUSPICIOUS, "NaN", fingerprint="f1")
DEAD = Finding("dead-branches", Severity.WARNING, Basis.SUSPICIOUS, "dead", fingerprint="f2")

CODES = {
    Verdict.PASS: ExitCode.PASS,
    Verdict.FAIL: ExitCode.FINDINGS,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}
LOOKED_AT = Coverage()


def told(*findings: Finding, coverage: Coverage = LOOKED_AT) -> dict[str, Any]:
    report = Report(ModelIdentity("m.onnx", 1, "d"), tuple(findings), coverage)
    return document(report, Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("findings", "coverage", "policy", "verdict"),
    [
        ((), Coverage(), USUAL, Verdict.PASS),
        ((NAN,), Coverage(), USUAL, Verdict.FAIL),
        ((DEAD,), Coverage(), USUAL, Verdict.PASS),
        ((DEAD,), Coverage(), Policy(fail_on=Severity.WARNING), Verdict.FAIL),
        ((NAN,), Coverage(), Policy(fail_on=None), Verdict.PASS),
        ((NAN,), Coverage(), Policy(known={"f1": HowBad()}), Verdict.PASS),
        ((NAN,), Coverage(), Policy(ignore=frozenset({"nan-weights"})), Verdict.PASS),
        ((), Coverage(failed=(Missed("model", "x"),)), USUAL, Verdict.INCONCLUSIVE),
        ((), Coverage(skipped=(Missed("run", "x"),)), USUAL, Verdict.PASS),
        ((), Coverage(skipped=(Missed("run", "x", True),)), USUAL, Verdict.INCONCLUSIVE),
        ((NAN,), Coverage(skipped=(Missed("run", "x", True),)), USUAL, Verdict.FAIL),
    ],
)
def test_a_document_under_a_policy(
    findings: tuple[Finding, ...], coverage: Coverage, policy: Policy, verdict: Verdict
) -> None:
    found = judged(Audited(told(*findings, coverage=coverage), True), policy)
    assert (found.verdict, found.document["verdict"]) == (verdict, verdict.value)
    assert found.code is CODES[verdict]


def test_a_model_that_could_not_be_looked_at_has_the_code_of_that() -> None:
    found = judged(Audited(told(NAN), False, ExitCode.FAULT), USUAL)
    assert (found.verdict, found.code) == (Verdict.INCONCLUSIVE, ExitCode.FAULT)


def test_what_a_newer_auditor_wrote_stays_in_the_document() -> None:
    later = {**told(NAN), "from_later": 1}
    assert judged(Audited(later, True), Policy(known={"f1": HowBad()})).document["from_later"] == 1


def test_which_policies_ask_nothing_of_a_model_without_findings() -> None:
    assert passes_without_findings(USUAL)
    assert passes_without_findings(Policy(fail_on=Severity.NOTE, ignore=frozenset({"nan-weights"})))
    waiver = Waiver("nan-weights", "known", "ann")
    for policy in (
        Policy(limits={"nodes": Bounds(max=1)}),
        Policy(allowed={"domains": frozenset()}),
        Policy(required=frozenset({"run"})),
        Policy(waivers=(waiver,)),
    ):
        assert not passes_without_findings(policy)


def test_where_severities_decide_a_report_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are a hundred thousand of them, and parsing one takes longer than reading it."""
    monkeypatch.setattr("auditor.batch.verdicts.parse", lambda raw: pytest.fail("it was parsed"))
    for policy, verdict in (
        (USUAL, Verdict.PASS),
        (Policy(), Verdict.PASS),
        (Policy(fail_on=Severity.WARNING, origin="auditor.toml", baseline="known.json"), Verdict.FAIL),
        (Policy(fail_on=None), Verdict.PASS),
    ):
        found = judged(Audited(told(DEAD), True), policy)
        assert (found.verdict, found.document["verdict"]) == (verdict, verdict.value)
