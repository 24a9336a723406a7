"""The numbers of a stored tensor as float64, a window at a time; of quantised ones what they stand for."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...model import payload
from ...model.dtypes import BITS, DType, bytes_of, name_of
from ...model.graph import Model
from ...model.tensor import Tensor
from ...tuples import NamedTuple
from ...weights.lens import Lens, lens
from ...weights.reading import CHUNK, Reading, Unread
from ...weights.scan import Fill

Numbers: TypeAlias = NDArray[np.float64]

WINDOW = 1 << 15
"""Elements that are looked at together: a multiple of those in a byte, so that a window begins with a byte."""

_MOST_SCALES = 1 << 22
_MOST_STRINGS = 1 << 16
_COMPLEX: dict[int, int] = {DType.COMPLEX64: DType.FLOAT, DType.COMPLEX128: DType.DOUBLE}


class Quantisation(NamedTuple):
    """What a quantised tensor's integers stand for: (q - zero) * scale, by tensor, by channel or by block."""

    scale: Tensor
    zero: Tensor | None
    axis: int  # where there is more than one scale
    block: int = 0  # elements along the axis that share a scale; 0: an index of the axis has one of its own


class TensorSource(NamedTuple):
    """One of the two tensors, and where it is read."""

    model: Model
    reading: Reading
    tensor: Tensor
    quantised: Quantisation | None = None

    @property
    def name(self) -> str:
        """``float32[64, 3, 7, 7]``."""
        return f"{name_of(self.tensor.dtype)}{list(self.tensor.dims)}"

    @property
    def size(self) -> int:
        """Bytes of all elements; of strings, and of types that ONNX does not know, 0."""
        return bytes_of(self.tensor.dtype, self.tensor.elements) or 0

    def fill(self) -> Fill:
        """Gives the bytes as raw_data has them. `Unread` where they are not to be had."""
        seen = _lens(self.tensor.dtype)
        if seen is None and isinstance(payload.extent(self.model, self.tensor), payload.Typed):
            raise Unread(f"auditor reads {name_of(self.tensor.dtype)} in raw_data alone")
        return self.reading.fill(self.tensor, seen or _BYTES_ALONE)

    def digest(self) -> bytes:
        """sha256 of the same bytes; of strings, of the texts one behind the other, each with its length."""
        if self.tensor.dtype == DType.STRING:
            texts = payload.small(self.model, self.tensor, _MOST_STRINGS)
            if texts is None:
                raise Unread("its texts are too many, or cannot be read")
            return sha256(repr(texts).encode("utf-8", "surrogateescape")).digest()
        sha, fill, buffer = sha256(), self.fill(), bytearray(min(CHUNK, self.size))
        for at in range(0, self.size, CHUNK):
            part = memoryview(buffer)[: self.size - at]
            fill(part, at)
            sha.update(part)
        return sha.digest()


