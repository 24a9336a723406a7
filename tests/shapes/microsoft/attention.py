"""Attention, and the searches around a decoder."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import onnx
import onnx.parser

from tests.shapes.microsoft.making import floats, ints, makes, maybe, one, only_inferred, trimmed
from tests.shapes.running import Case


@makes("Attention", "QAttention")
def _attention(r: random.Random, name: str) -> Case:
    batch, length, features, heads, size = r.randint(1, 3), r.randint(1, 4), r.choice([3, 8]), r.randint(1, 3), 4
    hidden, before = heads * size, r.randint(0, 3)
    past = maybe(r, floats(2, batch, heads, before, size))
    attributes: dict[str, Any] = {"num_heads": heads}
    v_hidden = hidden
    if name == "Attention" and past is None and r.random() < 0.4:
        v_hidden = heads * r.choice([4, 8])
        attributes["qkv_hidden_sizes"] = [hidden, hidden, v_hidden]
    width = 2 * hidden + v_hidden
    if r.random() < 0.4:
        attributes["unidirectional"] = 1
    outputs = (True, True) if past is not None or (v_hidden == hidden and r.random() < 0.3) else (True,)
    mask = maybe(r, np.ones((batch, length + (before if past is not None else 0)), np.int32))
    if name == "Attention":
        weights, bias = floats(features, width), floats(width)
        return Case(name, trimmed(floats(batch, length, features), weights, bias, mask, past), attributes, outputs)
    x, weight = ints(9, batch, length, features, dtype=np.uint8), ints(9, features, width, dtype=np.uint8)
    point = np.array(0, np.uint8)
    return Case(name, trimmed(x, weight, floats(width), one(), one(), mask, point, point, past), attributes, outputs)


@makes("MultiHeadAttention")
def _multi_head(r: random.Random, name: str) -> Case:
    batch, length, keys, heads, size = r.randint(1, 3), r.randint(1, 4), r.randint(1, 5), r.randint(1, 3), 4
    v_size = r.choice([4, 8])
    attributes: dict[str, Any] = {"num_heads": heads}
    query, key = floats(batch, length, heads * size), floats(batch, keys, heads * size)
    value = floats(batch, keys, heads * v_size)
    bias = maybe(r, floats(heads * (2 * size + v_size)))
    outputs = r.choice([(True,), (True, True, True), (True, True, True, True)])
    match r.randint(0, 4):
        case 0:
            two, three = floats(batch, keys, heads, 2, size), floats(batch, length, heads, 3, size)
            return only_inferred(Case(name, (query, two) if r.random() < 0.5 else (three,), attributes))
        case 1:
            cached = (query, floats(batch, heads, keys, size), floats(batch, heads, keys, v_size))
            return Case(name, cached, attributes, outputs[:1])
        case 2:
            before, v_size = r.randint(0, 3), size
            bias = None if bias is None else floats(heads * 3 * size)
            past, v_past = floats(batch, heads, before, size), floats(batch, heads, before, v_size)
            given = (
                query,
                floats(batch, length, heads * size),
                floats(batch, length, heads * v_size),
                bias,
                None,
                None,
            )
            return Case(
                name,
                (*given, past, v_past),
                attributes,
                outputs if len(outputs) > 1 else (True, True, True),
                kinds={3: 1},
            )
        case _:
            return Case(name, trimmed(query, key, value, bias), attributes, outputs, kinds={3: 1})


@makes("DecoderMaskedMultiHeadAttention")
def _decoder_masked(r: random.Random, name: str) -> Case:
    batch, heads, size, before = r.randint(1, 3), r.randint(1, 3), 4, r.randint(1, 5)
    query = floats(batch, 1, heads * size)
    attributes: dict[str, Any] = {"num_heads": heads}
    if r.random() < 0.3:
        cross = floats(batch, heads, before, size)
        return Case(name, (query, cross, cross), attributes, (True,))
    past = floats(batch, heads, before, size)
    inputs: list[np.ndarray | None] = [query, query, query, None, None, past, past]
    outputs = r.choice([(True, True, True), (True, True, True, True)])
    if r.random() < 0.6:
        attributes["past_present_share_buffer"] = 1
        inputs.append(np.array([before - 1], np.int32))
    return Case(name, inputs, attributes, outputs, kinds={3: 1})


@makes("GroupQueryAttention")
def _group_query(r: random.Random, name: str) -> Case:
    batch, length, shared, size = r.randint(1, 2), r.randint(1, 4), r.randint(1, 2), 16
    heads, before = shared * r.randint(1, 3), r.choice([0, 3, 8])
    if before:
        batch, length = r.choice([(batch, 1), (1, length)])
    given = before > 0 or r.random() < 0.5
    total = length + (r.randint(0, before) if before == 8 else before)
    query, key = floats(batch, length, heads * size), floats(batch, length, shared * size)
    inputs: list[np.ndarray | None] = [query, key, key]
    if r.random() < 0.4:
        inputs = [floats(batch, length, (heads + 2 * shared) * size), None, None]
    past = floats(batch, shared, before, size) if given else None
    inputs += [past, past, np.full(batch, total - 1, np.int32), np.array(total, np.int32)]
    attributes: dict[str, Any] = {"num_heads": heads, "kv_num_heads": shared}
    if r.random() < 0.4:
        cache = floats(32, size // 2)
        inputs += [cache, cache]
        attributes["do_rotary"] = 1
    outputs: tuple[bool, ...] = (True, True, True)
    if r.random() < 0.3:
        attributes["qk_output"] = 1
        outputs = (True, True, True, True)
    return Case(name, inputs, attributes, outputs)


@makes("GreedySearch", "Sampling", "BeamSearch")
def _search(r: random.Random, name: str) -> Case:
    ids = ints(12, r.randint(1, 3), r.randint(1, 4), low=2)
    most = np.array([ids.shape[1] + r.randint(1, 4)], np.int32)
    inputs: list[np.ndarray | None] = [ids, most, np.array([1], np.int32)]
    attributes: dict[str, Any] = {"decoder": _decoder(), "eos_token_id": 1, "pad_token_id": 0}
    if name == "Sampling":
        attributes |= {"top_p": 0.9, "vocab_size": 12}
    if name != "BeamSearch":
        return Case(name, inputs, attributes, kinds={0: 6})
    attributes |= r.choice([{}, {"vocab_size": 12}])
    beams = r.randint(1, 4)
    inputs += [np.array([beams], np.int32), np.array([r.randint(1, beams)], np.int32), np.ones(1, np.float32)]
    return Case(name, inputs, attributes, (True,) * r.randint(1, 3), kinds={0: 6, 1: 1, 2: 1})


def _decoder() -> onnx.GraphProto:
    """As small as a language model may be: a table of what follows what, and a cache that nobody reads."""
    return onnx.parser.parse_graph(
        """
        decoder (int32[b, s] input_ids, int32[b, s] position_ids, int32[b, t] attention_mask,
                 float[2, b, 2, p, 4] past_0)
            => (float[b, s, 12] logits, float[2, b, 2, t, 4] present_0)
            <int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[1] four = {4}>
        {
            table = RandomNormal <shape = [12, 12], seed = 1.0> ()
            logits = Gather (table, input_ids)
            sizes = Shape (input_ids)
            batch = Slice (sizes, zero, one)
            length = Slice (sizes, one, two)
            shape = Concat <axis = 0> (two, batch, two, length, four)
            new = ConstantOfShape (shape)
            present_0 = Concat <axis = 3> (past_0, new)
        }
        """
    )


@makes("NGramRepeatBlock")
def _n_gram(r: random.Random, name: str) -> Case:
    batch = r.randint(1, 3)
    inputs = (ints(5, batch, r.randint(3, 6), dtype=np.int64), floats(batch, 5))
    return Case(name, inputs, {"ngram_size": r.randint(1, 3)})


@makes("BifurcationDetector")
def _bifurcation(r: random.Random, name: str) -> Case:
    source, current = np.arange(r.randint(2, 6)), np.arange(r.randint(1, 3))
    inputs = trimmed(source, current, np.array(0), maybe(r, np.arange(source.size + 1)))
    return Case(name, inputs, {}, (True, True))
