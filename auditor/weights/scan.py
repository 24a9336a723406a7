"""All figures of one tensor in one pass over its bytes, a block at a time, while the block is in cache.

Sums of integers are exact (`integers`). Sums of floats are BLAS dot products in the block's own precision, merged over
blocks in float64; a block whose mean is far from zero is shifted by it first, so that the deviation keeps its digits. A
block with NaN, Inf or numbers whose squares leave the range is done again in float64. Zeros are counted only where the
smallest magnitude says that there are some.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..tuples import NamedTuple
from .integers import BLOCK, IntegerSums
from .lens import Lens, ends, smallest_magnitude

Array: TypeAlias = NDArray[Any]

_MOST_COMPARED = 8192
"""Slices whose beginnings are compared."""

_ROW = 256  # whose square is no more than a block
_LINE = 64  # bytes of the cache
_SQUARED = 4096  # so many squares are summed in the block's precision

Fill: TypeAlias = Callable[[memoryview, int], None]
"""Fills the buffer with the payload's bytes from this byte on."""


def sum_of_squares(block: Array) -> float:
    """Row by row, and the rows' sums in float64: how many digits a long dot product keeps hangs on the BLAS."""
    if beyond := block.size % _SQUARED:
        rest = block[-beyond:]
        return sum_of_squares(block[:-beyond]) + float(np.dot(rest, rest))
    rows = block.reshape(-1, _SQUARED)
    squares: list[float] = np.vecdot(rows, rows).tolist()  # few, and Python's own sum costs less than NumPy's
    return sum(squares)


class Figures(NamedTuple):
    """What the pass says.

    ``low``, ``high``, ``mean`` and ``std`` are of the finite elements, NaN where there are none.
    """

    low: float
    high: float
    mean: float
    std: float
    zeros: int
    nan: int
    inf: int
    denormal: int
    dead_channels: int | None  # slices along the first axis that are zero throughout; None: not looked at
    constant_channels: int | None  # that are one number throughout, zero included
    alike_channels: int = 0  # slices that begin as another one does, and not with zeros
    at_limits: int = 0  # of an integer of at most eight bits, those at the ends of its type; 0 where they are few


