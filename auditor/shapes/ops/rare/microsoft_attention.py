"""com.microsoft: attention as the transformer optimiser fuses it, of encoders first, and its packed and ordered kin.

`macs`: the projections that an operator holds, Q K' and the weights times V, whatever a mask hides.
"""

from __future__ import annotations

from ...fact import Answer, Exact, Fact, Need, ShapeError
from ...sizes.dim import Size
from ..checks import agree, of_rank, tally
from .heads import added, attending, each
from .microsoft import last, microsoft, same_as_input


@microsoft("Attention")
def attention(
    input: Fact,
    weights: Fact,
    bias: Fact | None = None,
    mask_index: Fact | None = None,
    past: Fact | None = None,
    attention_bias: Fact | None = None,
    past_sequence_length: Fact | None = None,
    *,
    num_heads: int,
    past_present_share_buffer: int | None = None,
    qkv_hidden_sizes: tuple[int, ...] | None = None,
) -> Answer:
    """Q, K and V are projected by one weight; `present` holds keys and values, one behind the other."""
    return _self_attention(input, weights, bias, past, num_heads, past_present_share_buffer, qkv_hidden_sizes)


@microsoft("DecoderMaskedSelfAttention")
def decoder_masked_self_attention(
    input: Fact,
    weights: Fact,
    bias: Fact,
    mask_index: Fact | None = None,
    past: Fact | None = None,
    attention_bias: Fact | None = None,
    past_sequence_length: Fact | None = None,
    beam_width: Fact | None = None,
    cache_indirection: Fact | None = None,
    *,
    num_heads: int,
    past_present_share_buffer: int | None = None,
) -> Answer:
    """One place, which looks at all before it."""
    return _self_attention(input, weights, bias, past, num_heads, past_present_share_buffer, None)


@microsoft("QAttention")
def q_attention(
    input: Fact,
    weight: Fact,
    bias: Fact,
    input_scale: Fact,
    weight_scale: Fact,
    mask_index: Fact | None = None,
    input_zero_point: Fact | None = None,
    weight_zero_point: Fact | None = None,
    past: Fact | None = None,
    *,
    num_heads: int,
    past_present_share_buffer: int | None = None,
) -> Answer:
    """Attention whose projection is of quantised numbers."""
    answer = _self_attention(
        Fact(bias.dtype, input.shape), weight, bias, past, num_heads, past_present_share_buffer, None
    )
    needs = {"weight": answer.needs["weights"], "bias": answer.needs["bias"]}
    return answer._replace(needs=needs)


def _self_attention(
    x: Fact,
    weights: Fact,
    bias: Fact | None,
    past: Fact | None,
    heads: int,
    shared: int | None,
    hidden_sizes: tuple[int, ...] | None,
) -> Answer:
    batch, length, features = of_rank(x, 3, "input")
    width = of_rank(weights, 2, "weights")[1]
    if width is None and bias is not None:
        width = of_rank(bias, 1, "bias")[0]
    hidden, v_hidden = _hidden(width, hidden_sizes)
    size, v_size = each(hidden, heads, "weights"), each(v_hidden, heads, "weights")
    total, present = length, (2, batch, heads, length, size if size == v_size else None)
    if past is not None:
        _, _, _, before, past_size = of_rank(past, 5, "past")
        total = None if shared else added(before, length)
        present = (2, batch, heads, before if shared else total, past_size if size is None else size)
    projected = tally(batch, length, features, width)
    attended = attending(batch, heads, length, total, size, v_size)
    needs: dict[str, Need] = {
        "weights": Exact((features, sum(hidden_sizes) if hidden_sizes else width), "learnable"),
        "bias": Exact((width,), "learnable"),
    }
    return Answer((x.shaped(batch, length, v_hidden), x.shaped(*present)), needs, added(projected, attended))


