"""How ONNX writes the elements of each type, in raw data and in the typed fields; in pure Python.

Small types: the fields of onnx.proto and numpy_helper.py say how their bits are packed (least significant first).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache

from .dtypes import BITS, DType
from .wire import varints

FLOAT_DATA, INT32_DATA, STRING_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA = 4, 5, 6, 7, 9, 10, 11
FIELD_NAMES = {
    FLOAT_DATA: "float_data",
    INT32_DATA: "int32_data",
    STRING_DATA: "string_data",
    INT64_DATA: "int64_data",
    RAW_DATA: "raw_data",
    DOUBLE_DATA: "double_data",
    UINT64_DATA: "uint64_data",
}
FIELD_OF_DTYPE: dict[int, int] = {
    DType.FLOAT: FLOAT_DATA,
    DType.COMPLEX64: FLOAT_DATA,
    DType.DOUBLE: DOUBLE_DATA,
    DType.COMPLEX128: DOUBLE_DATA,
    DType.INT64: INT64_DATA,
    DType.UINT32: UINT64_DATA,
    DType.UINT64: UINT64_DATA,
    DType.STRING: STRING_DATA,
}
"""The typed field of each element type; all others go into int32_data."""

COMPLEX = frozenset({DType.COMPLEX64, DType.COMPLEX128})
WIDTHS = {FLOAT_DATA: 4, DOUBLE_DATA: 8}  # bytes of a value in the fields of fixed width
FORMATS: dict[int, str] = {
    DType.FLOAT: "f", DType.UINT8: "B", DType.INT8: "b", DType.UINT16: "H", DType.INT16: "h", DType.INT32: "i",
    DType.INT64: "q", DType.BOOL: "?", DType.FLOAT16: "e", DType.DOUBLE: "d", DType.UINT32: "I", DType.UINT64: "Q",
}  # fmt: skip

Scalar = int | float | bool | str


def known(dtype: int) -> bool:
    return dtype in BITS or dtype == DType.STRING


def values_in_field(dtype: int, elements: int) -> int:
    """How many values the typed field of a type holds for so many elements."""
    if dtype in COMPLEX:
        return 2 * elements
    bits = BITS.get(dtype, 8)
    return (elements * bits + 7) // 8 if bits in (2, 4) else elements


def from_raw(dtype: int, raw: bytes, elements: int) -> tuple[Scalar, ...] | None:
    """The elements in raw data; None for complex numbers, for which there is no scalar here."""
    code = FORMATS.get(dtype)
    if code is not None:
        return struct.unpack(f"<{elements}{code}", raw)
    if dtype == DType.BFLOAT16:
        return tuple(_bfloat16(bits) for (bits,) in struct.iter_unpack("<H", raw))
    bits = BITS.get(dtype, 0)
    if not 0 < bits <= 8:
        return None
    table = small_values(dtype)
    return tuple(table[code] for code in codes(raw, bits, elements))


def from_field(dtype: int, values: Sequence[int | float], elements: int) -> tuple[Scalar, ...] | None:
    """The elements in the values of a typed field (integers as unsigned 64-bit numbers, as varints are)."""
    if dtype in COMPLEX:
        return None
    if FIELD_OF_DTYPE.get(dtype) in WIDTHS:
        return tuple(values)
    numbers = [int(v) for v in values]
    bits = BITS[dtype]
    if bits < 8 and bits != 6:
        return from_raw(dtype, bytes(n & 0xFF for n in numbers), elements)
    if bits == 6:
        table = small_values(dtype)
        return tuple(table[n & 0x3F] for n in numbers)
    if dtype == DType.BOOL:
        return tuple(n & 0xFF != 0 for n in numbers)
    mask = (1 << bits) - 1
    raw = b"".join((n & mask).to_bytes(bits // 8, "little") for n in numbers)
    return from_raw(dtype, raw, elements)


def codes(raw: bytes, bits: int, elements: int) -> Iterator[int]:
    """Unsigned numbers of a few bits, packed from the least significant bit on."""
    mask, each = (1 << bits) - 1, 24 // bits
    for i in range(0, elements, each):
        at = i * bits // 8
        group = int.from_bytes(raw[at : at + 3], "little")
        for j in range(min(each, elements - i)):
            yield group >> j * bits & mask


def field_values(field: int, raw: bytes, tagged: bool) -> list[int | float | bytes]:
    """The values in the bytes of a span; ValueError where they are cut."""
    if tagged:
        return list(_tagged(field, raw))
    if field in WIDTHS:
        width = WIDTHS[field]
        if len(raw) % width:
            raise ValueError(f"{FIELD_NAMES[field]} of {len(raw)} bytes, which is not a multiple of {width}")
        return list(struct.unpack(f"<{len(raw) // width}{'f' if width == 4 else 'd'}", raw))
    return list(varints(raw))


def _tagged(field: int, raw: bytes) -> Iterator[int | float | bytes]:
    """Values that stand one by one behind their tags; `Wire.message` has checked that they are whole."""
    at, end = 0, len(raw)
    while at < end:
        at = _past(raw, at)
        start = at
        if field in WIDTHS:
            at += WIDTHS[field]
            yield struct.unpack("<f" if field == FLOAT_DATA else "<d", raw[start:at])[0]
            continue
        at = _past(raw, at)
        number = varints(raw[start:at])[0]
        if field == STRING_DATA:
            yield raw[at : at + number]
            at += number
        else:
            yield number


def _past(raw: bytes, at: int) -> int:
    while raw[at] > 127:
        at += 1
    return at + 1


def _bfloat16(bits: int) -> float:
    value: float = struct.unpack("<f", (bits << 16).to_bytes(4, "little"))[0]
    return value


@cache
def small_values(dtype: int) -> tuple[int | float, ...]:
    """The value of every code of a type of at most 8 bits."""
    bits = BITS[dtype]
    match dtype:
        case DType.UINT4 | DType.UINT2:
            return tuple(range(1 << bits))
        case DType.INT4 | DType.INT2:
            half = 1 << bits - 1
            return tuple((code ^ half) - half for code in range(1 << bits))
        case DType.FLOAT8E8M0:
            return (*(2.0 ** (code - 127) for code in range(255)), float("nan"))
    exponent, bias = _MINIFLOATS[dtype]
    return tuple(_minifloat(dtype, code, exponent, bits - 1 - exponent, bias) for code in range(1 << bits))


_MINIFLOATS: dict[int, tuple[int, int]] = {  # bits of the exponent, bias
    DType.FLOAT8E4M3FN: (4, 7),
    DType.FLOAT8E4M3FNUZ: (4, 8),
    DType.FLOAT8E5M2: (5, 15),
    DType.FLOAT8E5M2FNUZ: (5, 16),
    DType.FLOAT4E2M1: (2, 1),
    DType.FLOAT6E2M3: (2, 1),
    DType.FLOAT6E3M2: (3, 3),
}


def _minifloat(dtype: int, code: int, exponent_bits: int, mantissa_bits: int, bias: int) -> float:
    sign = -1.0 if code >> (exponent_bits + mantissa_bits) else 1.0
    rest = code & (1 << exponent_bits + mantissa_bits) - 1
    exponent, mantissa = rest >> mantissa_bits, rest & (1 << mantissa_bits) - 1
    if dtype in (DType.FLOAT8E4M3FNUZ, DType.FLOAT8E5M2FNUZ) and sign < 0 and not rest:
        return float("nan")  # where minus zero would be
    if dtype == DType.FLOAT8E4M3FN and rest == 0x7F:
        return float("nan")
    if dtype == DType.FLOAT8E5M2 and exponent == 31:
        return float("nan") if mantissa else sign * float("inf")
    if not exponent:
        return sign * mantissa * 2.0 ** (1 - bias - mantissa_bits)
    return sign * (1 + mantissa / (1 << mantissa_bits)) * 2.0 ** (exponent - bias)
