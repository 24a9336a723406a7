"""Structure: branches, loops and scans."""

from __future__ import annotations

from auditor.report import Severity

from .fault import Kind, Place
from .tables import table

BRANCHES = """agraph (bool c, float[2, 3] x) => (float[A, B] y) {
  y = If (c) <then_branch = one () => (float[2, 3] t) { t = Neg(x) },
              else_branch = two () => (float[2, 3] e) { e = Abs(x) }>
}"""
LOOP = """agraph (float[2, 3] x) => (float[2, 3] y, float[S, 2, 3] z) <int64 m = {5}, bool go = {1}> {
  y, z = Loop(m, go, x) <body = step (int64 i, bool before, float[2, 3] a)
  => (bool after, float[2, 3] b, float[2, 3] s) { b = Neg(a) s = Abs(a) after = Identity(before) }>
}"""
SCAN = """agraph (float[3] start, float[5, 3] x) => (float[3] y, float[5, 3] z) {
  y, z = Scan<num_scan_inputs = 1, body = step (float[3] a, float[3] row) => (float[3] b, float[3] out) {
    b = Add(a, row)
    out = Identity(b)
  }>(start, x)
}"""

table(
    __name__,
    Kind.ILLEGAL,
    BRANCHES,
    "If[0]",
    "unequal-branches malformed-bodies impossible-shapes",
    """
    branches_of_other_types: The branches of an If give float and double.
        (float[2, 3] e) { e = Abs(x) } --> (double[2, 3] e) { e = Cast<to = 11>(x) }
    branches_of_another_number: One branch of an If gives two tensors, the other one.
        (float[2, 3] e) { e = Abs(x) } --> (float[2, 3] e, float[2, 3] f) { e = Abs(x) f = Neg(x) }
    more_outputs_than_branches_give: The If has two outputs, its branches one.
        y = If --> y, z = If
    if_on_a_float: The condition of an If is a float.
        bool c --> float c !wrong-types
    if_on_two_conditions: The condition of an If has two entries.
        bool c --> bool[2] c
    if_of_a_word: The branch of an If is a word.
        two () => (float[2, 3] e) { e = Abs(x) } --> "two" @else_branch !undeclared-attributes
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    BRANCHES,
    Place(tensor="v"),
    "malformed-bodies",
    """
    branch_with_an_input: A branch of an If has an input, and an If feeds none.
        two () --> two (float[2, 3] v)
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    BRANCHES,
    Place(tensor="nothing"),
    "dangling-inputs",
    """
    branch_that_takes_nothing_known: A branch of an If takes a tensor that nothing makes.
        e = Abs(x) --> e = Abs(nothing)
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    BRANCHES,
    Place(tensor="f"),
    "dangling-inputs",
    """
    branch_that_gives_nothing_known: The output of a branch is made by nothing.
        (float[2, 3] e) { e --> (float[2, 3] f) { e
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    BRANCHES,
    Place(tensor="x"),
    "duplicate-names returned-outer-values",
    """
    branch_that_makes_an_outer_name: A node of a branch makes a tensor that the graph around has.
        (float[2, 3] e) { e = Abs(x) } --> (float[2, 3] x) { x = Abs(c) }
    branch_that_returns_an_outer_value: A branch returns a tensor of the graph around it.
        (float[2, 3] e) { e = Abs(x) } --> (float[2, 3] x) { e = Abs(x) }
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    BRANCHES,
    Place("Abs[0]"),
    "wrong-arity",
    """
    branch_with_a_wrong_node: A node inside a branch has one input too many.
        Abs(x) --> Abs(x, x)
    """,
)
table(
    __name__,
    Kind.WRONG,
    BRANCHES,
    "If[0]",
    "identical-branches",
    """
    branches_that_are_identical: Both branches of an If do the same.
        e = Abs(x) --> e = Neg(x)
    """,
)
table(
    __name__,
    Kind.WRONG,
    """agraph (bool given, float[2, 3] x) => (float[A, B] y) <bool c = {1}> {
  y = If (given) <then_branch = one () => (float[2, 3] t) { t = Neg(x) },
  else_branch = two () => (float[2, 3] e) { e = Abs(x) }>
}""",
    "If[0]",
    "settled-conditions",
    """
    if_of_a_stored_condition: The condition of an If is stored: one branch never runs.
        If (given) --> If (c)
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    LOOP,
    "Loop[0]",
    "malformed-bodies impossible-shapes",
    """
    loop_of_fewer_outputs: A Loop's body gives fewer tensors than the Loop.
        , float[2, 3] s) { --> ) {
    loop_of_more_outputs: A Loop has more outputs than its body gives.
        y, z = Loop --> y, z, w = Loop
    loop_by_a_float: A Loop's trip count is float.
        int64 m = {5} --> float m = {5} !wrong-types
    loop_by_two_counts: A Loop's trip count has two entries.
        int64 m = {5} --> int64[2] m = {5, 6}
    loop_on_an_integer: A Loop's condition is int64.
        bool go = {1} --> int64 go = {1} !wrong-types
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    LOOP,
    Place(tensor="a"),
    "malformed-bodies",
    """
    loop_parameter_of_another_type: A Loop's body declares a carried value as double; float comes.
        float[2, 3] a) --> double[2, 3] a)
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    LOOP,
    Place(tensor="a"),
    "malformed-bodies",
    """
    loop_parameter_of_another_shape: A Loop's body declares a carried value with another size than comes.
        float[2, 3] a) --> float[2, 4] a)
    loop_parameter_of_another_rank: A Loop's body declares a carried value with another rank than comes.
        float[2, 3] a) --> float[2, 3, 1] a)
    """,
    least=Severity.WARNING,
)
table(
    __name__,
    Kind.ILLEGAL,
    LOOP,
    Place(tensor="i"),
    "malformed-bodies",
    """
    loop_counter_of_float: A Loop's body declares the iteration's number as float.
        int64 i, --> float i,
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    LOOP,
    Place(tensor="before"),
    "malformed-bodies wrong-types",
    """
    loop_condition_of_integer: A Loop's body declares the condition as int64.
        bool before --> int64 before
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    LOOP,
    Place(),
    "malformed-bodies",
    """
    loop_body_of_fewer_inputs: A Loop's body takes no carried value.
        , float[2, 3] a) --> ) !malformed-bodies
    loop_body_of_more_inputs: A Loop's body takes a value that nothing feeds.
        float[2, 3] a) --> float[2, 3] a, float more)
    loop_body_without_condition: A Loop's body gives no condition.
        (bool after, float[2, 3] b, --> (float[2, 3] b,
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    LOOP,
    "Loop[0]",
    "malformed-bodies impossible-shapes unequal-branches",
    """
    loop_that_changes_a_type: What a Loop carries changes its type.
        b = Neg(a) --> b = Cast<to = 11>(a)
    """,
)
table(
    __name__,
    Kind.WRONG,
    LOOP,
    "Loop[0]",
    "idle-loops",
    """
    loop_of_no_trip: A Loop's trip count is 0.
        int64 m = {5} --> int64 m = {0}
    loop_of_a_negative_count: A Loop's trip count is negative.
        int64 m = {5} --> int64 m = {-1}
    loop_that_never_starts: A Loop's condition is false from the start.
        bool go = {1} --> bool go = {0}
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    SCAN,
    "Scan[0]",
    "malformed-bodies impossible-shapes",
    """
    scan_of_no_input: A Scan scans no input.
        num_scan_inputs = 1 --> num_scan_inputs = 0 @num_scan_inputs
    scan_of_three_inputs: A Scan scans three of two inputs.
        num_scan_inputs = 1 --> num_scan_inputs = 3 @num_scan_inputs
    scan_along_no_axis: A Scan runs along an axis that is not there.
        num_scan_inputs = 1 --> num_scan_inputs = 1, scan_input_axes = [2] @scan_input_axes
    scan_of_more_axes: A Scan has an axis for each of two scanned inputs, and scans one.
        num_scan_inputs = 1 --> num_scan_inputs = 1, scan_input_axes = [0, 0] @scan_input_axes
    scan_of_more_output_axes: A Scan has an axis for each of two scanned outputs, and has one.
        num_scan_inputs = 1 --> num_scan_inputs = 1, scan_output_axes = [0, 0] @scan_output_axes
    scan_without_a_number: A Scan does not say how many inputs it scans.
        num_scan_inputs = 1, --> @num_scan_inputs !undeclared-attributes
    scan_of_more_outputs: A Scan has more outputs than its body gives.
        y, z = Scan --> y, z, w = Scan
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    SCAN,
    Place(tensor="row"),
    "malformed-bodies",
    """
    scan_row_of_another_size: A Scan's body declares its row with another size than comes.
        float[3] row) --> float[4] row)
    scan_row_of_another_type: A Scan's body declares its row as double; float comes.
        float[3] row) --> double[3] row)
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    SCAN,
    Place(),
    "malformed-bodies",
    """
    scan_body_of_more_inputs: A Scan's body takes a value that nothing feeds.
        float[3] row) --> float[3] row, float[3] more)
    """,
)
