"""com.microsoft: what carries a state from token to token, n-grams, and streams beside one another."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Exact, Fact, Need
from ..checks import of_rank, tally
from .attention import carried
from .heads import each
from .microsoft import last, microsoft, same_as_input, with_last

_NONE = Fact()


@microsoft("LinearAttention")
def linear_attention(
    query: Fact,
    key: Fact,
    value: Fact,
    past_state: Fact | None = None,
    decay: Fact | None = None,
    beta: Fact | None = None,
    *,
    kv_num_heads: int,
    q_num_heads: int,
    state_window: int = 0,
    update_rule: str = "gated_delta",
) -> Answer:
    """ONNX's LinearAttention; several states may be kept, and there may be more heads of values than of the query."""
    y_heads = max(kv_num_heads, q_num_heads)
    return carried(query, key, value, past_state, kv_num_heads, q_num_heads, y_heads, update_rule, state_window)


@microsoft("LinearAttentionGate")
def linear_attention_gate(a: Fact, dt_bias: Fact, decay_scale: Fact, b: Fact | None = None) -> Answer:
    heads = Exact((last(a),), "learnable")
    return Answer(
        (same_as_input(a), _NONE if b is None else same_as_input(b)), {"dt_bias": heads, "decay_scale": heads}
    )


@microsoft("CausalConvWithState")
def causal_conv_with_state(
    input: Fact,
    weight: Fact,
    bias: Fact | None = None,
    past_state: Fact | None = None,
    *,
    channels_last: int = 0,
    dilation: int = 1,
    input_channels: int = 0,
    ndim: int = 1,
    state_length: int = 0,
    state_window: int = 0,
) -> Answer:
    """One filter for each channel, over what came before; the state is what the next call must see again."""
    if input_channels or input.shape is None or weight.shape is None:
        return Answer((input.unknown(), input.unknown(), input.unknown()), macs=None)
    y = same_as_input(input)
    macs = tally(*input.shape, *weight.shape[2:])
    plain = ndim == 1 and not channels_last and not state_length and not state_window and len(weight.shape) == 3
    if past_state is not None:
        return Answer((y, same_as_input(past_state), input.unknown()), macs=macs)
    if not plain:
        return Answer((y, input.unknown(), input.unknown()), macs=macs)
    batch, channels, _ = of_rank(input, 3, "input")
    kernel = weight.shape[2]
    needs: dict[str, Need] = {
        "weight": Exact((channels, 1, kernel), "learnable"),
        "bias": Exact((channels,), "learnable"),
    }
    kept = None if kernel is None else (kernel - 1) * dilation
    return Answer((y, input.shaped(batch, channels, kept), input.unknown()), needs, macs)


@microsoft("VarlenCausalConvWithState")
def varlen_causal_conv_with_state(
    input: Fact,
    weight: Fact,
    cumulative_sequence_length: Fact,
    bias: Fact | None = None,
    initial_state: Fact | None = None,
    capture_count: Fact | None = None,
    kernel_delta: Fact | None = None,
    previous_mask: Fact | None = None,
    *,
    state_update_capacity: int = 0,
) -> Answer:
    """Rows of several lengths, one behind the other."""
    tokens, channels = of_rank(input, 2, "input")
    kernel = of_rank(weight, 3, "weight")[2]
    state = _NONE if initial_state is None else same_as_input(initial_state)
    batch = state.shape[0] if state.shape else None
    return Answer(
        (same_as_input(input), state, input.shaped(batch, state_update_capacity, channels)),
        {"weight": Exact((channels, 1, kernel), "learnable"), "bias": Exact((channels,), "learnable")},
        tally(tokens, channels, kernel),
    )


@microsoft("GatedDeltaNet")
def gated_delta_net(
    query: Fact,
    key: Fact | None = None,
    value: Fact | None = None,
    cu_seqlens: Fact | None = None,
    decay: Fact | None = None,
    beta: Fact | None = None,
    initial_state: Fact | None = None,
    a_log: Fact | None = None,
    dt_bias: Fact | None = None,
    capture_count: Fact | None = None,
    state_update_active: Fact | None = None,
) -> Answer:
    """A state for each head, which each token rewrites; the heads stand in the shapes."""
    state = _NONE if initial_state is None else same_as_input(initial_state)
    ranks = {None if fact is None else fact.rank for fact in (query, value)}
    if query.shape is None or value is None or value.shape is None or len(ranks) > 1 or len(value.shape) < 2:
        return Answer((query.unknown(), state, _NONE), macs=None)
    mine, others = query.shape[-2], value.shape[-2]
    heads = max(mine, others) if isinstance(mine, int) and isinstance(others, int) else None
    return Answer((query.shaped(*query.shape[:-2], heads, value.shape[-1]), state, _NONE), macs=None)


