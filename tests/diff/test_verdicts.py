"""What each verdict takes: small models, changed in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper, parser

from auditor.diff.difference import (
    Conclusion,
    Degree,
    FunctionChanged,
    ModelDifference,
    NodeChanged,
    NodeRewired,
    Recast,
    TensorChanged,
    Values,
)
from auditor.diff.differing import model_difference
from auditor.model.load import loads
from auditor.shapes.facts import infer

PLAIN = """
<ir_version: 8, opset_import: ["" : 17]>
g (float[1, 4] x) => (float[1, 4] y)
<float[4, 4] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}>
{
  a = MatMul(x, w)
  b = Relu(a)
  c = Sub(b, x)
  y = Sigmoid(c)
}
"""


def model(text: str = PLAIN) -> ModelProto:
    return parser.parse_model(text)


def between(old: ModelProto, new: ModelProto, **options: Any) -> ModelDifference:
    one, two = (infer(loads(m.SerializeToString())) for m in (old, new))
    return model_difference(one, two, **options)


def changed(text: str, new: str, old: str = PLAIN) -> ModelDifference:
    assert text in old
    return between(model(old), model(old.replace(text, new)))


def test_identical() -> None:
    assert between(model(), model()).conclusion == Conclusion(Degree.IDENTICAL, ("every byte is the same",))


def test_written_in_another_way() -> None:
    """A doc string, and raw data for typed: no edit, and not every byte."""
    new = model()
    new.graph.doc_string = "the same"
    values = numpy_helper.to_array(new.graph.initializer[0])
    new.graph.initializer[0].CopyFrom(numpy_helper.from_array(values, "w"))
    found = between(model(), new)
    assert found.conclusion.degree is Degree.RENAMED
    assert found.edits == ()


def test_a_constant_is_as_good_as_an_initializer() -> None:
    new = PLAIN.replace("<float[4, 4] w", "<float[4, 4] v").replace("{\n  a =", "{\n  w = Identity(v)\n  a =")
    assert changed("Relu(a)", "Relu(a)", new).conclusion.degree is Degree.IDENTICAL
    stored = model()
    constant = helper.make_node("Constant", [], ["w"], value=stored.graph.initializer[0])
    stored.graph.node.insert(0, constant)
    del stored.graph.initializer[:]
    assert between(model(), stored).conclusion.degree is Degree.RENAMED


@pytest.mark.parametrize(
    ("text", "new", "degree"),
    [
        ("{1, 2", "{1, 3", Degree.WEIGHTS),
        ("b = Relu(a)", "i = Identity(a) b = Relu(i)", Degree.COMPATIBLE),
        ("b = Relu(a)", "i = Dropout(a) b = Relu(i)", Degree.COMPATIBLE),
        ("b = Relu(a)", "i = Cast<to = 1>(a) b = Relu(i)", Degree.COMPATIBLE),
        ("b = Relu(a)", "i = Cast<to = 11>(a) j = Cast<to = 1>(i) b = Relu(j)", Degree.BEHAVIOUR),
        ("b = Relu(a)", "d = Abs(x) b = Relu(a)", Degree.COMPATIBLE),
        ("b = Relu(a)", "b = Elu(a)", Degree.BEHAVIOUR),
        ("b = Relu(a)", "i = Abs(a) b = Relu(i)", Degree.BEHAVIOUR),
        ("Sub(b, x)", "Sub(x, b)", Degree.BEHAVIOUR),
        ("Sub(b, x)", "Sub(b, b)", Degree.BEHAVIOUR),
        ('"" : 17', '"" : 18', Degree.COMPATIBLE),
        ("ir_version: 8", "ir_version: 9", Degree.COMPATIBLE),
        ("float[1, 4] x", "float[N, 4] x", Degree.COMPATIBLE),
        ("float[1, 4] x", "float[2, 4] x", Degree.BREAKING),
        ("float[1, 4] x)", "float[1, 4] x, float[1] z)", Degree.BREAKING),
        ("=> (float[1, 4] y)", "=> (float[1, 4] y, float[1, 4] c)", Degree.COMPATIBLE),
        ("=> (float[1, 4] y)", "=> (float[1, 4] c, float[1, 4] y)", Degree.BREAKING),
    ],
)  # fmt: skip
def test_one_change(text: str, new: str, degree: Degree) -> None:
    found = changed(text, new)
    assert found.conclusion.degree is degree, [edit.text for edit in found.edits]
    assert found.conclusion.reasons
    assert found.conclusion.certain


def test_inputs_and_outputs_have_names_that_clients_know() -> None:
    for name in ("x", "y"):
        new = PLAIN.replace(f" {name})", f" other{name})").replace(f"({name}", f"(other{name}")
        new = new.replace(f", {name})", f", other{name})").replace(f"{name} = Sig", f"other{name} = Sig")
        found = between(model(), model(new))
        assert found.conclusion.degree is Degree.BREAKING
        assert [e.text for e in found.edits if e.degree is Degree.BREAKING] == [
            f"{'input' if name == 'x' else 'output'} {name!r} renamed to 'other{name}'"
        ]


@pytest.mark.parametrize("listed", [False, True])
def test_a_long_string_is_compared_to_its_last_byte(listed: bool) -> None:
    """An engine or a vocabulary is not held in memory; wherever it lies in the file, its bytes count."""
    ending = "".join(f"{place:02}" for place in range(50))

    def holding(end: str, name: str = "") -> ModelProto:
        text = "v" * (3 << 20) + end
        said: Any = ["a", text] if listed else text
        made = helper.make_node("Engine", ["z"], ["y"], name, domain="com.example", blob=said)
        found = model(PLAIN)
        found.graph.node[-1].output[0] = "z"
        found.graph.node.append(made)
        found.opset_import.append(helper.make_opsetid("com.example", 1))
        return found

    old = holding(ending)
    found = between(old, holding(ending[:-1] + "!"))
    assert found.conclusion.degree is Degree.BEHAVIOUR
    assert [type(edit.change) for edit in found.edits] == [NodeChanged]
    assert between(old, holding(ending)).conclusion.degree is Degree.IDENTICAL
    assert between(old, holding(ending, "elsewhere")).conclusion.degree is Degree.RENAMED


def test_a_cast_of_what_is_only_declared_may_do_something() -> None:
    """Nobody knows what an operator of somebody's makes, whatever the file declares."""
    text = (
        '<ir_version: 8, opset_import: ["" : 17, "com.example" : 1]> g (float[2] x) => (float[2] y) <float16[2] h>'
        "{ h = com.example.Make(x) i = Cast<to = 10>(h) y = com.example.Take(i) }"
    )
    new = text.replace("i = Cast<to = 10>(h) ", "").replace("Take(i)", "Take(h)")
    for one, two in ((text, new), (new, text)):
        assert between(model(one), model(two)).conclusion.degree is Degree.BEHAVIOUR


