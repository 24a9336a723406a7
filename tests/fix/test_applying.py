"""Every kind of repair that a finding can carry: made on a draft, written, read back by onnx, audited clean, run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from auditor.fix.applying import applied
from auditor.fix.draft import Draft
from auditor.model.load import loads
from auditor.pipeline import audit
from auditor.repair import (
    AttributeChange,
    Declaration,
    DimensionName,
    InputSizes,
    Insertion,
    Move,
    OpsetImport,
    ParameterShape,
    Removal,
    Repair,
    Replacement,
)
from auditor.report import Severity
from auditor.settings import Settings

from .copies import outputs, parsed
from .test_splice import file_of

SQUARE = np.linspace(-1, 1, 64, dtype="f4").reshape(8, 8)


def written(model: onnx.ModelProto, *repairs: Repair) -> onnx.ModelProto:
    """The model with the repairs, as onnx reads it from the file that is written."""
    data = model.SerializeToString()
    loaded = loads(data)
    draft = Draft(loaded, loaded)
    for repair in repairs:
        after = applied(draft, repair)
        assert after is not None, repair
        draft = after
    return onnx.load_from_string(file_of(draft, data))


def sound(model: onnx.ModelProto, folder: Path) -> bool:
    """Whether an audit, its run included, has neither an error nor a warning."""
    path = folder / "copy.onnx"
    path.write_bytes(model.SerializeToString())
    return all(f.severity is Severity.NOTE for f in audit(path, Settings()).findings)


def fed(seed: int, *sizes: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=sizes).astype("f4")


def test_an_attribute(tmp_path: Path) -> None:
    model = parsed("agraph (float[1, 1, 8, 8] x, float[1, 1, 3, 3] w) => (float[1, 1, 8, 8] y) { y = Conv(x, w) }")
    made = written(model, AttributeChange("Conv[0]", "pads", None, (1, 1, 1, 1), ""))
    assert sound(made, tmp_path) and outputs(made)["y"].shape == (1, 1, 8, 8)
    again = written(made, AttributeChange("Conv[0]", "pads", (1, 1, 1, 1), None, ""))
    assert again.graph == model.graph


def test_a_float_stays_one(tmp_path: Path) -> None:
    model = parsed("agraph (float[2] x) => (float[2] y) { y = Elu<alpha = 0.5>(x) }")
    made = written(model, AttributeChange("Elu[0]", "alpha", 0.5, 2, ""))
    assert made.graph.node[0].attribute[0].type == onnx.AttributeProto.FLOAT and sound(made, tmp_path)


@pytest.mark.parametrize(
    ("text", "opset", "repair", "shape"),
    [
        ("agraph (float[2, 12] x) => (float[2, 3, 4] y) <int64[3] s = {2, 4, 4}> { y = Reshape(x, s) }", 17,
         AttributeChange("Reshape[0]", "shape", (2, 4, 4), (0, 3, 4), ""), (2, 3, 4)),
        ("agraph (float[1, 2, 4, 4] x) => (float[1, 2, 8, 8] y) <float[4] s = {1, 2, 2, 2}> "
         "{ y = Resize(x, , s) }", 17,
         AttributeChange("Resize[0]", "scales", (1.0, 2.0, 2.0, 2.0), (1.0, 1.0, 2.0, 2.0), ""), (1, 2, 8, 8)),
        ("agraph (float[1, 2, 4, 4] x) => (float[1, 2, 8, 8] y) <int64[4] s = {1, 4, 8, 8}> "
         "{ y = Resize(x, , , s) }", 17,
         AttributeChange("Resize[0]", "sizes", (1, 4, 8, 8), (1, 2, 8, 8), ""), (1, 2, 8, 8)),
        ("agraph (float[2, 3] x) => (float[2, 3, 1] y) <int64[1] s = {0}> { y = Unsqueeze(x, s) }", 17,
         AttributeChange("Unsqueeze[0]", "axes", (0,), (2,), ""), (2, 3, 1)),
        ("agraph (float[2, 3] x) => (float[2, 3, 1] y) { y = Unsqueeze<axes = [0]>(x) }", 12,
         AttributeChange("Unsqueeze[0]", "axes", (0,), (2,), ""), (2, 3, 1)),
    ],
)  # fmt: skip
def test_an_input_that_stands_in_for_an_attribute(
    text: str, opset: int, repair: Repair, shape: tuple[int, ...], tmp_path: Path
) -> None:
    made = written(parsed(text, opset), repair)
    assert outputs(made)["y"].shape == shape
    assert [d.dim_value for d in made.graph.output[0].type.tensor_type.shape.dim] == list(shape)


def test_others_keep_the_tensor_that_they_share() -> None:
    model = parsed(
        "agraph (float[2, 12] x) => (float[2, 3, 4] y, float[2, 4, 3] z) <int64[3] s = {2, 4, 3}> "
        "{ y = Reshape(x, s) z = Reshape(x, s) }"
    )
    made = outputs(written(model, AttributeChange("Reshape[0]", "shape", (2, 4, 3), (2, 3, 4), "")))
    assert (made["y"].shape, made["z"].shape) == ((2, 3, 4), (2, 4, 3))


def test_a_parameters_shape(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 3, 4, 5] x) => (float[N, 3, 4, 5] y) { y = Add(x, b) }", b=np.ones(3, "f4"))
    made = written(model, ParameterShape("Add[0]", "b", (3,), (3, 1, 1), ""))
    assert sound(made, tmp_path) and list(made.graph.initializer[0].dims) == [3, 1, 1]


def test_of_a_constant_too(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float[N, 3, 4, 5] x) => (float[N, 3, 4, 5] y) "
        "{ b = Constant<value = float[3] {1, 2, 3}>() y = Add(x, b) }"
    )
    assert sound(written(model, ParameterShape("Add[1]", "b", (3,), (3, 1, 1), "")), tmp_path)


def test_numbers_that_were_never_stored_are_for_their_maker() -> None:
    model = loads(
        parsed("agraph (float[2] x) => (float[2] y) { y = Add(x, b) }", b=np.ones(3, "f4")).SerializeToString()
    )
    assert applied(Draft(model, model), ParameterShape("Add[0]", "b", (3,), (2,), "")) is None


def test_sizes_of_an_input(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 3, 9, 9] x, float[2, 3, 3, 3] w) => (float[N, 2, 8, 6] y) { y = Conv(x, w) }")
    made = written(model, InputSizes("x", (2, 3), (9, 9), (10, 8), ""))
    assert sound(made, tmp_path) and outputs(made)["y"].shape == (2, 2, 8, 6)


@pytest.mark.parametrize("opset", [12, 17])
def test_nodes_put_in(opset: int, tmp_path: Path) -> None:
    dense = parsed("agraph (float[N, 2, 2, 2] x) => (float[N, 8] y) { y = Gemm(x, w) }", opset, w=SQUARE)
    assert outputs(written(dense, Insertion("Gemm[0]", "Flatten", "", axis=1)))["y"].shape == (2, 8)
    image = parsed(
        "agraph (float[N, 4, 4, 3] x, float[2, 3, 1, 1] w) => (float[N, 2, 4, 4] y) { y = Conv(x, w) }", opset
    )
    made = written(image, Insertion("Conv[0]", "Transpose", "", perm=(0, 3, 1, 2)))
    assert sound(made, tmp_path) and outputs(made)["y"].shape == (2, 2, 4, 4)
    last = parsed(
        "agraph (float[N, 4, 4, 3] x, float[3, 3, 1, 1] w) => (float[N, 4, 4, 3] y) { y = Conv(x, w) }", opset
    )
    made = written(last, Insertion("Conv[0]", "Transpose", "", perm=(0, 3, 1, 2), back=(0, 2, 3, 1)))
    assert sound(made, tmp_path) and [n.op_type for n in made.graph.node] == ["Transpose", "Conv", "Transpose"]
    vector = parsed("agraph (float[N, 3, 4, 5] x, float[3] b) => (float[N, 3, 4, 5] y) { y = Add(x, b) }", opset)
    made = written(vector, Insertion("Add[0]", "Unsqueeze", "", axes=(1, 2), position=1))
    assert sound(made, tmp_path) and outputs(made)["y"].shape == (2, 3, 4, 5)


def test_a_node_taken_out(tmp_path: Path) -> None:
    model = parsed("agraph (float[2, 3] x) => (float[2, 3] y) <float[3, 2] t> { t = Transpose(x) y = Relu(t) }")
    made = written(model, Removal("Transpose[0]", ""))
    assert sound(made, tmp_path) and np.array_equal(outputs(made)["y"], np.maximum(fed(0, 2, 3), 0))
    assert [n.op_type for n in made.graph.node] == ["Relu"] and not made.graph.value_info


def test_the_graphs_output_keeps_its_name_where_its_node_goes(tmp_path: Path) -> None:
    model = parsed("agraph (float[2, 3] x) => (float[2, 3] y) { r = Relu(x) y = Transpose(r) }")
    made = written(model, Removal("Transpose[1]", ""))
    assert sound(made, tmp_path) and [n.op_type for n in made.graph.node] == ["Relu", "Identity"]


def test_a_node_moved(tmp_path: Path) -> None:
    """The Flatten stands in front of the pooling."""
    model = parsed(
        "agraph (float[N, 2, 4, 4] x) => (float[N, 8] y) { f = Flatten(x) "
        "p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(f) y = Gemm(p, w) }",
        w=SQUARE,
    )
    made = written(model, Move("Flatten[0]", "Gemm[2]", ""))
    assert sound(made, tmp_path) and [n.op_type for n in made.graph.node] == ["MaxPool", "Flatten", "Gemm"]
    pooled = fed(0, 2, 2, 4, 4).reshape(2, 2, 2, 2, 2, 2).max(axis=(3, 5)).reshape(2, 8)
    assert np.allclose(outputs(made)["y"], pooled @ SQUARE, atol=1e-5)


@pytest.mark.parametrize("turned", [0, 1])
def test_a_gemm_of_three_axes_becomes_a_matmul(turned: int, tmp_path: Path) -> None:
    model = parsed(f"agraph (float[N, 4, 8] x) => (float[N, 4, 8] y) {{ y = Gemm<transB = {turned}>(x, w, b) }}",
                   w=SQUARE, b=SQUARE[0])  # fmt: skip
    made = written(model, Replacement("Gemm[0]", "MatMul", ""))
    assert sound(made, tmp_path)
    weight = SQUARE.T if turned else SQUARE
    assert np.allclose(outputs(made)["y"], fed(0, 2, 4, 8) @ weight + SQUARE[0], atol=1e-5)


def test_declarations(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (int64[N, 7] y) <float[N, 9] a> { a = Relu(x) y = Neg(a) }")
    made = written(
        model,
        Declaration("y", "shape", ("N", 7), ("N", 8), ""),
        Declaration("y", "type", "int64", "float32", ""),
        Declaration("a", "shape", ("N", 9), None, ""),
    )
    assert sound(made, tmp_path) and not made.graph.value_info


def test_an_import(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Gelu(x) }", ir_version=9)
    made = written(model, OpsetImport("", 17, 20, ""))
    assert sound(made, tmp_path)
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = com.microsoft.Gelu(x) }")
    made = written(model, OpsetImport("com.microsoft", None, 1, ""))
    assert sound(made, tmp_path)
    assert {(o.domain, o.version) for o in made.opset_import} == {("", 17), ("com.microsoft", 1)}


def test_the_name_of_a_size(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 2] x, float[M, 2] z) => (float[N, 2] y) { y = Add(x, z) }")
    made = written(model, DimensionName("z", 0, "M", "N", ""))
    assert made.graph.input[1].type.tensor_type.shape.dim[0].dim_param == "N" and sound(made, tmp_path)


@pytest.mark.parametrize(
    "repair",
    [
        AttributeChange("nowhere", "pads", None, (1, 1, 1, 1), ""),
        AttributeChange("Relu[0]", "axis", 0, 1, "", graph="if/then_branch"),
        Removal("nowhere", ""),
        Move("Relu[0]", "nowhere", ""),
        Replacement("Relu[0]", "MatMul", ""),
        Insertion("Relu[0]", "Transpose", "", perm=(1, 0), position=3),
        Declaration("nowhere", "shape", None, (1,), ""),
        InputSizes("nowhere", (0,), (1,), (2,), ""),
    ],
)
def test_what_does_not_apply_is_left(repair: Repair) -> None:
    model = loads(parsed("agraph (float[2, 2] x) => (float[2, 2] y) { y = Relu(x) }").SerializeToString())
    assert applied(Draft(model, model), repair) is None


def test_labels_are_those_of_the_file() -> None:
    """By then the nodes may stand in another order."""
    model = parsed("agraph (float[2, 2] x) => (float[2, 2] y) { y = Elu(a) a = Elu(x) }")
    data = model.SerializeToString()
    loaded = loads(data)
    draft = Draft(loaded, loaded).with_graph(loaded.graph._replace(nodes=loaded.graph.nodes[::-1]))
    after = applied(draft, AttributeChange("Elu[0]", "alpha", None, 2.0, ""))
    assert after is not None
    made = onnx.load_from_string(file_of(after, data))
    assert [bool(n.attribute) for n in made.graph.node] == [False, True]
    assert helper.get_attribute_value(made.graph.node[1].attribute[0]) == 2.0


def test_a_node_stays_whose_input_has_a_name_that_a_body_uses_otherwise() -> None:
    model = loads(parsed(
        "agraph (bool c, float[2] x) => (float[2] y) { a = Neg(x) b = Relu(a) y = If(c) "
        "<then_branch = g () => (float[2] t) { a = Abs(b) t = Add(a, b) },"
        " else_branch = h () => (float[2] e) { e = Neg(b) }> }"
    ).SerializeToString())  # fmt: skip
    assert applied(Draft(model, model), Removal("Relu[1]", "")) is None
    assert applied(Draft(model, model), Removal("Neg[0]", "")) is not None
