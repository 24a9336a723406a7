"""Quantised twins."""

from __future__ import annotations

import random

import numpy as np

from tests.shapes.microsoft.making import floats, ints, makes, maybe, one, sized, trimmed
from tests.shapes.running import Case


@makes("QuantizeLinear", "DequantizeLinear")
def _linear(r: random.Random, name: str) -> Case:
    shape, kind = sized(r, 1, 3), r.choice([np.uint8, np.int8, np.uint16, np.int16])
    axis = r.randint(-len(shape), len(shape) - 1)
    each = r.random() < 0.5
    scale = np.full(shape[axis], 0.5, np.float32) if each else one()
    point = maybe(r, np.ones(shape[axis], kind) if each else np.array(1, kind))
    x = floats(*shape) if name == "QuantizeLinear" else ints(9, *shape, dtype=kind)
    return Case(name, trimmed(x, scale, point), {"axis": axis} if each else {})


@makes("QLinearAdd", "QLinearMul")
def _q_add(r: random.Random, name: str) -> Case:
    kind = r.choice([np.uint8, np.int8])
    shape = sized(r, 0, 3)
    other = tuple(r.choice([1, size]) for size in shape[r.randint(0, len(shape)) :])
    point = np.array(1, kind)
    a, b = ints(9, *shape, dtype=kind), ints(9, *other, dtype=kind)
    if r.random() < 0.5:
        a, b = b, a
    return Case(name, (a, one(), point, b, one(), point, one(), point))


@makes("QLinearLeakyRelu", "QLinearSigmoid")
def _q_activation(r: random.Random, name: str) -> Case:
    kind = r.choice([np.uint8, np.int8])
    point = np.array(1, kind)
    inputs = (ints(9, *sized(r), dtype=kind), one(), maybe(r, point), one(), point)  # without the last it aborts
    return Case(name, trimmed(*inputs), stored=frozenset({1, 2, 3, 4}))


@makes("QLinearSoftmax")
def _q_softmax(r: random.Random, name: str) -> Case:
    x = ints(9, *sized(r), dtype=np.uint8)
    point = np.array(1, np.uint8)
    attributes = {"axis": r.randint(-x.ndim, x.ndim - 1), "opset": r.choice([11, 13])}
    return Case(name, (x, one(), point, one(), point), attributes, stored=frozenset({1, 2, 3, 4}))


@makes("QLinearWhere")
def _q_where(r: random.Random, name: str) -> Case:
    shape = sized(r)
    kind = r.choice([np.uint8, np.int8])
    point = np.array(1, kind)
    x, y = ints(9, *shape, dtype=kind), ints(9, *(r.choice([1, size]) for size in shape), dtype=kind)
    condition = ints(2, *(r.choice([1, size]) for size in shape), dtype=bool)
    inputs = (condition, x, one(), point, y, one(), point, one(), point)
    return Case(name, inputs, stored=frozenset({2, 3, 5, 6, 7, 8}))


@makes("QLinearConcat")
def _q_concat(r: random.Random, name: str) -> Case:
    shape = sized(r)
    axis = r.randint(-len(shape), len(shape) - 1)
    point = np.array(1, np.uint8)
    inputs: list[np.ndarray] = [one(), point]
    for _ in range(r.randint(1, 3)):
        part = list(shape)
        part[axis] = r.randint(1, 4)
        inputs += [ints(9, *part, dtype=np.uint8), one(), point]
    return Case(name, inputs, {"axis": axis}, stored=frozenset(i for i in range(len(inputs)) if i % 3 != 2 or i < 2))


@makes("GatherBlockQuantized")
def _gather_blocks(r: random.Random, name: str) -> Case:
    front, width, bits = sized(r, 1, 2), r.choice([16, 32]), r.choice([2, 4, 8])
    data = ints(255, *front, width * bits // 8, dtype=np.uint8)
    axis = r.randrange(len(front))
    indices = ints(front[axis], *sized(r, 0, 2), dtype=r.choice([np.int32, np.int64]))
    inputs = (data, indices, floats(*front, width // 16, dtype=r.choice([np.float32, np.float16])))
    attributes = {
        "bits": bits,
        "block_size": 16,
        "quantize_axis": len(front),
        "gather_axis": axis - r.choice([0, data.ndim]),
    }
    return Case(name, inputs, attributes, stored=frozenset({0}))
