"""Seeded random graphs of 1 to 12 operators, with ranges for their inputs, and inputs within those."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32, F16, F64, I32, I64, U8, I8, BOOL = (
    TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8,
    TensorProto.INT8, TensorProto.BOOL,
)  # fmt: skip
FLOATS = (F32, F64, F16)
KIND: dict[int, Any] = {
    F32: np.float32, F16: np.float16, F64: np.float64, I32: np.int32, I64: np.int64, U8: np.uint8, I8: np.int8,
    BOOL: np.bool_,
}  # fmt: skip


class Made(NamedTuple):
    """A tensor of the graph under construction."""

    name: str
    dtype: int
    shape: tuple[int, ...]


class RandomGraph(NamedTuple):
    """A model, the ranges of its inputs by name, and the tensors that nodes make."""

    model: onnx.ModelProto
    ranges: dict[str, tuple[float, float]]
    tensors: list[str]


class Builder:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numpy = np.random.default_rng(seed)
        self.opset = self.random.choice((13, 16, 17, 18, 21))
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []
        self.pool: list[Made] = []
        self.inputs: list[Made] = []
        self.ranges: dict[str, tuple[float, float]] = {}
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"t{self.count}"

    def store(self, array: np.ndarray) -> str:
        name = self.name()
        self.stored.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op: str, inputs: list[str], dtype: int, shape: tuple[int, ...], **attributes: Any) -> None:
        name = self.name()
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        self.pool.append(Made(name, dtype, shape))

    def input(self) -> None:
        shape = self.random.choice(((2, 3), (4, 6), (1, 4, 4, 4), (2, 3, 5, 5), (3,), (2, 4, 6)))
        dtype = self.random.choice((F32,) * 8 + (F64, F16, I32, U8, I64))
        made = Made(self.name(), dtype, shape)
        reach = self.random.choice((0.5, 1.0, 3.0, 10.0, 50.0, 300.0, 1e4))
        low, high = sorted((self.random.uniform(-reach, reach), self.random.uniform(-reach, reach)))
        match self.random.randrange(4):
            case 0:
                low, high = -reach, reach
            case 1:
                low, high = 0.0, reach
        if dtype == U8:
            low, high = 0.0, 255.0
        elif dtype not in FLOATS:
            low, high = float(int(low)), float(int(high) + 1)
        self.inputs.append(made)
        self.pool.append(made)
        self.ranges[made.name] = (low, high)

    def some(self, *dtypes: int, rank: int | None = None, least: int = 0) -> Made | None:
        fitting = [
            m for m in self.pool
            if m.dtype in dtypes and (rank is None or len(m.shape) == rank) and len(m.shape) >= least
        ]  # fmt: skip
        if not fitting:
            return None
        return self.random.choice(fitting[-4:]) if self.random.random() < 0.7 else self.random.choice(fitting)

    def partner(self, x: Made) -> str:
        """Another tensor or stored numbers that broadcast with x."""
        others = [m for m in self.pool if m.dtype == x.dtype and _fits(m.shape, x.shape)]
        if others and self.random.random() < 0.6:
            return self.random.choice(others).name
        shape = self.random.choice(((), x.shape[-1:], (1,) * len(x.shape)))
        numbers = self.numpy.normal(scale=self.random.choice((0.1, 1.0, 10.0)), size=shape)
        if x.dtype in (U8,):
            numbers = np.abs(numbers) * 10
        if self.random.random() < 0.2:
            numbers = np.zeros_like(numbers) + self.random.choice((0, 1, 2, -1)) * (1 if x.dtype != U8 else 0)
        return self.store(np.asarray(numbers).astype(KIND[x.dtype]))


def _fits(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    return len(shape) <= len(to) and all(a in (1, b) for a, b in zip(reversed(shape), reversed(to), strict=False))


Step = Callable[[Builder], None]
STEPS: list[tuple[float, Step]] = []


def step(weight: float = 1.0) -> Callable[[Step], Step]:
    def bind(make: Step) -> Step:
        STEPS.append((weight, make))
        return make

    return bind


_UNARY = (
    "Relu", "Neg", "Abs", "Exp", "Log", "Sqrt", "Reciprocal", "Sigmoid", "Tanh", "Erf", "Softplus", "Softsign",
    "Elu", "Selu", "LeakyRelu", "HardSigmoid", "HardSwish", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos", "Tan",
    "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Celu", "ThresholdedRelu", "Identity", "Shrink",
)  # fmt: skip
_F32_ONLY = frozenset(
    {
        "Erf", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Celu", "Shrink", "LeakyRelu",
        "ThresholdedRelu", "HardSwish", "HardSigmoid", "Elu", "Selu", "Softplus", "Softsign",
    }
)  # fmt: skip


@step(6)
def unary(b: Builder) -> None:
    op = b.random.choice(_UNARY)
    if op in ("HardSwish",) and b.opset < 14:
        return
    x = b.some(F32, F16) if op in _F32_ONLY else b.some(*FLOATS)
    if x is not None:
        b.node(op, [x.name], x.dtype, x.shape)


@step(2)
def newer(b: Builder) -> None:
    op, since = b.random.choice((("Gelu", 20), ("Mish", 18)))
    x = b.some(F32)
    if x is not None and b.opset >= since:
        b.node(op, [x.name], x.dtype, x.shape)


@step(7)
def pairs(b: Builder) -> None:
    op = b.random.choice(("Add", "Sub", "Mul", "Div", "Add", "Sub", "Mul", "Max", "Min", "Mean", "Sum", "PRelu"))
    x = b.some(*((F32,) if op in ("Mean", "Sum", "PRelu") else FLOATS))
    if x is None:
        return
    other = x.name if b.random.random() < 0.15 else b.partner(x)
    inputs = [x.name, other]
    if op in ("Add", "Sub", "Mul", "Max", "Min") and _shape(b, other) == x.shape and b.random.random() < 0.5:
        inputs.reverse()
    b.node(op, inputs, x.dtype, x.shape)


def _shape(b: Builder, name: str) -> tuple[int, ...]:
    return next((m.shape for m in b.pool if m.name == name), ())


@step(2)
def integers(b: Builder) -> None:
    x = b.some(I32, I64)
    if x is None:
        return
    op = b.random.choice(("Add", "Sub", "Mul", "Max", "Min", "Abs", "Neg", "Sign", "Div", "Mod"))
    if op in ("Abs", "Neg", "Sign"):
        b.node(op, [x.name], x.dtype, x.shape)
    elif op in ("Div", "Mod"):
        b.node(op, [x.name, b.store(np.array(b.random.choice((-3, 2, 7)), KIND[x.dtype]))], x.dtype, x.shape)
    else:
        b.node(op, [x.name, b.partner(x)], x.dtype, x.shape)


@step(1.5)
def power(b: Builder) -> None:
    x = b.some(F32, F64)
    if x is not None:
        exponent = b.random.choice((2.0, 3.0, 0.5, -1.0, 1.5, 0.0, -0.5, 4.0))
        b.node("Pow", [x.name, b.store(np.array(exponent, KIND[x.dtype]))], x.dtype, x.shape)


@step(1)
def remainder(b: Builder) -> None:
    x = b.some(F32)
    if x is not None:
        b.node("Mod", [x.name, b.partner(x)], x.dtype, x.shape, fmod=1)


@step(1.5)
def clip(b: Builder) -> None:
    x = b.some(*FLOATS)
    if x is not None:
        ends = [b.store(np.array(v, KIND[x.dtype])) for v in sorted((b.random.uniform(-5, 5), b.random.uniform(-5, 5)))]
        given = b.random.choice(([ends[0], ends[1]], [ends[0]], ["", ends[1]]))
        b.node("Clip", [x.name, *given], x.dtype, x.shape)


@step(4)
def reduction(b: Builder) -> None:
    op = b.random.choice((
        "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare",
        "ReduceLogSumExp", "ReduceMax", "ReduceSum", "ReduceLogSum",
    ))  # fmt: skip
    x = b.some(F32, F64) if op in ("ReduceSum", "ReduceMean", "ReduceMax") else b.some(F32)
    if x is None or not x.shape:
        return
    axis, keep = b.random.randrange(len(x.shape)), int(b.random.random() < 0.7)
    shape = tuple(1 if i == axis else s for i, s in enumerate(x.shape) if keep or i != axis)
    given = b.random.choice((axis, axis - len(x.shape)))
    if op == "ReduceSum" or b.opset >= 18:
        b.node(op, [x.name, b.store(np.array([given], np.int64))], x.dtype, shape, keepdims=keep)
    else:
        b.node(op, [x.name], x.dtype, shape, keepdims=keep, axes=[given])


@step(2)
def softmaxes(b: Builder) -> None:
    op = b.random.choice(("Softmax", "LogSoftmax", "Softmax", "Hardmax"))
    x = b.some(F32, F64) if op != "Hardmax" else b.some(F32)
    if x is not None and x.shape:
        b.node(op, [x.name], x.dtype, x.shape, axis=b.random.randrange(-len(x.shape), len(x.shape)))


@step(1)
def odd_ones(b: Builder) -> None:
    x = b.some(F32)
    if x is None or not x.shape:
        return
    match b.random.randrange(5):
        case 0:
            b.node("CumSum", [x.name, b.store(np.array(0, np.int64))], x.dtype, x.shape, reverse=b.random.randrange(2),
                   exclusive=b.random.randrange(2))  # fmt: skip
        case 1:
            b.node("LpNormalization", [x.name], x.dtype, x.shape, axis=-1)
        case 2:
            b.node("ArgMax", [x.name], I64, (1, *x.shape[1:]), axis=0)
        case 3:
            b.node("IsNaN", [x.name], BOOL, x.shape)
        case 4:
            b.node("IsInf", [x.name], BOOL, x.shape)


@step(3)
def comparing(b: Builder) -> None:
    x = b.some(F32, I32, I64)
    if x is not None:
        op = b.random.choice(("Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal"))
        b.node(op, [x.name, b.partner(x)], BOOL, x.shape)


@step(2)
def choosing(b: Builder) -> None:
    condition, x = b.some(BOOL), b.some(F32)
    if condition is not None and x is not None and _fits(condition.shape, x.shape):
        b.node("Where", [condition.name, x.name, b.partner(x)], x.dtype, x.shape)


@step(1)
def logic(b: Builder) -> None:
    x = b.some(BOOL)
    if x is not None:
        op = b.random.choice(("Not", "And", "Or", "Xor"))
        b.node(op, [x.name] if op == "Not" else [x.name, b.partner(x)], BOOL, x.shape)


@step(2.5)
def casting(b: Builder) -> None:
    x = b.some(*FLOATS, I32, I64, U8, BOOL)
    if x is not None:
        to = b.random.choice((F32, F32, F16, F64, I32, I64, BOOL))
        b.node("Cast", [x.name], to, x.shape, to=to)


@step(5)
def moving(b: Builder) -> None:
    x = b.some(F32, F64, I64)
    if x is None or not x.shape:
        return
    rank, axis = len(x.shape), b.random.randrange(len(x.shape))
    size = x.shape[axis]
    match b.random.randrange(12):
        case 0:
            perm = b.random.sample(range(rank), rank)
            b.node("Transpose", [x.name], x.dtype, tuple(x.shape[p] for p in perm), perm=perm)
        case 1:
            b.node("Flatten", [x.name], x.dtype, _flat(x.shape, axis), axis=axis)
        case 2:
            total = int(np.prod(x.shape))
            shape = b.random.choice([(total,), _flat(x.shape, axis), (1, *x.shape)])
            b.node("Reshape", [x.name, b.store(np.array(shape, np.int64))], x.dtype, tuple(shape))
        case 3:
            b.node("Unsqueeze", [x.name, b.store(np.array([0], np.int64))], x.dtype, (1, *x.shape))
        case 4:
            start, end = sorted((b.random.randrange(size), b.random.randrange(size)))
            arrays = [b.store(np.array([v], np.int64)) for v in (start, end + 1, axis, 1)]
            shape = tuple(end + 1 - start if i == axis else s for i, s in enumerate(x.shape))
            b.node("Slice", [x.name, *arrays], x.dtype, shape)
        case 5:
            places = [b.random.randrange(-size, size) for _ in range(2)]
            shape = (*x.shape[:axis], 2, *x.shape[axis + 1 :])
            b.node("Gather", [x.name, b.store(np.array(places, np.int64))], x.dtype, shape, axis=axis)
        case 6:
            alike = [m for m in b.pool if m.dtype == x.dtype and len(m.shape) == rank]
            others = [m for m in alike if m.shape[:axis] + m.shape[axis + 1 :] == x.shape[:axis] + x.shape[axis + 1 :]]
            other = b.random.choice(others)
            shape = tuple(s + other.shape[axis] if i == axis else s for i, s in enumerate(x.shape))
            b.node("Concat", [x.name, other.name], x.dtype, shape, axis=axis)
        case 7:
            pads = [b.random.randrange(2) for _ in range(2 * rank)]
            inputs = [x.name, b.store(np.array(pads, np.int64))]
            if b.random.random() < 0.5:
                inputs.append(b.store(np.array(b.random.uniform(-9, 9)).astype(KIND[x.dtype])))
            shape = tuple(s + pads[i] + pads[i + rank] for i, s in enumerate(x.shape))
            b.node("Pad", inputs, x.dtype, shape)
        case 8:
            times = [b.random.randrange(1, 3) for _ in range(rank)]
            shape = tuple(s * n for s, n in zip(x.shape, times, strict=True))
            if np.prod(shape) < 5000:
                b.node("Tile", [x.name, b.store(np.array(times, np.int64))], x.dtype, shape)
        case 9:
            b.node("Expand", [x.name, b.store(np.array((2, *(1,) * rank), np.int64))], x.dtype, (2, *x.shape))
        case 10:
            if size >= 2:
                first = b.random.randrange(1, size)
                name, other_name = b.name(), b.name()
                sizes = b.store(np.array([first, size - first], np.int64))
                b.nodes.append(helper.make_node("Split", [x.name, sizes], [name, other_name], axis=axis))
                for one, length in ((name, first), (other_name, size - first)):
                    b.pool.append(Made(one, x.dtype, tuple(length if i == axis else s for i, s in enumerate(x.shape))))
        case 11:
            if rank >= 2:
                b.node("Trilu", [x.name], x.dtype, x.shape, upper=b.random.randrange(2))


def _flat(shape: tuple[int, ...], axis: int) -> tuple[int, int]:
    return int(np.prod(shape[:axis], dtype=int)), int(np.prod(shape[axis:], dtype=int))


@step(3)
def dense(b: Builder) -> None:
    x = b.some(F32, F64, least=2)
    if x is None:
        return
    size, out = x.shape[-1], b.random.randrange(1, 6)
    weights: np.ndarray = b.numpy.normal(scale=b.random.choice((0.1, 1.0)), size=(size, out)).astype(KIND[x.dtype])
    match b.random.randrange(4):
        case 0:
            b.node("MatMul", [x.name, b.store(weights)], x.dtype, (*x.shape[:-1], out))
        case 1 if len(x.shape) == 2:
            transposed = b.random.randrange(2)
            stored = b.store(weights.T.copy() if transposed else weights)
            bias = b.store(b.numpy.normal(size=out).astype(KIND[x.dtype]))
            b.node("Gemm", [x.name, stored, bias], x.dtype, (x.shape[0], out), transB=transposed,
                   alpha=b.random.choice((1.0, -0.5)), beta=b.random.choice((1.0, 2.0)))  # fmt: skip
        case 2:
            left: np.ndarray = b.numpy.normal(size=(out, x.shape[-2])).astype(KIND[x.dtype])
            b.node("MatMul", [b.store(left), x.name], x.dtype, (*x.shape[:-2], out, size))
        case 3:
            name = b.name()
            perm = [*range(len(x.shape) - 2), len(x.shape) - 1, len(x.shape) - 2]
            b.nodes.append(helper.make_node("Transpose", [x.name], [name], perm=perm))
            b.pool.append(Made(name, x.dtype, (*x.shape[:-2], x.shape[-1], x.shape[-2])))
            b.node("MatMul", [x.name, name], x.dtype, (*x.shape[:-1], x.shape[-2]))


@step(4)
def convolving(b: Builder) -> None:
    x = b.some(F32, rank=4)
    if x is None or min(x.shape[2:]) < 3:
        return
    batch, channels, height, width = x.shape
    match b.random.randrange(8):
        case 0 | 1:
            group = b.random.choice((1, channels))
            out = group * b.random.randrange(1, 4)
            weights = b.numpy.normal(size=(out, channels // group, 3, 3)).astype(np.float32)
            pad = b.random.randrange(2)
            inputs = [x.name, b.store(weights)]
            if b.random.random() < 0.5:
                inputs.append(b.store(b.numpy.normal(size=out).astype(np.float32)))
            shape = (batch, out, height + 2 * pad - 2, width + 2 * pad - 2)
            b.node("Conv", inputs, F32, shape, pads=[pad] * 4, group=group, kernel_shape=[3, 3])
        case 2:
            b.node("MaxPool", [x.name], F32, (batch, channels, height - 1, width - 1), kernel_shape=[2, 2])
        case 3:
            pad = b.random.randrange(2)
            shape = (batch, channels, height + 2 * pad - 1, width + 2 * pad - 1)
            b.node("AveragePool", [x.name], F32, shape, kernel_shape=[2, 2], pads=[pad] * 4,
                   count_include_pad=b.random.randrange(2))  # fmt: skip
        case 4:
            op = b.random.choice(("GlobalAveragePool", "GlobalMaxPool"))
            b.node(op, [x.name], F32, (batch, channels, 1, 1))
        case 5:
            arrays = [b.numpy.normal(size=channels), b.numpy.normal(size=channels), b.numpy.normal(size=channels),
                      b.numpy.uniform(0.1, 2, size=channels)]  # fmt: skip
            b.node("BatchNormalization", [x.name, *(b.store(a.astype(np.float32)) for a in arrays)], F32, x.shape)
        case 6:
            out = b.random.randrange(1, 4)
            weights = b.numpy.normal(size=(channels, out, 2, 2)).astype(np.float32)
            shape = (batch, out, height * 2, width * 2)
            b.node("ConvTranspose", [x.name, b.store(weights)], F32, shape, strides=[2, 2], kernel_shape=[2, 2])
        case 7:
            scales = b.store(np.array([1, 1, 2, 2], np.float32))
            mode = b.random.choice(("nearest", "linear", "cubic"))
            b.node("Resize", [x.name, "", scales], F32, (batch, channels, 2 * height, 2 * width), mode=mode)


@step(2.5)
def normalizing(b: Builder) -> None:
    x = b.some(F32, least=3)
    if x is None:
        return
    channels, last = x.shape[1], x.shape[-1]
    match b.random.randrange(4):
        case 0 if b.opset >= 17:
            arrays = [b.store(b.numpy.normal(size=last).astype(np.float32)) for _ in range(2)]
            b.node("LayerNormalization", [x.name, *arrays], F32, x.shape, axis=-1)
        case 1:
            arrays = [b.store(b.numpy.normal(size=channels).astype(np.float32)) for _ in range(2)]
            b.node("InstanceNormalization", [x.name, *arrays], F32, x.shape)
        case 2 if b.opset >= 21:
            arrays = [b.store(b.numpy.normal(size=channels).astype(np.float32)) for _ in range(2)]
            b.node("GroupNormalization", [x.name, *arrays], F32, x.shape, num_groups=channels)
        case 3 if len(x.shape) == 4:
            b.node("LRN", [x.name], F32, x.shape, size=3)


@step(1)
def quantising(b: Builder) -> None:
    x = b.some(F32)
    if x is None:
        return
    dtype = b.random.choice((U8, U8, I8))
    first = int(np.iinfo(KIND[dtype]).min)
    for _ in range(b.random.choice((1, 2, 2, 3))):  # onnxruntime makes one pair of two
        scale = b.store(np.array(b.random.choice((0.01, 0.02, 0.5)), np.float32))
        zero = b.store(np.array(first + b.random.choice((0, 128, 255, b.random.randrange(256))), KIND[dtype]))
        name = b.name()
        b.nodes.append(helper.make_node("QuantizeLinear", [x.name, scale, zero], [name]))
        b.pool.append(Made(name, dtype, x.shape))
        b.node("DequantizeLinear", [name, scale, zero], F32, x.shape)
        x = b.pool[-1]


@step(2)
def known_patterns(b: Builder) -> None:
    """What relations are for: a mean taken away, the naive softmax, a norm."""
    x = b.some(F32, least=1)
    if x is None:
        return
    axis = b.store(np.array([-1], np.int64))
    row = (*x.shape[:-1], 1)

    def reduce(op: str, name: str) -> str:
        if op == "ReduceSum" or b.opset >= 18:
            b.node(op, [name, axis], F32, row)
        else:
            b.node(op, [name], F32, row, axes=[-1])
        return b.pool[-1].name

    match b.random.randrange(4):
        case 0:
            b.node("Sub", [x.name, reduce("ReduceMax", x.name)], F32, x.shape)
            b.node("Exp", [b.pool[-1].name], F32, x.shape)
            top = b.pool[-1].name
            b.node("Div", [top, reduce("ReduceSum", top)], F32, x.shape)
        case 1:
            b.node("Sub", [x.name, reduce("ReduceMean", x.name)], F32, x.shape)
            centred = b.pool[-1].name
            b.node("Mul", [centred, centred], F32, x.shape)
            spread = reduce("ReduceMean", b.pool[-1].name)
            b.node("Add", [spread, b.store(np.array(1e-5, np.float32))], F32, row)
            b.node("Sqrt", [b.pool[-1].name], F32, row)
            b.node("Div", [centred, b.pool[-1].name], F32, x.shape)
        case 2:
            b.node("Abs", [x.name], F32, x.shape)
            b.node("Add", [b.pool[-1].name, b.store(np.array(1.0, np.float32))], F32, x.shape)
            b.node("Div", [x.name, b.pool[-1].name], F32, x.shape)
        case 3:
            b.node("Mul", [x.name, x.name], F32, x.shape)
            total = reduce("ReduceSum", b.pool[-1].name)
            b.node("Sqrt", [total], F32, row)
            b.node("Max", [b.pool[-1].name, b.store(np.array(1e-6, np.float32))], F32, row)
            b.node("Div", [x.name, b.pool[-1].name], F32, x.shape)


def made(seed: int) -> RandomGraph:
    """The graph of a seed; every tensor that a node makes is an output."""
    b = Builder(seed)
    for _ in range(b.random.randrange(1, 3)):
        b.input()
    wanted = b.random.randrange(1, 13)
    weights = [weight for weight, _ in STEPS]
    for _ in range(200):
        if len(b.nodes) >= wanted:
            break
        b.random.choices(STEPS, weights)[0][1](b)
    produced = {name: next(m for m in b.pool if m.name == name) for node in b.nodes for name in node.output}
    values = [helper.make_tensor_value_info(m.name, m.dtype, m.shape) for m in b.inputs]
    outputs = [helper.make_tensor_value_info(m.name, m.dtype, m.shape) for m in produced.values()]
    graph = helper.make_graph(b.nodes, "g", values, outputs, b.stored)
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", b.opset)])
    return RandomGraph(model, b.ranges, list(produced))


def fed(graph: RandomGraph, seed: int) -> dict[str, np.ndarray]:
    """Inputs within the ranges, rounded to their types: anywhere, at their ends, or one number throughout."""
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}
    for value in graph.model.graph.input:
        low, high = graph.ranges[value.name]
        kind = KIND[value.type.tensor_type.elem_type]
        shape = tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
        match seed % 4:
            case 0:
                numbers = rng.uniform(low, high, shape)
            case 1:
                numbers = rng.choice([low, high], shape)
            case 2:
                numbers = np.full(shape, np.clip(rng.choice([low, high, 0.0, (low + high) / 2]), low, high))
            case _:
                numbers = np.clip(rng.choice([low, high, 0.0, 1.0, -1.0, rng.uniform(low, high)], shape), low, high)
        whole = numbers if kind in (np.float32, np.float16, np.float64) else np.round(numbers)
        found[value.name] = whole.astype(kind)
    return found
