"""Files that are read once: their hashes are those of all bytes, and the statistics those of a reading of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from auditor.files import FileLook
from auditor.model.load import load
from auditor.weights import Key, measure
from auditor.weights.integers import BLOCK
from auditor.weights.once import BecameShorter, MeasuredFile, ReadOnce, own_look, read_once
from auditor.weights.scan import Scanner

DATA = "weights.bin"
FLOATS = 3 * BLOCK + 5  # several blocks, and a piece of one
EXTERNAL = {  # type, dims, offset: in no order, with gaps, one of them a range that two share
    "far": (TensorProto.FLOAT, [FLOATS], 1 << 21),
    "near": (TensorProto.INT8, [7, 1000], 3),
    "halves": (TensorProto.FLOAT16, [300, 400], 1 << 19),
    "again": (TensorProto.FLOAT16, [300, 400], 1 << 19),
    "nibbles": (TensorProto.INT4, [3, 5], 20_000),
    "tiny": (TensorProto.DOUBLE, [2], 30_000),
    "across": (TensorProto.INT8, [2000], 5000),  # begins within `near`
}
LATER = {"across"}  # is left to whoever reads on


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights in a data file, with a hole, and three in the model's own: raw, packed floats, varints."""
    folder = tmp_path_factory.mktemp("once")
    numbers = np.random.default_rng(5).normal(size=FLOATS).astype(np.float32)
    data = bytearray(np.random.default_rng(6).integers(0, 120, 1 << 20, np.uint8).tobytes())
    with (folder / DATA).open("wb") as file:
        file.write(data)
        file.seek(1 << 21)
        file.write(numbers.tobytes())
        file.write(b"behind all tensors")
    own = numpy_helper.from_array(numbers[:70_000].reshape(70, 1000), "own")
    packed = helper.make_tensor("packed", TensorProto.FLOAT, [2000], numbers[:2000])
    varints = helper.make_tensor("varints", TensorProto.INT64, [1000], range(1000))
    tensors = [own, packed, varints]
    for name, (dtype, dims, offset) in EXTERNAL.items():
        tensor = TensorProto(name=name, data_type=dtype, dims=dims, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", DATA), ("offset", offset)):
            tensor.external_data.add(key=key, value=str(value))
        tensors.append(tensor)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", ends[:1], ends[1:], tensors)
    (folder / "model.onnx").write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )
    return folder / "model.onnx"


@contextmanager
def opened(path: Path) -> Iterator[tuple[int, os.stat_result]]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor, os.fstat(descriptor)
    finally:
        os.close(descriptor)


def once(path: Path, location: str, threads: int = 1) -> ReadOnce:
    with opened(path.with_name(location or path.name)) as (descriptor, found):
        return read_once(descriptor, found.st_size, load(path), location, threads)


def measured(path: Path, location: str) -> MeasuredFile:
    with opened(path.with_name(location or path.name)) as (_, found):
        look = FileLook.from_status(found)
    return MeasuredFile(own_look(load(path)), look, once(path, location).statistics)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("location", ["", DATA])
def test_a_file_is_hashed_and_measured_by_one_reading(path: Path, location: str, threads: int) -> None:
    file = path.with_name(location or path.name)
    alone = measure(load(path))
    assert alone.missed == ()
    by_number = dict(enumerate(alone))
    with opened(file) as (descriptor, found):
        read, preadv = list[int](), os.preadv
        with pytest.MonkeyPatch.context() as patched:

            def counted(fd: int, buffers: list[memoryview], at: int) -> int:
                got = preadv(fd, buffers, at)
                read.append(got)
                return got

            patched.setattr(os, "preadv", counted)
            seen = read_once(descriptor, found.st_size, load(path), location, threads)
    assert seen.sha256 == sha256(file.read_bytes()).hexdigest()
    assert sum(read) == found.st_size
    assert {by_number[n].tensor for n in seen.statistics} == (set(EXTERNAL) - LATER if location else {"own", "packed"})
    assert all(statistics == alone[by_number[n]] for n, statistics in seen.statistics.items())


def test_what_was_measured_before_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {location: measured(path, location) for location in ("", DATA)}
    alone = dict(measure(load(path)))
    scanned, scan = list[tuple[int, ...]](), Scanner.scan

    def heard(scanner: Scanner, seen: object, dims: tuple[int, ...], fill: object) -> object:
        scanned.append(dims)
        return scan(scanner, seen, dims, fill)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(Scanner, "scan", heard)
    assert dict(measure(load(path), before=before)) == alone
    assert sorted(scanned) == [(1000,), (2000,)]  # varints, and what lies across another tensor


def test_a_file_that_is_another_one_by_now_is_read_anew(path: Path, tmp_path: Path) -> None:
    model, data = tmp_path / "model.onnx", tmp_path / DATA
    for name in (model, data):
        name.write_bytes(path.with_name(name.name).read_bytes())
    before = {location: measured(model, location) for location in ("", DATA)}
    changed = bytearray(data.read_bytes())
    changed[(1 << 21) : (1 << 21) + 4] = np.float32(np.nan).tobytes()
    data.write_bytes(changed)  # of the same length, and perhaps at the same tick
    found = os.stat(data)
    os.utime(data, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert measure(load(model), before=before)[Key("", "far")].nan == 1
    before = {location: measured(model, location) for location in ("", DATA)}
    other = onnx.load(model, load_external_data=False)
    other.graph.initializer[3].external_data[1].value = str((1 << 21) + 4)  # `far` begins an element later
    model.write_bytes(other.SerializeToString())
    found = os.stat(model)
    os.utime(model, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert measure(load(model), before=before)[Key("", "far")].nan == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_that_ends_too_early_is_an_error(path: Path, threads: int) -> None:
    with opened(path.with_name(DATA)) as (descriptor, found), pytest.raises(BecameShorter):
        read_once(descriptor, found.st_size + 1, load(path), DATA, threads)
