"""What a release is said to load, of models that are written here: types, optionals, places and functions."""

from __future__ import annotations

from pathlib import Path

import onnx.parser
import pytest
from onnx import TensorProto, helper

from auditor.evidence.evidence import Evidence
from auditor.model.graph import Attributes, Node
from auditor.model.load import load
from auditor.settings import Settings
from auditor.targets.known import Ask, Implemented, Input, Kernel, NodePlace, Signature
from auditor.targets.loading import _may_be_float16, _taken
from auditor.targets.order import _by_place

FIRST, SECOND, OUT = NodePlace(0, False), NodePlace(1, False), NodePlace(0, True)


def said_of(path: Path, model: onnx.ModelProto, target: str) -> tuple[list[str], list[str]]:
    """The kinds of the refusals, and why of what nobody knows."""
    path.write_bytes(model.SerializeToString())
    (found,) = Evidence(load(path), Settings(run=False, runtimes=(target,))).targets.asked
    return [type(one).__name__ for one in found.refusals], [one.why for one in found.missed]


@pytest.mark.parametrize(
    ("dtype", "first"), [(TensorProto.FLOAT8E4M3FN, "1.16"), (TensorProto.INT4, "1.19"), (TensorProto.INT8, "1.15")]
)
@pytest.mark.parametrize("used", ["initializer", "input"])
def test_an_element_type_that_a_release_does_not_have(dtype: int, first: str, used: str, tmp_path: Path) -> None:
    """ONNX has float8 since 1.14 and int4 since 1.16, which these releases of onnxruntime were the first to take."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    if used == "input":
        graph.input.append(helper.make_tensor_value_info("w", dtype, [2]))
    else:
        graph.initializer.append(TensorProto(name="w", dims=[2], data_type=dtype, raw_data=bytes(2 - (dtype == 22))))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for target in ("1.15", "1.16", "1.18", "1.19", "1.32"):
        older = tuple(map(int, target.split("."))) < tuple(map(int, first.split(".")))
        assert said_of(tmp_path / "m.onnx", model, f"onnxruntime=={target}")[0] == (["NoType"] if older else []), target


@pytest.mark.parametrize("opset", [15, 18])
def test_what_an_optional_holds_is_known(opset: int, tmp_path: Path) -> None:
    held = helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.UINT64, [2]))
    y = helper.make_tensor_value_info("y", TensorProto.UINT64, [2])
    node = helper.make_node("OptionalGetElement", ["x"], ["y"])
    graph = helper.make_graph([node], "g", [helper.make_value_info("x", held)], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    assert said_of(tmp_path / "m.onnx", model, "onnxruntime==1.18") == ([], [])


def test_the_types_for_which_there_is_a_kernel_are_those_of_the_first_input() -> None:
    kernels = (
        Kernel((Ask((FIRST,), 0x802), Ask((OUT,), 0x400))),
        Kernel((Ask((SECOND,), 0x80), Ask((FIRST, OUT), 0x40))),
    )
    assert _taken(Implemented(7, False, kernels, True)) == (TensorProto.FLOAT, TensorProto.INT32, TensorProto.DOUBLE)


def test_a_place_that_a_node_does_not_have_holds_nothing() -> None:
    node = Node("Op", "", ("a", "b"), ("c",), Attributes(), "", "", 0)
    held = _by_place(node, (1, None, 4))
    places = FIRST, SECOND, NodePlace(2, False), OUT, NodePlace(1, True)
    assert [held(place) for place in places] == [1, None, 0, 4, 0]


def test_float16_is_made_float32_only_where_the_schema_takes_it() -> None:
    """Of an operator that ONNX does not have, by its release's schema: the last input stands for all behind it."""
    float16, float32 = 1 << TensorProto.FLOAT16, 1 << TensorProto.FLOAT
    inputs = Input("A", False, False, float16 | float32), Input("B", False, True, float32)
    said = Signature(inputs, 2, None, 1, 1, {})
    node, found = Node("Op", "x", ("a", "b", "c"), ("d",), Attributes(), "", "", 0), Implemented(1, False, (), True)
    for dtypes, takes in {(float16, float32, float32): True, (float32, float16, float32): False,
                          (float32, float32, float16): False}.items():  # fmt: skip
        assert _may_be_float16(node, found, said, dtypes) is takes


def test_a_node_of_a_function_is_refused_once_however_often_it_is_called(tmp_path: Path) -> None:
    """OperatorKernels.md of onnxruntime 1.20: Max has no kernel for int8 and int16."""
    text = """<ir_version: 8, opset_import: ["":17, "local":1]> main (int8[2] a, int16[2] b, float[2] c) => (x, y, z)
        { x = local.f(a) y = local.f(b) z = local.f(c) }
        <opset_import: ["":17], domain: "local"> f (i) => (o) { o = Max(i, i) }"""
    assert said_of(tmp_path / "m.onnx", onnx.parser.parse_model(text), "onnxruntime==1.20")[0] == ["NoKernel"]


def test_a_function_of_which_a_part_is_set_in_again_is_not_known_in_a_map(tmp_path: Path) -> None:
    """Mish has no kernel: its own nodes are set in where the function's are, and in which order nobody tried."""
    text = """<ir_version: 8, opset_import: ["":18, "local":1]> main (seq(float[4]) s) => (seq(float[4]) r)
        { r = SequenceMap(s)<body = b (float[4] x) => (float[4] y) { y = local.f(x) }> }
        <opset_import: ["":18], domain: "local"> f (a) => (b) { c = Relu(a) b = Mish(c) }"""
    model = onnx.parser.parse_model(text)
    refused, why = said_of(tmp_path / "m.onnx", model, "onnxruntime==1.17")
    assert "functions in it may be set into the SequenceMap in the wrong order" in why and "WrongOrder" not in refused
    assert said_of(tmp_path / "m.onnx", model, "onnxruntime==1.16") == ([], [])
