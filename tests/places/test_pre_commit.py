"""The hook, installed and run by pre-commit itself: a commit that holds a broken model is refused."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml
from junitparser import JUnitXml

from .conftest import ALEXNET_224, LENET, Shell

pytest.importorskip("pre_commit")

PRE_COMMIT = f'"{sys.executable}" -m pre_commit'


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the virtual environments that it makes."""
    return tmp_path_factory.mktemp("pre-commit")


class Project:
    """Somebody's repository, in which the hook is installed."""

    def __init__(self, folder: Path, shell: Shell, cache: Path, hooks: Path) -> None:
        self.folder, self._shell, self._cache = folder, shell, cache
        self._revision = shell("git rev-parse HEAD", cwd=hooks).stdout.strip()
        self._hooks = hooks
        self.database = folder.with_name(f"{folder.name}.db")
        self.configure()
        self.run(f"git init -q && {PRE_COMMIT} install")

    def configure(self, **more: object) -> None:
        hook = {"id": "auditor-check", **more}
        config = {"repos": [{"repo": str(self._hooks), "rev": self._revision, "hooks": [hook]}]}
        (self.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))

    def run(self, script: str) -> CompletedProcess[str]:
        return self._shell(script, cwd=self.folder, PRE_COMMIT_HOME=str(self._cache), AUDITOR_DB=str(self.database))

    def commit(self) -> CompletedProcess[str]:
        return self.run("git add . && git commit -m models")


@pytest.fixture
def project(tmp_path: Path, shell: Shell, cache: Path, repository: Path) -> Project:
    return Project(tmp_path, shell, cache, repository)


def test_a_broken_model_is_not_committed(project: Project) -> None:
    shutil.copy(LENET, project.folder / "good one.onnx")
    (project.folder / "model.onnx.txt").write_text("no model")
    done = project.commit()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stderr

    broken = project.folder / "broken one.onnx"
    shutil.copy(ALEXNET_224, broken)
    done = project.commit()
    assert done.returncode == 1
    assert "Failed" in done.stderr and "exit code: 1" in done.stderr
    assert "FAIL  broken one.onnx  1 error" in done.stderr
    assert "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400" in done.stderr
    assert "good one" not in done.stderr  # it is not in this commit
    assert project.run("git log --oneline").stdout.count("\n") == 1

    broken.unlink()
    (project.folder / "README").write_text("no model at all")
    done = project.commit()
    assert done.returncode == 0
    assert "Skipped" in done.stderr  # no files to check


def test_all_names_go_to_one_process(project: Project) -> None:
    names = [f"{i}.onnx" for i in range(30)]
    for name in names:
        shutil.copy(LENET, project.folder / name)
    project.configure(args=["-o", "junit:report.xml"])
    done = project.commit()
    assert done.returncode == 0, done.stdout + done.stderr
    suites = JUnitXml.fromfile(str(project.folder / "report.xml"))
    assert {suite.name for suite in suites} == set(names)


def test_nothing_of_it_is_stored(project: Project) -> None:
    shutil.copy(LENET, project.folder)
    assert project.commit().returncode == 0
    assert not project.database.exists()


def test_it_runs_the_models_where_the_runtime_is_asked_for(project: Project) -> None:
    """LeNet with another golden vector beside it: only a run can tell."""
    lenet = project.folder / "lenet5"
    shutil.copytree(LENET.parent, lenet)
    shutil.copy(lenet / "test_data_set_0" / "input_0.pb", lenet / "test_data_set_0" / "output_0.pb")
    project.configure(additional_dependencies=["onnxruntime"])
    done = project.commit()
    assert done.returncode == 1
    assert "golden-mismatch" in done.stderr
