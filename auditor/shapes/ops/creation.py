"""Operators that make a tensor from nothing, or from sizes; and those that read the sizes of one."""

from __future__ import annotations

from math import ceil, prod

from ...model.dtypes import DType
from ...model.tensor import SparseTensor
from ..fact import Element, Fact, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Dim, Size, ceil_div, greatest
from .checks import length_of, of_rank, one_dtype, one_number, open_axes, sizes_of, tally
from .values import counted, followable, rounded, settled

_INT64 = DType.INT64.value
_FLOAT = DType.FLOAT.value
_WHOLE: dict[int, int] = {DType.FLOAT16: 2**11, DType.BFLOAT16: 2**8, DType.FLOAT: 2**24, DType.DOUBLE: 2**53}
"""Below these, a float holds every whole number."""


@op("Shape")
def shape_of_1(data: Fact) -> Fact:
    return shape_of(data)


@op("Shape", since=15)
def shape_of(data: Fact, *, start: int = 0, end: int | None = None) -> Fact:
    """The sizes from ``start`` to ``end``; both clamped to the axes, as Python does."""
    if data.shape is None:
        return Fact(_INT64, (None,))
    sizes = data.shape[start:end]
    return Fact(_INT64, (len(sizes),), sizes)


@op("Size")
def size_of(data: Fact) -> Fact:
    if data.shape is None:
        return Fact(_INT64, ())
    return Fact(_INT64, (), (tally(*data.shape),))


@op("Constant")
def constant_1(*, value: Fact) -> Fact:
    return value


@op("Constant", since=11)
def constant_11(*, value: Fact | None = None, sparse_value: SparseTensor | None = None) -> Fact:
    return constant(value=value, sparse_value=sparse_value)


@op("Constant", since=12)
def constant(
    *,
    value: Fact | None = None,
    sparse_value: SparseTensor | None = None,
    value_int: int | None = None,
    value_ints: tuple[int, ...] | None = None,
    value_float: float | None = None,
    value_floats: tuple[float, ...] | None = None,
    value_string: str | None = None,
    value_strings: tuple[str, ...] | None = None,
) -> Fact:
    """One of these must be there; ``value`` may be of any dtype and shape."""
    if value is not None:
        return value
    if value_int is not None:
        return Fact(_INT64, (), (value_int,))
    if value_ints is not None:
        return _list(_INT64, value_ints)
    if value_float is not None:
        return Fact(_FLOAT, (), (rounded(float(value_float), _FLOAT),))
    if value_floats is not None:
        return _list(_FLOAT, tuple(rounded(float(v), _FLOAT) for v in value_floats))
    if value_string is not None:
        return Fact(DType.STRING.value, ())
    if value_strings is not None:
        return Fact(DType.STRING.value, (len(value_strings),))
    if isinstance(sparse_value, SparseTensor):
        return Fact(sparse_value.values.dtype, sparse_value.dims)
    raise ShapeError("has no value", attribute="value")


def _list(dtype: int, values: tuple[Element, ...]) -> Fact:
    return Fact(dtype, (len(values),), values if followable(dtype, len(values)) else None)


@op("ConstantOfShape", since=9)
def constant_of_shape(input: Fact, *, value: Fact | None = None) -> Fact:
    """Filled with the one element of ``value``; without it, with 0.0."""
    dtype = _FLOAT if value is None else value.dtype
    shape = sizes_of(input)
    if shape is None:
        return open_axes(Fact(dtype), length_of(input))
    if any(isinstance(size, int) and size < 0 for size in shape):
        raise ShapeError(f"the shape {show(shape)} has a negative size", parameter="input")
    sizes = counted(shape)
    if sizes is None or not followable(dtype, prod(sizes)):
        return Fact(dtype, shape)
    fill: Element = 0.0 if value is None else value.elements[0] if value.elements else None
    return Fact(dtype, shape, None if fill is None else (fill,) * prod(sizes))


@op("Range", since=11)
def range_(start: Fact, limit: Fact, delta: Fact) -> Fact:
    """max(ceil((limit - start) / delta), 0) values: https://onnx.ai/onnx/operators/onnx__Range.html"""
    dtype = one_dtype(start, limit, delta)
    for fact, name in ((start, "start"), (limit, "limit"), (delta, "delta")):
        one_number(fact, name)
    first, last, step = (fact.elements[0] if fact.elements else None for fact in (start, limit, delta))
    if isinstance(first, int | Dim) and isinstance(last, int | Dim) and isinstance(step, int | Dim):
        count = _count(first, last, step)
        if not isinstance(count, int) or not followable(dtype, count):
            return Fact(dtype, (count,))
        values: tuple[Element, ...] = tuple(settled(first + i * step, dtype) for i in range(count))
        return Fact(dtype, (count,), values)
    if isinstance(first, float) and isinstance(last, float) and isinstance(step, float):
        places = _count_of_floats(first, last, step, dtype)
        if places is None or not followable(dtype, places):
            return Fact(dtype, (places,))
        whole = first.is_integer() and step.is_integer()  # else it matters whether they are added up one by one
        return Fact(dtype, (places,), tuple(_held(first + i * step, dtype) for i in range(places)) if whole else None)
    return Fact(dtype, (None,))


def _held(value: float, dtype: int | None) -> Element:
    """A value that no way to add up rounds; beyond the whole numbers that the dtype holds, runtimes differ."""
    return value if dtype is not None and abs(value) < _WHOLE.get(dtype, 0) else None


def _count(first: Size, last: Size, step: Size) -> Size | None:
    if not isinstance(step, int):
        return None
    if step == 0:
        raise ShapeError("delta is 0", parameter="delta")
    return greatest(ceil_div(last - first, step), 0)


def _count_of_floats(first: float, last: float, step: float, dtype: int | None) -> int | None:
    """Known where it does not matter whether the difference is rounded before the division."""
    if step == 0:
        raise ShapeError("delta is 0", parameter="delta")
    if dtype not in (DType.FLOAT, DType.DOUBLE, DType.FLOAT16, DType.BFLOAT16):
        return None
    single = DType.FLOAT if dtype != DType.DOUBLE else dtype  # narrow floats are worked out in float32, too
    try:
        counts = {
            ceil(rounded(rounded(last - first, single) / step, single)),
            ceil((last - first) / step),
            ceil(rounded(last - first, dtype) / step),
            ceil(rounded(rounded(last - first, dtype) / step, dtype)),
        }
    except (ValueError, OverflowError):
        return None
    return max(counts.pop(), 0) if len(counts) == 1 else None


@op("EyeLike", since=9)
def eye_like(input: Fact, *, dtype: int | None = None) -> Fact:
    shape: Shape = of_rank(input, 2, "input")
    return Fact(input.dtype if dtype is None else dtype, shape)
