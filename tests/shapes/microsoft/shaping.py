"""What moves, cuts and measures, and what carries a state."""

from __future__ import annotations

import random

import numpy as np

from tests.shapes.microsoft.making import floats, ints, makes, maybe, one, sized, trimmed
from tests.shapes.running import Case


@makes("ExpandDims")
def _expand_dims(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 0))
    return Case(name, (x, np.array(r.randint(-x.ndim - 1, x.ndim), np.int32)))


@makes("GatherND")
def _gather_nd(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 1, 3))
    depth = r.randint(1, x.ndim)
    return Case(name, (x, np.zeros((*sized(r, 0, 2), depth), r.choice([np.int32, np.int64]))))


@makes("Pad")
def _pad(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 1, 3, 3))
    pads = np.array([r.randint(0, 2) for _ in range(2 * x.ndim)], np.int64)
    mode = r.choice(["constant", "edge", "reflect"])
    return Case(name, trimmed(x, r.choice([pads, pads[None]]), maybe(r, one())), {"mode": mode})


@makes("Range")
def _range(r: random.Random, name: str) -> Case:
    kind = r.choice([np.int16, np.int32, np.int64, np.float32, np.float64])
    start, limit = np.array(r.randint(-3, 3), kind), np.array(r.randint(-3, 9), kind)
    return Case(name, trimmed(start, limit, maybe(r, np.array(r.choice([1, 2, -1]), kind))))


@makes("Trilu")
def _trilu(r: random.Random, name: str) -> Case:
    return Case(name, trimmed(floats(*sized(r, 2, 3)), maybe(r, np.array(1))), {"upper": r.randint(0, 1)})


@makes("Unique")
def _unique(r: random.Random, name: str) -> Case:
    return Case(name, (ints(3, r.randint(0, 6), dtype=np.float32),), {}, (True, True, True))


@makes("UnfoldTensor")
def _unfold(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 1, 3, 3))
    attributes = {"dim": r.randint(-x.ndim, x.ndim - 1), "size": r.randint(1, 3), "step": r.randint(1, 2)}
    return Case(name, (x,), attributes)


@makes("MurmurHash3")
def _murmur(r: random.Random, name: str) -> Case:
    kind = r.choice([np.int32, np.uint32, np.int64, np.float32, np.float64])
    return Case(name, (ints(9, *sized(r, 0), dtype=kind),), r.choice([{}, {"positive": 0}]))


@makes("CDist")
def _cdist(r: random.Random, name: str) -> Case:
    size, kind = r.randint(1, 4), r.choice([np.float32, np.float64])
    return Case(name, (floats(r.randint(1, 4), size, dtype=kind), floats(r.randint(1, 4), size, dtype=kind)))


@makes("DynamicTimeWarping")
def _warping(r: random.Random, name: str) -> Case:
    return Case(name, (floats(*r.choice([(), (1,)]), r.randint(1, 5), r.randint(1, 5)),))


@makes("Tokenizer")
def _tokenizer(r: random.Random, name: str) -> Case:
    words = [r.choice(["", "a b", "one two three", "x"]) for _ in range(4)]
    x = np.array(words, object).reshape(r.choice([(4,), (2, 2)])).astype(str).astype(object)
    attributes = {"mark": r.randint(0, 1), "mincharnum": 1, "pad_value": "#", "separators": [" "]}
    return Case(name, (x,), attributes)


@makes("WordConvEmbedding")
def _word_conv(r: random.Random, name: str) -> Case:
    filters, window, size = r.randint(1, 4), 2, 3
    sequence = ints(5, r.randint(1, 4), 5, low=1)
    return Case(name, (sequence, floats(filters, 1, window, size), floats(filters), floats(9, size)))


@makes("AttnLSTM")
def _attn_lstm(r: random.Random, name: str) -> Case:
    steps, batch, features, hidden, depth, memory = r.randint(1, 4), r.randint(1, 3), 3, 4, 5, r.randint(1, 4)
    direction = r.choice(["forward", "reverse", "bidirectional"])
    n = 2 if direction == "bidirectional" else 1
    inputs: list[np.ndarray | None] = [
        floats(steps, batch, features),
        floats(n, 4 * hidden, features + depth),
        floats(n, 4 * hidden, hidden),
        *(None,) * 5,
        floats(n, hidden, 6),
        floats(n, depth, 6),
        floats(n, 6),
        floats(batch, memory, depth),
    ]
    return Case(
        name,
        inputs,
        {"hidden_size": hidden, "direction": direction},
        (True, True, True),
        kinds=dict.fromkeys(range(3), 1),
    )


