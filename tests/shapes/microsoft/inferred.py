"""Operators without a kernel on the CPU: onnxruntime's inference of the first output."""

from __future__ import annotations

import random

import numpy as np

from tests.shapes.microsoft.making import floats, ints, makes, one, only_inferred, pair, sized, sliding
from tests.shapes.running import Case


@makes("BiasAdd", "BiasSplitGelu", "BiasDropout", "BitmaskDropout", "BitmaskBiasDropout", "GroupNorm", "RestorePadding")
def _inferred_vectors(r: random.Random, name: str) -> Case:
    x = floats(r.randint(1, 3), r.randint(1, 3), 8)
    bias = floats(8)
    image = floats(2, 3, 3, 8)
    match name:
        case "BiasAdd":
            return only_inferred(Case(name, (x, bias, x)))
        case "BitmaskDropout":
            return only_inferred(Case(name, (x,)))
        case "GroupNorm":
            return only_inferred(Case(name, (image, bias, bias), {"activation": 0, "groups": 2}))
        case "RestorePadding":
            return only_inferred(Case(name, (floats(3, 8), ints(3, r.randint(1, 3), 4))))
        case _:
            return only_inferred(Case(name, (x, bias)))


@makes("SwiGLU")
def _inferred_swiglu(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 0, 2), 8)
    return only_inferred(Case(name, r.choice([(x,), (x, x)])))


@makes("BiasSoftmax")
def _inferred_softmax(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 2, 3))
    return only_inferred(Case(name, (x, x), {"is_inner_broadcast": 0, "axis": 1}))


@makes("FusedMatMulActivation", "GemmFastGelu")
def _inferred_matmul(r: random.Random, name: str) -> Case:
    a, b = pair(r)
    return only_inferred(Case(name, (floats(*a), floats(*b)), {} if name[0] == "G" else {"activation": "Relu"}))


@makes("PackedAttention")
def _inferred_packed(r: random.Random, name: str) -> Case:
    tokens, heads = r.randint(1, 5), r.randint(1, 3)
    width = 3 * heads * 4
    inputs = (floats(tokens, 8), floats(8, width), floats(width), ints(3, 2, 3), ints(3, 3))
    return only_inferred(Case(name, inputs, {"num_heads": heads}))


@makes("PackedMultiHeadAttention")
def _inferred_packed_heads(r: random.Random, name: str) -> Case:
    tokens, heads = r.randint(1, 5), r.randint(1, 3)
    offsets = (ints(3, 2, 3), ints(3, 3))
    x, value = floats(tokens, heads * 4), floats(tokens, heads * 8)
    inputs = r.choice([(x, x, value), (floats(tokens, heads, 3, 4), None, None)])
    return only_inferred(Case(name, (*inputs, None, *offsets), {"num_heads": heads}))


@makes("DecoderAttention", "LongformerAttention")
def _inferred_attention(r: random.Random, name: str) -> Case:
    x = floats(r.randint(1, 3), r.randint(1, 3), 8)
    once, twice, thrice, flag = floats(8, 8), floats(8, 16), floats(24), np.array(False)
    if name == "DecoderAttention":
        given = (x, x, once, twice, thrice, None, None, None, flag, flag, flag, flag)
        return only_inferred(Case(name, given, {"num_heads": 2}))
    mask, wide = floats(*x.shape[:2]), floats(8, 24)
    inputs = (x, wide, thrice, mask, wide, thrice, ints(2, *x.shape[:2]))
    return only_inferred(Case(name, inputs, {"num_heads": 2, "window": 2}))


@makes("PagedAttention")
def _inferred_paged(r: random.Random, name: str) -> Case:
    tokens, shared, size = r.randint(1, 5), r.randint(1, 2), 8
    heads = shared * r.randint(1, 2)
    cache = floats(4, 16, shared, size, dtype=np.float16)
    query, key = (floats(tokens, n * size, dtype=np.float16) for n in (heads, shared))
    packed = floats(tokens, (heads + 2 * shared) * size, dtype=np.float16)
    inputs = r.choice([(query, key, key), (packed, None, None)])
    given = (*inputs, cache, cache, ints(3, 3), ints(3, 2), ints(3, 2, 2))
    return only_inferred(Case(name, given, {"num_heads": heads, "kv_num_heads": shared}))


@makes("GatedRelativePositionBias")
def _inferred_positions(r: random.Random, name: str) -> Case:
    heads, length, batch = r.randint(1, 3), r.randint(1, 4), r.randint(1, 2)
    x, bias = floats(batch, length, heads * 4), floats(heads * 4)
    inputs = (x, bias, floats(1, heads, length, length), floats(4, 8), floats(8), floats(1, heads, 1, 1))
    return only_inferred(Case(name, inputs, {"num_heads": heads}))


@makes("NhwcConv", "NhwcFusedConv")
def _inferred_conv(r: random.Random, name: str) -> Case:
    attributes = sliding(r, 2)
    kernel, channels, filters = attributes["kernel_shape"], r.randint(1, 3), r.randint(1, 3)
    kind = np.float32 if name == "NhwcConv" else np.float16
    shape = (filters, *kernel, channels) if name == "NhwcConv" else (filters, channels, *kernel)
    x = floats(1, r.randint(4, 8), r.randint(4, 8), channels, dtype=kind)
    return only_inferred(Case(name, (x, floats(*shape, dtype=kind)), attributes))


@makes("QLinearReduceMean")
def _inferred_mean(r: random.Random, name: str) -> Case:
    x = ints(9, *sized(r), dtype=np.uint8)
    point = np.array(1, np.uint8)
    axes = r.sample(range(x.ndim), r.randint(1, x.ndim))
    attributes = {"axes": axes, "keepdims": r.randint(0, 1)}
    return only_inferred(Case(name, (x, one(), point, one(), point), attributes))


