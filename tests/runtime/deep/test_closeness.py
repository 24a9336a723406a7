"""Errors, ratios and channels, against the formulas written out; blocks change nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from auditor.runtime.alike import Grain, apart
from auditor.runtime.deep import closeness
from auditor.runtime.deep.closeness import ErrorTally, beyond, ends_of
from auditor.runtime.levels import TypedArray


def typed(values: Any) -> TypedArray:
    array = np.asarray(values)
    return TypedArray({"float32": 1, "float16": 10, "uint8": 2, "int64": 7, "float64": 11}[array.dtype.name], array)


def tallied(a: Any, b: Any, axis: int | None = 1, classes: bool = False) -> closeness.Closeness:
    tally = ErrorTally(axis)
    assert tally.add(typed(a), typed(b), classes=classes)
    return tally.closeness()


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 16])
@pytest.mark.parametrize(("shape", "axis"), [((5, 6), 1), ((2, 6, 4, 3), 1), ((2, 4, 3, 6), 3), ((30,), None)])
def test_ratios_are_those_of_the_formulas(
    shape: tuple[int, ...], axis: int | None, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closeness, "BLOCK", block)
    random = np.random.default_rng(3)
    a = random.normal(0, 1, shape).astype(np.float32)
    b = (a + random.normal(0, 0.01, shape)).astype(np.float32)
    found = tallied(a, b, axis)
    wide, error = a.astype(np.float64), b.astype(np.float64) - a
    assert found.sqnr == pytest.approx(10 * math.log10((wide**2).sum() / (error**2).sum()))
    assert found.largest == pytest.approx(np.abs(error).max())
    assert found.reach == pytest.approx(np.abs(wide).max())
    assert found.relative == pytest.approx(found.largest / found.reach)
    both = (wide * b).sum() / math.sqrt((wide**2).sum() * (b.astype(np.float64) ** 2).sum())
    assert found.cosine == pytest.approx(both)
    if axis is None:
        assert found.channel is None
        return
    others = tuple(i for i in range(len(shape)) if i != axis)
    by_channel = 10 * np.log10((wide**2).sum(others) / (error**2).sum(others))
    assert found.channel == int(by_channel.argmin())
    assert found.channel_sqnr == pytest.approx(by_channel.min())
    assert found.channels == 6 and found.each == a.size // 6


def test_a_whole_of_24_decibels_hides_a_channel_at_1() -> None:
    a = np.tile(np.array([[16.0, 1.0]], np.float32), (8, 1))
    b = a + np.array([[0.5, 0.89]], np.float32)
    found = tallied(a, b)
    assert found.sqnr is not None and found.sqnr > 23
    assert found.channel == 1 and found.channel_sqnr == pytest.approx(20 * math.log10(1 / 0.89), abs=1e-4)


def test_a_channel_of_next_to_nothing_says_nothing() -> None:
    a = np.array([[1.0, 1e-6]] * 4, np.float32)
    found = tallied(a, a + np.float32(1e-3))
    assert found.channel == 0


def test_several_runs_are_one() -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(0, 1, (2, 4, 3)).astype(np.float32), random.normal(0, 1, (2, 4, 3)).astype(np.float32)
    tally = ErrorTally(1)
    for one, other in zip(a, b, strict=True):
        tally.add(typed(one), typed(other))
    found, whole = tally.closeness(), tallied(a.reshape(8, 3), b.reshape(8, 3))
    assert (found.elements, found.each, found.channel, found.largest) == (24, 8, whole.channel, whole.largest)
    assert found.sqnr == pytest.approx(whole.sqnr) and found.channel_sqnr == pytest.approx(whole.channel_sqnr)


def test_the_same_bytes_are_the_same() -> None:
    a = np.array([[1.0, np.nan, np.inf]], np.float32)
    found = tallied(a, a.copy())
    assert found.same and found.sqnr is None and found.nonfinite == 0 and found.reach == 1.0


def test_what_is_finite_on_one_side_alone_is_counted_and_left_out() -> None:
    a = np.array([[1.0, 2.0, 70000.0, np.inf]], np.float32)
    b = np.array([[1.0, 2.0, np.inf, -np.inf]], np.float32)
    found = tallied(a, b)
    assert found.nonfinite == 2 and found.largest == 0.0 and found.reach == 70000.0


def test_other_types_are_compared_by_what_they_stand_for() -> None:
    a = np.array([[1.0, 3.0]], np.float32)
    assert tallied(a, a.astype(np.float16)).sqnr is None
    assert not tallied(a, a.astype(np.float16)).same
    assert tallied(np.array([[250]], np.uint8), np.array([[5]], np.uint8)).largest == 245


def test_a_cosine_is_one_at_most_whatever_its_roots_are_rounded_to() -> None:
    """The square of float64's root of 3 is less than 3."""
    assert 3 / (math.sqrt(3) * math.sqrt(3)) > 1
    ones = np.ones((1, 3), np.float32)
    assert tallied(ones, ones.astype(np.float16)).cosine == 1.0


def test_a_number_alone_is_compared_too() -> None:
    found = tallied(np.float32(1.0), np.float32(1.5), None)
    assert (found.elements, found.largest, found.reach) == (1, 0.5, 1.0)


def test_classes_are_the_greatest_of_each_row() -> None:
    found = tallied([[0.1, 0.9], [0.8, 0.2]], [[0.2, 0.8], [0.1, 0.9]], classes=True)
    assert (found.rows, found.agreed) == (2, 1)


def test_other_shapes_are_not_taken_in() -> None:
    tally = ErrorTally(None)
    assert not tally.add(typed([1.0, 2.0]), typed([1.0]))
    assert tally.closeness().elements == 0 and not tally.closeness().same


@pytest.mark.parametrize("block", [1, 5, 1 << 16])
@pytest.mark.parametrize("error", [0.0, 1e-7, 3e-4, 1e-2, np.nan])
@pytest.mark.parametrize("grain", [None, Grain(0.05, 2)])
def test_beyond_the_tolerance_in_blocks_is_as_in_one(
    error: float, grain: Grain | None, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closeness, "BLOCK", block)
    a = np.random.default_rng(1).normal(0, 1, (3, 7)).astype(np.float32)
    b = a.copy()
    b[2, 3] += np.float32(error)
    wanted = apart(a, b, (1, 1), grain)
    found = beyond(typed(a), typed(b), grain, (float(a.min()), float(a.max())))
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        assert (found.why, found.place, found.expected) == (wanted.why, wanted.place, wanted.expected)


def test_ends_are_of_what_is_finite() -> None:
    assert ends_of(typed(np.array([-3.0, np.inf, 2.0, np.nan], np.float32))) == (-3.0, 2.0)
    assert ends_of(typed(np.array([np.nan], np.float32))) == (0.0, 0.0)
