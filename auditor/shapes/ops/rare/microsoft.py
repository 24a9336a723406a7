"""com.microsoft: how its operators are registered, and those that keep the shape of what they are given.

All pages are sections of one: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
"""

from __future__ import annotations

from collections.abc import Callable

from ....model.dtypes import DType
from ...fact import Answer, BroadcastsTo, Exact, Fact, Need, Shape, ShapeError, show
from ...registry import Rule_, op
from ...sizes.dim import Size, floor_div
from ..checks import axis_of, broadcast, tally
from .attention import one_shape


def microsoft(*names: str) -> Callable[[Rule_], Rule_]:
    """Register a rule for operators of onnxruntime's own domain, which has one version."""
    return op(*names, domain="com.microsoft")


def same_as_input(x: Fact) -> Fact:
    """The same type and shape; other values."""
    return Fact(x.dtype, x.shape)


def last(x: Fact) -> Size | None:
    return x.shape[-1] if x.shape else None


def of_last(x: Fact, role: str = "learnable") -> Exact:
    """A vector with one value for each place on the last axis."""
    return Exact((last(x),), role)


def with_last(x: Fact, size: Size | None) -> Fact:
    """``x`` with another size of its last axis."""
    return x.unknown() if not x.shape else x.shaped(*x.shape[:-1], size)


# Activations


@microsoft("Gelu", "QuickGelu", "SampleOp", "Inverse")
def activation(x: Fact) -> Fact:
    return same_as_input(x)


@microsoft("ScaledSiLU")
def scaled_silu(x: Fact, scale: Fact | None = None) -> Fact:
    return same_as_input(x)


@microsoft("FastGelu")
def fast_gelu(x: Fact, bias: Fact | None = None) -> Answer:
    return Answer((same_as_input(x),), {"bias": of_last(x)})


@microsoft("BiasGelu")
def bias_gelu(a: Fact, b: Fact) -> Answer:
    """Gelu of A with a bias for each place on its last axis."""
    return Answer((same_as_input(a),), {"b": of_last(a)})


@microsoft("BiasAdd")
def bias_add(x: Fact, bias: Fact, skip: Fact) -> Answer:
    return Answer((same_as_input(x),), {"bias": of_last(x)})


@microsoft("BiasSplitGelu")
def bias_split_gelu(x: Fact, bias: Fact) -> Answer:
    """One half of the last axis gates the other."""
    size = last(x)
    return Answer((with_last(x, None if size is None else floor_div(size, 2)),), {"bias": of_last(x)})


@microsoft("SwiGLU")
def swiglu(gate: Fact, up: Fact | None = None) -> Fact:
    """Without ``up``, both stand side by side on the last axis."""
    if up is not None:
        return Fact(gate.dtype or up.dtype, one_shape(gate, up, "gate and up"))
    size = last(gate)
    return with_last(gate, None if size is None else floor_div(size, 2))


@microsoft("BiasSoftmax")
def bias_softmax(data: Fact, bias: Fact) -> Fact:
    return same_as_input(data)


@microsoft("GatedAdd")
def gated_add(x: Fact, y: Fact, gate: Fact, gate_weight: Fact | None = None) -> Fact:
    return same_as_input(x)


# Normalizations


@op("SimplifiedLayerNormalization")
def simplified_layer_normalization(x: Fact, scale: Fact, *, axis: int = -1, stash_type: int = 1) -> Answer:
    """RMSNormalization as onnxruntime had it before ONNX, and in ONNX's own domain: Y, inv_std_var."""
    if x.shape is None:
        return Answer((Fact(scale.dtype), Fact(stash_type)))
    at = axis_of(axis, len(x.shape))
    kept = Fact(stash_type, x.shape[:at] + (1,) * (len(x.shape) - at))
    return Answer((Fact(scale.dtype, x.shape), kept), {"scale": BroadcastsTo(x.shape[at:], "learnable")})


