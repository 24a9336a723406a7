"""Where NaN is born, by hand: which tensors hold it is said, and the way back is the graph's."""

from __future__ import annotations

import onnx
import onnx.parser
import pytest

from auditor.runtime.cutting import Cuttable
from auditor.runtime.deep.births import births, decisions, first_nan, moving_nodes
from auditor.runtime.deep.traced import Special, special

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
NAN, INF = Special(nan=True), Special(infinite=True)


def cuttable(text: str) -> Cuttable:
    return Cuttable(onnx.parser.parse_model(HEAD + text).SerializeToString())


MASKED = """agraph (float[2] s, bool[2] mask) => (float[2] y) <float least = {-inf}> {
  m = Where(mask, s, least)
  p = Softmax(m)
  y = Mul(p, s)
}"""
GROWN = """agraph (float[2] x) => (float[2] y) {
  q = Mul(x, x)
  r = Neg(q)
  d = Sub(q, r)
  e = Add(q, r)
  y = Mul(e, d)
}"""


def test_nan_of_infinities_that_were_stored_is_the_nodes_own() -> None:
    kinds = {"least": INF, "m": INF, "p": NAN, "y": NAN}
    assert births(cuttable(MASKED), kinds, ["y"]) == (1,)


def test_nan_of_infinities_that_were_computed_goes_back_to_where_those_were() -> None:
    kinds = {"q": INF, "r": INF, "d": INF, "e": NAN, "y": NAN}
    model = cuttable(GROWN)
    assert births(model, kinds, ["y"]) == (0,)
    assert first_nan(model, kinds, 0) == 3


def test_nan_behind_what_is_finite_again_is_not_of_that_birth() -> None:
    text = "agraph (float[2] x) => (float[2] y) { a = Log(x) b = Sign(a) c = Sqrt(b) y = Neg(c) }"
    model = cuttable(text)
    assert first_nan(model, {"a": INF, "c": NAN, "y": NAN}, 0) is None
    assert first_nan(model, {"a": INF, "b": INF, "c": NAN, "y": NAN}, 0) == 2
    assert first_nan(model, {"c": NAN, "y": NAN}, 2) == 2


def test_what_comes_in_is_nobodys_birth() -> None:
    assert births(cuttable(GROWN), dict.fromkeys("xqrdey", NAN), ["y"]) == ()


def test_an_infinity_that_is_worked_out_of_constants_is_as_good_as_stored() -> None:
    text = "agraph (float[2] x) => (float[2] y) <float[2] o = {0, 1}> { l = Log(o) y = Add(x, l) }"
    model = cuttable(text)
    assert moving_nodes(model, ["x"]) == {1}
    assert births(model, {"l": INF, "y": INF}, ["y"], {1}) == ()
    assert births(model, {"l": NAN, "y": NAN}, ["y"], {1}) == (0,)  # and NaN is never meant


def test_two_ways_have_two_births() -> None:
    model = cuttable("agraph (float[2] x) => (float[2] y) { a = Log(x) b = Sqrt(x) y = Add(a, b) }")
    assert births(model, {"a": NAN, "b": NAN, "y": NAN}, ["y"]) == (0, 1)


CHOSEN = """agraph (float[2] x, bool[2] open) => (int64[1] c, bool[2] w) {
  n = Log(x)
  c = ArgMax<axis = 0>(n)
  g = Greater(n, x)
  w = And(g, open)
}"""


def test_what_is_decided_by_nan_is_told_but_not_where_a_mask_stands_behind_it() -> None:
    assert decisions(cuttable(CHOSEN), {"n": NAN}, ["c", "w"]) == (1,)


def test_an_infinity_decides_nothing() -> None:
    assert decisions(cuttable(CHOSEN), {"n": INF}, ["c", "w"]) == ()


def test_nan_that_stays_to_be_seen_is_no_decision() -> None:
    model = cuttable("agraph (float[2] x) => (float[2] y) { n = Log(x) y = Relu(n) }")
    assert decisions(model, {"n": NAN, "y": NAN}, ["y"]) == ()
    assert decisions(model, {"n": NAN}, ["y"]) == (1,)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_is_not_finite_is_seen_in_every_width(dtype: str) -> None:
    import numpy as np

    number = {"float16": 10, "float32": 1, "float64": 11}[dtype]
    plain = np.array([[1, -2], [0, 65504]], dtype)
    assert special(number, plain) == Special()
    assert special(number, np.array([1, np.inf], dtype)) == INF
    assert special(number, np.array([np.nan, 1], dtype)) == NAN
    assert special(number, np.array([np.inf, -np.inf], dtype)) == INF
    largest = np.full(4, np.finfo(dtype).max, dtype)
    assert special(number, largest) == Special()  # the sum is infinite, and no element is


def test_bfloat16_is_read_by_its_bits() -> None:
    import numpy as np

    assert special(16, np.array([0x3F80, 0x7F80], np.uint16)) == INF
    assert special(16, np.array([0x7FC0], np.uint16)) == NAN
    assert special(16, np.array([0x7F7F], np.uint16)) == Special()
    assert special(7, np.array([1], np.int64)) == Special()
    assert special(1, None) == Special()


def test_a_tensor_that_is_filled_with_infinity_is_meant() -> None:
    model = cuttable(
        "agraph (float[2] x) => (float[2] y) {"
        " s = Shape(x) f = ConstantOfShape<value = float[1] {inf}>(s) y = Add(x, f) }"
    )
    assert births(model, {"f": INF, "y": INF}, ["y"]) == ()
