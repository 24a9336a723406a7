"""What would mend a node that does not fit, what is asked of sizes that are open, and what a walk leaves unsaid."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import TensorProto, helper

from auditor.model.graph import Model
from auditor.model.load import loads
from auditor.repair import InputSizes, OpsetImport
from auditor.report import Fit
from auditor.shapes import evaluation
from auditor.shapes.conditions import Condition, needed
from auditor.shapes.declared import constant
from auditor.shapes.dense import source
from auditor.shapes.evaluation import MOST_STORED
from auditor.shapes.fact import MOST_ELEMENTS, Exact
from auditor.shapes.facts import Facts, infer
from auditor.shapes.fits import solve
from auditor.shapes.mending import BrokenPlace, layout, opset_that_fits, opsets, sizes_that_mend, targets
from auditor.shapes.mending.edits import SetAttribute, SetDims, changes
from auditor.shapes.mending.search import Mend, mends
from auditor.shapes.mending.trial import Ground, edited, tried
from auditor.shapes.sizes.dim import named
from auditor.shapes.troubles import At, Exhausted, Impossible, Undefined
from auditor.shapes.visits import Budget

C, N = named("C"), named("N")


def mend(facts: Facts, at: At) -> Mend | None:
    """The likeliest."""
    return next(iter(mends(facts, BrokenPlace(at))), None)


def parsed(text: str, opset: int = 17) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}, "com.microsoft" : 1]> g {text}')


def facts_of(text: str, opset: int = 17, **values: object) -> Facts:
    return infer(loads(parsed(text, opset).SerializeToString()), **values)  # type: ignore[arg-type]  # what infer takes


@pytest.mark.parametrize(
    ("text", "index", "fix"),
    [
        # A vector as long as the channels and as the height: the channels are likelier.
        ("(float[N, 6, 6, 8] x, float[6] v) => (y) { y = Add(x, v) }", 0,
         "put an Unsqueeze with axes [1, 2] behind v, in front of Add[0]: it must be [6, 1, 1]"),
        ("(float[N, 6, 6, 8] x) => (y) <float[6] v = {1, 2, 3, 4, 5, 6}> { y = Add(x, v) }", 0,
         "give v the shape [6, 1, 1]"),
        # One that another node takes as it is stays as it is.
        ("(float[N, 3, 6, 8] x, float[3] z) => (y, w) <float[3] v = {1, 2, 3}> { y = Add(x, v) w = Add(z, v) }", 0,
         "put an Unsqueeze with axes [1, 2] behind v, in front of Add[0]: it must be [3, 1, 1]"),
        ("(uint8[1, 8, 5, 5] x, float s, uint8 o, int8[6, 4, 3, 3] w, int8 z) => (y) "
         "{ y = QLinearConv(x, s, o, w, s, z, s, o) }", 0, "set group of QLinearConv[0] to 2"),
        ("(float[1, 8, 5, 5] x, float[6, 4, 3, 3] w) => (y) { y = Conv(x, w) }", 0, "set group of Conv[0] to 2"),
        ("(float[1, 8, 5] x, float[6, 4, 3] w) => (y) { y = Conv(x, w) }", 0, "set group of Conv[0] to 2"),
        # Channels last to channels first, and back: beyond four axes these alone are tried.
        ("(float[1, 3, 5, 6, 4] x, float[2, 4, 1, 1, 1] w) => (y) "
         "{ t = Transpose<perm = [0, 1, 2, 3, 4]>(x) y = Conv(t, w) }", 1,
         "set perm of Transpose[0] to [0, 4, 1, 2, 3]"),
        ("(float[1, 4, 3, 5, 6] x, float[4, 2] w) => (y) { t = Transpose<perm = [0, 1, 2, 3, 4]>(x) y = MatMul(t, w) }",
         1, "set perm of Transpose[0] to [0, 2, 3, 4, 1]"),
        # Of permutations that fit, one that keeps the batch.
        ("(float[2, 2, 4, 5] q, float[2, 2, 7, 5] k) => (y) { t = Transpose<perm = [0, 1, 2, 3]>(k) y = MatMul(q, t) }",
         1, "set perm of Transpose[0] to [0, 1, 3, 2]"),
        # Scales of the height and the width that stand one axis too far in front.
        ("(float[1, 4, 8, 8] x, float[1, 4, 16, 16] z) => (y) <float[4] s = {1, 2, 2, 1}> "
         "{ r = Resize(x, \"\", s) y = Add(r, z) }", 1, "set scales[1] of Resize[0] to 1 (scales [1, 1, 2, 2])"),
        ("(float[1, 4, 8, 8] x, float[1, 4, 16, 16] z) => (y) <float[4] s = {1, 2, 2, 2}> "
         "{ r = Resize(x, \"\", s) y = Add(r, z) }", 1, "set scales[1] of Resize[0] to 1 (scales [1, 1, 2, 2])"),
        ("(float[1, 4, 8] x, float[1, 4, 16] z) => (y) <float[3] s = {1, 2, 2}> "
         "{ r = Resize(x, \"\", s) y = Add(r, z) }", 1, "set scales[1] of Resize[0] to 1 (scales [1, 1, 2])"),
        # What is quantized and back has the channels that it had.
        ("(float[1, 5, 8, 8] x, float s, uint8 o, float[8, 4, 3, 3] w) => (y) "
         "{ q = QuantizeLinear(x, s, o) d = DequantizeLinear(q, s, o) y = Conv(d, w) }", 2,
         "feed x with 4 along axis 1"),
        ("(float[2, 3] x, float[2, 4] z) => (y) { y = Add(x, z) }", 0, "feed x with 4 along axis 1"),
        # A 0 is no size that is kept where it is taken as it stands.
        ("(float[3, N, 4] x, float[3, 2] z) => (y) <int64[2] s = {-1, 6}> "
         "{ r = Reshape<allowzero = 1>(x, s) y = Concat<axis = 1>(r, z) }", 1,
         "set shape of Reshape[0] to [3, -1]"),
        # 2 * (4 - 1) + 2 = 8 places, and one more for an output_padding of 1.
        ("(float[1, 1, 4, 4] x, float[1, 1, 2, 2] w, float[1, 1, 8, 8] z) => (y) "
         "{ r = ConvTranspose<strides = [2, 2], output_padding = [1, 1]>(x, w) y = Add(r, z) }", 1,
         "set output_padding of ConvTranspose[0] to [0, 0]"),
    ],
)  # fmt: skip
def test_the_mend_is(text: str, index: int, fix: str) -> None:
    found = mend(facts_of(text), At("", index))
    assert found is not None
    assert found.fix == fix


@pytest.mark.parametrize(
    ("text", "index"),
    [
        # Six axes are no image.
        ("(float[1, 2, 3, 4, 5, 6] x, float[2, 7] w) => (y) "
         "{ t = Transpose<perm = [0, 1, 2, 3, 4, 5]>(x) y = MatMul(t, w) }", 1),
    ],
)  # fmt: skip
def test_nothing_mends(text: str, index: int) -> None:
    assert mend(facts_of(text), At("", index)) is None


def test_an_upsampling_of_old_may_have_been_meant_to_change_nothing() -> None:
    text = "(float[1, 4, 8, 8] x, float[1, 4, 8, 8] z) => (y) "
    found = mend(facts_of(text + "{ r = Upsample<scales = [1.0, 1.0, 2.0, 2.0]>(x) y = Add(r, z) }", 8), At("", 1))
    assert found is not None and found.fix == "set scales of Upsample[0] to [1, 1, 1, 1]"


def test_a_parameter_that_a_branch_stores_gets_another_shape() -> None:
    weight = ", ".join("1" * 36)
    then = "t () => (a) <float[4] v = {1, 2, 3, 4}> { a = Conv(x, w, v) }"
    facts = facts_of(
        f"(float[N, 6, 5, 8] x, bool c) => (y) <float[6, 6, 1, 1] w = {{{weight}}}> "
        f"{{ y = If<then_branch = {then}, else_branch = e () => (b) {{ b = Conv(x, w) }}>(c) }}"
    )
    at = At("If[0]/then_branch", 0)
    found = mend(facts, at)
    assert found is not None and found.fix == "give If[0]/then_branch/v the shape [6]"
    after = edited(facts, SetDims(at, "v", (6,)))
    assert after is not None and not after.troubles and after["y"].shape == (N, 6, 5, 8)


@pytest.mark.parametrize(
    ("perm", "shown", "made"),
    [("<perm = [2, 3, 0, 1]>", "[2, 3, 0, 1]", "[4, 2, 3, 5]"), ("", "[3, 2, 1, 0]", "[2, 4, 5, 3]")],
)
def test_what_is_wrong_of_a_weight_that_is_turned_is_told(perm: str, shown: str, made: str) -> None:
    """Without a perm a Transpose turns all axes around."""
    text = f"(float[1, 4, 9, 9] x, float[3, 5, 4, 2] w) => (y) {{ t = Transpose{perm}(w) y = Conv(x, t) }}"
    (first, *_) = layout.weight_permuted(facts_of(text), At("", 1))
    assert first.cause == f"Transpose[0] has the perm {shown} and gives {made} for a weight"
    assert first.edit == SetAttribute(At("", 0), "perm", (3, 2, 0, 1))


@pytest.mark.parametrize(
    ("nodes", "index"),
    [
        ('y = Resize<axes = [1, 2]>(x, "", s)', 0),
        ('h = Shape<start = 0, end = 1>(x) t = Concat<axis = 0>(h, c, z) y = Resize(x, "", "", t)', 2),
        ('y = Resize(x, "", all)', 0),
    ],
)
def test_the_farther_a_resize_is_from_the_fault_the_less_likely_but_not_without_end(nodes: str, index: int) -> None:
    stored = "float[2] s = {2, 2}, int64[1] c = {9}, int64[2] z = {16, 16}, float[4] all = {1, 2, 2, 1}"
    facts = facts_of(f"(float[N, 4, 8, 8] x) => (y) <{stored}> {{ {nodes} }}", 19)
    here, near, far, farthest = (
        [p.cost for p in targets.resampled(facts, At("", index), away, frozenset())] for away in (0, 10, 100, 200)
    )
    assert here
    for one, two, three, last in zip(here, near, far, farthest, strict=True):
        assert one < two < three == last
        assert last - one == pytest.approx(1)


def test_sizes_that_mend_are_those_with_which_it_runs() -> None:
    """Of 18 features 2 are maps, so there are 9 places: (7 - 1) // 2 = (8 - 1) // 2 = 3 along each axis."""
    ones = {count: ", ".join("1" * count) for count in (18, 90)}
    facts = facts_of(
        f"(float[1, 1, H, W] x) => (y) <float[2, 1, 3, 3] w = {{{ones[18]}}}, float[18, 5] v = {{{ones[90]}}}> "
        "{ c = Conv<strides = [2, 2]>(x, w) f = Flatten(c) y = Gemm(f, v) }"
    )
    fits = (Fit(("x[2]", "x[3]"), ((7, 8),)), Fit(("x[2]", "x[3]"), ((30, 31),)))
    (found,) = sizes_that_mend(facts, At("", 2), fits[:1])
    assert isinstance(found, InputSizes) and found.axes == (2, 3) and found.to in ((7, 7), (8, 8))
    assert sizes_that_mend(facts, At("", 2), fits[1:]) == ()


