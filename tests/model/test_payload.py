"""Where tensor data lies, what is wrong with it, and its values without NumPy."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from auditor.errors import CannotLook
from auditor.model import payload
from auditor.model.digest import content, structure
from auditor.model.graph import Model
from auditor.model.load import load, loads
from auditor.model.tensor import Tensor
from tests.pace import HANG, check_units, cpu_of

from . import samples
from .rewriting import field, tag, varint
from .samples import with_tensor


def only(data: bytes) -> tuple[Model, Tensor]:
    model = loads(data)
    return model, model.graph.initializers[0]


def raw(dtype: int, dims: list[int], length: int) -> bytes:
    head = b"".join(tag(1, 0) + varint(d) for d in dims) + tag(2, 0) + varint(dtype)
    return with_tensor(head + field(8, b"t") + field(9, b"\1" * length))


@pytest.mark.parametrize("dtype", sorted(set(TensorProto.DataType.values()) - {0, 8}))
@pytest.mark.parametrize("wrong", [-1, 1])
def test_raw_data_of_the_wrong_length(dtype: int, wrong: int) -> None:
    """The right lengths come from onnx's own packing."""
    proto = onnx.helper.make_tensor("t", dtype, [5], [1, 0, 1, 1, 0])
    right = len(numpy_helper.from_array(numpy_helper.to_array(proto)).raw_data)
    model, tensor = only(raw(dtype, [5], right + wrong))
    assert payload.trouble(model, tensor) == (payload.WrongLength(right, right + wrong, "bytes"),)
    assert payload.small(model, tensor) is None
    assert isinstance(payload.extent(model, tensor), payload.Absent)
    assert payload.trouble(*only(raw(dtype, [5], right))) == ()


@pytest.mark.parametrize(
    ("dtype", "number", "values", "expected"),
    [
        (1, 4, b"\0\0\x80\x3f" * 2, payload.WrongLength(3, 2, "values")),
        (11, 10, b"\0" * 32, payload.WrongLength(3, 4, "values")),
        (6, 5, b"\1\x80\1", payload.WrongLength(3, 2, "values")),
        (7, 7, b"\1\1\1\1", payload.WrongLength(3, 4, "values")),
        (13, 11, b"", payload.WrongLength(24, 0, "bytes")),
        (22, 5, b"\1\1\1", payload.WrongLength(2, 3, "values")),
        (14, 4, b"\0" * 12, payload.WrongLength(6, 3, "values")),
        (1, 7, b"\1\1\1", payload.WrongField(1, "int64_data")),
        (8, 9, b"abc", payload.WrongField(8, "raw_data")),
    ],
)
def test_typed_data_that_does_not_fit(dtype: int, number: int, values: bytes, expected: object) -> None:
    model, tensor = only(with_tensor(b"\x08\x03\x10" + varint(dtype) + field(number, values)))
    assert payload.trouble(model, tensor) == (expected,)
    assert payload.small(model, tensor) is None
    with pytest.raises(ValueError, match="cannot be read"):
        payload.array(model, tensor)


def test_strings_are_counted() -> None:
    model, tensor = only(with_tensor(b"\x08\x03\x10\x08" + field(6, b"a") + field(6, b"")))
    assert payload.trouble(model, tensor) == (payload.WrongLength(3, 2, "values"),)


def test_no_data_at_all() -> None:
    assert payload.trouble(*only(with_tensor(b"\x08\x03\x10\x01"))) == (payload.WrongLength(12, 0, "bytes"),)
    model, empty = only(with_tensor(b"\x08\x00\x10\x01"))
    assert payload.trouble(model, empty) == ()
    assert payload.small(model, empty) == ()
    assert payload.array(model, empty).shape == (0,)


def test_negative_dims_and_unknown_types() -> None:
    assert payload.trouble(*only(raw(1, [-1], 4))) == (payload.NegativeDims((-1,)),)
    assert payload.trouble(*only(raw(99, [1], 4))) == (payload.UnknownType(99),)
    assert payload.trouble(*only(raw(0, [1], 4))) == (payload.UnknownType(0),)


def test_two_data_fields() -> None:
    model, tensor = only(with_tensor(b"\x08\x01\x10\x01" + field(4, b"\0" * 4) + field(9, b"\0" * 4)))
    assert payload.trouble(model, tensor) == (payload.SeveralFields(("float_data", "raw_data")),)


