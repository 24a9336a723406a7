"""The contract of ``auditor check``: exit codes, what goes where, and that nothing asked for is silently left out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import auditor.rules
from auditor.findings.kind import Kind
from auditor.formats import formats
from auditor.report import Basis, Found, Severity
from auditor.shapes.facts import Facts

from .conftest import ALEXNET_224, LENET, NAN, SAMPLES, Said

Auditor = Callable[..., Said]
STATIC = ("--no-run", "--no-weights", "--no-store")


def test_a_sound_model_passes_and_is_stored(auditor: Auditor, tmp_path: Path) -> None:
    said = auditor("check", LENET)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("PASS  ")
    assert "golden test_data_set_0: equal" in said.out
    assert (tmp_path / "reports.db").exists()
    assert "pass" in auditor("history", LENET).out
    again = auditor("show", "1")
    assert (again.code, again.out) == (0, said.out)


def test_a_finding_fails(auditor: Auditor) -> None:
    said = auditor("check", ALEXNET_224, *STATIC)
    assert said.code == 1
    assert said.out.startswith("FAIL  ")
    assert "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400" in said.out
    assert "fits for 227 <= H = W <= 258 (data[2], data[3])" in said.out


@pytest.mark.parametrize(("level", "code"), [("never", 0), ("error", 0), ("warning", 1), ("note", 1)])
def test_fail_on(auditor: Auditor, level: str, code: int) -> None:
    warned = str(SAMPLES / "alexnet_open.onnx")
    assert auditor("check", warned, *STATIC, "--fail-on", level).code == code


def test_never_passes_an_error_too(auditor: Auditor) -> None:
    assert auditor("check", ALEXNET_224, *STATIC, "--fail-on", "never").code == 0


def test_no_model_is_a_finding_and_one_object(auditor: Auditor, tmp_path: Path) -> None:
    page = tmp_path / "page.onnx"
    page.write_text("<!DOCTYPE html><html><body>404</body></html>")
    said = auditor("check", str(page), "--format", "json", "--no-store")
    assert said.code == 1
    assert said.json["verdict"] == "fail"
    assert [f["rule"] for f in said.json["findings"]] == ["unreadable-model"]


def test_nothing_there(auditor: Auditor, tmp_path: Path) -> None:
    path = str(tmp_path / "none.onnx")
    said = auditor("check", path, "--format", "json")
    assert said.code == 3
    assert said.json["verdict"] == "inconclusive"
    assert said.json["coverage"]["failed"][0]["what"] == "model"
    assert said.err == f"auditor: there is no file {path}\n"
    assert not (tmp_path / "reports.db").exists()
    assert auditor("check", path).out == ""


def test_a_folder_is_wrong_usage(auditor: Auditor, tmp_path: Path) -> None:
    said = auditor("check", LENET, str(tmp_path), "--format", "json")
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert "auditor batch" in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "closed.onnx"
    path.write_bytes(b"")
    path.chmod(0)
    said = auditor("check", str(path), "--format", "json")
    assert said.code == 4
    assert said.json["verdict"] == "inconclusive"


def test_several_models_are_lines_and_the_worst_counts(auditor: Auditor, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.onnx")
    said = auditor("check", LENET, missing, ALEXNET_224, *STATIC, "--format", "json")
    assert said.code == 1
    assert [json.loads(line)["verdict"] for line in said.out.splitlines()] == ["pass", "inconclusive", "fail"]
    assert auditor("check", LENET, missing, *STATIC).code == 3


def test_people_read_at_last_what_came_of_several(auditor: Auditor, tmp_path: Path) -> None:
    missing, read = str(tmp_path / "none.onnx"), tmp_path / "report.txt"
    said = auditor("check", LENET, missing, ALEXNET_224, *STATIC, "-o", f"text:{read}")
    assert said.out.endswith("\n\n3 models: 1 passed, 1 failed, 1 inconclusive\n")
    assert read.read_text().endswith("\n\n3 models: 1 passed, 1 failed, 1 inconclusive\n")
    assert " models: " not in auditor("check", LENET, *STATIC).out
    assert auditor("check", LENET, NAN, *STATIC, "-q").out == ""


def test_formats_to_files(auditor: Auditor, tmp_path: Path) -> None:
    whole, read = tmp_path / "report.json", tmp_path / "report.txt"
    said = auditor("check", LENET, *STATIC, "-q", "-o", f"json:{whole}", "-o", f"text:{read}")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert json.loads(whole.read_text())["totals"]["learnable_parameters"] == 61706
    assert "61,706 learnable" in read.read_text()
    auditor("check", LENET, NAN, *STATIC, "-q", "-o", f"json:{whole}")
    assert len(list(map(json.loads, whole.read_text().splitlines()))) == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--select", "nan-weight"], "did you mean 'nan-weights'?"),
        (["--ignore", "no-such-thing-at-all"], "there is no rule 'no-such-thing-at-all'; `auditor rules`"),
        (["--format", "xml"], f"there are {', '.join(formats())}"),
        (["-o", "json"], "FORMAT:FILE"),
        (["-o", "json:/no/such/folder/report.json"], "cannot write /no/such/folder/report.json"),
        (["--fail-on", "fatal"], "--fail-on takes"),
        (["--dim", "N"], "--dim takes"),
        (["--dim", "N=" + "9" * 5000], "--dim takes"),
        (["--dim", "Q=1"], "open sizes are N"),
        (["--input-shape", "data=1,1,32,32"], "--input-shape takes"),
        (["--input-shape", "image:1,1,32,32"], "it has 'data'"),
        (["--input-shape", "data:1,32,32"], "4 axes"),
        (["--memory", "much"], "--memory takes"),
        (["--timeout", "nan"], "--timeout takes"),
        (["--timeout", "soon"], "--timeout takes a number of seconds above 0, not 'soon'"),
        (["--db", ""], "--db takes a text, not ''"),
        (["--rtol", "-1"], "--rtol takes"),
        (["--seed", "-1"], "--seed takes"),
        (["--target-dtype", "int4"], "--target-dtype takes"),
        (["--inputs", "/no/such.npz"], "numpy.savez"),
        (["--inputs", __file__], "numpy.savez"),
    ],
)
def test_wrong_usage_is_one_line(auditor: Auditor, options: list[str], says: str) -> None:
    for models in ([LENET], [LENET, LENET]):
        said = auditor("check", *models, *STATIC, *options)
        assert said.code == 2
        assert says in said.err
        assert said.err.startswith("auditor: ")
        assert said.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--no-such-option", "x"], ["x", "--timeout"], ["x", "--quiet=yes"]])
def test_what_does_not_parse(auditor: Auditor, arguments: list[str]) -> None:
    said = auditor("check", *arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("auditor: ") and said.err.count("\n") == 1
    assert "`auditor check -h`" in said.err


def test_a_provider_that_is_not_there(auditor: Auditor) -> None:
    said = auditor("check", LENET, "--no-store", "--provider", "no-such-one", "--format", "json")
    assert (said.code, said.json["verdict"]) == (4, "inconclusive")
    assert said.json["run"]["status"] == "not run"
    assert "no-such-one" in said.json["coverage"]["skipped"][0]["why"]


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"other": (2, 1, 32, 32)}, "no array 'data'"),
        ({"data": (2, 1, 30, 32)}, "the inputs do not fit the model: data is float[2, 1, 30, 32]"),
    ],
)
def test_inputs_that_do_not_run_are_no_pass(
    auditor: Auditor, tmp_path: Path, arrays: dict[str, tuple[int, ...]], says: str
) -> None:
    path = tmp_path / "inputs.npz"
    held: dict[str, Any] = {name: np.zeros(shape, np.float32) for name, shape in arrays.items()}
    np.savez(path, **held)
    said = auditor("check", LENET, "--no-store", "--inputs", str(path), "--format", "json")
    assert (said.code, said.json["verdict"]) == (4, "inconclusive")
    assert says in said.json["coverage"]["skipped"][0]["why"]


def test_inputs_that_run(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "inputs.npz"
    np.savez(path, data=np.zeros((3, 1, 32, 32), np.float32))
    said = auditor("check", LENET, "--no-store", "--inputs", str(path), "--format", "json")
    assert said.code == 0
    assert said.json["run"]["outputs"][0]["shape"] == [3, 10]


def test_sizes_are_bound(auditor: Auditor) -> None:
    wide = auditor("check", str(SAMPLES / "alexnet_open.onnx"), *STATIC, "--dim", "H=227", "--dim", "W=227")
    assert wide.code == 0
    assert "misfit" not in wide.out
    paper = auditor("check", str(SAMPLES / "alexnet.onnx"), *STATIC, "--input-shape", "data:1,3,224,224")
    assert paper.code == 1


def test_selected_rules_alone(auditor: Auditor) -> None:
    said = auditor("check", NAN, "--no-run", "--no-store", "--select", "nan-weights", "--format", "json")
    assert (said.code, said.json["coverage"]["ran"]) == (1, ["nan-weights"])
    assert auditor("check", NAN, "--no-run", "--no-store", "--ignore", "nan-weights").code == 0
    unseen = auditor("check", NAN, *STATIC, "--select", "nan-weights")
    assert unseen.out.startswith("PASS")
    assert "left out by --no-weights" in unseen.out


def test_a_fault_while_reading_keeps_its_traceback_and_costs_one_model(
    auditor: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auditor import pipeline
    from auditor.model.load import load

    whole = load

    def broken(path: str) -> object:
        if path == NAN:
            raise ZeroDivisionError("ours")
        return whole(path)

    monkeypatch.setattr(pipeline, "load", broken)
    said = auditor("check", NAN, LENET, *STATIC, "--format", "json")
    assert said.code == 70
    assert "Traceback" in said.err
    assert "fault of auditor" in said.err
    assert [json.loads(line)["verdict"] for line in said.out.splitlines()] == ["inconclusive", "pass"]


def test_a_rule_that_fails_is_inconclusive(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(model: object) -> Iterator[Found]:
        raise RecursionError("ours")

    rules = (*auditor_rules(), auditor_rule("broken-rule", broken))
    monkeypatch.setattr("auditor.pipeline.all_rules", lambda: rules)
    said = auditor("check", LENET, *STATIC, "--format", "json")
    assert (said.code, said.json["verdict"]) == (4, "inconclusive")
    (failed,) = said.json["coverage"]["failed"]
    assert failed["what"] == "rule broken-rule"
    assert "RecursionError: ours" in failed["why"]
    # A finding says more than what was not looked at.
    assert auditor("check", ALEXNET_224, *STATIC).code == 1


def auditor_rules() -> tuple[auditor.rules.Rule, ...]:
    return auditor.rules.all_rules()


def auditor_rule(name: str, check: Callable[..., Iterator[Found]]) -> auditor.rules.Rule:
    return auditor.rules.Rule(Kind(name, Severity.ERROR, Basis.ILLEGAL), check, ("Model",), "A page.")


@pytest.mark.parametrize("content", [b"no database" * 99, None])
def test_a_store_that_cannot_be_used(auditor: Auditor, tmp_path: Path, content: bytes | None) -> None:
    where = tmp_path / "other.db"
    if content is None:
        where.mkdir()
    else:
        where.write_bytes(content)
    options = ("check", LENET, "--no-run", "--no-weights", "--db", str(where))
    said = auditor(*options)
    assert said.code == 4  # it was asked for by name
    assert said.out.startswith("PASS")
    assert said.err.startswith("auditor: the report was not stored: ")
    assert said.err.count("\n") == 1


def test_a_rule_that_walks_too_much_is_inconclusive(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has found before stands, and the next rule has a budget of its own."""

    def endless(facts: Facts) -> Iterator[Found]:
        yield Found("before", severity=Severity.NOTE)
        while True:
            facts.rebind().rebind()

    rules = (auditor_rule("endless-rule", endless)._replace(wants=("Facts",)), *auditor_rules())
    monkeypatch.setattr("auditor.pipeline.all_rules", lambda: rules)
    monkeypatch.setattr("auditor.pipeline._LEAST_WALKED", 1000)
    monkeypatch.setattr("auditor.pipeline._TIMES_WALKED", 3)
    said = auditor("check", LENET, *STATIC, "--format", "json")
    assert said.json["verdict"] == "inconclusive"
    assert "before" in [finding["message"] for finding in said.json["findings"]]
    assert "misfit-initializers" in said.json["coverage"]["ran"]
    missed = {m["what"]: m["why"] for m in said.json["coverage"]["skipped"]}
    assert missed["rule endless-rule, the rest of it"] == "it was given up when it had walked through 1,000 nodes"
