"""Every format as ``auditor check`` writes it: to standard output and to files, of one model and of several."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junitparser import JUnitXml

from tests.formats.test_sarif import VALIDATOR

from .conftest import ALEXNET_224, LENET, NAN, Said

Auditor = Callable[..., Said]
STATIC = ("--no-run", "--no-weights", "--no-store")


def results(text: str) -> list[tuple[str, str]]:
    """The findings of a valid SARIF document: file and rule."""
    document = json.loads(text)
    VALIDATOR.validate(document)
    [run] = document["runs"]
    return [
        (result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], result["ruleId"])
        for result in run["results"]
    ]


def test_one_model(auditor: Auditor) -> None:
    sarif = auditor("check", ALEXNET_224, *STATIC, "--format", "sarif")
    assert sarif.code == 1
    assert results(sarif.out) == [(f"file://{ALEXNET_224}", "auditor/misfit-initializers")]
    junit = auditor("check", ALEXNET_224, *STATIC, "--format", "junit")
    [suite] = JUnitXml.fromstring(junit.out.encode())
    assert (suite.name, suite.failures) == (ALEXNET_224, 1)
    assert auditor("check", ALEXNET_224, *STATIC, "--format", "github").out.startswith("::error file=")
    assert auditor("check", ALEXNET_224, *STATIC, "--format", "markdown").out.startswith("### FAIL: ")
    [row] = csv.DictReader(io.StringIO(auditor("check", ALEXNET_224, *STATIC, "--format", "csv").out))
    assert (row["node"], row["rule"]) == ("fc6", "misfit-initializers")


def test_several_models_are_one_document(auditor: Auditor, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.onnx")
    models = (LENET, missing, ALEXNET_224)
    sarif = auditor("check", *models, *STATIC, "--format", "sarif")
    assert sarif.code == 1
    assert results(sarif.out) == [(f"file://{ALEXNET_224}", "auditor/misfit-initializers")]
    junit = JUnitXml.fromstring(auditor("check", *models, *STATIC, "--format", "junit").out.encode())
    assert [(s.name, s.failures, s.errors) for s in junit] == [(LENET, 0, 0), (missing, 0, 1), (ALEXNET_224, 1, 0)]
    github = auditor("check", *models, *STATIC, "--format", "github").out.splitlines()
    assert [line.split()[0] for line in github] == ["::warning", "::error"]
    markdown = auditor("check", *models, *STATIC, "--format", "markdown").out
    assert markdown.startswith("### 3 models: 1 failed, 1 inconclusive, 1 passed\n")
    assert re.findall("^#### [A-Z]+", markdown, re.MULTILINE) == ["#### FAIL", "#### INCONCLUSIVE"]
    rows = list(csv.DictReader(io.StringIO(auditor("check", *models, *STATIC, "--format", "csv").out)))
    assert [row["model"] for row in rows] == [ALEXNET_224]


@pytest.mark.parametrize("models", [(NAN,), (LENET, NAN)], ids=["one", "several"])
def test_all_formats_to_files_at_once(auditor: Auditor, tmp_path: Path, models: tuple[str, ...]) -> None:
    forms = ("sarif", "junit", "markdown", "github", "csv", "json", "text")
    files = [option for form in forms for option in ("-o", f"{form}:{tmp_path / form}")]
    said = auditor("check", *models, "--no-run", "--no-store", "-q", *files)
    assert (said.code, said.out, said.err) == (1, "", "")
    assert ("auditor/nan-weights") in {rule for _, rule in results((tmp_path / "sarif").read_text())}
    assert len(list(JUnitXml.fromstring((tmp_path / "junit").read_bytes()))) == len(models)
    for form in forms:
        assert "nan-weights" in (tmp_path / form).read_text()
    for form in ("markdown", "text"):
        assert "FAIL" in (tmp_path / form).read_text()


def test_an_early_end_leaves_a_whole_document(auditor: Auditor, tmp_path: Path, monkeypatch: Any) -> None:
    """Interrupted at the second model: the first stands in a document that can be read."""
    import auditor.sessions.checking as session
    from auditor import pipeline

    real, seen = pipeline.audited, []

    def audited(path: str, *others: Any) -> Any:
        seen.append(path)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(path, *others)

    monkeypatch.setattr(session, "audited", audited)
    file = tmp_path / "report.sarif"
    said = auditor("check", ALEXNET_224, LENET, *STATIC, "-o", f"sarif:{file}", "--format", "junit")
    assert said.code == 130
    assert len(results(file.read_text())) == 1
    assert len(list(JUnitXml.fromstring(said.out.encode()))) == 1


def test_wrong_usage_writes_no_half_document(auditor: Auditor) -> None:
    said = auditor("check", LENET, LENET, *STATIC, "--format", "sarif", "--dim", "Q=1")
    assert (said.code, said.out) == (2, "")


def test_a_stored_report_in_every_format(auditor: Auditor) -> None:
    assert auditor("check", ALEXNET_224, "--no-run", "--no-weights").code == 1
    assert len(results(auditor("show", "1", "--format", "sarif").out)) == 1
    assert auditor("show", "1", "--format", "markdown").out.startswith("### FAIL: ")


def test_names_in_a_terminal_that_has_no_unicode(
    interpreter: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    model = tmp_path / "größe漢.onnx"
    model.write_bytes(Path(ALEXNET_224).read_bytes())
    for form in ("markdown", "github", "csv", "sarif", "junit"):
        ended = interpreter("check", str(model), *STATIC, "--format", form, env={"PYTHONIOENCODING": "ascii"})
        assert (ended.returncode, ended.stderr) == (1, "")
        assert ended.stdout.isascii()
        assert "misfit-initializers" in ended.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_one_line(auditor: Auditor) -> None:
    for models in ([LENET], [LENET, LENET]):
        said = auditor("check", *models, *STATIC, "-q", "-o", "sarif:/dev/full")
        assert said.code == 2
        assert said.err == "auditor: cannot write /dev/full: No space left on device\n"


def test_the_schema_is_asked() -> None:
    with pytest.raises(jsonschema.ValidationError):
        results('{"version": "2.1.0"}')
