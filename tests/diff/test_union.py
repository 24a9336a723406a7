"""Two graphs as one picture: what came, went and changed, each box and wire once."""

from __future__ import annotations

import onnx.parser

from auditor.diff.differing import model_difference
from auditor.diff.union import united
from auditor.picture.graph import Change, Frame, GraphPicture, Role
from auditor.picturing.graph import unfolded
from auditor.picturing.places import numbers
from auditor.shapes.facts import Facts, infer_shapes

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
OLD = """g (float[N, 4] x) => (float[N, 4] y) <float[4, 4] w = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16}> {
  [first] a = MatMul (x, w)
  [second] b = Sigmoid (a)
  [third] c = Softmax <axis = 1> (b)
  [last] y = Neg (c)
}"""


def _facts(text: str) -> Facts:
    return infer_shapes(onnx.parser.parse_model(HEAD + text).SerializeToString())


def _united(old: str, new: str) -> GraphPicture:
    one, other = _facts(old), _facts(new)
    pictures = [unfolded(facts.model, facts) for facts in (one, other)]
    both = numbers(one.model, one), numbers(other.model, other)
    return united(pictures[0], pictures[1], model_difference(one, other), both)


def _boxes(frame: Frame) -> list[tuple[str, str]]:
    return [(box.label, str(box.change)) for box in frame.boxes if box.role is Role.NODE]


def _wires(frame: Frame) -> set[tuple[str, str, str]]:
    labels = [box.label for box in frame.boxes]
    return {(labels[wire.source], labels[wire.target], str(wire.change)) for wire in frame.wires}


def test_the_same_twice() -> None:
    (frame,) = _united(OLD, OLD.replace("[second]", "[renamed]").replace(" b", " k").replace("(b", "(k")).frames
    assert {change for _, change in _boxes(frame)} == {"same"}
    assert {change for *_, change in _wires(frame)} == {"same"}
    assert [box.change for box in frame.boxes] == [Change.SAME] * 6


def test_a_node_that_went_stands_before_what_followed_it() -> None:
    (frame,) = _united(OLD, OLD.replace("[second] b = Sigmoid (a)\n", "").replace("(b)", "(a)")).frames
    assert _boxes(frame) == [("first", "same"), ("second", "removed"), ("third", "same"), ("last", "same")]
    assert {("first", "third", "added"), ("first", "second", "removed"), ("second", "third", "removed")} < _wires(frame)
    gone = next(box for box in frame.boxes if box.label == "second")
    assert (gone.anchor, gone.node) == ("", -1)


def test_a_node_that_came() -> None:
    new = OLD.replace("[last] y = Neg (c)", "[more] d = Relu (c) [last] y = Neg (d)")
    (frame,) = _united(OLD, new).frames
    assert ("more", "added") in _boxes(frame)
    assert {("third", "more", "added"), ("more", "last", "added"), ("third", "last", "removed")} < _wires(frame)


def test_what_changed_is_said_in_its_box() -> None:
    new = OLD.replace("axis = 1", "axis = 0").replace("{1,2", "{5,2")
    (frame,) = _united(OLD, new).frames
    assert _boxes(frame) == [("first", "changed"), ("second", "same"), ("third", "changed"), ("last", "same")]
    said = {box.label: box.changes for box in frame.boxes}
    assert any("axis" in text for text in said["third"])
    assert any("'w'" in text for text in said["first"])


def test_ports_come_and_go() -> None:
    (frame,) = _united(OLD, OLD.replace("(float[N, 4] y)", "(float[N, 4] y, float[N, 4] b)")).frames
    ends = {(box.label, str(box.change)) for box in frame.boxes if box.role is Role.OUTPUT}
    assert ends == {("y", "same"), ("b", "added")}
    (frame,) = _united(OLD.replace("(float[N, 4] y)", "(float[N, 4] y, float[N, 4] b)"), OLD).frames
    ends = {(box.label, str(box.change)) for box in frame.boxes if box.role is Role.OUTPUT}
    assert ends == {("y", "same"), ("b", "removed")}


def test_bodies_are_united_too() -> None:
    text = """g (bool c, float[2] x) => (float[2] y) {
      [branch] y = If (c) <then_branch = t () => (float[2] p) { [inner] p = LeakyRelu <alpha = 0.5> (x) },
                           else_branch = e () => (float[2] q) { q = Exp (x) }>
    }"""
    _, then, other = _united(text, text.replace("0.5", "0.25")).frames
    assert _boxes(then) == [("inner", "changed")]
    assert {change for _, change in _boxes(other)} == {"same"}


def test_every_wire_leads_from_box_to_box() -> None:
    new = OLD.replace("[second] b = Sigmoid (a)", "[a1] b1 = Relu (a) [a2] b = Tanh (b1)").replace(
        "Softmax", "LogSoftmax"
    )
    for one, other in ((OLD, new), (new, OLD)):
        for frame in _united(one, other).frames:
            places = range(len(frame.boxes))
            assert all(wire.source in places and wire.target in places for wire in frame.wires)
            assert len({(wire.source, wire.target) for wire in frame.wires}) == len(frame.wires)
