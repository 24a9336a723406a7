"""Nodes without names: the order from the outputs back, and what is near a node."""

from __future__ import annotations

import onnx
import onnx.parser
import pytest

from auditor.model.canonical import Structure, body_of
from auditor.model.graph import Graph, Model
from auditor.model.load import loads

HEAD = '<ir_version: 8, opset_import: ["" : 17, "own" : 1]> g '


def model_of(text: str) -> Model:
    return loads(onnx.parser.parse_model(HEAD + text).SerializeToString())


def structure(text: str) -> Structure:
    model = model_of(text)
    known: dict[int, Structure] = {}

    def of(graph: Graph) -> Structure:
        if id(graph) not in known:
            known[id(graph)] = Structure(graph, model.functions, of)
        return known[id(graph)]

    return of(model.graph)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        # From the first output back through its inputs, first to last, whatever their order in the file.
        ("(float[2] x) => (y) { [n] b = Neg(x) [r] a = Relu(x) [s] y = Add(a, b) }", "r n s"),
        ("(float[2] x) => (y, z) { [n] z = Neg(x) [r] y = Relu(x) }", "r n"),
        ("(float[2] x) => (z, y) { [n] z = Neg(x) [r] y = Relu(x) }", "n r"),
        # What reaches no output comes behind; from its last nodes on.
        ("(float[2] x) => (y) { [d] d = Neg(x) [e] e = Abs(d) [r] y = Relu(x) }", "r d e"),
        # A node that two take has its place by the first.
        ("(float[2] x) => (y) { [n] n = Neg(x) [a] a = Abs(n) [r] r = Relu(n) [s] y = Add(r, a) }", "n r a s"),
    ],
)
def test_the_canonical_order(text: str, order: str) -> None:
    found = structure(text)
    by_rank = sorted(range(len(found.graph.nodes)), key=found.rank.__getitem__)
    assert " ".join(found.graph.nodes[i].name for i in by_rank) == order


def test_equal_nodes_are_numbered_in_canonical_order() -> None:
    """Four equal nodes beside one another, told apart by their place at the Sum alone."""
    found = structure("(float[2] x) => (y) { d = Neg(x) c = Neg(x) b = Neg(x) a = Neg(x) y = Sum(a, b, c, d) }")
    assert [found.ordinal(i) for i in range(5)] == [3, 2, 1, 0, 0]
    assert len({found.near(i) for i in range(4)}) == 1
    assert len({found.place(i) for i in range(5)}) == 5


def near(text: str, name: str) -> str:
    found = structure(text)
    (index,) = [i for i, node in enumerate(found.graph.nodes) if node.name == name]
    return found.near(index)


PLAIN = "(float[N, 2] x) => (y) { a = Abs(x) b = Relu(a) [it] c = Neg(b) d = Exp(c) e = Log(d) y = Sqrt(e) }"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("Relu(a)", "Sigmoid(a)", False),  # one before
        ("Abs(x)", "Ceil(x)", False),  # two before
        ("Exp(c)", "Sin(c)", False),  # one behind
        ("Log(d)", "Cos(d)", False),  # two behind
        ("Sqrt(e)", "Tanh(e)", True),  # three behind
        ("[it] c = Neg(b)", "[it] c = Floor(b)", False),
        ("float[N, 2] x", "float[7, 9] x", True),  # sizes of inputs may be bound
        ("float[N, 2] x", "float[N] x", False),  # their rank is another input
        ("float[N, 2] x", "double[N, 2] x", False),
        ("e = Log(d)", "e = Log(d) more = Log(d)", True),  # one more user of a kind
        ("d = Exp(c)", "d = Exp(c) more = Ceil(c)", False),  # a user of another kind
        ("=> (y)", "=> (y, c)", False),  # it is given out now
    ],
)
def test_what_is_near_is_two_steps_before_and_behind(old: str, new: str, same: bool) -> None:
    assert old in PLAIN
    assert (near(PLAIN, "it") == near(PLAIN.replace(old, new), "it")) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("[it] y = Concat<axis = 1>(x, x)", "[it] y = Concat<axis = 0>(x, x)", False),
        ("[it] y = Sub(x, w)", "[it] y = Sub(w, x)", False),
        ("[it] y = Add(x, w)", "[it] y = Add(x, v)", False),  # of another type or other sizes
        ("[it] y = Add(x, w)", "[it] y = Add(x, u)", True),  # of the same
        ("[it] y = Clip(x, s, s)", "[it] y = Clip(x, s)", False),
        ("[it] y, z = Split<axis = 1>(x)", "[it] y, = Split<axis = 1>(x)", False),
        ("p, q = Split<axis = 1>(x) [it] y = Neg(p)", "p, q = Split<axis = 1>(x) [it] y = Neg(q)", False),
        ("[it] y = own.Neg(x)", "[it] y = Neg(x)", False),
    ],
)
def test_what_a_node_is(one: str, other: str, same: bool) -> None:
    stored = "<float[2] w = {1, 2}, float[2] u = {3, 4}, float[1] v = {1}, float s = {1}>"
    one, other = (f"(float[N, 2] x) => (y) {stored} {{ {body} }}" for body in (one, other))
    if "y, =" in other:
        other = other.replace("y, =", "y =")
    assert (near(one, "it") == near(other, "it")) is same


