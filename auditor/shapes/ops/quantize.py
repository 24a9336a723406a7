"""Operators on integers that stand for real numbers: quantizing, and the quantised twins of Conv and MatMul."""

from __future__ import annotations

from ...model.dtypes import DType
from ..fact import Answer, BroadcastsTo, Exact, Fact, Need, ShapeError
from ..registry import op
from ..sizes.dim import Size, ceil_div
from .linear import multiply, per_column, per_row
from .windows import convolve

_ONE = BroadcastsTo((1,))
"""A scalar; runtimes take a vector of one value for it."""


# QuantizeLinear, DequantizeLinear


@op("QuantizeLinear", since=21)
def quantize_linear(
    x: Fact,
    y_scale: Fact,
    y_zero_point: Fact | None = None,
    *,
    axis: int = 1,
    block_size: int = 0,
    output_dtype: int = 0,
) -> Answer:
    """One scale for all, for each place on an axis, or for each block. https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html"""
    dtype = _quantised(y_zero_point) if y_zero_point is not None else output_dtype or DType.UINT8.value
    need = _scaling(x, y_scale, axis, block_size)
    return Answer((Fact(dtype, x.shape),), {"y_scale": need, "y_zero_point": need} if need else {})


@op("QuantizeLinear", since=13)
def quantize_linear_13(x: Fact, y_scale: Fact, y_zero_point: Fact | None = None, *, axis: int = 1) -> Answer:
    need = _scaling(x, y_scale, axis, 0)
    return Answer((Fact(_quantised(y_zero_point), x.shape),), {"y_scale": need, "y_zero_point": need} if need else {})


@op("QuantizeLinear", since=10)
def quantize_linear_10(x: Fact, y_scale: Fact, y_zero_point: Fact | None = None) -> Answer:
    return Answer((Fact(_quantised(y_zero_point), x.shape),), {"y_scale": _ONE, "y_zero_point": _ONE})


@op("DequantizeLinear", since=23)
def dequantize_linear(
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact | None = None,
    *,
    axis: int = 1,
    block_size: int = 0,
    output_dtype: int = 0,
) -> Answer:
    """The type is the scale's, unless said otherwise."""
    return _dequantize(x, x_scale, output_dtype or x_scale.dtype, axis, block_size)


@op("DequantizeLinear", since=21)
def dequantize_linear_21(
    x: Fact, x_scale: Fact, x_zero_point: Fact | None = None, *, axis: int = 1, block_size: int = 0
) -> Answer:
    return _dequantize(x, x_scale, x_scale.dtype, axis, block_size)


@op("DequantizeLinear", since=19)
def dequantize_linear_19(x: Fact, x_scale: Fact, x_zero_point: Fact | None = None, *, axis: int = 1) -> Answer:
    return _dequantize(x, x_scale, x_scale.dtype, axis, 0)


@op("DequantizeLinear", since=13)
def dequantize_linear_13(x: Fact, x_scale: Fact, x_zero_point: Fact | None = None, *, axis: int = 1) -> Answer:
    return _dequantize(x, x_scale, DType.FLOAT.value, axis, 0)


@op("DequantizeLinear", since=10)
def dequantize_linear_10(x: Fact, x_scale: Fact, x_zero_point: Fact | None = None) -> Answer:
    return Answer((Fact(DType.FLOAT.value, x.shape),), {"x_scale": _ONE, "x_zero_point": _ONE})


def _dequantize(x: Fact, scale: Fact, dtype: int | None, axis: int, block_size: int) -> Answer:
    need = _scaling(x, scale, axis, block_size)
    return Answer((Fact(dtype, x.shape),), {"x_scale": need, "x_zero_point": need} if need else {})


def _quantised(zero_point: Fact | None) -> int | None:
    """The zero point's type is the output's."""
    return DType.UINT8.value if zero_point is None else zero_point.dtype


