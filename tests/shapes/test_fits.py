"""The sizes under which a dense layer fits, by arithmetic: of s places a window of 3 in steps of 2 makes (s-1)//2."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.model.load import loads
from auditor.report import Fit
from auditor.shapes.facts import Facts, infer
from auditor.shapes.fits import BOUND, _ranges, solve
from auditor.shapes.troubles import At


def facts(sizes: str, features: int, maps: int = 2) -> Facts:
    """A convolution of a window of 3 in steps of 2, then a layer that takes so many features."""
    window = ", ".join("3" for _ in sizes.split(","))
    model = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[1, 1, {sizes}] x) => (float[1, 5] z)
        <float[{maps}, 1, {window}] w = {{{", ".join("1" * maps * 3 ** len(sizes.split(",")))}}},
         float[{features}, 5] v = {{{", ".join("1" * 5 * features)}}}> {{
          y = Conv <strides = [{", ".join("2" for _ in sizes.split(","))}]> (x, w)
          flat = Flatten (y)
          z = Gemm (flat, v)
        }}
    """)
    return infer(loads(model.SerializeToString()))


BOTH, HEIGHT, WIDTH = ("x[2]", "x[3]"), ("x[2]",), ("x[3]",)


@pytest.mark.parametrize(
    ("sizes", "features", "fits"),
    [
        ("30", 18, (Fit(("x[2]",), ((19, 20),)),)),  # 2 maps of 9 places
        (
            "9, 9",
            18,
            (Fit(BOTH, ((7, 8),)), Fit(HEIGHT, ()), Fit(WIDTH, ())),
        ),  # 3 x 3 places, never 4 x n
        ("9, 9", 24, (Fit(BOTH, ()), Fit(HEIGHT, ((7, 8),)), Fit(WIDTH, ((7, 8),)))),  # 12 is no square, and is 3 x 4
        ("9, 8", 18, (Fit(HEIGHT, ((7, 8),)), Fit(WIDTH, ()))),  # they are not equal, and do not move as one
        ("9, 9", 20, (Fit(BOTH, ()), Fit(HEIGHT, ()), Fit(WIDTH, ()))),
        ("H, W", 18, (Fit(BOTH, ((7, 8),)),)),
        ("H, 8", 18, (Fit(BOTH, ((7, 8),)), Fit(HEIGHT, ((7, 8),)))),  # while H is open, no width alone is right
    ],
)
def test_sizes_under_which_a_layer_fits(sizes: str, features: int, fits: tuple[Fit, ...]) -> None:
    assert solve(facts(sizes, features), At("", 2), "b") == fits


def test_channels_are_told_where_nothing_else_counts() -> None:
    assert solve(facts("7, 8", 18), At("", 0), "w") == (Fit(("x[1]",), ((1, 1),)),)


@pytest.mark.parametrize(
    ("sizes", "ranges"),
    [
        ([], []),
        ([7], [(7, 7)]),
        ([7, 8, 9], [(7, 9)]),
        ([3, 4, 8, 9], [(3, 4), (8, 9)]),
        ([3, 6], [(3, 3), (6, 6)]),
        ([3, 6, 9], [(3, 9, 3)]),
        ([3, 6, 10], [(3, 3), (6, 6), (10, 10)]),
        ([3, 6, 9, 10], [(3, 3), (6, 6), (9, 10)]),
        ([1024, 2048, 3072, 4096], [(1024, None, 1024)]),
        ([1000, 2000, 3000, 4000], [(1000, None, 1000)]),  # the next is beyond what is tried
        ([1000, 2000, 3000], [(1000, 3000, 1000)]),
        ([32, 64, 96], [(32, 96, 32)]),
        (list(range(4000, BOUND + 1)), [(4000, None)]),
        (list(range(4000, BOUND)), [(4000, BOUND - 1)]),
        ([5, BOUND], [(5, 5), (BOUND, None)]),
    ],
)
def test_ranges_of_sizes(sizes: list[int], ranges: list[tuple[int, ...]]) -> None:
    assert list(_ranges(sizes)) == ranges


def test_a_long_run_of_sizes_too_small_for_a_window_is_walked_through() -> None:
    """(H - 200) // 100 + 1 places are one from 200 to 299; below 100 they are minus one, of which the square is 1."""
    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[1, 1, 350, 350] x) => (y) <int64[2] s = {1, 1}> {
          p = MaxPool <kernel_shape = [200, 200], strides = [100, 100]> (x)
          y = Reshape (p, s)
        }
    """)
    first = solve(infer(loads(model.SerializeToString())), At("", 1), "shape")[0]
    assert first == Fit(BOTH, ((200, 299),))


def test_of_two_inputs_that_meet_any_size_of_both_fits() -> None:
    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, 4, K] x, float[2, 6, 7] z) => (y) { y = MatMul (x, z) }
    """)
    fits = solve(infer(loads(model.SerializeToString())), At("", 0), "b")
    assert fits == (Fit(("x[2]", "z[1]"), ((1, None),)), Fit(("x[2]",), ((6, 6),)))
