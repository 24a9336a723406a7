"""Single lines of what looks for mends: what each edit does to the shapes, which are found, and which come first."""

from __future__ import annotations

import pytest

from auditor.repair import ParameterShape
from auditor.report import Fit
from auditor.shapes.facts import Facts
from auditor.shapes.mending import BrokenPlace, feeding, layout
from auditor.shapes.mending.edits import (
    Edit,
    FeedAs,
    MoveInFront,
    PutAround,
    PutInFront,
    SetAttribute,
    SetDims,
    TakeOut,
    repair,
)
from auditor.shapes.mending.habits import Habits, Ints, WindowHabit, _stride, size_surprise
from auditor.shapes.mending.search import mends
from auditor.shapes.mending.trial import edited
from auditor.shapes.troubles import At

from .test_mends import facts_of

LAST = At("", -1)


def fixes(text: str, index: int) -> list[str]:
    """The words of all mends of a node."""
    return [mend.fix for mend in mends(facts_of(text), BrokenPlace(At("", index)))]


def ones(count: int) -> str:
    return "{" + ", ".join("1" * count) + "}"


# What is found


@pytest.mark.parametrize(
    ("text", "index", "fix"),
    [
        # (4 - 3 + 1)^2 places of 3 maps are 12.
        ("(float[2, 1, 4, 4] x, float[3, 1, 3, 3] w, float[12, 5] v) => (float[2, 5] y) "
         "{ f = Flatten(x) c = Conv(f, w) y = Gemm(c, v) }", 1, "move Flatten[0] in front of Gemm[2]"),
        (f"(float[1, 5] x) => (y) <float[7, 3] w = {ones(21)}> {{ y = MatMul(x, w) }}", 0,
         "feed x with 7 along axis 1"),
        ("(float[2, 4] x, float[2, 5] z) => (y) { y = Add(x, z) }", 0, "feed x with 5 along axis 1"),
        ("(float[2, 3, 8, 8] x, float[2, 3] z) => (float[2, 3] y) { m = ReduceMean<axes = [2, 3]>(x) y = Mul(m, z) }",
         1, "set keepdims of ReduceMean[0] to 0"),
        ("(float[2, 1, 8] x, float[2, 8, 3] w) => (float[2, 3] y) <int64[1] a = {2}> "
         "{ m = MatMul(x, w) y = Squeeze(m, a) }", 1, "set axes of Squeeze[1] to [1]"),
    ],
)  # fmt: skip
def test_among_the_mends_is(text: str, index: int, fix: str) -> None:
    assert fix in fixes(text, index)


@pytest.mark.parametrize(("between", "found"), [(0, True), (8, True), (9, False)])
def test_an_input_is_found_behind_so_many_nodes_that_hand_it_on(between: int, found: bool) -> None:
    nodes = " ".join(f"r{i + 1} = Relu(r{i})" for i in range(between))
    text = f"(float[1, 5] r0) => (y) <float[7, 3] w = {ones(21)}> {{ {nodes} y = MatMul(r{between}, w) }}"
    assert ("feed r0 with 7 along axis 1" in fixes(text, between)) == found


@pytest.mark.parametrize("by", [-32, -16, -8, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 16, 32])
def test_one_axis_of_an_image_is_fed_with_a_size_that_is_near(by: int) -> None:
    """A vector that is as long as no other size lies along the width alone."""
    width = 40 + by
    text = f"(float[2, 3, 40, 40] x) => (y) <float[{width}] v = {ones(width)}> {{ y = Add(x, v) }}"
    assert f"feed x with {width} along axis 3" in fixes(text, 0)


