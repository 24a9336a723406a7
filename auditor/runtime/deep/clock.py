"""Runs one after the other, each timed, within a time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def milliseconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def repeated(call: Callable[[], object], least: int, most: int, seconds: float, until: float) -> tuple[float, ...]:
    """The milliseconds of each call: ``least`` calls, and up to ``most`` while they took less than ``seconds`` in all.

    None is begun after ``until``, a time of `time.monotonic`. Python's collector waits meanwhile.
    """
    taken: list[float] = []
    began, collecting = time.monotonic(), gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        while len(taken) < most:
            now = time.monotonic()
            if now > until or (len(taken) >= least and now - began > seconds):
                break
            taken.append(milliseconds(call))
    finally:
        if collecting:
            gc.enable()
    return tuple(taken)


def in_turn(
    one: Callable[[], object], other: Callable[[], object], least: int, most: int, seconds: float, until: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """As `repeated`, of two calls in turn: a machine that drifts drifts for both, and neither goes always first."""
    ones: list[float] = []
    others: list[float] = []

    def both() -> None:
        if len(ones) % 2:
            others.append(milliseconds(other))
            ones.append(milliseconds(one))
        else:
            ones.append(milliseconds(one))
            others.append(milliseconds(other))

    repeated(both, least, most, seconds, until)
    return tuple(ones), tuple(others)
