"""How the operators are used, each with inputs and attributes that it takes: one function a family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .graphs import ANY, BOOL, DOUBLE, FLOAT, HALF, INT8, INT32, INT64, NUMBERS, UINT8, Graph

Use = Callable[[Graph], None]
USES: list[tuple[int, Use]] = []
"""Since which opset each holds; what stands here twice is drawn twice as often."""


def use(since: int = 7, weight: int = 1) -> Callable[[Use], Use]:
    def keep(function: Use) -> Use:
        USES.extend([(since, function)] * weight)
        return function

    return keep


# Element-wise

_UNARY = {
    "Relu": 7, "Sigmoid": 7, "Tanh": 7, "Exp": 7, "Floor": 7, "Ceil": 7, "Sqrt": 7, "LeakyRelu": 7, "Elu": 7, "Selu": 7,
    "Softplus": 7, "Softsign": 7, "HardSigmoid": 7, "Reciprocal": 7, "Log": 7, "Sin": 7, "Cos": 7, "Atan": 7, "Erf": 9,
    "ThresholdedRelu": 7, "Celu": 12, "HardSwish": 14, "Mish": 18, "Gelu": 20, "Round": 11, "Sinh": 9, "Shrink": 9,
    "Swish": 24, "Identity": 7, "Neg": 7, "Abs": 7, "Sign": 9, "Dropout": 7, "IsNaN": 9, "IsInf": 10,
}  # fmt: skip


@use(weight=4)
def unary(g: Graph) -> None:
    op_type = g.rng.choice([name for name, since in _UNARY.items() if since <= max(g.opset, 7)])
    x, _, _ = g.pick(NUMBERS if op_type in ("Neg", "Abs", "Sign", "Identity") else (FLOAT, FLOAT, DOUBLE))
    outputs = g.rng.choice((1, 2)) if op_type == "Dropout" else 1
    g.node(op_type, [x], outputs=outputs)


def partner(g: Graph, dtype: int, shape: tuple[int, ...]) -> str:
    """A tensor that broadcasts with one of this shape, and may be the larger of the two."""
    theirs = [1 if g.rng.random() < 0.25 else g.size() if n == 1 and g.rng.random() < 0.5 else n for n in shape]
    if g.rng.random() < 0.3:
        theirs = theirs[g.rng.randrange(len(theirs) + 1) :]
    elif len(shape) < 4 and g.rng.random() < 0.2:
        theirs = [g.size(), *theirs]
    return g.fresh(dtype, theirs, fed=0.5)


@use(weight=5)
def binary(g: Graph) -> None:
    op_type = g.rng.choice(
        ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean", "Mod", "Greater", "Less", "Equal")
        + (("GreaterOrEqual", "LessOrEqual") if g.opset >= 12 else ())
    )
    if op_type == "Mod" and g.opset < 10:
        return
    dtypes: tuple[int, ...] = (FLOAT,) if op_type in ("Mean", "Sum", "Max", "Min", "Pow") else NUMBERS
    if op_type == "Equal":
        dtypes = (INT64, INT32, BOOL)
    if op_type == "Mod":
        dtypes = (INT64, INT32)
    x, dtype, shape = g.pick(dtypes)
    y = partner(g, dtype, shape)
    inputs = [y, x] if g.rng.random() < 0.3 and op_type not in ("Div", "Mod") else [x, y]
    if op_type in ("Sum", "Max", "Min", "Mean") and g.rng.random() < 0.3:
        inputs.append(g.fresh(dtype, (1,)))
    g.node(op_type, inputs)


@use()
def logic(g: Graph) -> None:
    x, _, shape = g.pick((BOOL,))
    if g.rng.random() < 0.3:
        g.node("Not", [x])
    else:
        g.node(g.rng.choice(("And", "Or", "Xor")), [x, partner(g, BOOL, shape)])


@use(9, 2)
def where(g: Graph) -> None:
    x, dtype, shape = g.pick(NUMBERS)
    g.node("Where", [partner(g, BOOL, shape), x, partner(g, dtype, shape)])


@use(9, 2)
def cast(g: Graph) -> None:
    x, _, _ = g.pick(ANY)
    g.node("Cast", [x], {"to": g.rng.choice((FLOAT, INT64, INT32, BOOL, DOUBLE, HALF, UINT8))})


@use()
def clip(g: Graph) -> None:
    if g.opset < 11:
        x, _, _ = g.pick((FLOAT,))
        g.node("Clip", [x], {"min": -1.0, "max": g.rng.choice((None, 2.0))})
        return
    x, dtype, _ = g.pick((FLOAT, DOUBLE, INT64) if g.opset >= 12 else (FLOAT,))
    bounds = [g.fresh(dtype, ()) if g.rng.random() < 0.7 else "" for _ in range(2)]
    g.node("Clip", [x, *(bounds if bounds[1] else bounds[:1])])


# Reduction


@use(weight=3)
def reduce(g: Graph) -> None:
    op_type = "Reduce" + g.rng.choice(("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"))
    x, _, shape = g.pick((FLOAT, FLOAT, INT32) if op_type != "ReduceLogSumExp" else (FLOAT,), least=1)
    rank = len(shape)
    axes = g.rng.sample(range(rank), g.rng.randint(0, rank))
    axes = [a - rank if g.opset >= 11 and g.rng.random() < 0.4 else a for a in axes]
    keep = {"keepdims": g.rng.choice((None, 0, 1))}
    if g.opset >= (13 if op_type == "ReduceSum" else 18):
        extra = {"noop_with_empty_axes": g.rng.choice((None, 0, 1))}
        g.node(op_type, [x, g.integers(axes)] if axes or g.rng.random() < 0.3 else [x], keep | extra)
    else:
        g.node(op_type, [x], keep | {"axes": axes or None})


@use()
def arg(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT, INT32), (1, 2, 3), 1)
    axis = g.rng.randrange(-len(shape) if g.opset >= 11 else 0, len(shape))
    g.node(g.rng.choice(("ArgMax", "ArgMin")), [x], {"axis": axis, "keepdims": g.rng.choice((None, 0, 1))})


@use(11)
def cumulative(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT, INT64), (1, 2, 3))
    g.node("CumSum", [x, g.integers(g.rng.randrange(len(shape)))], {"exclusive": g.rng.choice((None, 1))})


@use(10)
def top(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT, INT64) if g.opset >= 11 else (FLOAT,), (1, 2, 3), 1)
    axis = g.rng.randrange(-len(shape) if g.opset >= 11 else 0, len(shape))
    g.node("TopK", [x, g.integers([g.rng.randint(0, shape[axis])])], {"axis": axis}, 2)


# Linear


@use(weight=2)
def matrix_product(g: Graph) -> None:
    x, dtype, shape = g.pick((FLOAT, FLOAT, DOUBLE), (1, 2, 3, 4), 1)
    if len(shape) == 1 or g.rng.random() < 0.2:
        g.node("MatMul", [x, g.fresh(dtype, g.rng.choice(((shape[-1],), (shape[-1], g.size(1)))))])
        return
    batch = [1 if g.rng.random() < 0.3 else n for n in shape[:-2]][g.rng.randrange(len(shape) - 1) :]
    g.node("MatMul", [x, g.fresh(dtype, (*batch, shape[-1], g.size(1)))])


@use(weight=2)
def gemm(g: Graph) -> None:
    x, dtype, (rows, inner) = g.pick((FLOAT, DOUBLE), 2, 1)
    a, b = g.rng.randrange(2), g.rng.randrange(2)
    if a:
        rows, inner = inner, rows
    columns = g.size(1)
    inputs = [x, g.fresh(dtype, (columns, inner) if b else (inner, columns), 0.3)]
    if g.opset < 11 or g.rng.random() < 0.7:
        inputs.append(g.fresh(dtype, g.rng.choice(((columns,), (rows, columns), (1,), (rows, 1), ())), 0.3))
    g.node("Gemm", inputs, {"transA": a or None, "transB": b or None})


_EQUATIONS = (
    ("ij,jk->ik", "ij", "jk"), ("bij,bjk->bik", "bij", "bjk"), ("ij->ji", "ij"), ("i,j->ij", "i", "j"), ("ij->", "ij"),
    ("...ij,jk->...ik", "bij", "jk"), ("ii->i", "ii"), ("ij,kj", "ij", "kj"),
)  # fmt: skip


@use(12)
def einsum(g: Graph) -> None:
    equation, *shapes = g.rng.choice(_EQUATIONS)
    sizes = {letter: g.size(1) for letter in "bijk"}
    g.node("Einsum", [g.fresh(FLOAT, [sizes[c] for c in shape]) for shape in shapes], {"equation": equation})


# Windows


def _window(g: Graph, space: tuple[int, ...]) -> dict[str, Any]:
    axes = len(space)
    kernel = [g.rng.randint(1, min(3, n)) for n in space]
    attributes: dict[str, Any] = {"kernel_shape": kernel}
    if g.rng.random() < 0.7:
        attributes["strides"] = [g.rng.randint(1, 3) for _ in range(axes)]
    roll = g.rng.random()
    if roll < 0.4:
        attributes["pads"] = [g.rng.randrange(k) for k in kernel * 2]
    elif roll < 0.7:
        attributes["auto_pad"] = g.rng.choice(("SAME_UPPER", "SAME_LOWER", "VALID"))
    return attributes


@use(weight=3)
def convolution(g: Graph) -> None:
    x, dtype, (_, channels, *space) = g.pick((FLOAT,), (3, 4, 5), 1)
    groups = g.rng.choice([n for n in (1, 1, 2, channels) if channels % n == 0])
    attributes = _window(g, tuple(space))
    kernel = attributes["kernel_shape"]
    transposed = g.rng.random() < 0.3
    maps = groups * g.rng.randint(1, 2)
    w = (channels, maps // groups) if transposed else (maps, channels // groups)
    if "auto_pad" not in attributes and g.rng.random() < 0.4:
        attributes["dilations"] = [g.rng.randint(1, 2) for _ in space]
    if g.rng.random() < 0.5:
        attributes["kernel_shape"] = None
    if transposed and g.rng.random() < 0.3:
        attributes["output_padding"] = [0] * len(space)
    inputs = [x, g.fresh(dtype, (*w, *kernel), 0.2)]
    if g.rng.random() < 0.5:
        inputs.append(g.fresh(dtype, (maps,), 0.2))
    g.node("ConvTranspose" if transposed else "Conv", inputs, attributes | {"group": groups if groups > 1 else None})


@use(weight=2)
def pool(g: Graph) -> None:
    op_type = g.rng.choice(("MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool"))
    x, _, (_, _, *space) = g.pick((FLOAT,), (3, 4, 5), 1)
    if op_type.startswith("Global"):
        g.node(op_type, [x])
        return
    attributes = _window(g, tuple(space))
    if g.opset >= 10 and op_type != "LpPool" and g.rng.random() < 0.4:
        attributes["ceil_mode"] = 1
    g.node(op_type, [x], attributes, 2 if op_type == "MaxPool" and g.rng.random() < 0.3 else 1)


@use(weight=2)
def normalization(g: Graph) -> None:
    op_type = g.rng.choice(("BatchNormalization", "InstanceNormalization", "LayerNormalization", "LRN", "PRelu"))
    x, dtype, shape = g.pick((FLOAT,), (2, 3, 4), 1)
    each = [g.fresh(dtype, (shape[1],), 0.2) for _ in range(4)]
    match op_type:
        case "BatchNormalization":
            g.node(op_type, [x, *each])
        case "InstanceNormalization" if len(shape) > 2:
            g.node(op_type, [x, *each[:2]])
        case "LayerNormalization":
            axis = g.rng.randrange(-len(shape), len(shape))
            scale = g.fresh(dtype, shape[axis:], 0.2)
            g.node(op_type, [x, scale], {"axis": axis}, g.rng.choice((1, 3)) if g.opset >= 17 else 1)
        case "LRN" if len(shape) == 4:
            g.node(op_type, [x], {"size": 3})
        case "PRelu":
            g.node(op_type, [x, g.fresh(dtype, g.rng.choice((shape[-1:], (1,), (shape[1], *(1,) * (len(shape) - 2)))))])


@use()
def softmax(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT, DOUBLE), (1, 2, 3, 4))
    axis = g.rng.randrange(-len(shape) if g.opset >= 11 else 0, len(shape))
    g.node(g.rng.choice(("Softmax", "LogSoftmax", "Hardmax")), [x], {"axis": g.rng.choice((None, axis))})


@use()
def recurrent(g: Graph) -> None:
    op_type, gates = g.rng.choice((("LSTM", 4), ("GRU", 3), ("RNN", 1)))
    x, dtype, (_, batch, features) = g.pick((FLOAT,), 3, 1)
    direction = g.rng.choice(("forward", "reverse", "bidirectional"))
    two = 2 if direction == "bidirectional" else 1
    hidden = g.size(1)
    inputs = [
        x,
        g.fresh(dtype, (two, gates * hidden, features), 0.1),
        g.fresh(dtype, (two, gates * hidden, hidden), 0.1),
    ]
    if g.rng.random() < 0.4:
        inputs.append(g.fresh(dtype, (two, 2 * gates * hidden), 0.1))
        if g.rng.random() < 0.4:
            inputs += ["", g.fresh(dtype, (two, batch, hidden), 0.3)]
    outputs = g.rng.randint(1, 3 if op_type == "LSTM" else 2)
    g.node(op_type, inputs, {"hidden_size": hidden, "direction": direction}, outputs)


@use(10)
def quantize(g: Graph) -> None:
    if g.rng.random() < 0.5:
        x, _, shape = g.pick((FLOAT,))
        per_axis = g.opset >= 13 and len(shape) > 1 and g.rng.random() < 0.4
        size = (shape[1],) if per_axis else ()
        zero = [g.fresh(g.rng.choice((UINT8, INT8)), size)] if g.rng.random() < 0.7 else []
        g.node("QuantizeLinear", [x, g.fresh(FLOAT, size), *zero])
    elif g.rng.random() < 0.5:
        x, dtype, _ = g.pick((UINT8, INT8))
        g.node("DequantizeLinear", [x, g.fresh(FLOAT, ()), g.fresh(dtype, ())])
    elif g.opset >= 11:
        x, _, _ = g.pick((FLOAT,))
        g.node("DynamicQuantizeLinear", [x], outputs=3)


@use(10)
def integer_product(g: Graph) -> None:
    x, _, (rows, inner) = g.pick((UINT8,), 2, 1)
    g.node("MatMulInteger", [x, g.fresh(UINT8, (inner, g.size(1)))])
    del rows
