"""How close two tensors are: in blocks, in float64, so that neither of them is ever there twice.

With a the reference and e = other - a: SQNR = 10 log10(sum a^2 / sum e^2) dB, cosine = a.b / (|a| |b|). Of what is not
finite on both sides alone the number is kept, and the sums go over the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...tuples import NamedTuple
from ..alike import Grain, apart, tolerance
from ..compare import compare
from ..levels import TypedArray
from ..outcome import Difference
from ..tensors import floats

if TYPE_CHECKING:
    from ..tensors import Array

BLOCK = 1 << 16
"""Elements that are looked at together: each costs some 60 bytes meanwhile."""

FAINT = 1e-6
"""A channel with less than this share of the strongest one's power says nothing about loss: it is all but zero."""


_MOST = 200.0  # dB
_MOST_CHANNELS = 1 << 16  # of more the sums would be tensors themselves


class Closeness(NamedTuple):
    """How close two tensors are. A ratio is None where there is no error, or nothing to be compared."""

    elements: int = 0
    same: bool = False  # all bytes
    largest: float = 0.0  # error
    relative: float = 0.0  # to the reference's largest magnitude
    reach: float = 0.0  # that magnitude
    cosine: float | None = None
    sqnr: float | None = None  # dB
    axis: int = 0  # of the channels
    channels: int = 0
    channel: int | None = None  # the worst
    channel_sqnr: float | None = None  # dB
    each: int = 0  # elements of a channel
    nonfinite: int = 0  # that are finite in the reference alone, or are not the same infinity
    rows: int = 0  # of a classifier's output
    agreed: int = 0  # rows with the same greatest class

    @property
    def worst(self) -> float:
        """The lowest SQNR, by channel or of the whole; infinite where there is no error."""
        return min((x for x in (self.sqnr, self.channel_sqnr) if x is not None), default=math.inf)


