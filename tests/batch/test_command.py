"""The contract of ``auditor batch``: what goes where, exit codes, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx.parser
import pytest

from auditor.cli.app import run
from tests.pace import HANG

from .kills import ROOT, make_models


@pytest.fixture(autouse=True)
def _own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))


@pytest.fixture
def auditor(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["batch", *arguments])
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    return call


Auditor = Callable[..., tuple[int, str, str]]


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_json_is_one_object_a_model_and_nothing_else(registry: Path, auditor: Auditor) -> None:
    code, out, err = auditor(str(registry), "--no-run", "--format", "json")
    assert (code, err) == (1, "")
    assert sorted(o["name"] for o in objects(out)) == sorted(f"000/{n}" for n in range(12))
    assert {(o["version"], o["reused"], o["schema_version"]) for o in objects(out)} == {("", False, 1)}
    assert {o["name"] for o in objects(out) if o["verdict"] == "fail"} == {"000/0", "000/10"}
    again = objects(auditor(str(registry), "--no-run", "--format", "json")[1])
    assert all(o["reused"] for o in again) and len(again) == 12


def test_people_read_what_failed_and_a_summary(registry: Path, auditor: Auditor) -> None:
    code, out, err = auditor(str(registry), "--no-run", "--no-store")
    assert (code, err) == (1, "")
    assert out.count("FAIL") == 2 and "PASS" not in out
    told, summary = out.split("12 models: 10 passed, 2 failed\n")
    assert told.count("  error  misfit-initializers  head takes 4 features") == 2
    rows = [line.split() for line in summary.splitlines()]
    assert ["misfit-initializers", "error", "2", "2"] in rows
    assert [row[1:] for row in rows if row and row[0].endswith("/registry/000/10.onnx")] == [["1", "0"]]


def test_the_summary_of_many_faults_fits_a_screen(tmp_path: Path, auditor: Auditor) -> None:
    for n in range(30):
        (tmp_path / f"{n}.onnx").write_text("<html>")
    code, out, _ = auditor(str(tmp_path), "--no-store")
    summary = out.partition("30 models: 30 failed")[2]
    assert code == 1 and "and 22 more models" in summary
    assert len(summary.splitlines()) < 24


@pytest.mark.parametrize(("options", "code"), [(["--fail-on", "never"], 0), (["--ignore", "misfit-initializers"], 0)])
def test_policy_and_selection(registry: Path, auditor: Auditor, options: list[str], code: int) -> None:
    assert auditor(str(registry), "--no-run", "--quiet", *options) == (code, "", "")


def test_a_limit_and_two_sources_that_overlap(registry: Path, auditor: Auditor) -> None:
    lines = objects(auditor(str(registry), "--no-run", "--format", "json", "--limit", "5")[1])
    assert len(lines) == 5
    one = registry / "000" / "1.onnx"
    lines = objects(auditor(str(one), str(registry), "--no-run", "--format", "json")[1])
    assert sorted(o["model"]["path"] for o in lines) == sorted(str(p) for p in registry.rglob("*.onnx"))


def test_files_beside_standard_output(registry: Path, auditor: Auditor, tmp_path: Path) -> None:
    lines, report = tmp_path / "lines.jsonl", tmp_path / "report.txt"
    code, out, _ = auditor(str(registry), "--no-run", "-q", "-o", f"json:{lines}", "-o", f"text:{report}")
    assert (code, out) == (1, "")
    assert len(objects(lines.read_text())) == 12
    assert report.read_text().count("PASS  ") == 10


def test_wrong_usage_is_found_before_anything_is_audited(registry: Path, auditor: Auditor, tmp_path: Path) -> None:
    for wrong in (
        ["--format", "yaml"],
        ["--select", "nan-weight"],
        ["-o", f"json:{tmp_path}/no/x"],
        ["--timeout", "0"],
    ):
        code, out, err = auditor(str(registry), *wrong)
        assert (code, out) == (2, "") and err.startswith("auditor: ")
    with sqlite3.connect(tmp_path / "reports.db") as plain:
        tables = {name for (name,) in plain.execute("SELECT name FROM sqlite_schema")}
        assert "audits" not in tables or plain.execute("SELECT count(*) FROM audits").fetchone() == (0,)


def test_nothing_there(auditor: Auditor, tmp_path: Path) -> None:
    assert auditor(str(tmp_path / "nowhere"))[0] == 3
    (tmp_path / "empty").mkdir()
    code, out, err = auditor(str(tmp_path / "empty"), "--format", "json")
    assert (code, out) == (3, "") and "there is no model in" in err


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    make_models(tmp_path / "registry", 150)  # more than a pipe holds: the batch cannot end before it is read
    command = [sys.executable, "-m", "auditor", "batch", str(tmp_path / "registry"), "--no-run", "--format", "json"]
    with subprocess.Popen(  # without a buffer, of which `communicate` would know nothing
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, cwd=ROOT, start_new_session=True
    ) as batch:
        assert batch.stdout is not None and batch.stdout.readline()
        os.killpg(batch.pid, signal.SIGINT)  # as a terminal does: to the workers too
        out, err = batch.communicate(timeout=HANG)
    assert batch.returncode == 130
    told = 1 + len(objects(out.decode()))
    said = f"interrupted after {told} models: what is done is stored, and the same command goes on from there"
    assert err.decode() == f"auditor: {said}\n"
    again = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=HANG, check=False)
    lines = objects(again.stdout)
    assert len(lines) == 150 and told <= sum(o["reused"] for o in lines) <= told + 1


def test_many_empty_files_a_fifo_and_loops_of_links(tmp_path: Path, auditor: Auditor) -> None:
    registry = tmp_path / "registry"
    registry.mkdir()
    for n in range(1000):
        (registry / f"{n}.onnx").touch()
    os.mkfifo(registry / "fifo.onnx")
    (registry / "loop.onnx").symlink_to("loop.onnx")
    (registry / "up").symlink_to("..")
    (registry / "line\nbreak.onnx").write_text("")
    Path(os.fsdecode(os.fsencode(registry) + b"/\xff.onnx")).write_text("x")
    code, out, _ = auditor(str(registry), "--format", "json")
    assert code == 1 and len(objects(out)) == 1004
    assert all(o["verdict"] != "pass" for o in objects(out))


def on_a_terminal(*arguments: str) -> tuple[int, str]:
    """The exit code of a batch at a terminal, and all that is drawn there."""
    import pty

    command = [sys.executable, "-m", "auditor", "batch", *arguments]
    child, terminal = pty.fork()
    if not child:
        os.environ.pop("CI", None)
        os.environ |= {"TERM": "xterm", "COLUMNS": "200"}
        os.execv(sys.executable, command)
    said = b""
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # the end of a terminal
            break
        if not part:
            break
        said += part
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.decode()


def test_a_terminal_sees_a_bar_that_does_not_mix_with_the_findings(tmp_path: Path) -> None:
    make_models(tmp_path / "registry", 300)  # of a few, the last one may be done before the bar is drawn again
    code, text = on_a_terminal(str(tmp_path / "registry"), "--no-run", "--no-store")
    assert code == 1
    assert "auditing" in text and "/300" in text
    before = [text[:at] for at in range(len(text)) if text.startswith("FAIL", at)]
    assert f", {len(before)} failed" in text
    assert all(start.removesuffix("\x1b[1;31m").endswith(("\r\x1b[K", "\n")) for start in before)


def test_a_terminal_sees_which_part_of_which_model_is_looked_at(tmp_path: Path) -> None:
    """Also of one whose name would be a command to the terminal, or to what draws the bar."""
    folder = tmp_path / "registry"
    folder.mkdir()
    text = '<ir_version: 8, opset_import: ["" : 17]> g (float[2, 3] x) => (float[2, 3] y) { y = Relu (x) }'
    model = onnx.parser.parse_model(text).SerializeToString()
    (folder / "[red]\x1b[2J.onnx").write_bytes(model)
    code, text = on_a_terminal(str(folder), "--deep-part", "sizes", "--deep-part", "independence", "--no-store")
    assert code == 0, text
    drawn = re.findall(r"\[red\]\\x1b\[2J\.onnx: in depth: (\w+) \((\d) of 2\)", text)
    parts = list(dict.fromkeys(drawn))
    assert [number for _, number in parts] == ["1", "2"], "in the order in which they are looked at"
    assert {part for part, _ in parts} == {"sizes", "independence"}
    assert "\x1b[2J.onnx" not in text
