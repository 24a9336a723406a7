"""What the file stores, as intervals, and what a stored matrix makes of an interval: its weights streamed once.

A small matrix is multiplied out. Of a large one a row w gives w c +- |w| r, with the input's centre c and radius r:
sums by sign, in two products of a block while it is in cache. Products and sums round: of n products in any order the
error is at most n units of sum |w| (|c| + r) (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section
3.1), which is added to the radius, for the kernel that runs and for this sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import CannotLook
from ..model import payload
from ..model.dtypes import DType
from ..model.encoding import RAW_DATA
from ..model.graph import Model
from ..model.tensor import Tensor
from ..tuples import NamedTuple
from ..weights.integers import BLOCK
from ..weights.lens import lens
from ..weights.measure import Statistics
from ..weights.reading import Reading, Unread
from ..weights.scan import Scanner
from .known import MOST, Array, Known, known, whole
from .limits import limits

_RAW: dict[int, str] = {DType.FLOAT: "<f4", DType.DOUBLE: "<f8", DType.INT64: "<i8", DType.INT32: "<i4"}
_SLACK = 8.0  # times the error of one sum: the kernel's, ours, and the rounding of c and r themselves
MULTIPLIED_OUT = 1 << 13  # elements of a matrix of which each product is looked at
_LARGEST = 1e30  # magnitudes beyond which single precision does not carry the sum


class Ends(NamedTuple):
    """The least and the greatest that each output can be, with the roundings of the kernel."""

    low: Array
    high: Array


class StoredNumbers:
    """The stored tensors of one model. ``measured`` gives the statistics of a tensor where they were taken."""

    def __init__(self, model: Model, measured: Callable[[Tensor], Statistics | None] = lambda tensor: None) -> None:
        self._model, self._measured = model, measured
        self._reading = Reading(model)
        self._known: dict[int, Known] = {}
        self._arrays: dict[int, Any] = {}
        self._buffers: tuple[Array, Array, Array] | None = None

    def array(self, tensor: Tensor) -> Any:
        """The elements, as NumPy has them; None of more than `MOST`, or where they cannot be read."""
        if tensor.elements > MOST or any(size < 0 for size in tensor.dims):
            return None
        if id(tensor) not in self._arrays:
            self._arrays[id(tensor)] = self._read(tensor)
        return self._arrays[id(tensor)]

    def _read(self, tensor: Tensor) -> Any:
        spans, raw = tensor.spans, _RAW.get(tensor.dtype)
        try:
            if raw and len(spans) == 1 and spans[0].field == RAW_DATA and tensor.external is None:
                found = np.frombuffer(payload.read(self._model, spans[0].offset, spans[0].length), raw)
                return found.reshape(tensor.dims)
            found = payload.array(self._model, tensor)
        except (ValueError, CannotLook):
            return None
        return None if found.dtype == object or found.dtype.kind == "c" else found

    def known(self, tensor: Tensor) -> Known:
        """Each element, or the ends of all where they are many."""
        found = self._known.get(id(tensor))
        if found is None:
            found = self._known[id(tensor)] = self._look(tensor)
        return found

    def _look(self, tensor: Tensor) -> Known:
        array = self.array(tensor)
        if array is not None:
            return constant(tensor.dtype, array)
        statistics = self._measured(tensor)
        if statistics is not None:
            low, high, nan, inf = statistics.min, statistics.max, statistics.nan, statistics.inf
        else:
            seen = lens(tensor.dtype)
            if seen is None or any(size < 0 for size in tensor.dims):
                return whole(tensor.dtype)
            try:
                figures = Scanner().scan(seen, tensor.dims, self._reading.fill(tensor, seen))
            except Unread:
                return whole(tensor.dtype)
            low, high, nan, inf = figures.low, figures.high, figures.nan, figures.inf
        if low != low or inf:
            return whole(tensor.dtype)
        return known(tensor.dtype, low, high, bool(nan))

    def product(self, tensor: Tensor, columns: int, low: Array, high: Array, *, across: bool) -> Ends | None:
        """The stored tensor as a matrix of so many columns, times entries that lie between these ends.

        ``across``: an output is a column, and the ends have an entry for each row; else an output is a row, and they
        have one for each column (or a row of those for each row of a small tensor).
        None where the weights cannot be read, or the numbers are too large for single precision.
        """
        rows = tensor.elements // columns if columns else 0
        reach = np.maximum(np.abs(low), np.abs(high))
        if not rows or not float(reach.max(initial=0.0)) <= _LARGEST:
            return None
        array = self.array(tensor) if low.ndim > 1 or tensor.elements <= MULTIPLIED_OUT else None
        if array is not None:
            if array.dtype.kind != "f":
                return None
            matrix = array.reshape(rows, columns).astype(np.float64)
            return _by_elements(matrix.T if across else matrix, low, high, limits(tensor.dtype).sum_unit)
        if low.ndim != 1:
            return None
        middle = low / 2 + high / 2
        radius = np.maximum(high - middle, middle - low) * (1 + 2.0**-50)
        return self._streamed(tensor, columns, middle, radius, across=across)

    def _streamed(self, tensor: Tensor, columns: int, centre: Array, radius: Array, *, across: bool) -> Ends | None:
        seen = lens(tensor.dtype)
        if seen is None or seen.bits or seen.packed > 1:
            return None
        rows = tensor.elements // columns
        terms = rows if across else columns
        unit = limits(tensor.dtype).sum_unit
        error = _SLACK * (terms + 4) * max(unit, 2.0**-24 if seen.work == "<f4" else 2.0**-53)
        wide = (radius + error * (np.abs(centre) + radius)).astype(seen.work)
        middle = centre.astype(seen.work)
        found = np.zeros((2, columns if across else rows))
        try:
            fill = self._reading.fill(tensor, seen)
            with np.errstate(all="ignore"):
                for start, block in self._blocks(tensor.elements, columns, seen, fill):
                    if seen.by_bits and float(np.abs(block).max()) > seen.most:
                        return None
                    sizes = np.abs(block, out=self._sizes(block))
                    for into, numbers, vector in ((found[0], block, middle), (found[1], sizes, wide)):
                        _add(into, numbers, vector, start, columns, across)
        except Unread:
            return None
        if not np.isfinite(found).all():
            return None
        # What is denormal may be lost; a lowest bit of the sum itself.
        spread = found[1] * (1 + 2.0**-20) + terms * 2.0**-126
        return Ends(found[0] - spread, found[0] + spread)

    def _sizes(self, block: Array) -> Array:
        assert self._buffers is not None
        return self._buffers[2].view(block.dtype)[: block.size]

    def _blocks(self, elements: int, columns: int, seen: Any, fill: Any) -> Any:
        """Starts and numbers: whole rows where one fits a block, else pieces of one."""
        if self._buffers is None:
            self._buffers = (np.empty(BLOCK, "<f8"), np.empty(BLOCK, "<f8"), np.empty(BLOCK, "<f8"))
        raw, work = self._buffers[0].view(seen.raw), self._buffers[1].view(seen.work)
        stored = memoryview(raw).cast("B")
        step = BLOCK // columns * columns if columns <= BLOCK else BLOCK
        start = 0
        while start < elements:
            count = min(step, elements - start)
            if columns > BLOCK:
                count = min(count, columns - start % columns)
            fill(stored[: count * raw.itemsize], start * raw.itemsize)
            yield start, seen.decode(raw[:count], work[:count])
            start += count


def _by_elements(matrix: Array, low: Array, high: Array, unit: float) -> Ends | None:
    """Each product by itself: a sum of products of one sign has that sign, whatever its roundings."""
    with np.errstate(all="ignore"):
        one, other = matrix * low, matrix * high
        least, most = np.minimum(one, other), np.maximum(one, other)
        terms = matrix.shape[1]
        slack = 2 * (terms + 4) * unit * np.maximum(np.abs(one), np.abs(other)).sum(axis=1)
        below, above = least.sum(axis=1), most.sum(axis=1)
    if not (np.isfinite(below).all() and np.isfinite(above).all()):
        return None
    never_below, never_above = (least >= 0).all(axis=1), (most <= 0).all(axis=1)
    return Ends(
        np.where(never_below, np.maximum(below - slack, 0.0), below - slack),
        np.where(never_above, np.minimum(above + slack, 0.0), above + slack),
    )


def _add(into: Array, numbers: Array, vector: Array, start: int, columns: int, across: bool) -> None:
    row, column = divmod(start, columns)
    if column or numbers.size < columns:  # a piece of a row
        piece = slice(column, column + numbers.size)
        if across:
            into[piece] += numbers * vector[row]
        else:
            into[row] += float(np.dot(numbers, vector[piece]))
        return
    matrix = numbers.reshape(-1, columns)
    if across:
        into += vector[row : row + len(matrix)] @ matrix
    else:
        into[row : row + len(matrix)] = matrix @ vector


def constant(dtype: int | None, array: Any) -> Known:
    """Numbers that are what they are."""
    numbers = np.asarray(array).astype(np.float64)
    nan = np.isnan(numbers)
    if nan.any():
        ends = limits(dtype)
        fill = ends.low if np.isfinite(ends.low) else -np.inf
        low = np.where(nan, fill, numbers)
        return known(dtype, low, np.where(nan, -fill, numbers), True)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and np.abs(numbers).max(initial=0.0) > 2.0**53:
        return known(dtype, np.nextafter(numbers, -np.inf), np.nextafter(numbers, np.inf))
    return known(dtype, numbers, numbers)