class NumberStream:
    """Numbers of one side, in order or, where `anywhere`, from any element on."""

    def __init__(self, side: TensorSource, *, stands_for: bool = False) -> None:
        """``stands_for``: what quantised integers stand for, instead of themselves."""
        seen = _lens(side.tensor.dtype)
        if seen is None:
            raise Unread(f"auditor works out no figures of {name_of(side.tensor.dtype)}")
        self._lens, self._fill = seen, side.fill()
        self._bits = BITS[_COMPLEX.get(side.tensor.dtype, side.tensor.dtype)]
        self.elements = side.tensor.elements * (2 if side.tensor.dtype in _COMPLEX else 1)
        self._scales = _Scales(side) if stands_for and side.quantised is not None else None

    def is_zero(self, start: int, count: int) -> bool:
        """Whether so many numbers are zeros that nobody need read: the file has a hole there."""
        hole = getattr(self._fill, "is_hole", None)
        if hole is None or self._scales is not None or self._lens.exact(np.zeros(1, self._lens.raw))[0] != 0:
            return False
        return bool(hole(start * self._bits // 8, (count * self._bits + 7) // 8))

    def numbers(self, start: int, count: int) -> Numbers:
        """So many numbers from an element on; ``start`` begins a byte."""
        size = (count * self._bits + 7) // 8
        raw = np.empty(size // np.dtype(self._lens.raw).itemsize, self._lens.raw)
        if size:
            self._fill(raw.view("u1").data, start * self._bits // 8)
        found: Numbers = self._lens.exact(raw)[:count] if self._lens.packed > 1 else self._lens.exact(raw)
        return found if self._scales is None else self._scales.numbers(found, start)


def anywhere(side: TensorSource) -> bool:
    """Whether a tensor's bytes can be read in any order, and each element begins one."""
    whole = isinstance(payload.extent(side.model, side.tensor), payload.Raw)
    return whole and BITS.get(side.tensor.dtype, 0) % 8 == 0 and _lens(side.tensor.dtype) is not None


class _Scales:
    """Scales and zero points by element."""

    def __init__(self, side: TensorSource) -> None:
        quantised = side.quantised
        assert quantised is not None
        dims = side.tensor.dims
        self._scale = _whole(side, quantised.scale)
        self._zero = None if quantised.zero is None else _whole(side, quantised.zero)
        axis = quantised.axis + len(dims) if quantised.axis < 0 else quantised.axis
        self._inner, self._length, self._block = 1, 1, 1
        if self._scale.size != 1:
            if not 0 <= axis < len(dims):
                raise Unread("its scales do not fit its sizes")
            self._inner = int(np.prod(dims[axis + 1 :], dtype=object))
            self._length = dims[axis]
            self._block = max(quantised.block, 1)
            blocks = -(-self._length // self._block)
            outer = int(np.prod(dims[:axis], dtype=object)) if quantised.block else 1
            if self._scale.size != (outer * blocks * self._inner if quantised.block else blocks):
                raise Unread("its scales do not fit its sizes")
        if self._zero is not None and self._zero.size not in (1, self._scale.size):
            raise Unread("its zero points do not fit its scales")
        self._by_block = bool(quantised.block)

    def numbers(self, found: Numbers, start: int) -> Numbers:
        if self._scale.size == 1:
            zero = 0.0 if self._zero is None else self._zero[0]
            return np.asarray((found - zero) * self._scale[0])
        index = np.arange(start, start + found.size)
        along = index // self._inner % self._length // self._block
        if self._by_block:
            blocks = -(-self._length // self._block)
            along = (index // (self._inner * self._length) * blocks + along) * self._inner + index % self._inner
        zero = 0.0 if self._zero is None else self._zero[along if self._zero.size > 1 else 0]
        return np.asarray((found - zero) * self._scale[along])

    @property
    def coarsest(self) -> float:
        """The largest step between two neighbouring integers."""
        finite = np.abs(self._scale[np.isfinite(self._scale)])
        return float(finite.max()) if finite.size else 0.0


def coarsest_step(side: TensorSource) -> float:
    """The largest scale of a quantised tensor; 0 of one that is none."""
    return _Scales(side).coarsest if side.quantised is not None else 0.0


def _whole(side: TensorSource, tensor: Tensor) -> Numbers:
    if not 0 < tensor.elements <= _MOST_SCALES:
        raise Unread("its scales are too many, or none")
    try:
        return np.asarray(payload.array(side.model, tensor), np.float64).reshape(-1)
    except (ValueError, TypeError) as error:
        raise Unread(f"its scales cannot be read: {error}") from None


def _lens(dtype: int) -> Lens | None:
    """Of complex numbers, that of their parts."""
    return lens(_COMPLEX.get(dtype, dtype))


def _as_it_lies(raw: NDArray[Any], buffer: NDArray[Any]) -> NDArray[Any]:
    return raw


def _wider(raw: NDArray[Any]) -> NDArray[Any]:
    return raw.astype("<f8")


_BYTES_ALONE = Lens("u1", "<f4", 1, 0.0, 0.0, _as_it_lies, _wider)
"""For types whose bytes are compared, and never their numbers."""
