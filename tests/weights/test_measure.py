"""Whole models: where weights lie, what cannot be read, duplicates, uses."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, parser

from auditor.model.load import load, loads
from auditor.model.scopes import scopes
from auditor.weights import Key, Weights, measure

Array = NDArray[Any]

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def _random(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def _model(*tensors: TensorProto) -> onnx.ModelProto:
    model = parser.parse_model(HEAD + "agraph (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.initializer.extend(tensors)
    return model


def _measured(*tensors: TensorProto) -> Weights:
    return measure(loads(_model(*tensors).SerializeToString()))


def _check(weights: Weights, name: str, values: Array) -> None:
    statistics = weights[Key("", name)]
    wide = values.astype(np.float64)
    assert statistics.shape == values.shape
    assert (statistics.min, statistics.max) == (wide.min(), wide.max())
    assert statistics.mean == pytest.approx(wide.mean(), abs=1e-6)
    assert statistics.std == pytest.approx(wide.std(), rel=1e-5)


@pytest.mark.parametrize("place", ["inline", "external", "bytes"])
def test_raw_data_wherever_it_lies(place: str, tmp_path: Path) -> None:
    values = {f"w{i}": _random(40, 300 + i, seed=i) for i in range(3)}
    model = _model(*(numpy_helper.from_array(v, name) for name, v in values.items()))
    path = tmp_path / "model.onnx"
    if place == "external":
        onnx.save(model, path, save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0)
    else:
        onnx.save(model, path)
    weights = measure(loads(path.read_bytes()) if place == "bytes" else load(path))
    assert weights.missed == ()
    for name, v in values.items():
        _check(weights, name, v)


@pytest.mark.parametrize(
    "dtype",
    [
        TensorProto.FLOAT,
        TensorProto.DOUBLE,
        TensorProto.FLOAT16,
        TensorProto.BFLOAT16,
        TensorProto.INT8,
        TensorProto.INT32,
        TensorProto.INT64,
        TensorProto.UINT32,
        TensorProto.UINT64,
        TensorProto.BOOL,
        TensorProto.INT4,
    ],
    ids=TensorProto.DataType.Name,
)
def test_typed_fields(dtype: int) -> None:
    """onnx.helper writes them, and numpy_helper reads them for comparison; long enough for several chunks."""
    signed = dtype not in (TensorProto.UINT32, TensorProto.UINT64, TensorProto.BOOL)
    numbers = np.random.default_rng(1).integers(-7 if signed else 0, 7 if dtype != TensorProto.BOOL else 2, 200_001)
    tensor = helper.make_tensor("w", dtype, numbers.shape, numbers)
    assert not tensor.raw_data
    _check(_measured(tensor), "w", numpy_helper.to_array(tensor))


def test_values_that_are_not_packed() -> None:
    """An old writer may put a tag before each value."""
    tensor = TensorProto(name="w", data_type=TensorProto.INT64, dims=[3])
    encoded = tensor.SerializeToString() + b"".join(bytes([7 << 3, value]) for value in (5, 6, 100))
    _check(_measured(TensorProto.FromString(encoded)), "w", np.array([5, 6, 100]))
    graph = b"\x2a" + bytes([len(encoded)]) + encoded
    weights = measure(loads(_model().SerializeToString() + b"\x3a" + bytes([len(graph)]) + graph))
    assert not weights or weights[Key("", "w")].max == 100  # a second graph field may be refused by the reader


def test_constants_subgraphs_functions_and_sparse_tensors() -> None:
    model = parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
        agraph (bool c, float[2] x) => (float[2] y) <float[2] top = {1.0, 2.0}> {
          k = Constant<value = float[2] {3.0, 4.0}>()
          a = local.twice(x)
          b = Add(a, k)
          choice = If (c) <
            then_branch = one () => (float[2] z) <float[2] inner = {5.0, 6.0}> { z = Add(b, inner) },
            else_branch = two () => (float[2] w) { n = Constant<value = float[2] {7.0, 8.0}>()  w = Add(b, n) }
          >
          y = Add(choice, top)
        }
        <domain: "local", opset_import: ["" : 17]>
        twice (v) => (r) { two = Constant<value = float[1] {2.0}>()  r = Mul(v, two) }"""
    )
    sparse = onnx.SparseTensorProto(
        values=numpy_helper.from_array(np.array([9.0, 10.0], np.float32), "thin"),
        indices=numpy_helper.from_array(np.array([1, 5]), ""),
        dims=[8],
    )
    model.graph.sparse_initializer.append(sparse)
    weights = measure(loads(model.SerializeToString()))
    assert {key: s.max for key, s in weights.items()} == {
        ("", "top"): 2.0,
        ("", "thin"): 10.0,
        ("", "k"): 4.0,
        ("If[3]/then_branch", "inner"): 6.0,
        ("If[3]/else_branch", "n"): 8.0,
        ("function local.twice", "two"): 2.0,
    }
    assert weights.missed == ()
    assert [row.tensor for row in weights.rows()][:3] == ["top", "thin", "k"]


