"""Sequences and optionals, in whole models, against what the runtime makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import TensorProto, helper

from auditor.errors import UsageError
from auditor.model.load import loads
from auditor.shapes.fact import Fact, Items, ShapeError
from auditor.shapes.facts import Facts, infer
from auditor.shapes.sizes.dim import named
from auditor.shapes.troubles import Impossible
from tests.shapes.asking import ask, tensor, values

N = named("N")
A, B = np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)


def run(nodes: str, **feeds: Any) -> tuple[Facts, list[Any]]:
    """The facts from shapes alone, and what onnxruntime makes of it."""
    import onnxruntime

    text = f"""<ir_version: 8, opset_import: ["" : 18]>
    g (float[2, 3] a, float[4, 3] b, int64 i, bool c) => (float[] y, int64 n) {{ {nodes} }}"""
    data = onnx.parser.parse_model(text).SerializeToString()
    given = {"a": A, "b": B, "i": np.array(0, np.int64), "c": np.array(True)} | feeds
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return infer(loads(data)), session.run(None, given)


@pytest.mark.parametrize(
    ("nodes", "shape", "length"),
    [
        ("s = SequenceConstruct (a, b) one = Constant <value_int = 1> () y = SequenceAt (s, one)", (4, 3), 2),
        ("s = SequenceConstruct (a, b) one = Constant <value_int = -2> () y = SequenceAt (s, one)", (2, 3), 2),
        ("s = SequenceConstruct (a, b) y = SequenceAt (s, i)", (None, 3), 2),
        ("s = SequenceConstruct (a, b) y = ConcatFromSequence <axis = 0> (s)", (6, 3), 2),
        ("s = SequenceConstruct (a, a) y = ConcatFromSequence <axis = -1, new_axis = 1> (s)", (2, 3, 2), 2),
        ("e = SequenceEmpty () s = SequenceInsert (e, b) y = SequenceAt (s, i)", (4, 3), 1),
        (
            "t = SequenceConstruct (a, b) z = Constant <value_int = 0> () s = SequenceInsert (t, b, z)"
            " y = SequenceAt (s, z)",
            (4, 3),
            3,
        ),
        ("t = SequenceConstruct (a, b) s = SequenceErase (t) y = SequenceAt (s, i)", (2, 3), 1),
        ("t = SequenceConstruct (a, b) s = SequenceErase (t, i) y = SequenceAt (s, i)", (None, 3), 1),
        ("t = SequenceConstruct (a, b) s = Identity (t) y = ConcatFromSequence <axis = 0> (s)", (6, 3), 2),
        ("k = Constant <value_int = 3> () s = SplitToSequence (b, k) y = SequenceAt (s, i)", (None, 3), 2),
        ("k = Constant <value_int = 2> () s = SplitToSequence (b, k) y = SequenceAt (s, i)", (2, 3), 2),
        ("k = Constant <value_ints = [1, 3]> () s = SplitToSequence (b, k) z = Constant <value_int = 1> ()"
         " y = SequenceAt (s, z)", (3, 3), 2),
        ("s = SplitToSequence <keepdims = 0, axis = 1> (b) y = SequenceAt (s, i)", (4,), 3),
        ("s = SplitToSequence <axis = 1> (b) y = SequenceAt (s, i)", (4, 1), 3),
        ("k = Constant <value_int = 1> () s = SplitToSequence <keepdims = 0> (b, k) y = SequenceAt (s, i)", None, 4),
        ("o = Optional (a) y = OptionalGetElement (o) s = SequenceConstruct (a)", (2, 3), 1),
        ("q = SequenceConstruct (a, b) o = Optional (q) s = OptionalGetElement (o) y = SequenceAt (s, i)",
         (None, 3), 2),
        ("q = SequenceConstruct (a, b) s = If (c) <then_branch = t () => (seq(float[]) p) { p = Identity (q) },"
         " else_branch = e () => (seq(float[]) r) { r = SequenceConstruct (b, b) }> y = SequenceAt (s, i)",
         (None, 3), 2),
    ],
)  # fmt: skip
def test_items_are_known(nodes: str, shape: tuple[int | None, ...] | None, length: int) -> None:
    facts, (y, n) = run(f"{nodes} n = SequenceLength (s)")
    assert n == length
    assert facts["n"] == Fact(7, (), (length,))
    found = facts["y"].shape
    assert (found and tuple(size if isinstance(size, int) else None for size in found)) == shape
    assert facts["y"].dtype == 1
    assert shape is None or all(mine in (None, real) for mine, real in zip(shape, y.shape, strict=True))
    assert not facts.troubles


LOOPED = """
trips = {trips}
yes = Constant <value = bool {{1}}> ()
e = SequenceEmpty ()
s = Loop (trips, yes, e) <body = body (int64 j, bool go, seq(float[]) h) => (bool again, seq(float[]) k) {{
  again = Identity (go)
  k = SequenceInsert (h, {item})
}}>
y = SequenceAt (s, i)
n = SequenceLength (s)
"""


def test_a_loop_that_builds_a_sequence() -> None:
    facts, (y, n) = run(LOOPED.format(trips="Constant <value_int = 3> ()", item="a"))
    assert (y.shape, n) == ((2, 3), 3)
    assert (facts["y"].shape, facts["n"].elements) == ((2, 3), (3,))
    facts, (y, n) = run(LOOPED.format(trips="Constant <value_int = 100> ()", item="a"))
    assert (y.shape, n) == ((2, 3), 100)
    assert (facts["y"].shape, facts["n"].elements) == ((2, 3), None)
    joined = LOOPED.replace("SequenceAt (s, i)", "ConcatFromSequence <axis = 0> (s)")
    facts, (y, n) = run(joined.format(trips="Add (i, i)", item="a"), i=np.array(2, np.int64))
    assert (y.shape, n) == ((8, 3), 4)
    found = facts["y"].shape
    assert found is not None
    assert found[1] == 3
    assert not isinstance(found[0], int)


def test_what_is_born_in_a_loop_does_not_leave_it_in_a_sequence() -> None:
    text = LOOPED.replace("k = Seq", "z = NonZero (a) v = Cast <to = 1> (z) k = Seq")
    facts, (y, _) = run(text.format(trips="Add (i, i)", item="v"), i=np.array(1, np.int64))
    found = facts["y"].shape
    assert y.shape == (2, 6)
    assert found is not None
    assert found[0] == 2
    assert str(found[1]) == "y[1]"


def test_a_sequence_is_mapped_item_by_item() -> None:
    facts, (y, n) = run("""
      q = SequenceConstruct (a, b)
      s = SequenceMap (q, a) <body = body (float[] x, float[] same) => (float[] z) {
        z = Concat <axis = 0> (x, same)
      }>
      one = Constant <value_int = 1> ()
      y = SequenceAt (s, one)
      n = SequenceLength (s)""")
    assert (y.shape, n) == ((6, 3), 2)
    assert (facts["y"].shape, facts["n"].elements) == ((6, 3), (2,))


@pytest.mark.parametrize(("type_", "value"), [("optional(float[2, 3])", A), ("optional(seq(float[2, 3]))", [A])])
def test_optional_inputs(type_: str, value: Any) -> None:
    text = f"""<ir_version: 8, opset_import: ["" : 18]>
    g ({type_} o) => (bool has) {{ has = OptionalHasElement (o) }}"""
    model = loads(onnx.parser.parse_model(text).SerializeToString())
    assert infer(model)["has"] == Fact(9, ())
    assert infer(model, values={"o": None})["has"].elements == (False,)
    assert infer(model, values={"o": value})["has"].elements == (True,)


def test_declared_items_prove_nothing() -> None:
    """No runtime holds a fed sequence to the sizes that its type names."""
    text = """<ir_version: 8, opset_import: ["" : 18]>
    g (seq(float[2, 3]) s, float[5] w) => (float[] y) {
      z = Constant <value_int = 0> ()
      x = SequenceAt (s, z)
      y = Add (x, w)
    }"""
    model = loads(onnx.parser.parse_model(text).SerializeToString())
    facts = infer(model)
    assert facts["x"] == Fact(1, (2, 3), None, True)
    assert [t.declared for t in facts.troubles if isinstance(t, Impossible)] == [True]
    exact = infer(model, values={"s": [np.ones((2, 5), np.float32)], "w": np.ones(5, np.float32)})
    assert exact["y"].shape == (2, 5)
    assert not exact.troubles
    with pytest.raises(UsageError, match="sequence"):
        infer(model, values={"s": A})


def test_named_sizes_pass_through() -> None:
    sequence = ask("SequenceConstruct", 11, [tensor(N, 3), tensor(N, 4)]).outputs[0]
    assert ask("SequenceAt", 11, [sequence, Fact(7, ())]).outputs[0].shape == (N, None)
    assert ask("ConcatFromSequence", 11, [sequence], {"axis": 1}).outputs[0].shape == (N, 7)
    split = ask("SplitToSequence", 11, [tensor(N, 3)], {"keepdims": 0}).outputs[0]
    assert ask("SequenceLength", 11, [split]).outputs[0].elements == (N,)
    assert ask("ConcatFromSequence", 11, [split], {"axis": 0, "new_axis": 1}).outputs[0].shape == (N, 3)


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes"),
    [
        ("SequenceAt", [Fact(items=Items(None, 0, ())), Fact(7, (), (0,))], {}),
        ("SequenceErase", [Fact(items=Items(None, 0, ()))], {}),
        ("SequenceAt", [Fact(items=Items(tensor(2), 1, (tensor(2),))), Fact(7, (), (1,))], {}),
        ("SplitToSequence", [tensor(5), values(2, 2)], {}),
        ("ConcatFromSequence", [Fact(items=Items(tensor(2, None), 2, (tensor(2, 3), tensor(2, 4))))], {"axis": 0}),
        ("OptionalGetElement", [Fact(items=Items(None, 0, (), optional=True))], {}),
    ],
)
def test_what_cannot_run_is_said(op_type: str, inputs: list[Fact], attributes: dict[str, int]) -> None:
    with pytest.raises(ShapeError):
        ask(op_type, 18, inputs, attributes)


def test_an_empty_optional_has_its_type() -> None:
    kind = helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [2]))
    node = helper.make_node("Optional", [], ["o"], type=kind.optional_type.elem_type)
    has = helper.make_node("OptionalHasElement", ["o"], ["has"])
    graph = helper.make_graph([node, has], "g", [], [helper.make_tensor_value_info("has", TensorProto.BOOL, [])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    assert infer(loads(model.SerializeToString()))["has"].elements == (False,)
