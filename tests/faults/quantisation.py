"""Quantised models: scales, zero points, saturated weights, and numbers read by another scale than written by."""

from __future__ import annotations

from random import Random

import numpy as np
import onnx
from onnx import numpy_helper

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault, label, nodes
from .networks import Array, rewrite, stored, with_tensors


def quantised() -> onnx.ModelProto:
    """A convolution and a dense layer in QuantizeLinear and DequantizeLinear pairs, by channel where it can be."""
    draw = np.random.default_rng(8)
    model = parsed(
        """agraph (float[N, 3, 8, 8] image) => (float[N, 10] scores) {
          q0 = QuantizeLinear(image, s0, z0)
          x = DequantizeLinear(q0, s0, z0)
          w = DequantizeLinear<axis = 0>(wq, ws, wz)
          b = DequantizeLinear<axis = 0>(bq, bs)
          c = Conv(x, w, b)
          r = Relu(c)
          q1 = QuantizeLinear(r, s1, z1)
          h = DequantizeLinear(q1, s1, z1)
          g = GlobalAveragePool(h)
          f = Flatten(g)
          v = DequantizeLinear(vq, vs, vz)
          scores = Gemm<transB = 1>(f, v)
        }"""
    )
    scales = draw.uniform(0.001, 0.01, 8).astype(np.float32)
    return with_tensors(
        model,
        s0=np.array(0.0078125, np.float32), z0=np.array(128, np.uint8),
        s1=np.array(0.02, np.float32), z1=np.array(0, np.uint8),
        wq=_eight_bits(draw, 8, 3, 3, 3), ws=scales, wz=np.zeros(8, np.int8),
        bq=draw.integers(-9000, 9000, 8).astype(np.int32), bs=(scales * np.float32(0.0078125)).astype(np.float32),
        vq=_eight_bits(draw, 10, 8), vs=np.array(0.01, np.float32), vz=np.array(0, np.int8),
    )  # fmt: skip


def integer() -> onnx.ModelProto:
    """Two convolutions in integers."""
    draw = np.random.default_rng(9)
    model = parsed(
        """agraph (float[N, 3, 8, 8] image) => (float[N, 8, 4, 4] y) {
          q = QuantizeLinear(image, s0, z0)
          c = QLinearConv(q, s0, z0, w1, ws1, wz1, s1, z1, b1)
          d = QLinearConv(c, s1, z1, w2, ws2, wz2, s2, z2)
          y = DequantizeLinear(d, s2, z2)
        }"""
    )
    return with_tensors(
        model,
        s0=np.array(0.0078125, np.float32), z0=np.array(128, np.uint8), s1=np.array(0.02, np.float32),
        z1=np.array(0, np.uint8), s2=np.array(0.05, np.float32), z2=np.array(110, np.uint8),
        w1=_eight_bits(draw, 8, 3, 3, 3), ws1=np.array(0.004, np.float32), wz1=np.array(0, np.int8),
        w2=_eight_bits(draw, 8, 8, 3, 3), ws2=np.array(0.003, np.float32), wz2=np.array(0, np.int8),
        b1=draw.integers(-9000, 9000, 8).astype(np.int32),
    )  # fmt: skip


def _eight_bits(draw: np.random.Generator, *shape: int) -> Array:
    """As a quantiser leaves it: normally distributed, the largest of each channel at 127."""
    values = draw.normal(0, 1, shape)
    most = np.abs(values).max(axis=tuple(range(1, len(shape))), keepdims=True)
    eight: Array = np.round(values / most * 127).astype(np.int8)
    return eight


def _scale(subject: Subject, rng: Random, value: float) -> Place:
    name = rng.choice(["s0", "s1", "vs"])
    rewrite(stored(subject, name), lambda s: np.array(value, np.float32))
    return Place(tensor=name)


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def scale_of_zero(subject: Subject, rng: Random) -> Where:
    """A scale is zero."""
    return _scale(subject, rng, 0.0)


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def scale_negative(subject: Subject, rng: Random) -> Where:
    """A scale is negative."""
    return _scale(subject, rng, -0.01)


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def scale_nan(subject: Subject, rng: Random) -> Where:
    """A scale is NaN."""
    return _scale(subject, rng, float("nan"))


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def scale_infinite_number(subject: Subject, rng: Random) -> Where:
    """A scale is infinite."""
    return _scale(subject, rng, float("inf"))


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def scale_denormal(subject: Subject, rng: Random) -> Where:
    """A scale is a denormal number."""
    return _scale(subject, rng, 1e-41)


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def scale_absurdly_large(subject: Subject, rng: Random) -> Where:
    """A scale of ten billion: one step is more than any activation."""
    return _scale(subject, rng, 1e10)


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def scale_absurdly_small(subject: Subject, rng: Random) -> Where:
    """A scale of 1e-20: every activation is cut off."""
    return _scale(subject, rng, 1e-20)


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def one_channels_scale_absurd(subject: Subject, rng: Random) -> Where:
    """The scale of one channel is a hundred million times the others."""

    def damage(s: Array) -> None:
        s[rng.randrange(s.size)] *= 1e8

    rewrite(stored(subject, "ws"), damage)
    return Place(tensor="ws")


