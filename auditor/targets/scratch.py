"""A release of onnxruntime in a folder of its own, fetched with pip and kept in the user's cache.

Nothing of it is imported here: a child process that finds it first on its path runs models with it. pip runs without
the packages' own code (wheels alone), and never writes anywhere but into the cache.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_SECONDS = 300  # for pip to fetch and unpack both
_MOST_BYTES = 1 << 30  # of a folder; the largest release until now takes 70 MB with NumPy
_OLD_NUMPY = (1, 19)  # releases before were built for NumPy 1


class NotInstalled(Exception):
    """A release that could not be had, and why, in one line."""


def environment(version: str) -> Path:
    """The folder of a release in the user's cache, installed if it is not there yet. Raises `NotInstalled`."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return installed(version, Path(root) / "auditor" / "runtimes")


def installed(version: str, below: Path) -> Path:
    """The folder of a release below another one. Raises `NotInstalled`."""
    folder = below / f"onnxruntime-{version}-py{sys.version_info.major}{sys.version_info.minor}"
    if folder.is_dir():
        return folder
    made = folder.with_name(f"{folder.name}.{os.getpid()}")  # moved when it is whole: two may do this at once
    try:
        below.mkdir(parents=True, exist_ok=True)
        _pip(made, version)
        size = sum(file.stat().st_size for file in made.rglob("*") if file.is_file())
        if size > _MOST_BYTES:
            raise NotInstalled(f"onnxruntime {version} takes {size:,} bytes, and a target may take {_MOST_BYTES:,}")
        made.rename(folder)
    except OSError as error:
        if not folder.is_dir():
            raise NotInstalled(f"onnxruntime {version} could not be installed: {error.strerror or error}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def _pip(folder: Path, version: str) -> None:
    old = tuple(map(int, version.split(".")[:2])) < _OLD_NUMPY
    asked = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile",
        "--no-deps", "--only-binary", ":all:", "--target", os.fspath(folder),
        f"onnxruntime=={version}", "numpy<2" if old else "numpy>=2",
    ]  # fmt: skip
    try:
        done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"pip did not fetch onnxruntime {version} within {_SECONDS} seconds") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")] or done.stderr.splitlines()
        why = lines[-1].removeprefix("ERROR: ") if lines else f"it ended with {done.returncode}"
        raise NotInstalled(f"pip could not fetch onnxruntime {version}: {why}")