def test_weights_and_an_idle_node_are_more_than_weights() -> None:
    new = PLAIN.replace("{1, 2", "{1, 3").replace("b = Relu(a)", "i = Identity(a) b = Relu(i)")
    assert between(model(), model(new)).conclusion.degree is Degree.BEHAVIOUR
    producer = model(PLAIN.replace("{1, 2", "{1, 3"))
    producer.producer_name = "another"
    assert between(model(), producer).conclusion.degree is Degree.WEIGHTS


def test_an_operand_in_any_order() -> None:
    old = PLAIN.replace("Sub(b, x)", "Add(b, x)")
    assert changed("Add(b, x)", "Add(x, b)", old).conclusion.degree is Degree.RENAMED
    old = PLAIN.replace("Sub(b, x)", "Sum(b, x, a)")  # rounding has an order
    assert changed("Sum(b, x, a)", "Sum(a, x, b)", old).conclusion.degree is Degree.BEHAVIOUR


def test_operators_of_another_meaning() -> None:
    """Softmax flattened to a matrix before opset 13, and its default axis was another."""
    old = PLAIN.replace("Sigmoid(c)", "Softmax<axis = 1>(c)").replace('"" : 17', '"" : 11')
    found = changed('"" : 11', '"" : 13', old)
    assert found.conclusion.degree is Degree.BEHAVIOUR
    assert "Softmax" in found.edits[0].text


