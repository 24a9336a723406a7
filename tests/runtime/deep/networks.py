"""Small networks of many kinds, sound in a batch: each image is answered as it is alone.

Each has one or more joints: tensors between its layers, at which a fault can be put in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper

from .net import FLOAT, HALF, INT64, Net

Joint = Callable[[Net, str, str], str]
"""What a network does at a joint: it is given the net, the tensor and the joint's name; "image" [N, C, H, W], "row"
[N, C], "sequence" [N, T, C]."""


def nothing(net: Net, tensor: str, joint: str) -> str:
    return tensor


def cnn(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(1)
    x = net.feed("x", "N", 3, 16, 16)
    x = net.op("Relu", net.op("Conv", x, net.weight(8, 3, 3, 3), net.weight(8), pads=[1, 1, 1, 1]))
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = joint(net, x, "image")
    x = net.op("Relu", net.op("Conv", x, net.weight(12, 8, 3, 3), net.weight(12)))
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    x = joint(net, x, "row")
    net.into("y", net.op("Softmax", net.op("Gemm", x, net.weight(12, 10), net.weight(10)), axis=1))
    net.give("y", "N", 10)
    return net.model()


def residual(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(2)
    x = net.feed("data", "batch", 8, 12, 12)
    for stride in (1, 1):
        stats = [net.value(np.abs(net.random.standard_normal(8)).astype(np.float32) + 0.5) for _ in range(4)]
        y = net.op("Conv", x, net.weight(8, 8, 3, 3), pads=[1, 1, 1, 1], strides=[stride, stride])
        y = net.op("Relu", net.op("BatchNormalization", y, *stats))
        y = net.op("Conv", y, net.weight(8, 8, 1, 1))
        x = joint(net, net.op("Relu", net.op("Add", x, y)), "image") if stride == 1 else x
    pooled = net.op("ReduceMean", x, axes=[2, 3], keepdims=0)
    net.into("scores", net.op("Gemm", joint(net, pooled, "row"), net.weight(8, 5), net.weight(5)))
    net.give("scores", "batch", 5)
    return net.model()


def mlp(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(3)
    x = net.feed("features", "batch_size", 20)
    x = net.op("Tanh", net.op("Gemm", x, net.weight(20, 32), net.weight(32)))
    x = joint(net, x, "row")
    x = net.op("Sigmoid", net.op("Gemm", x, net.weight(32, 16), net.weight(16)))
    net.into("y", net.op("MatMul", x, net.weight(16, 3)))
    net.give("y", "batch_size", 3)
    return net.model()


def _attention(net: Net, x: str, mask: str = "") -> str:
    """Two heads of 8 on [N, T, 16]."""
    heads = []
    for _ in range(3):
        y = net.op("MatMul", x, net.weight(16, 16))
        y = net.op("Reshape", y, net.ints(0, 0, 2, 8))
        heads.append(net.op("Transpose", y, perm=[0, 2, 1, 3]))
    query, key, value = heads
    scores = net.op("MatMul", query, net.op("Transpose", key, perm=[0, 1, 3, 2]))
    scores = net.op("Div", scores, net.value(np.float32(8**0.5)))
    if mask:
        scores = net.op("Add", scores, mask)
    mixed = net.op("MatMul", net.op("Softmax", scores, axis=-1), value)
    mixed = net.op("Reshape", net.op("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(0, 0, 16))
    return str(net.op("MatMul", mixed, net.weight(16, 16)))


def _normalised(net: Net, x: str) -> str:
    ones = net.value(np.ones(16, np.float32))
    return str(net.op("LayerNormalization", x, ones, net.weight(16), axis=-1))


def transformer(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(4)
    ids, mask = net.feed("ids", "batch", "sequence", dtype=INT64), net.feed("mask", "batch", "sequence", dtype=INT64)
    x = net.op("Gather", net.weight(30, 16), ids)
    allowed = net.op("Cast", net.op("Unsqueeze", mask, net.ints(1, 2)), to=FLOAT)
    bias = net.op("Mul", net.op("Sub", allowed, net.value(np.float32(1))), net.value(np.float32(10000)))
    x = _normalised(net, net.op("Add", x, _attention(net, x, bias)))
    x = joint(net, x, "sequence")
    hidden = net.op("Gemm", net.op("Reshape", x, net.ints(-1, 16)), net.weight(16, 32), net.weight(32))
    hidden = net.op("MatMul", net.op("Relu", hidden), net.weight(32, 16))
    hidden = net.op("Reshape", hidden, net.op("Shape", x))
    x = _normalised(net, net.op("Add", x, hidden))
    first = net.op("Gather", x, net.value(np.int64(0)), axis=1)
    net.into("logits", net.op("Gemm", joint(net, first, "row"), net.weight(16, 4), net.weight(4)))
    net.give("logits", "batch", 4)
    return net.model()


def vision_transformer(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(5)
    x = net.feed("pixels", "batch", 3, 16, 16)
    x = net.op("Conv", x, net.weight(16, 3, 4, 4), kernel_shape=[4, 4], strides=[4, 4])
    x = net.op("Transpose", net.op("Reshape", x, net.ints(0, 16, -1)), perm=[0, 2, 1])
    count = net.op("Slice", net.op("Shape", x), net.ints(0), net.ints(1))
    token = net.op("Expand", net.weight(1, 1, 16), net.op("Concat", count, net.ints(1, 16), axis=0))
    x = net.op("Add", net.op("Concat", token, x, axis=1), net.weight(1, 17, 16))
    x = net.op("Add", x, _attention(net, _normalised(net, x)))
    x = _normalised(net, joint(net, x, "sequence"))
    net.into("y", net.op("MatMul", net.op("Gather", x, net.value(np.int64(0)), axis=1), net.weight(16, 6)))
    net.give("y", "batch", 6)
    return net.model()


def _recurrent(op_type: str, gates: int, joint: Joint, directions: int = 1) -> onnx.ModelProto:
    net = Net(6 + gates)
    x = net.feed("x", "batch", "time", 6)
    x = net.op("Transpose", x, perm=[1, 0, 2])
    way = "bidirectional" if directions == 2 else "forward"
    w, r = net.weight(directions, gates * 5, 6), net.weight(directions, gates * 5, 5)
    y = net.op(op_type, x, w, r, hidden_size=5, direction=way)
    y = net.op("Reshape", net.op("Transpose", y, perm=[2, 0, 1, 3]), net.ints(0, 0, -1))
    y = joint(net, y, "sequence")
    net.into("y", net.op("MatMul", y, net.weight(5 * directions, 4)))
    net.give("y", "batch", "time", 4)
    return net.model()


def lstm(joint: Joint = nothing) -> onnx.ModelProto:
    return _recurrent("LSTM", 4, joint, 2)


def gru(joint: Joint = nothing) -> onnx.ModelProto:
    return _recurrent("GRU", 3, joint)


def rnn(joint: Joint = nothing) -> onnx.ModelProto:
    return _recurrent("RNN", 1, joint)


def streaming_lstm(joint: Joint = nothing) -> onnx.ModelProto:
    """Time first, with its state: the batch is the second axis of all."""
    net = Net(11)
    x, h, c = net.feed("frames", "time", "N", 6), net.feed("h", 1, "N", 5), net.feed("c", 1, "N", 5)
    w, r = net.weight(1, 20, 6), net.weight(1, 20, 5)
    y, new_h, new_c = net.op("LSTM", x, w, r, "", "", h, c, hidden_size=5, outputs=3)
    net.into("y", net.op("Squeeze", y, net.ints(1)))
    net.into("h_out", new_h)
    net.into("c_out", new_c)
    net.give("y", "time", "N", 5)
    net.give("h_out", 1, "N", 5)
    net.give("c_out", 1, "N", 5)
    return net.model()


def instance_normalised(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(12)
    x = net.feed("x", "N", 4, "H", "W")
    x = net.op("Conv", x, net.weight(6, 4, 3, 3), pads=[1, 1, 1, 1])
    x = net.op("InstanceNormalization", x, net.weight(6), net.weight(6))
    x = joint(net, net.op("Relu", x), "image")
    net.into("y", net.op("Conv", x, net.weight(2, 6, 1, 1)))
    net.give("y", "N", 2, "H", "W")
    return net.model()


def group_normalised(joint: Joint = nothing) -> onnx.ModelProto:
    """As PyTorch exports it: groups to the axis of channels, and back."""
    net = Net(13)
    x = net.feed("x", "N", 8, 6, 6)
    x = net.op("Conv", x, net.weight(8, 8, 3, 3), pads=[1, 1, 1, 1])
    groups = net.op("Reshape", x, net.ints(0, 4, -1))
    four = [net.value(np.ones(4, np.float32)), net.value(np.zeros(4, np.float32))]
    normal = net.op("InstanceNormalization", groups, *four)
    x = net.op("Reshape", normal, net.op("Shape", x))
    x = joint(net, net.op("Mul", x, net.weight(8, 1, 1)), "image")
    net.into("y", net.op("GlobalMaxPool", x))
    net.give("y", "N", 8, 1, 1)
    return net.model()


def quantised(joint: Joint = nothing) -> onnx.ModelProto:
    """A CNN in QDQ form."""
    net = Net(14)

    def qdq(tensor: str, scale: float, zero: int = 0) -> str:
        s, z = net.value(np.float32(scale)), net.value(np.uint8(zero))
        return str(net.op("DequantizeLinear", net.op("QuantizeLinear", tensor, s, z), s, z))

    def stored(*shape: int) -> str:
        weights = net.value(net.random.integers(-100, 100, shape).astype(np.int8))
        return str(net.op("DequantizeLinear", weights, net.value(np.float32(0.004)), net.value(np.int8(0))))

    x = qdq(net.feed("x", "N", 3, 10, 10), 1 / 255)
    x = qdq(net.op("Relu", net.op("Conv", x, stored(6, 3, 3, 3))), 0.01)
    x = joint(net, x, "image")
    x = qdq(net.op("Flatten", net.op("GlobalAveragePool", x)), 0.005)
    net.into("y", net.op("MatMul", joint(net, x, "row"), stored(6, 4)))
    net.give("y", "N", 4)
    return net.model()


def half(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(15)
    x = net.feed("x", "N", 12, dtype=HALF)
    for a, b in ((12, 24), (24, 6)):
        weights = (net.random.standard_normal((a, b)) / a**0.5).astype(np.float16)
        x = net.op("Tanh", net.op("MatMul", x, net.value(weights)))
    net.into("y", net.op("Softmax", x))
    net.give("y", "N", 6, dtype=HALF)
    return net.model()


def _body(name: str, state: Sequence[int | str], *, scan: bool) -> onnx.GraphProto:
    """A state that the elements of a sequence are added to."""
    nodes = [
        helper.make_node("Add", ["kept", "item"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["new"]),
        helper.make_node("Identity", ["new"], ["said"]),
    ]
    kept = helper.make_tensor_value_info("kept", FLOAT, state)
    item = helper.make_tensor_value_info("item", FLOAT, state)
    new, said = (helper.make_tensor_value_info(one, FLOAT, state) for one in ("new", "said"))
    if scan:
        return helper.make_graph(nodes, name, [kept, item], [new, said])
    count = helper.make_tensor_value_info("i", INT64, [])
    going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
    nodes = [
        helper.make_node("Gather", ["steps", "i"], ["item"], axis=1),
        *nodes,
        helper.make_node("Identity", ["going"], ["on"]),
    ]
    on = helper.make_tensor_value_info("on", TensorProto.BOOL, [])
    return helper.make_graph(nodes, name, [count, going, kept], [on, new, said])


def scan_over_time(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(16)
    x = net.feed("x", "N", 5, 4)
    x = joint(net, x, "sequence")
    first = net.op("Mul", net.op("Gather", x, net.value(np.int64(0)), axis=1), net.value(np.float32(0)))
    _, said = net.op(
        "Scan", first, x, outputs=2, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1],
        body=_body("scan", ["n", 4], scan=True),
    )  # fmt: skip
    net.into("y", said)
    net.give("y", "N", 5, 4)
    return net.model()


def loop_over_time(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(17)
    x = net.feed("x", "N", 5, 4)
    x = joint(net, x, "sequence")
    steps = net.op("Identity", x, name="take")
    net.nodes[-1].output[0] = "steps"
    first = net.op("ReduceSum", net.op("Mul", "steps", net.value(np.float32(0))), net.ints(1), keepdims=0)
    assert steps
    last, _ = net.op(
        "Loop", net.value(np.int64(5)), net.value(np.array(True)), first, outputs=2,
        body=_body("loop", ["n", 4], scan=False),
    )  # fmt: skip
    net.into("y", last)
    net.give("y", "N", 4)
    return net.model()


def autoencoder(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(18)
    x = net.feed("x", "N", 1, 8, 8)
    x = net.op("Relu", net.op("Conv", x, net.weight(6, 1, 3, 3), pads=[1, 1, 1, 1], strides=[2, 2]))
    x = joint(net, x, "image")
    x = net.op("ConvTranspose", x, net.weight(6, 1, 2, 2), strides=[2, 2])
    net.into("y", net.op("Sigmoid", x))
    net.give("y", "N", 1, 8, 8)
    return net.model()


def segmenter(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(19)
    x = net.feed("image", "N", 3, 8, 8)
    small = net.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    small = joint(net, net.op("Conv", small, net.weight(4, 3, 1, 1)), "image")
    large = net.op("Resize", small, "", net.value(np.array([1, 1, 2, 2], np.float32)), mode="linear")
    both = net.op("Concat", x, large, axis=1)
    net.into("classes", net.op("ArgMax", net.op("Conv", both, net.weight(3, 7, 1, 1)), axis=1, keepdims=0))
    net.give("classes", "N", 8, 8, dtype=INT64)
    return net.model()


def shuffle(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(20)
    x = net.op("Conv", net.feed("x", "N", 4, 6, 6), net.weight(8, 2, 1, 1), group=2)
    x = net.op("Reshape", x, net.ints(0, 2, 4, 6, 6))
    x = net.op("Reshape", net.op("Transpose", x, perm=[0, 2, 1, 3, 4]), net.ints(-1, 8, 6, 6))
    x = joint(net, x, "image")
    net.into("y", net.op("DepthToSpace", x, blocksize=2))
    net.give("y", "N", 2, 12, 12)
    return net.model()


def siamese(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(21)
    pair = [net.feed(name, "N", 10) for name in ("left", "right")]
    weights = net.weight(10, 8)
    a, b = (net.op("LpNormalization", net.op("MatMul", one, weights), axis=1) for one in pair)
    a = joint(net, a, "row")
    net.into("similar", net.op("ReduceSum", net.op("Mul", a, b), net.ints(1)))
    net.give("similar", "N", 1)
    return net.model()


def dictionary(joint: Joint = nothing) -> onnx.ModelProto:
    """Each query against a gallery that is fed whole, by another name."""
    net = Net(22)
    query, gallery = net.feed("query", "batch", 10), net.feed("gallery", "entries", 10)
    query = joint(net, query, "row")
    scores = net.op("MatMul", query, net.op("Transpose", gallery, perm=[1, 0]))
    net.into("shares", net.op("Softmax", scores, axis=1))
    net.give("shares", "batch", "entries")
    return net.model()


def rows_of_pixels(joint: Joint = nothing) -> onnx.ModelProto:
    """Each place by itself, all images' places in one long axis."""
    net = Net(23)
    x = net.feed("x", "N", 4, 6, 6)
    rows = net.op("Reshape", net.op("Transpose", x, perm=[0, 2, 3, 1]), net.ints(-1, 4))
    rows = net.op("Relu", net.op("Gemm", rows, net.weight(4, 7), net.weight(7)))
    y = net.op("Transpose", net.op("Reshape", rows, net.ints(-1, 6, 6, 7)), perm=[0, 3, 1, 2])
    net.into("y", joint(net, y, "image"))
    net.give("y", "N", 7, 6, 6)
    return net.model()


