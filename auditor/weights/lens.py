"""How the stored bytes of each element type become numbers: whole blocks at a time, into buffers that stay in cache.

float32 and float64 are read as they lie. float16 and bfloat16 become float32 by shifting bits, which is twelve times as
fast as NumPy's conversion; integers up to 16 bits are copied into floats that hold their squares; float8 and packed
types go through a table of their codes.
"""

import math
import struct
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..model.dtypes import BITS, DType
from ..tuples import NamedTuple

Array: TypeAlias = NDArray[Any]

FLOAT32_MOST = 3.4028234663852886e38
FLOAT64_MOST = 1.7976931348623157e308


class Lens(NamedTuple):
    """One element type. Values outside ``[-most, most]`` after `decode` are looked at again through `exact`."""

    raw: str  # NumPy's dtype of what lies in the file
    work: str  # and of what is worked on
    packed: int  # elements in one of ``raw``
    normal: float  # the smallest number that is not denormal; 0 where there are none, or none that slow anything down
    most: float
    decode: Callable[[Array, Array], Array]  # (raw, a buffer of as many numbers) -> the numbers, there or in raw
    exact: Callable[[Array], Array]  # raw -> float64, NaN and Inf included
    by_bits: Callable[[int, int, int], tuple[float, float, float]] | None = None  # patterns of 16 bits -> numbers
    bits: int = 0  # of an integer, whose sums are exact; 0: no integer
    signed: bool = False  # an integer of less than eight bits that may be negative

    @property
    def bits_stored(self) -> int:
        """Bits that an element takes in the file."""
        return np.dtype(self.raw).itemsize * 8 // self.packed


def lens(dtype: int) -> Lens | None:
    """The lens of an ONNX element type; None for strings, complex numbers and what ONNX does not know."""
    match dtype:
        case DType.FLOAT:
            return Lens("<f4", "<f4", 1, 2.0**-126, FLOAT32_MOST, _as_it_lies, _wider)
        case DType.DOUBLE:
            return Lens("<f8", "<f8", 1, 2.0**-1022, FLOAT64_MOST, _as_it_lies, _wider)
        case DType.FLOAT16:
            return Lens("<u2", "<f4", 1, 0.0, 65504.0, _float16, _float16_exact, _halves)
        case DType.BFLOAT16:
            return Lens("<u2", "<f4", 1, 2.0**-126, FLOAT32_MOST, _bfloat16, _bfloat16_exact, _upper_halves)
    if dtype in _INTEGERS:
        raw, work = _INTEGERS[dtype]
        return Lens(raw, work, 1, 0.0, FLOAT64_MOST, _copied, _wider, bits=8 * int(raw[-1]))
    if dtype in _CODED:
        return _coded(dtype)
    return None


_INTEGERS: dict[int, tuple[str, str]] = {
    DType.BOOL: ("u1", "<f4"),
    DType.INT8: ("i1", "<f4"),
    DType.UINT8: ("u1", "<f4"),
    DType.INT16: ("<i2", "<f8"),
    DType.UINT16: ("<u2", "<f8"),
    DType.INT32: ("<i4", "<f8"),
    DType.UINT32: ("<u4", "<f8"),
    DType.INT64: ("<i8", "<f8"),
    DType.UINT64: ("<u8", "<f8"),
}


def _as_it_lies(raw: Array, buffer: Array) -> Array:
    return raw


def _wider(raw: Array) -> Array:
    return raw.astype("<f8")


def _copied(raw: Array, buffer: Array) -> Array:
    buffer[:] = raw
    return buffer


def _float16(raw: Array, buffer: Array) -> Array:
    """Exponent and mantissa moved to where float32 has them, the exponent's bias mended by a product.

    Inf and NaN come out as 2^16 and more.
    """
    bits = buffer.view("<i4")
    bits[:] = raw.view("<i2")
    np.left_shift(bits, 13, out=bits)
    np.bitwise_and(bits, np.int32(-0x7000_0001), out=bits)  # the sign was spread over bits 28 to 31: keep the last
    return np.multiply(buffer, np.float32(2.0**112), out=buffer)


def _float16_exact(raw: Array) -> Array:
    return raw.view("<f2").astype("<f8")


def _bfloat16(raw: Array, buffer: Array) -> Array:
    """The upper half of a float32."""
    np.left_shift(raw, 16, out=buffer.view("<u4"), dtype="<u4")
    return buffer


def _bfloat16_exact(raw: Array) -> Array:
    return _bfloat16(raw, np.empty(raw.size, "<f4")).astype("<f8")


def _halves(low: int, high: int, smallest: int) -> tuple[float, float, float]:
    return _THREE_FLOAT16.unpack(_THREE_PATTERNS.pack(low, high, smallest))


def _upper_halves(low: int, high: int, smallest: int) -> tuple[float, float, float]:
    return _THREE_FLOAT32.unpack(_THREE_HALVES.pack(low, high, smallest))