def test_an_attribute_that_became_an_input() -> None:
    old = model(PLAIN.replace("y = Sigmoid(c)", "y = ReduceMean<axes = [1]>(c)").replace("[1, 4] y", "[1, 1] y"))
    new = model(PLAIN.replace("y = Sigmoid(c)", "y = ReduceMean(c, axes)").replace("[1, 4] y", "[1, 1] y"))
    new.opset_import[0].version = 18
    for axis, degree in ((1, Degree.COMPATIBLE), (0, Degree.BEHAVIOUR)):
        del new.graph.initializer[1:]
        new.graph.initializer.append(numpy_helper.from_array(np.array([axis], np.int64), "axes"))
        found = between(old, new)
        assert max(e.degree for e in found.edits if isinstance(e.change, NodeChanged)) is degree
        assert not any(isinstance(e.change, NodeRewired) for e in found.edits)


def test_what_could_not_be_compared_is_said() -> None:
    found = between(model(), model(), compare=lambda pair: Values.UNKNOWN)
    assert not found.conclusion.certain
    assert found.conclusion.degree is Degree.WEIGHTS
    assert found.conclusion.unknown == ("the values of 'w': its data could not be compared",)


@pytest.mark.parametrize(
    ("values", "how"),
    [
        (lambda w: w.astype(np.float16), Recast.CAST),
        (lambda w: w.T.copy(), Recast.TRANSPOSED),
        (lambda w: w + 1, Recast.VALUES),
        (lambda w: w.reshape(2, 8), Recast.RESHAPED),
        (lambda w: w.reshape(2, 8).T.copy(), Recast.RESHAPED),
        (lambda w: w[:2], Recast.REPLACED),
    ],
)
def test_what_became_of_a_stored_tensor(values: Callable[[np.ndarray], np.ndarray], how: Recast) -> None:
    new = model()
    stored = values(numpy_helper.to_array(new.graph.initializer[0]))
    new.graph.initializer[0].CopyFrom(numpy_helper.from_array(stored, "w"))
    changes = [e.change for e in between(model(), new).edits]
    assert [c.how for c in changes if isinstance(c, TensorChanged)] == [how]


FUNCTION = """
<ir_version: 10, opset_import: ["" : 17, "own" : 1]>
g (float[4] x) => (float[4] y) { a = own.f(x) y = own.f(a) }
<domain: "own", opset_import: ["" : 17]>
f (p) => (q) { r = Abs(p) q = Neg(r) }
"""


def test_functions_are_what_is_in_them() -> None:
    renamed = FUNCTION.replace("own.f(", "own.g(").replace("\nf (p)", "\ng (p)")
    found = between(model(FUNCTION), model(renamed))
    assert found.conclusion.degree is Degree.RENAMED
    assert [e.change for e in found.edits if isinstance(e.change, FunctionChanged)] == [
        FunctionChanged("own:f", "own:g")
    ]
    found = changed("Abs(p)", "Exp(p)", FUNCTION)
    assert found.conclusion.degree is Degree.BEHAVIOUR
    assert "in 'function own.f'" in found.edits[0].text


BRANCHES = """
<ir_version: 8, opset_import: ["" : 17]>
g (bool c, float[4] x, float[4] z) => (float[4] y)
{
  y = If (c) <
    then_branch = one () => (float[4] p) { p = Sub(x, z) },
    else_branch = two () => (float[4] q) { q = Neg(x) }
  >
}
"""


def test_subgraphs() -> None:
    assert changed("p = Sub(x, z)", "p = Div(x, z)", BRANCHES).conclusion.degree is Degree.BEHAVIOUR
    found = changed("p = Sub(x, z)", "p = Sub(z, x)", BRANCHES)
    assert [e.change.swapped for e in found.edits if isinstance(e.change, NodeRewired)] == [True]
    assert found.bodies[1].old.endswith("/then_branch")