@microsoft("SkipLayerNormalization")
def skip_layer_normalization(
    input: Fact, skip: Fact, gamma: Fact, beta: Fact | None = None, bias: Fact | None = None
) -> Answer:
    """Y, mean, inv_std_var (one number for each row), and the sum before it is normalized."""
    statistic = Fact(DType.FLOAT.value, None if input.shape is None else (*input.shape[:-1], 1))
    each = of_last(input)
    return Answer(
        (same_as_input(input), statistic, statistic, same_as_input(input)), {"gamma": each, "beta": each, "bias": each}
    )


@microsoft("SkipSimplifiedLayerNormalization")
def skip_simplified_layer_normalization(input: Fact, skip: Fact, gamma: Fact, bias: Fact | None = None) -> Answer:
    answer = skip_layer_normalization(input, skip, gamma, None, bias)
    return answer._replace(needs={"gamma": answer.needs["gamma"], "bias": answer.needs["bias"]})


@microsoft("GroupNorm")
def group_norm(x: Fact, gamma: Fact, beta: Fact, *, channels_last: int = 1) -> Answer:
    """Channels are the last axis, unless said otherwise."""
    each = Exact((_channels(x, channels_last),), "learnable")
    return Answer((same_as_input(x),), {"gamma": each, "beta": each})


@microsoft("SkipGroupNorm")
def skip_group_norm(
    x: Fact, gamma: Fact, beta: Fact, skip: Fact, bias: Fact | None = None, *, channels_last: int = 1
) -> Answer:
    """Y, and the sum before it is normalized."""
    each = Exact((_channels(x, channels_last),), "learnable")
    return Answer((same_as_input(x), same_as_input(x)), {"gamma": each, "beta": each, "bias": each})


def _channels(x: Fact, channels_last: int) -> Size | None:
    if x.shape is None or len(x.shape) < 2:
        return None
    return x.shape[-1 if channels_last else 1]


@microsoft("GatedRMSNorm")
def gated_rms_norm(x: Fact, scale: Fact, gate: Fact) -> Fact:
    return same_as_input(x)


@microsoft("BranchwiseRMSNorm")
def branchwise_rms_norm(x: Fact, scale: Fact | None = None) -> Fact:
    return same_as_input(x)


@microsoft("QOrderedGelu")
def q_ordered_gelu(x: Fact, scale_x: Fact, scale_y: Fact) -> Fact:
    return same_as_input(x)


@microsoft("QOrderedLayerNormalization")
def q_ordered_layer_normalization(
    x: Fact, scale_x: Fact, scale: Fact, b: Fact | None = None, scale_y: Fact | None = None
) -> Fact:
    return same_as_input(x)


# Dropout


@microsoft("BiasDropout")
def bias_dropout(
    data: Fact,
    bias: Fact,
    residual: Fact | None = None,
    ratio: Fact | None = None,
    training_mode: Fact | None = None,
) -> tuple[Fact, Fact]:
    return same_as_input(data), Fact(DType.BOOL.value, data.shape)


@microsoft("BitmaskBiasDropout")
def bitmask_bias_dropout(
    data: Fact,
    bias: Fact,
    residual: Fact | None = None,
    ratio: Fact | None = None,
    training_mode: Fact | None = None,
) -> tuple[Fact, Fact]:
    return bitmask_dropout(data)


@microsoft("BitmaskDropout")
def bitmask_dropout(data: Fact, ratio: Fact | None = None, training_mode: Fact | None = None) -> tuple[Fact, Fact]:
    """The mask has a bit for each element, 32 of them in one number."""
    count = None if data.shape is None else tally(*data.shape)
    words = None if count is None else floor_div(count + 31, 32)
    return same_as_input(data), Fact(DType.UINT32.value, (words,))


# Embeddings and positions


