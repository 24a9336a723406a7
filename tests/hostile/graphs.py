"""Graphs that are not graphs: cycles, things that nobody makes, functions that never end."""

from __future__ import annotations

from itertools import pairwise

import onnx
from onnx import helper

from tests.rules import mutators

from .files import add, case
from .wire import HEAD, RELU, message, parsed

CALLS = '<ir_version: 8, opset_import: ["" : 17, "f" : 1]>\n'

add("duplicate_node_names", mutators.two_nodes_of_one_name, "duplicate-names")
add("duplicate_initializers", mutators.two_initializers_of_one_name, "duplicate-names")
add("subgraph_hides_a_tensor", mutators.subgraph_hides_a_tensor, "duplicate-names")
add("no_opset_import", mutators.no_opset_import, "undeclared-domains")
add("attribute_twice", mutators.attribute_twice, "duplicate-attributes")
add("attribute_of_two_values", mutators.attribute_of_two_values, "malformed-attributes")
add("attribute_of_another_type", mutators.attribute_of_another_type, "malformed-attributes")


def _text(body: str, head: str = HEAD, **fields: object) -> bytes:
    model = parsed(head + body)
    for name, value in fields.items():
        setattr(model, name, value)
    return bytes(model.SerializeToString())


@case("cyclic-graph")
def cycle() -> bytes:
    return _text("g (float[2] x) => (float[2] y) { a = Add(x, c)  b = Relu(a)  c = Neg(b)  y = Abs(c) }")


@case("cyclic-graph")
def node_that_feeds_itself() -> bytes:
    return _text("g (float[2] x) => (float[2] y) { y = Add(x, y) }")


@case("cyclic-graph")
def cycle_through_a_branch() -> bytes:
    """The branch of an If reads what the If makes."""
    return _text("""g (bool c, float[2] x) => (float[2] y) {
  y = If (c) <then_branch = t () => (float[2] p) { p = Neg(y) }, else_branch = e () => (float[2] q) { q = Abs(x) }>
}""")


@case("cyclic-graph", work=150)
def cycle_of_fifty_thousand() -> bytes:
    nodes = [helper.make_node("Relu", [f"t{i}"], [f"t{(i + 1) % 50_000}"]) for i in range(50_000)]
    model = parsed(RELU)
    model.graph.node.extend(nodes)
    return bytes(model.SerializeToString())


@case("nodes-out-of-order", work=80)
def backwards() -> bytes:
    """Twenty thousand nodes in reverse."""
    nodes = [helper.make_node("Relu", [f"t{i}"], [f"t{i + 1}"]) for i in reversed(range(20_000))]
    model = parsed(RELU)
    model.graph.node.extend([helper.make_node("Abs", ["x"], ["t0"])])
    model.graph.node.extend(nodes)
    return bytes(model.SerializeToString())


@case("wrong-arity")
def node_without_outputs() -> bytes:
    model = parsed(RELU)
    model.graph.node.add(op_type="Relu", input=["x"])
    return bytes(model.SerializeToString())


@case("wrong-arity")
def node_with_a_thousand_inputs() -> bytes:
    model = parsed(RELU)
    model.graph.node[0].input.extend(["x"] * 1_000)
    return bytes(model.SerializeToString())


@case("dangling-inputs")
def dangling_input() -> bytes:
    return _text("g (float[2] x) => (float[2] y) { y = Add(x, nobody) }")


@case("dangling-inputs")
def dangling_output() -> bytes:
    return _text("g (float[2] x) => (float[2] nobody) { y = Relu(x) }")


@case("dangling-inputs")
def initializer_without_a_name() -> bytes:
    model = parsed(HEAD + "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }")
    model.graph.initializer[0].name = ""
    return bytes(model.SerializeToString())


@case("duplicate-names")
def two_makers_of_one_tensor() -> bytes:
    return _text("g (float[2] x) => (float[2] y) { y = Relu(x)  y = Neg(x) }")


@case("duplicate-names")
def two_inputs_of_one_name() -> bytes:
    """Of two ranks: the sizes that are tried for one are none of the other's."""
    return _text('g (float["N", 4] a, float["N", 4, 2, 2] a) => (float["N", 4, 2, 2] y) { y = Relu(a) }')


@case("duplicate-names")
def node_makes_an_input() -> bytes:
    return _text("g (float[2] x) => (float[2] x) { x = Relu(x) }")


@case(run=True)
def empty_graph() -> bytes:
    model = parsed(RELU)
    model.ClearField("graph")
    model.graph.name = "empty"
    return bytes(model.SerializeToString())


@case("unknown-operators")
def node_without_an_operator() -> bytes:
    model = parsed(RELU)
    model.graph.node[0].op_type = ""
    return bytes(model.SerializeToString())


@case("newer-than-runtime")
def opset_99() -> bytes:
    return _text("g (float[2] x) => (float[2] y) { y = Relu(x) }", '<ir_version: 8, opset_import: ["" : 99]>\n')


