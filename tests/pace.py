"""How fast this machine is now: bounds on time are multiples of a fixed piece of work, measured in the same run.

A test may not say how many seconds something takes, for machines differ by more than bugs do. It says how many `unit`s,
and what took too long is tried again, each time beside a unit measured just before and just after, so that a load that
comes and goes does not fail it.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

HANG = 400.0
"""Seconds after which something that should have come never will: no measure of speed, only an end to waiting."""

_TRIPS = 200_000
_TRIES = 4
_least = math.inf

T = TypeVar("T")


def unit() -> float:
    """CPU seconds of a piece of ordinary Python, now: about 0.02 on a machine of 2025."""
    global _least
    held: dict[int, int] = {}
    began = time.thread_time()
    for i in range(_TRIPS):
        held[i & 1023] = held.get(i & 511, 0) + len(f"{i}")
    spent = time.thread_time() - began
    _least = min(_least, spent)
    return spent


def least_unit() -> float:
    """The least that a unit took in this process so far."""
    if _least == math.inf:
        for _ in range(5):
            unit()
    return _least


def cpu_of(work: Callable[[], object]) -> float:
    """CPU seconds of a call in this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def check_units(most: float, measure: Callable[[], float], first: float | None = None) -> None:
    """AssertionError where the CPU seconds that ``measure`` tells are above so many units each time it is asked."""
    spent = measure() if first is None else first
    if spent <= most * least_unit():
        return
    seen = []
    for _ in range(_TRIES):
        before = unit()
        spent = measure()
        now = max(before, unit())
        if spent <= most * now:
            return
        seen.append(spent / now)
    raise AssertionError(f"takes {min(seen):,.0f} units of work; at most {most:,.0f} were expected ({seen})")


def check_grows(small: Callable[[], float], large: Callable[[], float], most: float) -> None:
    """AssertionError where ``large`` takes more than so many times what ``small`` takes, however often it is tried."""
    seen = []
    for _ in range(_TRIES):
        seen.append(large() / max(small(), 1e-9))
        if seen[-1] <= most:
            return
    raise AssertionError(f"takes {min(seen):.1f} times as much; at most {most} were expected ({seen})")


def calls_in(work: Callable[[], object], package: str) -> int:
    """How many functions of a package the work calls in this thread: a number that no load changes."""
    inside, found = f"{os.sep}{package}{os.sep}", 0

    def seen(frame: FrameType, event: str, _: object) -> None:
        nonlocal found
        found += event == "call" and inside in frame.f_code.co_filename

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return found


def until(come: Callable[[], T], what: str) -> T:
    """What ``come`` gives as soon as it is true."""
    end = time.monotonic() + HANG
    while not (found := come()):
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.01)
    return found
