"""``auditor gate`` and the policy in ``check`` and ``show``, as a user has them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

import auditor.pipeline
import auditor.sessions.checking

from .conftest import ALEXNET_224, LENET, NAN, SAMPLES, Said

Auditor = Callable[..., Said]
STATIC = ("--no-run", "--no-weights")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def no_audit(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, an audit is a fault."""

    def audit(*_: object) -> None:
        raise AssertionError("an audit was made")

    def forbid() -> None:
        monkeypatch.setattr(auditor.sessions.checking, "audited", audit)
        monkeypatch.setattr(auditor.pipeline, "audited", audit)

    return forbid


def policy(text: str) -> None:
    Path("auditor.toml").write_text(text)


def released(version: int, change: Callable[[onnx.ModelProto], None] = lambda model: None) -> str:
    """A version in a Triton repository, with its golden vectors."""
    folder = Path("staging", "lenet", str(version))
    shutil.copytree(SAMPLES / "lenet5", folder)
    model = onnx.load(folder / "lenet5.onnx")
    change(model)
    (folder / "lenet5.onnx").unlink()
    onnx.save(model, folder / "model.onnx")
    (folder.parent / "config.pbtxt").write_text('backend: "onnxruntime"\n')
    return str(folder / "model.onnx")


def with_broken_head(model: onnx.ModelProto) -> None:
    """The last layer takes 80 features where 84 arrive."""
    weight = next(t for t in model.graph.initializer if list(t.dims) == [10, 84])
    values = onnx.numpy_helper.to_array(weight)[:, :80]
    weight.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(values), weight.name))


def with_other_weights(model: onnx.ModelProto) -> None:
    weight = next(t for t in model.graph.initializer if list(t.dims) == [10, 84])
    values = onnx.numpy_helper.to_array(weight) * np.float32(1.0001)
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))


def test_the_story_of_a_promotion(auditor: Auditor, no_audit: Callable[[], None]) -> None:
    """v1 accepted, v2 with a broken head refused, v3 with other weights accepted; a changed policy runs nothing."""
    policy('required = ["golden", "run"]\n[limits]\nparameters = { max-increase-percent = 0 }\n')
    first = auditor("gate", released(1), "--accept", "--reason", "first", "--by", "ann")
    assert (first.code, first.err) == (0, "")
    assert "no version was accepted yet" in first.out
    assert "accepted  now, the first" in first.out

    second = auditor("gate", released(2, with_broken_head), "--accept", "--reason", "again", "--by", "ann")
    assert second.code == 1
    assert "misfit-initializers" in second.out
    assert "takes 80" in second.out and "gives 84" in second.out
    assert "report 1" in second.out and "by ann: first" in second.out  # v1 is still the accepted one

    third = auditor("gate", released(3, with_other_weights), "--accept", "--reason", "tuned", "--by", "bob")
    assert third.code == 0, third.out
    assert "now, in the place of report 1" in third.out
    assert "by bob: tuned" in auditor("gate", "1").out

    no_audit()
    shutil.rmtree("staging")
    policy("[limits]\nnodes = { max = 11 }\n")
    strict = auditor("gate", "3")
    assert strict.code == 1
    assert "over-limit: 12 nodes; at most 11 may be" in strict.out
    assert auditor("gate", "3", "--no-config").code == 0
    assert "over-limit" in auditor("show", "3").out
    assert "over-limit" not in auditor("show", "3", "--raw").out
    assert auditor("show", "3", "--raw").out.startswith("PASS")


def test_what_is_inconclusive_is_not_accepted(auditor: Auditor) -> None:
    policy('required = ["contract"]')
    shutil.copy(LENET, "m.onnx")
    said = auditor("gate", "m.onnx", *STATIC, "--accept")
    assert said.code == 4
    assert "inconclusive contract: no registry says anything of this model" in " ".join(said.out.split())
    assert "accepted  not this one; no version yet" in said.out
    assert "no version yet" in auditor("gate", "1").out


