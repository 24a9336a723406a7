"""Values of small tensors, followed element by element.

``elements`` are row-major and there only where every size of the shape is a number. A value is what the operator
computes, rounded as the tensor's dtype rounds it, or None where that is not certain: an integer that wraps around, a
division by zero, a name in a float.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from math import copysign, isfinite, isinf, isnan, prod, sqrt
from typing import TypeAlias

from ...model.dtypes import DType
from ..fact import MOST_ELEMENTS, Element, Fact, Shape
from ..sizes.dim import Dim, Size, TooComplex, less, mod, same, trunc_div

Elements: TypeAlias = tuple[Element, ...]

_RANGES: dict[int, tuple[int, int]] = {
    DType.UINT8: (0, 2**8 - 1),
    DType.INT8: (-(2**7), 2**7 - 1),
    DType.UINT16: (0, 2**16 - 1),
    DType.INT16: (-(2**15), 2**15 - 1),
    DType.INT32: (-(2**31), 2**31 - 1),
    DType.INT64: (-(2**63), 2**63 - 1),
    DType.UINT32: (0, 2**32 - 1),
    DType.UINT64: (0, 2**64 - 1),
}
_MOST_FLOATS = 8  # scales, bounds of a Range: whatever is longer is data
_FORMATS: dict[int, str] = {DType.FLOAT: "f", DType.FLOAT16: "e"}
_FLOATS = frozenset({DType.FLOAT, DType.FLOAT16, DType.DOUBLE, DType.BFLOAT16})
_NARROW = frozenset({DType.FLOAT16, DType.BFLOAT16})
_WIDE = frozenset({DType.INT32, DType.INT64, DType.UINT32, DType.UINT64})
_EXACT = 2**53  # up to here a double holds every integer


def follow(compute: Callable[..., Element], dtype: int | None, shape: Shape | None, *facts: Fact) -> Elements | None:
    """The elements of an element-wise result, where those of every input are followed."""
    columns = [spread(fact, shape) for fact in facts]
    if any(column is None for column in columns):
        return None
    return kept(once(compute, dtype, *values) for values in zip(*columns, strict=True))


def once(compute: Callable[..., Element], dtype: int | None, *values: Element) -> Element:
    """One element; None where an operand is unknown, or the result has no certain value."""
    if None in values:
        return None
    try:
        return settled(compute(*values), dtype)
    except (ArithmeticError, ValueError, TooComplex):
        return None


def kept(elements: Iterable[Element]) -> Elements | None:
    """Elements of which at least one is known."""
    found = tuple(elements)
    return found if not found or any(e is not None for e in found) else None


def settled(value: Element, dtype: int | None) -> Element:
    """What a tensor of this dtype holds, where ``value`` was worked out."""
    if value is None or dtype is None:
        return None
    if dtype == DType.BOOL:
        return value if isinstance(value, bool) else None
    if dtype in _RANGES:
        low, high = _RANGES[dtype]
        if isinstance(value, Dim):
            return value if dtype in _WIDE and _stays_within(value, low, high) else None
        return int(value) if isinstance(value, int) and low <= value <= high else None
    if dtype in _FLOATS:  # a size is never kept as a float: beyond 2**24 float32 would round it
        if not isinstance(value, float):
            return None
        result = rounded(value, dtype)
        # Between two operators on 16 bits, runtimes may keep 32.
        return result if dtype not in _NARROW or result == value or isnan(value) else None
    return value if dtype == DType.STRING and isinstance(value, str) else None


def _stays_within(value: Dim, low: int, high: int) -> bool:
    """A count never comes near the end of a wide type, unless great numbers bring it there; but it may fall below 0."""
    if low == 0 and less(value, 0) is not False:
        return False
    return all(abs(k) <= high // 2 for _, k in value.terms)


def rounded(value: float, dtype: int) -> float:
    """A float as the dtype holds it: to the nearest, ties to even."""
    if dtype == DType.DOUBLE or not isfinite(value):
        return value
    if dtype == DType.BFLOAT16:
        (bits,) = struct.unpack("<I", struct.pack("<f", rounded(value, DType.FLOAT)))
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
        (value,) = struct.unpack("<f", struct.pack("<I", bits))
        return value
    code = _FORMATS[dtype]
    try:
        (value,) = struct.unpack(code, struct.pack(code, value))
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    return value


def followable(dtype: int | None, count: int) -> bool:
    """Whether so many values of this dtype are worth following."""
    return count <= (_MOST_FLOATS if dtype in _FLOATS else MOST_ELEMENTS)


# Places


def counted(shape: Shape | None) -> tuple[int, ...] | None:
    """The shape, where every size is a number and the tensor is small enough to follow."""
    if shape is None:
        return None
    sizes = tuple(s for s in shape if isinstance(s, int))
    return sizes if len(sizes) == len(shape) and prod(sizes) <= MOST_ELEMENTS else None


def strides(sizes: Sequence[int]) -> list[int]:
    """How far apart two neighbours along each axis lie."""
    steps = [1] * len(sizes)
    for i in range(len(sizes) - 1, 0, -1):
        steps[i - 1] = steps[i] * sizes[i]
    return steps


def places(axes: Iterable[Iterable[int]]) -> list[int]:
    """Row-major positions; for each axis, how far each of its indices lies from its start."""
    found = [0]
    for offsets in axes:
        offsets = list(offsets)
        found = [place + offset for place in found for offset in offsets]
    return found


def picked(x: Fact, indices: Sequence[Iterable[int]]) -> Elements | None:
    """The elements at these indices of each axis, as a box."""
    sizes = counted(x.shape)
    if x.elements is None or sizes is None:
        return None
    steps = strides(sizes)
    at = places((i * step for i in axis) for axis, step in zip(indices, steps, strict=True))
    return tuple(x.elements[i] for i in at) if len(at) <= MOST_ELEMENTS else None


def spread(x: Fact, shape: Shape | None) -> Elements | None:
    """The elements of ``x``, stretched to a shape that it broadcasts to."""
    if x.elements is None or x.shape == shape:
        return x.elements
    mine, sizes = counted(x.shape), counted(shape)
    if mine is None or sizes is None:
        return None
    if len(x.elements) == 1:
        return x.elements * prod(sizes)
    mine = (1,) * (len(sizes) - len(mine)) + mine
    steps = strides(mine)
    at = places(
        [0] * size if own == 1 else range(0, size * step, step) if step else [0] * size
        for size, own, step in zip(sizes, mine, steps, strict=True)
    )
    return tuple(x.elements[i] for i in at)


# Arithmetic


def divide(a: Element, b: Element) -> Element:
    """Integers truncate towards zero."""
    if isinstance(a, int | Dim) and isinstance(b, int | Dim):
        return trunc_div(a, b)
    return a / b if isinstance(a, float) and isinstance(b, float) else None


def remainder(a: Element, b: Element) -> Element:
    """Mod with the sign of the divisor."""
    return mod(a, b) if isinstance(a, int | Dim) and isinstance(b, int | Dim) else None


def remainder_of_c(a: Element, b: Element) -> Element:
    """Mod with the sign of the dividend: C's fmod."""
    if isinstance(a, int | Dim) and isinstance(b, int | Dim):
        return a - trunc_div(a, b) * b
    return None