def test_broken_packed_numbers() -> None:
    model, tensor = only(with_tensor(b"\x08\x01\x10\x07" + field(7, b"\x80")))
    (trouble,) = payload.trouble(model, tensor)
    assert isinstance(trouble, payload.BrokenData)


def test_small_is_bounded() -> None:
    model, tensor = only(samples.data(5000))
    assert payload.small(model, tensor) is None
    assert payload.small(model, tensor, most=5000) == tuple(range(5000))


def test_small_needs_no_numpy(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(samples.data())
    code = (
        "import sys; from auditor.model import payload; from auditor.model.load import load; m = load(sys.argv[1]);"
        "print(payload.small(m, m.graph.initializers[0])[:3], 'numpy' in sys.modules, 'onnx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True, timeout=HANG)
    assert done.stdout == "(0.0, 1.0, 2.0) False False\n"


@pytest.mark.parametrize("from_file", [True, False])
def test_extents_lead_to_the_bytes(tmp_path: Path, from_file: bool) -> None:
    data = samples.data(5000)
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    model = load(path) if from_file else loads(data)
    place = payload.extent(model, model.graph.initializers[0])
    assert isinstance(place, payload.Raw)
    with payload.opened(model, place) as source:
        buffer = memoryview(bytearray(12))
        assert source.into(buffer, 4 * 4999) == 4
        assert numpy.frombuffer(buffer[:4], "<f4") == 4999
        assert source.into(buffer, 40) == 12
        assert numpy.frombuffer(buffer, "<f4").tolist() == [10, 11, 12]


def test_a_file_that_changed_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(samples.data())
    model = load(path)
    path.write_bytes(samples.data(13))
    with pytest.raises(CannotLook, match="has changed"):
        payload.small(model, model.graph.initializers[0])


def test_constants_are_tensors_too() -> None:
    value = numpy_helper.from_array(numpy.array([3, 224, 224], numpy.int64))
    node = onnx.helper.make_node("Constant", [], ["shape"], value=value)
    model = loads(onnx.helper.make_model(onnx.helper.make_graph([node], "g", [], [])).SerializeToString())
    ((path, tensor),) = payload.tensors(model)
    assert path == ""
    assert payload.small(model, tensor) == (3, 224, 224)


def test_structure_is_all_but_the_weights(tmp_path: Path) -> None:
    one, other = samples.proto(1000), samples.proto(1000)
    other.graph.initializer[0].raw_data = numpy.ones(1000, numpy.float32).tobytes()
    longer = samples.proto(1001)
    renamed = samples.proto(1000)
    renamed.graph.node[0].name = "n"
    digests = []
    for i, proto in enumerate((one, other, longer, renamed)):
        path = tmp_path / f"{i}.onnx"
        path.write_bytes(proto.SerializeToString())
        digests.append(structure(load(path)))
        assert digests[-1] == structure(loads(proto.SerializeToString()))
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_small_tensors_are_structure() -> None:
    one, other = samples.proto(), samples.proto()
    other.graph.initializer[0].raw_data = b"\0" * 48
    assert structure(loads(one.SerializeToString())) != structure(loads(other.SerializeToString()))


def test_content_is_every_byte(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(b"\0" * 48)
    path = tmp_path / "m.onnx"
    path.write_bytes(samples.external("w.bin").SerializeToString())
    before = content(load(path))
    assert before == content(load(path))
    (tmp_path / "w.bin").write_bytes(b"\0" * 47 + b"\1")
    assert before != content(load(path))
    (tmp_path / "w.bin").unlink()
    with pytest.raises(CannotLook):
        content(load(path))


def test_millions_of_packed_numbers() -> None:
    """Two million negative and large numbers in int64_data, as onnx writes and reads them."""
    numbers = numpy.random.default_rng(5).integers(-(1 << 62), 1 << 62, 2_000_000) >> numpy.arange(2_000_000) % 62
    tensor = TensorProto(name="t", data_type=TensorProto.INT64, dims=[2_000_000], int64_data=numbers)
    model = loads(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], [tensor])).SerializeToString())
    read = partial(payload.array, model, model.graph.initializers[0])
    assert numpy.array_equal(read(), numbers)
    check_units(100, lambda: cpu_of(read))