@pytest.mark.parametrize(
    ("axes", "rank", "others"),
    [
        # https://onnx.ai/onnx/operators/onnx__ReduceMean.html: from -rank to rank - 1; -1 of three axes is 2.
        ("[-1]", 3, {(0,), (1,)}),
        ("[2]", 3, {(0,), (1,)}),
        ("[1, 2]", 3, {(0, 1)}),
        ("[-2, -1]", 4, {(0, 1), (1, 2)}),
    ],
)
def test_other_axes_are_inside_the_tensor_and_not_those_that_are(
    axes: str, rank: int, others: set[tuple[int, ...]]
) -> None:
    sizes = ", ".join("23456"[:rank])
    facts = facts_of(f"(float[{sizes}] x) => (y) {{ y = ReduceMean<axes = {axes}>(x) }}")
    tried = [p.edit for p in layout.axes(facts, At("", 0))]
    assert {e.value for e in tried if isinstance(e, SetAttribute)} == others
    assert len(tried) == len(others)


# What an edit does


@pytest.mark.parametrize(
    ("text", "edit", "shape"),
    [
        # Channels last: (8 - 3 + 1) x (6 - 3 + 1) places, and 5 maps come last again.
        ("(float[1, 8, 6, 4] x, float[5, 4, 3, 3] w) => (y) { y = Conv(x, w) }", PutAround(At("", 0), (0, 3, 1, 2)),
         (1, 6, 4, 5)),
        ("(float[2, 3, 4] x) => (y) { t = Transpose(x) y = Relu(t) }", TakeOut(At("", 0)), (2, 3, 4)),
        ("(float[2, 3, 4] x, float[5, 12] z) => (y) { f = Flatten(x) r = Relu(x) y = Concat<axis = 0>(r, z) }",
         MoveInFront(At("", 0), At("", 2)), (7, 12)),
    ],
)  # fmt: skip
def test_the_shape_under_an_edit(text: str, edit: Edit, shape: tuple[int, ...]) -> None:
    after = edited(facts_of(text), edit)
    assert after is not None
    assert after["y"].shape == shape


def test_a_repair_tells_the_shape_that_was() -> None:
    facts = facts_of(f"(float[1, 6, 2, 8] x) => (y) <float[2, 3] v = {ones(6)}> {{ y = Add(x, v) }}")
    told = repair(facts, SetDims(At("", 0), "v", (6, 1, 1)), "")
    assert isinstance(told, ParameterShape)
    assert (told.was, told.to) == ((2, 3), (6, 1, 1))


# What comes first


def sizes_first(now: int, fits: tuple[tuple[int, int], ...], last: str) -> list[int]:
    """Heights and widths of these, the likeliest first, for a last node that does not fit."""
    text = f"(float[1, 3, {now}, {now}] x, float[7, 5] w) => (y) {{ f = Flatten(x) y = {last}(f, w) }}"
    proposed = feeding.sized(facts_of(text), (Fit(("x[2]", "x[3]"), fits),), At("", 1))
    edits = [p.edit for p in sorted(proposed, key=lambda p: p.cost)]
    return [edit.sizes[2] for edit in edits if isinstance(edit, FeedAs)]


def test_in_front_of_a_dense_layer_the_nearest_of_the_usual_sizes_is_meant() -> None:
    """Elsewhere the more usual one."""
    fits = ((96, 96), (128, 128))
    assert sizes_first(84, fits, "MatMul") == [96, 128]
    assert sizes_first(84, fits, "Add") == [128, 96]


def test_a_usual_size_is_likelier_than_a_multiple_of_16_that_is_nearer() -> None:
    assert sizes_first(172, ((160, 160), (176, 176)), "MatMul") == [160, 176]


@pytest.mark.parametrize(
    ("size", "whose"),
    [
        (28, "MNIST"), (32, "CIFAR-10"), (64, "Tiny ImageNet"), (128, "CelebA"), (224, "ImageNet"), (256, "pix2pix"),
        (299, "Inception v3"), (416, "YOLOv3"), (512, "SSD512"), (640, "YOLOv5"),
    ],
)  # fmt: skip
def test_a_size_of_well_known_images_is_the_least_surprising(size: int, whose: str) -> None:
    assert size_surprise(size) < size_surprise(96), whose