def test_of_a_padding_made_for_a_dilation_the_dilation_is_proposed() -> None:
    """12 + 2 x 3 - 3 x 2 = 12: as much comes out as goes in."""
    facts = facts_of(
        "(float[1, 1, 12, 12] x, float[1, 1, 3, 3] w) => (y) { c = Conv<pads = [3, 3, 3, 3]>(x, w) y = Add(c, x) }"
    )
    (found,) = (m for m in mends(facts, BrokenPlace(At("", 1))) if m.attribute == "dilations")
    assert found.fix == "set dilations of Conv[0] to [3, 3]"
    assert "[1, 1]" in found.cause and "[3, 3]" in found.cause


def test_no_channels_are_no_groups() -> None:
    """The input wants four: zero is a multiple of them, and no group."""
    found = mend(facts_of("(float[1, 0, 8, 8] x, float[8, 4, 3, 3] w) => (y) { y = Conv(x, w) }"), At("", 0))
    assert found is not None and found.fix == "feed x with 4 along axis 1"


def test_an_edit_that_contradicts_a_declared_output_is_no_mend() -> None:
    """Along the first axis 2 N rows come out, and 5 are declared."""
    facts = facts_of("(float[N, 5] x) => (float[5, M] y) { y = Concat<axis = 1>(x, x) }")
    assert facts["y"].shape == (N, 10)
    made = changes(facts, SetAttribute(At("", 0), "axis", 0))
    assert made is not None
    assert tried(Ground.under(facts), BrokenPlace(None), made)[0] is None