def test_stored_around_a_subgraph() -> None:
    """What a subgraph takes from around it is compared where it is stored."""
    old = BRANCHES.replace("(float[4] y)\n", "(float[4] y)\n<float[4] w = {1, 2, 3, 4}>\n").replace(
        "Neg(x)", "Mul(x, w)"
    )
    found = changed("{1, 2,", "{9, 2,", old)
    assert found.conclusion.degree is Degree.WEIGHTS
    assert [pair.old.name for pair in found.stored] == ["w"]


def test_an_external_file_is_no_difference(tmp_path: Any) -> None:
    onnx.save(model(), tmp_path / "a.onnx")
    stored = model()
    stored.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(numpy_helper.to_array(stored.graph.initializer[0]), "w")
    )
    onnx.save(stored, tmp_path / "b.onnx", save_as_external_data=True, location="b.data", size_threshold=0)
    from auditor.model.load import load

    one, two = (infer(load(str(tmp_path / name))) for name in ("a.onnx", "b.onnx"))
    assert model_difference(one, two).conclusion.degree is Degree.RENAMED
    assert stored.graph.initializer[0].data_type == TensorProto.FLOAT


CONV = """
<ir_version: 8, opset_import: ["" : 17]>
g (float[1, 1, 4] x) => (float[1, 2, 4] y)
<float[2, 1, 1] w = {1, 2}, float[2] scale = {2, 3}, float[2] shift = {1, 1}, float[2] mean = {0, 1},
 float[2] var = {1, 4}>
{
  a = Conv(x, w)
  y = BatchNormalization<epsilon: float = 0>(a, scale, shift, mean, var)
}
"""
# w' = w * scale / sqrt(var), b' = shift - mean * scale / sqrt(var)
FUSED = """
<ir_version: 8, opset_import: ["" : 17]>
g (float[1, 1, 4] x) => (float[1, 2, 4] y)
<float[2, 1, 1] w = {2, 3}, float[2] b = {1, -0.5}>
{
  y = Conv(x, w, b)
}
"""


@pytest.mark.parametrize("ways", [(CONV, FUSED), (FUSED, CONV)])
def test_a_normalization_in_the_weights_or_out_of_them(ways: tuple[str, str]) -> None:
    found = between(*map(model, ways))
    assert found.conclusion.degree is Degree.COMPATIBLE
    assert [edit.text.split(":")[0] for edit in found.edits if edit.degree is not Degree.RENAMED] == [
        "fused" if ways[0] is CONV else "split"
    ]


@pytest.mark.parametrize("text", ["{2, 3.1}, float[2] b = {1, -0.5}", "{2, 3}, float[2] b = {1, 0.5}"])
def test_other_weights_are_not_those_of_the_normalization(text: str) -> None:
    new = FUSED.replace("{2, 3}, float[2] b = {1, -0.5}", text)
    for one, two in ((CONV, new), (new, CONV)):
        assert between(model(one), model(two)).conclusion.degree is Degree.BEHAVIOUR


def test_a_normalization_that_trains_is_not_fused() -> None:
    trains = CONV.replace("epsilon: float = 0", "epsilon: float = 0, training_mode: int = 1")
    assert between(model(trains), model(FUSED)).conclusion.degree is Degree.BEHAVIOUR


def test_a_fusion_hides_no_other_input_of_the_node_before() -> None:
    two = CONV.replace("(float[1, 1, 4] x)", "(float[1, 1, 4] x, float[1, 1, 4] z)").replace(
        "y = B", "u = Neg(z) y = B"
    )
    new = FUSED.replace("(float[1, 1, 4] x)", "(float[1, 1, 4] x, float[1, 1, 4] z)").replace("Conv(x,", "Conv(z,")
    assert between(model(two), model(new.replace("y = C", "u = Neg(z) y = C"))).conclusion.degree is Degree.BEHAVIOUR


def _with_default(ir_version: int) -> ModelProto:
    made = model()
    made.ir_version = ir_version
    made.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 4]))
    return made


