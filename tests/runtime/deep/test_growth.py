"""ResidentMemory that grows from run to run, and what is none: steps, noise, a warm-up."""

from __future__ import annotations

import mmap

from auditor.evidence.deep.growth import steady
from auditor.runtime.deep.growth import GrowthAsked, GrowthSeen, PhaseMemory, ResidentMemory, grows, prepared, stretch
from auditor.runtime.outcome import Deep
from auditor.runtime.parent import look
from auditor.runtime.request import DeepQuestion, Request, RunLimits
from tests.pace import HANG
from tests.runtime.conftest import ADD, Write, floats

MEGABYTE = 1 << 20
LINE = tuple(1000 * MEGABYTE + i * MEGABYTE for i in range(21))


def test_a_line_grows_and_nothing_else_does() -> None:
    assert grows(LINE)
    step = tuple(MEGABYTE * (100 + 20 * (i > 7)) for i in range(21))
    fading = tuple(round(1000 * MEGABYTE * (1 - 0.5**i)) for i in range(21))
    falling, flat = LINE[::-1], (5 * MEGABYTE,) * 21
    too_little = tuple(4096 * (i // 2) for i in range(21))  # ten pages: what the allocator keeps may be as much
    slowing = tuple(MEGABYTE * (6 * min(i, 15) + 2 * max(i - 15, 0)) for i in range(21))  # by 30, 30, 30 and 10 percent
    for points in (step, fading, falling, flat, too_little, slowing, LINE[:5], ()):
        assert not grows(points)


def test_two_stretches_must_grow_alike() -> None:
    steep = tuple(LINE[0] + 3 * (value - LINE[0]) for value in LINE)
    assert steady((LINE, LINE), 8) == MEGABYTE / 8
    assert steady((LINE, steep), 8) == steady((LINE,), 8) == steady((LINE, (7,) * 21), 8) == steady((), 8) == 0


def test_what_this_process_keeps_is_seen() -> None:
    """The system's own count: a megabyte a run is kept, written to, and seen as one."""
    kept: list[mmap.mmap] = []
    memory = ResidentMemory(prepared())

    def keep() -> None:
        kept.append(mmap.mmap(-1, MEGABYTE))  # pages of its own, whatever the C library has free
        kept[-1].write(b"x" * MEGABYTE)

    points = stretch(keep, memory.resident, 20, 2, lambda: True)
    assert grows(points)
    assert 38 * MEGABYTE <= points[-1] - points[0] <= 48 * MEGABYTE, "forty, and what else this process does"
    assert len(stretch(lambda: None, memory.resident, 20, 2, lambda: False)) == 1


def test_a_model_in_the_sandbox(write: Write) -> None:
    question = DeepQuestion("growth", '{"runs": 40, "every": 4}')
    request = Request(write(ADD), attempts=((floats("x", 1, 4),),), deep=question, limits=RunLimits(seconds=HANG))
    outcome = look(request)
    assert isinstance(outcome, Deep) and isinstance(outcome.seen, GrowthSeen)
    seen = outcome.seen
    assert [phase.phase for phase in seen.phases] == ["import", "session", "first run", "runs"]
    assert all(0 < phase.resident <= phase.peak for phase in seen.phases)
    assert [phase.peak for phase in seen.phases] == sorted(phase.peak for phase in seen.phases)
    assert seen.runs == 1 + 8 + 32 and [len(points) for points in seen.stretches] == [9]
    assert GrowthAsked().runs == 200 and PhaseMemory("a", 1, 2).peak == 2