@microsoft("RotaryEmbedding", "MRotaryEmbedding")
def rotary_embedding(input: Fact, position_ids: Fact, cos_cache: Fact, sin_cache: Fact) -> Fact:
    return same_as_input(input)


@microsoft("GemmaRotaryEmbedding")
def gemma_rotary_embedding(emb: Fact, q: Fact, q_rot: Fact, k: Fact, k_rot: Fact) -> tuple[Fact, Fact]:
    return same_as_input(q), same_as_input(k)


@microsoft("EmbedLayerNormalization")
def embed_layer_normalization(
    input_ids: Fact,
    segment_ids: Fact | None = None,
    word_embedding: Fact | None = None,
    position_embedding: Fact | None = None,
    segment_embedding: Fact | None = None,
    gamma: Fact | None = None,
    beta: Fact | None = None,
    mask: Fact | None = None,
    position_ids: Fact | None = None,
    *,
    mask_index_type: int | None = None,
) -> Answer:
    """The normalized sum of up to three embeddings; how many places of each row the mask keeps; the sum itself."""
    hidden = None if word_embedding is None else _row(word_embedding, "word_embedding")
    dtype = None if word_embedding is None else word_embedding.dtype
    y = _embedded(input_ids, hidden, dtype)
    counts = (y.shape[0],) if y.shape and mask_index_type in (None, 0, 1) else None
    needs: dict[str, Need] = {
        "word_embedding": Exact((None, hidden), "learnable"),
        "position_embedding": Exact((None, hidden), "learnable"),
        "segment_embedding": Exact((None, hidden), "learnable"),
        "gamma": Exact((hidden,), "learnable"),
        "beta": Exact((hidden,), "learnable"),
    }
    return Answer((y, Fact(input_ids.dtype, counts), y), needs)


@microsoft("QEmbedLayerNormalization")
def q_embed_layer_normalization(
    input_ids: Fact,
    segment_ids: Fact | None = None,
    word_embedding_quant: Fact | None = None,
    position_embedding_quant: Fact | None = None,
    segment_embedding: Fact | None = None,
    gamma_quant: Fact | None = None,
    beta_quant: Fact | None = None,
    mask: Fact | None = None,
    word_embedding_scale: Fact | None = None,
    position_embedding_scale: Fact | None = None,
    segment_embedding_scale: Fact | None = None,
    gamma_scale: Fact | None = None,
    beta_scale: Fact | None = None,
    word_embedding_zero_point: Fact | None = None,
    position_embedding_zero_point: Fact | None = None,
    segment_embedding_zero_point: Fact | None = None,
    gamma_zero_point: Fact | None = None,
    beta_zero_point: Fact | None = None,
) -> tuple[Fact, Fact]:
    hidden = None if word_embedding_quant is None else _row(word_embedding_quant, "word_embedding_quant")
    y = _embedded(input_ids, hidden, None if word_embedding_scale is None else word_embedding_scale.dtype)
    return y, Fact(input_ids.dtype, y.shape[:1] if y.shape else None)


def _row(table: Fact, name: str) -> Size | None:
    if table.shape is None:
        return None
    if len(table.shape) != 2:
        raise ShapeError(f"{name} must be a matrix, has shape {show(table.shape)}", parameter=name)
    return table.shape[1]


def _embedded(ids: Fact, hidden: Size | None, dtype: int | None) -> Fact:
    if ids.shape is None:
        return Fact(dtype, (None, None, hidden))
    if len(ids.shape) != 2:
        raise ShapeError(f"input_ids must be a matrix, has shape {show(ids.shape)}", parameter="input_ids")
    return Fact(dtype, (*ids.shape, hidden))


# Complex numbers, of which the last axis holds both parts


@microsoft("ComplexMul", "ComplexMulConj")
def complex_mul(a: Fact, b: Fact) -> Fact:
    shape: Shape | None = broadcast(a.shape, b.shape)
    return Fact(a.dtype or b.dtype, shape)
