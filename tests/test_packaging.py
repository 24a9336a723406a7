"""The wheel and the source distribution: what is in them, and that a wheel works where nothing else of this is."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.installed import package_folders
from tests.pace import HANG

from .readme import pages

ROOT = Path(__file__).parents[1]
LENET = ROOT / "sample_models" / "lenet5" / "lenet5.onnx"


_ELSEWHERE = os.pathsep.join(
    path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and Path(path) != ROOT
)
"""What PYTHONPATH says, without this repository."""


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
        env={**os.environ, **env, "PYTHONPATH": _ELSEWHERE},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built offline, with the hatchling that is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_what_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert {"auditor/py.typed", "auditor/_migrations/env.py", "auditor/_migrations/versions/0001_reports.py"} <= names
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "auditor").rglob("*.py")}
    assert modules <= names
    for kind in ("*.[cj]s*", "*.html", "*.svg"):
        assert {str(path.relative_to(ROOT)) for path in (ROOT / "auditor").rglob(kind)} <= names
    assert not any(name.startswith(("tests/", "docs/", "sample_models/", "migrations/")) for name in names)
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    assert any("onnxruntime" in line and "extra == 'cpu'" in line for line in required)
    assert not any("onnxruntime" in line and "extra" not in line for line in required)


def test_the_source_distribution_has_every_page(tmp_path: Path) -> None:
    """And all that the tests need, which are in it too."""
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert set(pages()) <= names
    assert {".ci/run", ".pre-commit-hooks.yaml", "migrations/env.py", "tests/readme.py"} <= names


def test_installed_elsewhere_it_checks_and_stores(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, which sees what is installed here through a .pth file, and not this repository."""
    home, database = tmp_path / "venv", tmp_path / "reports.db"
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=tmp_path)
    packages = Path(
        run(home / "bin" / "python", "-c", "import site; print(site.getsitepackages()[0])", cwd=tmp_path).strip()
    )
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        packages,
        wheel,
        cwd=tmp_path,
    )
    # Behind the wheel in sys.path; the .pth files in there, an editable auditor's among them, are not read.
    (packages / "others.pth").write_text("".join(f"{folder}\n" for folder in package_folders()))
    python = home / "bin" / "python"
    where = run(python, "-c", "import auditor; print(auditor.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(packages)
    said = run(python, "-m", "auditor", "check", LENET, "--db", database, cwd=tmp_path)
    assert said.startswith("PASS")
    assert "golden test_data_set_0: equal" in said
    assert "pass" in run(python, "-m", "auditor", "history", LENET, "--db", database, cwd=tmp_path)
    assert "61,706 learnable" in run(python, "-m", "auditor", "show", "1", "--db", database, cwd=tmp_path)
    assert "up to date" in run(python, "-m", "auditor", "db", "upgrade", "--db", tmp_path / "new.db", cwd=tmp_path)
