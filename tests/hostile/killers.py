"""Files of a hundred bytes that kill onnx's and onnxruntime's newest releases, or keep them busy for ever."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from .files import add, case
from .graphs import chain_of_functions
from .sizes import LARGEST, LOWEST, floats, ints, single
from .wire import HEAD, RELU, parsed

CRASH, TIMEOUT, MEMORY, REFUSAL = "runtime-crash", "runtime-timeout", "runtime-memory", "runtime-refusal"


@case(CRASH, run=True)
def division_that_overflows() -> bytes:
    model = parsed(HEAD + "g () => (int64[1] y) { y = Div(low, minus) }")
    model.graph.initializer.extend([ints("low", LOWEST), ints("minus", -1)])
    return bytes(model.SerializeToString())


@case("", 1, run=True)
def split_into_more_than_it_says() -> bytes:
    return single("Split", (3,), opset=18, outputs=3, num_outputs=1)


@case("impossible-shapes", run=True)
def layer_normalization_far_away() -> bytes:
    return single("LayerNormalization", (2, 3), constants=(floats("s", 3),), axis=LARGEST)


@case(CRASH, run=True)
def maximum_of_nothing() -> bytes:
    model = parsed(HEAD + "g (float[2] x) => (float[2] y) { y = Max(x) }")
    model.graph.node[0].input.append("")
    return bytes(model.SerializeToString())


@case(CRASH, run=True)
def normalization_with_an_empty_bias() -> bytes:
    """It is the optimiser that dies of this one."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])
    y = helper.make_empty_tensor_value_info("y")
    node = helper.make_node("LayerNormalization", ["x", "s", ""], ["y", "mean"])
    graph = helper.make_graph([node], "g", [x], [y], [floats("s", 3)])
    return bytes(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )


@case(CRASH, run=True)
def random_between_nan_and_nan() -> bytes:
    return single("RandomUniformLike", (2,), low=float("nan"), high=float("nan"))


@case("", run=True)
def regular_expression_over_nobody() -> bytes:
    model = parsed(HEAD.replace("17", "20") + "g (string[2] x) => (bool[2] y) { y = RegexFullMatch(nobody) }")
    return bytes(model.SerializeToString())


@case("", 1, run=True, seconds=2)
def functions_that_expand_2_24_times() -> bytes:
    return bytes(chain_of_functions(24).SerializeToString())


LOOP = """g (float[1] x) => (float[1] y) {
  trips = Constant<value = int64 {4611686018427387904}>()
  y = Loop(trips, "", x) <body = b (int64 i, bool go, float[1] a) => (bool on, float[1] c) {
    on = Identity(go)  c = Add(a, a)
  }>
}"""

GROWING = """g (float[1048576] x) => (float[N, 1048576] y) {
  trips = Constant<value = int64 {4611686018427387904}>()
  last, y = Loop(trips, "", x) <body = b (int64 i, bool go, float[K] a) => (bool on, float[K] c, float[K] d) {
    on = Identity(go)  c = Add(a, a)  d = Add(a, a)
  }>
}"""

DOUBLING = """g (float[1] x) => (float[N] y) {
  trips = Constant<value = int64 {4611686018427387904}>()
  y = Loop(trips, "", x) <body = b (int64 i, bool go, float[K] a) => (bool on, float[M] c) {
    on = Identity(go)  c = Concat<axis = 0>(a, a)
  }>
}"""

add("loop_without_end", lambda: parsed(HEAD + LOOP).SerializeToString(), TIMEOUT, 1, run=True, seconds=2)
add("loop_whose_output_grows", lambda: parsed(HEAD + GROWING).SerializeToString(), MEMORY, 1, run=True)
add("loop_that_doubles", lambda: parsed(HEAD + DOUBLING).SerializeToString(), "", 1, run=True)


