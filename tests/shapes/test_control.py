"""If, Loop and Scan: in whole models, against what the runtime makes of them, and sound where nobody knows."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import pytest

from auditor.model.load import loads
from auditor.shapes.fact import Body, Fact, Shape
from auditor.shapes.facts import Facts, infer
from auditor.shapes.sizes.dim import Size, named
from auditor.shapes.troubles import Exhausted, Impossible, Misfit
from tests.shapes.asking import ask, fact_of, tensor

N = named("N")


def facts_of(text: str, **shapes: Shape) -> tuple[Facts, onnx.ModelProto]:
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}')
    return infer(loads(model.SerializeToString()), shapes), model


def agrees(facts: Facts, model: onnx.ModelProto, **feeds: np.ndarray) -> tuple[Shape | None, ...]:
    """The propagated shapes of the outputs; nothing in them contradicts the run."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = []
    for value, array in zip(model.graph.output, session.run(None, feeds), strict=True):
        mine, real = facts[value.name], fact_of(array)
        assert mine.dtype in (None, real.dtype)
        if mine.shape is not None:
            assert real.shape is not None
            assert len(mine.shape) == len(real.shape)
            for ours, theirs in zip(mine.shape, real.shape, strict=True):
                assert not isinstance(ours, int) or ours == theirs
        found.append(mine.shape)
    return tuple(found)


X = np.ones((2, 3), np.float32)

BRANCHES = """
g (float[2, 3] x, bool c) => (float[] y) {{
  {condition}
  y = If (decided) <
    then_branch = t () => (float[] a) {{ a = Concat <axis = 1> (x, x) }},
    else_branch = e () => (float[] b) {{ b = {other} }}
  >
}}"""


@pytest.mark.parametrize(("condition", "proven"), [("Identity (c)", False), ("Constant <value = bool {1}> ()", True)])
def test_what_is_wrong_in_a_branch_is_proven_where_it_runs(condition: str, proven: bool) -> None:
    """onnxruntime fails only of a condition that takes the branch."""
    import onnxruntime

    broken = "s = Constant <value = int64[1] {5}> () n = Abs (s) a = Reshape (x, n)"  # Abs: its inference ends there
    text = BRANCHES.format(condition=f"decided = {condition}", other="Identity (x)")
    text = text.replace("a = Concat <axis = 1> (x, x)", broken)
    facts, model = facts_of(text)
    (trouble,) = facts.troubles
    assert isinstance(trouble, Misfit | Impossible)
    assert trouble.declared != proven
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {"x": X, "c": np.array(False)}
    if proven:
        with pytest.raises(Exception, match="Reshape"):
            session.run(None, feeds)
    else:
        assert session.run(None, feeds)[0].shape == (2, 3)


def test_an_unknown_condition_leaves_what_both_branches_say() -> None:
    facts, model = facts_of(BRANCHES.format(condition="decided = Identity (c)", other="Concat <axis = 0> (x, x)"))
    (shape,) = agrees(facts, model, x=X, c=np.array(True))
    assert shape is not None
    assert not any(isinstance(size, int) for size in shape)
    facts, model = facts_of(BRANCHES.format(condition="decided = Identity (c)", other="Concat <axis = 1> (x, x)"))
    assert agrees(facts, model, x=X, c=np.array(False)) == ((2, 6),)


def test_branches_of_different_rank_leave_no_shape() -> None:
    facts, model = facts_of(BRANCHES.format(condition="decided = Identity (c)", other="ReduceSum <keepdims = 0> (x)"))
    assert agrees(facts, model, x=X, c=np.array(True)) == (None,)


def test_a_known_condition_takes_its_branch() -> None:
    condition = """
      r = Size (x)
      five = Constant <value_int = 5> ()
      decided = Less (r, five)"""
    facts, model = facts_of(BRANCHES.format(condition=condition, other="ReduceSum <keepdims = 0> (x)"))
    assert agrees(facts, model, x=X, c=np.array(True)) == ((),)


