"""Files with holes: what is not stored is known to be zero, and is not read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from auditor.model.load import load
from auditor.weights import measure
from auditor.weights.measure import Statistics

BLOCK = 1 << 20


def sparse(folder: Path, dims: tuple[int, ...], parts: dict[int, Any], dtype: int = 1) -> tuple[Path, int]:
    """A model whose one tensor lies in a file of holes but for these parts, by their byte; and how much is stored."""
    tensor = onnx.TensorProto(name="w", data_type=dtype, dims=dims, data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w.bin")
    graph = onnx.GraphProto(name="g", initializer=[tensor])
    model = onnx.ModelProto(ir_version=8, graph=graph, opset_import=[onnx.OperatorSetIdProto(version=17)])
    width = 4 if dtype == 1 else 1
    with (folder / "w.bin").open("wb") as file:
        file.truncate(int(np.prod(dims)) * width)
        for at, data in parts.items():
            file.seek(at)
            file.write(data.tobytes())
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return folder / "m.onnx", (folder / "w.bin").stat().st_blocks * 512


def statistics(path: Path) -> Statistics:
    (found,) = measure(load(path)).values()
    return found


def has_holes(folder: Path) -> bool:
    with (folder / "probe").open("wb") as file:
        file.truncate(4 * BLOCK)
        try:
            os.lseek(file.fileno(), 0, os.SEEK_DATA)
        except OSError:
            return True
    return False


def test_a_hole_of_a_hundred_gigabytes_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_holes(tmp_path):
        pytest.skip("this file system tells no holes: set TMPDIR to one that does (ext4, xfs, btrfs, tmpfs)")
    dims = (1000, 25_000_000)
    path, _ = sparse(tmp_path, dims, {50_000_000_000: np.full(1000, 2.0, np.float32)})
    read = 0
    preadv = os.preadv

    def counting(fd: int, buffers: Any, at: int) -> int:
        nonlocal read
        got = preadv(fd, buffers, at)
        read += got
        return got

    monkeypatch.setattr(os, "preadv", counting)
    found = statistics(path)
    assert read <= 4 * BLOCK
    assert (found.min, found.max) == (0.0, 2.0)
    assert found.zeros == 25_000_000_000 - 1000
    assert found.mean == pytest.approx(2000 / 25e9)
    assert found.dead_channels == 999


@pytest.mark.parametrize("dims", [(64, 100_000), (8, 3, 100_000), (5_000_000,), (3, 700_001)])
def test_the_figures_are_those_of_the_whole(tmp_path: Path, dims: tuple[int, ...]) -> None:
    generator = np.random.default_rng(7)
    part = generator.standard_normal(300_000).astype(np.float32)
    path, _ = sparse(tmp_path, dims, {4 * 200_000: part, 4 * 1_200_000: part[:100]})
    whole = np.fromfile(tmp_path / "w.bin", np.float32).astype(np.float64).reshape(dims)
    found = statistics(path)
    assert (found.min, found.max) == (whole.min(), whole.max())
    assert found.zeros == int((whole == 0).sum())
    assert found.mean == pytest.approx(whole.mean(), rel=1e-5, abs=1e-9)
    assert found.std == pytest.approx(whole.std(), rel=1e-5)
    if len(dims) > 1:
        rows = whole.reshape(dims[0], -1)
        assert found.dead_channels == int((rows == 0).all(axis=1).sum())


def test_where_zero_bytes_are_no_zero_a_hole_is_read(tmp_path: Path) -> None:
    """float8e8m0 is a power of two: 00 means 2 to the power of -127."""
    path, _ = sparse(tmp_path, (1 << 20,), {}, dtype=24)
    found = statistics(path)
    assert (found.zeros, found.max) == (0, 2.0**-127)


def test_integers_around_a_hole(tmp_path: Path) -> None:
    path, _ = sparse(tmp_path, (2_000_000,), {500_000: np.full(1000, -3, np.int8)}, dtype=3)
    found = statistics(path)
    assert (found.min, found.max, found.zeros) == (-3.0, 0.0, 2_000_000 - 1000)
    assert found.mean == -3000 / 2_000_000
