"""com.microsoft: attention of decoders with a cache, the positions in it, and padding taken out and put back."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Fact
from ...sizes.dim import Dim, Size, greatest
from ..checks import of_rank, tally
from .heads import attending, each
from .microsoft import last, microsoft, same_as_input

_FLOATS = (DType.FLOAT.value, DType.FLOAT16.value, DType.BFLOAT16.value, DType.DOUBLE.value)


@microsoft("GroupQueryAttention")
def group_query_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    past_key: Fact | None = None,
    past_value: Fact | None = None,
    seqlens_k: Fact | None = None,
    total_sequence_length: Fact | None = None,
    cos_cache: Fact | None = None,
    sin_cache: Fact | None = None,
    position_ids: Fact | None = None,
    attention_bias: Fact | None = None,
    head_sink: Fact | None = None,
    k_scale: Fact | None = None,
    v_scale: Fact | None = None,
    q_norm_weight: Fact | None = None,
    k_norm_weight: Fact | None = None,
    query_seqlens: Fact | None = None,
    *,
    num_heads: int,
    kv_num_heads: int,
    kv_cache_bit_width: int | None = None,
    sliding_window_cache: int = 0,
) -> Answer:
    """Several heads of the query share one of the keys. The cache grows to the total length, a value, if it is shorter.

    Where the query comes alone, it holds Q, K and V.
    """
    batch, length, _ = of_rank(query, 3, "query")
    size = _head(query, key, num_heads, kv_num_heads)
    total = value_of(total_sequence_length)
    before = 0 if past_key is None else of_rank(past_key, 4, "past_key")[2]
    cached = None if total is None or before is None or sliding_window_cache else greatest(total, before)
    plain = past_key is None or past_key.dtype in _FLOATS
    packed = kv_cache_bit_width == 4 or not plain
    stored = None if packed else size
    if packed and past_key is not None and past_key.shape is not None:
        stored = past_key.shape[3]
    dtype = query.dtype if past_key is None and not packed else None if past_key is None else past_key.dtype
    present = Fact(dtype, (batch, kv_num_heads, cached, stored))
    return Answer(
        (
            query.shaped(batch, length, tally(num_heads, size)),
            present,
            present,
            query.shaped(batch, num_heads, length, total),
        ),
        macs=attending(batch, num_heads, length, total, size, size),
    )


def _head(query: Fact, key: Fact | None, heads: int, kv_heads: int) -> Size | None:
    """How wide one head is: without a key, those of keys and values stand behind the query's own."""
    return each(last(query), heads if key is not None else heads + 2 * kv_heads, "query")


def value_of(x: Fact | None) -> Size | None:
    """The one number that a tensor holds, where it is known."""
    if x is None or not x.elements or len(x.elements) != 1:
        return None
    found = x.elements[0]
    return found if isinstance(found, int | Dim) else None


@microsoft("SparseAttention")
def sparse_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    past_key: Fact | None = None,
    past_value: Fact | None = None,
    block_row_indices: Fact | None = None,
    block_col_indices: Fact | None = None,
    total_sequence_length: Fact | None = None,
    key_total_sequence_lengths: Fact | None = None,
    cos_cache: Fact | None = None,
    sin_cache: Fact | None = None,
    *,
    num_heads: int,
    kv_num_heads: int,
) -> Answer:
    """Which blocks meet is a value; the cache has its greatest length from the start."""
    batch, length, _ = of_rank(query, 3, "query")
    y = query.shaped(batch, length, tally(num_heads, _head(query, key, num_heads, kv_num_heads)))
    return Answer((y, _same(past_key), _same(past_value)), macs=None)


def _same(x: Fact | None) -> Fact:
    return Fact() if x is None else same_as_input(x)


@microsoft("DynamicSparseAttention")
def dynamic_sparse_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    past_key: Fact | None = None,
    past_value: Fact | None = None,
    auxiliary_key: Fact | None = None,
    auxiliary_value: Fact | None = None,
    selected_indices: Fact | None = None,
    selected_counts: Fact | None = None,
    seqlens_k: Fact | None = None,
    total_sequence_length: Fact | None = None,
    cos_cache: Fact | None = None,
    sin_cache: Fact | None = None,
    position_ids: Fact | None = None,
    q_norm_weight: Fact | None = None,
    k_norm_weight: Fact | None = None,
    head_sink: Fact | None = None,
    committed_length: Fact | None = None,
    key_scale: Fact | None = None,
    value_scale: Fact | None = None,
    *,
    num_heads: int,
    kv_num_heads: int,
) -> Answer:
    batch, length, _ = of_rank(query, 3, "query")
    y = Fact(None, (batch, length, tally(num_heads, _head(query, key, num_heads, kv_num_heads))))
    return Answer((y, Fact(), Fact(), Fact(DType.INT32.value)), macs=None)


