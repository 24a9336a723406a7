"""The command line as a user has it, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import forked
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


def in_this_process(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command line, and tells what it said."""
    from auditor.cli.app import run

    def call(*arguments: str) -> Said:
        code = run(arguments)
        captured = capsys.readouterr()
        return Said(int(code), captured.out, captured.err)

    return call


@pytest.fixture
def auditor(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command line in this process."""
    return in_this_process(capsys)


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command line in a process of its own, forked from one that has imported auditor."""

    def call(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        ended = forked.call(*arguments, cwd=Path.cwd(), env=env)
        return subprocess.CompletedProcess(arguments, ended.status, ended.out, ended.err)

    return call


@pytest.fixture
def interpreter() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command line in an interpreter that starts for it."""

    def call(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "auditor", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=HANG, env={**os.environ, **(env or {})}, check=False
        )

    return call
