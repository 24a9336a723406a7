"""The snippets of docs/gates.md for GitLab and Jenkins, GitHub and pre-commit: their own commands."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from junitparser import Error, Failure, JUnitXml

from ..formats.test_sarif import VALIDATOR
from .conftest import ALEXNET_224, LENET, ROOT, Shell
from .snippets import blocks, yaml_with
from .test_action import ACTION

Service = Callable[[str, Path], tuple[Path, int]]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> Path:
    """What an image has: a Python, and pip beside it. The folder of both."""
    folder = tmp_path_factory.mktemp("image")
    assert shell("python3 -m venv .", cwd=folder).returncode == 0
    return folder / "bin"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, shell: Shell, image: Path, machine: Mapping[str, str], repository: Path
) -> Service:
    """Runs the lines of a job one behind the other, in its checkout with one model; the folder, and how it ended.

    The first line installs: that is done once in a checkout. The address names a commit, as the page says: pip keeps
    the wheel of one, and the second job need not build it.
    """
    commit = shell("git rev-parse HEAD", cwd=repository).stdout.strip()
    path = f"{image}:{machine['PATH']}"
    here = f"file://localhost{quote(str(repository))}@{commit}"  # pip before 24 wants a host
    checkouts: dict[str, Path] = {}

    def run(where: str, model: Path) -> tuple[Path, int]:
        install, *rest = JOBS[where]()
        assert "pip install" in install and rest
        if where not in checkouts:
            folder = tmp_path_factory.mktemp(where)
            done = shell(install, cwd=folder, PATH=path, AUDITOR=here)
            assert done.returncode == 0, done.stdout + done.stderr
            (folder / "models").mkdir()
            checkouts[where] = folder
        folder = checkouts[where]
        for report in folder.glob("auditor.*"):
            report.unlink()
        shutil.copy(model, folder / "models" / "net.onnx")
        done = shell("\n".join(rest), cwd=folder, PATH=path, AUDITOR=here)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return folder, done.returncode

    return run


def faults(report: Path) -> list[str]:
    """The messages of a JUnit report's failed cases, read by junitparser."""
    cases = [case for suite in JUnitXml.fromfile(str(report)) for case in suite]
    assert len(cases) > 50
    return [r.message for case in cases for r in case.result if isinstance(r, Failure | Error)]


JOBS: dict[str, Callable[[], list[str]]] = {
    "gitlab": lambda: yaml_with("audit")["audit"]["script"],
    "jenkins": lambda: re.findall(r"\bsh '(.*)'", blocks("groovy")[0]),
}


@pytest.mark.parametrize("where", JOBS)
def test_a_good_model_passes(service: Service, where: str) -> None:
    folder, code = service(where, LENET)
    assert code == 0
    assert faults(folder / "auditor.xml") == []
    assert VALIDATOR.is_valid(json.loads((folder / "auditor.sarif").read_text()))


@pytest.mark.parametrize("where", JOBS)
def test_a_broken_model_fails_and_its_report_is_there(service: Service, where: str) -> None:
    folder, code = service(where, ALEXNET_224)
    assert code == 1
    message, run = faults(folder / "auditor.xml")
    assert "onnxruntime does not load the model" in run  # for the same reason: what was not looked at is said
    assert "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400" in message
    (sarif,) = json.loads((folder / "auditor.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in sarif["results"]] == ["auditor/misfit-initializers"]


def test_the_services_read_the_files_that_the_commands_write() -> None:
    job = yaml_with("audit")["audit"]
    assert job["artifacts"] == {"when": "always", "paths": ["auditor.sarif"], "reports": {"junit": "auditor.xml"}}
    always = blocks("groovy")[0].partition("always")[2]
    assert "junit 'auditor.xml'" in always and "sarif(pattern: 'auditor.sarif')" in always


def test_the_github_steps_name_what_the_action_has() -> None:
    audit, upload = yaml_with("uses")
    assert "OWNER/REPOSITORY/.github/actions/audit@" in audit["uses"]
    assert (ROOT / ".github" / "actions" / "audit" / "action.yml").exists()
    assert set(audit["with"]) <= set(ACTION["inputs"])
    used = {name for text in (upload["if"], *upload["with"].values()) for name in re.findall(r"outputs\.(\w+)", text)}
    assert used and used <= set(ACTION["outputs"])


def test_the_pre_commit_hook_is_there() -> None:
    (repository,) = yaml_with("repos")["repos"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in hooks]
