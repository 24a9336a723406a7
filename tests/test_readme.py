"""What the README says is so."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from auditor.cli.commands import SUMMARIES
from auditor.config.table import OPTIONS
from auditor.errors import ExitCode

from .readme import README, ROOT, made

TEXT = README.read_text(encoding="utf-8")


def shell_commands() -> list[str]:
    return re.findall(r"```sh\n(.*?)\n```", TEXT, re.DOTALL)


def test_its_made_parts_are_new() -> None:
    """`python -m tests.readme --update` makes them anew."""
    assert made(TEXT) == TEXT
    assert "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400" in TEXT


def test_its_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    monkeypatch.chdir(ROOT)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program, {})
    assert out.getvalue().splitlines() == re.findall(r"^print\(.*\)  # (.*)$", program, re.MULTILINE)


def test_its_commands_and_options_exist() -> None:
    options = {flag for row in OPTIONS.values() for spelled in row.flags for flag in spelled.split("/")}
    options |= {"--version", "--help", "--install-completion", "--show-completion"}
    named = set(re.findall(r"`auditor ([a-z]+)", TEXT))
    assert named == {name.split()[0] for name in SUMMARIES}
    told = re.sub(r"```.*?```|`python [^`]*`", "", TEXT, flags=re.DOTALL)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", told)) <= options
    assert set(re.findall(r"`(auditor db [a-z]+)", TEXT)) <= {f"auditor {name}" for name in SUMMARIES}


def test_its_exit_codes() -> None:
    table = TEXT.partition("## Exit codes")[2].partition("##")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {int(c) for c in ExitCode}


def test_ci_runs_its_test_command() -> None:
    tests = next(command for command in shell_commands() if "pytest" in command)
    assert tests in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_its_paths_exist() -> None:
    paths = re.findall(r"(?:sample_models|auditor|tests)/[\w./-]*", TEXT)
    assert paths
    assert [path for path in paths if not Path(ROOT / path).exists()] == []