@case(MEMORY, 1, run=True)
def products_without_end() -> bytes:
    """A chain of products, each of 3000 x 3000, that folds into a constant."""
    nodes = [helper.make_node("ConstantOfShape", ["size"], ["m0"])]
    nodes += [helper.make_node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(600)]
    graph = helper.make_graph(
        nodes, "g", [], [helper.make_empty_tensor_value_info("m600")], [ints("size", 3_000, 3_000)]
    )
    return bytes(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )


def _huge(op_type: str) -> bytes:
    if op_type == "Expand":
        return single("Expand", (1,), constants=(ints("s", 1 << 40),))
    model = parsed(HEAD + "g () => (float[N] y) { y = ConstantOfShape(s) }")
    model.graph.initializer.append(ints("s", 1 << 40))
    return bytes(model.SerializeToString())


add("run_constant_of_2_40", lambda: _huge("ConstantOfShape"), MEMORY, coverage="it would take", run=True)
add("run_expand_to_2_40", lambda: _huge("Expand"), MEMORY, coverage="it would take", run=True)


@case("", 1, run=True)
def tensor_of_hidden_size() -> bytes:
    """A size that only the run can tell: 2^40, out of a value of float."""
    text = "g (float[1] x) => (float[N] y) { a = Exp(x)  b = Mul(a, big)  c = Cast<to = 7>(b)  y = Expand(x, c) }"
    model = parsed(HEAD + text)
    model.graph.initializer.append(floats("big", 1, fill=2.0**40))
    return bytes(model.SerializeToString())


@case("newer-than-runtime", run=True)
def run_opset_99() -> bytes:
    return bytes(parsed(RELU.replace("17", "99")).SerializeToString())


@case("", 1, run=True)
def branches_that_capture_nobody() -> bytes:
    model = parsed(
        HEAD
        + """g (bool c, float[2] x) => (float[2] y) {
  y = If (c) <then_branch = t () => (float[2] p) { p = Neg(x) }, else_branch = e () => (float[2] q) { q = Abs(x) }>
}"""
    )
    model.graph.node[0].attribute[0].g.node[0].input[0] = "nobody"
    return bytes(model.SerializeToString())


@case("", 1, run=True)
def scan_over_nothing() -> bytes:
    """A Scan whose body has no nodes, no inputs and no outputs."""
    body = helper.make_graph([], "body", [], [])
    return single("Scan", (2, 3), body=body, num_scan_inputs=LARGEST)


@case("", 1, run=True)
def cast_to_nothing() -> bytes:
    return single("Cast", (2,), to=LARGEST)


@case("", 1, run=True)
def input_without_a_type() -> bytes:
    model = onnx.ModelProto()
    model.ParseFromString(parsed(RELU).SerializeToString())
    model.graph.input[0].ClearField("type")
    return bytes(model.SerializeToString())


@case("", 1, run=True, seconds=2, coverage="multiply-accumulates hang on stored tensors alone")
def products_that_fold_for_minutes() -> bytes:
    """Sixty products of 4000 x 4000 that hang on nothing: with the memory for them it is the time that ends it."""
    nodes = [helper.make_node("ConstantOfShape", ["size"], ["m0"])]
    nodes += [helper.make_node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(60)]
    graph = helper.make_graph(
        nodes, "g", [], [helper.make_empty_tensor_value_info("m60")], [ints("size", 4_000, 4_000)]
    )
    return bytes(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )


NO_VALUES = "no values can be invented for input"
add("run_input_of_65_axes", lambda: single("Relu", (1,) * 65), "", 0, run=True, coverage=NO_VALUES)
add("run_input_of_2_62_and_nothing", lambda: single("Relu", (1 << 62, 0)), "", 0, run=True, coverage=NO_VALUES)


@case("names-not-utf8", 0, run=True, coverage="knows no names of inputs and outputs but in UTF-8")
def run_input_that_is_not_utf8() -> bytes:
    return bytes(parsed(HEAD + "g (float[1] QQQQ) => (float[1] y) { y = Relu(QQQQ) }").SerializeToString()).replace(
        b"QQQQ", b"\xff\xfeQQ"
    )
