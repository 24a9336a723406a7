"""Which edits of a broken model are thought of, which of them is told first, and what is said of it."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.model.load import loads
from auditor.repair import InputSizes, Insertion, OpsetImport
from auditor.shapes.facts import Facts, infer
from auditor.shapes.mending import BrokenPlace, layout, opset_that_fits, search, windows
from auditor.shapes.mending.edits import SetAttribute, SetDims, changes
from auditor.shapes.mending.habits import Habits
from auditor.shapes.mending.search import Mend, mends
from auditor.shapes.mending.trial import Ground, tried
from auditor.shapes.troubles import At


def facts_of(text: str, imports: str = '"" : 17') -> Facts:
    model = onnx.parser.parse_model(f"<ir_version: 8, opset_import: [{imports}]> g {text}")
    return infer(loads(model.SerializeToString()))


def mends_of(text: str, index: int = 0, imports: str = '"" : 17') -> tuple[Mend, ...]:
    return mends(facts_of(text, imports), BrokenPlace(At("", index)))


def price(found: tuple[Mend, ...], tensor: str, dims: tuple[int, ...]) -> float:
    """Of giving a stored tensor another shape."""
    (one,) = (m for m in found if isinstance(m.edit, SetDims) and (m.edit.tensor, m.edit.dims) == (tensor, dims))
    return one.cost


RESIZED = "(float[1, 4, 8, 8] x, float[1, 4, 16, 16] z) => (y)"
DILATED = "Conv<pads = [2, 2, 2, 2], dilations = [2, 2]>"
PADDED = "Conv<pads = [1, 1, 1, 1]>"


@pytest.mark.parametrize(
    ("text", "index", "fix"),
    [
        # [1, 0, 3, 2] fits as well, and moves the batch.
        ("(float[2, 2, 4, 5] x, float[2, 2, 5, 4] z) => (y) "
         "{ t = Transpose<perm = [0, 1, 2, 3]>(x) y = Add(t, z) }", 1, "set perm of Transpose[0] to [0, 1, 3, 2]"),
        ("(float[2, 3] x, float[4, 3] w) => (y) { y = Gemm(x, w) }", 0, "set transB of Gemm[0] to 1"),
        ("(float[2, 3] a, float[3, 4] b) => (y) <float[5] c = {1, 2, 3, 4, 5}> { y = Gemm(a, b, c) }", 0,
         "give c the shape [4]"),
        ("(float[1, 4, 8, 9] x) => (y) <float[5] s = {1, 2, 3, 4, 5}> { y = PRelu(x, s) }", 0,
         "give s the shape [4, 1, 1]"),
        # 24 elements are 3 rows of 8; a batch that is another than what is written is the likeliest fault.
        ("(float[4, 6] x) => (y) <int64[2] s = {2, 8}> { y = Reshape(x, s) }", 0, "set shape of Reshape[0] to [-1, 8]"),
        ("(float[4, 6] x) => (y) <int64[2] s = {4, 5}> { y = Reshape(x, s) }", 0, "set shape of Reshape[0] to [4, 6]"),
        # Of two Resizes the nearer one.
        (RESIZED + " <float[4] s = {1, 1, 1, 1}> "
         '{ p = Resize(x, "", s) q = Resize(p, "", s) y = Add(q, z) }', 2, "set scales of Resize[1] to [1, 1, 2, 2]"),
        # Four times 8 is halved to 16.
        (RESIZED + ' <float[4] s = {1, 1, 3, 3}> { r = Resize(x, "", s) '
         "p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(r) y = Add(p, z) }", 2,
         "set scales of Resize[0] to [1, 1, 4, 4]"),
        # Padding for a dilation that another layer has: pads of 1 keep the size too.
        (f"(float[1, 4, 32, 32] x, float[4, 4, 3, 3] w) => (y) {{ a = {DILATED}(x, w) b = {PADDED}(a, w) "
         "c = Conv<pads = [2, 2, 2, 2]>(b, w) y = Add(c, x) }", 3, "set dilations of Conv[2] to [2, 2]"),
    ],
)  # fmt: skip
def test_the_likeliest_is(text: str, index: int, fix: str) -> None:
    assert mends_of(text, index)[0].fix == fix


def test_the_batch_is_kept_and_the_largest_size_follows_from_the_rest() -> None:
    """3 x 2 x 10 elements: no single size of [4, 2, 12] makes that many."""
    found = mends_of("(float[3, 2, 10] x) => (y) <int64[3] s = {4, 2, 12}> { y = Reshape(x, s) }")
    assert "set shape of Reshape[0] to [0, 2, -1]" in [m.fix for m in found]


@pytest.mark.parametrize(
    ("sizes", "attributes", "row", "fix"),
    [("1, 10, 10", "", 100, "set pads of Conv[0] to [1, 1, 1, 1]"),
     ("4, 9, 9", "<pads = [1, 1, 1, 1], strides = [2, 2]>", 324, "set strides of Conv[0] to [1, 1]")],
)  # fmt: skip
def test_before_rows_of_which_nobody_wrote_how_many_a_window_is_set(
    sizes: str, attributes: str, row: int, fix: str
) -> None:
    """What the Conv gives are 64 and 100 numbers, and with the edit one row."""
    channels = sizes[0]
    found = mends_of(
        f"(float[1, {sizes}] x, float[{channels}, {channels}, 3, 3] w) => (float[1, {row}] y) "
        f"<int64[2] s = {{-1, {row}}}> {{ c = Conv{attributes}(x, w) y = Reshape(c, s) }}", 1,
    )  # fmt: skip
    assert fix in [m.fix for m in found]


def test_strides_of_one_axis_are_thought_of() -> None:
    """As of networks that read lines of text: they halve the height, and keep the width."""
    facts = facts_of("(float[1, 3, 8, 8] x, float[4, 3, 1, 1] w) => (y) { y = Conv<strides = [2, 2]>(x, w) }")
    edits = [p.edit for p in windows.proposals(facts, Habits(facts), At("", 0), 0)]
    strides = {e.value for e in edits if isinstance(e, SetAttribute) and e.name == "strides"}
    assert strides >= {(1, 2), (2, 1)}


@pytest.mark.parametrize(
    ("shapes", "cause"),
    [
        ("(float[N, 6, 6, 8] x) => (y) <float[6] v = {1, 2, 3, 4, 5, 6}>",
         "v runs along the last axis; it fits along the channels, axis 1"),
        ("(float[N, 2, 3, 8] x) => (y) <float[2, 3] v = {1, 2, 3, 4, 5, 6}>",
         "v stands at the last axes; it fits from axis 1 on"),
    ],
)  # fmt: skip
def test_where_a_tensor_lies_is_said(shapes: str, cause: str) -> None:
    assert mends_of(shapes + " { y = Add(x, v) }")[0].cause == cause


def test_a_weight_that_is_turned_around_says_how() -> None:
    weight = "<float[4, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}>"
    first = mends_of(f"(float[1, 3] x) => (y) {weight} {{ y = MatMul(x, w) }}")[0]
    assert isinstance(first.repair, Insertion)
    assert (first.repair.insert, first.repair.perm, first.repair.position) == ("Transpose", (1, 0), 1)


def test_of_an_axis_that_is_not_the_only_one_nobody_knows() -> None:
    """A scale for each of 4: along axis 1 and along axis 2."""
    text = "(int8[3, 4, {}] x, float[4] s) => (y) {{ y = DequantizeLinear<axis = 0>(x, s) }}"
    assert [m.fix for m in mends_of(text.format(5))] == ["set axis of DequantizeLinear[0] to 1"]
    assert mends_of(text.format(4)) == ()


def test_a_form_of_as_many_elements_is_likelier_than_another_number_and_a_vector_than_a_matrix() -> None:
    def normalized(scale: str) -> tuple[Mend, ...]:
        return mends_of(
            f"(float[1, 4, 8, 8] x, float[4] m) => (y) <float{scale}> {{ y = BatchNormalization(x, s, m, m, m) }}"
        )

    formed, longer = normalized("[1, 4] s = {1, 2, 3, 4}"), normalized("[5] s = {1, 2, 3, 4, 5}")
    assert price(formed, "s", (4,)) < price(longer, "s", (4,))
    vector = mends_of("(float[2, 6, 9] x) => (y) <float[5] s = {1, 2, 3, 4, 5}> { y = InstanceNormalization(x, s, s) }")
    weight = "<float[4, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}>"
    matrix = mends_of(f"(float[1, 3] x) => (y) {weight} {{ y = MatMul(x, w) }}")
    assert price(vector, "s", (6,)) < price(matrix, "w", (3, 3))


def test_sizes_that_hang_on_no_input_are_changed_for_the_resize_alone() -> None:
    """Others may take what the Concat gives."""
    found = mends_of(
        RESIZED + " <int64[2] s = {1, 1}, int64[2] t = {16, 16}> { p = Concat<axis = 0>(s, t) "
        'q = Resize(x, "", "", p) y = Sub(q, z) }', 2,
    )  # fmt: skip
    assert found[0].fix == "set sizes[1] of Resize[1] to 4 (sizes [1, 4, 16, 16])"
    assert At("", 0) not in {m.at for m in found}


# What is tried, and counted


@pytest.mark.parametrize("bound", ["MOST_TRIALS", "MOST_STEPS"])
def test_the_likeliest_is_tried_whatever_the_bound(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, bound, 1)
    found = mends_of("(float[2, 3] x, float[4, 3] w) => (y) { y = Gemm(x, w) }")
    assert [m.fix for m in found] == ["set transB of Gemm[0] to 1"]


def test_each_node_that_is_asked_again_counts_once() -> None:
    facts = facts_of("(float[2, 3] x) => (y) { a = Concat<axis = 0>(x, x) b = Neg(a) y = Abs(b) }")
    made = changes(facts, SetAttribute(At("", 0), "axis", 1))
    assert made is not None
    assert tried(Ground.under(facts), BrokenPlace(None), made)[1] == 3


def test_a_global_pooling_of_rows_is_left() -> None:
    """onnxruntime 1.32 does not run it, whatever else is mended."""
    facts = facts_of("(float[2, 3] x) => (p, y) { p = GlobalAveragePool(x) y = Concat<axis = 0>(x, x) }")
    made = changes(facts, SetAttribute(At("", 1), "axis", 1))
    assert made is not None
    outcome, _ = tried(Ground.under(facts), BrokenPlace(None), made)
    assert outcome is not None and outcome.left == 1


# Opsets


@pytest.mark.parametrize("domain", ["", "ai.onnx"])
def test_beside_a_later_opset_other_mends_are_told_from_opset_7_on(domain: str) -> None:
    """Max broadcasts from opset 8 on (ONNX's Changelog.md); both names are of one domain (AI_ONNX_DOMAIN in onnx)."""
    found = mends_of("(float[2, 3] x, float[1, 3] z) => (y) { y = Max(x, z) }", 0, f'"{domain}" : 7')
    assert {type(m.repair) for m in found} == {InputSizes, OpsetImport}
    assert "import ai.onnx at 8" in [m.fix for m in found]


def test_at_no_opset_an_operator_takes_more_inputs_than_it_has() -> None:
    """Softmax takes one at each of its opsets (ONNX's Changelog.md)."""
    assert opset_that_fits(facts_of("(float[2, 3] x) => (y) { y = Softmax(x, x) }")) == ()


def test_a_domain_that_is_not_imported_is_one_of_version_1() -> None:
    """Of Split-1 the axis has no default (ONNX's Changelog.md); of Split-2 it is 0."""
    text = "(float[2, 4, 5] x, float[3] l) => (y, z) { y, z = Split(x, l) }"
    assert not list(layout.axis(facts_of(text, '"com.microsoft" : 1'), At("", 0), 1))
    assert list(layout.axis(facts_of(text, '"" : 2'), At("", 0), 1))