def test_gate_in_json(auditor: Auditor) -> None:
    policy('[severity]\nnan-weights = "warning"\n')
    shutil.copy(NAN, "m.onnx")
    assert auditor("gate", "m.onnx", "--no-run", "--accept", "--by", "ann", "--format", "json").json["gate"] == {
        "subject": str(Path("m.onnx").absolute()),
        "audit_id": 1,
        "accepted": True,
        "policy": "auditor.toml",
        "compared_with": None,
        "reasons": [{"kind": "said", "text": "run: left out by --no-run", "fix": ""}],
    }
    again = auditor("gate", "1", "--fail-on", "warning", "--format", "json")
    assert (again.code, again.json["verdict"]) == (1, "fail")
    assert again.json["findings"][0]["severity"] == "warning"
    assert again.json["gate"]["compared_with"]["audit_id"] == 1
    assert [r["kind"] for r in again.json["gate"]["reasons"]] == ["fail", "said"]


def test_a_report_in_a_file(auditor: Auditor, no_audit: Callable[[], None]) -> None:
    assert auditor("check", LENET, "--no-store", "-o", "json:one.json", "-q").code == 0
    assert auditor("check", LENET, ALEXNET_224, *STATIC, "--no-store", "-o", "json:two.jsonl", "-q").code == 1
    no_audit()
    assert auditor("gate", "one.json").code == 0
    assert not Path("reports.db").exists()
    both = auditor("gate", "two.jsonl")
    assert both.code == 1
    assert both.out.endswith("2 models: 1 failed, 1 passed\n")
    assert auditor("gate", "one.json", "--name", "lenet", "--accept", "--by", "x").code == 0
    assert "report 1, " in auditor("gate", "one.json", "--name", "lenet").out
    Path("bad.json").write_text('{"schema_version": 1, "model": {}}')
    assert auditor("gate", "bad.json").code == 2
    Path("broken.json").write_text('{"schema_version": 1,')
    assert auditor("gate", "broken.json").code == 2


def test_the_summary_has_failures_first(auditor: Auditor, no_audit: Callable[[], None]) -> None:
    """Whatever order they were gated in; each with its first reason, and none that passed."""
    options = ("--no-run", "--no-store", "-q", "-o")
    assert auditor("check", LENET, "none.onnx", NAN, ALEXNET_224, *options, "json:all.jsonl").code == 1
    no_audit()
    said = auditor("gate", "all.jsonl")
    *_, summary = said.out.rpartition(f"\n\nfail  {NAN}\n")
    paths = re.findall(r"^(fail|inconclusive)  (\S+)$", f"fail  {NAN}\n{summary}", re.MULTILINE)
    assert paths == [("fail", NAN), ("fail", ALEXNET_224), ("inconclusive", "none.onnx")]
    assert summary.startswith("  nan-weights at head: ")
    assert summary.endswith("\n4 models: 2 failed, 1 inconclusive, 1 passed\n")
    assert max(len(line) for line in summary.splitlines() if str(SAMPLES) not in line) <= 80


def test_a_severity_of_one_policy_is_not_that_of_the_next(auditor: Auditor) -> None:
    """A file written under a policy that makes a note of the fault was once taken for a note for ever."""
    Path("lenient.toml").write_text('severity = { nan-weights = "note" }\n')
    options = ("--no-run", "--no-store", "--config", "lenient.toml", "-q", "-o", "json:note.json")
    assert auditor("check", NAN, *options).code == 0
    assert auditor("gate", "note.json", "--config", "lenient.toml").code == 0
    assert auditor("gate", "note.json", "--no-config").code == 1
    assert auditor("gate", "note.json", "--config", "lenient.toml", "--accept", "--by", "x", "--name", "nan").code == 0
    assert auditor("gate", "1", "--no-config").code == 1


def test_a_page_under_a_models_name_is_a_model(auditor: Auditor) -> None:
    Path("m.onnx").write_text('{"schema_version": 1, "error": "not found"}')
    said = auditor("gate", "m.onnx")
    assert said.code == 1
    assert "unreadable-model" in said.out


