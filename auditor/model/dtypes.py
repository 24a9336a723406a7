"""ONNX element types: numbers, names and widths (onnx.proto, TensorProto.DataType)."""

from __future__ import annotations

from enum import IntEnum


class DType(IntEnum):
    """onnx.proto's TensorProto.DataType. A fact carries the plain number, for files may hold any."""

    UNDEFINED = 0
    FLOAT = 1
    UINT8 = 2
    INT8 = 3
    UINT16 = 4
    INT16 = 5
    INT32 = 6
    INT64 = 7
    STRING = 8
    BOOL = 9
    FLOAT16 = 10
    DOUBLE = 11
    UINT32 = 12
    UINT64 = 13
    COMPLEX64 = 14
    COMPLEX128 = 15
    BFLOAT16 = 16
    FLOAT8E4M3FN = 17
    FLOAT8E4M3FNUZ = 18
    FLOAT8E5M2 = 19
    FLOAT8E5M2FNUZ = 20
    UINT4 = 21
    INT4 = 22
    FLOAT4E2M1 = 23
    FLOAT8E8M0 = 24
    UINT2 = 25
    INT2 = 26
    FLOAT6E2M3 = 27
    FLOAT6E3M2 = 28


BITS: dict[int, int] = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2, 27: 6, 28: 6,
}  # fmt: skip
"""Bits of one element in raw_data; strings have none."""

FLOATS = frozenset({1, 10, 11, 16, 17, 18, 19, 20, 23, 24, 27, 28})

QUANTISED = frozenset({2, 3, 21, 22, 25, 26})
"""Integers of eight bits and less: numbers to be rescaled, where they are no bytes of an image."""


def name_of(dtype: int | None) -> str:
    """``float32`` and kin, as NumPy says it; ``dtype 99`` for a number that ONNX does not know; ``?`` for none."""
    return "?" if dtype is None else _NAMES.get(dtype, f"dtype {dtype}")


def bytes_of(dtype: int, elements: int) -> int | None:
    """How many bytes so many elements take in raw_data (2-bit, 4-bit and 6-bit types are packed); None for strings."""
    bits = BITS.get(dtype)
    return None if bits is None else (elements * bits + 7) // 8


_NAMES = {t.value: t.name.lower() for t in DType} | {1: "float32", 11: "float64"}
