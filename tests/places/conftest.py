"""Where gates live: a machine without a network, which has what the virtual environment of the tests has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.installed import package_folders
from tests.pace import HANG

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_models"
LENET = SAMPLES / "lenet5" / "lenet5.onnx"
ALEXNET_224 = SAMPLES / "broken" / "alexnet_224.onnx"

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment in which `pip install` of this repository works for real, and asks nobody.

    PYTHONPATH shows every new virtual environment what is installed here: pip finds all that auditor needs there, and
    hatchling to build it. An editable auditor does not show: the .pth files of PYTHONPATH are not read.
    """
    home = tmp_path_factory.mktemp("home")
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # its python3 fits those packages
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        "AUDITOR_DB": str(home / "reports.db"),
        "PYTHONPATH": os.pathsep.join(package_folders()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads the word for the option it negates: 0 is without isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.fixture(scope="session")
def shell(machine: Mapping[str, str]) -> Shell:
    """Runs a script as CI services do: bash, which stops at the first command that fails."""

    def run(script: str, *arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script, "script", *arguments]
        return subprocess.run(
            command, cwd=cwd, env={**machine, **env}, capture_output=True, text=True, timeout=HANG, check=False
        )

    return run


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> Path:
    """This repository as others get it: what is here now, committed."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    copy = tmp_path_factory.mktemp("repository")
    for name in ("auditor", "migrations"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, copy)
    done = shell("git init -q && git add . && git commit -q -m all", cwd=copy)
    assert done.returncode == 0, done.stderr
    return copy