class ErrorTally:
    """What several runs give of one tensor. ``axis``: of its channels; None where it has none."""

    def __init__(self, axis: int | None) -> None:
        self._axis = axis
        self._same, self._elements, self._nonfinite, self._rows, self._agreed = True, 0, 0, 0, 0
        self._largest, self.least, self.most = 0.0, math.inf, -math.inf
        self._product = self._square = 0.0
        self._signal: Any = 0.0
        self._noise: Any = 0.0

    def add(self, reference: TypedArray, other: TypedArray, *, classes: bool = False) -> bool:
        """Whether the two are numbers of one shape, so that they could be taken in.

        ``classes``: rows are a classifier's scores.
        """
        a, b = reference.array, other.array
        if a.shape != b.shape or not (_is_number(reference) and _is_number(other)):
            self._same = False
            return False
        self._elements += a.size
        if reference.dtype == other.dtype and _bytes_alike(a, b):
            self._add_alike(reference)
        else:
            self._same = False
            for left, right, channels in self._blocks(a, b):
                self._add_block(_wide(reference.dtype, left), _wide(other.dtype, right), channels, self._channels(a))
        if classes and a.ndim == 2 and a.shape[1] > 1:
            tops = [_wide(one.dtype, one.array).argmax(axis=1) for one in (reference, other)]
            self._rows += a.shape[0]
            self._agreed += int((tops[0] == tops[1]).sum())
        return True

    def closeness(self) -> Closeness:
        """Of all that was added."""
        import numpy as np

        signal, noise = np.atleast_1d(self._signal), np.atleast_1d(self._noise)
        largest = max(abs(self.least), abs(self.most)) if self.least <= self.most else 0.0
        whole, error = float(signal.sum()), float(noise.sum())
        lengths = math.sqrt(whole) * math.sqrt(self._square)
        found = Closeness(
            self._elements, self._same, self._largest, self._largest / largest if largest else 0.0, largest,
            cosine=min(self._product / lengths, 1.0) if lengths and math.isfinite(lengths) else None,
            sqnr=_decibels(whole, error), nonfinite=self._nonfinite, rows=self._rows, agreed=self._agreed,
        )  # fmt: skip
        if self._axis is None or signal.size < 2:
            return found
        found = found._replace(axis=self._axis, channels=signal.size, each=self._elements // signal.size)
        heard = np.flatnonzero((signal > FAINT * signal.max()) & (noise > 0))
        if not heard.size:
            return found
        worst = int(heard[np.argmin(signal[heard] / noise[heard])])
        return found._replace(channel=worst, channel_sqnr=_decibels(float(signal[worst]), float(noise[worst])))

    def _channels(self, a: Array) -> int:
        count = 1 if self._axis is None or a.ndim <= self._axis else a.shape[self._axis]
        return count if count <= _MOST_CHANNELS else 1

    def _blocks(self, a: Array, b: Array) -> Iterator[tuple[Array, Array, slice]]:
        """Parts of both as [outer, channels, inner], each of about a block's size."""
        count = self._channels(a)
        outer = math.prod(a.shape[: self._axis]) if count > 1 and self._axis is not None else 1
        inner = a.size // max(1, outer * count)
        left, right = (one.reshape(outer, count, inner) for one in (a, b))
        across = min(inner, BLOCK) or 1
        wide = max(1, min(count, BLOCK // across))
        deep = max(1, BLOCK // (across * wide))
        for o in range(0, outer, deep):
            for c in range(0, count, wide):
                for i in range(0, inner, across):
                    part = slice(o, o + deep), slice(c, c + wide), slice(i, i + across)
                    yield left[part], right[part], part[1]

    def _add_alike(self, one: TypedArray) -> None:
        for block, _, channels in self._blocks(one.array, one.array):
            wide = _wide(one.dtype, block)
            self._add_block(wide, wide, channels, self._channels(one.array))

    def _add_block(self, a: Array, b: Array, channels: slice, count: int) -> None:
        import numpy as np

        there = np.isfinite(a)
        if there.any():
            self.least = min(self.least, float(a.min(initial=np.inf, where=there)))
            self.most = max(self.most, float(a.max(initial=-np.inf, where=there)))
        finite = there & np.isfinite(b)
        if not finite.all():
            self._nonfinite += int((~(finite | (a == b) | (np.isnan(a) & np.isnan(b)))).sum())
            a, b = np.where(finite, a, 0.0), np.where(finite, b, 0.0)
        if not a.size:
            return
        error = b - a
        if np.ndim(self._signal) == 0:
            self._signal, self._noise = np.zeros(count), np.zeros(count)
        with np.errstate(over="ignore"):
            self._signal[channels] += np.einsum("oci,oci->c", a, a)
            self._noise[channels] += np.einsum("oci,oci->c", error, error)
            self._product += float(np.einsum("oci,oci->", a, b))
            self._square += float(np.einsum("oci,oci->", b, b))
        self._largest = max(self._largest, float(np.abs(error).max()))


def beyond(
    reference: TypedArray, other: TypedArray, grain: Grain | None, ends: tuple[float, float], times: int = 1
) -> Difference | None:
    """As `alike.apart` says it, in blocks. ``ends``: the least and the greatest finite element of the reference."""
    import numpy as np

    a, b = reference.array, other.array
    kinds = reference.dtype, other.dtype
    if a.shape != b.shape or not a.size or not (_is_float(reference) and _is_float(other)):
        return apart(a, b, kinds, grain, times)
    if kinds[0] != kinds[1]:
        kinds = (0, 0) if a.dtype.kind == b.dtype.kind == "f" else kinds
    rtol, atol = tolerance(_coarser(reference, other), *(ends if ends[0] <= ends[1] else (0.0, 0.0)), grain)
    left, right = a.reshape(-1), b.reshape(-1)
    largest, first = 0.0, None
    for at in range(0, a.size, BLOCK):
        found = compare(left[at : at + BLOCK], right[at : at + BLOCK], times * rtol, times * atol, kinds)
        if found is None:
            continue
        largest = max(largest, found.largest or 0.0)
        if first is None:
            place = np.unravel_index(at + found.place[0], a.shape) if found.place else ()
            first = found._replace(place=tuple(map(int, place)))
    return first and first._replace(largest=largest)


def ends_of(one: TypedArray) -> tuple[float, float]:
    """The least and the greatest finite element; (0, 0) where there is none."""
    import numpy as np

    flat, low, high = one.array.reshape(-1), math.inf, -math.inf
    for at in range(0, flat.size, BLOCK):
        values = _wide(one.dtype, flat[at : at + BLOCK])
        finite = np.isfinite(values)
        low = min(low, float(np.min(values, initial=np.inf, where=finite)))
        high = max(high, float(np.max(values, initial=-np.inf, where=finite)))
    return (low, high) if low <= high else (0.0, 0.0)


def _coarser(a: TypedArray, b: TypedArray) -> int:
    return min((a, b), key=lambda one: one.array.dtype.itemsize).dtype


def _is_float(one: TypedArray) -> bool:
    return floats(one.dtype, one.array[:0] if one.array.ndim else one.array) is not None


def _is_number(one: TypedArray) -> bool:
    return one.array.dtype.kind in "iu" or (_is_float(one) and one.array.dtype.kind != "c")


def _wide(dtype: int, block: Array) -> Array:
    import numpy as np

    values = floats(dtype, block)
    return (block if values is None else values).astype(np.float64)


def _bytes_alike(a: Array, b: Array) -> bool:
    left, right = a.reshape(-1), b.reshape(-1)
    return all(
        left[at : at + BLOCK].tobytes() == right[at : at + BLOCK].tobytes() for at in range(0, left.size or 1, BLOCK)
    )


def _decibels(signal: float, noise: float) -> float | None:
    """Within 200 dB either way: beyond it is nothing but the limits of float64."""
    if noise <= 0 or not math.isfinite(signal + noise):
        return None
    return max(-_MOST, min(10 * math.log10(signal / noise), _MOST)) if signal > 0 else -_MOST