def _scaling(x: Fact, scale: Fact, axis: int, block_size: int) -> Need | None:
    """The shape of a scale and of its zero point; a single value serves all, whatever the axis says."""
    if x.shape is None or (not block_size and scale.shape in ((), (1,))):
        return None
    rank = len(x.shape)
    if not -rank <= axis < rank:
        if scale.shape is None or (not block_size and len(scale.shape) == 1 and not isinstance(scale.shape[0], int)):
            return None  # it may be a single value
        raise ShapeError(f"axis {axis} is outside a tensor of rank {rank}", attribute="axis")
    size = x.shape[axis]
    if not block_size:
        return BroadcastsTo((size,))
    if block_size < 0:
        raise ShapeError(f"block_size must not be negative, is {block_size}", attribute="block_size")
    at = axis % rank
    blocks = None if size is None else ceil_div(size, block_size)
    return Exact((*x.shape[:at], blocks, *x.shape[at + 1 :]))


@op("DynamicQuantizeLinear", since=11)
def dynamic_quantize_linear(x: Fact) -> tuple[Fact, Fact, Fact]:
    """Scale and zero point come from the data: y, y_scale, y_zero_point."""
    return Fact(DType.UINT8.value, x.shape), Fact(DType.FLOAT.value, ()), Fact(DType.UINT8.value, ())


# Quantised twins


@op("ConvInteger", since=10)
def conv_integer(
    x: Fact,
    w: Fact,
    x_zero_point: Fact | None = None,
    w_zero_point: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """Conv of integers into int32, without a bias."""
    answer = convolve(x, w, None, DType.INT32.value, auto_pad, dilations, group, kernel_shape, pads, strides)
    needs = {"w": answer.needs["w"]} if "w" in answer.needs else {}
    return answer._replace(needs={**needs, "x_zero_point": _ONE, "w_zero_point": BroadcastsTo((_filters(w),))})


@op("QLinearConv", since=10)
def qlinear_conv(
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact,
    w: Fact,
    w_scale: Fact,
    w_zero_point: Fact,
    y_scale: Fact,
    y_zero_point: Fact,
    b: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """Conv of quantised numbers: the weight may have a scale for each filter."""
    answer = convolve(x, w, b, y_zero_point.dtype, auto_pad, dilations, group, kernel_shape, pads, strides)
    per_filter = BroadcastsTo((_filters(w),))
    scaling: dict[str, Need] = {
        "x_scale": _ONE,
        "x_zero_point": _ONE,
        "w_scale": per_filter,
        "w_zero_point": per_filter,
        "y_scale": _ONE,
        "y_zero_point": _ONE,
    }
    return answer._replace(needs={**answer.needs, **scaling})


def _filters(w: Fact) -> Size | None:
    return w.shape[0] if w.shape else None


@op("MatMulInteger", since=10)
def matmul_integer(a: Fact, b: Fact, a_zero_point: Fact | None = None, b_zero_point: Fact | None = None) -> Answer:
    """MatMul of integers into int32; zero points are one for all, one for each row of A, one for each column of B."""
    answer = multiply(a, b, DType.INT32.value)
    return _scaled(answer, a_zero_point=per_row(a, a_zero_point), b_zero_point=per_column(b))


@op("QLinearMatMul", since=10)
def qlinear_matmul(
    a: Fact,
    a_scale: Fact,
    a_zero_point: Fact,
    b: Fact,
    b_scale: Fact,
    b_zero_point: Fact,
    y_scale: Fact,
    y_zero_point: Fact,
) -> Answer:
    return _scaled(
        multiply(a, b, y_zero_point.dtype),
        a_scale=per_row(a, a_scale),
        a_zero_point=per_row(a, a_zero_point),
        b_scale=per_column(b),
        b_zero_point=per_column(b),
    )


def _scaled(answer: Answer, **needs: Need | None) -> Answer:
    return answer._replace(needs={**answer.needs, **{name: need for name, need in needs.items() if need is not None}})