def power(a: Element, b: Element) -> Element:
    """Only where no way to compute it can round."""
    if isinstance(b, float) and b.is_integer() and abs(b) <= 64:
        b = int(b)
    if isinstance(b, bool | str | Dim | float) or b is None or not 0 <= b <= 64:
        return None
    if isinstance(a, Dim):
        result: Size = 1
        for _ in range(b if b <= 8 else 0):
            result = result * a
        return result if b <= 8 else None
    if isinstance(a, float):
        return float(int(a) ** b) if a.is_integer() and abs(int(a) ** b) <= 2**24 else None
    return a**b if isinstance(a, int) and abs(a**b) <= _EXACT else None


def square_root(a: Element) -> Element:
    return sqrt(a) if isinstance(a, float) else None


def absolute(a: Element) -> Element:
    if isinstance(a, Dim):
        below = less(a, 0)
        return None if below is None else -a if below else a
    return abs(a) if isinstance(a, int | float) else None


def sign(a: Element) -> Element:
    if isinstance(a, int | Dim):
        below, above = less(a, 0), less(0, a)
        return -1 if below else 1 if above else 0 if below is False and above is False else None
    if isinstance(a, float) and not isnan(a):
        return float((a > 0) - (a < 0))
    return None


def equal(a: Element, b: Element) -> bool | None:
    if isinstance(a, int | Dim) and isinstance(b, int | Dim):
        return same(a, b)
    return None if a is None or b is None else a == b


def smaller(a: Element, b: Element) -> bool | None:
    if isinstance(a, int | Dim) and isinstance(b, int | Dim):
        return less(a, b)
    return a < b if isinstance(a, float) and isinstance(b, float) else None


def not_greater(a: Element, b: Element) -> bool | None:
    """``a <= b``; NaN is neither above nor below."""
    if isinstance(a, float) and isinstance(b, float):
        return a <= b
    return negated(smaller(b, a))


def negated(a: Element) -> bool | None:
    return None if a is None else not a


def converted(value: Element, source: int | None, target: int) -> Element:
    """A value cast to another dtype (https://onnx.ai/onnx/operators/onnx__Cast.html); None where that is undefined."""
    if value is None or isinstance(value, str) or source is None:
        return value if source == target == DType.STRING else None
    if target == DType.BOOL:
        if isinstance(value, float) and value == 0 and copysign(1, value) < 0 and source not in _FLOATS:
            return None  # onnxruntime calls the -0 of 8 bits true
        zero = same(value, 0) if isinstance(value, Dim) else value == 0
        return None if zero is None else not zero
    if target in _RANGES:
        if isinstance(value, float):
            return None if isnan(value) or isinf(value) else settled(int(value), target)
        if isinstance(value, Dim):
            return settled(value, target)
        low, high = _RANGES[target]
        return (int(value) - low) % (high - low + 1) + low  # the higher bits are discarded
    if target not in _FLOATS or isinstance(value, Dim) or (isinstance(value, int) and abs(value) > _EXACT):
        return None
    result = rounded(float(value), target)
    if result == value or isnan(result):
        return result
    # Between wide and 16-bit types some runtimes round twice.
    return None if target in _NARROW else result
