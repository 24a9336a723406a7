"""The pass's figures against NumPy's float64 on the same bytes, and the tables against ml_dtypes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from auditor.weights.integers import BLOCK
from auditor.weights.lens import lens
from auditor.weights.scan import Figures, Scanner

Array = NDArray[Any]

TYPES: dict[int, Any] = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    4: np.uint16,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
    12: np.uint32,
    13: np.uint64,
    16: ml_dtypes.bfloat16,
    17: ml_dtypes.float8_e4m3fn,
    18: ml_dtypes.float8_e4m3fnuz,
    19: ml_dtypes.float8_e5m2,
    20: ml_dtypes.float8_e5m2fnuz,
    24: ml_dtypes.float8_e8m0fnu,
}
PACKED: dict[int, tuple[Any, int]] = {
    21: (ml_dtypes.uint4, 4),
    22: (ml_dtypes.int4, 4),
    23: (ml_dtypes.float4_e2m1fn, 4),
    25: (ml_dtypes.uint2, 2),
    26: (ml_dtypes.int2, 2),
}
FLOATS = (1, 10, 11, 16)


def scan(dtype: int, data: bytes, dims: tuple[int, ...]) -> Figures:
    seen = lens(dtype)
    assert seen is not None

    def fill(buffer: memoryview, at: int) -> None:
        buffer[:] = data[at : at + len(buffer)]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Scanner().scan(seen, dims, fill)


def check(figures: Figures, values: Array) -> None:
    """Against NumPy, in float64 (or wider, where float64's own squares would overflow)."""
    with np.errstate(invalid="ignore"):
        numbers = values.astype(np.longdouble).reshape(-1)
    finite = numbers[np.isfinite(numbers)]
    assert figures.nan == np.isnan(numbers).sum()
    assert figures.inf == np.isinf(numbers).sum()
    assert figures.zeros == (numbers == 0).sum()
    if not finite.size:
        assert all(math.isnan(v) for v in (figures.low, figures.high, figures.mean, figures.std))
        return
    assert (figures.low, figures.high) == (float(finite.min()), float(finite.max()))
    assert figures.std == pytest.approx(float(finite.std()), rel=1e-5, abs=0)
    assert figures.mean == pytest.approx(float(finite.mean()), rel=1e-6, abs=1e-5 * float(finite.std()))


SIZES = (0, 1, 2, 7, 1000, BLOCK, 2 * BLOCK + 3)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", TYPES)
def test_any_bytes_of_any_type(dtype: int, size: int) -> None:
    """Random bytes hold everything: NaN with payloads, both infinities, denormal numbers, both zeros."""
    kind = np.dtype(TYPES[dtype])
    data = np.random.default_rng(size).integers(0, 256, size * kind.itemsize, "u1")
    if dtype == 9:
        data &= 1
    check(scan(dtype, data.tobytes(), (size,)), data.view(kind))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("mean, deviation", [(0, 0.02), (1, 1e-2), (-7, 3), (300, 0.5), (1e-3, 1e-5)])
def test_weights_as_they_are(dtype: int, mean: float, deviation: float) -> None:
    values = np.random.default_rng(5).normal(mean, deviation, 3 * BLOCK + 17).astype(TYPES[dtype])
    check(scan(dtype, values.tobytes(), values.shape), values)


@pytest.mark.parametrize(
    "dtype, scale", [(1, 1e35), (1, 1e-25), (1, 1e-42), (11, 1e200), (11, 1e307), (11, 1e-200), (16, 1e36)]
)
def test_squares_beyond_the_range(dtype: int, scale: float) -> None:
    values = (np.random.default_rng(6).normal(0.3, 1, BLOCK + 9) * scale).astype(TYPES[dtype])
    check(scan(dtype, values.tobytes(), values.shape), values)


def test_a_drift_over_blocks_keeps_its_digits() -> None:
    values = np.linspace(1000, 1001, 5 * BLOCK, dtype=np.float32)
    check(scan(1, values.tobytes(), values.shape), values)


@pytest.mark.parametrize("dtype", FLOATS)
def test_few_odd_values_among_many(dtype: int) -> None:
    values = np.random.default_rng(7).normal(0, 0.1, 2 * BLOCK).astype(TYPES[dtype])
    values[[3, BLOCK + 5]] = np.nan
    values[[4, BLOCK, -1]] = [np.inf, -np.inf, -np.inf]
    values[100:200] = 0
    values[200] = -0.0
    check(scan(dtype, values.tobytes(), values.shape), values)


@pytest.mark.parametrize("dtype, tiny", [(1, 1e-40), (11, 1e-310), (16, 1e-40)])
def test_denormal_numbers_are_counted(dtype: int, tiny: float) -> None:
    values = np.ones(1000, TYPES[dtype])
    values[:20], values[20:50], values[50] = 0, tiny, -tiny
    assert scan(dtype, values.tobytes(), values.shape).denormal == 31
    assert scan(dtype, np.ones(9, TYPES[dtype]).tobytes(), (9,)).denormal == 0


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype, tiny", [(1, 1e-40), (11, 1e-310), (16, 1e-40)])
def test_a_single_zero_or_denormal_number_is_found(dtype: int, tiny: float, sign: int) -> None:
    """Among both signs and beside its own sign alone: by the order of the bits each of these is at another end."""
    for others in ([1, -1], [1], [-1]):
        values = np.resize(np.array(others), 5000).astype(TYPES[dtype])
        assert scan(dtype, values.tobytes(), values.shape)[4:8] == (0, 0, 0, 0)
        values[777] = math.copysign(0, sign)
        assert scan(dtype, values.tobytes(), values.shape)[4:8] == (1, 0, 0, 0)
        values[777] = sign * tiny
        assert scan(dtype, values.tobytes(), values.shape)[4:8] == (0, 0, 0, 1)


@pytest.mark.parametrize("dtype", PACKED)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 1001, BLOCK + 3])
def test_packed_types(dtype: int, size: int) -> None:
    kind, bits = PACKED[dtype]
    codes = np.random.default_rng(size).integers(0, 1 << bits, size, "u1")
    per_byte = 8 // bits
    padded = np.zeros(-(-size // per_byte) * per_byte, "u1")
    padded[:size] = codes
    data = sum((padded[i::per_byte] << (i * bits) for i in range(per_byte)), np.zeros(padded.size // per_byte, "u1"))
    check(scan(dtype, data.astype("u1").tobytes(), (size,)), codes.view(kind).astype(np.float64))


def test_strings_and_complex_numbers_have_no_figures() -> None:
    assert [lens(dtype) for dtype in (0, 8, 14, 15, 99)] == [None] * 5


def _rows(channels: int, channel: int, make: Callable[[Array], None], dtype: int = 1) -> Figures:
    values = np.random.default_rng(8).normal(0, 1, (channels, channel)).astype(TYPES[dtype])
    make(values)
    figures = scan(dtype, values.tobytes(), values.shape)
    check(figures, values)
    return figures


@pytest.mark.parametrize("channel", [2, 3, 9, 576, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 5])
@pytest.mark.parametrize("dtype", [1, 10, 16])
def test_channels_of_one_number(channel: int, dtype: int) -> None:
    def make(values: Array) -> None:
        values[2], values[5] = 0, 0.5
        values[2, 0] = -0.0
        values[3, : channel - 1] = 0  # not all of it
        values[4] = np.nan

    figures = _rows(8, channel, make, dtype)
    assert (figures.dead_channels, figures.constant_channels) == (1, 2)


@pytest.mark.parametrize("channel", [2, 3, 577, BLOCK // 2 + 1])
@pytest.mark.parametrize("dtype", [1, 6, 10])
def test_channels_that_begin_alike(channel: int, dtype: int) -> None:
    """In one block, and with a block to each channel, whose buffer the next one overwrites."""

    def make(values: Array) -> None:
        values[:, :2] = np.arange(1, 15, dtype=values.dtype).reshape(7, 2)

    def copies(values: Array) -> None:
        make(values)
        values[4] = values[1]
        values[6] = 0

    assert _rows(7, channel, make, dtype).alike_channels == 0
    assert _rows(7, channel, copies, dtype).alike_channels == 1


def test_a_tensor_of_zeros_is_dead_throughout() -> None:
    figures = _rows(5000, 30, lambda values: values.fill(0))
    assert (figures.dead_channels, figures.constant_channels) == (5000, 5000)


def test_channels_are_asked_for_only_where_there_are_some() -> None:
    ones = np.ones(12, np.float32).tobytes()
    for dims in ((12,), (1, 12), (12, 1), ()):
        assert scan(1, ones, dims).dead_channels is None
    assert scan(1, ones, (2, 6)).constant_channels == 2
