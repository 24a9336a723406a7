"""Two models side by side in one child: what is equal, close and apart, and where they part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import onnx.parser
import pytest

from auditor.runtime.outcome import Crashed, NotRun, Outcome, SideBySide
from auditor.runtime.parent import side_by_side
from auditor.runtime.request import OFF, Feed, ModelPair, NamePair, Request

from .conftest import Write, floats

CHAIN = "g (float[2, 3] x) => (float[2, 3] y) { a = Neg (x) b = Exp (a) c = Sqrt (b) y = Neg (c) }"
INNER = tuple(NamePair(name, name) for name in "abc")


def _run(old: str, new: str, tensors: tuple[NamePair, ...] = INNER, **asked: Any) -> SideBySide | Outcome:
    same = (NamePair("x", "x"),)
    pair = ModelPair(new, asked.pop("inputs", same), asked.pop("outputs", (NamePair("y", "y"),)), tensors,
                     asked.pop("extra", ()))  # fmt: skip
    feeds = asked.pop("attempts", ((floats("x", 2, 3),),))
    return side_by_side(Request(old, (new,), feeds, optimisation=OFF, pair=pair, **asked))


def _compared(old: str, new: str, tensors: tuple[NamePair, ...] = INNER, **asked: Any) -> SideBySide:
    found = _run(old, new, tensors, **asked)
    assert isinstance(found, SideBySide), found
    return found


def test_equal_outputs_need_no_search(write: Write) -> None:
    found = _compared(write(CHAIN), write(CHAIN.replace("b = Exp", "k = Exp").replace("(b)", "(k)"), "new.onnx"))
    assert [(one.old, one.state) for one in found.outputs] == [("y", "equal")]
    assert (found.inputs, found.first, found.looked, found.why) == (("x [2, 3]",), None, 0, "")


def test_the_first_that_parts(write: Write) -> None:
    other = CHAIN.replace("b = Exp (a)", "b = Cos (a)")
    found = _compared(write(CHAIN), write(other, "new.onnx"))
    assert found.outputs[0].state == "apart"
    assert found.first is not None
    assert (found.first.old, found.first.state, found.looked, found.left) == ("b", "apart", 2, 0)
    assert found.first.difference is not None
    assert found.first.difference.place == (0, 0)


def test_close_is_within_the_tolerances(write: Write) -> None:
    other = CHAIN.replace("y = Neg (c)", "d = Constant <value_float = 1.00001> () e = Mul (c, d) y = Neg (e)")
    old, new = write(CHAIN), write(other, "new.onnx")
    found = _compared(old, new, rtol=1e-4, atol=0.0)
    assert found.outputs[0].state == "close"
    assert found.outputs[0].difference is not None
    assert found.outputs[0].difference.largest == pytest.approx(1e-5, rel=0.2)
    assert found.first is None
    assert found.looked == 3
    assert _compared(old, new, rtol=1e-6, atol=0.0).outputs[0].state == "apart"


def test_names_and_types_of_inputs_may_be_others(write: Write) -> None:
    new = "g (float16[2, 3] data) => (float16[2, 3] out) { a = Neg (data) b = Exp (a) c = Sqrt (b) out = Neg (c) }"
    found = _compared(
        write(CHAIN), write(new, "new.onnx"), inputs=(NamePair("x", "data"),), outputs=(NamePair("y", "out"),),
        rtol=1e-2,
    )  # fmt: skip
    assert [(one.new, one.state) for one in found.outputs] == [("out", "close")]


def test_an_input_of_another_kind(write: Write) -> None:
    new = "g (int64[2, 3] x) => (float[2, 3] y) { y = Cast <to = 1> (x) }"
    found = _compared(write(CHAIN), write(new, "new.onnx"), ())
    assert (found.failed, found.why) == ("new", "the input x takes tensor(int64) now")


def test_an_input_that_the_new_one_alone_has(write: Write) -> None:
    new = "g (float[2, 3] x, float[2, 3] more) => (float[2, 3] y) { y = Add (x, more) }"
    extra = (floats("more", 2, 3),)
    found = _compared(write(CHAIN), write(new, "new.onnx"), (), extra=extra)
    assert found.outputs[0].state == "apart"


def test_sizes_that_both_take(write: Write) -> None:
    """The old one runs at both, the new one at the second alone."""
    old = "g (float[N, 3] x) => (float[N, 3] y) { y = Neg (x) }"
    new = "g (float[1, 3] x) => (float[1, 3] y) { y = Neg (x) }"
    attempts = ((floats("x", 2, 3),), (floats("x", 1, 3),))
    found = _compared(write(old), write(new, "new.onnx"), (), attempts=attempts)
    assert found.inputs == ("x [1, 3]",)
    found = _compared(write(old), write(new, "new.onnx"), (), attempts=attempts[:1])
    assert found.failed == "new"
    assert found.why.startswith("the new model does not run: ")


def test_which_of_the_two_does_not_load(write: Write) -> None:
    bad = CHAIN.replace("Exp", "NoSuchOperator")
    for which in ("old", "new"):
        paths = {"old": write(CHAIN), "new": write(CHAIN, "new.onnx")}
        paths[which] = write(bad, "bad.onnx")
        found = _compared(paths["old"], paths["new"])
        assert found.failed == which
        assert found.why.startswith(f"the {which} model does not load: ")


def test_chance_is_no_difference(write: Write) -> None:
    model = (
        "g (float[2, 3] x) => (float[2, 3] y, float[2, 3] z) { a = RandomNormalLike (x) y = Add (x, a) z = Neg (x) }"
    )
    outputs = (NamePair("y", "y"), NamePair("z", "z"))
    found = _compared(
        write(model), write(model.replace("Neg", "Exp"), "new.onnx"), (NamePair("a", "a"),), outputs=outputs
    )
    assert [(one.old, one.state) for one in found.outputs] == [("y", "varying"), ("z", "apart")]
    assert found.first is None


def test_a_crash_is_told_from_the_model_that_makes_it(write: Write, tmp_path: Path) -> None:
    """Max of a missing input kills onnxruntime 1.32."""
    killer = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]>\n' + CHAIN)
    killer.graph.node[1].op_type = "Max"
    killer.graph.node[1].input.append("")
    (tmp_path / "new.onnx").write_bytes(killer.SerializeToString())
    found = _run(write(CHAIN), str(tmp_path / "new.onnx"))
    if isinstance(found, SideBySide):
        pytest.skip(f"this onnxruntime does not crash: {found.why}")
    assert isinstance(found, Crashed)
    assert found.stage == "new"


def test_hundreds_of_tensors_are_narrowed_down(write: Write) -> None:
    """Of 1,200 only every third is looked at, and then those around the first that parts."""

    def chain(odd: int) -> onnx.ModelProto:
        nodes = [
            onnx.helper.make_node("Cos" if i == odd else "Neg", [f"t{i}" if i else "x"], [f"t{i + 1}"])
            for i in range(1200)
        ]
        nodes.append(onnx.helper.make_node("Identity", ["t1200"], ["y"]))
        ports = [onnx.helper.make_tensor_value_info(name, 1, [2, 3]) for name in "xy"]
        graph = onnx.helper.make_graph(nodes, "g", ports[:1], ports[1:])
        return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)

    inner = tuple(NamePair(f"t{i}", f"t{i}") for i in range(1, 1201))
    found = _compared(write(chain(-1)), write(chain(700), "new.onnx"), inner)
    assert found.first is not None
    assert found.first.old == "t701"
    assert found.looked < 500
    assert found.left
    assert found.left_why == "they lie between tensors that are the same"


def test_what_is_not_to_be_run(write: Write, tmp_path: Path) -> None:
    found = _run(write(CHAIN), str(tmp_path / "nothing.onnx"))
    assert isinstance(found, NotRun)
    assert "nothing.onnx" in found.why


def test_feeds_are_the_same_in_both(write: Write) -> None:
    """Made from the old name, whatever the input is called now."""
    old = "g (float[2, 3] x) => (float[2, 3] y) { y = Identity (x) }"
    new = "g (float[2, 3] z) => (float[2, 3] y) { y = Identity (z) }"
    found = _compared(write(old), write(new, "new.onnx"), (), inputs=(NamePair("x", "z"),))
    assert found.outputs[0].state == "equal"


def test_bfloat16_and_text(write: Write) -> None:
    old = "g (float[2, 3] x) => (bfloat16[2, 3] y) { y = Cast <to = 16> (x) }"
    new = "g (float[2, 3] x) => (bfloat16[2, 3] y) { a = Neg (x) y = Cast <to = 16> (a) }"
    assert _compared(write(old), write(new, "new.onnx"), ()).outputs[0].state == "apart"
    text = "g (string[2] x) => (string[2] y) { y = Identity (x) }"
    feeds = ((Feed("x", 8, (2,)),),)
    assert _compared(write(text), write(text, "new.onnx"), (), attempts=feeds).outputs[0].state == "equal"