def mirrored(joint: Joint = nothing) -> onnx.ModelProto:
    """The image and its mirror run as one batch, and are averaged."""
    net = Net(24)
    x = net.feed("x", "N", 3, 6, 6)
    mirror = net.op("Slice", x, net.ints(5), net.ints(-7), net.ints(3), net.ints(-1))
    both = net.op("Concat", x, mirror, axis=0)
    both = net.op("Flatten", net.op("GlobalAveragePool", net.op("Conv", both, net.weight(5, 3, 3, 3))))
    y = net.op("ReduceMean", net.op("Reshape", both, net.ints(2, -1, 5)), axes=[0], keepdims=0)
    net.into("y", joint(net, y, "row"))
    net.give("y", "N", 5)
    return net.model()


def dynamic_quantised(joint: Joint = nothing) -> onnx.ModelProto:
    """Two images' common scale is within the steps of its quantisation."""
    net = Net(25)
    x = net.feed("x", "N", 16)
    q, scale, zero = net.op("DynamicQuantizeLinear", x, outputs=3, name="quantise")
    weights = net.value(net.random.integers(-100, 100, (16, 4)).astype(np.int8))
    y = net.op("Cast", net.op("MatMulInteger", q, weights, zero), to=FLOAT)
    net.into("y", net.op("Mul", joint(net, y, "row"), net.op("Mul", scale, net.value(np.float32(0.01)))))
    net.give("y", "N", 4)
    return net.model()


