"""What each element type can hold, and how its results are rounded.

A result of one correctly rounded operation is within ``unit`` of the true number, relative to it, or within ``normal``
of it where it is denormal: kernels may flush those to zero. The units are two roundings wide, for a fused product or a
detour over a wider type. onnxruntime computes float16 and bfloat16 on a CPU in float32 and rounds at the end, so a sum
of them rounds as float32 does.
"""

from __future__ import annotations

from math import inf

from ..model.dtypes import DType
from ..tuples import NamedTuple


class Limits(NamedTuple):
    """One element type."""

    low: float  # the least and the greatest finite number
    high: float
    unit: float = 0.0  # relative, of one operation; 0 for integers
    sum_unit: float = 0.0  # relative, of each addition within a sum
    normal: float = 0.0  # the smallest number that is not denormal

    @property
    def floating(self) -> bool:
        return self.unit > 0


def _float(most: float, bits: int, normal: float, sum_bits: int) -> Limits:
    return Limits(-most, most, 2.0 ** (1 - bits), 2.0**-sum_bits, normal)


LIMITS: dict[int, Limits] = {
    DType.FLOAT: _float(3.4028234663852886e38, 24, 2.0**-126, 24),
    DType.DOUBLE: _float(1.7976931348623157e308, 52, 2.0**-1022, 52),
    DType.FLOAT16: _float(65504.0, 11, 2.0**-14, 24),
    DType.BFLOAT16: _float(3.3895313892515355e38, 8, 2.0**-126, 24),
    DType.BOOL: Limits(0.0, 1.0),
    **{
        kind: Limits(-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
        for kind, bits in ((DType.INT8, 8), (DType.INT16, 16), (DType.INT32, 32), (DType.INT64, 64), (DType.INT4, 4))
    },
    **{
        kind: Limits(0.0, 2.0**bits - 1)
        for kind, bits in (
            (DType.UINT8, 8),
            (DType.UINT16, 16),
            (DType.UINT32, 32),
            (DType.UINT64, 64),
            (DType.UINT4, 4),
        )
    },
}
"""Of a 64-bit type the end is rounded up to the next float64."""

INTEGERS = frozenset({2, 3, 4, 5, 6, 7, 12, 13})
"""Integer types whose numbers are followed beyond their ends."""

WRAPPING = frozenset({"Add", "Sub", "Mul", "MatMulInteger"})
"""Operators whose integers may wrap around."""

ANYTHING = Limits(-inf, inf, 1.0, 1.0, 0.0)
"""Of a type that is not known, or of whose numbers nothing is followed."""


def limits(dtype: int | None) -> Limits:
    return LIMITS.get(dtype or 0, ANYTHING)
