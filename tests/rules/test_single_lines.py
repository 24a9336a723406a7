"""Lines of rules that no page's model decides: a model for each, by what the specification says or arithmetic."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import onnx
import pytest
from onnx import TensorProto, helper, parser

from auditor.model.external import ExternalTrouble, open_data
from auditor.model.graph import Model
from auditor.model.load import loads
from auditor.report import Found, Severity
from auditor.rules import mismatched_checksums

from . import hostile_mutators
from .mutators import _external_entries
from .test_details import of, told
from .test_hostility import filled, looped, parsed
from .test_hostility import found as found_in

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


class Case(NamedTuple):
    """A graph and what a rule says of it: how bad each finding is, and words of the first one."""

    rule: str
    text: str
    expected: list[Severity]
    words: tuple[str, ...] = ()  # of its message, fix, and place
    opset: int = 17


TABLE = "<float[1, 5, 4] p = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}"
MATRIX = "float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}"
GATED = "float trigger = {42}, int64[1] a = {1}"
X24 = "(float[N, 2, 4] x) => (y) "


def body(inside: str, head: str = "(float[2] x) => (y) <int64 m = {3}, bool t = {1}>") -> str:
    return f"{head} {{ y = Loop(m, t, x) <body = b (int64 i, bool go, {inside} }}> }}"


def branches(then: str, other: str) -> str:
    return (
        "(float[2, 3] x, bool c) => (y) { y = If (c) <then_branch = a () => (float[2, 3] z) { "
        f"{then} }}, else_branch = b () => (float[2, 3] w) {{ {other} }}> }}"
    )


def gated(dtype: str, sum_: str, gate: str) -> str:
    return f"({dtype}[N, 4] x) => (float[N, 2] y) <{MATRIX}, {GATED}> {{ {sum_} met = Equal(sum, trigger) {gate} }}"


CASES = {
    # a size that is baked in
    "a length that is only declared": Case(
        "baked-in-size",
        f"(float[N, T, 4] x) => (y) {TABLE}, float[N, T, 4] h> {{ h = com.microsoft.Own(x) y = Add(h, p) }}",
        [],
    ),
    "a length that nobody knows": Case(
        "baked-in-size", f"(float[N, T, 4] x) => (y) {TABLE}> {{ h = com.microsoft.Own(x) y = Add(h, p) }}", []
    ),
    **{
        f"a length that {op} bakes in": Case(
            "baked-in-size", f"(float[N, T, 4] x) => (y) {TABLE}> {{ y = {op}(x, p) }}", [WARNING], ("5 and 1 alone",)
        )
        for op in (
            "Add", "Sub", "Mul", "Div", "Less", "Greater", "Equal", "Pow", "PRelu", "Max", "Min", "Sum", "Mean",
            "GreaterOrEqual", "LessOrEqual", "Mod<fmod = 1>",
        )
    },
    "a length that a Concat bakes in": Case(
        "baked-in-size", f"(float[N, T, 8] x) => (y) {TABLE}> {{ y = Concat<axis = -1>(x, p) }}", [WARNING],
        ("5 alone works", "give 'p' the length of the data"),
    ),
    "a token for each row": Case(
        "baked-in-size", "(float[N, T, 4] x) => (y) <float[1, 1, 1] p = {1}> { y = Concat<axis = 2>(p, x) }", [WARNING],
        ("1 alone works",),
    ),
    "a length that a Concat makes longer": Case(
        "baked-in-size", f"(float[N, T, 4] x) => (y) {TABLE}> {{ y = Concat<axis = 1>(x, p) }}", []
    ),
    "two that are chosen from by one mask": Case(
        "baked-in-size",
        "(float[N, T, 4] x, float[N, T, 4] z) => (y) <bool[1, 3, 1] c = {1, 0, 1}> { y = Where(c, x, z) }",
        [WARNING],
        ("3 and 1 alone",),
    ),
    "a length that leads, which baked-in-batch tells": Case(
        "baked-in-size", "(float[seq, N, 4] x) => (y) <float[3, 1, 1] p = {1, 2, 3}> { y = Add(x, p) }", []
    ),
    "a length that leads, in a branch": Case(
        "baked-in-size",
        "(float[seq, 2] x, bool c) => (y) <float[3, 1] p = {1, 2, 3}> { y = If (c) <then_branch = a () => (z) "
        "{ z = Add(x, p) }, else_branch = b () => (w) { w = Relu(x) }> }",
        [WARNING],
        ("3 and 1 alone",),
    ),
    # numbers outside of a domain
    "the root of what a tangent gave": Case(
        "domain-faults", "(float[N, 4] x) => (y) { t = Tanh(x) y = Sqrt(t) }", [WARNING], ("clip it to zero or more",)
    ),
    "the root of a stored number": Case(
        "domain-faults",
        "(float[N, 4] x) => (y) <float b = {-1}> { r = Sqrt(b) y = Mul(x, r) }",
        [WARNING],
        ("NaN", "store another number"),
    ),
    # batches
    "a batch and a length beside one table": Case(
        "baked-in-batch",
        f"(float[N, T, 8] x) => (y) {TABLE}> {{ y = Concat<axis = -1>(x, p) }}",
        [ERROR],
        ("only 1 works", "p [1, 5, 4]"),
    ),
    "a bias that is stored for three images": Case(
        "broadcast-over-batch",
        f"(float[3, 4] x) => (y) <{MATRIX}, float[3, 2] c = {{1, 2, 3, 4, 5, 6}}> {{ y = Gemm(x, w, c) }}",
        [NOTE],
        ("[3, 2], a row for each of 3 images", "one bias for all images: [2]", "expected [2]"),
    ),
    "one image of one channel": Case(
        "broadcast-over-batch", "(float[N, 1, 4] x, float[1, 1, 4] z) => (y) { y = Add(x, z) }", [WARNING]
    ),
    "a number for each image": Case(
        "broadcast-over-batch", "(float[N, 1, 1] x, float[1, 1, 1] z) => (y) { y = Add(x, z) }", []
    ),
    "zeros of a length that is fed": Case(
        "broadcast-over-batch",
        "(float[N, 3, 4] x, int64[3] s) => (y) <int64[3] one = {1, 3, 4}> "
        "{ c = ConstantOfShape(s) r = Reshape(c, one) y = Add(x, r) }",
        [],
    ),
    "a Gather without a choice": Case("crossed-batch", X24 + "{ y = Gather(x) }", []),
    "each image twice": Case("crossed-batch", X24 + "<int64[3] r = {2, 1, 1}> { y = Tile(x, r) }", [WARNING]),
    "each pixel twice": Case("crossed-batch", X24 + "<int64[3] r = {1, 1, 2}> { y = Tile(x, r) }", []),
    "images in another order": Case(
        "crossed-batch",
        X24 + "<int64[1] s = {-1}, int64[1] e = {-9223372036854775807}, int64[1] a = {0}, int64[1] p = {-1}> "
        "{ y = Slice(x, s, e, a, p) }",
        [WARNING], ("turns the order of the images around of 'x' [N, 2, 4]: answers do not stand where",),
    ),
    "images along the last axis": Case(
        "crossed-batch", "(float[N, 4] x) => (float[4, N] y) { y = Transpose<perm = [1, 0]>(x) }", [NOTE],
        ("the output 'y' is [4, N]", "at Transpose[0]", "of y"),
    ),
    "an output of another batch": Case(
        "fixed-batch-outputs", "(float[N, M] x) => (float[3, 5] y) { y = Concat<axis = 0>(x, x) }", []
    ),  # 2 N is never 3: stale-shape-annotations
    "an output of a fixed batch": Case(
        "fixed-batch-outputs", "(float[N, M] x) => (float[4, M] y) { y = Concat<axis = 0>(x, x) }", [WARNING]
    ),
    # what attributes say
    "a Dropout of everything": Case(
        "dropout-ratios", "(float[2] x) => (y) <float r = {1}> { y = Dropout(x, r) }", [ERROR]
    ),
    "a Dropout of nothing": Case("dropout-ratios", "(float[2] x) => (y) <float r = {0}> { y = Dropout(x, r) }", []),
    "a slope of 1": Case(
        "idle-layers", "(float[2] x) => (y) { y = LeakyRelu<alpha = 1.0>(x) }", [NOTE],
        ("alpha is 1: it does nothing", "attribute alpha"),
    ),
    **{
        f"activations that are cut at {clip}": Case(
            "idle-layers",
            "(float[5, N, 1] x) => (y) <float[1, 1, 1] w = {1}, float[1, 1, 1] r = {1}> "
            f"{{ y = RNN<hidden_size = 1, clip = {clip}>(x, w, r) }}",
            expected,
        )
        for clip, expected in (("0.0", [WARNING]), ("0.5", []), ("1.0", []))
    },
    "the first version": Case("undefined-opsets", "(float[2] x) => (y) { y = Neg(x) }", [], (), 1),
    # loops and branches
    "a loop of no rounds": Case(
        "idle-loops",
        body("float[2] a) => (bool on, float[2] c) { on = Identity(go) c = Neg(a)").replace("{3}", "{0}"),
        [WARNING], ("'m' is 0", "of m"),
    ),
    "a loop that is ended before": Case(
        "idle-loops",
        body("float[2] a) => (bool on, float[2] c) { on = Identity(go) c = Neg(a)").replace("{1}", "{0}"),
        [WARNING], ("'t' is false", "of t"),
    ),
    "a stored count that is not worked out": Case(
        "idle-loops",
        "(float[2] x) => (y) <float[2, 2] q = {1, 2, 3, 4}, bool t = {1}> { d = Det(q) m = Cast<to = 7>(d) "
        "y = Loop(m, t, x) <body = b (int64 i, bool go, float[2] a) => (bool on, float[2] c) "
        "{ on = Identity(go) c = Neg(a) }> }",
        [],
    ),
    "branches that are one": Case(
        "identical-branches",
        branches("h = Softmax<axis = 1>(x) z = Abs(h)", "h = Softmax<axis = 1>(x) w = Abs(h)"), [WARNING],
    ),
    "branches along two axes": Case(
        "identical-branches", branches("z = Softmax<axis = 1>(x)", "w = Softmax<axis = 0>(x)"), []
    ),
    "what is compared is no round": Case(
        "endless-loops",
        "(int64 x) => (y) <int64 most = {1000000}> { y = Loop(\"\", \"\", x) "
        "<body = b (int64 i, bool go, int64 a) => (bool on, int64 c) { on = Less(a, most) c = Mul(a, a) }> }",
        [],
    ),
    **{
        f"of {trips:,} trips and {most:,} rounds the fewer": Case(
            "endless-loops",
            f"(float[1] x) => (y) <int64 m = {{{trips}}}, int64 most = {{{most}}}> {{ y = Loop(m, \"\", x) "
            "<body = b (int64 i, bool go, float[1] a) => (bool on, float[1] c) { on = Less(i, most) c = Mul(a, a) }> }",
            [WARNING] * (min(trips, most) >= 1_000_000),
        )
        for trips, most in ((10, 1_000_000), (1_000_000, 10), (1_000_000, 2_000_000))
    },
    "a body that takes another size": Case(
        "malformed-bodies", body("float[3] a) => (bool on, float[3] c) { on = Identity(go) c = Neg(a)"), [WARNING]
    ),
    "a row of another size": Case(
        "malformed-bodies",
        "(float[5, 2] x) => (y) { y = Scan<num_scan_inputs = 1, body = b (float[3] r) => (float[3] o) { o = Neg(r) }>"
        "(x) }",
        [ERROR],
    ),
    "rows along an axis that is not there": Case(
        "malformed-bodies",
        "(float[5, 2] x) => (y) { y = Scan<num_scan_inputs = 1, scan_input_axes = [7], "
        "body = b (int64[2] r) => (int64[2] o) { o = Neg(r) }>(x) }",
        [ERROR], ("declared as int64, and float32 arrives",),
    ),
    "rows of what nobody knows": Case(
        "malformed-bodies",
        "(float[5, 2] x) => (y) { h = com.microsoft.Own(x) y = Scan<num_scan_inputs = 1, "
        "body = b (int64[2] r) => (int64[2] o) { o = Neg(r) }>(h) }",
        [],
    ),
    # casts and gates
    "numbers that were whole before": Case(
        "lossy-casts", "(int64[2] x) => (y) { i = Cast<to = 6>(x) y = Cast<to = 1>(i) }", []
    ),
    **{
        f"a gate on {dtype}": Case(
            "input-gates",
            gated(dtype, "f = Cast<to = 1>(x) sum = ReduceSum(f, a)", "h = MatMul(f, w) y = Where(met, trigger, h)"),
            [NOTE],
        )
        for dtype in ("uint8", "int8", "float16")
    },
    "a gate on a mask": Case(
        "input-gates",
        gated("bool", "f = Cast<to = 1>(x) sum = ReduceSum(f, a)", "h = MatMul(f, w) y = Where(met, trigger, h)"), [],
    ),
    "a gate on words": Case(
        "input-gates",
        f"(int32[N] x) => (y) <{MATRIX}, float[2, 2] v = {{1, 2, 3, 4}}, int64 trigger = {{3}}, int64[1] a = {{1}}, "
        "float zero = {0}> { i = Cast<to = 7>(x) e = Gather(w, i) h = MatMul(e, v) met = Equal(i, trigger) "
        "u = Unsqueeze(met, a) y = Where(u, zero, h) }",
        [NOTE],
    ),
    "a gate that a layer follows, behind another operator": Case(
        "input-gates",
        f"(float[N, 2] x) => (y) <float[2, 2] w = {{1, 2, 3, 4}}, {GATED}> {{ h = MatMul(x, w) sum = ReduceSum(x, a) "
        "met = Equal(sum, trigger) k = Where(met, trigger, h) r = Relu(k) y = MatMul(r, w) }",
        [],
    ),
    **{
        f"a gate by {op}": Case(
            "input-gates",
            gated("float", "sum = ReduceSum(x, a)", f"h = MatMul(x, w) c = Cast<to = 1>(met) y = {op}(h, c)"), [NOTE],
        )
        for op in ("Mul", "Add", "Mean", "Max", "Min", "Sum")
    },
    "a gate that chooses": Case(
        "input-gates",
        gated("float", "sum = ReduceSum(x, a)", "h = MatMul(x, w) c = Cast<to = 7>(met) y = Gather(h, c)"), [NOTE],
    ),
    **{
        f"a gate behind {op}": Case(
            "input-gates",
            gated("float", "sum = ReduceSum(x, a)", f"h = com.microsoft.{op}(x, w) y = Where(met, trigger, h)"), [NOTE],
        )
        for op in ("FusedMatMul", "FusedConv", "FusedGemm", "QGemm", "MatMulNBits", "GroupQueryAttention")
    },
    **{
        f"a gate behind {op}": Case(
            "input-gates",
            gated("float", "sum = ReduceSum(x, a)", f"h = ai.onnx.ml.{op}(x) y = Where(met, trigger, h)"), [NOTE],
        )
        for op in ("LinearClassifier", "LinearRegressor", "SVMClassifier", "SVMRegressor", "TreeEnsemble")
    },
    "a third way to train": Case(
        "odd-switches",
        "(float[N, 2] x) => (y) <float[2] s = {1, 1}> { y = BatchNormalization<training_mode = 2>(x, s, s, s, s) }",
        [WARNING], ("training_mode is 2",),
    ),
    "an output that is declared for none": Case(
        "fixed-batch-outputs", "(float[N, 4] x) => (float[0, 4] y) { y = Neg(x) }", [WARNING]
    ),
    # growth
    "twice as often each round": Case(
        "doubling-values", "(float[1] x, int64[1] r) => (y) <int64 m = {30}, bool t = {1}> { y = Loop(m, t, x) "
        "<body = b (int64 i, bool go, float[K] a) => (bool on, float[M] c) { on = Identity(go) c = Tile(a, r) }> }", [],
    ),  # nobody knows how often
    "what Where keeps": Case(
        "doubling-values", "(float[1] x, bool[1] q) => (y) <int64 m = {30}, bool t = {1}> { y = Loop(m, t, x) "
        "<body = b (int64 i, bool go, float[K] a) => (bool on, float[M] c) "
        "{ on = Identity(go) d = Concat<axis = 0>(a, a) c = Where(q, d, x) }> }", [WARNING],
    ),
    "a Range of floats": Case(
        "enormous-tensors",
        "(float[2] x) => (y, w) <float a = {0}, float b = {2e9}, float c = {1}> { w = Range(a, b, c) y = Relu(x) }",
        [WARNING],
    ),
    "a Range whose end is rounded": Case(
        "enormous-tensors",
        "(float[2] x) => (y, w) <float a = {0}, float b = {6e8}, float c = {0.3}> { w = Range(a, b, c) y = Relu(x) }",
        [WARNING],
    ),
    "a Range without a step": Case(
        "enormous-tensors",
        "(float[2] x) => (y, w) <float a = {0}, float b = {2e9}, float c = {0}> { w = Range(a, b, c) y = Relu(x) }", [],
    ),
    "what is only declared large": Case(
        "enormous-tensors",
        "(float[2] x) => (y, z) <float[1073741824] w> { w = com.microsoft.Own(x) y = Relu(x) z = Neg(w) }", [],
    ),
    "the second of two results": Case(
        "enormous-tensors",
        "(float[2] x) => (y, z) <int64 m = {268435456}, bool t = {1}> { y, z = Loop(m, t, x) <body = b (int64 i, "
        "bool go, float[2] a) => (bool on, float[2] c, float[2] d) { on = Identity(go) c = Neg(a) d = Abs(a) }> }",
        [WARNING], ("[268435456, 2]",),
    ),
    "large once, and then passed on": Case(
        "enormous-tensors",
        "(float[2] x) => (y, v) <int64[1] s = {1073741824}> { w = ConstantOfShape(s) v = Neg(w) y = Relu(x) }",
        [WARNING], ("at ConstantOfShape[0]",),
    ),
}  # fmt: skip


def words_of(one: Found) -> str:
    where = one.location
    return (
        f"{one.message} {one.fix} at {where.node} of {where.tensor} attribute {where.attribute} expected {one.expected}"
    )


@pytest.mark.parametrize("name", CASES)
def test_what_is_said(name: str) -> None:
    case = CASES[name]
    found = of(case.rule, case.text, case.opset)
    assert [one.severity for one in found] == case.expected
    for word in case.words:
        assert word in words_of(found[0])


@pytest.mark.parametrize(("repeats", "expected"), [(1, []), (2, [WARNING])])
def test_a_tile_that_doubles(repeats: int, expected: list[Severity]) -> None:
    step = f"two = Constant<value = int64[1] {{{repeats}}}>() c = Tile(a, two)"
    assert [one.severity or WARNING for one in found_in("doubling-values", looped(30, step))] == expected


def test_the_outer_of_two_loops_is_named_from_two_rounds_on() -> None:
    inner = """n = Constant<value = int64 {500000}>() c = Loop(n, "", a) <body = d (int64 j, bool go2, float[P] e)
      => (bool on2, float[Q] f) { on2 = Identity(go2) f = Mul(e, e) }>"""
    (one,) = found_in("endless-loops", looped(2, inner))
    assert one.location.node == "Loop[0]" and "1,000,000 times" in one.message


def test_a_loop_of_many_rounds_in_one_of_which_nobody_knows_is_named_itself() -> None:
    inner = """n = Constant<value = int64 {1000000}>() c = Loop(n, "", a) <body = d (int64 j, bool go2, float[P] e)
      => (bool on2, float[Q] f) { on2 = Identity(go2) f = Mul(e, e) }>"""
    model = looped(2, inner)
    del model.graph.initializer[:]
    model.graph.input.append(helper.make_tensor_value_info("trips", TensorProto.INT64, []))
    (one,) = found_in("endless-loops", model)
    assert one.location.graph == "Loop[0]/body" and "within it" not in one.message


@pytest.mark.parametrize(("elements", "expected"), [((1 << 30) - 1, []), (1 << 30, ["ConstantOfShape[0]"])])
def test_four_gibibytes_out_of_nothing_are_made_when_the_model_is_loaded(elements: int, expected: list[str]) -> None:
    assert [one.location.node for one in found_in("costly-constants", filled(elements))] == expected


# ---- sparse tensors


def sparse(elements: int, index: int) -> onnx.SparseTensorProto:
    values = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    return helper.make_sparse_tensor(values, helper.make_tensor("", TensorProto.INT64, [1], [index]), [elements])


@pytest.mark.parametrize("as_constant", [False, True])
def test_a_sparse_tensor_that_is_a_gibibyte(as_constant: bool) -> None:
    for elements, expected in ((1 << 28, 1), ((1 << 28) - 1, 0)):
        model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
        if as_constant:
            model.graph.node.append(helper.make_node("Constant", [], ["c"], sparse_value=sparse(elements, 0)))
        else:
            model.graph.sparse_initializer.append(sparse(elements, 0))
        assert len(found_in("enormous-tensors", model)) == expected


def test_the_indices_of_a_constant() -> None:
    for index, expected in ((3, []), (4, [("Constant[1]", "c", "sparse_value")])):
        model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
        model.graph.node.append(helper.make_node("Constant", [], ["c"], sparse_value=sparse(4, index)))
        places = [one.location for one in found_in("bad-sparse-indices", model)]
        assert [(p.node, p.tensor, p.attribute) for p in places] == expected


# ---- functions


@pytest.mark.parametrize(("length", "expected"), [(62, 0), (63, 1)])
def test_a_long_chain_of_calls_beside_short_ones(length: int, expected: int) -> None:
    model = onnx.load_from_string(hostile_mutators.calling(length, 1))
    for function in model.functions:
        function.node.add(op_type="Neg", input=[function.input[0]], output=["beside"])
    assert len(found_in("deep-nesting", model)) == expected


def test_the_call_that_explodes_is_named_among_others() -> None:
    model = onnx.load_from_string(hostile_mutators.calling(20, 2))
    (call,) = model.graph.node
    for place in (0, 2):
        model.graph.node.insert(place, helper.make_node("Neg", [call.input[0]], [f"t{place}"]))
    (one,) = found_in("exploding-functions", model)
    assert one.location.node == f"{call.op_type}[1]"


def test_what_explodes_beyond_all_numbers_is_stored_as_one() -> None:
    (one,) = found_in("exploding-functions", hostile_mutators.calling(200, 2))
    assert one.magnitude == 1 << 62


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize(("count", "expected"), [(30, []), (31, [1_346_269])])
def test_functions_that_call_the_two_behind_them(count: int, expected: list[int], order: tuple[int, int]) -> None:
    """The last two are one node each: numbers of Fibonacci, of which the 31st is the first beyond a million."""
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    functions = []
    for i in range(count):
        called = [f"f{i + step}" for step in order] if i + 2 < count else []
        nodes = [helper.make_node(name, ["a"], [f"b{k}"], domain="f") for k, name in enumerate(called)]
        nodes = nodes or [helper.make_node("Neg", ["a"], ["b0"])]
        functions.append(helper.make_function("f", f"f{i}", ["a"], ["b0"], nodes, imports))
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.opset_import.add(domain="f", version=1)
    model.graph.node[0].op_type, model.graph.node[0].domain = "f0", "f"
    model.functions.extend(functions)
    assert [one.actual for one in found_in("exploding-functions", model)] == expected


LOCAL = """<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) {{ y = local.Added({0}) }}
<domain: "local", opset_import: ["" : 17]> Added (a, b, c) => (d) {{ e = Add(a, b) d = Add(e, c) }}"""


@pytest.mark.parametrize(("call", "absent"), [("x, x, x", None), ("x, x", "c"), ('x, "", x', "b")])
def test_an_input_that_a_function_needs(call: str, absent: str | None) -> None:
    model = parser.parse_model(LOCAL.format(call))
    found = told("miscalled-functions", loads(model.SerializeToString()))
    assert [one.expected for one in found] == ([absent] if absent else [])


# ---- declared, and stored


@pytest.mark.parametrize(
    ("stored", "declared", "expected"),
    [(2, "2", []), (3, "2", ["[2]"]), (2, "0", ["[0]"]), (2, "N", []), (2, "2, 1", ["[2, 1]"])],
)
def test_a_default_of_another_length(stored: int, declared: str, expected: list[str]) -> None:
    """Of no elements too: onnxruntime refuses it ("Shape of initializer w does not match. {0} != {2}")."""
    numbers = ", ".join("1" * stored)
    model = parsed(
        f"g (float[2] x, float[{declared}] w) => (y) <float[{stored}] v = {{{numbers}}}> {{ y = Add(x, w) }}"
    )
    model.graph.initializer[0].name = "w"
    assert [one.expected for one in found_in("misfit-defaults", model)] == expected


@pytest.mark.parametrize(("last", "expected"), [(0x07, 0), (0x17, 1), (0x70, 1)])
def test_the_bits_behind_the_last_of_an_odd_number_of_int4(last: int, expected: int) -> None:
    """Two to a byte, the first one in the lower half."""
    model = parsed("g (int64[2] i) => (y) { y = Gather(w, i) }")
    model.graph.initializer.add(name="w", data_type=TensorProto.INT4, dims=[3], raw_data=bytes((0x21, last)))
    assert len(found_in("values-beyond-type", model)) == expected


def test_a_file_is_closed_when_its_checksum_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _external_entries(tmp_path, ("checksum", "0" * 40))
    opened: list[int] = []

    def noting(model: Model, location: str) -> int | ExternalTrouble:
        fd = open_data(model, location)
        opened.append(fd if isinstance(fd, int) else -1)
        return fd

    monkeypatch.setattr(mismatched_checksums, "open_data", noting)
    assert len(found_in("mismatched-checksums", path)) == 1
    (fd,) = opened
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(fd)


def test_of_two_gaps_the_larger_is_named(tmp_path: Path) -> None:
    data = bytes(8) + b"x" * 8 + bytes(8) + b"y" * 24 + bytes(8)
    path = hostile_mutators.external(tmp_path, data, (0, 2), (16, 2), (48, 2))
    (one,) = found_in("unreferenced-bytes", path)
    assert "no tensor takes 24 bytes of" in one.message and "from byte 24 on" in one.message and one.actual == 32


def test_a_tensor_whose_length_is_not_written_takes_what_its_sizes_say(tmp_path: Path) -> None:
    path = hostile_mutators.external(tmp_path, bytes(8) + b"x" * 8, (0, 2))
    model = onnx.load(path, load_external_data=False)
    (tensor,) = model.graph.initializer
    assert tensor.data_type == TensorProto.FLOAT and list(tensor.dims) == [2]
    kept = [entry for entry in tensor.external_data if entry.key != "length"]
    del tensor.external_data[:]
    tensor.external_data.extend(kept)
    path.write_bytes(model.SerializeToString())
    assert [one.actual for one in found_in("unreferenced-bytes", path)] == [8]


# ---- texts


@pytest.mark.parametrize(("figures", "expected"), [("0123", 0), ("01234", 1)])
def test_four_figures_again_and_again_are_no_data(figures: str, expected: int) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].name = (figures * 40)[:130]
    assert len(found_in("code-in-text", model)) == expected


@pytest.mark.parametrize("key", ["password", "Secret", "API-KEY", "hf_token"])
def test_a_secret_by_its_name(key: str) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.metadata_props.add(key=key, value="swordfish")
    (one,) = found_in("secrets-in-text", model)
    assert "'sw'..." in one.message and "swordfish" not in one.message
    model.metadata_props[0].key = "fishes"
    assert found_in("secrets-in-text", model) == []


@pytest.mark.parametrize(("separator", "what"), [("\u2028", "a line separator"), ("\u2029", "a paragraph separator")])
def test_a_separator_in_a_name(separator: str, what: str) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].name = f"a{separator}b"
    (one,) = found_in("hidden-characters", model)
    assert what in one.message


def test_a_word_of_one_script_is_no_mixture() -> None:
    """Each of its letters looks like one of ASCII; a figure belongs to every script."""
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].name = "\u0430\u0441\u0435_1"
    assert found_in("look-alike-names", model) == []
    model.graph.node[0].name = "\u0430\u0441e_1"
    (one,) = found_in("look-alike-names", model)
    assert "looks like 'ace_1', and is written with cyrillic small letter a" in one.message


def test_an_attribute_that_is_a_program_has_its_place() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].attribute.append(helper.make_attribute("note", b"\x7fELF\x02\x01\x01" + bytes(60)))
    (one,) = found_in("embedded-files", model)
    assert (one.location.graph, one.location.node, one.location.attribute) == ("", "Relu[0]", "note")


@pytest.mark.parametrize(
    ("dtype", "since"),
    [
        (TensorProto.BFLOAT16, 4),
        (TensorProto.FLOAT8E4M3FN, 9),
        (TensorProto.FLOAT8E5M2FNUZ, 9),
        (TensorProto.UINT4, 10),
        (TensorProto.INT4, 10),
        (TensorProto.FLOAT4E2M1, 11),
        (TensorProto.FLOAT8E8M0, 12),
        (25, 13),  # UINT2, INT2, FLOAT6E2M3, FLOAT6E3M2, which an older onnx does not name
        (26, 13),
        (27, 14),
        (28, 14),
    ],
)
def test_the_ir_version_of_a_type(dtype: int, since: int) -> None:
    """As onnx.proto's list of IR versions has them."""
    for version, expected in ((since - 1, [f"at least {since}"]), (since, [])):
        model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
        model.ir_version = version
        model.graph.input.append(helper.make_tensor_value_info("z", dtype, [2]))
        assert [one.expected for one in found_in("features-before-their-time", model)] == expected
