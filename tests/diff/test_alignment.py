"""How nodes find their partners: what the passes cost, and where only order or names can tell."""

from __future__ import annotations

import random
from collections.abc import Callable

import onnx
import pytest
from onnx import ModelProto, TensorProto, helper

from auditor.diff.aligning import align
from auditor.diff.sequences import common, rising
from auditor.model.load import loads
from tests.benchmarks.models import residual
from tests.diff.disguised import disguised


def relus(count: int, *, parallel: bool) -> bytes:
    """So many Relus that are all alike: one behind the other, or beside each other before a Sum."""
    graph, at = onnx.GraphProto(name="g"), "x"
    for i in range(count):
        graph.node.append(helper.make_node("Relu", ["x" if parallel else at], [f"y{i}"]))
        at = f"y{i}"
    if parallel:
        graph.node.append(helper.make_node("Sum", [f"y{i}" for i in range(count)], ["y"]))
        at = "y"
    graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [4]))
    graph.output.append(helper.make_tensor_value_info(at, TensorProto.FLOAT, [4]))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return made.SerializeToString()


def edited(data: bytes) -> bytes:
    """With three other operators far from each other."""
    model: ModelProto = onnx.load_from_string(data)
    count = len(model.graph.node)
    for at in (1, count // 2 + 1, count - 4):
        model.graph.node[at].op_type = "Tanh"
    return model.SerializeToString()


def alike(count: int) -> bytes:
    return residual(count, different=False)


def unlike(count: int) -> bytes:
    return residual(count, different=True)


CASES: dict[str, Callable[[int], tuple[bytes, bytes]]] = {
    "renamed": lambda n: (alike(n), disguised(onnx.load_from_string(alike(n)), 1).SerializeToString()),
    "three edits": lambda n: (alike(n), edited(alike(n))),
    "unrelated": lambda n: (alike(n), unlike(n)),
    "nothing in common": lambda n: (unlike(n), relus(n, parallel=False)),
    "all alike in a chain": lambda n: (relus(n, parallel=False), relus(n + 7, parallel=False)),
    "all alike side by side": lambda n: (relus(n, parallel=True), relus(n + 7, parallel=True)),
    "a chain, and side by side": lambda n: (relus(n, parallel=False), relus(n, parallel=True)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_work_grows_with_the_graphs(case: str) -> None:
    """Counted, not timed: twice the nodes are at most about twice the steps."""
    steps = [align(*map(loads, CASES[case](count))).steps for count in (500, 1000, 2000)]
    assert steps[2] <= 2.5 * steps[1] <= 2.5 * 2.5 * steps[0]


def test_every_node_of_equal_graphs_has_a_partner() -> None:
    for made in (alike(500), unlike(500), relus(300, parallel=True), relus(300, parallel=False)):
        found = align(loads(made), loads(made)).bodies[0].pairing
        assert found.of_old == list(range(len(found.of_old)))


def test_the_longest_common_part() -> None:
    """Against a table of all prefixes, as textbooks have it."""
    chance = random.Random(0)
    for _ in range(300):
        one, two = ([chance.randrange(4) for _ in range(chance.randrange(12))] for _ in range(2))
        found = common(one, two)
        assert all(one[i] == two[j] for i, j in found)
        assert found == sorted(found) and len({i for i, _ in found}) == len({j for _, j in found}) == len(found)
        assert len(found) == _longest(one, two)


def _longest(one: list[int], two: list[int]) -> int:
    table = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(two):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def test_the_longest_rising_part() -> None:
    assert [[3, 1, 2, 5, 4][at] for at in rising([3, 1, 2, 5, 4])] == [1, 2, 4]
    assert rising([]) == []
    assert rising(list(range(9))) == list(range(9))
