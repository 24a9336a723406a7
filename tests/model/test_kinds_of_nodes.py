"""Nodes that differ in names alone, and what is seen of a whole graph at once."""

from __future__ import annotations

import random

import pytest
from onnx import TensorProto, helper

from auditor.model.graph import Graph
from auditor.model.load import loads
from auditor.model.scopes import dead_nodes, in_order, makes_each_once, taken, takes


def graph_of(*nodes: tuple[str, list[str], list[str]], outputs: tuple[str, ...] = ("y",), domain: str = "") -> Graph:
    made = [helper.make_node(op, given, out, domain=domain) for op, given, out in nodes]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", *outputs)]
    model = helper.make_model(helper.make_graph(made, "g", ports[:1], ports[1:]))
    return loads(model.SerializeToString()).graph


def test_what_is_left_out_parts_kinds() -> None:
    graph = graph_of(
        ("Clip", ["x", "", "h"], ["a"]), ("Clip", ["x", "l", ""], ["b"]), ("Clip", ["b", "", "k"], ["c"]),
        ("Clip", ["x"], ["d"]), ("Split", ["x"], ["e", ""]), ("Split", ["x"], ["", "f"]),
    )  # fmt: skip
    assert [list(kind.places) for kind in graph.kinds] == [[0, 2], [1], [3], [4], [5]]
    assert [i for i, _ in graph.nodes_of({"Clip"})] == [0, 1, 2, 3]
    assert graph.kinds_of({"Relu"}) == [] and list(graph.nodes_of(())) == []


def slowly_dead(graph: Graph) -> list[int]:
    """Backwards from the outputs, every node asked again until nothing changes."""
    needed = {value.name for value in graph.outputs}
    alive: set[int] = set()
    while True:
        more = {
            i
            for i, node in enumerate(graph.nodes)
            if i not in alive and (node.domain not in ("", "ai.onnx.ml", "com.microsoft") or needed & set(node.outputs))
        }
        if not more:
            return [i for i in range(len(graph.nodes)) if i not in alive]
        alive |= more
        needed |= {name for i in more for name in takes(graph.nodes[i]) if name}


def test_a_node_without_results_is_dead_though_inputs_are_left_out() -> None:
    graph = graph_of(("Clip", ["x", "", "x"], ["y"]), ("Relu", ["x"], [""]), ("Relu", ["x"], []))
    assert dead_nodes(graph) == [1, 2]
    foreign = graph_of(("Clip", ["x", "", "x"], ["y"]), ("Print", ["x"], [""]), domain="my.own")
    assert dead_nodes(foreign) == []


def test_a_circle_is_dead_though_each_takes_what_another_makes() -> None:
    graph = graph_of(("Relu", ["b"], ["a"]), ("Neg", ["a"], ["b"]), ("Abs", ["x"], ["y"]))
    assert not in_order(graph) and dead_nodes(graph) == [0, 1]


def test_a_circle_through_the_second_maker_of_a_name_is_dead() -> None:
    """b takes a, a second a takes b; the first a stands before both."""
    graph = graph_of(("Relu", ["x"], ["a"]), ("Neg", ["a"], ["b"]), ("Abs", ["b"], ["a"]), ("Exp", ["x"], ["y"]))
    assert in_order(graph) and not makes_each_once(graph) and dead_nodes(graph) == [0, 1, 2]


@pytest.mark.parametrize("seed", range(12))
def test_the_dead_of_random_graphs(seed: int) -> None:
    """With names made twice, nodes out of order, results left out, and some where nothing is dead."""
    rng = random.Random(seed)
    names, nodes = ["x"], []
    for i in range(30):
        given = [rng.choice([*names[-4:], "", f"t{rng.randrange(40)}"] if seed % 3 else names[-1:])]
        made = f"t{rng.randrange(i + 1)}" if seed % 4 == 3 and rng.random() < 0.1 else f"t{i}"
        nodes.append(("Relu", given, [made, ""] if rng.random() < 0.2 else [made]))
        names.append(made)
    graph = graph_of(*nodes, outputs=(names[-1],))
    assert dead_nodes(graph) == slowly_dead(graph)
    assert taken(graph) >= {name for node in graph.nodes for name in node.inputs}