def test_a_branch_that_cannot_run_is_no_fault_while_nobody_knows_whether_it_does() -> None:
    broken = "Reshape <allowzero = 0> (x, five)"
    text = BRANCHES.format(condition="five = Constant <value_ints = [5]> () decided = Identity (c)", other=broken)
    facts, model = facts_of(text)
    assert agrees(facts, model, x=X, c=np.array(True)) == (None,)
    assert all(trouble.declared for trouble in facts.troubles if isinstance(trouble, Impossible))
    assert any(isinstance(trouble, Impossible) for trouble in facts.troubles)


LOOP = """
g (float[2, 3] x, int64 m) => (float[] y, float[] s) {{
  n = {trips}
  yes = Constant <value = bool {{1}}> ()
  y, s = Loop (n, yes, x) <body = b (int64 i, bool go, float[] h) => (bool again, float[] k, float[] v) {{
    again = {again}
    k = {step}
    v = Identity (h)
  }}>
}}"""


@pytest.mark.parametrize(
    ("trips", "again", "step", "expected"),
    [
        ("Constant <value_int = 4> ()", "Identity (go)", "Relu (h)", ((2, 3), (4, 2, 3))),
        ("Constant <value_int = 0> ()", "Identity (go)", "Relu (h)", ((2, 3), None)),
        ("Identity (m)", "Identity (go)", "Relu (h)", ((2, 3), None)),
        ("Identity (m)", "Identity (go)", "Concat <axis = 0> (h, x)", ((None, 3), None)),
        ("Constant <value_int = 3> ()", "Not (go)", "Relu (h)", ((2, 3), (None, 2, 3))),
        ("Constant <value_int = 1> ()", "Identity (go)", "Concat <axis = 0> (h, x)", ((4, 3), (1, 2, 3))),
    ],
)
def test_loops(trips: str, again: str, step: str, expected: tuple[Shape | None, ...]) -> None:
    facts, model = facts_of(LOOP.format(trips=trips, again=again, step=step))
    shapes = agrees(facts, model, x=X, m=np.array(1, np.int64))
    for shape, wanted in zip(shapes, expected, strict=True):
        assert (shape and tuple(size if isinstance(size, int) else None for size in shape)) == wanted


def test_a_loop_that_grows_is_followed_where_its_trips_are_few() -> None:
    text = LOOP.format(
        trips="Constant <value_int = 3> ()", again="Identity (go)", step="Concat <axis = 0> (h, x)"
    ).replace("v = Identity (h)", "v = ReduceSum <keepdims = 0> (h)")
    facts, model = facts_of(text)
    assert agrees(facts, model, x=X, m=np.array(1, np.int64)) == ((8, 3), (3,))


def test_a_size_born_in_a_body_does_not_leave_it() -> None:
    """NonZero finds another number of places in each iteration; no two may be called by one name."""
    text = LOOP.format(trips="Constant <value_int = 40> ()", again="Identity (go)", step="Add (h, x)").replace(
        "v = Identity (h)", "z = NonZero (h) v = Cast <to = 1> (z)"
    )
    facts, _ = facts_of(text)
    scanned = facts["s"].shape
    assert scanned is not None
    assert scanned[:2] == (40, 2)
    assert all("/" not in str(size) for size in scanned)


def test_a_condition_without_trips() -> None:
    text = """
    g (float[2, 3] x, int64 m) => (float[] y, float[] s) {
      yes = Constant <value = bool {1}> ()
      y, s = Loop (, yes, x) <body = b (int64 i, bool go, float[] h) => (bool again, float[] k, float[] v) {
        again = Less (i, m)
        k = Relu (h)
        v = Identity (h)
      }>
    }"""
    facts, model = facts_of(text)
    carried, scanned = agrees(facts, model, x=X, m=np.array(3, np.int64))
    assert carried == (2, 3)
    assert scanned is not None
    assert scanned[1:] == (2, 3)
    assert not isinstance(scanned[0], int)


