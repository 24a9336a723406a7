"""Exact figures of integers, in whatever order BLAS adds.

Sums of numbers and of squares are kept as Python's integers. Within a block they come from dot products of floats in
which every partial sum is an integer that the float holds exactly, so neither the order of the additions nor a fused
product changes them: 256 squares of eight bits stay within float32's 24 bits, and a block of 2^17 squares of 18 bits
within float64's 53. Wider integers are taken from the block's least one on, and cut into limbs of 18 bits.
"""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .lens import Lens

Array: TypeAlias = NDArray[Any]

BLOCK = 1 << 17
"""Elements of a block, 512 KiB of float32: 2^17 squares of 18 bits are a sum of 53."""

_ROW = 256
_SAMPLE, _MANY = 4096, 0.02
_LIMB = 18
_64_BITS = (1 << 64) - 1


def limits(seen: Lens) -> tuple[int, int]:
    """The least and the greatest number that a quantiser gives to a type of at most eight bits."""
    if seen.raw == "i1" or seen.signed:
        half = 1 << seen.bits - 1
        return 1 - half, half - 1
    return 0, (1 << seen.bits) - 1


class IntegerSums:
    """The figures of a tensor of integers so far."""

    def __init__(self, seen: Lens) -> None:
        self._lens = seen
        self._count = self._sum = self._squares = 0
        self._low: int | None = None
        self._high = 0
        self.zeros = 0
        self.at_limits = 0  # numbers at the ends of a type of at most eight bits, in blocks that have many
        self.uniform = False  # whether the last block was one number throughout

    def add(self, raw: Array, work: Array, count: int) -> Array:
        """Take in one block as stored, with a buffer to work in. Returns its integers."""
        lens = self._lens
        narrow = lens.decode(raw, work)[:count] if lens.bits <= 16 else None
        whole = raw if lens.packed == 1 or narrow is None else narrow
        low, high = int(whole.min()), int(whole.max())
        self._low = low if self._low is None else min(self._low, low)
        self._high = max(self._high, high) if self._count else high
        self.uniform = low == high
        self._count += count
        if lens.bits <= 8:
            self._count_limits(whole, low, high)
        if low <= 0 <= high:
            self.zeros += int(np.count_nonzero(np.equal(whole, 0)))
        if self.uniform:
            self._sum += count * low
            self._squares += count * low * low
        elif narrow is None:
            self._take_wide(raw, low, high)
        elif lens.bits <= 8:
            self._take_rows(narrow)
        else:
            self._sum += int(narrow.sum())
            self._squares += int(np.dot(narrow, narrow))
        return whole

    def _count_limits(self, whole: Array, low: int, high: int) -> None:
        """Of a block in whose beginning they are many; where they are few nobody asks for their number.

        Of signed types the second number from below counts too: a symmetric range ends there.
        """
        least, most = limits(self._lens)
        if low > least and high < most:
            return
        sample = whole[:_SAMPLE]
        if np.count_nonzero((sample <= least) | (sample >= most)) >= _MANY * sample.size:
            self.at_limits += int(np.count_nonzero((whole <= least) | (whole >= most)))

    def add_zeros(self, count: int) -> None:
        """Take in a block of which nothing is stored."""
        self._low = min(self._low or 0, 0)
        self._high = max(self._high, 0) if self._count else 0
        self._count += count
        self.zeros += count
        self.uniform = True

    def _take_rows(self, numbers: Array) -> None:
        """Eight bits in float32, by rows of 256."""
        size = numbers.size // _ROW * _ROW
        for part in (numbers[:size].reshape(-1, _ROW), numbers[size:].reshape(1, -1)):
            ones = np.ones(part.shape[1], part.dtype)
            self._sum += int(np.dot(part, ones).sum(dtype="<f8"))
            self._squares += int(np.vecdot(part, part).sum(dtype="<f8"))

    def _take_wide(self, raw: Array, low: int, high: int) -> None:
        """Of d = n - low, in limbs: sum(n) = sum(d) + count low, sum(n^2) = sum(d^2) + low (2 sum(d) + count low)."""
        if raw.itemsize == 8:
            above = raw.view("<u8") - np.uint64(low & _64_BITS)
        else:
            above = np.subtract(raw, low, dtype="<i8").view("<u8")
        limbs = [
            (above >> np.uint64(shift) & np.uint64((1 << _LIMB) - 1)).astype("<f8")
            for shift in range(0, (high - low).bit_length(), _LIMB)
        ]
        total = squares = 0
        for i, limb in enumerate(limbs):
            total += int(limb.sum()) << i * _LIMB
            squares += int(np.dot(limb, limb)) << 2 * i * _LIMB
            for j in range(i):
                squares += int(np.dot(limb, limbs[j])) << (i + j) * _LIMB + 1
        self._sum += total + raw.size * low
        self._squares += squares + low * (2 * total + raw.size * low)

    @property
    def moments(self) -> tuple[float, float, float, float]:
        """Least, greatest, mean and standard deviation: each rounded once or twice, at the end. NaN of nothing."""
        if self._low is None:
            return (math.nan,) * 4
        spread = self._count * self._squares - self._sum * self._sum
        return float(self._low), float(self._high), self._sum / self._count, math.sqrt(spread) / self._count
