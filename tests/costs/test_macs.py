"""Multiply-accumulates of bodies: counted by hand, from what runs how often."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.costs.count import count
from auditor.model.load import loads
from auditor.shapes.facts import infer
from tests.costs.test_count import costs

LOOP = """
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[2, 3] x, bool c, int64 m) => (float[2, 3] y) <float[3, 3] w = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}> {{
      five = Constant <value = int64 {{5}}> ()
      yes = Constant <value = bool {{1}}> ()
      none = Constant <value = int64 {{0}}> ()
      y = Loop ({trips}, {condition}, x) <
      body = b (int64 i, bool go, float[2, 3] before) => (bool on, float[2, 3] after) {{
        on = Identity ({on})
        after = MatMul (before, w)
      }}>
    }}
"""


@pytest.mark.parametrize(
    ("trips", "condition", "on", "expected"),
    [
        ("five", "yes", "go", 5 * 18),
        ("five", "", "yes", 5 * 18),
        ("none", "yes", "go", 0),
        ("five", "c", "go", None),  # of a condition that comes from outside nobody knows whether it starts
        ("five", "yes", "c", None),  # it may end before its five trips
        ("m", "yes", "go", None),
        ("", "yes", "go", None),
    ],
)
def test_a_loop_counts_its_trips_where_they_are_certain(
    trips: str, condition: str, on: str, expected: int | None
) -> None:
    found = costs(LOOP.format(trips=trips, condition=condition, on=on))
    assert found.macs == found.body_macs == expected


def test_a_loop_whose_iterations_differ_is_not_counted_by_its_last() -> None:
    """Products of 1, 2 and 4 rows are 7 times one row; three times the last would be 12."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[1, 3] x) => (float[R, 3] y) <float[3, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
          three = Constant <value = int64 {3}> ()
          y = Loop (three, , x) <body = b (int64 i, bool go, float[R, 3] before) => (bool on, float[Q, 3] after) {
            on = Constant <value = bool {1}> ()
            made = MatMul (before, w)
            after = Concat <axis = 0> (made, made)
          }>
        }
    """)
    assert found.macs in (None, 7 * 9)


SCAN = """
    <ir_version: 8, opset_import: ["" : {opset}]>
    g (float[2, 3] s, float[{scanned}] x) => (float[2, 3] y, float[P, Q, R] z)
    <float[3, 3] w = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}> {{
      y, z = Scan <num_scan_inputs = 1, {attributes} body = b (float[2, 3] before, float[2, 3] row)
      => (float[2, 3] after, float[2, 3] out) {{
        t = MatMul (before, w)
        after = Add (t, row)
        out = Identity (after)
      }}> (s, x)
    }}