@pytest.mark.parametrize(("ir_version", "gone"), [(3, Degree.RENAMED), (4, Degree.BREAKING), (8, Degree.BREAKING)])
def test_an_input_with_a_default_may_be_fed_since_ir_version_4(ir_version: int, gone: Degree) -> None:
    plain = model()
    plain.ir_version = ir_version
    assert between(_with_default(ir_version), plain).conclusion.degree is gone
    come = Degree.RENAMED if ir_version < 4 else Degree.COMPATIBLE
    assert between(plain, _with_default(ir_version)).conclusion.degree is come


def test_the_momentum_of_statistics_that_nobody_takes() -> None:
    said = "epsilon: float = 0, momentum: float = 0.5"
    assert between(model(CONV), model(CONV.replace("epsilon: float = 0", said))).conclusion.degree is Degree.COMPATIBLE
    trains = CONV.replace("epsilon: float = 0", "training_mode: int = 1").replace("  y = B", "  y, m, v = B")
    other = trains.replace("training_mode: int = 1", "training_mode: int = 1, momentum: float = 0.5")
    taken = [one.replace("[1, 2, 4] y)", "[1, 2, 4] y, float[2] m)") for one in (trains, other)]
    assert between(*map(model, taken)).conclusion.degree is Degree.BEHAVIOUR


def test_a_float_is_said_as_short_as_float32_tells_it() -> None:
    found = changed("b = Relu(a)", "b = LeakyRelu<alpha: float = 0.1>(a)")
    assert found.edits[0].text == "Relu[1]: op_type Relu -> LeakyRelu, alpha not given -> 0.1"


CHAIN = """
<ir_version: 8, opset_import: ["" : 17]>
g (float[1, 2] x) => (float[1, 2] y)
<float[2, 2] a = {1, 2, 3, 4}, float two = {2}>
{
  b = Mul(a, two)
  w = Transpose<perm: ints = [1, 0]>(b)
  y = MatMul(x, w)
}
"""
STORED = """
<ir_version: 8, opset_import: ["" : 17]>
g (float[1, 2] x) => (float[1, 2] y)
<float[2, 2] w = {2, 6, 4, 8}>
{
  y = MatMul(x, w)
}
"""


def test_a_chain_of_constants_folded_into_what_it_computes() -> None:
    for one, two in ((CHAIN, STORED), (STORED, CHAIN)):
        found = between(model(one), model(two))
        assert found.conclusion.degree is Degree.COMPATIBLE
        assert "folded" in found.edits[0].text


def test_a_chain_of_constants_and_its_numbers_in_another_shape() -> None:
    flat = STORED.replace("float[2, 2] w", "float[1, 2, 2] w").replace("[1, 2] y", "[1, 1, 2] y")
    assert any("is not what" in edit.why for edit in between(model(CHAIN), model(flat)).edits)


def test_a_normalization_whose_scale_a_client_may_feed_is_not_proved() -> None:
    fed = model(CONV)
    fed.graph.input.append(helper.make_tensor_value_info("scale", TensorProto.FLOAT, [2]))
    (edit,) = [edit for edit in between(model(FUSED), fed).edits if edit.text.startswith("split")]
    assert (edit.degree, edit.why) == (Degree.BEHAVIOUR, "whether the old weights are right was not worked out")


@pytest.mark.parametrize("values", ["{2, 6, 4, 9}", "{2, 4, 6, 8}"])
def test_a_chain_of_constants_and_another_result(values: str) -> None:
    found = between(model(CHAIN), model(STORED.replace("{2, 6, 4, 8}", values)))
    assert found.conclusion == Conclusion(Degree.BEHAVIOUR, ("'w' (float32[2, 2]) is not what the nodes compute",))


def test_a_chain_that_a_client_may_feed_is_not_proved() -> None:
    fed = model(CHAIN)
    fed.graph.input.append(helper.make_tensor_value_info("a", TensorProto.FLOAT, [2, 2]))
    assert between(model(STORED), fed).conclusion.degree is Degree.BEHAVIOUR