@fault(Kind.WRONG, "quantisation-scales", base=quantised)
def one_channels_scale_zero(subject: Subject, rng: Random) -> Where:
    """The scale of one channel is zero."""

    def damage(s: Array) -> None:
        s[rng.randrange(s.size)] = 0

    rewrite(stored(subject, "ws"), damage)
    return Place(tensor="ws")


@fault(Kind.ILLEGAL, "wrong-types", base=quantised)
def zero_point_of_another_type(subject: Subject, rng: Random) -> Where:
    """The zero point of a DequantizeLinear is of another type than its data."""
    at = rng.choice(nodes(subject.model.graph, "DequantizeLinear")[:2])
    node = subject.model.graph.node[at]
    data = numpy_helper.to_array(stored(subject, node.input[2]))
    other = data.astype(np.int8 if data.dtype == np.uint8 else np.uint8)
    subject.model.graph.initializer.append(numpy_helper.from_array(other, "other_zero"))
    node.input[2] = "other_zero"
    return (Place(label(subject.model.graph, at)), Place(tensor="other_zero"))


@fault(Kind.ILLEGAL, "wrong-types", base=quantised)
def zero_point_of_floats(subject: Subject, rng: Random) -> Where:
    """A zero point is a float."""
    graph = subject.model.graph
    at = rng.choice(nodes(graph, "QuantizeLinear", "DequantizeLinear"))
    graph.initializer.append(numpy_helper.from_array(np.array(0, np.float32), "float_zero"))
    node = graph.node[at]
    node.input[:] = [*node.input[:2], "float_zero"]
    return (Place(label(graph, at)), Place(tensor="float_zero"))


@fault(Kind.ILLEGAL, "wrong-types", base=quantised)
def zero_point_of_int64(subject: Subject, rng: Random) -> Where:
    """The zero point of a QuantizeLinear is int64, which is no type to quantise to."""
    at = rng.choice(nodes(subject.model.graph, "QuantizeLinear"))
    graph = subject.model.graph
    graph.initializer.append(numpy_helper.from_array(np.array(0, np.int64), "wide_zero"))
    graph.node[at].input[2] = "wide_zero"
    return (Place(label(graph, at)), Place(tensor="wide_zero"))


@fault(Kind.ILLEGAL, "impossible-shapes", "misfit-initializers", "bad-zero-points", base=quantised)
def zero_point_of_another_shape(subject: Subject, rng: Random) -> Where:
    """There are fewer zero points than scales."""
    rewrite(stored(subject, "wz"), lambda z: z[:4])
    return (Place("DequantizeLinear[2]"), Place(tensor="wz"))


@fault(Kind.ILLEGAL, "impossible-shapes", "misfit-initializers", base=quantised)
def fewer_scales_than_channels(subject: Subject, rng: Random) -> Where:
    """There are fewer scales and zero points than channels."""
    rewrite(stored(subject, "ws"), lambda z: z[:4])
    rewrite(stored(subject, "wz"), lambda z: z[:4])
    return (Place("DequantizeLinear[2]"), Place(tensor="ws"), Place(tensor="wz"))


@fault(Kind.ILLEGAL, "impossible-shapes", base=quantised)
def axis_of_the_scales_beyond_the_data(subject: Subject, rng: Random) -> Where:
    """The axis of a DequantizeLinear by channel lies beyond its data."""
    subject.model.graph.node[2].attribute[0].i = 7
    return Place("DequantizeLinear[2]")


@fault(Kind.ILLEGAL, "bad-zero-points", base=quantised)
def zero_point_of_a_bias(subject: Subject, rng: Random) -> Where:
    """An int32 bias has a zero point that is not zero."""
    graph = subject.model.graph
    graph.initializer.append(numpy_helper.from_array(np.full(8, 5, np.int32), "bz"))
    graph.node[3].input.append("bz")
    return (Place("DequantizeLinear[3]"), Place(tensor="bz"))


@fault(Kind.ILLEGAL, "values-beyond-type", base=quantised)
def zero_point_beyond_its_type(subject: Subject, rng: Random) -> Where:
    """A uint8 zero point is written as 300 in int32_data."""
    zero = stored(subject, "z0")
    zero.ClearField("raw_data")
    zero.int32_data[:] = [300]
    return Place(tensor="z0")


@fault(Kind.ILLEGAL, "values-beyond-type", base=quantised)
def zero_point_below_its_type(subject: Subject, rng: Random) -> Where:
    """A uint8 zero point is written as -1 in int32_data."""
    zero = stored(subject, "z0")
    zero.ClearField("raw_data")
    zero.int32_data[:] = [-1]
    return Place(tensor="z0")


@fault(Kind.WRONG, "bad-zero-points", base=quantised)
def zero_point_at_the_end(subject: Subject, rng: Random) -> Where:
    """The zero point behind a Relu stands at the upper end of its type: nothing but zero comes through."""
    rewrite(stored(subject, "z1"), lambda z: np.array(255, np.uint8))
    return Place(tensor="z1")


@fault(Kind.WRONG, "bad-zero-points", base=quantised)
def zero_point_in_a_symmetric_weight(subject: Subject, rng: Random) -> Where:
    """One channel of a weight that is symmetric has a zero point."""

    def damage(z: Array) -> None:
        z[rng.randrange(z.size)] = 100

    rewrite(stored(subject, "wz"), damage)
    return Place(tensor="wz")
