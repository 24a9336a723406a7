"""Runs of equal blocks in a sequence of steps: the same operators, wired in the same way, one behind the other.

A run is found by its period: where the words of four steps come again, the distance is tried. Steps are compared with
those one period on, and what they take must lie equally far before them, or be the same, or come from before the run.
The work is bounded by steps: what is not found by then stays as it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

from ..tuples import NamedTuple

_GRAM = 4  # steps whose words must come again before a period is tried
_TRIED = 4  # periods at one place
_LEAST = 8  # steps of a run that is worth a fold
_LEAST_OF_TWO = 6  # steps of a block that is there only twice
_WORK = 12  # comparisons for each step

Word: TypeAlias = Hashable


class BlockStep(NamedTuple):
    """What stands at one place. Equal words may match; ``takes`` are the earlier places whose tensors it takes."""

    word: Word
    takes: tuple[int, ...]
    gathers: bool = False  # it may take any number of tensors: Concat


class BlockRun(NamedTuple):
    """``repeats`` blocks of ``period`` steps each, from ``start`` on."""

    start: int
    period: int
    repeats: int

    @property
    def end(self) -> int:
        return self.start + self.period * self.repeats


def runs(steps: Sequence[BlockStep]) -> list[BlockRun]:
    """The runs of equal blocks, from the first step to the last; none overlaps another.

    Where they would, that with more steps and more repeats is taken: twelve layers rather than two stages of six, and
    twelve layers rather than the three projections in one of them.
    """
    crossing = _crossing(steps)
    free = bytearray(b"\1") * len(steps)
    found = []
    for start, period, length in sorted(_stretches(steps), key=lambda s: (-s[2] * (s[2] // s[1]), s)):
        first = free.find(1, start, start + length)
        end = free.find(0, first, start + length) if first >= 0 else first
        length = (end if end >= 0 else start + length) - first
        if first < 0 or length < 2 * period:
            continue
        run = _in_phase(first, period, length, crossing)
        if _is_worth(run) and (run.repeats > 2 or crossing[run.start + run.period] == 1):  # two may be two branches
            found.append(run)
            free[run.start : run.end] = bytes(run.end - run.start)
    return sorted(found)


def _stretches(steps: Sequence[BlockStep]) -> Iterator[tuple[int, int, int]]:
    """Start, period and length of stretches that are equal to themselves one period on, for two periods at least."""
    places: defaultdict[tuple[Word, ...], list[int]] = defaultdict(list)
    grams = [tuple([step.word for step in steps[i : i + _GRAM]]) for i in range(len(steps))]
    for place, gram in enumerate(grams):
        places[gram].append(place)
    known: dict[int, int] = {}  # of a period, up to where it was compared
    work = _WORK * len(steps)
    for place, gram in enumerate(grams):
        again = places[gram]
        first = bisect_right(again, place)
        for other in again[first : first + _TRIED]:
            period = other - place
            if known.get(period, 0) > place:
                continue
            equal = _equal(steps, place, period)
            known[period] = place + equal
            work -= equal + 1
            if equal >= period:
                yield place, period, equal + period
        if work <= 0:
            return


def _is_worth(run: BlockRun) -> bool:
    steps = run.period * run.repeats
    return steps >= _LEAST and (run.repeats > 2 or (run.repeats == 2 and run.period >= _LEAST_OF_TWO))


def _equal(steps: Sequence[BlockStep], start: int, period: int) -> int:
    """How many steps from ``start`` on are equal to those one period later."""
    place, last = start, len(steps) - period
    while place < last and _match(steps[place], steps[place + period], place, period, start):
        place += 1
    return place - start


def _match(one: BlockStep, other: BlockStep, place: int, period: int, start: int) -> bool:
    if one.word != other.word:
        return False
    if one.gathers:
        return True
    return len(one.takes) == len(other.takes) and all(
        b - a == period or a == b or (a < start and b < start + period)
        for a, b in zip(one.takes, other.takes, strict=True)
    )


def _in_phase(start: int, period: int, length: int, crossing: Sequence[int]) -> BlockRun:
    """The run within so many steps whose blocks are cut where the fewest tensors pass; the more blocks, the better."""
    most = length // period
    slack = range(min(period, length - period + 1))
    shift = min(slack, key=lambda o: (crossing[start + o + period], most - (length - o) // period, o))
    if (length - shift) // period < 2:
        shift = 0
    return BlockRun(start + shift, period, (length - shift) // period)


def _crossing(steps: Sequence[BlockStep]) -> list[int]:
    """Before each place, and behind the last: how many steps' tensors are taken there or later."""
    last = list(range(len(steps)))
    for place, step in enumerate(steps):
        for source in step.takes:
            last[source] = place
    change = [0] * (len(steps) + 2)
    for place, taken in enumerate(last):
        if taken > place:
            change[place + 1] += 1
            change[taken + 1] -= 1
    crossing, now = [], 0
    for difference in change[:-1]:
        now += difference
        crossing.append(now)
    return crossing