@pytest.mark.parametrize(
    ("size", "whose"),
    [
        (84, "Atari for DQN"), (96, "STL-10"), (227, "AlexNet"), (300, "SSD300"), (331, "NASNet-A Large"),
        (384, "ViT at 384"), (448, "YOLO"), (600, "EfficientNet-B7"), (608, "YOLOv4"), (800, "Faster R-CNN"),
    ],
)  # fmt: skip
def test_a_size_that_a_network_is_made_for_is_less_surprising_than_any_other(size: int, whose: str) -> None:
    assert size_surprise(size) < size_surprise(976), whose  # 61 x 16: nobody's


def layers(*nodes: str) -> Facts:
    """Convolutions and poolings of one image, each of x."""
    text = " ".join(f"y{i} = {node}" for i, node in enumerate(nodes))
    return facts_of(f"(float[1, 2, 32, 32] x, float[2, 2, 3, 3] w) => (y0) {{ {text} }}")


CONV = WindowHabit("Conv", (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), "NOTSET", 0, False)
POOL = WindowHabit("MaxPool", (2, 2), (2, 2), (0, 0, 0, 0), (1, 1), "NOTSET", 0, False)


def surprise(habits: Facts, one: WindowHabit) -> float:
    return Habits(habits).surprise(LAST, one)


def test_a_window_that_others_of_the_model_have_surprises_less() -> None:
    odd = CONV._replace(pads=(0, 0, 2, 2))
    alone, among = layers("Relu(x)"), layers(*["Conv<pads = [0, 0, 2, 2]>(x, w)"] * 4)
    assert surprise(alone, CONV) < surprise(alone, odd)
    assert surprise(among, odd) < surprise(among, CONV)
    pools = layers(*["MaxPool<kernel_shape = [3, 3], pads = [0, 0, 2, 2]>(x)"] * 4)
    assert surprise(pools, CONV) < surprise(pools, odd)  # poolings are no convolutions


def test_usual_strides_of_convolutions() -> None:
    """Most keep the size, some halve it, few do more."""
    alone = layers("Relu(x)")
    bits = [surprise(alone, CONV._replace(strides=(s, s))) for s in (1, 2, 4, 3)]
    assert bits == sorted(bits) and len(set(bits)) == 4


@pytest.mark.parametrize("one", [CONV, CONV._replace(op_type="ConvTranspose"), POOL])
def test_the_shares_of_strides_are_no_more_than_all(one: WindowHabit) -> None:
    assert sum(_stride(one._replace(strides=(s, s))) for s in (1, 2, 3, 4)) <= 1


@pytest.mark.parametrize(("usual", "odd"), [((2, 2), (2, 3)), ((3, 3), (3, 2)), ((3, 3), (5, 5))])
def test_usual_kernels_of_poolings(usual: Ints, odd: Ints) -> None:
    alone = layers("Relu(x)")
    assert surprise(alone, POOL._replace(kernel=usual)) < surprise(alone, POOL._replace(kernel=odd))


def test_a_permutation_between_channels_first_and_last_is_likelier_than_another() -> None:
    """Heads of attention too: of four axes those in the middle change places."""
    facts = facts_of("(float[2, 3, 4, 5] x, float[7, 8] w) => (y) { y = MatMul(x, w) }")
    cost = {
        p.edit.attributes["perm"]: p.cost
        for p in layout.untransposed(facts, At("", 0))
        if isinstance(p.edit, PutInFront) and p.edit.position == 0
    }
    keeping = {perm: c for perm, c in cost.items() if isinstance(perm, tuple) and perm[0] == 0}
    least = {perm for perm, c in keeping.items() if c == min(keeping.values())}
    assert least == {(0, 3, 1, 2), (0, 2, 3, 1), (0, 2, 1, 3)}
    assert len(keeping) == 5  # 3! - 1
