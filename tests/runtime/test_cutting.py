"""Models cut behind each of their tensors: onnx reads the same nodes, and onnxruntime the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from auditor.runtime.cutting import Cuttable, FileBytes, NotCut
from auditor.runtime.tensors import read_tensor

from .conftest import HEADER

BODIES = """bodies (float[N, 4] x, bool c) => (float[N, 4] y) <float[4] w = {1.0, 2.0, 3.0, 4.0}> {
  [one] a = Relu (x)
  [two] b = Mul (a, w)
  [three] i = If (c) <
    then_branch = t () => (float[N, 4] p) { p = Add (b, b) },
    else_branch = e () => (float[N, 4] q) { q = Neg (a) }
  >
  [four] y = Add (i, x)
}"""


def model(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(HEADER + text)


@pytest.mark.parametrize(
    ("tensor", "nodes"),
    [("a", ["one"]), ("b", ["one", "two"]), ("i", ["one", "two", "three"]), ("y", ["one", "two", "three", "four"])],
)
def test_what_makes_a_tensor_stays(tensor: str, nodes: list[str]) -> None:
    """What a body takes from outside is needed too."""
    whole = model(BODIES)
    cut = onnx.load_model_from_string(Cuttable(whole.SerializeToString()).behind(tensor))
    assert [node.name for node in cut.graph.node] == nodes
    assert [output.name for output in cut.graph.output] == [tensor]
    assert [one.name for one in cut.graph.initializer] == (["w"] if len(nodes) > 1 else [])
    assert cut.graph.input == whole.graph.input


def test_the_same_numbers() -> None:
    """The oracle is onnxruntime itself, with every tensor an output of the whole model."""
    whole = model(BODIES)
    names = ["a", "b", "i"]
    traced = onnx.ModelProto()
    traced.CopyFrom(whole)
    traced.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    fed = {"x": np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4), "c": np.array(True)}
    expected = onnxruntime.InferenceSession(traced.SerializeToString()).run(names, fed)
    cuttable = Cuttable(whole.SerializeToString())
    for name, value in zip(names, expected, strict=True):
        (found,) = onnxruntime.InferenceSession(cuttable.behind(name)).run(None, fed)
        np.testing.assert_array_equal(found, value)


def test_external_data_stays_where_it_is(tmp_path: Path) -> None:
    whole = model(
        "far (float[4] x) => (float[4] y) <float[4] w = {1.0, 2.0, 3.0, 4.0}> { a = Mul (x, w) y = Relu (a) }"
    )
    whole.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array([1, 2, 3, 4], np.float32), "w"))  # raw
    path = tmp_path / "far.onnx"
    onnx.save(whole, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").exists()
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(Cuttable(path.read_bytes()).behind("a"))
    (a,) = onnxruntime.InferenceSession(cut).run(None, {"x": np.ones(4, np.float32)})
    np.testing.assert_array_equal(a, [1, 2, 3, 4])


def test_stored_tensors_are_found_where_they_are() -> None:
    scale = numpy_helper.from_array(np.array(0.25, np.float32))
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], value=scale), helper.make_node("Mul", ["c", "w"], ["y"])],
        "g", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [])],
        [numpy_helper.from_array(np.array(3, np.float32), "w")],
    )  # fmt: skip
    cuttable = Cuttable(helper.make_model(graph).SerializeToString())
    for name, value in (("c", 0.25), ("w", 3.0)):
        held = cuttable.stored(name)
        assert held is not None
        assert read_tensor(held).array == value
    assert cuttable.stored("y") is None


def test_two_models_in_a_row_are_one() -> None:
    """As protobuf merges them."""
    first = model("one (float[4] x) => (float[4] a) { a = Relu (x) }").SerializeToString()
    second = onnx.ModelProto()
    second.graph.node.append(helper.make_node("Neg", ["a"], ["y"], name="late"))
    cut = onnx.load_model_from_string(Cuttable(first + second.SerializeToString()).behind("y"))
    assert [node.op_type for node in cut.graph.node] == ["Relu", "Neg"]
    assert [output.name for output in cut.graph.output] == ["y"]


@pytest.mark.parametrize("bytes_", [b"\x3b", b"\x3a\x05\x0a", b"\xff" * 11], ids=["group", "too short", "varint"])
def test_bytes_that_cannot_be_cut(bytes_: bytes) -> None:
    with pytest.raises(NotCut):
        Cuttable(bytes_)


@pytest.mark.parametrize("name", ["a", "b", "i", "y"])
def test_a_node_is_taken_out_and_what_it_made_is_fed(name: str) -> None:
    """Fed with what the whole model has there, the rest gives what the whole model gives; with another, another."""
    whole = model(BODIES)
    traced = onnx.ModelProto()
    traced.CopyFrom(whole)
    traced.graph.output.extend([onnx.ValueInfoProto(name=name)] if name != "y" else [])
    fed = {"x": np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4), "c": np.array(True)}
    value, expected = onnxruntime.InferenceSession(traced.SerializeToString()).run([name, "y"], fed)
    cuttable = Cuttable(whole.SerializeToString())
    index = cuttable.makers[name]
    rest = cuttable.taking(index, {name: TensorProto.FLOAT})
    read = onnx.load_model_from_string(rest)
    assert len(read.graph.node) == len(whole.graph.node) - 1
    assert read.graph.input[-1].name == name
    session = onnxruntime.InferenceSession(rest)
    (found,) = session.run(None, fed | {name: value})
    np.testing.assert_array_equal(found, expected)
    (other,) = session.run(None, fed | {name: value + 1})
    assert not np.array_equal(other, expected)


def test_a_stored_value_that_falls_away_is_no_input_any_more() -> None:
    """Up to IR 3 what is stored is an input, too: without its value it would have to be fed."""
    model = onnx.parser.parse_model(
        '<ir_version: 3, opset_import: ["" : 8]>\n'
        "g (float[4] x, float[4] w, float[4] v) => (float[4] y) <float[4] w = {1, 1, 1, 1}, float[4] v = {2, 2, 2, 2}> "
        "{ a = Add(x, w) y = Mul(a, v) }"
    )
    cut = onnx.load_model_from_string(Cuttable(model.SerializeToString()).behind("a"))
    assert [one.name for one in cut.graph.input] == ["x", "w"]
    assert [one.name for one in cut.graph.initializer] == ["w"]


def test_several_tensors_are_the_outputs_of_one_cut() -> None:
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]>\n'
        "g (float[4] x) => (float[4] y) { a = Neg(x) b = Abs(x) c = Exp(b) y = Add(a, c) }"
    )
    cut = onnx.load_model_from_string(Cuttable(model.SerializeToString()).behind("a", "b"))
    assert [one.name for one in cut.graph.output] == ["a", "b"]
    assert [node.op_type for node in cut.graph.node] == ["Neg", "Abs"]


def test_weights_stay_in_the_file_and_are_read_out_of_it(tmp_path: Path) -> None:
    w = np.random.default_rng(0).normal(0, 1, (64, 64)).astype(np.float32)
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]>\ng (float[1, 64] x) => (float[1, 64] y) '
        "{ a = MatMul(x, w) y = Relu(a) }"
    )
    model.graph.initializer.append(numpy_helper.from_array(w, "w"))
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    cut = Cuttable(FileBytes(str(path)), "model.onnx").behind("a")
    assert len(cut) < 1000
    (held,) = onnx.load_model_from_string(cut).graph.initializer
    assert np.array_equal(numpy_helper.to_array(held, str(tmp_path)), w)
    assert Cuttable(FileBytes(str(path))).behind("a") == Cuttable(path.read_bytes()).behind("a")


def test_bytes_of_a_file_are_those_of_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    data = bytes(range(256)) * 3000
    path.write_bytes(data)
    held = FileBytes(str(path))
    assert len(held) == len(data) and held[700_000] == data[700_000] and held[5] == data[5]
    for part in (slice(0, 10), slice(262_000, 262_400), slice(3, 600_000), slice(767_990, None), slice(4, 4)):
        assert held[part] == data[part]
    with pytest.raises(IndexError):
        held[len(data)]