def test_an_edited_model_is_asked_for_the_sizes_that_were_asked_for() -> None:
    facts = facts_of("(float[N, 5] x) => (y) { y = Concat<axis = 1>(x, x) }", shapes={"x": (3, 4)})
    after = edited(facts, SetAttribute(At("", 0), "axis", 0))
    assert after is not None
    assert after["y"].shape == (6, 4)


def test_a_tensor_that_nothing_makes_is_as_missing_in_an_edited_model() -> None:
    facts = facts_of("(float[N, 5] x) => (y) { c = Concat<axis = 1>(x, x) y = Add(c, gone) }")
    after = edited(facts, SetAttribute(At("", 0), "axis", 0))
    assert after is not None
    assert after["c"].shape == (2 * N, 5)
    assert after.troubles == (Undefined(At("", 1), "gone"),)


def test_what_is_needed_stands_before_what_is_there() -> None:
    assert needed(Exact((N, 4)), (3, 4)) == [Condition(N, 3)]
    assert needed(Exact((N, None)), (None, 4)) == []


def test_features_come_from_the_last_tensor_that_is_no_row() -> None:
    facts = facts_of("(float[N, 4, 5] x) => (y) { r = Relu(x) f = Flatten(r) i = Identity(f) y = Relu(i) }")
    found = source(facts, "i", "")
    assert (found.tensor, found.giver) == ("r", "Relu[0]")