_THREE_FLOAT16, _THREE_PATTERNS = struct.Struct("<3e"), struct.Struct("<3H")
_THREE_FLOAT32, _THREE_HALVES = struct.Struct("<3f"), struct.Struct("<2xH2xH2xH")


def smallest_magnitude(block: Array) -> float:
    """Of floats of 32 or 64 bits, by the order of the bits: reading them twice costs less than taking the signs away.

    Read as unsigned integers, positive numbers are the least and grow with their magnitude; read as signed integers,
    negative numbers are the least and grow with theirs.
    """
    unsigned, signed, number = _BITS[block.itemsize]
    least, faintest = int(np.minimum.reduce(block.view(unsigned))), int(np.minimum.reduce(block.view(signed)))
    if faintest < 0:
        least = min(least, faintest + (1 << 8 * block.itemsize - 1))
    found: float = number.unpack(least.to_bytes(block.itemsize, "little"))[0]
    return found


_BITS = {4: ("<u4", "<i4", struct.Struct("<f")), 8: ("<u8", "<i8", struct.Struct("<d"))}


def ends(raw: Array, by_bits: Callable[[int, int, int], tuple[float, float, float]]) -> tuple[float, float, float]:
    """The least and the greatest number and the smallest magnitude, by the order of the bits.

    Read as int16, positive numbers keep their order and negative ones are all below them; read as uint16, negative
    numbers grow with their magnitude. A pattern past the infinities is a NaN, and comes out as one.
    """
    signed = raw.view("<i2")
    least, greatest = int(np.minimum.reduce(raw)), int(np.maximum.reduce(raw))
    faintest, highest = int(np.minimum.reduce(signed)) & 0xFFFF, int(np.maximum.reduce(signed))
    low = greatest if greatest >= 0x8000 else least
    high = highest if highest >= 0 else faintest
    smallest = min(least, faintest & 0x7FFF) if faintest >= 0x8000 else least
    return by_bits(low, high, smallest)


def _coded(dtype: int) -> Lens:
    width = BITS[dtype]
    packed = 8 // width
    table = np.array(_CODED[dtype](), "<f4")

    def decode(raw: Array, buffer: Array) -> Array:
        codes = raw
        if packed > 1:  # the first element in the lowest bits
            codes = np.empty((raw.size, packed), "u1")
            for i in range(packed):
                codes[:, i] = (raw >> (i * width)) & (len(table) - 1)
            codes = codes.reshape(-1)
        return np.take(table, codes, out=buffer, mode="clip")

    def exact(raw: Array) -> Array:
        return decode(raw, np.empty(raw.size * packed, "<f4")).astype("<f8")

    bits = width if dtype in _WHOLE_CODES else 0
    signed = dtype in (DType.INT4, DType.INT2)
    return Lens("u1", "<f4", packed, 0.0, FLOAT32_MOST, decode, exact, bits=bits, signed=signed)


def _minifloat(
    exponent: int, mantissa: int, bias: int, nan: frozenset[int], infinite: int | None = None
) -> list[float]:
    """The value of every code of a small float: sign, exponent, mantissa."""
    values = []
    for code in range(1 << (exponent + mantissa)):
        power, fraction = code >> mantissa, code & ((1 << mantissa) - 1)
        if code in nan:
            values.append(math.nan)
        elif code == infinite:
            values.append(math.inf)
        elif power == 0:
            values.append(math.ldexp(fraction, 1 - bias - mantissa))
        else:
            values.append(math.ldexp((1 << mantissa) + fraction, power - bias - mantissa))
    negative = [-v for v in values]
    if len(values) in nan:  # the kinds without a negative zero: its code is their only NaN
        negative[0] = math.nan
    return values + negative


def _signed(bits: int) -> list[float]:
    half = 1 << (bits - 1)
    return [float(v) for v in (*range(half), *range(-half, 0))]


_WHOLE_CODES = frozenset({DType.UINT4, DType.INT4, DType.UINT2, DType.INT2})

_CODED: dict[int, Callable[[], list[float]]] = {
    DType.FLOAT8E4M3FN: lambda: _minifloat(4, 3, 7, frozenset({0x7F})),
    DType.FLOAT8E4M3FNUZ: lambda: _minifloat(4, 3, 8, frozenset({0x80})),
    DType.FLOAT8E5M2: lambda: _minifloat(5, 2, 15, frozenset({0x7D, 0x7E, 0x7F}), 0x7C),
    DType.FLOAT8E5M2FNUZ: lambda: _minifloat(5, 2, 16, frozenset({0x80})),
    DType.FLOAT4E2M1: lambda: _minifloat(2, 1, 1, frozenset()),
    DType.FLOAT8E8M0: lambda: [*(math.ldexp(1.0, code - 127) for code in range(255)), math.nan],
    DType.UINT4: lambda: [float(v) for v in range(16)],
    DType.INT4: lambda: _signed(4),
    DType.UINT2: lambda: [float(v) for v in range(4)],
    DType.INT2: lambda: _signed(2),
}