@makes("QOrderedGelu", "QuantizeWithOrder", "DequantizeWithOrder", "TorchEmbedding")
def _inferred_shape(r: random.Random, name: str) -> Case:
    x = floats(*sized(r))
    match name:
        case "TorchEmbedding":
            return only_inferred(Case(name, (floats(5, 4), ints(5, *sized(r), dtype=np.int64))))
        case "QOrderedGelu":
            return only_inferred(Case(name, (x.astype(np.int8), one(), one()), {"order_X": 1, "order_Y": 1}))
        case "QuantizeWithOrder":
            return only_inferred(Case(name, (x, one()), {"order_input": 1, "order_output": 1}))
        case _:
            attributes = {"order_input": 1, "order_output": 1, "to": 1}
            return only_inferred(Case(name, (x.astype(np.int8), one()), attributes))


@makes("MatMulPacked", "MatMulNBitsQLoRA", "GatherPacked", "MoEPacked")
def _inferred_packed_weights(r: random.Random, name: str) -> Case:
    x = floats(*sized(r, 1, 2), 32, dtype=np.float16)
    rows = r.randint(1, 5)
    blob = ints(255, rows, 34, dtype=np.uint8)
    match name:
        case "MatMulPacked":
            return only_inferred(Case(name, (x, blob), {"K": 32, "N": rows, "packed_type": 8}))
        case "GatherPacked":
            ids = ints(rows, *sized(r, 0, 2), dtype=np.int64)
            attributes = {"K": 32, "packed_type": 8, "output_dtype": 1}
            return only_inferred(Case(name, (blob, ids), attributes))
        case "MoEPacked":
            experts = ints(255, 2, 32, 34, dtype=np.uint8)
            tokens = x.size // 32
            inputs = (x, floats(tokens, 2, dtype=np.float16), experts, experts, experts)
            return only_inferred(Case(name, inputs, {"gate_type": 8, "up_type": 8, "down_type": 8}))
        case _:
            w, scale = ints(255, rows, 1, 16, dtype=np.uint8), floats(rows, 1, dtype=np.float16)
            a, a_scale = ints(255, 2, 1, 32, dtype=np.uint8), floats(2, 1, dtype=np.float16)
            b = ints(255, rows, 1, 32, dtype=np.uint8)
            return only_inferred(Case(name, (x, w, scale, a, a_scale, b, scale), {"K": 32, "N": rows}))


@makes("QOrderedMatMul", "MulInteger", "QOrderedLayerNormalization")
def _inferred_integers(r: random.Random, name: str) -> Case:
    scale = one()
    if name == "QOrderedMatMul":
        front, m, k, n = sized(r, 0, 1), r.randint(1, 4), r.randint(1, 4), r.randint(1, 4)
        inputs = (ints(9, *front, m, k, dtype=np.int8), scale, ints(9, k, n, dtype=np.int8), scale, scale)
        return only_inferred(Case(name, inputs, {"order_A": 1, "order_B": 0, "order_Y": 1}))
    x = ints(9, *sized(r, 2, 3), dtype=np.int8)
    if name == "MulInteger":
        return only_inferred(Case(name, (x, None, x[..., :1].copy())))
    vector = floats(x.shape[-1])
    return only_inferred(Case(name, (x, scale, vector, vector, scale)))


@makes("QOrderedAttention")
def _inferred_ordered_attention(r: random.Random, name: str) -> Case:
    x, scale = ints(9, r.randint(1, 3), r.randint(1, 4), 8, dtype=np.int8), one()
    weight, bias = ints(9, 8, 8, dtype=np.int8), floats(8)
    inputs = (x, *(scale,) * 4, *(weight,) * 3, *(scale,) * 3, *(bias,) * 3, scale, scale, scale)
    return only_inferred(Case(name, inputs, {"num_heads": 2, "order_input": 1, "order_weight": 0, "order_output": 1}))


@makes("GemmFloat8", "MatMulNBitsMlp")
def _inferred_products(r: random.Random, name: str) -> Case:
    if name == "GemmFloat8":
        m, k, n, trans_a, trans_b = r.randint(1, 4), r.randint(1, 4), r.randint(1, 4), r.randint(0, 1), r.randint(0, 1)
        a, b = floats(*((k, m) if trans_a else (m, k))), floats(*((n, k) if trans_b else (k, n)))
        return only_inferred(Case(name, (a, b), {"transA": trans_a, "transB": trans_b, "dtype": 1}))
    x, columns = floats(*sized(r, 1, 2), 32), r.randint(1, 5)
    weight, scale = ints(255, columns, 1, 16, dtype=np.uint8), floats(columns, 1)
    inputs = (x, None, None, weight, scale, None, weight, scale)
    return only_inferred(Case(name, inputs, {"K": 32, "N": columns, "block_size": 32, "activation": "silu"}))


@makes("DynamicSparseAttention")
def _inferred_dynamic_sparse(r: random.Random, name: str) -> Case:
    batch, length, shared, size = r.randint(1, 2), r.randint(1, 4), r.randint(1, 2), 16
    heads = shared * r.randint(1, 2)
    query, key = floats(batch, length, heads * size), floats(batch, length, shared * size)
    cache, total = floats(batch, shared, 8, size), np.array([8], np.int32)
    selected = (ints(3, batch * length, 2), ints(2, batch * length), ints(8, batch), total)
    attributes = {"num_heads": heads, "kv_num_heads": shared}
    return only_inferred(Case(name, (query, key, key, cache, cache, None, None, *selected), attributes))
