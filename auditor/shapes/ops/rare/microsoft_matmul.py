"""com.microsoft: matrix products, fused, and of integers."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, BroadcastsTo, Exact, Fact, Need
from ..checks import broadcast
from ..linear import gemm, multiply, per_column, per_row
from .microsoft import last, microsoft, with_last

_ONE = BroadcastsTo((1,))


# Fused


@microsoft("FusedGemm")
def fused_gemm(a: Fact, b: Fact, c: Fact | None = None, *, transA: int = 0, transB: int = 0) -> Answer:
    """Gemm with the activation behind it."""
    return gemm(a, b, c, transA=transA, transB=transB)


@microsoft("GemmFloat8")
def gemm_float8(
    a: Fact,
    b: Fact,
    c: Fact | None = None,
    scalea: Fact | None = None,
    scaleb: Fact | None = None,
    scaley: Fact | None = None,
    *,
    dtype: int = 1,
    transA: int = 0,
    transB: int = 0,
) -> Answer:
    answer = gemm(a, b, c, transA=transA, transB=transB)
    return answer._replace(outputs=(Fact(dtype, answer.outputs[0].shape),))


@microsoft("TransposeMatMul")
def transpose_matmul(a: Fact, b: Fact, *, transA: int = 0, transB: int = 0) -> Answer:
    return fused_matmul(a, b, transA=transA, transB=transB)


@microsoft("FusedMatMul", "FusedMatMulActivation")
def fused_matmul(
    a: Fact, b: Fact, *, transA: int = 0, transB: int = 0, transBatchA: int = 0, transBatchB: int = 0
) -> Answer:
    """MatMul that may swap the last two axes first, and before that bring the first axis next to the last.

    A vector has no axes to swap.
    """
    left, right = _swapped(a, transA, transBatchA), _swapped(b, transB, transBatchB)
    answer = multiply(left, right, a.dtype or b.dtype)
    plain = not (transB or transBatchB)
    if plain or b.shape is None or len(b.shape) < 2 or right.shape is None:
        return answer
    if transBatchB:
        return answer._replace(needs={})
    *batch, inner, columns = answer.needs["b"].shape
    return answer._replace(needs={"b": Exact((*batch, columns, inner), "learnable")})


def _swapped(x: Fact, transpose: int, batch: int) -> Fact:
    if x.shape is None or len(x.shape) < 2:
        return x
    *front, rows, columns = x.shape
    if batch and front:
        front, rows = [*front[1:], rows], front[0]
    if transpose:
        rows, columns = columns, rows
    return x.shaped(*front, rows, columns)


@microsoft("GemmFastGelu")
def gemm_fast_gelu(x: Fact, w: Fact, bias: Fact | None = None) -> Answer:
    return _named(multiply(x, w, x.dtype or w.dtype), "w", bias=Exact((last(w),), "learnable"))


@microsoft("SparseToDenseMatMul")
def sparse_to_dense_matmul(a: Fact, b: Fact, *, transA: int = 0, transB: int = 0) -> Answer:
    """A is sparse; how many of its elements there are, its shape does not tell."""
    return fused_matmul(a, b, transA=transA, transB=transB)._replace(macs=None)


# Integers


@microsoft("MatMulInteger16")
def matmul_integer16(a: Fact, b: Fact) -> Answer:
    return multiply(a, b, DType.UINT32.value if a.dtype == DType.UINT16.value else _known(a, DType.INT32.value))


def _known(x: Fact, dtype: int) -> int | None:
    return None if x.dtype is None else dtype


@microsoft("MatMulIntegerToFloat")
def matmul_integer_to_float(
    a: Fact,
    b: Fact,
    a_scale: Fact,
    b_scale: Fact,
    a_zero_point: Fact | None = None,
    b_zero_point: Fact | None = None,
    bias: Fact | None = None,
) -> Answer:
    return _named(
        multiply(a, b, a_scale.dtype),
        "b",
        a_scale=per_row(a, a_scale),
        b_scale=per_column(b),
        a_zero_point=per_row(a, a_zero_point),
        b_zero_point=per_column(b),
        bias=Exact((last(b),), "learnable"),
    )


@microsoft("DynamicQuantizeMatMul")
def dynamic_quantize_matmul(
    a: Fact, b: Fact, b_scale: Fact, b_zero_point: Fact | None = None, bias: Fact | None = None
) -> Answer:
    """A is quantised on the way."""
    return _named(
        multiply(a, b, a.dtype),
        "b",
        b_scale=per_column(b),
        b_zero_point=per_column(b),
        bias=Exact((last(b),), "learnable"),
    )


@microsoft("QGemm")
def q_gemm(
    a: Fact,
    a_scale: Fact,
    a_zero_point: Fact,
    b: Fact,
    b_scale: Fact,
    b_zero_point: Fact,
    c: Fact | None = None,
    y_scale: Fact | None = None,
    y_zero_point: Fact | None = None,
    *,
    transA: int = 0,
    transB: int = 0,
) -> Answer:
    """Without a zero point for Y, Y is not quantised."""
    answer = gemm(a, b, c, transA=transA, transB=transB)
    y = answer.outputs[0].shape
    columns = BroadcastsTo((None if y is None else y[1],))
    dtype = DType.FLOAT.value if y_zero_point is None else y_zero_point.dtype
    return _named(
        answer._replace(outputs=(Fact(dtype, y),)),
        "b",
        a_scale=_ONE,
        a_zero_point=_ONE,
        b_scale=columns,
        b_zero_point=columns,
        y_scale=_ONE,
        y_zero_point=_ONE,
    )


@microsoft("QOrderedMatMul")
def q_ordered_matmul(
    a: Fact,
    scale_a: Fact,
    b: Fact,
    scale_b: Fact,
    scale_y: Fact,
    bias: Fact | None = None,
    c: Fact | None = None,
    scale_c: Fact | None = None,
) -> Answer:
    return multiply(a, b, a.dtype)


@microsoft("MulInteger")
def mul_integer(
    a: Fact, a_zero_point: Fact | None = None, b: Fact | None = None, b_zero_point: Fact | None = None
) -> Fact:
    return Fact(DType.INT32.value, None if b is None else broadcast(a.shape, b.shape))


def _named(answer: Answer, weight: str, **needs: Need | None) -> Answer:
    """With the weight under its own name, and more parameters."""
    found = {weight if name == "b" else name: need for name, need in answer.needs.items()}
    return answer._replace(needs={**found, **{name: need for name, need in needs.items() if need is not None}})


@microsoft("RouterGateUpProj")
def router_gate_up_proj(x: Fact, w: Fact, *, router_size: int) -> Answer:
    """One product, cut into the router's part and two halves of which one gates the other."""
    answer = multiply(x, w, x.dtype)
    columns = last(w)
    half = None if columns is None else (columns - router_size) // 2
    return _named(answer._replace(outputs=(with_last(x, router_size), with_last(x, half))), "w")