def test_a_registry_and_its_unchanged_models(auditor: Auditor, no_audit: Callable[[], None]) -> None:
    for version in (1, 2):
        released(version)
    said = auditor("gate", "staging", *STATIC, "-j", "1", "--accept", "--by", "ann")
    assert said.code == 0, said.out
    assert said.out.count("now, ") == 2
    no_audit()
    policy('[[models]]\nmatch = "lenet"\nlimits.nodes.max = 1\n')
    again = auditor("gate", "staging", *STATIC, "-j", "1")
    assert again.code == 1
    assert again.out.endswith("2 models: 2 failed\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("gate", "99"), 2),  # no database
        (("gate", "none.onnx"), 3),
        (("gate", "."), 3),
        (("gate", LENET, "--reason", "x"), 2),
        (("gate", str(SAMPLES), "--name", "x"), 2),
        (("gate", LENET, "--format", "nothing"), 2),
        (("gate", LENET, "--accept", "--fail-on", "never"), 2),
        (("gate", LENET, "--config", "none.toml"), 2),
    ],
)
def test_wrong_usage(auditor: Auditor, arguments: tuple[str, ...], code: int) -> None:
    said = auditor(*arguments)
    assert (said.code, said.err.count("\n")) == (code, 1)
    assert said.out == ""


def test_an_unknown_report(auditor: Auditor) -> None:
    auditor("check", LENET, *STATIC)
    assert auditor("gate", "2").code == 3


def test_what_could_not_be_audited_passes_under_no_policy(auditor: Auditor, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.onnx").symlink_to("nowhere")
    said = auditor("gate", "models", "--fail-on", "never")
    assert said.code in (3, 4)
    assert "INCONCLUSIVE" in said.out


# Policy in check


def test_check_stores_what_it_found_and_shows_what_is_asked(auditor: Auditor, tmp_path: Path) -> None:
    shutil.copy(ALEXNET_224, "m.onnx")
    policy('ignore = ["misfit-initializers"]\n[allowed]\noperators = ["Conv"]\n')
    said = auditor("check", "m.onnx", *STATIC, "--format", "json", "-o", "json:file.json")
    assert said.code == 1
    assert {f["rule"] for f in said.json["findings"]} == {"not-allowed"}
    assert json.loads(Path("file.json").read_text()) == said.json
    raw = auditor("show", "1", "--raw", "--format", "json").json
    assert [f["rule"] for f in raw["findings"]] == ["misfit-initializers"]
    assert raw["verdict"] == "fail"
    assert raw["operators"]["Conv"] == 5
    assert auditor("check", "m.onnx", *STATIC, "--no-config").out.count("misfit-initializers") == 1


def test_check_finds_the_configuration_upwards(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SAMPLES / "lenet5", "models")
    policy('run = false\n[[models]]\nmatch = "models/**"\nlimits.file-bytes.max = "1K"\n')
    monkeypatch.chdir("models")
    said = auditor("check", "lenet5.onnx", "--no-store")
    assert said.code == 1
    assert "247,680 bytes (241.9 KiB) in the file; at most 1,024 bytes (1.0 KiB) may be" in " ".join(said.out.split())
    assert "not run: see above" in said.out
    assert "ok in" in auditor("check", "lenet5.onnx", "--no-store", "--run").out


def test_a_wrong_configuration_audits_nothing(auditor: Auditor, no_audit: Callable[[], None]) -> None:
    policy('fail-on = "error"\nlimit = 3\n')
    no_audit()
    for command in (("check", LENET), ("gate", LENET), ("show", "1")):
        said = auditor(*command)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("auditor: auditor.toml:2:1: there is no key limit (did you mean 'limits'?)")
        assert said.err.count("\n") == 1
    assert auditor("check", LENET, "--no-config", *STATIC).code == 70  # it would have audited


def test_a_wrong_baseline_audits_nothing(auditor: Auditor, no_audit: Callable[[], None]) -> None:
    Path("auditor-baseline.json").write_text("[")
    no_audit()
    for command in (("check", LENET), ("gate", LENET), ("gate", str(SAMPLES))):
        said = auditor(*command)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)


