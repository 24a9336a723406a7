"""Where the features of a dense layer come from, and which layer takes them."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.model.load import loads
from auditor.shapes.dense import factors_shown, rows, source, taken, taker
from auditor.shapes.facts import Facts, infer
from auditor.shapes.sizes.dim import named
from auditor.shapes.troubles import At


def facts(nodes: str, weights: str = "float[72, 5] w, float[5, 72] t, float[9, 5] v") -> Facts:
    model = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 2, 6, 6] x, {weights}) => (float[A, B] z) {{ {nodes} }}
    """)
    return infer(loads(model.SerializeToString()))


@pytest.mark.parametrize(
    ("nodes", "features", "index"),
    [
        ("f = Flatten (x) z = Gemm (f, w)", 72, 1),
        ("f = Flatten (x) z = Gemm (f, w)", 5, None),
        ("f = Flatten (x) z = Gemm <transB = 1> (f, t)", 72, 1),
        ("f = Flatten (x) z = Gemm <transB = 1> (f, w)", 5, 1),
        ("f = Flatten (x) z = MatMul (f, w)", 72, 1),
        ("f = Flatten (x) a = Identity (f) b = Dropout (a) z = MatMul (b, w)", 72, 3),
        ("f = Flatten (x) other = Relu (x) z = MatMul (f, w)", 72, 2),
        ("f = Flatten (x) a = Sigmoid (f) z = MatMul (a, w)", 72, None),  # another function: the features are new
        ("f = Flatten (x) y = MatMul (f, v) z = MatMul (f, w)", 72, None),  # the first that takes them decides
        ("f = Flatten (x) c = Constant <value_float = 1.0> () z = MatMul (f, w)", 72, 2),
        ("f = Flatten (x) z = Add (f, f)", 72, None),
    ],
)
def test_the_layer_that_takes_features(nodes: str, features: int, index: int | None) -> None:
    found = taker(facts(nodes), At("", 0), features)
    assert found == (None if index is None else At("", index))


@pytest.mark.parametrize(
    ("nodes", "label", "rank"),
    [
        ("f = Flatten (x) z = Gemm (f, w)", "", 4),
        ("c = Sigmoid (x) f = Flatten (c) z = Gemm (f, w)", "Sigmoid[0]", 4),
        ("c = Sigmoid (x) f = Flatten (c) i = Identity (f) z = Gemm (i, w)", "Sigmoid[0]", 4),
        ("f = Flatten (x) r = Sigmoid (f) i = Identity (r) z = Gemm (i, w)", "Sigmoid[1]", 2),
        ("c = Sigmoid (x) f = Flatten (c) i = Identity (f) d = Dropout (i) z = Gemm (d, w)", "Sigmoid[0]", 4),
    ],
)
def test_the_node_that_made_the_features(nodes: str, label: str, rank: int) -> None:
    known = facts(nodes)
    node = known.node(At("", len(known.graphs[""].nodes) - 1))
    found = source(known, node.inputs[0], "")
    assert (found.giver, found.fact and found.fact.rank) == (label, rank)


C = named("C")


@pytest.mark.parametrize(
    ("features", "like", "text"),
    [
        (9216, (256, 5, 5), "9216 = 256 x 6 x 6"),
        (9216, (256, 5), "9216 = 256 x 36"),
        (512, (256, 5, 5), "512 = 256 x 2"),
        (9217, (256, 5, 5), "9217"),
        (9216, (), "9216"),
        (9216, (0, 5, 5), "9216"),
        (9216, (C, 5, 5), "9216"),
        (256, (256, 1, 1), "256 = 256 x 1 x 1"),
    ],
)
def test_features_are_shown_as_channels_times_a_square(features: int, like: tuple[int, ...], text: str) -> None:
    assert taken(features, like) == text


def test_factors_are_shown_with_their_product() -> None:
    assert factors_shown([256, 5, 5], 6400) == "256 x 5 x 5 = 6400"
    assert factors_shown([C + 1, 5], 5 * C + 5) == "(C + 1) x 5"
    assert factors_shown([C, 5], 5 * C) == "C x 5"


@pytest.mark.parametrize(
    ("nodes", "made"),
    [
        ("s = Constant <value_ints = [-1, 72]> () z = Reshape (x, s)", (-1, 72, 72)),
        ("s = Constant <value_ints = [3, 36]> () z = Reshape (x, s)", (3, 36, 72)),
        ("s = Constant <value_ints = [72, -1]> () z = Reshape (x, s)", None),
        ("s = Constant <value_ints = [-1, 2, 36]> () z = Reshape (x, s)", None),
        ("s = Constant <value_ints = [-1, 72]> () z = Reshape <allowzero = 1> (x, s)", None),
        ("s = Constant <value_ints = [0, 1]> () z = Reshape (x, s)", (0, 1, 72)),
        ("s = Constant <value_ints = [1, 0]> () z = Reshape (x, s)", None),
        ("s = Relu (x) z = Flatten (s)", None),
    ],
)
def test_rows_of_images(nodes: str, made: tuple[int, int, int] | None) -> None:
    """An image has 2 x 6 x 6 = 72 elements."""
    found = rows(facts(nodes), At("", 1))
    assert made == (None if found is None else (found.lead, found.row, found.image))
    assert found is None or found.images == named("N")


def test_a_derivation_is_what_a_tensor_hangs_on() -> None:
    """From the inputs on, in order; what hangs on no input, and what only stands beside it, is left out."""
    known = facts("""
        beside = Relu (x)
        ones = Constant <value_ints = [-1, 72]> ()
        a = Relu (x)
        b = Reshape (a, ones)
        z = MatMul (b, w)
        after = Relu (z)
    """)
    steps = known.derivation("z")
    assert [step.op_type for step in steps] == ["Relu", "Reshape", "MatMul"]
    assert [step.op_type for step in known.derivation("a")] == ["Relu"]
    assert known.derivation("x") == ()
