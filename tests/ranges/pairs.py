"""Pairs of models: of the bad one some input within the ranges gives NaN or infinity, of the good one none does.

The first eight are of the kinds that public reports show; W is of 16 rows and 8 columns with a spread of 0.3, so that
x W reaches about 200 for x in [-50, 50].
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx
from onnx import numpy_helper, parser

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


class Pair(NamedTuple):
    """Node lines of both models over ``x``; ``h`` is x W where ``dense``."""

    name: str
    bad: str
    good: str
    op_type: str  # of the node that is at fault
    dense: bool = True
    low: float = -50.0
    high: float = 50.0
    dtype: str = "float"
    out: str = "float"
    two: bool = False  # a second input z of the same kind


PAIRS = (
    Pair("relu over its sum", "r = Relu(h) s = ReduceSum(r, last) y = Div(r, s)",
         "r = Relu(h) s = ReduceSum(r, last) t = Add(s, one) y = Div(r, t)", "Div"),
    Pair("exp of a square", "q = Mul(h, h) y = Exp(q)", "q = Mul(h, h) n = Neg(q) y = Exp(n)", "Exp"),
    Pair("variance by exp", "v = Exp(h) l = Log(v) y = Sub(v, l)",
         "c = Clip(h, neighty, eighty) v = Exp(c) y = Sub(v, c)", "Exp"),
    Pair("norm", "q = Mul(h, h) s = ReduceSum(q, last) r = Sqrt(s) y = Div(h, r)",
         "q = Mul(h, h) s = ReduceSum(q, last) r = Sqrt(s) t = Max(r, eps) y = Div(h, t)", "Div"),
    Pair("log of a clip at zero", "r = Clip(h, zero, one) y = Log(r)", "r = Clip(h, eps, one) y = Log(r)", "Log"),
    Pair("log of a sigmoid", "p = Sigmoid(h) y = Log(p)", "n = Neg(h) s = Softplus(n) y = Neg(s)", "Log"),
    Pair("naive softmax", "e = Exp(h) s = ReduceSum(e, last) y = Div(e, s)",
         "m = ReduceMax<axes = [-1]>(h) d = Sub(h, m) e = Exp(d) s = ReduceSum(e, last) y = Div(e, s)", "Exp"),
    Pair("root of anything", "y = Sqrt(h)", "r = Relu(h) y = Sqrt(r)", "Sqrt"),
    # Seventeen of our own.
    Pair("difference of the same", "d = Sub(h, h) y = Log(d)", "d = Sub(h, h) e = Add(d, one) y = Log(e)", "Log"),
    Pair("cosine of one and itself doubled", "d = Add(h, h) e = Sub(d, h) y = Sqrt(e)",
         "d = Add(h, h) e = Sub(d, h) f = Sub(e, h) g = Abs(f) y = Sqrt(g)", "Sqrt"),
    Pair("standard deviation",
         "m = ReduceMean<axes = [-1]>(h) d = Sub(h, m) q = Mul(d, d) v = ReduceMean<axes = [-1]>(q) "
         "s = Sqrt(v) y = Div(d, s)",
         "m = ReduceMean<axes = [-1]>(h) d = Sub(h, m) q = Mul(d, d) v = ReduceMean<axes = [-1]>(q) w = Add(v, eps) "
         "s = Sqrt(w) y = Div(d, s)", "Div"),
    Pair("variance as a difference",
         "q = Mul(x, x) a = ReduceMean<axes = [-1]>(q) m = ReduceMean<axes = [-1]>(x) b = Mul(m, m) "
         "v = Sub(a, b) y = Sqrt(v)",
         "q = Mul(x, x) a = ReduceMean<axes = [-1]>(q) m = ReduceMean<axes = [-1]>(x) b = Mul(m, m) v = Sub(a, b) "
         "r = Relu(v) w = Add(r, eps) y = Sqrt(w)", "Sqrt", dense=False),
    Pair("over its magnitude", "a = Abs(h) y = Div(h, a)", "a = Abs(h) b = Add(a, eps) y = Div(h, b)", "Div"),
    Pair("square in float16", "y = Mul(x, x)", "c = Clip(x, nlimit, limit) y = Mul(c, c)", "Mul", dense=False,
         low=-300.0, high=300.0, dtype="float16", out="float16"),
    Pair("cast to float16", "s = Mul(h, h) t = Mul(s, two) y = Cast<to = 10>(t)",
         "s = Mul(h, h) t = Min(s, big) y = Cast<to = 10>(t)", "Cast", out="float16"),
    Pair("area cosine", "a = Abs(x) y = Acosh(a)", "a = Abs(x) b = Add(a, one) y = Acosh(b)", "Acosh", dense=False),
    Pair("area tangent of a tangent", "t = Tanh(h) y = Atanh(t)", "t = Tanh(h) u = Mul(t, most) y = Atanh(u)", "Atanh"),
    Pair("arc sine", "s = Mul(x, small) y = Asin(s)", "s = Mul(x, smaller) y = Asin(s)", "Asin", dense=False),
    Pair("power of a half", "y = Pow(h, half)", "a = Abs(h) y = Pow(a, half)", "Pow"),
    Pair("reciprocal of what relu gave", "r = Relu(x) y = Reciprocal(r)",
         "r = Relu(x) s = Add(r, one) y = Reciprocal(s)",
         "Reciprocal", dense=False),
    Pair("log of what a sigmoid leaves", "p = Sigmoid(h) q = Sub(one, p) y = Log(q)",
         "p = Sigmoid(h) q = Sub(one, p) c = Max(q, eps) y = Log(c)", "Log"),
    Pair("remainder by what relu gave", "r = Relu(z) y = Mod<fmod = 1>(x, r)",
         "r = Relu(z) s = Add(r, one) y = Mod<fmod = 1>(x, s)",
         "Mod", dense=False, two=True),
    Pair("log of a softmax", "p = Softmax(h) y = Log(p)", "y = LogSoftmax(h)", "Log"),
    Pair("odds", "p = Sigmoid(h) q = Sub(one, p) o = Div(p, q) y = Log(o)",
         "p = Sigmoid(h) c = Clip(p, eps, nearly) q = Sub(one, c) o = Div(c, q) y = Log(o)", "Div"),
    Pair("log of a sum", "r = ReduceLogSum<axes = [-1]>(h) y = Sub(h, r)",
         "a = Abs(h) b = Add(a, eps) r = ReduceLogSum<axes = [-1]>(b) y = Sub(h, r)", "ReduceLogSum"),
)  # fmt: skip

_NUMBERS = {
    "zero": 0.0, "one": 1.0, "two": 2.0, "half": 0.5, "eps": 1e-6, "eighty": 80.0, "neighty": -80.0, "most": 0.99,
    "small": 0.1, "smaller": 0.015, "big": 6e4, "nearly": 0.999, "limit": 200.0, "nlimit": -200.0,
}  # fmt: skip


def model(pair: Pair, nodes: str) -> onnx.ModelProto:
    """One of the two models."""
    width = 8 if pair.dense else 16
    columns = 1 if "ReduceMean<axes = [-1]>(x)" in nodes else width
    inputs = f"{pair.dtype}[4, 16] x" + (f", {pair.dtype}[4, 16] z" if pair.two else "")
    dense = "h = MatMul(x, W)\n" if pair.dense else ""
    lines = nodes.replace(") ", ")\n")
    made = parser.parse_model(
        f"{HEAD}g ({inputs}) => ({pair.out}[4, {columns}] y) <int64[1] last = {{-1}}> {{ {dense}{lines} }}"
    )
    used = {name for node in made.graph.node for name in node.input}
    kind = np.float16 if pair.dtype == "float16" else np.float32
    for name, number in _NUMBERS.items():
        if name in used:
            made.graph.initializer.append(numpy_helper.from_array(np.array(number, kind), name))
    if pair.dense:
        weights = np.random.default_rng(7).normal(scale=0.3, size=(16, 8)).astype(np.float32)
        made.graph.initializer.append(numpy_helper.from_array(weights, "W"))
    return made