# Sizes that fit


def flattened(sizes: str, row: int, before: str) -> tuple[Fit, ...]:
    """Where an image is one row behind these nodes, which make `p` of x."""
    kernel = f"float[1, 1, 6, 6] w = {{{', '.join('1' * 36)}}}"
    text = f"(float[1, {sizes}] x) => (y) <int64[2] s = {{1, {row}}}, {kernel}> {{ {before} y = Reshape(p, s) }}"
    facts = facts_of(text)
    return solve(facts, At("", len(facts.graphs[""].entries) - 1), "shape")


def test_the_channels_of_an_image_are_not_chosen() -> None:
    """3 x 12 x 12 = 432."""
    fits = flattened("3, 10, 10", 432, "p = Relu(x)")
    assert fits == (Fit(("x[2]", "x[3]"), ((12, 12),)), Fit(("x[2]",), ()), Fit(("x[3]",), ()))


def test_without_a_height_channels_are_as_good_as_a_width() -> None:
    fits = flattened("3, 7, 5", 18, "p = ReduceMean<axes = [2]>(x)")
    assert fits == (Fit(("x[1]",), ()), Fit(("x[3]",), ((6, 6),)))


def test_a_size_at_which_a_window_does_not_fit_is_none() -> None:
    """(H - 5)^2 is 4 for 7, and for 3, where no window of 6 has a place."""
    fits = flattened("1, 9, 9", 4, "p = Conv(x, w)")
    assert fits[0] == Fit(("x[2]", "x[3]"), ((7, 7),))