"""


def test_a_scan_runs_along_the_axis_that_it_names() -> None:
    assert costs(SCAN.format(opset=17, scanned="7, 2, 3", attributes="")).macs == 7 * 18
    assert costs(SCAN.format(opset=17, scanned="2, 3, 7", attributes="scan_input_axes = [2],")).macs == 7 * 18
    assert costs(SCAN.format(opset=17, scanned="2, 3, 7", attributes="scan_input_axes = [-1],")).macs == 7 * 18
    assert str(costs(SCAN.format(opset=17, scanned="T, 2, 3", attributes="")).macs) == "18*T"


def test_a_batched_scan_runs_for_each_sequence() -> None:
    found = costs("""
        <ir_version: 3, opset_import: ["" : 8]>
        g (float[5, 2, 3] s, float[5, 7, 2, 3] x) => (float[5, 2, 3] y, float[5, 7, 2, 3] z, float[3, 3] w) {
          y, z = Scan <num_scan_inputs = 1, body = b (float[2, 3] before, float[2, 3] row)
          => (float[2, 3] after, float[2, 3] out) {
            t = Constant <value = float[3, 3] {1, 2, 3, 4, 5, 6, 7, 8, 9}> ()
            u = MatMul (before, t)
            after = Add (u, row)
            out = Identity (after)
          }> (, s, x)
        }
    """)
    assert found.macs == 5 * 7 * 18


def test_an_if_counts_its_dearer_branch_or_the_one_that_is_taken() -> None:
    text = """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 3] x, bool c) => (float[2, 3] y) <float[3, 3] w = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}> {{
          no = Constant <value = bool {{0}}> ()
          z = MatMul (x, w)
          y = If ({condition}) <
            then_branch = t () => (float[2, 3] a) {{ b = MatMul (z, w) a = MatMul (b, w) }},
            else_branch = e () => (float[2, 3] d) {{ d = MatMul (z, w) }}
          >
        }}
    """
    found = costs(text.format(condition="c"))
    assert (found.macs, found.body_macs) == (3 * 18, 2 * 18)
    found = costs(text.format(condition="no"))
    assert (found.macs, found.body_macs) == (2 * 18, 18)


def test_a_map_counts_its_items_where_they_are_alike() -> None:
    text = """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 3] a, float[{other}, 3] b) => (seq(float[P, 3]) y)
        <float[3, 3] w = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}> {{
          s = SequenceConstruct (a, b, b)
          y = SequenceMap <body = f (float[R, 3] item) => (float[R, 3] out) {{ out = MatMul (item, w) }}> (s)
        }}
    """
    assert costs(text.format(other=2)).macs == 3 * 18
    assert costs(text.format(other=4)).macs in (None, 18 + 2 * 36)


def test_what_was_not_walked_is_not_counted_as_nothing() -> None:
    """Facts for other sizes may take a function's answer from memory: its body then counts in full, or nobody knows."""
    facts = infer(
        loads(
            onnx.parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18, "nn" : 1]>
        g (float[N, 2] x, float[4, 2] z) => (float[N, 2] y, float[4, 2] q) <float[2, 2] w = {1, 2, 3, 4}> {
          y = nn.Linear (x, w)
          q = nn.Linear (z, w)
        }
        <opset_import: ["" : 18], domain: "nn"> Linear (x, w) => (y) { y = Gemm (x, w) }
    """).SerializeToString()
        )
    )
    assert str(count(facts).macs) == "4*N + 16"
    assert count(facts.rebind(dims={"N": 3})).macs in (None, 4 * 3 + 16)


MOVES = [
    "Abs",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "Cast",
    "CastLike",
    "Ceil",
    "Clip",
    "Compress",
    "Concat",
    "ConcatFromSequence",
    "Constant",
    "ConstantOfShape",
    "CumSum",
    "Div",
    "Dropout",
    "Equal",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "Floor",
    "Gather",
    "GatherElements",
    "GatherND",
    "Greater",
    "GreaterOrEqual",
    "Identity",
    "Less",
    "LessOrEqual",
    "Log",
    "Max",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "NonZero",
    "Not",
    "OneHot",
    "Or",
    "Pad",
    "Pow",
    "Range",
    "Reciprocal",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Round",
    "ScatterElements",
    "ScatterND",
    "SequenceAt",
    "SequenceConstruct",
    "SequenceEmpty",
    "SequenceInsert",
    "SequenceLength",
    "Shape",
    "Sigmoid",
    "Sign",
    "Size",
    "Slice",
    "Softmax",
    "Split",
    "SplitToSequence",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Tanh",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Where",
    "Xor",
]
"""Element by element, or nothing but moved: no product is added to another."""

ASKED = ["Conv", "MatMul", "Gemm", "Einsum", "LSTM", "ConvTranspose", "QLinearConv"]

BODY = """
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[2, 3] x, int64 m) => (float[R, Q] y) {
      y = Loop (m, , x) <
      body = b (int64 i, bool go, float[2, 3] before) => (bool go, float[R, Q] after) {
        after = %s (before)
      }>
    }
"""


@pytest.mark.parametrize(("op_type", "expected"), [*((op, 0) for op in MOVES), *((op, None) for op in ASKED)])
def test_a_body_that_adds_no_products_costs_nothing_however_often_it_runs(op_type: str, expected: int | None) -> None:
    """Of other operators it is asked how often, and here nobody knows."""
    assert costs(BODY % op_type).macs == expected


def test_a_function_counts_where_it_is_called() -> None:
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17, "nn" : 1]>
        g (float[2, 3] x) => (float[2, 3] y) <float[3, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
          a = nn.Twice (x, w)
          y = nn.Twice (a, w)
        }
        <opset_import: ["" : 17], domain: "nn"> Twice (x, w) => (y) { h = MatMul (x, w) y = MatMul (h, w) }
    """)
    assert (found.macs, found.body_macs, found.flops) == (4 * 18, 4 * 18, 2 * 4 * 18)


OPEN_LOOP = """
    <ir_version: 8, opset_import: ["" : 17, "own" : 1]>
    g (float[N, 3] x, bool c) => (float[N, 3] y) <float[3, 3] w = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}> {{
      yes = Constant <value = bool {{1}}> ()
      no = Constant <value = bool {{0}}> ()
      first = Constant <value = int64 {{0}}> ()
      sizes = Shape (x)
      n = Gather (sizes, first)
      y = Loop (n, yes, x) <
      body = b (int64 i, bool go, float[N, 3] before) => (bool on, float[N, 3] after) {{
        on = {on}
        after = MatMul (before, w)
      }}>
    }}
"""


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("Identity (yes)", "9*N^2"),
        ("Identity (c)", "None"),  # it may end before
        ("Identity (no)", "None"),
        ("own.Thing (c)", "None"),  # nobody knows what that says
        ("own.Thing (before)", "None"),
    ],
)
def test_a_loop_of_as_many_trips_as_there_are_rows(on: str, expected: str) -> None:
    """N times [N, 3] by [3, 3], where nothing can end it before."""
    assert str(costs(OPEN_LOOP.format(on=on)).macs) == expected
