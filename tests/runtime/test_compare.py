"""Tensors that are the same, and the first place where they are not; NumPy's allclose is the truth beside it."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from auditor.runtime.compare import compare
from auditor.runtime.outcome import Comparison, Difference, GoldenResult
from auditor.runtime.tensors import floats, observe

NAN, INF = np.nan, np.inf


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [(f32(1, 2), f32(1.0005, 2)), (f32(NAN, INF, -INF), f32(NAN, INF, -INF)), (f32(), f32()), (f32(0), f32(1e-6))],
)
def test_the_same(expected: np.ndarray, actual: np.ndarray) -> None:
    assert compare(expected, actual, 1e-3, 1e-5) is None


@pytest.mark.parametrize(
    ("expected", "actual", "why", "index"),
    [
        (f32(1, 2, 3), f32(1, 2.1, 9), "value", (1,)),
        (f32(1, NAN), f32(1, 1), "NaN", (1,)),
        (f32(1, 1), f32(NAN, 1), "NaN", (0,)),
        (f32(INF, 1), f32(-INF, 1), "value", (0,)),
        (f32(INF), f32(3e38), "value", (0,)),
        (f32(3e38), f32(INF), "value", (0,)),
        (np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]]), "value", (1, 1)),
        (np.array(["a", "b"], object), np.array(["a", "c"], object), "value", (1,)),
        (f32(1), f32(1, 1), "shape", ()),
    ],
)
def test_where_first_not(expected: np.ndarray, actual: np.ndarray, why: str, index: tuple[int, ...]) -> None:
    found = compare(expected, actual, 1e-3, 1e-5)
    assert found is not None
    assert (found.why, found.place) == (why, index)


def test_both_values_and_the_largest_difference_are_told() -> None:
    found = compare(f32(1, 2, 3), f32(1, 2.5, 7), 1e-3, 1e-5)
    assert found == Difference("value", (1,), "2.0", "2.5", 4.0)
    assert str(found) == "value at [1]: expected 2.0, got 2.5, at most 4 apart"


def test_types_are_compared() -> None:
    assert compare(f32(1), f32(1).astype(np.float64), 1e-3, 1e-5, (1, 11)) == Difference("type", (), "1", "11")


def test_a_narrow_types_own_grain_is_tolerated() -> None:
    expected, actual = np.array([0.39794921875], np.float16), np.array([0.3984375], np.float16)
    assert compare(expected, actual, 1e-3, 1e-5, (10, 10)) is None
    assert compare(expected, actual * 2, 1e-3, 1e-5, (10, 10)) is not None


shapes = st.tuples(st.integers(0, 3), st.integers(1, 3))
values = st.floats(width=32, allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, 1.0005, 1.1])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_as_numpy_says(data: st.DataObject) -> None:
    shape = data.draw(shapes)
    expected, actual = (data.draw(arrays.arrays(np.float32, shape, elements=values)) for _ in range(2))
    ours = compare(expected, actual, 1e-3, 1e-5) is None
    wide = actual.astype(np.float64), expected.astype(np.float64)
    assert ours == np.allclose(*wide, rtol=1e-3, atol=1e-5, equal_nan=True)


NARROW = {
    16: ml_dtypes.bfloat16,
    17: ml_dtypes.float8_e4m3fn,
    18: ml_dtypes.float8_e4m3fnuz,
    19: ml_dtypes.float8_e5m2,
    20: ml_dtypes.float8_e5m2fnuz,
}


@pytest.mark.parametrize("dtype", NARROW)
def test_narrow_types_mean_what_ml_dtypes_says(dtype: int) -> None:
    width = np.uint16 if dtype == 16 else np.uint8
    patterns = np.arange(np.iinfo(width).max + 1).astype(width)
    truth = patterns.view(NARROW[dtype]).astype(np.float32)
    ours = floats(dtype, patterns)
    assert ours is not None
    np.testing.assert_array_equal(ours, truth)
    seen = observe("x", dtype, patterns.shape, patterns, digest=False)
    finite = truth[np.isfinite(truth)]
    assert (seen.nonfinite, seen.low, seen.high) == (truth.size - finite.size, finite.min(), finite.max())


def test_a_golden_result_in_words() -> None:
    equal = GoldenResult("test_data_set_0", (Comparison("y"),))
    assert equal.equal
    assert equal.line(1e-3, 1e-5) == "test_data_set_0: equal within rtol 0.001, atol 1e-05"
    skipped = GoldenResult("s", (Comparison("y", False, why="a seq(tensor(float)) is not compared"),))
    assert (skipped.equal, skipped.differs) == (False, False)
    assert skipped.line(1e-3, 1e-5) == "s: y not compared: a seq(tensor(float)) is not compared"
    wrong = GoldenResult("s", (Comparison("y", difference=Difference("shape", (), "[1]", "[2]")),))
    assert (wrong.equal, wrong.differs) == (False, True)
    assert wrong.line(1e-3, 1e-5) == "s: y differs: shape: expected [1], got [2]"
    assert GoldenResult("s", failed="no input").line(1e-3, 1e-5) == "s: not run: no input"