def detector(joint: Joint = nothing) -> onnx.ModelProto:
    """The best three of each image's boxes."""
    net = Net(26)
    x = net.feed("x", "N", 3, 8, 8)
    x = joint(net, net.op("Conv", x, net.weight(5, 3, 2, 2), strides=[2, 2]), "image")
    boxes = net.op("Transpose", net.op("Reshape", x, net.ints(0, 5, -1)), perm=[0, 2, 1])
    scores = net.op("Gather", boxes, net.value(np.int64(4)), axis=2)
    best, places = net.op("TopK", scores, net.ints(3), outputs=2, axis=1)
    places = net.op("Expand", net.op("Unsqueeze", places, net.ints(2)), net.ints(1, 1, 4))
    chosen = net.op("GatherElements", boxes, places, axis=1)
    net.into("boxes", chosen)
    net.into("scores", best)
    net.give("boxes", "N", 3, 4)
    net.give("scores", "N", 3)
    return net.model()


def reversed_sequence(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(27)
    x, lengths = net.feed("x", "N", 5, 4), net.feed("lengths", "N", dtype=INT64)
    x = net.op("ReverseSequence", x, lengths, batch_axis=0, time_axis=1)
    x = joint(net, x, "sequence")
    net.into("y", net.op("CumSum", x, net.value(np.int64(1))))
    net.give("y", "N", 5, 4)
    return net.model()


def fixed_four(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(28)
    x = net.op("Relu", net.op("Conv", net.feed("x", 4, 3, 8, 8), net.weight(6, 3, 3, 3)))
    x = joint(net, x, "image")
    net.into("y", net.op("Softmax", net.op("Flatten", net.op("GlobalMaxPool", x)), axis=1))
    net.give("y", 4, 6)
    return net.model()


def single(joint: Joint = nothing) -> onnx.ModelProto:
    net = Net(29)
    x = net.op("Conv", net.feed("x", 1, 3, 8, 8), net.weight(6, 3, 3, 3))
    net.into("y", net.op("GlobalMaxPool", joint(net, x, "image")))
    net.give("y", 1, 6, 1, 1)
    return net.model()


NETWORKS: Mapping[str, Callable[[Joint], onnx.ModelProto]] = {
    getattr(made, "__name__", ""): made
    for made in (
        cnn, residual, mlp, transformer, vision_transformer, lstm, gru, rnn, streaming_lstm, instance_normalised,
        group_normalised, quantised, half, scan_over_time, loop_over_time, autoencoder, segmenter, shuffle, siamese,
        dictionary, rows_of_pixels, mirrored, dynamic_quantised, detector, reversed_sequence, fixed_four, single,
    )
}  # fmt: skip
