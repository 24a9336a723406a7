"""Each kind of edit: written, read back with onnx, audited clean, and run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from auditor.errors import UsageError

from .copies import clean, mend, outputs, parsed, tensors

WEIGHTS = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8)


def same(before: onnx.ModelProto, after: onnx.ModelProto, size: int = 2) -> bool:
    """Whether the outputs are the same, byte for byte."""
    one, two = outputs(before, size=size), outputs(after, size=size)
    return one.keys() == two.keys() and all(one[n].tobytes() == two[n].tobytes() for n in one)


def test_nodes_are_put_in_order(tmp_path: Path) -> None:
    good = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { a = Relu(x) b = Neg(a) c = Abs(b) y = Add(c, a) }")
    bad = onnx.ModelProto()
    bad.CopyFrom(good)
    nodes = list(good.graph.node)
    del bad.graph.node[:]
    bad.graph.node.extend([nodes[3], nodes[0], nodes[2], nodes[1]])
    made = mend(bad, tmp_path)
    assert made.rules == ["nodes-out-of-order"] and clean(made)
    assert [n.op_type for n in made.model.graph.node] == ["Relu", "Neg", "Abs", "Add"]
    assert same(good, made.model)


def test_nodes_of_a_subgraph_are_put_in_order(tmp_path: Path) -> None:
    good = parsed(
        "agraph (bool c, float[2] x) => (float[2] y) { y = If(c) "
        "<then_branch = g () => (float[2] t) { u = Neg(x) t = Abs(u) },"
        " else_branch = h () => (float[2] e) { e = Relu(x) }> }"
    )
    bad = onnx.ModelProto()
    bad.CopyFrom(good)
    body = next(a for a in bad.graph.node[0].attribute if a.name == "then_branch").g
    nodes = list(body.node)
    del body.node[:]
    body.node.extend(nodes[::-1])
    made = mend(bad, tmp_path)
    assert clean(made) and made.model.graph == good.graph


def test_nodes_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { a = Relu(x) b = Neg(a) y = Abs(b) }")
    for node, name in zip(model.graph.node, ("n", "n", "n_2"), strict=True):
        node.name = name
    made = mend(model, tmp_path)
    assert made.rules == ["duplicate-names"] and clean(made)
    assert [n.name for n in made.model.graph.node] == ["n", "n_3", "n_2"]


def test_a_tensor_stored_twice_is_stored_once(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = MatMul(x, w) }", w=WEIGHTS)
    model.graph.initializer.append(model.graph.initializer[0])
    made = mend(model, tmp_path)
    assert made.rules == ["duplicate-names"] and clean(made) and len(made.model.graph.initializer) == 1


def test_of_two_tensors_of_one_name_and_other_numbers_nobody_knows_which_is_meant(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = MatMul(x, w) }", w=WEIGHTS)
    model.graph.initializer.append(numpy_helper.from_array(WEIGHTS + 1, "w"))
    made = mend(model, tmp_path)
    assert not made.rules and not made.said.written
    assert [f.rule for f in made.said.left] == ["duplicate-names"]


def test_what_hides_a_tensor_around_it_gets_another_name(tmp_path: Path) -> None:
    model = parsed(
        "agraph (bool c, float[2] x) => (float[2] y) { a = Neg(x) y = If(c) "
        "<then_branch = g () => (float[2] t) { a = Abs(x) t = Relu(a) },"
        " else_branch = h () => (float[2] e) { e = Relu(a) }> }"
    )
    made = mend(model, tmp_path)
    assert made.rules == ["duplicate-names"] and clean(made)
    then, other = (next(a.g for a in made.model.graph.node[1].attribute if a.name == n) for n in
                   ("then_branch", "else_branch"))  # fmt: skip
    assert [list(n.output) for n in then.node] == [["a_inner"], ["t"]] and list(then.node[1].input) == ["a_inner"]
    assert list(other.node[0].input) == ["a"]


def test_a_name_of_a_size_becomes_a_number_everywhere(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float[N, 8] x, float[N, 8] z) => (float[N, 8] y) <float[N, 8] a> { a = Relu(x) y = Add(a, z) }"
    )
    made = mend(model, tmp_path, dims={"N": 3})
    assert clean(made)
    for value in (*made.model.graph.input, *made.model.graph.output, *made.model.graph.value_info):
        assert [d.dim_value for d in value.type.tensor_type.shape.dim] == [3, 8]
    assert same(model, made.model, size=3)


def test_a_size_that_no_input_has_is_a_usage_error(tmp_path: Path) -> None:
    model = parsed("agraph (float[batch, 8] x) => (float[batch, 8] y) { y = Relu(x) }")
    with pytest.raises(UsageError, match=r"no input has a size named 'bach' \(did you mean 'batch'\?\)"):
        mend(model, tmp_path, dims={"bach": 1})


def test_a_size_of_minus_one_gets_a_name(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }")
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_value = -1
    made = mend(model, tmp_path)
    assert made.said.left == () and set(made.rules) == {"meaningless-declarations"}
    for value in (made.model.graph.input[0], made.model.graph.output[0]):
        assert value.type.tensor_type.shape.dim[0].dim_param == "x_0"
    assert same(parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }"), made.model)


def test_a_stale_declaration_is_worked_out_anew(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 7] y) <int64[N, 8] a> { a = Relu(x) y = Neg(a) }")
    made = mend(model, tmp_path)
    assert made.rules == ["stale-shape-annotations"] * 2 and clean(made)
    (note,), (out,) = made.model.graph.value_info, made.model.graph.output
    assert note.type.tensor_type.elem_type == TensorProto.FLOAT
    assert [d.dim_param or d.dim_value for d in out.type.tensor_type.shape.dim] == ["N", 8]


def test_an_output_without_a_type_gets_one(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 4] y) { y = MatMul(x, w) }", w=WEIGHTS[:, :4])
    model.graph.output[0].ClearField("type")
    made = mend(model, tmp_path)
    assert made.rules == ["meaningless-declarations"] and clean(made)
    kind = made.model.graph.output[0].type.tensor_type
    assert kind.elem_type == TensorProto.FLOAT and [d.dim_param or d.dim_value for d in kind.shape.dim] == ["N", 4]


def test_what_nothing_uses_goes(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = MatMul(x, w) }", w=WEIGHTS, spare=WEIGHTS + 1)
    made = mend(model, tmp_path)
    assert made.rules == ["unused-initializers"] and made.said.left == ()
    assert [t.name for t in made.model.graph.initializer] == ["w"] and same(model, made.model)


def test_what_only_a_quantisation_annotation_names_stays(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = MatMul(x, w) }", w=WEIGHTS, scale=WEIGHTS[0])
    note = model.graph.quantization_annotation.add(tensor_name="w")
    note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="scale")
    assert not mend(model, tmp_path).rules


def test_where_there_is_training_information_nothing_goes(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = MatMul(x, w) }", w=WEIGHTS, spare=WEIGHTS + 1)
    model.training_info.add().algorithm.node.add(op_type="Neg", input=["spare"], output=["step"])
    assert not mend(model, tmp_path).rules


def test_an_initializer_that_a_caller_may_feed_stays(tmp_path: Path) -> None:
    text = "agraph (float[N, 8] x, float[8, 8] spare) => (float[N, 8] y) { y = MatMul(x, w) }"
    model = parsed(text, w=WEIGHTS, spare=WEIGHTS)
    assert "unused-initializers" not in mend(model, tmp_path).rules
    model.ir_version = 3  # there an initializer has to be listed, and nobody may feed it
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [8, 8]))
    made = mend(model, tmp_path)
    assert "unused-initializers" in made.rules
    assert [v.name for v in made.model.graph.input] == ["x", "w"]


def test_copies_of_a_tensor_are_shared(tmp_path: Path) -> None:
    big = np.linspace(-1, 1, 128 * 128, dtype=np.float32).reshape(128, 128)
    model = parsed(
        "agraph (bool c, float[N, 128] x) => (float[N, 128] y) { a = MatMul(x, w) b = MatMul(a, v) y = If(c) "
        "<then_branch = g () => (float[N, 128] t) { t = MatMul(b, u) },"
        " else_branch = h () => (float[N, 128] e) { e = Relu(b) }> }",
        w=big, v=big, u=big,
    )  # fmt: skip
    made = mend(model, tmp_path)
    assert made.rules == ["duplicate-initializers"] and made.said.left == ()
    assert [t.name for t in made.model.graph.initializer] == ["w"]
    assert same(model, made.model)


@pytest.mark.parametrize("ir_version", [3, 8])
def test_weights_go_out_and_come_back(ir_version: int, tmp_path: Path) -> None:
    big = np.linspace(-1, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    text = "agraph (float[N, 64] x) => (float[N, 50] y) { a = MatMul(x, w) b = MatMul(a, v) y = Add(b, c) }"
    model = parsed(text, v=big[:, :50] * 2, w=big, c=big[0, :50])  # 12,800 bytes, and a gap
    model.graph.doc_string = "kept"
    made = mend(model, tmp_path, data_file="weights.bin")
    assert clean(made) and dict(tensors(made.model)) == dict(tensors(model)) and same(model, made.model)
    raw = onnx.load(made.said.written, load_external_data=False)
    places = [{e.key: e.value for e in t.external_data} for t in raw.graph.initializer]
    assert [int(p["offset"]) % 4096 for p in places if p] == [0, 0]  # c is too small to go
    assert raw.graph.doc_string == "kept"

    (tmp_path / "back").mkdir()
    for name in ("model.fixed.onnx", "weights.bin"):
        (tmp_path / name).rename(tmp_path / "back" / name)
    back = mend((tmp_path / "back" / "model.fixed.onnx").read_bytes(), tmp_path / "back", embed=True)
    assert back.model == model


def test_a_negative_ir_version_becomes_the_one_of_the_opset(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }", opset=20)
    model.ClearField("ir_version")
    made = mend(model, tmp_path)
    assert made.rules == ["meaningless-declarations"] and clean(made)
    assert made.model.ir_version == helper.find_min_ir_version_for([helper.make_opsetid("", 20)])


def test_of_two_imports_the_last_stays(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }")
    model.opset_import.insert(0, helper.make_opsetid("", 13))
    made = mend(model, tmp_path)
    assert made.rules == ["repeated-imports"] and clean(made)
    assert [(o.domain, o.version) for o in made.model.opset_import] == [("", 17)]


def test_versions_that_the_runtime_does_not_take_are_lowered_where_all_means_the_same(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }")
    model.ir_version, model.opset_import[0].version = 99, 99
    made = mend(model, tmp_path)
    assert set(made.rules) == {"newer-than-runtime"} and clean(made)


def test_training_mode_goes_off_by_choice_alone(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float[N, 8] x) => (float[N, 8] y) <float r = {0.5}, bool t = {1}> { a = Dropout(x, r, t) y = Relu(a) }"
    )
    dry = mend(model, tmp_path)
    assert not dry.rules and not dry.said.written
    (offered,) = dry.said.edits
    made = mend(model, tmp_path, choose=(offered.number,))
    assert "training-mode" in made.rules and clean(made)
    x = np.random.default_rng(0).normal(size=(2, 8)).astype("f4")
    assert np.array_equal(outputs(made.model)["y"], np.maximum(x, 0))


def test_batch_normalization_uses_its_statistics_by_choice(tmp_path: Path) -> None:
    ones = np.ones(3, "f4")
    model = parsed(
        "agraph (float[N, 3] x) => (float[N, 3] y) "
        "{ y, m, v = BatchNormalization<training_mode = 1>(x, s, b, mean, var) }",
        s=ones, b=ones, mean=ones * 2, var=ones * 4,
    )  # fmt: skip
    made = mend(model, tmp_path, choose=(1,))
    assert clean(made) and list(made.model.graph.node[0].output) == ["y"]
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("f4")
    assert np.allclose(outputs(made.model)["y"], (x - 2) / np.sqrt(4 + 1e-5) + 1, atol=1e-6)


def test_what_float16_cannot_hold_is_held_by_choice(tmp_path: Path) -> None:
    model = parsed("agraph (float16[N, 2] x) => (float16[N, 2] y) { y = MatMul(x, w) }",
                   w=np.array([[1, np.inf], [-np.inf, 2]], "f2"))  # fmt: skip
    assert not mend(model, tmp_path).rules
    made = mend(model, tmp_path, choose=(1,))
    assert "float16-overflow" in made.rules
    assert numpy_helper.to_array(made.model.graph.initializer[0]).tolist() == [[1, 65504], [-65504, 2]]


def test_a_mask_that_a_cast_makes_infinite_is_held_by_choice(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float16[N, 4] x, bool[N, 4] mask) => (float16[N, 4] y) <float zero = {0}, float most = {-3.4e38}> "
        "{ m = Where(mask, zero, most) h = Cast<to = 10>(m) s = Add(x, h) y = Softmax(s) }"
    )
    made = mend(model, tmp_path, choose=(1,))
    assert clean(made)
    held = {t.name: numpy_helper.to_array(t).tolist() for t in made.model.graph.initializer}
    assert held == {"zero": 0, "most": -65504}


def test_double_that_crept_in_becomes_float32_by_choice(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float[N, 8] x) => (double[N, 8] y) <double[N, 8] b> "
        "{ a = Cast<to = 11>(x) b = MatMul(a, w) y = Add(b, c) }",
        w=WEIGHTS.astype("f8"), c=np.array([1 / 3], "f8"),
    )  # fmt: skip
    made = mend(model, tmp_path, choose=(1,))
    assert "double-precision" in made.rules and clean(made)
    assert all(t.data_type == TensorProto.FLOAT for t in made.model.graph.initializer)
    assert numpy_helper.to_array(made.model.graph.initializer[1]) == np.float32(1 / 3)
    assert np.allclose(outputs(model)["y"], outputs(made.model)["y"], rtol=1e-5)
    assert made.said.compared is not None and made.said.compared.differ  # said: no longer the same bytes


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("r = Relu(x) y = Log(r)", lambda x: np.log(np.maximum(np.maximum(x, 0), np.float32(1e-7)))),
        ("r = Tanh(x) y = Sqrt(r)", lambda x: np.sqrt(np.maximum(np.tanh(x), 0))),
        ("r = Relu(x) y = Reciprocal(r)", lambda x: 1 / np.where(x > 0, x, np.float32(1e-7))),
        ("r = Relu(x) y = Div(x, r)", lambda x: x / np.where(x > 0, x, np.float32(1e-7))),
    ],
)  # fmt: skip
def test_a_guard_by_choice(body: str, expected: object, tmp_path: Path) -> None:
    model = parsed(f"agraph (float[N, 8] x) => (float[N, 8] y) {{ {body} }}")
    assert not mend(model, tmp_path).rules
    made = mend(model, tmp_path, choose=(1,))
    assert made.rules == ["domain-faults"] and clean(made)
    x = np.random.default_rng(0).normal(size=(2, 8)).astype("f4")
    assert callable(expected) and np.allclose(outputs(made.model)["y"], expected(x), rtol=1e-5)


def test_a_missing_flatten_is_put_in(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float[N, 2, 3, 3] x) => (float[N, 5] y) { r = Relu(x) y = Gemm(r, w) }",
        w=np.linspace(-1, 1, 90, dtype="f4").reshape(18, 5),
    )
    made = mend(model, tmp_path)
    assert clean(made) and [n.op_type for n in made.model.graph.node] == ["Relu", "Flatten", "Gemm"]
    assert outputs(made.model)["y"].shape == (2, 5)


def test_a_wrong_axis_is_set(tmp_path: Path) -> None:
    model = parsed("agraph (float[2, 3, 4] x, float[2, 5, 4] z) => (float[2, 8, 4] y) { y = Concat<axis = 2>(x, z) }")
    made = mend(model, tmp_path)
    assert clean(made) and made.changes == ["Concat[0]: axis 2 -> 1"]
    assert outputs(made.model)["y"].shape == (2, 8, 4)


def test_a_vector_is_laid_along_the_channels(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 3, 4, 5] x) => (float[N, 3, 4, 5] y) { y = Add(x, b) }", b=np.ones(3, "f4"))
    made = mend(model, tmp_path)
    assert clean(made) and list(made.model.graph.initializer[0].dims) == [3, 1, 1]


def test_an_unsqueeze_where_the_vector_is_used_elsewhere_too(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float[N, 3, 4, 5] x, float[3] z) => (float[N, 3, 4, 5] y, float[3] u) { y = Add(x, b) u = Add(z, b) }",
        b=np.ones(3, "f4"),
    )
    made = mend(model, tmp_path)
    assert clean(made) and [n.op_type for n in made.model.graph.node] == ["Unsqueeze", "Add", "Add"]
    assert np.array_equal(outputs(made.model)["y"], outputs(made.model)["y"])


def test_a_resize_that_resamples_the_channels(tmp_path: Path) -> None:
    model = parsed(
        "agraph (float[1, 4, 4, 4] x) => (float[1, 6, 8, 8] y) <float[4] scales = {1, 2, 2, 2}> "
        "{ r = Resize<mode = \"nearest\">(x, , scales) y = Conv(r, w) }",
        w=np.ones((6, 4, 1, 1), "f4"),
    )  # fmt: skip
    made = mend(model, tmp_path)
    assert any("scales" in change for change in made.changes), made.said.left
    assert outputs(made.model)["y"].shape[:2] == (1, 6)


def test_only_what_a_rule_finds(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 7] y) { y = MatMul(x, w) }", w=WEIGHTS, spare=WEIGHTS + 1)
    made = mend(model, tmp_path, only=frozenset({"unused-initializers"}))
    assert made.rules == ["unused-initializers"]
    assert [f.rule for f in made.said.left] == ["stale-shape-annotations"]
    with pytest.raises(UsageError, match="there is no rule 'unused'"):
        mend(model, tmp_path, only=frozenset({"unused"}))


def test_a_number_that_no_edit_has(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }")
    with pytest.raises(UsageError, match="--choose 3: there is no such edit, but none"):
        mend(model, tmp_path, choose=(3,))


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = MatMul(x, w) }", w=WEIGHTS, spare=WEIGHTS + 1)
    made = mend(model, tmp_path, dry_run=True)
    assert made.rules == ["unused-initializers"] and made.said.written == ""
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def test_what_is_declared_or_imported_for_nothing_goes(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) <float[N, 8] a> { a = Relu(x) y = Neg(a) }")
    model.graph.value_info.append(helper.make_tensor_value_info("nowhere", TensorProto.FLOAT, [3]))
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    model.graph.name = ""
    made = mend(model, tmp_path)
    assert set(made.rules) == {"idle-declarations", "unused-imports", "meaningless-declarations"}
    assert made.said.left == () and made.model.graph.name == "graph"
    assert [v.name for v in made.model.graph.value_info] == ["a"]
    assert [o.domain for o in made.model.opset_import] == [""] and same(model, made.model)


def test_an_output_without_a_shape_gets_one(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }")
    model.graph.output[0].type.tensor_type.ClearField("shape")
    made = mend(model, tmp_path)
    assert made.rules == ["meaningless-declarations"] and made.said.left == ()
    sizes = [d.dim_param or d.dim_value for d in made.model.graph.output[0].type.tensor_type.shape.dim]
    assert sizes == ["N", 8]


def test_versions_that_a_target_does_not_take_are_lowered_where_all_means_the_same(tmp_path: Path) -> None:
    """The lowest of what several targets take; Relu is the same from opset 14 on, HardSwish changed with 22."""
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }", opset=22, ir_version=10)
    targets = ("onnxruntime==1.20", "onnxruntime==1.15")
    made = mend(model, tmp_path, run=False, targets=targets)
    assert set(made.rules) == {"unsupported-by-target"} and clean(made)
    assert (made.model.ir_version, made.model.opset_import[0].version) == (9, 19)
    model.graph.node[0].op_type = "HardSwish"
    assert mend(model, tmp_path, run=False, targets=targets).changes == ["ir_version: 10 -> 9"]