@makes("CausalConvWithState")
def _causal(r: random.Random, name: str) -> Case:
    batch, channels, length, kernel = r.randint(1, 2), r.randint(1, 4), r.randint(1, 5), r.randint(1, 4)
    state = maybe(r, floats(batch, channels, kernel - 1))
    inputs = trimmed(floats(batch, channels, length), floats(channels, 1, kernel), maybe(r, floats(channels)), state)
    return Case(name, inputs, {}, (True, True))


@makes("LinearAttention")
def _linear_attention(r: random.Random, name: str) -> Case:
    batch, length, shared, size, v_size = r.randint(1, 2), r.randint(1, 4), r.randint(1, 2), 4, r.choice([4, 8])
    heads = shared * r.randint(1, 2)
    rule = r.choice(["linear", "gated", "delta", "gated_delta"])
    state = maybe(r, floats(batch, shared, size, v_size))
    gate = floats(batch, length, shared)
    inputs = trimmed(
        floats(batch, length, heads * size),
        floats(batch, length, shared * size),
        floats(batch, length, shared * v_size),
        state,
        gate if "gated" in rule else None,
        gate if "delta" in rule else None,
    )
    attributes = {"q_num_heads": heads, "kv_num_heads": shared, "update_rule": rule}
    return Case(name, inputs, attributes, (True, True))


@makes("LinearAttentionGate")
def _gate(r: random.Random, name: str) -> Case:
    a = floats(*(r.randint(1, 4) for _ in range(3)))
    heads = floats(a.shape[-1])
    both = r.random() < 0.5
    return Case(name, (a, heads, heads, *((a,) if both else ())), {}, (True, True) if both else (True,))


@makes("GatedDeltaNet")
def _delta_net(r: random.Random, name: str) -> Case:
    tokens, heads, size, v_size = r.randint(1, 4), r.randint(1, 2), 4, r.choice([4, 8])
    query, value = floats(tokens, heads, size), floats(tokens, heads, v_size)
    gate, state = floats(tokens, heads), floats(1, heads, v_size, size)
    ends = np.array([0, tokens], np.int32)
    return Case(name, (query, query, value, ends, gate, gate, state), {}, (True, True))


@makes("VarlenCausalConvWithState")
def _varlen(r: random.Random, name: str) -> Case:
    tokens, channels, kernel = r.randint(1, 5), r.randint(1, 4), r.randint(2, 4)
    ends = np.array([0, tokens], np.int32)
    inputs = (floats(tokens, channels), floats(channels, 1, kernel), ends, None, floats(1, channels, kernel - 1))
    return Case(name, inputs, {}, (True, True))


@makes("NGramHashMapping", "VarlenNGramHashMapping")
def _hashes(r: random.Random, name: str) -> Case:
    batch, length, most, heads, kind = (
        r.randint(1, 2),
        r.randint(1, 5),
        r.randint(2, 3),
        2,
        r.choice([np.int32, np.int64]),
    )
    multipliers, sizes = ints(9, most, dtype=kind, low=1), ints(9, (most - 1) * heads, dtype=kind, low=2)
    attributes = {"max_ngram_size": most, "n_head_per_ngram": heads, "pad_id": 0}
    if name == "NGramHashMapping":
        return Case(name, (ints(9, batch, length, dtype=kind), multipliers, sizes), attributes, (True, True))
    ends = np.array([0, length], np.int32)
    return Case(name, (ints(9, length, dtype=kind), multipliers, sizes, ends), attributes, (True, True))


@makes("EngramGate")
def _engram(r: random.Random, name: str) -> Case:
    batch, length, streams, hidden = (r.randint(1, 4) for _ in range(4))
    key, scale = floats(batch, length, streams, hidden), floats(streams, hidden)
    return Case(name, (key, key, floats(batch, length, hidden), scale, scale))


@makes("HyperConnectionPreMix", "HyperConnectionPostMix")
def _hyper(r: random.Random, name: str) -> Case:
    batch, length, streams, hidden = (r.randint(1, 4) for _ in range(4))
    flat = r.random() < 0.5
    x = floats(batch, length, streams * hidden) if flat else floats(batch, length, streams, hidden)
    attributes = {"num_branches": streams} if flat else {}
    mix = floats(batch, length, streams)
    return Case(
        name, (x, mix) if name == "HyperConnectionPreMix" else (x, floats(batch, length, hidden), mix), attributes
    )
