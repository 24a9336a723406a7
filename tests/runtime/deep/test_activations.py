"""What is kept of a tensor over several inputs, held against arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from auditor.runtime.deep.activations import Bent, Reached, RoundedTensor, _clipped, _Kept
from auditor.runtime.session import Made

INF, NAN = float("inf"), float("nan")


def kept(*values: Any, counting: bool = True, bent: Bent | None = None, as_: Any = np.float32) -> Reached:
    found = _Kept(counting)
    for value in values:
        array = np.array(value, as_)
        found.add(Made(onnx_type(array), array.shape, array), bent, None)
    return found.reached("t", 0)


def onnx_type(array: Any) -> int:
    kinds = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "int64": TensorProto.INT64}
    return kinds[array.dtype.name]


@pytest.mark.parametrize(
    ("values", "low", "high", "nonfinite", "integers"),
    [
        ([[300.0, -2.0]], -2.0, 300.0, 0, True),
        ([[300.5, -2.0]], -2.0, 300.5, 0, False),
        ([[300.0], [0.5]], 0.5, 300.0, 0, False),
        ([[0.5], [300.0]], 0.5, 300.0, 0, False),  # in whatever order
        ([[256.0, 1.0]], 1.0, 256.0, 0, False),  # bfloat16 has every integer up to here
        ([[-257.0]], -257.0, -257.0, 0, True),
        ([[300.0, INF, 2.0]], 2.0, 300.0, 1, True),
        ([[INF, -INF, INF]], 0.0, 0.0, 3, False),  # there is no number that is large
        ([[NAN], [4.0, -4.0]], -4.0, 4.0, 1, False),
    ],
)
def test_how_far_it_reaches_and_whether_its_large_numbers_are_integers(
    values: list[list[float]], low: float, high: float, nonfinite: int, integers: bool
) -> None:
    found = kept(*values)
    assert (found.low, found.high, found.nonfinite, found.integers) == (low, high, nonfinite, integers)
    assert found.elements == sum(map(len, values))
    assert not kept(*values, counting=False).integers


def test_units_that_stand_at_an_end_throughout() -> None:
    """Of three along the last axis: one is never beyond 0, one is once, one always; at the ends of [0, 1] as well."""
    relu, sigmoid = Bent("t", 1, 0.0, 0.0), Bent("t", 1, 0.0, 1.0)
    found = kept([[0, 0, 1]], [[0, 2, 3]], bent=relu)
    assert (found.units, found.stuck) == (3, 1)
    found = kept([[0, 1, 0.5]], [[1, 0, 0.0]], bent=sigmoid)
    assert (found.units, found.stuck) == (3, 2)
    assert kept([0.0, 1.0], bent=relu).units == 0, "there is no such axis"


@pytest.mark.parametrize(("floor", "count"), [(False, 3), (True, 1)])
def test_what_rounds_to_no_integer_that_there_is(floor: bool, count: int) -> None:
    """uint8 with a step of 0.5 and a zero at 10 stands for -5 up to 122.5; half a step beyond is rounded to the end."""
    values = np.array([122.5, 122.7, 122.8, -5.0, -5.2, -5.3, -9.0], np.float32)
    assert _clipped(values, RoundedTensor("t", 0, (0.5,), (10,), 0, 255, floor)) == count


def test_each_channel_has_its_own_step() -> None:
    """int8 with steps of 1 and 2 along the first axis: up to 127 and up to 254."""
    values = np.array([[128.0, 100.0, -129.0], [128.0, 256.0, -128.0]], np.float32)
    by_channel = RoundedTensor("t", 0, (1.0, 2.0), (0, 0), -128, 127)
    assert _clipped(values, by_channel) == 3
    assert _clipped(values.T, by_channel._replace(axis=1)) == 3
    assert _clipped(values, by_channel._replace(axis=1)) == 0, "three channels, and two steps"
    assert _clipped(values[0], by_channel._replace(axis=1)) == 0, "there is no such axis"
