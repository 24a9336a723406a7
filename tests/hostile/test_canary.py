"""A file outside the model's folder is never opened, by whatever road the model leads there, with a run or without."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.forked import call

from .tensors import external
from .watching import watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


def up(folder: Path, canary: Path) -> Path:
    return external(folder, location="../canary.bin")


def up_and_down(folder: Path, canary: Path) -> Path:
    return external(folder, location=f"../{folder.name}/../canary.bin")


def absolute(folder: Path, canary: Path) -> Path:
    return external(folder, location=str(canary))


def link(folder: Path, canary: Path) -> Path:
    (folder / "weights.bin").symlink_to(canary)
    return external(folder)


def relative_link(folder: Path, canary: Path) -> Path:
    (folder / "weights.bin").symlink_to("../canary.bin")
    return external(folder)


def linked_folder(folder: Path, canary: Path) -> Path:
    (folder / "sub").symlink_to("..")
    return external(folder, location="sub/canary.bin")


def linked_model_and_data(folder: Path, canary: Path) -> Path:
    """onnxruntime takes linked data where the model is a link, too."""
    external(folder, "real.onnx")
    (folder / "model.onnx").symlink_to("real.onnx")
    (folder / "weights.bin").symlink_to(canary)
    return folder / "model.onnx"


def false_cache(folder: Path, canary: Path) -> Path:
    """A cache whose blob is a link out of it."""
    snapshot, blob = folder / "snapshots" / "main", folder / "blobs" / ("b" * 64)
    snapshot.mkdir(parents=True)
    blob.parent.mkdir()
    blob.symlink_to(canary)
    (snapshot / "weights.bin").symlink_to(f"../../blobs/{blob.name}")
    return external(snapshot)


ROADS = (up, up_and_down, absolute, link, relative_link, linked_folder, linked_model_and_data, false_cache)


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.__name__)
def test_the_canary_lives(road: Callable[[Path, Path], Path], tmp_path: Path) -> None:
    folder, canary = tmp_path / "model", tmp_path / "canary.bin"
    folder.mkdir()
    canary.write_bytes(bytes(16))
    path = road(folder, canary)
    with watched(canary) as watch:
        ended = call("check", "--format", "json", "--no-store", "--timeout", "5", str(path))
        assert not watch.touched
    assert ended.status == 1
    assert "unreadable-external-data" in {finding["rule"] for finding in ended.report["findings"]}


def test_the_watch_sees(tmp_path: Path) -> None:
    """Data that may be read is read, and the watch tells."""
    (tmp_path / "weights.bin").write_bytes(bytes(16))
    with watched(tmp_path / "weights.bin") as watch:
        assert not watch.touched
        call("check", "--format", "json", "--no-store", "--no-run", str(external(tmp_path)))
        assert watch.touched
