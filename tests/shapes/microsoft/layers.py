"""Activations, normalizations and embeddings."""

from __future__ import annotations

import random

import numpy as np

from tests.shapes.microsoft.making import floats, ints, makes, maybe, one, sized, trimmed
from tests.shapes.running import Case


@makes("Gelu", "QuickGelu", "SampleOp", "ScaledSiLU")
def _activation(r: random.Random, name: str) -> Case:
    return Case(name, (floats(*sized(r)),))


@makes("FastGelu", "BiasGelu")
def _biased(r: random.Random, name: str) -> Case:
    x = floats(*sized(r))
    bias = floats(x.shape[-1])
    return Case(name, trimmed(x, bias if name == "BiasGelu" else maybe(r, bias)))


@makes("Inverse")
def _inverse(r: random.Random, name: str) -> Case:
    n = r.randint(1, 4)
    return Case(name, (np.broadcast_to(np.eye(n, dtype=np.float32), (*sized(r, 0, 2), n, n)).copy(),))


@makes("GatedAdd")
def _gated_add(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 2))
    return Case(name, (x, x, floats(*x.shape[:-1], 1)))


@makes("GatedRMSNorm", "BranchwiseRMSNorm")
def _gated_norm(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 2))
    return Case(name, (x, floats(x.shape[-1]), x) if name == "GatedRMSNorm" else (x,))


@makes("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def _skip(r: random.Random, name: str) -> Case:
    x = floats(r.randint(1, 3), r.randint(1, 4), r.choice([4, 8]))
    vector = floats(x.shape[-1])
    skip = r.choice([x, floats(1, *x.shape[1:]), floats(*x.shape[1:])])
    beta = [maybe(r, vector)] if name == "SkipLayerNormalization" else []
    outputs = r.choice([(True,), (True, False, False, True)])
    return Case(name, trimmed(x, skip, vector, *beta, maybe(r, vector)), {}, outputs)


@makes("SimplifiedLayerNormalization")
def _simplified(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 1, 4), dtype=r.choice([np.float32, np.float64]))
    axis = r.randint(-x.ndim, x.ndim - 1)
    attributes = {"axis": axis} if axis != -1 or r.random() < 0.5 else {}
    return Case(name, (x, np.ones(x.shape[axis:], x.dtype)), attributes, r.choice([(True,), (True, True)]), "")


@makes("EmbedLayerNormalization")
def _embed(r: random.Random, name: str) -> Case:
    batch, length, hidden = r.randint(1, 3), r.randint(1, 4), r.choice([4, 8])
    ids = ints(5, batch, length)
    segments = maybe(r, ids)
    inputs = trimmed(
        ids,
        segments,
        floats(6, hidden),
        floats(9, hidden),
        None if segments is None else floats(6, hidden),
        floats(hidden),
        floats(hidden),
        maybe(r, ids),
    )
    attributes = r.choice([{}, {"mask_index_type": 0}, {"mask_index_type": 1}])
    outputs = r.choice([(True,), (True, True), (True, True, True), (True, False, True)])
    return Case(name, inputs, attributes, outputs)


@makes("QEmbedLayerNormalization")
def _q_embed(r: random.Random, name: str) -> Case:
    batch, length, hidden = r.randint(1, 3), r.randint(1, 4), r.choice([4, 8])
    ids = ints(5, batch, length)
    segments = maybe(r, ids)
    table, vector, zero, scale = ints(9, 9, hidden, dtype=np.uint8), ints(9, hidden, dtype=np.uint8), np.uint8(1), one()
    point = np.array(zero)
    third = segments is not None
    inputs = (
        *(ids, segments, table, table, table if third else None, vector, vector, maybe(r, ids)),
        *(scale, scale, scale if third else None, scale, scale),
        *(point, point, point if third else None, point, point),
    )
    return Case(name, inputs, {}, (True, True))


@makes("RotaryEmbedding")
def _rotary(r: random.Random, name: str) -> Case:
    batch, length, heads, size = r.randint(1, 2), r.randint(1, 4), r.randint(1, 3), r.choice([4, 8])
    x = floats(batch, heads, length, size) if r.random() < 0.5 else floats(batch, length, heads * size)
    cache = floats(8, size // 2)
    positions = r.choice([np.array([0]), ints(4, batch, length, dtype=np.int64)])
    return Case(name, (x, positions.astype(np.int64), cache, cache))


@makes("MRotaryEmbedding")
def _m_rotary(r: random.Random, name: str) -> Case:
    batch, length, heads, size = r.randint(1, 2), r.randint(1, 4), r.randint(1, 3), 12
    cache = floats(8, size // 2)
    positions = ints(4, 3, batch, length, dtype=np.int64)
    x = floats(batch, heads, length, size)
    return Case(name, (x, positions, cache, cache), {"mrope_section": [2, 2, 2]})
