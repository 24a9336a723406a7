"""Two stored tensors compared by streaming: neither is ever whole in memory, whatever its size.

Bytes first: most tensors of two versions are equal, and that costs a read. Only where a byte differs are both gone
through again as float64, for the figures of `Distance`.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from ...errors import CannotLook
from ...model import payload
from ...model.dtypes import FLOATS, QUANTISED, DType, name_of
from ...model.tensor import SparseTensor
from ...tuples import NamedTuple
from ...weights.reading import CHUNK, Unread
from .streams import WINDOW, Numbers, NumberStream, TensorSource, anywhere, coarsest_step
from .values import ComparedTensor, Distance, ValueChange

UNRELATED = 0.5
"""A cosine below this makes another tensor of it: of two tensors of one length each is then farther from the other than
from zero."""

_TILE = 512
_MOST_STRINGS = 1 << 16
_MOST_LITERALS = 1 << 12

Literal: TypeAlias = "tuple[int | float | str, ...]"
"""The values of a Constant that are an attribute."""

_DIGITS = {1: 23, 10: 10, 11: 52, 16: 7, 17: 3, 18: 3, 19: 2, 20: 2, 23: 1, 24: 0}
_LEAST = {1: -149, 10: -24, 11: -1074, 16: -133, 17: -9, 18: -10, 19: -16, 20: -17, 23: -1, 24: -127}
"""By element type: bits of the mantissa, and the power of two of the smallest number (IEEE 754, ONNX's float8 page)."""


def compared_tensors(old: TensorSource, new: TensorSource) -> ComparedTensor:
    """What became of the old tensor. What cannot be read is `NOT_COMPARED`, never anything better."""
    try:
        with np.errstate(all="ignore"):
            return _compared(old, new)
    except Unread as unread:
        return ComparedTensor(ValueChange.NOT_COMPARED, why=unread.why)
    except (CannotLook, ValueError) as error:
        return ComparedTensor(ValueChange.NOT_COMPARED, why=str(error))


def compared_sparse(
    old: SparseTensor | None, new: SparseTensor | None, one: TensorSource, other: TensorSource
) -> ComparedTensor:
    """Sparse tensors are equal in every part, or are not compared; ``one`` and ``other`` say where they are read.

    None stands for a tensor that is not sparse.
    """
    if old is not None and new is not None and old.dims == new.dims:
        parts = ((old.values, new.values), (old.indices, new.indices))
        found = [compared_tensors(one._replace(tensor=a), other._replace(tensor=b)) for a, b in parts]
        if all(part.what is ValueChange.IDENTICAL for part in found):
            return ComparedTensor(ValueChange.IDENTICAL)
    return ComparedTensor(ValueChange.NOT_COMPARED, why="it is sparse, and not the same")


def compared_literals(
    one: TensorSource, other: TensorSource, old: Literal | None, new: Literal | None
) -> ComparedTensor:
    """Values that a Constant has as an attribute, against such or a tensor's (None): of some thousands."""
    try:
        before = payload.small(one.model, one.tensor, _MOST_LITERALS) if old is None else old
        now = payload.small(other.model, other.tensor, _MOST_LITERALS) if new is None else new
    except CannotLook as error:
        return ComparedTensor(ValueChange.NOT_COMPARED, why=str(error))
    if before is None or now is None:
        return ComparedTensor(ValueChange.NOT_COMPARED, why="its values are too many, or cannot be read")
    if (one.tensor.dtype, len(before)) != (other.tensor.dtype, len(now)):
        return ComparedTensor(ValueChange.REPLACED, why=_both(one, other))
    differ = [i for i, (a, b) in enumerate(zip(before, now, strict=True)) if repr(a) != repr(b)]
    if not differ:
        return ComparedTensor(ValueChange.IDENTICAL if one.tensor.dims == other.tensor.dims else ValueChange.RESHAPED)
    words = [str(values[differ[0]])[:80] for values in (before, now)]
    gaps = [
        abs(b - a)
        for a, b in zip(before, now, strict=True)
        if not isinstance(a, str | bytes | bool) and not isinstance(b, str | bytes | bool)
    ]
    largest = float(max((gap for gap in gaps if gap == gap), default=0.0))
    return ComparedTensor(
        ValueChange.DRIFTED,
        Distance(len(before), len(differ), largest, place=(differ[0],), before=words[0], after=words[1]),
    )


def _compared(old: TensorSource, new: TensorSource) -> ComparedTensor:
    one, other = old.tensor, new.tensor
    if DType.STRING in (one.dtype, other.dtype):
        return _strings(old, new)
    quantised = old.quantised is not None and new.quantised is not None
    alike = one.dtype == other.dtype and one.elements == other.elements
    if alike and not (quantised and _rescaled(old, new)) and _equal_bytes(old, new):
        return ComparedTensor(ValueChange.IDENTICAL if one.dims == other.dims else ValueChange.RESHAPED)
    if one.dims == other.dims:
        return _same_sizes(old, new)
    if len(one.dims) == 2 and one.dims == other.dims[::-1]:
        turned = _turned(old, new)
        if turned is not None:
            return turned
    if one.elements == other.elements and one.dtype != other.dtype:
        cast = _same_sizes(old, new)  # as one row
        if cast.what is ValueChange.CAST:
            return cast._replace(why=_both(old, new))
    return ComparedTensor(ValueChange.REPLACED, why=_both(old, new))


def _same_sizes(old: TensorSource, new: TensorSource) -> ComparedTensor:
    one, other = old.tensor, new.tensor
    if old.quantised is not None and new.quantised is not None:
        step = max(coarsest_step(old), coarsest_step(new))
        another = one.dtype != other.dtype or _rescaled(old, new)
        what = ValueChange.REQUANTISED if another else ValueChange.DRIFTED
        return _judged(what, old, new, _Apart(old, new, _Room(step / 2), stands_for=True))
    for integers, floats in ((old, new), (new, old)):
        if integers.quantised is not None and floats.tensor.dtype in FLOATS and integers.tensor.dtype in QUANTISED:
            step = coarsest_step(integers)
            return _judged(ValueChange.QUANTISED, old, new, _Apart(old, new, _Room(step / 2), stands_for=True))
    if one.dtype == other.dtype:
        apart = _Apart(old, new)
        if len(one.dims) == 2 and one.dims[0] == one.dims[1] > 1 and _unrelated(apart.distance):
            turned = _turned(old, new)
            if turned is not None:
                return turned
        return _judged(ValueChange.DRIFTED, old, new, apart)
    return _judged(ValueChange.CAST, old, new, _Apart(old, new, _rounding(one.dtype, other.dtype)))


def _judged(what: ValueChange, old: TensorSource, new: TensorSource, apart: _Apart) -> ComparedTensor:
    """Numbers that have nothing to do with each other make another tensor of it."""
    rounded = what is not ValueChange.DRIFTED
    if not (rounded and apart.within) and _unrelated(apart.distance):
        return ComparedTensor(ValueChange.REPLACED, apart.distance, why=_both(old, new) if rounded else "")
    return ComparedTensor(what, apart.distance, apart.within if rounded else None, _both(old, new) if rounded else "")


def _unrelated(found: Distance) -> bool:
    """Of one or two numbers no angle says anything."""
    return found.cosine is not None and found.cosine < UNRELATED and found.elements > 2


def _both(old: TensorSource, new: TensorSource) -> str:
    if old.name == new.name:
        return ""
    if old.tensor.dims == new.tensor.dims:
        return f"{name_of(old.tensor.dtype)} before, {name_of(new.tensor.dtype)} now"
    return f"{old.name} before, {new.name} now"


class _Room(NamedTuple):
    """How far rounding may take a number: ``least + share * |number|``."""

    least: float = 0.0
    share: float = 0.0

    def holds(self, numbers: Numbers, others: Numbers) -> Any:
        """Where the others are near enough. A hair more is given: the product of a scale is rounded, too."""
        return np.abs(others - numbers) <= (self.least + self.share * np.abs(numbers)) * (1 + 1e-6)


def _rounding(one: int, other: int) -> _Room:
    """A step of the coarser type, as not all that cast round to the nearest."""
    if one == other or not {one, other} <= FLOATS:
        return _Room()
    coarse = min(one, other, key=lambda dtype: _DIGITS.get(dtype, 0))
    return _Room(2.0 ** _LEAST.get(coarse, 0), 2.0 ** -_DIGITS.get(coarse, 0))


class _Apart:
    """The pass over both: their distance, and whether every element is within the room for rounding."""

    def __init__(
        self, old: TensorSource, new: TensorSource, room: _Room | None = None, *, stands_for: bool = False
    ) -> None:
        first, second = NumberStream(old, stands_for=stands_for), NumberStream(new, stands_for=stands_for)
        self._room = room or _Room()
        self._sums = _Sums()
        self.within = True
        self._place, self._before, self._after = -1, "", ""
        for start in range(0, first.elements, WINDOW):
            count = min(WINDOW, first.elements - start)
            if first.is_zero(start, count) and second.is_zero(start, count):
                continue
            self._take(first.numbers(start, count), second.numbers(start, count), start)
        dims = old.tensor.dims
        if first.elements != old.tensor.elements:
            dims = (*dims, 2)
        place = () if self._place < 0 else tuple(int(i) for i in np.unravel_index(self._place, dims))
        self.distance = self._sums.distance(first.elements, place, self._before, self._after)

    def _take(self, a: Numbers, b: Numbers, start: int) -> None:
        differ = self._sums.add(a, b)
        if differ is None:
            return
        if self._place < 0:
            at = int(np.argmax(differ))
            self._place, self._before, self._after = start + at, f"{a[at]:.9g}", f"{b[at]:.9g}"
        if self.within:
            self.within = bool((self._room.holds(a, b) | ~differ).all())


class _Sums:
    """What a `Distance` is made of."""

    def __init__(self) -> None:
        self.changed = self.nonfinite = 0
        self.largest = 0.0
        self._gap = _Squares()
        self._old, self._new = _Squares(), _Squares()
        self._both = 0.0

    def add(self, a: Numbers, b: Numbers) -> Any:
        """Where the two differ, as booleans; None where nowhere."""
        differ = ~((a == b) | (np.isnan(a) & np.isnan(b)))
        some = bool(differ.any())
        finite = np.isfinite(a) & np.isfinite(b)
        if not finite.all():
            self.nonfinite += int(np.count_nonzero(differ & ~finite))
            a, b = np.where(finite, a, 0.0), np.where(finite, b, 0.0)
        self._old.add(a)
        if some:
            self.changed += int(np.count_nonzero(differ))
            gap = b - a
            self.largest = max(self.largest, float(np.abs(gap).max()))
            self._gap.add(gap)
            self._new.add(b)
            self._both += float(a @ b)
            return differ
        self._new.add_same(self._old)
        self._both += self._old.last
        return None

    def distance(self, elements: int, place: tuple[int, ...], before: str, after: str) -> Distance:
        l2, old, new = (math.sqrt(sums.total) for sums in (self._gap, self._old, self._new))
        cosine = self._both / (old * new) if old * new > 0 and math.isfinite(old * new) else None
        return Distance(
            elements, self.changed, self.largest, l2, l2 / old if old > 0 else None,
            None if cosine is None else max(-1.0, min(1.0, cosine)), self.nonfinite, place, before, after,
        )  # fmt: skip


class _Squares:
    def __init__(self) -> None:
        self.total = self.last = 0.0

    def add(self, numbers: Numbers) -> None:
        self.last = float(numbers @ numbers)
        self.total += self.last

    def add_same(self, other: _Squares) -> None:
        self.total += other.last


def _equal_bytes(old: TensorSource, new: TensorSource) -> bool:
    size = old.size
    first, second = old.fill(), new.fill()
    hole, hollow = getattr(first, "is_hole", None), getattr(second, "is_hole", None)
    one, other = bytearray(min(CHUNK, size)), bytearray(min(CHUNK, size))
    for at in range(0, size, CHUNK):
        count = min(CHUNK, size - at)
        if hole is not None and hollow is not None and hole(at, count) and hollow(at, count):
            continue
        first(memoryview(one)[:count], at)
        second(memoryview(other)[:count], at)
        if one != other and one[:count] != other[:count]:
            return False
    return True


def _rescaled(old: TensorSource, new: TensorSource) -> bool:
    """Whether the same integers stand for other numbers."""
    a, b = old.quantised, new.quantised
    assert a is not None
    assert b is not None
    if (a.axis, a.block) != (b.axis, b.block) or (a.zero is None) != (b.zero is None):
        return True
    pairs = [(a.scale, b.scale)] + ([(a.zero, b.zero)] if a.zero is not None and b.zero is not None else [])
    for one, other in pairs:
        sides = old._replace(tensor=one, quantised=None), new._replace(tensor=other, quantised=None)
        if one.dtype != other.dtype or one.dims != other.dims or not _equal_bytes(*sides):
            return True
    return False


def _turned(old: TensorSource, new: TensorSource) -> ComparedTensor | None:
    """The new one as the old one's transpose, in tiles; None where it is none."""
    if not (anywhere(old) and anywhere(new)) or DType.STRING in (old.tensor.dtype, new.tensor.dtype):
        return None
    first, second = NumberStream(old), NumberStream(new)
    if first.elements != old.tensor.elements:  # complex numbers
        return None
    rows, columns = old.tensor.dims
    room = _rounding(old.tensor.dtype, new.tensor.dtype)
    sums, within = _Sums(), True
    place: tuple[int, ...] = ()
    before = after = ""
    for top in range(0, rows, _TILE):
        for left in range(0, columns, _TILE):
            height, width = min(_TILE, rows - top), min(_TILE, columns - left)
            a = np.stack([first.numbers((top + i) * columns + left, width) for i in range(height)])
            b = np.stack([second.numbers((left + j) * rows + top, height) for j in range(width)])
            flat, turned = a.reshape(-1), np.ascontiguousarray(b.T).reshape(-1)
            differ = sums.add(flat, turned)
            if differ is None:
                continue
            if not place:
                if _unrelated(sums.distance(flat.size, (), "", "")) or sums.distance(1, (), "", "").cosine is None:
                    return None
                at = int(np.argmax(differ))
                place = (top + at // width, left + at % width)
                before, after = f"{flat[at]:.9g}", f"{turned[at]:.9g}"
            within = within and bool((room.holds(flat, turned) | ~differ).all())
    distance = sums.distance(rows * columns, place, before, after)
    if _unrelated(distance) or (distance.changed and distance.cosine is None):
        return None
    cast = old.tensor.dtype != new.tensor.dtype
    return ComparedTensor(ValueChange.TRANSPOSED, distance, within if cast else None, _both(old, new))


def _strings(old: TensorSource, new: TensorSource) -> ComparedTensor:
    one, other = old.tensor, new.tensor
    if one.dtype != other.dtype or one.elements != other.elements:
        return ComparedTensor(ValueChange.REPLACED, why=_both(old, new))
    before, now = (payload.small(side.model, side.tensor, _MOST_STRINGS) for side in (old, new))
    if before is None or now is None:
        return ComparedTensor(ValueChange.NOT_COMPARED, why="its texts are too many, or cannot be read")
    differ = [i for i, (a, b) in enumerate(zip(before, now, strict=True)) if a != b]
    if not differ:
        return ComparedTensor(ValueChange.IDENTICAL if one.dims == other.dims else ValueChange.RESHAPED)
    if one.dims != other.dims:
        return ComparedTensor(ValueChange.REPLACED, why=_both(old, new))
    place = tuple(int(i) for i in np.unravel_index(differ[0], one.dims)) if one.dims else ()
    words = [repr(text[differ[0]])[:80] for text in (before, now)]
    distance = Distance(one.elements, len(differ), place=place, before=words[0], after=words[1])
    return ComparedTensor(ValueChange.DRIFTED, distance)