def _hidden(width: Size | None, hidden_sizes: tuple[int, ...] | None) -> tuple[Size | None, Size | None]:
    """The hidden sizes of Q and K, and of V."""
    if hidden_sizes:
        if len(hidden_sizes) != 3:
            raise ShapeError(f"qkv_hidden_sizes has {len(hidden_sizes)} numbers, needs 3", attribute="qkv_hidden_sizes")
        return hidden_sizes[0], hidden_sizes[2]
    third = each(width, 3, "weights")
    return third, third


@microsoft("PackedAttention")
def packed_attention(
    input: Fact,
    weights: Fact,
    bias: Fact,
    token_offset: Fact,
    cumulative_sequence_length: Fact,
    attention_bias: Fact | None = None,
    *,
    num_heads: int,
    qkv_hidden_sizes: tuple[int, ...] | None = None,
) -> Answer:
    """Rows of several lengths, one behind the other: how many keys each meets is not known from shapes."""
    tokens, features = of_rank(input, 2, "input")
    width = of_rank(weights, 2, "weights")[1]
    _, v_hidden = _hidden(width, qkv_hidden_sizes)
    needs = {"weights": Exact((features, width), "learnable"), "bias": Exact((width,), "learnable")}
    return Answer((input.shaped(tokens, v_hidden),), needs, None)


@microsoft("PackedMultiHeadAttention")
def packed_multi_head_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    bias: Fact | None = None,
    token_offset: Fact | None = None,
    cumulative_sequence_length: Fact | None = None,
    attention_bias: Fact | None = None,
    *,
    num_heads: int,
) -> Answer:
    """Alone, the query holds Q, K and V: (tokens, heads, 3, size)."""
    tokens = query.shape[0] if query.shape else None
    if value is not None:
        return Answer((query.shaped(tokens, of_rank(value, 2, "value")[1]),), macs=None)
    if key is not None or query.shape is None or len(query.shape) != 4:
        return Answer((query.shaped(tokens, None),), macs=None)
    return Answer((query.shaped(tokens, tally(query.shape[1], query.shape[3])),), macs=None)


@microsoft("MultiHeadAttention")
def multi_head_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    bias: Fact | None = None,
    key_padding_mask: Fact | None = None,
    attention_bias: Fact | None = None,
    past_key: Fact | None = None,
    past_value: Fact | None = None,
    past_sequence_length: Fact | None = None,
    cache_indirection: Fact | None = None,
    *,
    num_heads: int,
) -> Answer:
    """Attention without the projections. Keys and values may come apart, together, with the query, or by heads.

    Where they come by heads they are a cache of another sequence's, and complete.
    """
    if query.shape is not None and len(query.shape) == 5:  # (batch, length, heads, 3, size)
        batch, length, _, _, size = query.shape
        keys, v_size = length, size
    else:
        batch, length, hidden = of_rank(query, 3, "query")
        size = each(hidden, num_heads, "query")
        keys, v_size = _keys(key, value, num_heads)
    shared = past_sequence_length is not None
    total = keys
    if past_key is not None and not (key is not None and key.shape is not None and len(key.shape) == 4):
        total = None if shared or key is None or key.shape is None else added(of_rank(past_key, 4, "past_key")[2], keys)
    present = of_rank(past_key, 4, "past_key")[2] if shared and past_key is not None else None if shared else total
    return Answer(
        (
            query.shaped(batch, length, tally(num_heads, v_size)),
            query.shaped(batch, num_heads, present, size),
            query.shaped(batch, num_heads, present, v_size),
            Fact(None, (batch, num_heads, length, total)),
        ),
        {"bias": Exact((tally(num_heads, added(added(size, size), v_size)),), "learnable")},
        attending(batch, num_heads, length, total, size, v_size),
    )


def _keys(key: Fact | None, value: Fact | None, heads: int) -> tuple[Size | None, Size | None]:
    """How many keys there are, and how wide a value of one head is."""
    if key is None or key.shape is None:
        return None, None if value is None else _value_size(value, heads)
    if len(key.shape) == 5:  # (batch, length, heads, 2, size)
        return key.shape[1], key.shape[4]
    if len(key.shape) == 4:  # (batch, heads, length, size)
        return key.shape[2], None if value is None else _value_size(value, heads)
    length = of_rank(key, 3, "key")[1]
    if value is None or value.shape is None or len(value.shape) != 3:
        return length, None if value is None else _value_size(value, heads)
    return agree(length, value.shape[1], "the lengths of key and value"), _value_size(value, heads)


