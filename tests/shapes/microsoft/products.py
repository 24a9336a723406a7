"""Matrix products and mixtures of experts."""

from __future__ import annotations

import random

import numpy as np

from tests.shapes.microsoft.making import floats, ints, makes, maybe, one, pair, sized, trimmed
from tests.shapes.running import Case


@makes("FusedMatMul", "TransposeMatMul")
def _fused_matmul(r: random.Random, name: str) -> Case:
    trans_a, trans_b = r.randint(0, 1), r.randint(0, 1)
    attributes = {"transA": trans_a, "transB": trans_b}
    if name == "FusedMatMul" and r.random() < 0.4:
        batch, m, k, n = r.randint(2, 3), r.randint(1, 4), r.randint(1, 4), r.randint(1, 4)
        left, right = r.randint(0, 1), r.randint(0, 1)

        def moved(rows: int, columns: int, transpose: int, first: int) -> tuple[int, ...]:
            if transpose:
                rows, columns = columns, rows
            return (rows, batch, columns) if first else (batch, rows, columns)

        attributes |= {"transBatchA": left, "transBatchB": right}
        inputs = floats(*moved(m, k, trans_a, left)), floats(*moved(k, n, trans_b, right))
        return Case(name, inputs, attributes)
    if r.random() < 0.1:
        return Case(name, (floats(3), floats(3, 2)), {})
    a, b = pair(r, trans_a, trans_b)
    return Case(name, (floats(*a), floats(*b)), attributes)


@makes("FusedGemm")
def _fused_gemm(r: random.Random, name: str) -> Case:
    m, k, n, trans_a, trans_b = r.randint(1, 4), r.randint(1, 4), r.randint(1, 4), r.randint(0, 1), r.randint(0, 1)
    a, b = floats(*((k, m) if trans_a else (m, k))), floats(*((n, k) if trans_b else (k, n)))
    attributes = {"transA": trans_a, "transB": trans_b, "activation": "Relu"}
    return Case(name, trimmed(a, b, r.choice([None, floats(n), floats(m, n), floats(1)])), attributes)


@makes("MatMulInteger16")
def _matmul_integer16(r: random.Random, name: str) -> Case:
    a, b = pair(r)
    return Case(name, (ints(9, *a, dtype=np.int16), ints(9, *b, dtype=np.int16)))


@makes("MatMulIntegerToFloat")
def _matmul_to_float(r: random.Random, name: str) -> Case:
    a, b = pair(r)
    left = r.choice([np.uint8, np.int8])
    right = np.int8 if left is np.int8 else r.choice([np.uint8, np.int8])
    scale = r.choice([one(), floats(b[-1])])
    points = (np.array(1, left), np.array(1, right)) if r.random() < 0.5 else (None, None)
    inputs = trimmed(ints(9, *a, dtype=left), ints(9, *b, dtype=right), one(), scale, *points, maybe(r, floats(b[-1])))
    return Case(name, inputs)


@makes("DynamicQuantizeMatMul")
def _dynamic_matmul(r: random.Random, name: str) -> Case:
    a, b = pair(r)
    kind = r.choice([np.uint8, np.int8])
    point = maybe(r, np.array(1, kind))
    return Case(name, trimmed(floats(*a), ints(9, *b, dtype=kind), one(), point, maybe(r, floats(b[-1]))))


@makes("QGemm")
def _q_gemm(r: random.Random, name: str) -> Case:
    m, k, n, trans_a, trans_b = r.randint(1, 4), r.randint(1, 4), r.randint(1, 4), r.randint(0, 1), r.randint(0, 1)
    kind = r.choice([np.uint8, np.int8])
    a = ints(9, *((k, m) if trans_a else (m, k)), dtype=kind)
    b = ints(9, *((n, k) if trans_b else (k, n)), dtype=kind)
    point = np.array(1, kind)
    y = (one(), point) if r.random() < 0.5 else (None, None)
    scale, zero = (one(), point) if r.random() < 0.5 else (floats(n), ints(9, n, dtype=kind))
    bias = maybe(r, ints(9, n))
    return Case(name, trimmed(a, one(), point, b, scale, zero, bias, *y), {"transA": trans_a, "transB": trans_b})


@makes("MatMulNBits")
def _n_bits(r: random.Random, name: str) -> Case:
    k, n, block, bits = r.choice([16, 32, 40]), r.randint(1, 5), r.choice([16, 32]), r.choice([4, 4, 8, 2])
    blocks = -(-k // block)
    a = floats(*sized(r, 1, 3), k)
    b = ints(255, n, blocks, block * bits // 8, dtype=np.uint8)
    scales = floats(n, blocks) if r.random() < 0.5 else floats(n * blocks)
    columns = -(-blocks * bits // 8)
    flat, whole = ints(255, n * columns, dtype=np.uint8), ints(255, n, columns, dtype=np.uint8)
    points = maybe(r, r.choice([flat, whole, floats(n, blocks)]))
    inputs = trimmed(a, b, scales, points, None, maybe(r, floats(n)))
    return Case(name, inputs, {"K": k, "N": n, "block_size": block, "bits": bits})


@makes("MatMulBnb4")
def _bnb4(r: random.Random, name: str) -> Case:
    k, n, block = r.choice([16, 32]), r.randint(1, 5), 16
    count = -(-k * n // block)
    a = floats(*sized(r, 1, 3), k)
    inputs = (a, ints(255, (n * k + 1) // 2, dtype=np.uint8), floats(count))
    return Case(name, inputs, {"K": k, "N": n, "block_size": block, "quant_type": r.randint(0, 1)})


@makes("MatMulFpQ4")
def _fp_q4(r: random.Random, name: str) -> Case:
    k, n = 32, r.randint(1, 5)
    inputs = (floats(*sized(r, 1, 2), k), ints(9, n * 20, dtype=np.uint8), np.array([k, n], np.int64))
    return Case(name, inputs, {"blk_quant_type": 0}, stored=frozenset({2}))


@makes("MoE")
def _moe(r: random.Random, name: str) -> Case:
    experts, hidden, inner = r.randint(2, 4), 8, r.choice([4, 16])
    x = floats(*r.choice([(3, hidden), (2, 3, hidden)]))
    tokens = x.size // hidden
    first, second = floats(experts, inner, hidden), floats(experts, hidden, inner)
    inputs = (
        x,
        floats(tokens, experts),
        first,
        maybe(r, floats(experts, inner)),
        second,
        maybe(r, floats(experts, hidden)),
    )
    return Case(name, trimmed(*inputs), {"k": r.randint(1, 2), "activation_type": r.choice(["relu", "gelu", "silu"])})


@makes("QMoE")
def _q_moe(r: random.Random, name: str) -> Case:
    experts, hidden, inner = r.randint(2, 4), 8, 16
    x = floats(*r.choice([(3, hidden), (2, 3, hidden)]))
    first, second = (
        ints(255, experts, inner, hidden // 2, dtype=np.uint8),
        ints(255, experts, hidden, inner // 2, dtype=np.uint8),
    )
    inputs = (
        x,
        floats(x.size // hidden, experts),
        first,
        floats(experts, inner),
        None,
        second,
        floats(experts, hidden),
    )
    return Case(name, inputs, {"k": 1, "activation_type": "relu"})


@makes("MoEGroupRouter")
def _router(r: random.Random, name: str) -> Case:
    experts = 8
    x = floats(*sized(r, 1, 2), experts)
    return Case(name, (x, floats(experts)), {"top_k": 2, "n_group": 2, "topk_group": 1})
