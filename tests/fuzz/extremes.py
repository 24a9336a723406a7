"""Arithmetic at the ends of every type, on stored values: what overflows, rounds, or is not a number."""

from __future__ import annotations

import numpy as np

from .graphs import BOOL, DOUBLE, FLOAT, HALF, INT32, INT64, NUMPY, Graph
from .operators import use

_INTEGERS = (2, 3, 4, 5, INT32, INT32, INT64, INT64, 12, 13)
_REALS = (FLOAT, FLOAT, DOUBLE, HALF)
_ODD = (0.0, -0.0, 1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 1e30, -1e30, 3e38, 65504.0, 7e4, 1e-30, np.inf, -np.inf, np.nan)
_CASTS = (FLOAT, DOUBLE, HALF, INT64, INT32, 2, 3, 4, 5, 12, 13, BOOL, 16)


def _whole(g: Graph, dtype: int, shape: tuple[int, ...], most: int | None = None) -> str:
    limits = np.iinfo(NUMPY[dtype])
    ends = [limits.min, limits.max, limits.max - 1, limits.max // 2 + 1, 0, 1, 2, 3, 7, max(limits.min, -3)]
    values = [g.rng.choice(ends) if most is None else g.rng.randint(1, most) for _ in range(int(np.prod(shape)))]
    return g.given(np.array(values, NUMPY[dtype]).reshape(shape), 0.1)


def _real(g: Graph, dtype: int, shape: tuple[int, ...]) -> str:
    with np.errstate(over="ignore"):
        values = np.array([g.rng.choice(_ODD) for _ in range(int(np.prod(shape)))]).astype(NUMPY[dtype])
    return g.given(values.reshape(shape), 0.1)


@use(weight=3)
def whole_numbers(g: Graph) -> None:
    dtype, shape = g.rng.choice(_INTEGERS), g.shape((0, 1))
    x = _whole(g, dtype, shape)
    match g.rng.randrange(6):
        case 0:
            (x,) = g.node(g.rng.choice(("Add", "Sub", "Mul", "Max", "Min")), [x, _whole(g, dtype, shape)])
        case 1:
            (x,) = g.node("Div", [x, _whole(g, dtype, shape, most=5)])
        case 2 if g.opset >= 10:
            (x,) = g.node("Mod", [x, _whole(g, dtype, shape, most=5)], {"fmod": g.rng.choice((None, 1))})
        case 3:
            (x,) = g.node(g.rng.choice(("Abs", "Neg", "Sign")), [x])
        case 4 if g.opset >= 12:
            (x,) = g.node("Pow", [x, _whole(g, dtype, shape, most=5)])
        case _ if g.opset >= 11:
            (x,) = g.node("CumSum", [x, g.given(np.array(0), 0)])
    _onwards(g, x)


@use(weight=3)
def real_numbers(g: Graph) -> None:
    dtype, shape = g.rng.choice(_REALS), g.shape((0, 1))
    x = _real(g, dtype, shape)
    match g.rng.randrange(6):
        case 0:
            (x,) = g.node(g.rng.choice(("Add", "Sub", "Mul", "Div", "Max", "Min", "Pow")), [x, _real(g, dtype, shape)])
        case 1:
            (x,) = g.node(g.rng.choice(("Floor", "Ceil", "Sqrt", "Abs", "Neg", "Sign", "Relu", "Reciprocal")), [x])
        case 2 if g.opset >= 11:
            (x,) = g.node("Round", [x])
        case 3:
            g.node(g.rng.choice(("Equal", "Less", "Greater")), [x, _real(g, dtype, shape)])
        case 4 if g.opset >= 11:
            a, b = (g.given(np.array(g.rng.choice((0.0, 1.0, -1.5, 0.3)), NUMPY[dtype]), 0) for _ in range(2))
            g.node("Range", [a, b, g.given(np.array(g.rng.choice((0.1, 0.5, -0.3, 1.0)), NUMPY[dtype]), 0)])
        case _ if g.opset >= 11:
            g.node("Clip", [x, _real(g, dtype, ()), _real(g, dtype, ())])
    _onwards(g, x)


def _onwards(g: Graph, x: str) -> None:
    if g.rng.random() < 0.5:
        (x,) = g.node("Cast", [x], {"to": g.rng.choice(_CASTS)})
    if g.rng.random() < 0.2 and g.opset >= 11:
        g.node("Equal", [x, x])