def test_no_path_and_no_working_directory(auditor: Auditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert auditor("check", "").code == 3
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert auditor("check", LENET, *STATIC).code == 0
    assert auditor("gate", "1").code == 0
    monkeypatch.chdir(tmp_path)


def test_the_command_line_wins(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    policy('fail-on = "never"\n')
    assert auditor("check", ALEXNET_224, *STATIC, "--no-store").code == 0
    monkeypatch.setenv("AUDITOR_FAIL_ON", "error")
    assert auditor("check", ALEXNET_224, *STATIC, "--no-store").code == 1
    assert auditor("check", ALEXNET_224, *STATIC, "--no-store", "--fail-on", "never").code == 0


def test_the_database_of_the_configuration(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDITOR_DB")
    policy('db = "kept/reports.db"\n')
    assert auditor("check", LENET, *STATIC).code == 0
    assert Path("kept/reports.db").exists()
    for command in (("show", "1"), ("history", LENET), ("gate", "1")):
        assert auditor(*command).code == 0
    assert auditor("db", "path").out == f"{Path('kept/reports.db').absolute()}\n"


def test_check_compares_with_the_accepted_version(auditor: Auditor) -> None:
    shutil.copy(LENET, "m.onnx")
    assert auditor("gate", "m.onnx", *STATIC, "--accept", "--by", "ann").code == 0
    policy("[limits]\nnodes = { max-increase = 0 }\n")
    assert auditor("check", "m.onnx", *STATIC).code == 0
    shutil.copy(SAMPLES / "alexnet.onnx", "m.onnx")
    said = auditor("check", "m.onnx", *STATIC)
    assert said.code == 1
    assert "38 nodes, 26 more than the 12 of the accepted version; at most 0 more may be" in " ".join(said.out.split())


@pytest.mark.parametrize("left_out", [("--select", "nan-weights"), ("--ignore", "misfit-initializers")])
def test_a_report_of_some_rules_only_is_no_pass(auditor: Auditor, left_out: tuple[str, ...]) -> None:
    checked = auditor("check", ALEXNET_224, *STATIC, *left_out)
    assert checked.code == 0
    assert "left out by --select or --ignore" in checked.out
    said = auditor("gate", "1", "--accept")
    assert said.code == 4
    assert "audit the model again, with all of them" in " ".join(said.out.split())
    assert "not this one; no version yet" in said.out


def test_check_compares_with_what_the_registry_around_a_model_says(auditor: Auditor) -> None:
    """Else `gate` would pass a stored report whose contract nobody looked at."""
    path = released(1)
    config = Path("staging/lenet/config.pbtxt")
    config.write_text('backend: "onnxruntime"\ninput [ { name: "wrong" data_type: TYPE_FP32 dims: [1, 32, 32] } ]\n')
    said = auditor("check", path, *STATIC)
    assert said.code == 1
    assert "config.pbtxt names the input 'wrong'; the model's inputs are 'data'" in said.out
    assert auditor("gate", "1").code == 1
    config.write_text("max_batch_size: one")
    assert "unreadable-contract" in auditor("check", path, *STATIC).out


@pytest.mark.parametrize("command", ["check", "gate"])
def test_an_artifact_without_a_registered_name_has_a_signature_too(auditor: Auditor, command: str) -> None:
    """As `download_artifacts` of MLflow leaves it; the promotion script in docs/gates.md gates that file."""
    Path("artifact").mkdir()
    shutil.copy(LENET, "artifact/model.onnx")
    spec = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1, 28, 28]}, "name": "data"}]
    said = {"flavors": {"onnx": {"data": "model.onnx"}}, "signature": {"inputs": json.dumps(spec)}}
    Path("artifact/MLmodel").write_text(json.dumps(said))  # JSON is YAML
    for more in ((), ("--name", "lenet") if command == "gate" else ()):
        judged = auditor(command, "artifact/model.onnx", *STATIC, *more)
        assert judged.code == 1
        assert "MLmodel's signature says that the input 'data' is [?, 1, 28, 28]" in " ".join(judged.out.split())


def test_a_number_with_zeros_before_it_is_the_same_report(auditor: Auditor) -> None:
    """What is judged is what is accepted. A number that no report can have is one that is not stored."""
    for model in (LENET, ALEXNET_224):
        auditor("check", model, *STATIC)
    assert auditor("gate", "2").code == 1 and auditor("gate", "2".zfill(30)).code == 1
    said = auditor("gate", "1".zfill(20), "--format", "json")
    assert said.code == 0 and said.json["gate"]["audit_id"] == 1
    for command in (("gate", "1" * 5000), ("diff", "1" * 5000, LENET)):
        said = auditor(*command)
        assert said.code == 3 and "is stored in" in said.err, said.err
