"""Figures of integers against exact arithmetic: whatever BLAS does, they are the same to the last bit."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from auditor.weights.integers import BLOCK

from .test_scan import PACKED, TYPES, scan

Array = NDArray[Any]

INTEGERS = {code: kind for code, kind in TYPES.items() if np.dtype(kind).kind in "iu"}
SIZE = 2 * BLOCK + 259  # two whole blocks, a row of 256, and three


def moments(values: Array) -> tuple[float, float]:
    """Mean and deviation out of Python's integers, rounded at the end."""
    counts = {int(v): int(c) for v, c in zip(*np.unique(values, return_counts=True), strict=True)}
    total = sum(v * c for v, c in counts.items())
    squares = sum(v * v * c for v, c in counts.items())
    mean = Fraction(total, values.size)
    return float(mean), math.sqrt(Fraction(squares, values.size) - mean * mean)


def _around(values: Array) -> Array:
    """Half the values raised by one where that is possible: a deviation of about one half, far away from zero."""
    values[::2] -= np.sign(values[::2]).astype(values.dtype)
    return values


ADVERSARIES: dict[str, Callable[[np.iinfo[Any], Any], Array]] = {
    "all of it, evenly": lambda info, rng: rng.integers(info.min, info.max, SIZE, info.dtype, endpoint=True),
    "the greatest but one": lambda info, rng: _around(np.full(SIZE, info.max, info.dtype)),
    "the least, and once the greatest": lambda info, rng: np.r_[
        np.full(SIZE - 1, info.min, info.dtype), np.array([info.max], info.dtype)
    ],
    "the ends in turn": lambda info, rng: np.resize(np.array([info.min, info.max], info.dtype), SIZE),
    "weights, as they are": lambda info, rng: np.clip(
        np.rint(rng.normal(0 if info.min else 128, 40, SIZE)), max(info.min, -128), 255 if not info.min else 127
    ).astype(info.dtype),
    "greatest first, then nothing": lambda info, rng: np.r_[
        np.full(BLOCK, info.max, info.dtype), np.zeros(SIZE - BLOCK, info.dtype)
    ],
    "one number": lambda info, rng: np.full(SIZE, info.max - 1, info.dtype),
}


@pytest.mark.parametrize("adversary", ADVERSARIES)
@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda code: np.dtype(TYPES[code]).name)
def test_integers_are_exact(dtype: int, adversary: str) -> None:
    values = ADVERSARIES[adversary](np.iinfo(INTEGERS[dtype]), np.random.default_rng(11))
    figures = scan(dtype, values.tobytes(), values.shape)
    mean, deviation = moments(values)
    assert (figures.low, figures.high) == (float(values.min()), float(values.max()))
    assert figures.mean == mean
    assert figures.std == pytest.approx(deviation, rel=4 * 2.0**-52, abs=0)  # the root, and what it was taken of
    assert figures.zeros == int((values == 0).sum())
    assert (figures.nan, figures.inf, figures.denormal) == (0, 0, 0)


@pytest.mark.parametrize("dtype", [code for code, (kind, _) in PACKED.items() if "int" in np.dtype(kind).name])
def test_packed_integers_are_exact(dtype: int) -> None:
    kind, bits = PACKED[dtype]
    codes = np.random.default_rng(12).integers(0, 1 << bits, SIZE, "u1")
    each = 8 // bits
    held = np.r_[codes, np.zeros(-SIZE % each, "u1")].reshape(-1, each)
    packed = np.bitwise_or.reduce(held << np.arange(each, dtype="u1") * bits, axis=1).astype("u1")
    values = codes.view(kind).astype(np.int64)
    figures = scan(dtype, packed.tobytes(), (SIZE,))
    assert figures.mean == moments(values)[0]
    assert figures.std == pytest.approx(moments(values)[1], rel=1e-15, abs=0)
    assert (figures.low, figures.high) == (values.min(), values.max())
    assert figures.zeros == int((values == 0).sum())


def test_neighbours_beyond_float64_are_two_numbers() -> None:
    """2^53 and 2^53 + 1 are one number in float64: not so a channel of both."""
    values = np.full((3, 4), 1 << 53, np.int64)
    values[1, 3] += 1
    figures = scan(7, values.tobytes(), values.shape)
    assert (figures.constant_channels, figures.dead_channels) == (2, 0)
    assert figures.std > 0
    long = np.full((2, 2 * BLOCK), 1 << 53, np.int64)
    long[0, BLOCK:] += 1
    assert scan(7, long.tobytes(), long.shape).constant_channels == 1
