"""The transformer family of ai.onnx: attention with its caches, rotary positions, linear attention.

`macs` are those of Q K' and of the weights times V, each query with each key, whether a mask hides it or not.
"""

from __future__ import annotations

from ...fact import Answer, BroadcastsTo, Exact, Fact, Need, ShapeError
from ...registry import op
from ...sizes.dim import Size
from ..checks import agree, of_rank, one_dtype, tally
from .heads import added, attending, each, heads_of


@op("Attention", since=23)
def attention_23(
    q: Fact,
    k: Fact,
    v: Fact,
    attn_mask: Fact | None = None,
    past_key: Fact | None = None,
    past_value: Fact | None = None,
    *,
    kv_num_heads: int | None = None,
    q_num_heads: int | None = None,
) -> Answer:
    """The mask must stretch to all keys, those of the past included."""
    answer = attention(q, k, v, None, past_key, past_value, kv_num_heads=kv_num_heads, q_num_heads=q_num_heads)
    needs = {name: need for name, need in answer.needs.items() if name != "nonpad_kv_seqlen"}
    return answer._replace(needs={**needs, "attn_mask": BroadcastsTo(answer.outputs[3].shape or ())})


@op("Attention", since=24)
def attention(
    q: Fact,
    k: Fact,
    v: Fact,
    attn_mask: Fact | None = None,
    past_key: Fact | None = None,
    past_value: Fact | None = None,
    nonpad_kv_seqlen: Fact | None = None,
    *,
    kv_num_heads: int | None = None,
    q_num_heads: int | None = None,
) -> Answer:
    """Y, present_key, present_value, qk_matmul_output; with fewer heads of K and V than of Q, several share one.

    https://onnx.ai/onnx/operators/onnx__Attention.html
    """
    query, key, value = heads_of(q, q_num_heads, "q"), heads_of(k, kv_num_heads, "k"), heads_of(v, kv_num_heads, "v")
    batch = agree(agree(query.batch, key.batch, "the batches of Q and K"), value.batch, "the batches of Q and V")
    length = agree(key.length, value.length, "the lengths of K and V")
    size = agree(query.size, key.size, "the sizes of a head of Q and of K")
    shared = agree(key.heads, value.heads, "the heads of K and V")
    if isinstance(query.heads, int) and isinstance(shared, int) and (not shared or query.heads % shared):
        raise ShapeError(f"{query.heads} heads of Q cannot share {shared} of K", attribute="kv_num_heads")
    total = length
    if past_key is not None:
        total = added(of_rank(past_key, 4, "past_key")[2], length)
    if q.shape is None:
        y = q.unknown()
    elif len(q.shape) == 4:
        y = q.shaped(batch, query.heads, query.length, value.size)
    else:
        y = q.shaped(batch, query.length, tally(query.heads, value.size))
    needs: dict[str, Need] = {
        "past_key": Exact((batch, shared, None, size)),
        "past_value": Exact((batch, shared, None, value.size)),
        "nonpad_kv_seqlen": Exact((batch,)),
    }
    return Answer(
        (
            y,
            k.shaped(batch, shared, total, size),
            v.shaped(batch, shared, total, value.size),
            q.shaped(batch, query.heads, query.length, total),
        ),
        needs,
        attending(batch, query.heads, query.length, total, size, value.size),
    )


@op("FlexAttention", domain="ai.onnx.preview")
def flex_attention(q: Fact, k: Fact, v: Fact) -> Answer:
    """Attention whose scores and weights bodies may change, none of which touches a shape.

    https://onnx.ai/onnx/operators/onnx_aionnxpreview_FlexAttention.html
    """
    for x, name in ((q, "q"), (k, "k"), (v, "v")):
        of_rank(x, 4, name)
    answer = attention(q, k, v)
    return Answer((answer.outputs[0],), macs=answer.macs)


@op("RotaryEmbedding", since=23)
def rotary_embedding(x: Fact, cos_cache: Fact, sin_cache: Fact, position_ids: Fact | None = None) -> Fact:
    """https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html"""
    return Fact(x.dtype, x.shape)


@op("LinearAttention", since=27)
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
    update_rule: str = "gated_delta",
) -> Answer:
    """A state of (keys x values) for each head, carried from place to place.

    `macs`: at each place the state takes one outer product for each of its heads, and a second product where the
    rule is a delta; each head of the query reads it. https://onnx.ai/onnx/operators/onnx__LinearAttention.html
    """
    return carried(query, key, value, past_state, kv_num_heads, q_num_heads, q_num_heads, update_rule)


def carried(
    query: Fact,
    key: Fact,
    value: Fact,
    past_state: Fact | None,
    kv_heads: int,
    q_heads: int,
    y_heads: int,
    update_rule: str,
    window: int = 0,
) -> Answer:
    """What LinearAttention has in common with onnxruntime's: Y, and the state behind the last place."""
    batch, length, hidden = of_rank(query, 3, "query")
    _, _, k_hidden = of_rank(key, 3, "key")
    _, _, v_hidden = of_rank(value, 3, "value")
    size = agree(each(hidden, q_heads, "query"), each(k_hidden, kv_heads, "key"), "the sizes of a head")
    v_size = each(v_hidden, kv_heads, "value")
    state: tuple[Size | None, ...] = (batch, kv_heads, size, v_size)
    if window > 0:
        state = (window, *state)
    products = y_heads + kv_heads * (2 if "delta" in update_rule else 1)
    return Answer(
        (
            query.shaped(batch, length, tally(y_heads, v_size)),
            (query if past_state is None else past_state).shaped(*state),
        ),
        {"past_state": Exact(state)},
        tally(batch, length, products, size, v_size),
    )


@op("CausalConvWithState", since=27)
def causal_conv_with_state(
    input: Fact, weight: Fact, bias: Fact | None = None, past_state: Fact | None = None
) -> Answer:
    """One filter for each channel, over what came before: https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html"""
    batch, channels, length = of_rank(input, 3, "input")
    kernel = of_rank(weight, 3, "weight")[2]
    state = (batch, channels, None if kernel is None else kernel - 1)
    return Answer(
        (Fact(input.dtype, input.shape), input.shaped(*state)),
        {
            "weight": Exact((channels, 1, kernel), "learnable"),
            "bias": Exact((channels,), "learnable"),
            "past_state": Exact(state),
        },
        tally(batch, channels, length, kernel),
    )


@op("SwiGLU", since=28)
def swiglu(a: Fact, b: Fact) -> Fact:
    """Two tensors of one shape: https://onnx.ai/onnx/operators/onnx__SwiGLU.html"""
    return Fact(one_dtype(a, b), one_shape(a, b, "A and B"))


def one_shape(a: Fact, b: Fact, what: str) -> tuple[Size | None, ...] | None:
    """The shape that both have."""
    if a.shape is None or b.shape is None:
        return b.shape if a.shape is None else a.shape
    if len(a.shape) != len(b.shape):
        raise ShapeError(f"{what} have different ranks")
    return tuple(agree(m, n, f"the sizes of {what}") for m, n in zip(a.shape, b.shape, strict=True))
