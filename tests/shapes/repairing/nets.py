"""Small networks as people make them, by seed: what is usual in them is usual in networks."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """A network in the making: each layer returns the name of what it gives."""

    def __init__(self, seed: int, opset: int) -> None:
        self.random = random.Random(seed)
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []
        self._draw = np.random.default_rng(seed)

    def weight(self, name: str, *dims: int) -> str:
        self.stored.append(numpy_helper.from_array((self._draw.random(dims) - 0.5).astype("f4"), name))
        return name

    def values(self, name: str, array: np.ndarray) -> str:
        self.stored.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        name = f"{op_type.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, list(inputs), [f"{name}_out"], name=name, **attributes))
        return f"{name}_out"

    def conv(
        self, x: str, into: int, out: int, kernel: int = 3, *, stride: int = 1, pad: int | None = None, group: int = 1,
        bias: bool = True, auto: str = "", dilation: int = 1,
    ) -> str:  # fmt: skip
        i = len(self.nodes)
        inputs = [x, self.weight(f"w{i}", out, into // group, kernel, kernel)]
        inputs += [self.weight(f"b{i}", out)] if bias else []
        given: dict[str, Any] = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2}
        if auto:
            given["auto_pad"] = auto
        else:
            given["pads"] = [(kernel - 1) * dilation // 2 if pad is None else pad] * 4
        if group > 1:
            given["group"] = group
        if dilation > 1:
            given["dilations"] = [dilation] * 2
        return self.node("Conv", *inputs, **given)

    def norm(self, x: str, channels: int) -> str:
        i = len(self.nodes)
        parts = [self.weight(f"{part}{i}", channels) for part in ("scale", "shift", "mean")]
        return self.node("BatchNormalization", x, *parts, self.values(f"var{i}", np.ones(channels, "f4")))

    def pool(
        self, x: str, kernel: int = 2, stride: int = 2, pad: int = 0, *, ceil: int = 0, kind: str = "MaxPool"
    ) -> str:
        given: dict[str, Any] = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [pad] * 4}
        if ceil:
            given["ceil_mode"] = 1
        return self.node(kind, x, **given)

    def dense(self, x: str, into: int, out: int) -> str:
        i = len(self.nodes)
        w, b = self.weight(f"w{i}", out, into), self.weight(f"b{i}", out)
        return self.node("Gemm", x, w, b, transB=1)

    def relu(self, x: str) -> str:
        return self.node("Relu", x)

    def prelu(self, x: str, channels: int) -> str:
        return self.node("PRelu", x, self.weight(f"slope{len(self.nodes)}", channels, 1, 1))

    def unsqueeze(self, x: str, *axes: int) -> str:
        if self.opset < 13:
            return self.node("Unsqueeze", x, axes=list(axes))
        return self.node("Unsqueeze", x, self.values(f"axes{len(self.nodes)}", np.array(axes, "i8")))

    def reshape(self, x: str, *target: int) -> str:
        return self.node("Reshape", x, self.values(f"target{len(self.nodes)}", np.array(target, "i8")))

    def model(
        self, inputs: list[tuple[str, list[Any]]], out: str, *, annotate: bool, to: list[Any] | None = None
    ) -> onnx.ModelProto:
        given = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs]
        self.nodes.append(helper.make_node("Identity", [out], ["y"], name="last"))
        graph = helper.make_graph(self.nodes, "net", given, [helper.make_tensor_value_info("y", 1, to)], self.stored)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        known = onnx.shape_inference.infer_shapes(made, strict_mode=True, data_prop=True)
        if to is None:
            made.graph.output[0].CopyFrom(known.graph.output[0])
        if annotate:
            made.graph.value_info.extend(known.graph.value_info)
        return made


def vgg(net: Net, size: int) -> tuple[str, list[Any], int]:
    draw, x, channels = net.random, "x", 3
    for _ in range(draw.randint(2, 3)):
        out = draw.choice([4, 6, 8]) if channels == 3 else channels * 2
        for _ in range(draw.randint(1, 2)):
            x = net.relu(net.conv(x, channels, out))
            channels = out
        x, size = net.pool(x), size // 2
    x = net.node("Flatten", x)
    hidden = draw.choice([12, 20])
    x = net.relu(net.dense(x, channels * size * size, hidden))
    return net.dense(x, hidden, 10), ["N", 3], size


def resnet(net: Net, size: int) -> tuple[str, list[Any], int]:
    draw, channels = net.random, net.random.choice([4, 8])
    x = net.relu(net.norm(net.conv("x", 3, channels, 7, stride=2, bias=False), channels))
    x = net.pool(x, 3, 2, 1)
    for stage in range(draw.randint(2, 3)):
        for block in range(draw.randint(1, 2)):
            widen = stage > 0 and block == 0
            out, stride = (channels * 2, 2) if widen else (channels, 1)
            y = net.relu(net.norm(net.conv(x, channels, out, 3, stride=stride, bias=False), out))
            y = net.norm(net.conv(y, out, out, 3, bias=False), out)
            z = net.norm(net.conv(x, channels, out, 1, stride=2, bias=False), out) if widen else x
            x, channels = net.relu(net.node("Add", y, z)), out
    x = net.node("Flatten", net.node("GlobalAveragePool", x), axis=1)
    return net.dense(x, channels, 10), ["N", 3], size


def unet(net: Net, size: int) -> tuple[str, list[Any], int]:
    draw, channels, x, skips = net.random, 4, "x", []
    x = net.relu(net.conv(x, 3, channels))
    for _ in range(2):
        skips.append((x, channels))
        x = net.relu(net.conv(net.pool(x), channels, channels * 2))
        channels *= 2
    now = size // 4
    by_sizes = draw.random() < 0.5
    roi = net.values("roi", np.zeros(0, "f4")) if net.opset < 13 else ""
    no_scales = net.values("no_scales", np.zeros(0, "f4")) if net.opset < 13 and by_sizes else ""
    for skip, width in reversed(skips):
        now *= 2
        i = len(net.nodes)
        if by_sizes:
            sizes = net.values(f"sizes{i}", np.array([2, channels, now, now], "i8"))
            x = net.node("Resize", x, roi, no_scales, sizes, mode="nearest")
        else:
            scales = net.values(f"scales{i}", np.array([1, 1, 2, 2], "f4"))
            x = net.node("Resize", x, roi, scales, mode="nearest")
        x = net.node("Concat", skip, x, axis=1)
        x, channels = net.relu(net.conv(x, width + channels, width)), width
    return net.conv(x, channels, 2, 1), [2, 3], size


def mobile(net: Net, size: int) -> tuple[str, list[Any], int]:
    draw, channels = net.random, 8
    x = net.prelu(net.conv("x", 3, channels, stride=2), channels)
    for _ in range(draw.randint(2, 3)):
        stride = draw.choice([1, 2])
        y = net.prelu(net.conv(x, channels, channels, group=channels, stride=stride), channels)
        if draw.random() < 0.5:
            pooled = net.node("GlobalAveragePool", y)
            squeezed = net.relu(net.conv(pooled, channels, 4, 1))
            y = net.node("Mul", y, net.node("Sigmoid", net.conv(squeezed, 4, channels, 1)))
        out = channels * 2
        x, channels = net.norm(net.conv(y, channels, out, 1), out), out
    kept = 0
    axes = {"axes": [2, 3]} if net.opset < 18 else {}
    x = net.node("ReduceMean", x, keepdims=kept, **axes)
    return net.dense(x, channels, 10), ["N", 3], size


def lenet(net: Net, size: int) -> tuple[str, list[Any], int]:
    draw, channels = net.random, 6
    x = net.pool(net.relu(net.conv("x", 1, channels, 5, pad=0)), kind=draw.choice(["MaxPool", "AveragePool"]))
    x = net.pool(net.relu(net.conv(x, channels, 16, 5, pad=0)))
    side = ((size - 4) // 2 - 4) // 2
    features = 16 * side * side
    x = net.reshape(x, *draw.choice([(-1, features), (0, -1), (0, features)]))
    i = len(net.nodes)
    x = net.node("MatMul", x, net.weight(f"w{i}", features, 20))
    x = net.relu(net.node("Add", x, net.weight(f"b{i}", 20)))
    return net.dense(x, 20, 10), ["N", 1], size


def channels_last(net: Net, size: int) -> tuple[str, list[Any], int]:
    channels = net.random.choice([4, 8])
    x = net.node("Transpose", "x", perm=[0, 3, 1, 2])
    for _ in range(net.random.randint(2, 3)):
        x = net.relu(net.conv(x, 3 if x.startswith("transpose") else channels, channels, stride=2, auto="SAME_UPPER"))
    i = len(net.nodes)
    x = net.node("Mul", x, net.weight(f"gain{i}", channels, 1, 1))
    x = net.conv(x, channels, 5, 1, auto="VALID")
    return net.node("Transpose", x, perm=[0, 2, 3, 1]), ["N", size, size, 3], size


def squeeze(net: Net, size: int) -> tuple[str, list[Any], int]:
    x, channels = net.relu(net.conv("x", 3, 8, 3, stride=2, pad=0)), 8
    for _ in range(2):
        x = net.pool(x, 3, 2, ceil=1)
        small = net.relu(net.conv(x, channels, 4, 1))
        x = net.node("Concat", net.relu(net.conv(small, 4, 8, 1)), net.relu(net.conv(small, 4, 8, 3)), axis=1)
        channels = 16
    side = (size - 3) // 2 + 1
    for _ in range(2):
        side = -((side - 3) // -2) + 1
    x = net.node("Flatten", net.relu(net.conv(x, channels, 6, 1)), axis=1)
    return net.dense(x, 6 * side * side, 10), ["N", 3], size


def dilated(net: Net, size: int) -> tuple[str, list[Any], int]:
    x = net.relu(net.conv("x", 3, 8, stride=2))
    for rate in (1, 2, 2, 4)[: net.random.randint(3, 4)]:
        y = net.norm(net.conv(net.relu(x), 8, 8, dilation=rate), 8)
        x = net.node("Add", x, y)
    return net.conv(x, 8, 3, 1), ["N", 3], size


def attention(net: Net, size: int) -> tuple[str, list[Any], int]:
    heads, each, tokens = 4, net.random.choice([4, 8]), net.random.choice([6, 12])
    width, x = heads * each, "x"
    parts = []
    for part in ("q", "k", "v"):
        y = net.node("MatMul", x, net.weight(f"{part}{len(net.nodes)}", width, width))
        y = net.node("Add", y, net.weight(f"{part}b{len(net.nodes)}", width))
        y = net.reshape(y, 0, 0, heads, each)
        parts.append(net.node("Transpose", y, perm=[0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]))
    scores = net.node("Softmax", net.node("MatMul", parts[0], parts[1]), axis=-1)
    y = net.node("Transpose", net.node("MatMul", scores, parts[2]), perm=[0, 2, 1, 3])
    y = net.reshape(y, 0, 0, width)
    x = net.node("Add", x, net.node("MatMul", y, net.weight("o", width, width)))
    x = net.node("Flatten", x, axis=1)
    return net.dense(x, tokens * width, 5), ["N", tokens, width], size


FAMILIES: dict[str, Callable[[Net, int], tuple[str, list[Any], int]]] = {
    "vgg": vgg, "resnet": resnet, "unet": unet, "mobile": mobile, "lenet": lenet, "channels_last": channels_last,
    "squeeze": squeeze, "dilated": dilated, "attention": attention,
}  # fmt: skip


def network(seed: int) -> tuple[str, onnx.ModelProto]:
    """A sound network of a family, with a batch that is open or a number, and with or without value_info."""
    draw = random.Random(seed * 7919 + 1)
    family = list(FAMILIES)[seed % len(FAMILIES)]
    net = Net(seed, draw.choice([11, 13, 17]))
    size = draw.choice([28, 32]) if family == "lenet" else draw.choice([32, 64])
    out, shape, size = FAMILIES[family](net, size) if family != "vgg" else (*vgg(net, size)[:2], size)
    batch: Any = draw.choice(["N", 1, 2]) if shape[0] == "N" else shape[0]
    shape = [batch, *shape[1:]] if len(shape) > 2 else [batch, shape[1], size, size]
    return family, net.model([("x", shape)], out, annotate=draw.random() < 0.5)
