"""``auditor.testing``: a failure shows the findings, and the plugin costs other test runs nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import onnx
import pytest

import auditor
from auditor.policy.policy import Policy
from auditor.testing import assert_sound

from .test_api import NAN, STATIC, proto


def test_a_sound_model_gives_its_report() -> None:
    report = assert_sound(proto(NAN.replace("nan", "4")), STATIC)
    assert report.findings == ()


def test_a_failure_shows_what_was_found() -> None:
    with pytest.raises(AssertionError, match=r"FAIL  <in memory>  1 error\n\nerror  nan-weights  Add\[1\]"):
        assert_sound(proto(), STATIC)
    assert assert_sound(proto(), STATIC, Policy(ignore=frozenset({"nan-weights"}))).findings == ()


def test_what_was_asked_for_and_not_looked_at_fails() -> None:
    with pytest.raises(AssertionError, match="INCONCLUSIVE"):
        assert_sound(proto(NAN.replace("nan", "4")), STATIC, Policy(required=frozenset({"run"})))


def test_the_plugin_in_a_test_run(tmp_path: Path) -> None:
    onnx.save(proto(), str(tmp_path / "bad.onnx"))
    onnx.save(proto(NAN.replace("nan", "4")), str(tmp_path / "good.onnx"))
    (tmp_path / "test_models.py").write_text(
        "import auditor\n"
        "STATIC = auditor.Settings(run=False)\n"
        "def test_good(assert_sound): assert_sound('good.onnx', STATIC)\n"
        "def test_bad(assert_sound): assert_sound('bad.onnx', STATIC)\n"
    )
    installed = any(entry.value == "auditor.testing.plugin" for entry in entry_points(group="pytest11"))
    named = [] if installed else ["-p", "auditor.testing.plugin"]  # from a checkout that was not installed
    command = [sys.executable, "-m", "pytest", "-q", *named, "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in done.stdout
    assert "nan-weights" in done.stdout and "'w', used by Add[1], is NaN in 1 of 4 elements" in done.stdout
    assert "judgement" not in done.stdout  # the call is shown, and not what is inside of it


def test_the_plugin_is_light() -> None:
    """Every test run beside an installed auditor imports it."""
    code = (
        "import sys, pytest; before = set(sys.modules); import auditor.testing.plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["auditor", "auditor.testing", "auditor.testing.plugin"]


def test_pytest_finds_the_plugin() -> None:
    import tomllib

    project = tomllib.loads((Path(auditor.__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"auditor": "auditor.testing.plugin"}
