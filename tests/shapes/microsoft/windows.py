"""Convolutions, pools and samples; the inner domains: channels in blocks, of 8 or of 16, and channels last."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from tests.shapes.microsoft.making import floats, ints, makes, maybe, one, only_inferred, sliding, trimmed
from tests.shapes.running import Case


@makes("FusedConv")
def _fused_conv(r: random.Random, name: str) -> Case:
    rank, group = 2, r.randint(1, 2)
    attributes = sliding(r, rank) | {"group": group, "activation": "Relu"}
    batch, channels, filters = r.randint(1, 2), group * r.randint(1, 3), group * r.randint(1, 3)
    x = floats(batch, channels, *(r.randint(4, 8) for _ in range(rank)))
    w = floats(filters, channels // group, *attributes["kernel_shape"])
    return Case(name, trimmed(x, w, maybe(r, floats(filters))), attributes)


@makes("QLinearConv")
def _q_conv(r: random.Random, name: str) -> Case:
    rank, group, flipped = 2, r.randint(1, 2), r.randint(0, 1)
    attributes = sliding(r, rank) | {"group": group, "channels_last": flipped}
    batch, channels, filters = r.randint(1, 2), group * r.randint(1, 3), group * r.randint(1, 3)
    space = [r.randint(4, 8) for _ in range(rank)]
    kind = r.choice([np.uint8, np.int8])
    x = ints(9, *((batch, *space, channels) if flipped else (batch, channels, *space)), dtype=kind)
    w = ints(9, filters, channels // group, *attributes["kernel_shape"], dtype=kind)
    point = np.array(1, kind)
    scale, zero = r.choice([(one(), point), (np.ones(filters, np.float32), np.zeros(filters, kind))])
    inputs = trimmed(x, one(), point, w, scale, zero, one(), point, maybe(r, ints(9, filters)))
    return Case(name, inputs, attributes, stored=frozenset(range(3, 9)))


@makes("NhwcMaxPool", "QLinearAveragePool", "MaxpoolWithMask")
def _pools(r: random.Random, name: str) -> Case:
    rank = 2
    attributes = sliding(r, rank)
    batch, channels, space = r.randint(1, 2), r.randint(1, 3), [r.randint(4, 8) for _ in range(rank)]
    if name == "MaxpoolWithMask":
        return Case(name, (floats(batch, channels, *space), np.ones((batch, channels, *space), np.int32)), attributes)
    if r.random() < 0.4:
        attributes["ceil_mode"] = 1
    kind = r.choice([np.uint8, np.int8])
    if name == "NhwcMaxPool":
        if "auto_pad" not in attributes and r.random() < 0.5:
            attributes["dilations"] = [r.randint(1, 2) for _ in range(rank)]
        return Case(name, (ints(9, batch, *space, channels, dtype=kind),), attributes)
    flipped = r.randint(0, 1)
    attributes["channels_last"] = flipped
    x = ints(9, *((batch, *space, channels) if flipped else (batch, channels, *space)), dtype=kind)
    point = np.array(1, kind)
    return Case(name, (x, one(), point, one(), point), attributes)


@makes("QLinearGlobalAveragePool")
def _q_global(r: random.Random, name: str) -> Case:
    x = ints(9, r.randint(1, 2), *(r.randint(1, 5) for _ in range(3)), dtype=np.uint8)
    point = np.array(1, np.uint8)
    return Case(name, (x, one(), point, one(), point), {"channels_last": r.randint(0, 1)})


@makes("ConvTransposeWithDynamicPads")
def _dynamic_pads(r: random.Random, name: str) -> Case:
    channels, each, group = 2 * r.randint(1, 2), r.randint(1, 3), r.randint(1, 2)
    kernel = [r.randint(2, 3), r.randint(2, 3)]
    attributes: dict[str, Any] = {"group": group, "kernel_shape": kernel, "strides": [r.randint(1, 2)] * 2}
    x, w = floats(1, channels, 4, 5), floats(channels, each, *kernel)
    pads = np.array([r.randint(0, 1) for _ in range(4)], np.int64)
    return Case(name, trimmed(x, w, pads, maybe(r, floats(each * group))), attributes)


@makes("CropAndResize")
def _crop(r: random.Random, name: str) -> Case:
    regions, batch = r.randint(1, 4), r.randint(1, 2)
    boxes = np.tile(np.array([0.1, 0.1, 0.8, 0.9], np.float32), (regions, 1))
    sizes = np.array([r.randint(1, 4), r.randint(1, 4)], np.int32)
    return Case(name, (floats(batch, 2, 5, 6), boxes, ints(batch, regions), sizes))


@makes("GridSample")
def _grid(r: random.Random, name: str) -> Case:
    batch = r.randint(1, 2)
    return Case(name, (floats(batch, r.randint(1, 3), 4, 5), floats(batch, r.randint(1, 4), r.randint(1, 4), 2)))


@makes("nchwc:Conv", "nchwc:MaxPool", "nchwc:AveragePool", "nchwc:GlobalMaxPool", "nchwc:GlobalAveragePool")
def _blocked(r: random.Random, name: str) -> Case:
    kind = name.partition(":")[2]
    x = floats(r.randint(1, 2), 16 * r.randint(1, 2), r.randint(4, 8), r.randint(4, 8))
    attributes = {} if "Global" in kind else sliding(r, 2)
    if kind == "Conv":
        depthwise = r.random() < 0.4
        channels = x.shape[1]
        w = floats(channels if depthwise else 16, 1 if depthwise else channels, *attributes["kernel_shape"])
        attributes["group"] = channels if depthwise else 1
        return Case(kind, (x, w), attributes, domain="com.microsoft.nchwc")
    return Case(kind, (x,), attributes, domain="com.microsoft.nchwc")


@makes("nchwc:ReorderInput", "nchwc:ReorderOutput", "nchwc:Upsample")
def _reordered(r: random.Random, name: str) -> Case:
    kind = name.partition(":")[2]
    x = floats(r.randint(1, 2), 16, r.randint(1, 5), r.randint(1, 5))
    attributes: dict[str, Any] = {"channels_last": r.randint(0, 1)}
    if kind == "Upsample":
        attributes = {"scales": [1, 1, r.randint(1, 3), r.randint(1, 3)]}
    elif kind == "ReorderOutput":
        attributes["channels"] = 4 * r.randint(3, 4)  # that need two blocks of 8, or one of 16
    elif attributes["channels_last"]:
        x = np.moveaxis(x, 1, -1).copy()
    return Case(kind, (x,), attributes, domain="com.microsoft.nchwc")


# ONNX's own operators with their channels last: onnxruntime's inference of them

_KEEPING = ("BatchNormalization", "InstanceNormalization", "LRN", "GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool")
_MOVING = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "DepthToSpace", "SpaceToDepth", "GridSample")


@makes(*(f"nhwc:{kind}" for kind in _KEEPING + _MOVING))
def _channels_last(r: random.Random, name: str) -> Case:
    kind = name.partition(":")[2]
    channels = 4 * r.randint(1, 2)
    x = floats(r.randint(1, 2), 2 * r.randint(2, 4), 2 * r.randint(2, 4), channels)
    each, attributes = floats(channels), dict[str, Any]()
    inputs: tuple[np.ndarray, ...] = (x,)
    match kind:
        case "BatchNormalization":
            inputs = (x, each, each, each, each)
        case "InstanceNormalization":
            inputs = (x, each, each)
        case "LRN":
            attributes["size"] = 3
        case "Conv" | "ConvTranspose":
            attributes = _sliding_without_same(r)
            sizes = (3, channels) if kind == "Conv" else (channels, 3)
            inputs = (x, floats(*sizes, *attributes["kernel_shape"]))
        case "MaxPool" | "AveragePool" | "LpPool":
            attributes = _sliding_without_same(r)
        case "DepthToSpace" | "SpaceToDepth":
            attributes["blocksize"] = 2
        case "GridSample":
            inputs = (x, floats(x.shape[0], r.randint(1, 4), r.randint(1, 4), 2))
        case _:
            pass
    return only_inferred(Case(kind, inputs, attributes, domain="com.ms.internal.nhwc", version=17))


def _sliding_without_same(r: random.Random) -> dict[str, Any]:
    """onnxruntime infers nothing of a transposed convolution that is to keep its size."""
    return {name: value for name, value in sliding(r, 2).items() if name != "auto_pad"}