def test_an_empty_tensor_and_one_of_nan_alone() -> None:
    weights = _measured(
        numpy_helper.from_array(np.zeros((0, 3), np.float32), "none"),
        numpy_helper.from_array(np.full(3, np.nan, np.float16), "nan"),
    )
    for name, nan in (("none", 0), ("nan", 3)):
        statistics = weights[Key("", name)]
        assert (math.isnan(statistics.min), math.isnan(statistics.std), statistics.nan) == (True, True, nan)
        assert not statistics.constant


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    short = numpy_helper.from_array(_random(10), "short")
    short.raw_data = short.raw_data[:-4]
    letters: list[Any] = [b"a", b"b"]  # the annotation of make_tensor knows no text
    words = helper.make_tensor("words", TensorProto.STRING, [2], letters)
    waves = numpy_helper.from_array(np.ones(2, np.complex64), "waves")
    gone = numpy_helper.from_array(_random(4), "gone")
    model = _model(short, words, waves, numpy_helper.from_array(_random(4), "good"))
    onnx.external_data_helper.set_external_data(gone, "nowhere.bin")
    gone.ClearField("raw_data")
    gone.data_location = TensorProto.EXTERNAL
    model.graph.initializer.append(gone)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    weights = measure(load(path))
    assert list(weights) == [("", "good")]
    assert {(m.what, m.why) for m in weights.missed} == {
        ("the values of 1 tensor: 'short'", "its data does not fit its dims"),
        ("the values of 1 tensor: 'words'", "auditor takes no statistics of string"),
        ("the values of 1 tensor: 'waves'", "auditor takes no statistics of complex64"),
        ("the values of 1 tensor: 'gone'", "the external data 'nowhere.bin' is missing"),
    }
    assert not any(m.asked for m in weights.missed)


def test_duplicates_are_equal_in_type_shape_and_every_byte() -> None:
    values = _random(32, 32)
    other = values.copy()
    other[[3, 4]] = other[[4, 3]]  # the same numbers, another order
    weights = _measured(
        numpy_helper.from_array(values, "a"),
        numpy_helper.from_array(other, "moved"),
        numpy_helper.from_array(values.reshape(16, 64), "shaped"),
        numpy_helper.from_array(values, "b"),
        numpy_helper.from_array(np.full(400, np.nan, np.float32), "nan"),
        numpy_helper.from_array(np.full(400, np.nan, np.float32), "nan too"),
        numpy_helper.from_array(np.array([1.0], np.float32), "one"),
        numpy_helper.from_array(np.array([1.0], np.float32), "another one"),
    )
    assert [[k.tensor for k in keys] for keys in weights.duplicates] == [["a", "b"], ["nan", "nan too"]]


def test_two_names_for_the_same_external_bytes_are_no_duplicates(tmp_path: Path) -> None:
    values = _random(32, 32)
    (tmp_path / "w.bin").write_bytes(values.tobytes())
    tensors = []
    for name in ("a", "b"):
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=values.shape)
        onnx.external_data_helper.set_external_data(
            numpy_helper.from_array(values), "w.bin"
        )  # wants raw data, which ours must not have
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="w.bin")
        tensors.append(tensor)
    path = tmp_path / "model.onnx"
    path.write_bytes(_model(*tensors).SerializeToString())
    weights = measure(load(path))
    assert len(weights) == 2
    assert weights.duplicates == ()


def test_a_file_that_became_shorter_is_told(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(_model(numpy_helper.from_array(_random(100, 100), "w")).SerializeToString())
    model = load(path)
    path.write_bytes(path.read_bytes()[:5000])
    weights = measure(model)
    assert not weights
    assert "has changed" in weights.missed[0].why


def test_uses_are_found_through_carriers_and_from_subgraphs() -> None:
    model = loads(
        parser.parse_model(
            HEAD
            + """agraph (bool c, float[2, 2] x) => (float[2, 2] y) <float[2, 2] w = {1.0, 2.0, 3.0, 4.0}> {
              i = Identity(w)
              t = Transpose(i)
              a = MatMul(x, t)
              y = If (c) <
                then_branch = one () => (float[2, 2] z) { z = Add(a, w) },
                else_branch = two () => (float[2, 2] v) { v = Gemm(a, t) }
              >
            }"""
        ).SerializeToString()
    )
    weights = measure(model)
    uses = weights.sources.uses(weights.tensor(Key("", "w")))
    assert [(u.scope.path, u.node.op_type, u.position, u.dense) for u in uses] == [
        ("", "MatMul", 1, True),
        ("If[3]/then_branch", "Add", 1, False),
        ("If[3]/else_branch", "Gemm", 1, True),
    ]
    main = scopes(model)[0]
    behind = weights.sources.behind(main, "t")
    assert behind is not None and behind[0] == ("", "w")
    assert weights.sources.behind(main, "x") is None
    assert weights.sources.behind(main, "a") is None


def test_reading_has_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(_model(numpy_helper.from_array(_random(4), "w")).SerializeToString())
    monkeypatch.setattr("auditor.weights.reading.SECONDS", -1.0)
    weights = measure(load(path))
    assert not weights
    assert [(m.what, m.asked) for m in weights.missed] == [("the values of 1 tensor: 'w'", True)]
