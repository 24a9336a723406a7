"""Operators of one's own, named by a configuration."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import onnx.parser
import pytest

Process = Callable[..., subprocess.CompletedProcess[str]]

MODEL = """
<ir_version: 8, opset_import: ["" : 17, "house" : 1]>
agraph (float[N, 8] x) => (float[a, b] y) { t = house.Halve (x)  y = Relu(t) }
"""
HALVE = """
from auditor.shapes.fact import Fact
from auditor.shapes.registry import op


@op("Halve", domain="house")
def halve(x: Fact) -> Fact:
    rows, columns = x.shape
    return x.shaped(rows, columns // 2)
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "house.py").write_text(HALVE)
    (tmp_path / "auditor.toml").write_text('run = false\noperators = "house.py"\n')
    (tmp_path / "model.onnx").write_bytes(onnx.parser.parse_model(MODEL).SerializeToString())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_named_configuration_brings_operators(process: Process, house: Path) -> None:
    call = process("check", "--config", "auditor.toml", "--format", "json", "--no-store", "model.onnx")
    assert json.loads(call.stdout)["outputs"] == [{"name": "y", "dtype": "float32", "shape": ["N", 4]}]


def test_a_configuration_that_lay_on_the_way_runs_no_code(process: Process, house: Path) -> None:
    (house / "house.py").write_text("raise SystemExit(99)\n")
    call = process("check", "--no-store", "model.onnx")
    assert call.returncode == 2
    assert "auditor.toml:2:1: operators names code to run" in call.stderr and "--config auditor.toml" in call.stderr


def test_a_file_that_cannot_be_imported_is_one_line(process: Process, house: Path) -> None:
    (house / "wrong.py").write_text("import nobody_has_this\n")
    (house / "auditor.toml").write_text('operators = ["wrong.py"]\n')
    call = process("check", "--config", "auditor.toml", "--no-store", "model.onnx")
    assert call.returncode == 2
    assert "wrong.py cannot be imported: ModuleNotFoundError" in call.stderr and "Traceback" not in call.stderr
