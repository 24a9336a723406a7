"""Golden vectors: ONNX's own, read by our reader and run; and files that are no such vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from auditor.runtime.golden import vectors_beside
from auditor.runtime.outcome import GoldenResult, Run
from auditor.runtime.parent import run
from auditor.runtime.request import Request
from auditor.runtime.tensors import CannotRead, read_tensor

from .conftest import Write

DATA = Path(onnx.__file__).parent / "backend/test/data"
ONNX = [
    "simple/test_single_relu_model", "simple/test_sign_model", "simple/test_expand_shape_model1",
    "pytorch-converted/test_Conv2d_dilated", "pytorch-converted/test_MaxPool3d_stride_padding",
    "pytorch-converted/test_Embedding", "pytorch-operator/test_operator_conv", "pytorch-operator/test_operator_lstm",
]  # fmt: skip


def results(model: str | Path) -> tuple[GoldenResult, ...]:
    outcome = run(Request(str(model), golden=vectors_beside(model)))
    assert isinstance(outcome, Run), outcome
    return outcome.golden


@pytest.mark.parametrize("name", [n for n in ONNX if (DATA / n / "model.onnx").exists()])
def test_onnx_own_vectors(name: str) -> None:
    (result,) = results(DATA / name / "model.onnx")
    assert result.equal, result
    assert result.comparisons


def save(folder: Path, **tensors: np.ndarray | TensorProto | bytes) -> Path:
    vectors = folder / "test_data_set_0"
    vectors.mkdir(exist_ok=True)
    for name, value in tensors.items():
        if isinstance(value, np.ndarray):
            value = numpy_helper.from_array(value)
        data = value if isinstance(value, bytes) else value.SerializeToString()
        (vectors / f"{name}.pb").write_bytes(data)
    return vectors


ADD = "add (float[N] x, float[N] b) => (float[N] y) { y = Add (x, b) }"
ONE = np.ones(3, np.float32)


def test_a_difference_is_told(write: Write, tmp_path: Path) -> None:
    path = write(ADD)
    save(tmp_path, input_0=ONE, input_1=ONE, output_0=np.array([2, 2, 2.5], np.float32))
    (result,) = results(path)
    assert result.differs
    assert (
        result.line(1e-3, 1e-5) == "test_data_set_0: y differs: value at [2]: expected 2.5, got 2.0, at most 0.5 apart"
    )


def test_inputs_are_found_by_name(write: Write, tmp_path: Path) -> None:
    path = write("sub (float[N] x, float[N] b) => (float[N] y) { y = Sub (x, b) }")
    b, x = numpy_helper.from_array(ONE, "b"), numpy_helper.from_array(3 * ONE, "x")
    save(tmp_path, input_0=b, input_1=x, output_0=2 * ONE)
    assert results(path)[0].equal


def test_what_cannot_be_run_says_why(write: Write, tmp_path: Path) -> None:
    path = write(ADD)
    vectors = save(tmp_path, input_0=ONE, output_0=ONE)
    (result,) = results(path)
    assert not result.equal
    assert "b" in result.failed
    save(tmp_path, input_1=b"\x08\x03\x10\x01J\xff", input_2=ONE)
    assert "TensorProto" in results(path)[0].failed
    (vectors / "input_2.pb").unlink()
    (vectors / "input_1.pb").unlink()
    (vectors / "input_1.pb").mkdir()
    assert "b" in results(path)[0].failed


def test_more_outputs_than_the_model_has(write: Write, tmp_path: Path) -> None:
    path = write(ADD)
    save(tmp_path, input_0=ONE, input_1=ONE, output_0=2 * ONE, output_1=ONE)
    (result,) = results(path)
    assert (result.equal, result.differs) == (False, False)
    assert [c.why for c in result.comparisons] == ["", "the model has no such output"]


def test_a_sequence_is_not_compared(write: Write, tmp_path: Path) -> None:
    path = write("seq (float[4] x) => (seq(float[2]) y) { y = SplitToSequence <axis = 0> (x) }")
    sequence = numpy_helper.from_list([ONE, ONE])
    save(tmp_path, input_0=np.ones(4, np.float32), output_0=sequence.SerializeToString())
    (result,) = results(path)
    assert [c.why for c in result.comparisons] == ["a seq(tensor(float)) is not compared"]


def test_only_plain_files_in_plain_folders_are_taken(write: Write, tmp_path: Path) -> None:
    path = write(ADD)
    vectors = save(tmp_path, input_0=ONE, output_0=ONE)
    (tmp_path / "secret").write_bytes(b"the canary")
    (vectors / "input_1.pb").symlink_to(tmp_path / "secret")
    os.mkfifo(vectors / "output_1.pb")
    (vectors / "notes.txt").write_text("")
    (tmp_path / "test_data_set_1").symlink_to(vectors)
    (tmp_path / "test_data_set_2").mkdir()
    (one,) = vectors_beside(path)
    assert one.name == "test_data_set_0"
    assert [Path(p).name for p in (*one.inputs, *one.outputs)] == ["input_0.pb", "output_0.pb"]


def test_no_vectors(tmp_path: Path) -> None:
    assert vectors_beside(tmp_path / "nowhere" / "model.onnx") == ()


def test_files_are_in_the_order_of_their_numbers(write: Write, tmp_path: Path) -> None:
    save(tmp_path, output_0=ONE, **{f"input_{i}": ONE for i in range(12)})
    (one,) = vectors_beside(write(ADD))
    assert [Path(p).name for p in one.inputs] == [f"input_{i}.pb" for i in range(12)]
    (few,) = vectors_beside(tmp_path / "model.onnx", inputs=2, outputs=1)
    assert [Path(p).name for p in few.inputs] == ["input_0.pb", "input_1.pb", "input_2.pb"]


TYPED: dict[TensorProto.DataType, Sequence[Any]] = {
    TensorProto.FLOAT: [0.0, -1.5, 3e38], TensorProto.DOUBLE: [1e300, -0.5], TensorProto.INT32: [-(2**31), 5, 300],
    TensorProto.INT64: [-(2**63), 2**63 - 1, 0], TensorProto.UINT64: [2**64 - 1, 1], TensorProto.UINT32: [2**32 - 1, 7],
    TensorProto.INT8: [-128, 127], TensorProto.UINT8: [0, 255], TensorProto.INT16: [-32768],
    TensorProto.UINT16: [65535], TensorProto.BOOL: [True, False], TensorProto.FLOAT16: [1.5, -2.0],
    TensorProto.COMPLEX64: [1 + 2j, -3j], TensorProto.COMPLEX128: [1 + 2j], TensorProto.STRING: [b"a", "é".encode()],
}  # fmt: skip


@pytest.mark.parametrize("dtype", TYPED, ids=TensorProto.DataType.Name)
@pytest.mark.parametrize("raw", [False, True])
def test_tensors_are_read_as_onnx_reads_them(dtype: TensorProto.DataType, raw: bool) -> None:
    if raw and dtype == TensorProto.STRING:
        pytest.skip("strings have no raw form: onnx.proto, TensorProto.string_data")
    tensor = helper.make_tensor("t", dtype, [len(TYPED[dtype])], TYPED[dtype])
    truth = numpy_helper.to_array(tensor)
    if raw:
        tensor = numpy_helper.from_array(truth, "t")
    read = read_tensor(tensor.SerializeToString())
    assert (read.name, read.dtype) == ("t", dtype)
    np.testing.assert_array_equal(read.array, truth)


@pytest.mark.parametrize("dtype", [TensorProto.BFLOAT16, TensorProto.FLOAT8E4M3FN])
def test_stand_ins_are_read_bit_by_bit(dtype: int) -> None:
    tensor = helper.make_tensor("t", dtype, [2], [1.5, -2.0])
    truth = numpy_helper.to_array(tensor)
    np.testing.assert_array_equal(read_tensor(tensor.SerializeToString()).array, truth.view(f"u{truth.itemsize}"))


@pytest.mark.parametrize("shape", [(), (0, 3), (2, 1, 2)])
def test_shapes_are_read(shape: tuple[int, ...]) -> None:
    array = np.ones(shape, np.float32)
    np.testing.assert_array_equal(read_tensor(numpy_helper.from_array(array).SerializeToString()).array, array)


BROKEN = {
    "cut": b"\x4a\x10abc",
    "bad tag": b"\x0b",
    "endless varint": b"\x08" + b"\xff" * 11,
    "too few bytes": b"\x08\x05\x10\x01\x4a\x04abcd",
    "odd bytes": b"\x08\x01\x10\x01\x4a\x03abc",
    "cut numbers": b"\x08\x01\x10\x07\x3a\x01\xff",
    "no such type": b"\x08\x01\x10\x63\x4a\x01a",
    "data elsewhere": b"\x08\x01\x10\x01\x70\x01",
    "a negative size": b"\x08" + b"\xff" * 9 + b"\x01\x08\x02\x10\x01",
    "a monstrous size": b"\x08\xff\xff\xff\xff\xff\xff\x0f\x10\x01",
    "half a float": b"\x08\x01\x10\x01\x22\x03abc",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_tensors_are_one_clear_error(kind: str) -> None:
    with pytest.raises(CannotRead, match=r"tensor|TensorProto"):
        read_tensor(BROKEN[kind])