SCAN = """
g (float[4, 2, 3] x, float[2] h) => (float[] y, float[] s) {{
  y, s = Scan (h, x) <num_scan_inputs = 1{axes}, body = b (float[] p, float[] row) => (float[] q, float[] v) {{
    t = ReduceSum <keepdims = 0> (row)
    q = Add (p, t)
    v = Relu (row)
  }}>
}}"""


@pytest.mark.parametrize(
    ("axes", "scanned"),
    [
        ("", (4, 2, 3)),
        (", scan_input_axes = [1]", (2, 4, 3)),
        (", scan_input_axes = [-1], scan_output_axes = [1]", (4, 3, 2)),
        (", scan_output_axes = [-1]", (2, 3, 4)),
    ],
)
def test_scan(axes: str, scanned: Shape) -> None:
    facts, model = facts_of(SCAN.format(axes=axes))
    shapes = agrees(facts, model, x=np.ones((4, 2, 3), np.float32), h=np.ones(2, np.float32))
    assert shapes == ((2,), scanned)


def test_scan_with_a_named_length() -> None:
    facts, _ = facts_of(SCAN.format(axes=""), x=(N, 2, 3))
    assert facts["s"].shape == (N, 2, 3)
    assert facts["y"].shape == (2,)


def test_scan_8_has_a_batch() -> None:
    def body(inputs: tuple[Fact, ...], tentative: bool) -> tuple[Fact, ...]:
        state, row = inputs
        assert state.shape == (5,)
        assert row.shape == (3,)
        return state, tensor(7)

    answer = ask("Scan", 8, [None, tensor(N, 5), tensor(N, 4, 3)], {"num_scan_inputs": 1, "body": Body(body)})
    assert [fact.shape for fact in answer.outputs] == [(N, 5), (N, 4, 7)]


@pytest.mark.parametrize(
    ("length", "lengths", "tentative"),
    [
        (4, None, False),
        (N, None, True),
        (None, None, True),
        (0, None, True),
        (4, tensor(2, dtype=7), True),
    ],
)
def test_a_body_of_scan_8_runs_for_certain_only_where_its_sequences_have_steps(
    length: Size | None, lengths: Fact | None, tentative: bool
) -> None:
    """Axis 1 is the sequence, and sequence_lens may cut it short: Scan-8's page."""
    asked = []

    def body(inputs: tuple[Fact, ...], tentative: bool) -> tuple[Fact, ...]:
        asked.append(tentative)
        return inputs[0], tensor(7)

    answer = ask("Scan", 8, [lengths, tensor(2, 5), tensor(2, length, 3)], {"num_scan_inputs": 1, "body": Body(body)})
    assert set(asked) == {tentative}
    assert [fact.shape for fact in answer.outputs] == [(2, 5), (2, length, 7)]


def test_calls_on_equal_facts_do_not_share_a_size_that_hangs_on_data() -> None:
    """NonZero finds another number of places in each tensor, whatever function it stands in."""
    model = onnx.parser.parse_model("""<ir_version: 8, opset_import: ["" : 17, "own" : 1]>
    g (float[4] a, float[4] b) => (int64[] s, int64[] t, int64[] u) {
      s = own.places (a)
      t = own.places (b)
      u = Concat <axis = 1> (s, t)
    }
    <domain: "own", opset_import: ["" : 17]> places (x) => (y) { y = NonZero (x) }""")
    facts = infer(loads(model.SerializeToString()))
    assert facts["s"].shape == (1, named("s[1]"))
    assert facts["t"].shape == (1, named("t[1]"))
    assert facts["u"].shape == (1, named("s[1]") + named("t[1]"))


def test_a_loop_that_ends_by_its_condition_is_followed() -> None:
    text = """
    g (float[2, 3] x) => (float[] y, int64[] s) {
      yes = Constant <value = bool {1}> ()
      five = Constant <value_int = 5> ()
      y, s = Loop (, yes, x) <body = b (int64 i, bool go, float[] h) => (bool again, float[] k, int64 v) {
        again = Less (i, five)
        k = Concat <axis = 0> (h, x)
        v = Identity (i)
      }>
    }"""
    facts, model = facts_of(text)
    assert agrees(facts, model, x=X) == ((14, 3), (6,))
    assert facts["s"].elements == (0, 1, 2, 3, 4, 5)


