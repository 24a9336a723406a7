"""A graph as boxes, wires and frames: of small models that a person can draw."""

from __future__ import annotations

import pytest
from onnx import parser

from auditor.picture.graph import Frame, GraphPicture, Role, Sort
from auditor.picturing import graph as picturing
from auditor.picturing.around import neighbourhood
from auditor.picturing.graph import unfolded
from auditor.picturing.places import numbers, places
from auditor.pipeline import audited
from auditor.settings import Settings

CHAIN = """
<ir_version: 8, opset_import: ["" : 17]>
chain (float[1, 4] x) => (float[1, 4] y) <float[4, 4] w = {1,0,0,0, 0,1,0,0, 0,0,1,0, 0,0,0,1}> {
  [turned] t = Transpose <perm = [1, 0]> (w)
  [first] a = MatMul(x, t)
  [second] b = Relu(a)
  [sum] y = Add(a, b)
}
"""

BRANCHES = """
<ir_version: 8, opset_import: ["" : 17]>
g (bool c, float[2] x) => (float[2] y) {
  [pick] y = If(c) <
    then_branch = yes () => (float[2] p) { [inner] p = Relu(x) },
    else_branch = no () => (float[2] q) { q = Neg(x) }
  >
}
"""

CALLS = """
<ir_version: 8, opset_import: ["" : 17, "own" : 1]>
g (float[2] x) => (float[2] y) {
  [one] a = own.twice(x)
  [two] y = own.twice(a)
}
<domain: "own", opset_import: ["" : 17]>
twice (v) => (w) { w = Add(v, v) }
"""


def pictured(text: str) -> GraphPicture:
    report, evidence = audited(parser.parse_model(text), Settings(run=False, weights=False))
    assert evidence is not None
    model, facts = evidence.model, evidence.facts
    return unfolded(model, facts, evidence.costs, report.findings, places(model, facts, report.findings))


def wires(frame: Frame) -> set[tuple[str, str]]:
    return {(frame.boxes[wire.source].label, frame.boxes[wire.target].label) for wire in frame.wires}


def test_a_constant_is_drawn_in_the_operator_that_takes_it() -> None:
    (frame,) = pictured(CHAIN).frames
    assert [(box.role, box.op, box.label) for box in frame.boxes] == [
        (Role.INPUT, "input", "x"), (Role.NODE, "MatMul", "first"), (Role.NODE, "Relu", "second"),
        (Role.NODE, "Add", "sum"), (Role.OUTPUT, "output", "y"),
    ]  # fmt: skip
    first = frame.boxes[1]
    assert first.folded == (0,)
    assert [(one.tensor, one.text) for one in first.stored] == [("t", "float32 [4, 4]")]
    assert [(one.tensor, one.text) for one in first.made] == [("a", "float32 [1, 4]")]
    assert first.macs == 1 * 4 * 4 and first.bytes == 4 * 4


def test_wires_carry_tensors_from_box_to_box() -> None:
    (frame,) = pictured(CHAIN).frames
    assert wires(frame) == {("x", "first"), ("first", "second"), ("first", "sum"), ("second", "sum"), ("sum", "y")}
    assert {wire.text for wire in frame.wires} == {"float32 [1, 4]"}


def test_bodies_are_frames_and_show_what_comes_from_outside() -> None:
    main, yes, no = pictured(BRANCHES).frames
    assert [(frame.sort, frame.title, frame.parent) for frame in (yes, no)] == [
        (Sort.SUBGRAPH, "then_branch", 0), (Sort.SUBGRAPH, "else_branch", 0),
    ]  # fmt: skip
    (pick,) = [box for box in main.boxes if box.op == "If"]
    assert pick.inside == (1, 2)
    assert ("x", "pick") in wires(main)
    assert [(box.role, box.label) for box in yes.boxes] == [(Role.PORT, "x"), (Role.NODE, "inner"), (Role.OUTPUT, "p")]
    assert wires(yes) == {("x", "inner"), ("inner", "p")}
    assert {frame.graph for frame in (main, yes, no)} == {0, 1, 2}


def test_calls_on_equal_facts_open_one_frame() -> None:
    main, body = pictured(CALLS).frames
    assert [box.inside for box in main.boxes if box.role is Role.NODE] == [(1,), (1,)]
    assert body.sort is Sort.FUNCTION and body.title == "twice"
    assert wires(body) == {("v", "Add[0]"), ("Add[0]", "w")}


def test_graphs_have_the_same_numbers_for_findings_layers_and_boxes() -> None:
    _, evidence = audited(parser.parse_model(BRANCHES), Settings(run=False, weights=False))
    assert evidence is not None
    assert numbers(evidence.model, evidence.facts) == {"": 0, "pick/then_branch": 1, "pick/else_branch": 2}


def test_a_finding_marks_its_box() -> None:
    graph = pictured(CHAIN.replace("float[1, 4] x", "float[1, 5] x"))
    marked = [(box.label, graph.findings[i].severity) for box in graph.frames[0].boxes for i in box.findings]
    assert marked and {label for label, _ in marked} == {"first"} and "error" in {severity for _, severity in marked}


@pytest.mark.parametrize(
    ("bound", "most", "text", "said"),
    [
        ("MOST_BOXES", 2, CHAIN, "2 nodes of 4 not drawn"),
        ("MOST_WIRES", 3, CHAIN, "2 wires not drawn"),
        ("MOST_FRAMES", 1, BRANCHES, "1 body not drawn"),
        ("MOST_PORTS", 1, BRANCHES, "1 input or output not drawn"),
    ],
)
def test_what_is_not_drawn_is_said(
    monkeypatch: pytest.MonkeyPatch, bound: str, most: int, text: str, said: str
) -> None:
    monkeypatch.setattr(picturing, bound, most)
    assert pictured(text).frames[0].unseen == said


def test_around_a_node() -> None:
    """Of x, first, second, sum, y: second's neighbours are first and sum; two hops reach all."""
    graph = pictured(CHAIN)
    near = neighbourhood(graph, 0, 2, 1)
    assert near is not None
    assert [box.label for box in near.frame.boxes] == ["first", "second", "sum"]
    assert near.frame.boxes[near.here].label == "second"
    assert wires(near.frame) == {("first", "second"), ("first", "sum"), ("second", "sum")}
    assert near.frame.unseen == "2 boxes further away not drawn"
    far = neighbourhood(graph, 0, 2, 9)
    assert far is not None and len(far.frame.boxes) == 5 and far.frame.unseen == ""


def test_around_a_constant_is_around_its_operator() -> None:
    near = neighbourhood(pictured(CHAIN), 0, 0, 0)
    assert near is not None
    assert [box.label for box in near.frame.boxes] == ["first"]


def test_around_what_is_not_drawn_is_nothing() -> None:
    assert neighbourhood(pictured(CHAIN), 0, 77, 1) is None
    assert neighbourhood(pictured(CHAIN), 5, 0, 1) is None