def _value_size(value: Fact, heads: int) -> Size | None:
    if value.shape is None or len(value.shape) not in (3, 4):
        return None
    return value.shape[3] if len(value.shape) == 4 else each(value.shape[2], heads, "value")


@microsoft("DecoderMaskedMultiHeadAttention")
def decoder_masked_multi_head_attention(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    mask_index: Fact | None = None,
    attention_bias: Fact | None = None,
    past_key: Fact | None = None,
    past_value: Fact | None = None,
    past_sequence_length: Fact | None = None,
    beam_width: Fact | None = None,
    cache_indirection: Fact | None = None,
    bias: Fact | None = None,
    *,
    num_heads: int,
    past_present_share_buffer: int | None = None,
) -> Answer:
    """One place of a query; keys and values by heads are another sequence's."""
    batch, length, hidden = of_rank(query, 3, "query")
    if key is None or key.shape is None or value is None or value.shape is None:
        return Answer((query.shaped(batch, length, None), query.unknown(), query.unknown(), Fact()), macs=None)
    keys, v_size = _keys(key, value, num_heads)
    size = each(hidden, num_heads, "query")
    y = query.shaped(batch, length, tally(num_heads, v_size))
    if len(key.shape) == 4 or past_key is None:
        macs = attending(batch, num_heads, length, keys, size, v_size) if len(key.shape) == 4 else None
        return Answer((y, query.unknown(), query.unknown(), Fact(None, (batch, num_heads, length, None))), macs=macs)
    before = of_rank(past_key, 4, "past_key")[2]
    total = None if past_present_share_buffer else added(before, keys)
    present = before if past_present_share_buffer else total
    return Answer(
        (
            y,
            query.shaped(batch, num_heads, present, size),
            query.shaped(batch, num_heads, present, v_size),
            Fact(None, (batch, num_heads, length, total)),
        ),
        macs=attending(batch, num_heads, length, total, size, v_size),
    )


@microsoft("DecoderAttention")
def decoder_attention(
    query: Fact,
    key: Fact,
    q_weight: Fact,
    kv_weight: Fact,
    bias: Fact,
    key_padding_mask: Fact | None = None,
    key_cache: Fact | None = None,
    value_cache: Fact | None = None,
    static_kv: Fact | None = None,
    use_past: Fact | None = None,
    has_layer_state: Fact | None = None,
    has_key_padding_mask: Fact | None = None,
    *,
    num_heads: int,
) -> Answer:
    """Lengths come first here, and whether it reads its cache hangs on values."""
    _, batch, hidden = of_rank(query, 3, "query")
    cache = query.shaped(batch, num_heads, None, each(hidden, num_heads, "query"))
    twice = None if hidden is None else hidden * 2
    needs: dict[str, Need] = {
        "q_weight": Exact((hidden, hidden), "learnable"),
        "kv_weight": Exact((hidden, twice), "learnable"),
        "bias": Exact((tally(3, hidden),), "learnable"),
    }
    return Answer((same_as_input(query), cache, cache), needs, None)


@microsoft("LongformerAttention")
def longformer_attention(
    input: Fact, weight: Fact, bias: Fact, mask: Fact, global_weight: Fact, global_bias: Fact, global_: Fact
) -> Answer:
    """Each place meets those in a window, and all meet the global ones, of which the values tell how many."""
    hidden = last(input)
    matrix, vector = Exact((hidden, tally(3, hidden)), "learnable"), Exact((tally(3, hidden),), "learnable")
    needs = {"weight": matrix, "bias": vector, "global_weight": matrix, "global_bias": vector}
    return Answer((same_as_input(input),), needs, None)