class Scanner:
    """The buffers, made once for all tensors."""

    def __init__(self) -> None:
        self._stored = _aligned(BLOCK, "<f8")  # eight bytes an element are the most
        self._work = _aligned(BLOCK, "<f8")
        self._shifted = _aligned(BLOCK, "<f8")
        self._mask = np.empty(BLOCK, bool)
        self._ones = {work: _aligned(BLOCK // _ROW, work) for work in ("<f4", "<f8")}
        for ones in self._ones.values():
            ones.fill(1)

    def scan(self, seen: Lens, dims: tuple[int, ...], fill: Fill) -> Figures:
        """The figures of a tensor of these dims."""
        elements = math.prod(dims)
        channel = elements // dims[0] if len(dims) > 1 and dims[0] > 1 and seen.packed == 1 else 0
        raw = self._stored.view(seen.raw)
        bytes_of_raw = memoryview(raw).cast("B")  # type: ignore[arg-type]  # an array has the buffer protocol
        work = self._work.view(seen.work)
        sums: _Sums | IntegerSums = IntegerSums(seen) if seen.bits else _Sums(self, seen)
        channels = _Channels(channel)
        raw[:1] = 0
        is_hole = getattr(fill, "is_hole", None) if seen.decode(raw[:1], work[: seen.packed])[0] == 0 else None
        with np.errstate(all="ignore"):
            part, room, filled, size = raw, work, bytes_of_raw, -1
            for start, count in _blocks(elements, channel):
                if count != size:  # seldom: views cost as much as what is done with them
                    size, stored = count, -(-count // seen.packed)
                    part, filled = raw[:stored], bytes_of_raw[: stored * raw.itemsize]
                    room = work[: stored * seen.packed]
                at = start // seen.packed * raw.itemsize
                if is_hole is not None and is_hole(at, len(filled)):
                    sums.add_zeros(count)
                    if channel > 1:
                        channels.add_zeros(count)
                    continue
                fill(filled, at)
                if isinstance(sums, IntegerSums):
                    numbers = sums.add(part, room, count)
                    if channel > 1:
                        channels.add(numbers, sums.uniform)
                    continue
                numbers = seen.decode(part, room)
                numbers = sums.add(part, numbers if numbers.size == count else numbers[:count])
                if channel > 1:
                    channels.add(numbers, sums.block_low == sums.block_high)
                sums.count_zeros(numbers)  # last: it takes the signs away
        dead, constant = (channels.dead, channels.constant) if channel > 1 else (None, None)
        if isinstance(sums, IntegerSums):
            return Figures(*sums.moments, sums.zeros, 0, 0, 0, dead, constant, channels.repeated, sums.at_limits)
        return sums.figures(dead, constant, channels.repeated)

    def total(self, block: Array, work: str) -> float:
        """The sum of a block: over rows of a matrix and then over their sums, so that the ones stay in cache."""
        ones = self._ones[work]
        if block.size <= _ROW:
            return float(np.dot(block, ones[: block.size]))
        rows, rest = divmod(block.size, _ROW)
        total = np.dot(np.dot(block[: block.size - rest].reshape(rows, _ROW), ones[:_ROW]), ones[:rows])
        return float(total) + (float(np.dot(block[block.size - rest :], ones[:rest])) if rest else 0.0)

    def scratch(self, work: str, count: int) -> Array:
        return self._shifted.view(work)[:count]

    def mask(self, count: int) -> Array:
        return self._mask[:count]


def _aligned(count: int, kind: str) -> Array:
    """An array from a line of the cache on: BLAS takes up to twice as long where each of its loads lies in two."""
    loose = np.empty(count * np.dtype(kind).itemsize + _LINE, "u1")
    beyond = -loose.ctypes.data % _LINE
    return loose[beyond : loose.size - _LINE + beyond].view(kind)


def _blocks(elements: int, channel: int) -> Iterator[tuple[int, int]]:
    """Starts and lengths: whole channels where some fit a block; else no block reaches over a channel's end."""
    size = BLOCK // channel * channel if 0 < channel <= BLOCK else BLOCK
    start = 0
    while start < elements:
        end = min(start + size, elements)
        if channel > BLOCK:
            end = min(end, (start // channel + 1) * channel)
        yield start, end - start
        start = end


class _Sums:
    """The figures so far. Deviations are merged as roots, not as squares, which would overflow."""

    def __init__(self, scanner: Scanner, seen: Lens) -> None:
        self._scanner, self._lens = scanner, seen
        self._tiny = 1e-30 if seen.work == "<f4" else 1e-290
        self.count, self.mean, self.deviation = 0, 0.0, 0.0
        self.low, self.high = math.inf, -math.inf
        self.zeros = self.nan = self.inf = self.denormal = 0
        self.block_low = self.block_high = math.nan
        self._smallest: float | None = None  # magnitude in the block; None where it is not known yet

    def add(self, raw: Array, block: Array) -> Array:
        """Take in one block: as stored, and as numbers. Returns the numbers, NaN and Inf put right if there are any."""
        if self._lens.by_bits:
            low, high, self._smallest = ends(raw, self._lens.by_bits)
        else:
            low, high, self._smallest = float(np.minimum.reduce(block)), float(np.maximum.reduce(block)), None
        self.block_low, self.block_high = low, high
        if not (-self._lens.most <= low and high <= self._lens.most):
            self.block_low = math.nan
            block = self._lens.exact(raw)[: block.size]
            self._carefully(block)
        elif low == high:
            self._merge(block.size, low, 0.0, low, high)
        else:
            total = self._scanner.total(block, self._lens.work)
            squares = sum_of_squares(block)
            if not (block.size * self._tiny < squares < math.inf and math.isfinite(total)):
                self._carefully(block.astype("<f8"))
            else:
                self._merge(block.size, *self._moments(block, total, squares), low, high)
        return block

    def add_zeros(self, count: int) -> None:
        """Take in a block of which nothing is stored."""
        self.zeros += count
        self._merge(count, 0.0, 0.0, 0.0, 0.0)

    def _moments(self, block: Array, total: float, squares: float) -> tuple[float, float]:
        """Mean and standard deviation of a block whose sums are sound."""
        mean = total / block.size
        squared = squares - total * mean
        if squared < 0.5 * squares:  # digits were lost: once more, around the mean
            shifted = self._scanner.scratch(self._lens.work, block.size)
            around = block.dtype.type(mean)
            np.subtract(block, around, out=shifted)
            rest = self._scanner.total(shifted, self._lens.work) / block.size
            squared = sum_of_squares(shifted) - block.size * rest * rest
            mean = float(around) + rest
        return mean, math.sqrt(max(squared, 0.0) / block.size)

    def _carefully(self, block: Array) -> None:
        """A block in float64, scaled to one, with what is not finite left out."""
        nan = int(np.count_nonzero(np.isnan(block)))
        finite = block[np.isfinite(block)]
        self.nan += nan
        self.inf += block.size - finite.size - nan
        if not finite.size:
            return
        low, high = float(finite.min()), float(finite.max())
        scale = max(-low, high) or 1.0
        finite = finite / scale
        mean = float(finite.mean())
        self._merge(finite.size, mean * scale, float(finite.std()) * scale, low, high)

    def _merge(self, count: int, mean: float, deviation: float, low: float, high: float) -> None:
        """Chan, Golub and LeVeque's way to join two samples' moments."""
        self.low, self.high = min(self.low, low), max(self.high, high)
        if not self.count:
            self.count, self.mean, self.deviation = count, mean, deviation
            return
        together = self.count + count
        old, new, apart = self.count / together, count / together, mean - self.mean
        self.mean += apart * new
        self.deviation = math.hypot(
            self.deviation * math.sqrt(old), deviation * math.sqrt(new), apart * math.sqrt(old * new)
        )
        self.count = together

    def count_zeros(self, block: Array) -> None:
        """Only where the smallest magnitude says that there is something to count."""
        smallest = smallest_magnitude(block) if self._smallest is None else self._smallest
        if smallest > 0 and smallest >= self._lens.normal:
            return
        magnitudes = np.abs(block, out=block)
        mask = self._scanner.mask(block.size)
        zeros = int(np.count_nonzero(np.equal(magnitudes, 0, out=mask)))
        self.zeros += zeros
        if self._lens.normal:
            self.denormal += int(np.count_nonzero(np.less(magnitudes, self._lens.normal, out=mask))) - zeros

    def figures(self, dead: int | None, constant: int | None, alike: int) -> Figures:
        known = (self.low, self.high, self.mean, self.deviation) if self.count else (math.nan,) * 4
        return Figures(*known, self.zeros, self.nan, self.inf, self.denormal, dead, constant, alike)


class _Channels:
    """Counts the slices along the first axis that are one number throughout."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self.dead = self.constant = 0
        self._beginnings: list[Array] = []
        self._number = 0
        self._block: Array | None = None
        self._seen = 0  # elements of a channel that is longer than a block
        self._value: float | None = None  # the number that it was so far; None: it was several

    def add(self, block: Array, uniform: bool) -> None:
        if self._channel > BLOCK:
            self._part(block, uniform)
            return
        if block is not self._block:  # seldom: views cost as much as what is done with them
            self._look_at(block)
        self._number += len(self._rows)
        if self._beginning is not None and self._number <= _MOST_COMPARED:
            self._beginnings.append(self._beginning.copy())
        alike = self._first == self._second  # few rows that are not constant begin with the same number twice
        if np.count_nonzero(alike):
            rows = self._rows[alike]
            value = rows[:, 0]
            constant = (rows == value[:, None]).all(axis=1)
            self.constant += int(constant.sum())
            self.dead += int((constant & (value == 0)).sum())

    def _look_at(self, block: Array) -> None:
        """Views of a block by slices: their first two numbers, and their first eight bytes where they have so many."""
        self._block, self._rows = block, block.reshape(-1, self._channel)
        self._first, self._second = self._rows[:, 0], self._rows[:, 1]
        whole = self._channel * block.itemsize >= 8
        self._beginning = self._rows[:, : 8 // block.itemsize].view("<u8")[:, 0] if whole else None

    @property
    def repeated(self) -> int:
        """Slices that begin as one before does, and not with zeros; 0 of too many slices."""
        if not self._beginnings or self._number > _MOST_COMPARED:
            return 0
        beginnings = np.sort(np.concatenate(self._beginnings))
        return int(np.count_nonzero((beginnings[1:] == beginnings[:-1]) & (beginnings[1:] != 0)))

    def add_zeros(self, count: int) -> None:
        """A block of which nothing is stored."""
        if self._channel > BLOCK:
            self._end_of_part(count, uniform=True, number=0.0)
        else:
            self.constant += count // self._channel
            self.dead += count // self._channel

    def _part(self, block: Array, uniform: bool) -> None:
        self._end_of_part(block.size, uniform, block[0].item())

    def _end_of_part(self, count: int, uniform: bool, number: float) -> None:
        if self._seen == 0:
            self._value = number if uniform else None
        elif not uniform or number != self._value:
            self._value = None
        self._seen += count
        if self._seen == self._channel:
            self._seen = 0
            self.constant += self._value is not None
            self.dead += self._value == 0
