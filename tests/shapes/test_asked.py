"""Nodes of which the same was asked are put together: what is said of one must hold for all."""

from __future__ import annotations

import random

import pytest
from onnx import parser

from auditor.model.graph import Graph, Node, captured
from auditor.model.load import loads
from auditor.shapes.facts import Facts, infer
from auditor.shapes.troubles import At


def facts_of(text: str) -> Facts:
    return infer(loads(parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}').SerializeToString()))


def together(facts: Facts, graph: str = "") -> list[list[int]]:
    return [list(asked.places) for asked in facts.asked(graph)]


def test_equal_nodes_on_equal_facts_are_one_question() -> None:
    facts = facts_of("g (float[2] x) => (float[2] y) { a = Relu(x) b = Neg(a) c = Relu(b) y = Neg(c) }")
    assert together(facts) == [[0, 2], [1, 3]]


def test_facts_attributes_and_operators_part_them() -> None:
    facts = facts_of(
        """g (float[2, 2] x, float[4] z) => (float[2, 2] y) {
          a = Softmax<axis = 0>(x) b = Softmax<axis = 1>(a) c = Softmax<axis = 0>(b) d = Relu(z) y = Relu(c)
        }"""
    )
    assert together(facts) == [[0, 2], [1], [3], [4]]


def test_what_hangs_on_no_input_is_a_question_of_its_own() -> None:
    """The Relus of x and of the stored w are on equal facts; what is made of w alone is fixed."""
    facts = facts_of("g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { a = Relu(w) b = Relu(x) y = Add(a, b) }")
    assert together(facts) == [[0], [1], [2]]
    assert [asked.fixed for asked in facts.asked("")] == [True, False, False]
    assert facts.fixed("a") and not facts.fixed("b") and not facts.fixed("y")


def test_chance_is_not_fixed() -> None:
    facts = facts_of("g () => (float[2] y, float[2] z) { y = RandomNormal<shape = [2]>() z = Neg(y) }")
    assert not facts.fixed("y") and not facts.fixed("z")


IFS = """g (bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
  a = If (c) <then_branch = one () => (float[2] p) { p = Relu(x) }, else_branch = two () => (float[2] q) { q = Neg(x) }>
  b = If (c) <then_branch = one () => (float[2] p) { p = Relu(w) }, else_branch = two () => (float[2] q) { q = Neg(w) }>
  y = Add(a, b)
}"""


def test_a_node_with_bodies_stands_alone() -> None:
    assert together(facts_of(IFS)) == [[0], [1], [2]]


def test_what_a_body_takes_from_outside_counts() -> None:
    """The condition is stored, and what the branches of the first If take is not."""
    facts = facts_of(IFS.replace("(bool c, float[2] x)", "(float[2] x)").replace("{1, 2}>", "{1, 2}, bool c = {1}>"))
    assert not facts.fixed("a") and facts.fixed("b")


def test_places_stand_in_the_order_of_the_walk() -> None:
    """Where nodes are listed out of order, the walk takes them in another order than the file's."""
    facts = facts_of("g (float[2] x) => (float[2] y) { y = Neg(c) c = Relu(b) b = Neg(a) a = Relu(x) }")
    assert list(facts.graphs[""].entries) == [3, 2, 1, 0]
    assert [at.index for at in facts.nodes_of({"Relu", "Neg"})] == [3, 2, 1, 0]
    assert [at.index for at in facts.nodes_of({"Relu"})] == [3, 1]


def test_nodes_are_found_in_all_graphs() -> None:
    found = list(facts_of(IFS).nodes_of({"Relu", "Add"}))
    assert found == [At("", 2), At("If[0]/then_branch", 0), At("If[1]/then_branch", 0)]
    assert [asked.at for asked in facts_of(IFS).asked_of({"Neg"})] == [At(f"If[{i}]/else_branch", 0) for i in range(2)]


def slowly_fixed(nodes: tuple[Node, ...], stored: frozenset[str]) -> set[str]:
    """The same as one would write it down: from a node's inputs to its outputs."""
    fixed = set(stored)
    for node in nodes:
        if all(name in fixed for name in (*node.inputs, *captured(node)) if name):
            fixed.update(node.outputs)
    return fixed


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs_say_the_same_node_by_node(seed: int) -> None:
    """Operators of one and two inputs, wired at random: kinds and questions hold every node once, and no other node."""
    rng = random.Random(seed)
    names, lines = ["x", "w", "v"], []
    for i in range(60):
        op = rng.choice(["Relu", "Neg", "Add", "Mul", "Transpose"])
        given = rng.sample(names, 2 if op in ("Add", "Mul") else 1)
        names.append(f"t{i}")
        lines.append(f"t{i} = {op}({', '.join(given)})")
    stored = "<float[2, 2] w = {1, 2, 3, 4}, float[2, 2] v = {1, 2, 3, 4}>"
    facts = facts_of(f"g (float[2, 2] x) => (float[2, 2] t59) {stored} {{ {' '.join(lines)} }}")
    graph: Graph = facts.model.graph
    assert set(facts.fixed_in("")) == slowly_fixed(graph.nodes, graph.initializer_names)
    for groups in (together(facts), [list(kind.places) for kind in graph.kinds]):
        assert sorted(i for group in groups for i in group) == list(range(60))
        assert all(group == sorted(group) for group in groups)
        assert [group[0] for group in groups] == sorted(group[0] for group in groups)
    for asked in facts.asked(""):
        for node in map(graph.nodes.__getitem__, asked.places):
            assert node.op_type == asked.node.op_type and node.attributes is asked.node.attributes
            assert [facts.get(name) for name in node.inputs] == [facts.get(name) for name in asked.node.inputs]
            assert [facts.fixed(name) for name in node.inputs] == [facts.fixed(name) for name in asked.node.inputs]
            assert all(facts.fixed(name) == asked.fixed for name in node.outputs)
    wanted = {"Add", "Relu"}
    assert [i for i, _ in graph.nodes_of(wanted)] == [i for i, n in enumerate(graph.nodes) if n.op_type in wanted]
    assert [at.index for at in facts.nodes_of(wanted)] == [i for i, n in enumerate(graph.nodes) if n.op_type in wanted]