@microsoft("AttnLSTM")
def attn_lstm(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    initial_c: Fact | None = None,
    p: Fact | None = None,
    qw: Fact | None = None,
    mw: Fact | None = None,
    v: Fact | None = None,
    m: Fact | None = None,
    memory_seq_lens: Fact | None = None,
    aw: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
) -> Answer:
    """An LSTM that looks back into a memory."""
    steps, batch, _ = of_rank(x, 3, "x")
    directions = 2 if direction == "bidirectional" else 1
    hidden = of_rank(r, 3, "r")[2] if hidden_size is None else hidden_size
    state = x.shaped(directions, batch, hidden)
    return Answer((x.shaped(steps, directions, batch, hidden), state, state), macs=None)


# n-grams


@microsoft("NGramHashMapping")
def n_gram_hash_mapping(
    input_ids: Fact,
    multipliers: Fact,
    vocab_sizes: Fact,
    past_ids: Fact | None = None,
    head_offsets: Fact | None = None,
    eos_token_id: Fact | None = None,
    segment_ids: Fact | None = None,
    *,
    max_ngram_size: int,
    n_head_per_ngram: int,
) -> tuple[Fact, Fact]:
    """So many hashes of each token and those before it; and the tokens that the next call must see again."""
    batch, length = of_rank(input_ids, 2, "input_ids")
    hashes = (max_ngram_size - 1) * n_head_per_ngram
    return input_ids.shaped(batch, length, hashes), input_ids.shaped(batch, max_ngram_size - 1)


@microsoft("VarlenNGramHashMapping")
def varlen_n_gram_hash_mapping(
    input_ids: Fact,
    multipliers: Fact,
    vocab_sizes: Fact,
    cumulative_sequence_length: Fact,
    past_ids: Fact | None = None,
    head_offsets: Fact | None = None,
    eos_token_id: Fact | None = None,
    segment_ids: Fact | None = None,
    past_segment_ids: Fact | None = None,
    capture_count: Fact | None = None,
    *,
    max_ngram_size: int,
    n_head_per_ngram: int,
    state_update_capacity: int = 0,
) -> tuple[Fact, ...]:
    tokens = of_rank(input_ids, 1, "input_ids")[0]
    ends = of_rank(cumulative_sequence_length, 1, "cumulative_sequence_length")[0]
    batch = None if ends is None else ends - 1
    before = max_ngram_size - 1
    return (
        input_ids.shaped(tokens, before * n_head_per_ngram),
        input_ids.shaped(batch, before),
        Fact(DType.INT32.value, (batch, before)),
        input_ids.shaped(batch, state_update_capacity, before),
    )


# Streams beside one another


@microsoft("EngramGate")
def engram_gate(
    key: Fact,
    query: Fact,
    value: Fact,
    key_norm_scale: Fact,
    query_norm_scale: Fact,
    conv_norm_scale: Fact | None = None,
) -> tuple[Fact, Fact]:
    return same_as_input(key), same_as_input(key)


@microsoft("HyperConnectionPreMix")
def hyper_connection_pre_mix(streams: Fact, pre_mix: Fact, *, num_branches: int = 0) -> Fact:
    """Many streams into one. They are an axis of their own, or lie flat on the last."""
    if streams.shape is None or len(streams.shape) < 2:
        return streams.unknown()
    if num_branches > 0:
        return with_last(streams, each(last(streams), num_branches, "streams"))
    return streams.shaped(*streams.shape[:-2], streams.shape[-1])


@microsoft("HyperConnectionPostMix")
def hyper_connection_post_mix(
    streams: Fact, block_output: Fact, post_mix: Fact, stream_mix: Fact | None = None
) -> Fact:
    return same_as_input(streams)


@microsoft("HyperConnectionLowRankMix")
def hyper_connection_low_rank_mix(
    streams: Fact,
    norm_scale: Fact,
    down_weight: Fact,
    up_weight: Fact,
    inject_weight: Fact,
    prev_block_output: Fact | None = None,
    prev_post_gate: Fact | None = None,
    *,
    num_branches: int,
) -> tuple[Fact, Fact, Fact]:
    width = each(last(streams), num_branches, "streams")
    return with_last(streams, width), with_last(streams, num_branches), same_as_input(streams)


# What rewrites a buffer where it lies


@microsoft("ConvStateReplay")
def conv_state_replay(source_backing: Fact, capture_backing: Fact, destination_backing: Fact, metadata: Fact) -> Fact:
    return same_as_input(destination_backing)


@microsoft("GatedDeltaNetStateReplay")
def gated_delta_net_state_replay(
    source_backing: Fact, capsule_backing: Fact, destination_backing: Fact, metadata: Fact
) -> Fact:
    return same_as_input(destination_backing)