@case("newer-than-runtime")
def ir_version_99() -> bytes:
    return _text("g (float[2] x) => (float[2] y) { y = Relu(x) }", ir_version=99)


@case()
def opset_of_the_largest_number() -> bytes:
    model = parsed(RELU)
    model.opset_import[0].version = (1 << 63) - 1
    return bytes(model.SerializeToString())


@case()
def opset_negative() -> bytes:
    model = parsed(RELU)
    model.opset_import[0].version = -17
    return bytes(model.SerializeToString())


@case("meaningless-declarations")
def ir_version_negative() -> bytes:
    """onnx refuses it, onnxruntime runs it."""
    return _text("g (float[2] x) => (float[2] y) { y = Relu(x) }", ir_version=-1)


@case("undeclared-domains")
def domain_of_nobody() -> bytes:
    return _text("g (float[2] x) => (float[2] y) { y = nobody.Relu(x) }")


@case()
def function_that_calls_itself() -> bytes:
    call = 'g (float[2] x) => (float[2] y) { y = f.f(x) }\n<domain: "f", opset_import: ["" : 17, "f" : 1]>\n'
    return _text(call + "f (a) => (b) { b = f.f(a) }", CALLS)


@case()
def functions_that_call_each_other() -> bytes:
    return _text(
        "main (float[2] x) => (float[2] y) { y = f.g(x) }\n"
        '<domain: "f", opset_import: ["" : 17, "f" : 1]>\ng (a) => (b) { b = f.h(a) }\n'
        '<domain: "f", opset_import: ["" : 17, "f" : 1]>\nh (a) => (b) { b = f.g(a) }',
        CALLS,
    )


@case("duplicate-names")
def two_functions_of_one_name() -> bytes:
    return _text(
        "main (float[2] x) => (float[2] y) { y = f.g(x) }\n"
        '<domain: "f", opset_import: ["" : 17]>\ng (a) => (b) { b = Relu(a) }\n'
        '<domain: "f", opset_import: ["" : 17]>\ng (a) => (b) { b = Neg(a) }',
        CALLS,
    )


def chain_of_functions(length: int, calls: int = 2) -> onnx.ModelProto:
    """Each calls the next so many times: two to the power of the length in all."""
    head = '<domain: "f", opset_import: ["" : 17, "f" : 1]>\n'
    functions = ""
    for i in range(length):
        names = ["a", *(f"t{j}" for j in range(1, calls)), "c"]
        steps = "  ".join(f"{after} = f.f{i + 1}({before})" for before, after in pairwise(names))
        functions += f"{head}f{i} (a) => (c) {{ {steps} }}\n"
    functions += f"{head}f{length} (a) => (c) {{ c = Neg(a) }}\n"
    return parsed(CALLS + "main (float[2] x) => (float[2] y) { y = f.f0(x) }\n" + functions)


@case("", 0)
def functions_that_expand_2_16_times() -> bytes:
    return bytes(chain_of_functions(16).SerializeToString())


@case("", 0)
def functions_that_expand_2_60_times() -> bytes:
    """Each body is propagated once, whoever calls it."""
    return bytes(chain_of_functions(60).SerializeToString())


@case("", 4, coverage="budget")
def functions_five_hundred_deep() -> bytes:
    return bytes(chain_of_functions(500, 1).SerializeToString())


def branches(depth: int) -> onnx.ModelProto:
    """If in If: each level holds the next one twice, under the same names."""
    graph = parsed(RELU).graph
    del graph.input[:]  # a branch has none
    for i in range(depth):
        node = helper.make_node("If", ["c"], [f"o{i}"])
        for name in ("then_branch", "else_branch"):
            node.attribute.append(helper.make_attribute(name, graph))
        output = helper.make_tensor_value_info(f"o{i}", onnx.TensorProto.FLOAT, [2])
        del graph.input[:]
        graph = helper.make_graph([node], f"level{i}", [], [output])
    c = helper.make_tensor_value_info("c", onnx.TensorProto.BOOL, [])
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2])
    graph.input.extend([c, x])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


@case("", 0, work=120)
def branches_ten_deep() -> bytes:
    """2,048 graphs in one."""
    model = branches(10)
    return bytes(model.SerializeToString()).replace(b"\x01y", b"\x01z")


@case("stale-shape-annotations")
def declared_as_something_else() -> bytes:
    return _text("g (float[2] x) => (int64[7, 7] y) { y = Relu(x) }")


@case(run=True)
def value_of_no_type() -> bytes:
    """The input is a map of sequences of optionals."""
    model = parsed(RELU)
    model.graph.input[0].ClearField("type")
    model.graph.input[0].type.map_type.key_type = 7
    model.graph.input[0].type.map_type.value_type.sequence_type.elem_type.optional_type.SetInParent()
    return bytes(model.SerializeToString())


@case("", 0)
def training_info_of_nonsense() -> bytes:
    """Training information whose graphs reach for what is not there."""
    return _text("g (float[2] x) => (float[2] y) { y = Relu(x) }") + message(
        20, message(2, message(1, message(1, b"nobody")))
    )