def test_a_size_of_which_a_window_leaves_nothing_is_none() -> None:
    """A pooling of 3 in steps of 2 leaves nothing of 2, which a pooling over all of it hides."""
    before = "w0 = MaxPool<kernel_shape = [3, 3], strides = [2, 2]>(x) g = GlobalMaxPool(w0) p = Mul(x, g)"
    assert flattened("1, 9, 9", 4, before)[0] == Fit(("x[2]", "x[3]"), ())
    assert flattened("1, 9, 9", 16, before)[0] == Fit(("x[2]", "x[3]"), ((4, 4),))


def test_a_size_at_which_a_node_in_front_does_not_fit_is_none() -> None:
    """Of 10 and of 11 rows a pooling by pairs leaves 5, but ten numbers are added to ten rows only."""
    v = f"v = Constant<value = float[1, 1, 10, 1] {{{', '.join('1' * 10)}}}>()"
    before = f"{v} q = Add(x, v) p = MaxPool<kernel_shape = [2, 1], strides = [2, 1]>(x)"
    assert flattened("1, 12, 1", 5, before)[0] == Fit(("x[2]",), ((10, 10),))


# What a walk takes, and what it says


def test_an_empty_axis_is_a_size() -> None:
    assert facts_of("(float[0, 4] x) => (y) { y = Relu(x) }")["y"].shape == (0, 4)


def test_a_tensor_that_nothing_makes_is_told_and_rests_on_nothing() -> None:
    facts = facts_of("(float[2, 3] x) => (y) { a = Add(x, gone) y = MatMul(a, x) }")
    assert Undefined(At("", 0), "gone") in facts.troubles
    assert facts["a"].declared  # so what does not fit behind it is not proved
    assert not any(isinstance(t, Impossible) and not t.declared for t in facts.troubles)


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("(int64[2] s) => (y) { y = ConstantOfShape<value = 3>(s) }", "value"),
        ("(float[4, 64] x, uint8[8, 2, 16] b, float[16] s) => (y) { y = com.microsoft.MatMulNBits(x, b, s) }", "K"),
        ("(float[2] x, float[3, 2] z) => (y, w) { y, w = Scan<num_scan_inputs = 0, body = b (float[2] a, float[2] c) "
         "=> (float[2] d, float[2] e) { d = Add(a, c) e = Neg(d) }>(x, z) }", "num_scan_inputs"),
        ("(float[2] x, float[3, 2] z) => (y, w) { y, w = Scan<num_scan_inputs = 3, body = b (float[2] a, float[2] c) "
         "=> (float[2] d, float[2] e) { d = Add(a, c) e = Neg(d) }>(x, z) }", "num_scan_inputs"),
    ],
)  # fmt: skip
def test_an_attribute_is_told(text: str, attribute: str) -> None:
    (trouble,) = (t for t in facts_of(text).troubles if isinstance(t, Impossible))
    assert trouble.attribute == attribute


def test_a_state_of_a_scan_keeps_its_type() -> None:
    """https://onnx.ai/onnx/operators/onnx__Scan.html: the loop's state variables keep their type."""
    text = (
        "(float[2] x, float[3, 2] z) => (y, w) {{ y, w = Scan<num_scan_inputs = 1, body = b (float[2] a, float[2] c) "
        "=> (d, e) {{ d = Cast<to = {to}>(a) e = Neg(c) }}>(x, z) }}"
    )
    assert not facts_of(text.format(to=1)).troubles
    (trouble,) = facts_of(text.format(to=10)).troubles
    assert isinstance(trouble, Impossible) and "float16" in trouble.why


