"""The public names: what they take, what they say of anything else, and what a notebook shows."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import auditor
from auditor.errors import UsageError
from auditor.report import Basis, Coverage, Finding, JudgedFinding, Location, Missed, ModelIdentity, Report, Severity
from auditor.report import Waived as Why

from .formats.reports import HOSTILE, with_name

STATIC = auditor.Settings(run=False)
HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
NAN = HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) <float[4] w = {1, 2, 3, nan}> { r = Relu(x) y = Add(r, w) }"


def proto(text: str = NAN) -> onnx.ModelProto:
    return onnx.parser.parse_model(text)


def test_dir_shows_the_public_names_and_no_others() -> None:
    code = "import auditor.report, auditor.pipeline, auditor; print(*dir(auditor))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert shown == sorted(auditor.__all__)
    assert all(getattr(auditor, name) is not None for name in shown)
    with pytest.raises(AttributeError, match="no attribute 'audits'"):
        auditor.audits  # noqa: B018


@pytest.mark.parametrize("run", [False, True])
def test_a_model_may_come_as_anything_that_holds_one(run: bool, tmp_path: Path) -> None:
    data = proto().SerializeToString()
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    settings = auditor.Settings(run=run)
    of_path = auditor.audit(path, settings)
    assert [f.rule for f in of_path.findings] == ["nan-weights"]
    with path.open("rb") as file:
        for source in (str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), file, proto()):
            report = auditor.audit(source, settings)
            assert report.findings == of_path.findings
            assert report.run.status == of_path.run.status
            assert report.model.digest == of_path.model.digest
            assert report.model.path == (str(path) if source == str(path) else "<in memory>")
    assert auditor.infer_shapes(proto(), dims={"N": 3})["y"].shape == (3, 4)
    assert auditor.infer_shapes(str(path))["y"].dtype == 1
    assert auditor.load(model := auditor.load(data)) is model


def test_nothing_of_a_model_in_memory_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert auditor.audit(proto()).run.status == "ok"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            3,
            "a model is given as a path, bytes, a file that is open for reading, or an onnx.ModelProto, and not as int",
        ),
        (None, "and not as NoneType"),
        (["m.onnx"], "and not as list"),
        (io.StringIO("model"), "the file gives str, and a model is bytes: open it with mode 'rb'"),
    ],
)
def test_a_wrong_type_gets_a_sentence(source: object, says: str) -> None:
    entrances: tuple[Callable[[Any], object], ...] = (auditor.audit, auditor.load, auditor.infer_shapes)
    for take in entrances:
        with pytest.raises(UsageError, match=says):
            take(source)


def test_a_proto_that_cannot_be_written_gets_a_sentence() -> None:
    class TooLarge:
        def SerializeToString(self) -> bytes:
            raise ValueError("Message onnx.ModelProto exceeds maximum protobuf size of 2GB")

    with pytest.raises(UsageError, match=r"exceeds maximum.*save it, with its weights as external data"):
        auditor.audit(TooLarge())


def test_without_a_path_no_external_data_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = proto()
    values = np.array([1, 2, 3, np.nan], np.float32)
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(values, "w"))
    onnx.save(model, str(tmp_path / "m.onnx"), save_as_external_data=True, location="w.bin", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    assert [f.rule for f in auditor.audit("m.onnx", STATIC).findings] == ["nan-weights"]
    report = auditor.audit((tmp_path / "m.onnx").read_bytes())
    assert report.findings == ()
    missed = {m.what: m.why for m in report.coverage.skipped if m.asked}
    assert missed["external data"] == "the model came without a path, and 'w.bin' was not opened: give the path"
    assert report.run.status == "not run"
    assert auditor.judge(report).verdict is auditor.Verdict.INCONCLUSIVE


def test_bytes_that_are_not_a_model_are_a_finding() -> None:
    report = auditor.audit(b"<html>")
    assert [f.rule for f in report.findings] == ["unreadable-model"]
    assert report.model.path == "<in memory>"


def test_a_report_is_neither_true_nor_false_and_no_tuple() -> None:
    report = auditor.audit(proto(), STATIC)
    with pytest.raises(TypeError, match=r"ask auditor.judge\(report\).verdict"):
        assert report
    with pytest.raises(TypeError):
        list(report)  # type: ignore[call-overload]  # that is the test
    with pytest.raises(AttributeError, match="frozen"):
        report.findings = ()  # type: ignore[misc]  # that is the test
    with pytest.raises(TypeError, match="unexpected keyword argument 'finding'"):
        Report(ModelIdentity("m"), finding=())  # type: ignore[call-arg]  # that is the test
    with pytest.raises(TypeError, match=r"missing .* 'severity'"):
        Finding("r")  # type: ignore[call-arg]  # that is the test
    assert report._replace(findings=()) == Report(**{**vars(report), "findings": ()}) != report
    assert pickle.loads(pickle.dumps(report)) == report == copy.deepcopy(report)
    assert "rule='nan-weights'" in repr(report)


def test_a_judged_finding_is_a_finding_and_not_the_same() -> None:
    finding = Finding("r", Severity.ERROR, Basis.ILLEGAL, "m")
    judged = JudgedFinding.from_finding(finding, waived=Why("baseline"))
    assert isinstance(judged, Finding) and judged != finding
    assert JudgedFinding.from_finding(judged, severity=Severity.NOTE).waived == Why("baseline")
    assert hash(judged) == hash(JudgedFinding.from_finding(finding, waived=Why("baseline")))


def test_a_report_is_rendered_in_a_format(capsys: pytest.CaptureFixture[str]) -> None:
    report = auditor.audit(proto(), STATIC)
    out = io.StringIO()
    auditor.render(report, auditor.Verdict.FAIL, "markdown", out)
    assert out.getvalue().startswith("### FAIL: ")
    auditor.render(report, auditor.Verdict.FAIL)
    assert capsys.readouterr().out.startswith("FAIL  <in memory>  1 error\n")
    with pytest.raises(UsageError, match="there is no format 'pdf'"):
        auditor.render(report, auditor.Verdict.FAIL, "pdf")


class Cells(HTMLParser):
    """The texts of a table, and every tag that it has."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_notebook_shows_verdict_findings_and_what_was_not_looked_at() -> None:
    told = Cells(auditor.audit(proto(), STATIC)._repr_html_()).texts
    assert told[:3] == ["FAIL", " ", "<in memory>"]
    assert "nan-weights" in told and "'w', used by Add[1], is NaN in 1 of 4 elements" in told
    assert told[-3:] == ["not looked at", "run", "left out by --no-run"]
    sound = auditor.audit(proto(NAN.replace("nan", "4")), STATIC)
    assert Cells(sound._repr_html_()).texts[0] == "PASS"


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_is_markup_in_a_notebook(name: str) -> None:
    report = with_name(name)
    assert Cells(report._repr_html_()).tags == {"table", "caption", "b", "code", "tr", "th", "td"}
    assert len(report._repr_html_()) < 50_000


def test_a_notebook_shows_the_first_of_many() -> None:
    findings = tuple(Finding("r", Severity.ERROR, Basis.ILLEGAL, f"m{i}", Location(node=f"n{i}")) for i in range(100))
    told = Cells(Report(ModelIdentity("m"), findings, Coverage((), (Missed("run", "no"),)))._repr_html_()).texts
    assert "m19" in told and "m20" not in told and "and 80 more lines" in told and "no" in told
