"""The command line as a user has it, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.pace import HANG

SAMPLES = Path(__file__).parents[2] / "sample_models"
LENET = str(SAMPLES / "lenet5" / "lenet5.onnx")
ALEXNET_224 = str(SAMPLES / "broken" / "alexnet_224.onnx")
NAN = str(SAMPLES / "broken" / "nan_weights.onnx")


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))


@pytest.fixture
def auditor(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command line in this process."""
    from auditor.cli.app import run

    def call(*arguments: str) -> Said:
        code = run(arguments)
        captured = capsys.readouterr()
        return Said(int(code), captured.out, captured.err)

    return call


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command line in a process of its own."""

    def call(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **options.pop("env", {})}
        command = [sys.executable, "-m", "auditor", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=HANG, env=env, **options)

    return call