def test_so_many_nodes_and_no_more_are_visited() -> None:
    text = "(float[2] x) => (y) { a = Relu(x) b = Neg(a) y = Abs(b) }"
    for most, ends in ((3, False), (2, True)):
        facts = facts_of(text, budget=Budget(visits=most))
        assert any(isinstance(t, Exhausted) for t in facts.troubles) == ends


@pytest.mark.parametrize(("elements", "followed"), [(MOST_STORED, True), (MOST_STORED + 1, False)])
def test_with_values_given_stored_tensors_are_followed_up_to_a_limit(elements: int, followed: bool) -> None:
    model = parsed("(float[N] x) => (y) { y = Relu(x) }")
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [elements], [0.5] * elements))
    read = loads(model.SerializeToString())
    fact = constant(read, read.graph.initializers[0], MOST_STORED)
    assert fact.shape == (elements,)
    assert (fact.elements is not None) == followed


@pytest.mark.parametrize(("more", "known"), [(0, True), (1, False)])
def test_values_are_followed_up_to_so_many_elements(more: int, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of lists that rules do not follow: the kernels do."""
    count = 2 * MOST_ELEMENTS
    monkeypatch.setattr(evaluation, "MOST_VALUES", count)
    facts = facts_of("(float[C] x) => (y) { y = Sqrt(x) }", values={"x": np.full(count + more, 9, np.float32)})
    assert facts["y"].shape == (count + more,)
    assert facts["y"].elements == ((3,) * count if known else None)


def test_longer_values_leave_what_is_known_of_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which are not zero takes two numbers for each: as many again as there are elements."""
    count = 2 * MOST_ELEMENTS
    monkeypatch.setattr(evaluation, "MOST_VALUES", count)
    facts = facts_of("(float[1, C] x) => (y) { y = NonZero(x) }", values={"x": np.ones((1, count), np.float32)})
    assert (facts["y"].dtype, facts["y"].shape, facts["y"].elements) == (TensorProto.INT64, (2, count), None)


@pytest.mark.parametrize("dtype", [TensorProto.BFLOAT16, TensorProto.FLOAT8E4M3FN])
def test_narrow_numbers_are_picked_without_being_rounded(dtype: int) -> None:
    """Two, a half and four have few bits."""
    count = 2 * MOST_ELEMENTS
    model = parsed("(int64[C] i) => (y) { y = Gather(w, i) }", 19)
    model.graph.initializer.append(helper.make_tensor("w", dtype, [3], [2.0, 0.5, 4.0]))
    facts = infer(loads(model.SerializeToString()), values={"i": np.arange(count) % 3})
    assert facts["y"].dtype == dtype
    assert facts["y"].elements == tuple((2.0, 0.5, 4.0)[i % 3] for i in range(count))


def test_of_opsets_at_which_all_operators_are_the_same_the_nearest_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Softmax changed at opsets 11 and 13 (ONNX's Changelog.md), and never took two inputs."""
    facts = facts_of("(float[2,3] x) => (float[2,3] y) { y = Softmax(x, x) }")
    tried: list[int] = []

    def fits(model: Model) -> bool:
        tried.append(model.opsets[""])
        return False

    monkeypatch.setattr(opsets, "_fits", fits)
    assert opset_that_fits(facts) == ()
    assert tried == [18, 12, 10]


def test_no_later_model_was_made_for_an_opset_that_runtimes_lack() -> None:
    """Split of opset 1 may have lengths that nobody knows; onnxruntime 1.32 has no kernel of it."""
    facts = facts_of("(float[5] x) => (y, z) { y, z = Split(x) }", 13)
    assert not any(isinstance(m.repair, OpsetImport) for m in mends(facts, BrokenPlace(At("", 0))))
    older = facts_of("(float[5] x) => (y, z) { y, z = Split(x) }", 6)
    assert any(isinstance(m.repair, OpsetImport) for m in mends(older, BrokenPlace(At("", 0))))