@microsoft("PagedAttention")
def paged_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    key_cache: Fact | None = None,
    value_cache: Fact | None = None,
    cumulative_sequence_length: Fact | None = None,
    past_seqlens: Fact | None = None,
    block_table: Fact | None = None,
    cos_cache: Fact | None = None,
    sin_cache: Fact | None = None,
    slot_mapping: Fact | None = None,
    head_sink: Fact | None = None,
    q_norm_weight: Fact | None = None,
    k_norm_weight: Fact | None = None,
    k_scale: Fact | None = None,
    v_scale: Fact | None = None,
    attention_metadata: Fact | None = None,
    *,
    num_heads: int,
    kv_num_heads: int,
    kv_cache_layout: str = "SEPARATE",
    v_head_size: int | None = None,
) -> Answer:
    """Rows of several lengths, one behind the other; the caches are written where they lie."""
    tokens = of_rank(query, 2, "query")[0]
    plain = kv_cache_layout == "SEPARATE" and v_head_size is None
    width = _width(query, key, num_heads, kv_num_heads) if plain else tally(num_heads, v_head_size)
    return _paged(query.shaped(tokens, width), key_cache, value_cache)


def _width(query: Fact, key: Fact | None, heads: int, kv_heads: int) -> Size | None:
    return tally(heads, _head(query, key, heads, kv_heads))


def _paged(y: Fact, key_cache: Fact | None, value_cache: Fact | None) -> Answer:
    return Answer((y, _same(key_cache), _same(value_cache)), macs=None)


@microsoft("SparsePagedAttention")
def sparse_paged_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    key_cache: Fact | None = None,
    value_cache: Fact | None = None,
    cumulative_sequence_length: Fact | None = None,
    past_seqlens: Fact | None = None,
    block_table: Fact | None = None,
    slot_mapping: Fact | None = None,
    selected_indices: Fact | None = None,
    selected_counts: Fact | None = None,
    auxiliary_key: Fact | None = None,
    auxiliary_value: Fact | None = None,
    auxiliary_lengths: Fact | None = None,
    cos_cache: Fact | None = None,
    sin_cache: Fact | None = None,
    head_sink: Fact | None = None,
    q_norm_weight: Fact | None = None,
    k_norm_weight: Fact | None = None,
    k_scale: Fact | None = None,
    v_scale: Fact | None = None,
    attention_metadata: Fact | None = None,
    *,
    num_heads: int,
    kv_num_heads: int,
) -> Answer:
    tokens = of_rank(query, 2, "query")[0]
    return _paged(query.shaped(tokens, _width(query, key, num_heads, kv_num_heads)), key_cache, value_cache)


# Positions


@microsoft("RelativePositionBias")
def relative_position_bias(bias_table: Fact, query_length: Fact, key_length: Fact) -> Fact:
    """One bias for each head and each pair of places; the lengths are values."""
    heads = of_rank(bias_table, 2, "bias_table")[1]
    return bias_table.shaped(1, heads, value_of(query_length), value_of(key_length))


@microsoft("GatedRelativePositionBias")
def gated_relative_position_bias(
    query_layer: Fact,
    query_bias: Fact,
    rel_pos: Fact,
    weight: Fact,
    bias: Fact,
    eco_a: Fact,
    token_offset: Fact | None = None,
    *,
    num_heads: int,
) -> Fact:
    """One bias for each head and each pair of places; where padding is taken out, `token_offset` has the lengths."""
    whole = query_layer if token_offset is None else token_offset
    if whole.shape is None or len(whole.shape) < 2:
        return query_layer.shaped(None, num_heads, None, None)
    batch, length = whole.shape[:2]
    return query_layer.shaped(batch, num_heads, length, length)


@microsoft("RemovePadding")
def remove_padding(input: Fact, sequence_token_count: Fact) -> tuple[Fact, ...]:
    """The values decide how many places are padding."""
    batch, length, hidden = of_rank(input, 3, "input")
    count = DType.INT32.value
    ends = None if batch is None else batch + 1
    return input.shaped(None, hidden), Fact(count, (batch, length)), Fact(count, (ends,)), Fact(count, (1,))


@microsoft("RestorePadding")
def restore_padding(input: Fact, token_offset: Fact) -> Fact:
    batch, length = of_rank(token_offset, 2, "token_offset")
    return input.shaped(batch, length, of_rank(input, 2, "input")[1])
