"""The GitHub action that comments a pull request: its own commands, in a repository with two commits."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import onnx
import onnx.parser
import pytest
import yaml

from tests.readme import blocks

from .conftest import ROOT, Shell

ACTIONS = ROOT / ".github" / "actions"
ACTION: dict[str, Any] = yaml.safe_load((ACTIONS / "diff" / "action.yml").read_text(encoding="utf-8"))
INSTALL, COMPARE, COMMENT, EXIT = ACTION["runs"]["steps"]
TEXT = """<ir_version: 8, opset_import: ["" : 17]>
g (float[N, 4] x) => (float[N, 4] y) { [soft] y = Softmax <axis = 1> (x) }"""


class Compared(NamedTuple):
    code: int
    verdict: str
    exit_code: str
    summary: str
    log: str


Compare = Callable[..., Compared]


def _write(path: Path, text: str = TEXT) -> None:
    onnx.save(onnx.parser.parse_model(text), path)


@pytest.fixture
def workspace(tmp_path: Path, shell: Shell) -> Path:
    """A checkout whose first commit has two models."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    _write(folder / "a b.onnx")
    _write(folder / "gone.onnx")
    assert shell("git init -q . && git add -A && git commit -q -m first", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def compare(tmp_path: Path, workspace: Path, shell: Shell) -> Compare:
    """Commits what is there, and runs the step that compares."""
    temp = tmp_path / "runner temp"
    tool = temp / "auditor" / "bin" / "auditor"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}:$PYTHONPATH" exec "{sys.executable}" -m auditor "$@"\n')
    tool.chmod(0o755)
    output, summary = tmp_path / "output", tmp_path / "summary.md"

    def run(**env: str) -> Compared:
        done = shell("git add -A && git commit -q --allow-empty -m next && git rev-parse HEAD~1", cwd=workspace)
        assert done.returncode == 0, done.stderr
        output.touch()
        summary.touch()
        said = {"FAIL_ON": "breaking", "ARGS": "--no-run", "BASE": done.stdout.strip(), **env}
        done = shell(
            COMPARE["run"], cwd=workspace, RUNNER_TEMP=str(temp), GITHUB_OUTPUT=str(output),
            GITHUB_STEP_SUMMARY=str(summary), CI="true", **said,
        )  # fmt: skip
        found = {m[1]: m[3] for m in re.finditer(r"^(\w+)<<(\S+)\n(.*?)\n\2$", output.read_text(), re.DOTALL | re.M)}
        return Compared(
            done.returncode, found["verdict"], found["code"], summary.read_text(encoding="utf-8"), done.stderr
        )

    return run


def test_a_model_that_behaves_otherwise(compare: Compare, workspace: Path) -> None:
    _write(workspace / "a b.onnx", TEXT.replace("axis = 1", "axis = 0"))
    (workspace / "gone.onnx").unlink()
    _write(workspace / "new.onnx")
    found = compare()
    assert (found.code, found.verdict, found.exit_code, found.log) == (0, "pass", "0", "")
    assert found.summary.startswith("<!-- auditor diff -->\n### ⚠️ Behaviour changed\n")
    assert "axis" in found.summary
    assert found.summary.endswith("ONNX models added: 1, removed: 1\n")
    assert sorted(path.name for path in workspace.iterdir()) == [".git", "a b.onnx", "new.onnx"]


def test_fail_on(compare: Compare, workspace: Path) -> None:
    _write(workspace / "a b.onnx", TEXT.replace("axis = 1", "axis = 0"))
    found = compare(FAIL_ON="behaviour")
    assert (found.code, found.verdict, found.exit_code) == (0, "fail", "1"), "the comment comes before the end"


def test_nothing_changed(compare: Compare) -> None:
    assert compare()[:4] == (0, "nothing", "0", "")


def test_what_is_no_model_any_more(compare: Compare, workspace: Path) -> None:
    (workspace / "gone.onnx").write_text("nothing of that kind")
    found = compare()
    assert (found.verdict, found.exit_code) == ("fail", "1")
    assert "### A model could not be compared: the log says why" in found.summary
    assert "not an ONNX model" in found.log


def test_the_comment_is_made_once_and_then_written_anew(tmp_path: Path, shell: Shell) -> None:
    """``gh`` stands for GitHub's client: it writes down what it is called with, and answers with a comment's number."""
    tools = tmp_path / "tools"
    tools.mkdir()
    calls = tmp_path / "calls"
    for known in ("", "7"):
        (tools / "gh").write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{calls}"\n[ "$2" != --paginate ] || echo "{known}"\n'
        )
        (tools / "gh").chmod(0o755)
        done = shell(
            f'PATH="{tools}:$PATH"\n' + COMMENT["run"], cwd=tmp_path, NUMBER="5", MARKDOWN="m.md",
            GITHUB_REPOSITORY="o/r", GH_TOKEN="t",
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    said = [line for line in calls.read_text().splitlines() if "--method" in line]
    assert said == [
        "api --silent --method POST repos/o/r/issues/5/comments --field body=@m.md",
        "api --silent --method PATCH repos/o/r/issues/comments/7 --field body=@m.md",
    ]
    (tools / "gh").write_text("#!/bin/sh\nexit 1\n")
    done = shell(
        f'PATH="{tools}:$PATH"\n' + COMMENT["run"], cwd=tmp_path, NUMBER="5", MARKDOWN="m.md",
        GITHUB_REPOSITORY="o/r", GH_TOKEN="t",
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.startswith("::warning::")


def test_it_is_installed_as_the_other_action_is() -> None:
    other = yaml.safe_load((ACTIONS / "audit" / "action.yml").read_text(encoding="utf-8"))
    assert other["runs"]["steps"][0] == INSTALL
    assert EXIT["run"] == 'exit "$CODE"'


def test_no_input_is_a_part_of_a_script() -> None:
    assert not [step["name"] for step in ACTION["runs"]["steps"] if "${{" in step["run"]]


def test_the_page_says_what_the_action_has() -> None:
    (block,) = blocks((ROOT / "docs" / "diff.md").read_text(encoding="utf-8"), "yaml")
    job = yaml.safe_load(block)
    checkout, diff = job["steps"]
    assert "OWNER/REPOSITORY/.github/actions/diff@" in diff["uses"]
    assert set(diff["with"]) <= set(ACTION["inputs"])
    assert job["permissions"]["pull-requests"] == "write"
    assert checkout["uses"].startswith("actions/checkout@")