def test_loops_in_loops_end_at_the_budget() -> None:
    """Twelve deep, each followed four times: 3^12 bodies at least, if nobody counted them."""
    inner = "o12 = Concat <axis = 0> (h12, h12)"
    for depth in range(11, -1, -1):
        i = depth + 1
        inner = f"""o{depth} = Loop (m, yes, h{depth}) <
          body = b{i} (int64 i{i}, bool go{i}, float[] h{i}) => (bool a{i}, float[] o{i}) {{
            a{i} = Identity (go{i})
            {inner}
          }}>"""
    facts, _ = facts_of(f"""
    g (float[2] h0) => (float[] o0, float[] r) {{
      m = Constant <value_int = 4> ()
      yes = Constant <value = bool {{1}}> ()
      {inner}
      r = Relu (h0)
    }}""")
    assert any(isinstance(trouble, Exhausted) for trouble in facts.troubles)
    assert facts["r"].shape == (2,)


def test_a_sparse_input_has_its_declared_shape() -> None:
    model = onnx.parser.parse_model("""<ir_version: 8, opset_import: ["" : 17]>
    g (sparse_tensor(float[3, N]) x) => (float[] y) { y = Identity (x) }""")
    assert infer(loads(model.SerializeToString()))["y"] == Fact(1, (3, N))


SEEN_BEFORE = """
g (float[20, 4] x) => (int64[?] d) {
  n = Constant <value_int = 20> ()
  first = Constant <value_int = 0> ()
  none = SequenceEmpty <dtype = 7> ()
  s, d = Loop (n, , none) <body = b (int64 i, bool c, seq(int64[?, ?]) before) => (
    bool go_on, seq(int64[?, ?]) after, int64[?] difference
  ) {
    go_on = Identity (c)
    row = Gather (x, i)
    places = NonZero (row)
    after = SequenceInsert (before, places)
    earlier = SequenceAt (after, first)
    mine = Shape (places)
    others = Shape (earlier)
    difference = Sub (others, mine)
  }>
}"""


def test_a_sequence_that_a_loop_carries_does_not_keep_the_size_of_one_iteration() -> None:
    facts, model = facts_of(SEEN_BEFORE)
    mine, earlier = facts.at("mine", "Loop[3]/body"), facts.at("earlier", "Loop[3]/body")
    assert mine is not None and mine.elements is not None and mine.elements[0] == 1
    assert earlier is not None and earlier.shape is not None and earlier.shape[1] != mine.elements[1]
    difference = facts.at("difference", "Loop[3]/body")
    assert difference is not None and difference.elements is not None and difference.elements[1] != 0
    x = np.triu(np.ones((20, 4), np.float32))  # 4, 3, 2, 1 and then nothing
    agrees(facts, model, x=x)


REFERS = """
<ir_version: 8, opset_import: ["" : 17, "acme" : 1]>
g (float[N, 3] x, bool c) => (float[?, ?] wide, float[?, ?] long) {
  wide = acme.Twice <axis = 1> (x, c)
  long = acme.Twice (x, c)
}
<domain: "acme", opset_import: ["" : 17]>
Twice <axis: int = 0> (x, c) => (y) {
  y = If (c) <
    then_branch = t () => (float[?, ?] a) { a = Concat <axis: int = @axis> (x, x) },
    else_branch = f () => (float[?, ?] b) { b = Concat <axis: int = @axis> (x, x) }
  >
}"""


def test_a_branch_within_a_function_takes_the_attributes_of_the_call() -> None:
    model = onnx.parser.parse_model(REFERS)
    facts = infer(loads(model.SerializeToString()))
    assert facts.troubles == ()
    assert agrees(facts, model, x=np.ones((2, 3), np.float32), c=np.array(True)) == ((N, 6), (2 * N, 3))
