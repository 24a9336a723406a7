"""A tensor in part: quantiles for a picture, and blocks in which something may be found, but not that it is nowhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..model.tensor import Tensor
from .lens import lens
from .reading import Reading, Unread
from .scan import Fill

STRETCHES, STRETCH = 8, 512
"""A sample is so many stretches of so many elements, spread evenly; a tensor of no more elements is read whole."""


class SampledFill:
    """So many blocks of all, the first and the last among them, as if they lay one behind the other."""

    def __init__(self, fill: Fill, count: int, of: int, size: int) -> None:
        """``size``: bytes of a block. Nobody asks for bytes of two blocks at once."""
        self._fill, self._size = fill, size
        self._starts = [i * (of - 1) // max(count - 1, 1) for i in range(count)]

    def __call__(self, buffer: memoryview, at: int) -> None:
        block, within = divmod(at, self._size)
        self._fill(buffer, self._starts[block] * self._size + within)


def sampled_quantiles(reading: Reading, tensor: Tensor, at: Sequence[float]) -> tuple[float, ...]:
    """The quantiles of the finite ones among a tensor's sampled elements; nothing where they cannot be had."""
    seen = lens(tensor.dtype)
    elements = tensor.elements
    if seen is None or not elements:
        return ()
    whole = elements <= STRETCHES * STRETCH
    count = elements if whole else STRETCH
    starts = [0] if whole else [i * (elements - STRETCH) // (STRETCHES - 1) for i in range(STRETCHES)]
    pieces = []
    try:
        fill = reading.fill(tensor, seen)
        for start in starts:
            raw = np.zeros(-(-count // seen.packed), seen.raw)
            fill(memoryview(raw).cast("B"), start // seen.packed * raw.itemsize)  # type: ignore[arg-type]  # an array has the buffer protocol
            pieces.append(seen.exact(raw)[:count])
    except Unread:
        return ()
    numbers = np.concatenate(pieces)
    numbers = numbers[np.isfinite(numbers)]
    return tuple(map(float, np.quantile(numbers, at))) if numbers.size else ()
