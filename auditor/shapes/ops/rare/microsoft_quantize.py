"""com.microsoft: quantised twins of element-wise operators, of Gather and of reductions, and other number formats."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, BroadcastsTo, Exact, Fact, Need, Shape, ShapeError
from ..checks import axes_of, axis_of, broadcast, of_rank, tally
from ..cutting import concat
from .microsoft import microsoft, same_as_input

_ONE = BroadcastsTo((1,))


# QuantizeLinear, DequantizeLinear: also of 16 and of 4 bits, before ONNX had them


@microsoft("QuantizeLinear")
def quantize_linear(x: Fact, y_scale: Fact, y_zero_point: Fact | None = None, *, axis: int | None = None) -> Answer:
    dtype = DType.UINT8.value if y_zero_point is None else y_zero_point.dtype
    need = _scaling(x, y_scale, axis)
    return Answer((Fact(dtype, x.shape),), {"y_scale": need, "y_zero_point": need} if need else {})


@microsoft("DequantizeLinear")
def dequantize_linear(x: Fact, x_scale: Fact, x_zero_point: Fact | None = None, *, axis: int | None = None) -> Answer:
    need = _scaling(x, x_scale, axis)
    return Answer((Fact(x_scale.dtype, x.shape),), {"x_scale": need, "x_zero_point": need} if need else {})


def _scaling(x: Fact, scale: Fact, axis: int | None) -> Need | None:
    """One value for all, or one for each place on the axis."""
    if x.shape is None or scale.shape in ((), (1,)):
        return None
    return _ONE if axis is None else BroadcastsTo((x.shape[axis_of(axis, len(x.shape))],))


@microsoft("QuantizeWithOrder")
def quantize_with_order(input: Fact, scale_input: Fact) -> Fact:
    """The order is one of memory, not of axes."""
    return Fact(DType.INT8.value, input.shape)


@microsoft("DequantizeWithOrder")
def dequantize_with_order(input: Fact, scale_input: Fact, *, to: int) -> Fact:
    return Fact(to, input.shape)


@microsoft("QuantizeBFP")
def quantize_bfp(x: Fact) -> tuple[Fact, Fact, Fact]:
    """Blocks of floats that share an exponent, as bytes; beside them, the shape and the strides of X."""
    axes = Fact(DType.INT64.value, (x.rank,))
    return Fact(DType.UINT8.value, (None,)), axes, axes


@microsoft("DequantizeBFP")
def dequantize_bfp(x: Fact, shape: Fact, strides: Fact, *, dtype: int = 1) -> Fact:
    """The shape is a value."""
    if shape.elements is None:
        return Fact(dtype)
    return Fact(dtype, tuple(e if isinstance(e, int) else None for e in shape.elements))


# Element by element


@microsoft("QLinearAdd", "QLinearMul")
def qlinear_add(
    a: Fact,
    a_scale: Fact,
    a_zero_point: Fact | None = None,
    b: Fact | None = None,
    b_scale: Fact | None = None,
    b_zero_point: Fact | None = None,
    c_scale: Fact | None = None,
    c_zero_point: Fact | None = None,
) -> Answer:
    names = ("a_scale", "a_zero_point", "b_scale", "b_zero_point", "c_scale", "c_zero_point")
    shape = None if b is None else broadcast(a.shape, b.shape)
    dtype = a.dtype if a.dtype is not None or b is None else b.dtype
    return Answer((Fact(dtype, shape),), dict.fromkeys(names, _ONE))


@microsoft("QLinearLeakyRelu", "QLinearSigmoid")
def qlinear_activation(
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact | None = None,
    y_scale: Fact | None = None,
    y_zero_point: Fact | None = None,
) -> Answer:
    return Answer((same_as_input(x),), dict.fromkeys(("x_scale", "x_zero_point", "y_scale", "y_zero_point"), _ONE))


@microsoft("QLinearSoftmax")
def qlinear_softmax(
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact | None = None,
    y_scale: Fact | None = None,
    y_zero_point: Fact | None = None,
    *,
    axis: int = -1,
) -> Answer:
    if x.shape:
        axis_of(axis, len(x.shape))
    return qlinear_activation(x, x_scale, x_zero_point, y_scale, y_zero_point)


@microsoft("QLinearWhere")
def qlinear_where(
    condition: Fact,
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact,
    y: Fact,
    y_scale: Fact,
    y_zero_point: Fact,
    z_scale: Fact,
    z_zero_point: Fact,
) -> Fact:
    dtype = x.dtype if x.dtype is not None else y.dtype
    return Fact(dtype, broadcast(condition.shape, x.shape, y.shape))


@microsoft("QLinearConcat")
def qlinear_concat(y_scale: Fact, y_zero_point: Fact, *inputs: Fact, axis: int) -> Answer:
    """Each tensor is followed by its scale and its zero point."""
    if not inputs or len(inputs) % 3:
        raise ShapeError(f"{len(inputs)} inputs are not a multiple of 3: tensors, scales and zero points")
    answer = concat(*(Fact(None, x.shape) for x in inputs[::3]), axis=axis)
    return answer._replace(outputs=(Fact(y_zero_point.dtype, answer.outputs[0].shape),))


@microsoft("QLinearReduceMean")
def qlinear_reduce_mean(
    data: Fact,
    data_scale: Fact,
    data_zero_point: Fact | None = None,
    reduced_scale: Fact | None = None,
    reduced_zero_point: Fact | None = None,
    *,
    axes: tuple[int, ...],
    keepdims: int,
) -> Fact:
    return _reduced(data, data.dtype, axes, keepdims)


@microsoft("ReduceSumInteger")
def reduce_sum_integer(data: Fact, *, axes: tuple[int, ...], keepdims: int) -> Fact:
    """Into 32 bits, signed as the data is."""
    wide = {DType.UINT8.value: DType.UINT32.value, DType.INT8.value: DType.INT32.value}
    return _reduced(data, None if data.dtype is None else wide.get(data.dtype), axes, keepdims)


def _reduced(x: Fact, dtype: int | None, axes: tuple[int, ...], keepdims: int) -> Fact:
    if x.shape is None:
        return Fact(dtype)
    gone = axes_of(axes, len(x.shape))
    if keepdims:
        return Fact(dtype, tuple(1 if i in gone else size for i, size in enumerate(x.shape)))
    return Fact(dtype, tuple(size for i, size in enumerate(x.shape) if i not in gone))


# Tables


@microsoft("GatherBlockQuantized")
def gather_block_quantized(
    data: Fact,
    indices: Fact,
    scales: Fact,
    zero_points: Fact | None = None,
    *,
    bits: int = 4,
    gather_axis: int = 0,
) -> Answer:
    """Gather, and dequantize what was taken. Bytes hold several numbers, side by side on the last axis."""
    if data.shape is None or indices.shape is None or not data.shape:
        return Answer((Fact(scales.dtype),))
    packed = 8 // bits if data.dtype == DType.UINT8.value and bits in (2, 4, 8) else 1
    if data.dtype is None:
        return Answer((Fact(scales.dtype),))
    shape: Shape = (*data.shape[:-1], tally(data.shape[-1], packed))
    at = axis_of(gather_axis, len(shape), "gather_axis")
    y = Fact(scales.dtype, (*shape[:at], *indices.shape, *shape[at + 1 :]))
    return Answer((y,), {"data": Exact(data.shape, "learnable")} if len(data.shape) == 2 else {})


@microsoft("GatherPacked")
def gather_packed(data: Fact, indices: Fact, *, K: int, output_dtype: int = 16) -> Fact:
    return Fact(output_dtype, None if indices.shape is None else (*indices.shape, K))


# Attention in cuBLASLt's orders


@microsoft("QOrderedAttention")
def q_ordered_attention(
    input: Fact,
    scale_input: Fact,
    scale_q_gemm: Fact,
    scale_k_gemm: Fact,
    scale_v_gemm: Fact,
    q_weight: Fact,
    k_weight: Fact,
    v_weight: Fact,
    scale_q_weight: Fact,
    scale_k_weight: Fact,
    scale_v_weight: Fact,
    q_bias: Fact,
    k_bias: Fact,
    v_bias: Fact,
    scale_qkt_gemm: Fact | None = None,
    scale_qkt_softmax: Fact | None = None,
    scale_values_gemm: Fact | None = None,
    mask_index: Fact | None = None,
    past: Fact | None = None,
    attention_bias: Fact | None = None,
) -> Answer:
    batch, length, _ = of_rank(input, 3, "input")
    hidden = of_rank(v_bias, 1, "v_bias")[0]
    return Answer((input.shaped(batch, length, hidden),), macs=None)


@microsoft("QOrderedLongformerAttention")
def q_ordered_longformer_attention(
    input: Fact,
    scale_input: Fact,
    weight: Fact,
    scale_weight: Fact,
    bias: Fact,
    scale_bias: Fact,
    scale_qkv_gemm: Fact,
    mask: Fact,
    global_weight: Fact,
    scale_global_weight: Fact,
    global_bias: Fact,
    scale_global_gemm: Fact,
    global_: Fact,
    scale_output: Fact,
) -> Answer:
    return Answer((same_as_input(input),), macs=None)
