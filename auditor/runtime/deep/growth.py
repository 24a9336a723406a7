"""ResidentMemory of this process by phase, and whether it grows from run to run.

Resident pages, as /proc/self/statm counts them: the file is opened before the sandbox closes, which opens none.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from itertools import pairwise

from ...tuples import NamedTuple
from .ground import DeepGround

PHASES = ("import", "session", "first run", "runs")


class GrowthAsked(NamedTuple):
    """``runs`` in all; ``every``: so many of them between two looks. The first fifth is warm-up, and not looked at."""

    runs: int = 200
    every: int = 8


class PhaseMemory(NamedTuple):
    """Bytes behind a phase: resident now, and at most so far."""

    phase: str
    resident: int
    peak: int


class GrowthSeen(NamedTuple):
    """``stretches``: resident bytes after every so many runs. The second is made where the first grew all along.

    ``counts``: whether the system says what is resident now; else they hold the peak, which grows alike.
    """

    phases: tuple[PhaseMemory, ...] = ()
    stretches: tuple[tuple[int, ...], ...] = ()
    every: int = 0
    runs: int = 0
    seconds: float = 0.0  # of all runs
    counts: bool = True
    why: str = ""  # there are fewer runs


ASKED, SEEN = GrowthAsked, GrowthSeen

_LEAST = 64 << 10
"""Bytes by which a stretch must grow: sixteen pages; what the C library keeps of freed blocks comes and goes."""


def prepared() -> int | None:
    """The open file; None where the system has none."""
    with contextlib.suppress(OSError):
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    return None


class ResidentMemory:
    """Of this process."""

    def __init__(self, statm: int | None) -> None:
        self._statm = statm
        self._page = os.sysconf("SC_PAGE_SIZE")

    @property
    def counts(self) -> bool:
        """Whether the system says what is resident now."""
        return self._statm is not None

    def peak(self) -> int:
        """The most bytes that were ever resident."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024

    def resident(self) -> int:
        """Bytes that are resident now; the peak where the system does not say."""
        if self._statm is None:
            return self.peak()
        return int(os.pread(self._statm, 200, 0).split()[1]) * self._page


def look(ground: DeepGround, asked: GrowthAsked) -> GrowthSeen:
    """Run it again and again."""
    memory = ResidentMemory(ground.held)
    seen = GrowthSeen(every=asked.every, counts=memory.counts)

    def phase(name: str) -> PhaseMemory:
        gc.collect()
        resident = memory.resident()
        return PhaseMemory(name, resident, max(memory.peak(), resident))

    fed = ground.fed()
    seen = seen._replace(phases=(phase("import"),))
    session = ground.sessions.open(ground.request.optimisation, usual=True)
    seen = seen._replace(phases=(*seen.phases, phase("session")))
    ground.tell(seen)
    names = [output.name for output in session.outputs]
    session.run(names, fed)  # what it refuses is said here
    call = session.call(names, fed)
    seen = seen._replace(phases=(*seen.phases, phase("first run")), runs=1)
    ground.tell(seen)
    began = time.monotonic()
    for _ in range(asked.runs // 5):
        call()
    seen = seen._replace(runs=seen.runs + asked.runs // 5)
    looks = (asked.runs - asked.runs // 5) // asked.every
    while len(seen.stretches) < 2:
        points = stretch(call, memory.resident, looks, asked.every, lambda: ground.seconds_left > 0)
        seen = seen._replace(
            stretches=(*seen.stretches, points),
            runs=seen.runs + asked.every * (len(points) - 1),
            seconds=time.monotonic() - began,
        )
        if len(points) <= looks:
            seen = seen._replace(why="there was no time for more (--timeout)")
            break
        if not grows(points):
            break
        ground.tell(seen)
    return seen._replace(phases=(*seen.phases, phase("runs")))


def stretch(
    call: Callable[[], object], resident: Callable[[], int], looks: int, every: int, in_time: Callable[[], bool]
) -> tuple[int, ...]:
    """What is resident at first and after every so many runs."""
    gc.collect()
    points = [resident()]
    for _ in range(looks):
        if not in_time():
            break
        for _ in range(every):
            call()
        points.append(resident())
    return tuple(points)


def grows(points: tuple[int, ...]) -> bool:
    """Whether it grew all along and not by a step or two: by its share, within a half, in each quarter."""
    steps = len(points) - 1
    whole = points[-1] - points[0] if points else 0
    if steps < 8 or whole < _LEAST:
        return False
    ends = [points[steps * part // 4] for part in range(5)]
    shares = [(later - sooner) / whole for sooner, later in pairwise(ends)]
    return all(0.125 <= share <= 0.375 for share in shares)
