"""com.microsoft: matrix products whose weights are packed, mostly into a few bits each.

`macs` are those of the product that is meant, however few bits a weight has.
"""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Exact, Fact, Need, ShapeError
from ...sizes.dim import Size, ceil_div
from ..checks import integers, of_rank, size_text, tally
from ..linear import multiply
from .heads import added
from .microsoft import last, microsoft, same_as_input, with_last


@microsoft("MatMulNBits")
def matmul_n_bits(
    a: Fact,
    b: Fact,
    scales: Fact,
    zero_points: Fact | None = None,
    g_idx: Fact | None = None,
    bias: Fact | None = None,
    *,
    K: int,
    N: int,
    bits: int = 4,
    block_size: int,
    weight_prepacked: int = 0,
) -> Answer:
    """A times the transposed N x K weight, of which each block of a row has a scale.

    Older files keep scales flat, and newer ones may keep the weight in a layout of their own.
    """
    answer = _of_features(a, N, K)
    needs: dict[str, Need] = {"bias": Exact((N,), "learnable")}
    if weight_prepacked or block_size < 1 or bits not in (2, 4, 8):
        return answer._replace(needs=needs)
    blocks = ceil_div(K, block_size)
    if b.shape and len(b.shape) == 3:
        needs["b"] = Exact((N, blocks, block_size * bits // 8), "learnable")
    needs["scales"] = _rows(scales, N, blocks)
    if zero_points is not None and zero_points.dtype is not None:
        whole = zero_points.dtype != DType.UINT8.value  # else packed as the weight is
        needs["zero_points"] = _rows(zero_points, N, blocks if whole else ceil_div(blocks * bits, 8))
    return answer._replace(needs=needs)


def _rows(x: Fact, rows: int, columns: Size) -> Exact:
    """A matrix, which may lie flat."""
    return Exact((tally(rows, columns),) if x.shape is not None and len(x.shape) == 1 else (rows, columns))


@microsoft("MatMulBnb4")
def matmul_bnb4(
    a: Fact, b: Fact, absmax: Fact, *, K: int, N: int, block_size: int, training_mode: int = 0, transB: int = 1
) -> Answer:
    """A weight of 4-bit floats, flat, two in a byte; not transposed, Y has as many columns as A."""
    answer = _of_features(a, N, K)
    if transB:
        return answer
    return Answer((with_last(a, None),), macs=None)


@microsoft("MatMulPacked")
def matmul_packed(a: Fact, b: Fact, global_scale: Fact | None = None, *, K: int, N: int) -> Answer:
    return _of_features(a, N, K)


@microsoft("MatMulNBitsMlp")
def matmul_n_bits_mlp(
    a: Fact,
    skip: Fact | None = None,
    norm_scale: Fact | None = None,
    gate_b: Fact | None = None,
    gate_scales: Fact | None = None,
    gate_bias: Fact | None = None,
    up_b: Fact | None = None,
    up_scales: Fact | None = None,
    up_bias: Fact | None = None,
    *,
    K: int,
    N: int,
) -> Answer:
    """Two products of one input, the one gating the other."""
    answer = _of_features(a, N, K)
    return answer._replace(outputs=(*answer.outputs, same_as_input(a)), macs=added(answer.macs, answer.macs))


@microsoft("MatMulNBitsQkv")
def matmul_n_bits_qkv(
    a: Fact,
    skip: Fact | None = None,
    norm_scale: Fact | None = None,
    q_b: Fact | None = None,
    q_scales: Fact | None = None,
    q_bias: Fact | None = None,
    k_b: Fact | None = None,
    k_scales: Fact | None = None,
    k_bias: Fact | None = None,
    v_b: Fact | None = None,
    v_scales: Fact | None = None,
    v_bias: Fact | None = None,
    *,
    K: int,
    Nq: int,
    Nkv: int,
) -> Answer:
    query, key = _of_features(a, Nq, K).outputs[0], _of_features(a, Nkv, K).outputs[0]
    return Answer((query, key, key, same_as_input(a)), macs=_of_features(a, Nq + 2 * Nkv, K).macs)


@microsoft("MatMulNBitsQLoRA")
def matmul_n_bits_qlora(
    x: Fact,
    w: Fact,
    scales: Fact,
    lora_a: Fact,
    lora_a_scales: Fact,
    lora_b: Fact,
    lora_b_scales: Fact,
    *,
    K: int,
    N: int,
) -> Answer:
    """A second product of low rank goes beside the first."""
    answer = _of_features(x, N, K)
    rank = lora_a_scales.shape[0] if lora_a_scales.shape and len(lora_a_scales.shape) > 1 else None
    rows = x.shape[:-1] if x.shape else (None,)
    return answer._replace(macs=added(answer.macs, tally(*rows, K + N, rank)))


def _of_features(a: Fact, columns: int, inner: int) -> Answer:
    """Y has A's axes, of the last as many as the weight has rows."""
    if a.shape is None:
        return Answer((a.unknown(),), macs=None)
    found = last(a)
    if isinstance(found, int) and found != inner:
        raise ShapeError(f"K is {inner}, and A has {found} features", attribute="K")
    return Answer(
        (with_last(a, columns),),
        macs=tally(*a.shape[:-1], inner, columns),
        formula=lambda: f"{size_text(found)} features in, {columns} out",
    )


@microsoft("MatMulFpQ4")
def matmul_fp_q4(a: Fact, b: Fact, b_shape: Fact) -> Answer:
    """B is one blob; what shape it stands for, B_shape says."""
    sizes = integers(b_shape)
    if sizes is None or len(sizes) != 2:
        return Answer((with_last(a, None),), macs=None)
    return multiply(a, Fact(a.dtype, sizes), a.dtype)._replace(needs={})


@microsoft("MatMulBlockQuantizedFp8Weight")
def matmul_fp8_weight(a: Fact, b: Fact, b_scale: Fact, a_scale: Fact | None = None, bias: Fact | None = None) -> Answer:
    return _transposed(a, b, 1)


@microsoft("MatMulBlockQuantizedFp4Weight")
def matmul_fp4_weight(
    a: Fact,
    b: Fact,
    weight_scale: Fact,
    weight_scale_2: Fact,
    input_scale: Fact | None = None,
    bias: Fact | None = None,
) -> Answer:
    """Two weights in a byte."""
    return _transposed(a, b, 2)


def _transposed(a: Fact, b: Fact, in_a_byte: int) -> Answer:
    rows, packed = of_rank(b, 2, "b")
    y = with_last(a, rows)
    inner = last(a)
    macs = None if y.shape is None else tally(*y.shape, inner)
    return Answer((y,), {"b": Exact((rows, packed if in_a_byte > 1 else inner), "learnable")}, macs)
