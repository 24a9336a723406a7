"""What rounding may do between two levels of optimisation, and what it may not."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto as T

from auditor.runtime.alike import Grain, apart, within_steps

LINE = np.linspace(-1, 1, 9)


def differs(expected: np.ndarray, actual: np.ndarray, dtype: int, grain: Grain | None = None) -> bool:
    return apart(expected, actual, (dtype, dtype), grain) is not None


@pytest.mark.parametrize(
    ("numpy", "dtype", "share", "wrong"),
    [
        (np.float32, T.FLOAT, 4.6e-5, 1.3e-3),  # 4.6e-5: the most that a trained model in float32 showed
        (np.float64, T.DOUBLE, 4.6e-5, 1.3e-3),
        (np.float16, T.FLOAT16, 3.8e-4, 1e-2),  # 3.8e-4: as measured
    ],
)  # fmt: skip
def test_floats_by_the_largest_element(numpy: type, dtype: int, share: float, wrong: float) -> None:
    expected: np.ndarray = (100 * LINE).astype(numpy)
    assert not differs(expected, (100 * (LINE + share)).astype(numpy), dtype)
    assert differs(expected, (100 * (LINE + wrong)).astype(numpy), dtype)


def test_bfloat16_by_its_steps() -> None:
    expected = LINE.astype(ml_dtypes.bfloat16)
    near = (LINE * (1 + 2**-7)).astype(ml_dtypes.bfloat16)
    far = (LINE * (1 + 2**-4)).astype(ml_dtypes.bfloat16)
    assert not differs(expected.view(np.uint16), near.view(np.uint16), T.BFLOAT16)
    assert differs(expected.view(np.uint16), far.view(np.uint16), T.BFLOAT16)


def test_the_largest_element_is_a_finite_one() -> None:
    expected, actual = np.array([np.inf, 1e-3], np.float32), np.array([np.inf, 2e-3], np.float32)
    assert differs(expected, actual, T.FLOAT)
    assert not differs(expected, expected.copy(), T.FLOAT)
    assert differs(expected, np.array([1e38, 1e-3], np.float32), T.FLOAT)


def test_a_step_of_what_was_quantised() -> None:
    expected = np.array([0, 100, 255], np.uint8)
    assert not differs(expected, np.array([1, 99, 254], np.uint8), T.UINT8, Grain(1.0))
    assert differs(expected, np.array([1, 98, 255], np.uint8), T.UINT8, Grain(1.0))
    assert differs(expected, np.array([0, 99, 255], np.uint8), T.UINT8)  # a class, for all that is known
    assert not differs(np.array([-128], np.int8), np.array([-127], np.int8), T.INT8, Grain(1.0))
    assert differs(np.array([-128], np.int8), np.array([127], np.int8), T.INT8, Grain(1.0))
    assert within_steps(expected, np.array([1, 99, 254], np.uint8), Grain(1.0))
    assert not within_steps(expected, np.array([1, 99, 254], np.uint8), None)


def test_a_step_of_the_scale() -> None:
    """Saturation at 16 bits: 32.39 for 63.96 at a scale of 0.27."""
    expected, grain = np.array([63.96, 10.0], np.float32), Grain(0.2745)
    assert not differs(expected, expected - np.float32(0.2745), T.FLOAT, grain)
    assert differs(expected, expected - np.float32(0.6), T.FLOAT, grain)
    assert differs(expected, np.array([32.39, 10.0], np.float32), T.FLOAT, grain)


def test_eight_bits_of_the_whole_reach_where_no_scale_is_known() -> None:
    expected = np.linspace(0, 255, 256).astype(np.float32)
    assert not differs(expected, expected + np.float32(1.9), T.FLOAT, Grain(0.0, 2))
    assert differs(expected, expected + np.float32(2.5), T.FLOAT, Grain(0.0, 2))


def test_shapes_and_types_are_the_same() -> None:
    one = np.ones(3, np.float32)
    assert apart(one, one.reshape(3, 1), (1, 1)) is not None
    assert apart(one, one.astype(np.float64), (1, 11)) is not None
    assert differs(np.array([True]), np.array([False]), T.BOOL)


def test_four_times_is_mild() -> None:
    expected = np.ones(4, np.float32)
    actual = expected * np.float32(1.003)
    assert apart(expected, actual, (1, 1)) is not None
    assert apart(expected, actual, (1, 1), None, 4) is None


def test_what_a_sigmoid_leaves_near_zero() -> None:
    """A detector on noise: all is below 2e-5, and 3e-8 of rounding is a thousandth of that and more."""
    expected = np.linspace(1e-6, 2e-5, 9).astype(np.float32)
    assert not differs(expected, expected + np.float32(3e-8), T.FLOAT)
    assert differs(expected, expected + np.float32(2e-6), T.FLOAT)