def test_where_tensors_come_from_and_who_takes_them_first() -> None:
    found = structure("""
        (float[2] x, float[2] spare) => (y, z) <float[2] w = {1, 2}> {
          [late] c = Mul(x, w)
          [soon] a = Add(x, w)
          [split] p, q = Split(a)
          y = Concat<axis = 0>(p, q)
          z = Neg(c)
        }
    """)
    assert found.slot("q") == (2, "1") and found.slot("a") == (1, "0")
    assert found.slot("w") == (-1, "[1(2,)]") and found.slot("x") == (-1, "input1/1")
    assert found.slot("none") == (-1, "outside") and found.slot("") == (-1, "-")
    assert found.first_use("w") == (1, 1)  # at the second input of the node that the first output hangs on
    assert found.first_use("x") == (1, 0) and found.first_use("spare") is None
    assert found.ports == {"y": "out0", "z": "out1", "x": "in0", "spare": "in1"}


def test_what_branches_take_stands_behind_a_nodes_inputs() -> None:
    found = structure("""
        (bool c, float[2] x, float[2] z) => (y) {
          a = Relu(x)
          b = Neg(z)
          y = If(c) <
            then_branch = t () => (float[2] u) { k = Exp(b) u = Add(k, a) },
            else_branch = e () => (float[2] v) { v = Identity(b) }
          >
        }
    """)
    assert [maker for maker, _ in found.slots[2]] == [-1, 1, 0]  # the condition; b, which Exp takes, before a
    assert found.first_use("a") == (2, 2) and found.first_use("b") == (2, 1)


def test_of_a_tensor_that_is_made_twice_the_first_maker_counts() -> None:
    model = onnx.parser.parse_model(HEAD + "(float[2] x) => (y) { t = Neg(x) s = Abs(x) y = Relu(t) }")
    model.graph.node[1].output[0] = "t"
    loaded = loads(model.SerializeToString())
    found = Structure(loaded.graph, {}, lambda graph: pytest.fail(str(graph)))
    assert found.slot("t") == (0, "0")
    assert found.near(1) == near("(float[2] x) => (y) { [it] s = Abs(x) y = Relu(x) }", "it")  # nobody takes it


def test_cycles_end() -> None:
    model = onnx.parser.parse_model(HEAD + "(float[2] x) => (y) { a = Neg(b) b = Abs(a) y = Relu(x) }")
    found = Structure(loads(model.SerializeToString()).graph, {}, lambda graph: pytest.fail(str(graph)))
    assert found.rank[2] == 0 and sorted(found.rank) == [0, 1, 2]


@pytest.mark.parametrize(
    ("body", "same"),
    [
        ("A (s) => (t) { u = Relu(s) t = Neg(u) }", True),
        ("B (i) => (o) { k = Relu(i) o = Neg(k) }", True),
        ("A (s) => (t) { u = Neg(s) t = Relu(u) }", True),  # its operators, in no order
        ("A (s) => (t) { u = Relu(s) t = Relu(u) }", False),
        ("A (s, r) => (t) { u = Relu(s) t = Neg(u) }", False),
        ("A (s) => (t, u) { u = Relu(s) t = Neg(u) }", False),
    ],
)
def test_a_function_is_what_is_in_it(body: str, same: bool) -> None:
    def of(text: str) -> str:
        model = model_of(f'(float[2] x) => (y) {{ y = Neg(x) }} <domain: "own", opset_import: ["" : 17]> {text}')
        (function,) = model.functions.values()
        return body_of(function, model.functions)

    assert (of(body) == of("A (s) => (t) { u = Relu(s) t = Neg(u) }")) is same
