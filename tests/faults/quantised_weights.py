"""Quantised weights that were cut off, and tensors read by another scale than they were written by."""

from __future__ import annotations

from random import Random

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault, label, nodes
from .networks import Array, rewrite, stored, with_tensors
from .quantisation import integer, quantised


def _saturated(subject: Subject, name: str, factor: float) -> Place:
    rewrite(
        stored(subject, name), lambda w: np.clip(np.round(w.astype(np.float32) * factor), -128, 127).astype(np.int8)
    )
    return Place(tensor=name)


@fault(Kind.WRONG, "saturated-weights", base=quantised)
def weight_saturated(subject: Subject, rng: Random) -> Where:
    """A weight was quantised with a scale ten times too small: most of its numbers are cut off."""
    return _saturated(subject, rng.choice(["wq", "vq"]), 10)


@fault(Kind.WRONG, "saturated-weights", base=integer)
def integer_weight_saturated(subject: Subject, rng: Random) -> Where:
    """The weight of a QLinearConv was quantised with a scale ten times too small."""
    return _saturated(subject, rng.choice(["w1", "w2"]), 10)


@fault(Kind.WRONG, "saturated-weights", "zero-weights", base=quantised)
def weight_at_one_limit(subject: Subject, rng: Random) -> Where:
    """Every number of a quantised weight is 127."""
    rewrite(stored(subject, "vq"), lambda w: np.full_like(w, 127))
    return Place(tensor="vq")


@fault(Kind.WRONG, "zero-weights", base=quantised)
def quantised_weight_zero(subject: Subject, rng: Random) -> Where:
    """Every number of a quantised weight is its zero point."""
    name = rng.choice(["wq", "vq"])
    rewrite(stored(subject, name), np.zeros_like)
    return Place(tensor=name)


@fault(Kind.WRONG, "zero-weights", base=integer)
def integer_weight_zero(subject: Subject, rng: Random) -> Where:
    """Every number of the weight of a QLinearConv is its zero point."""
    rewrite(stored(subject, "w2"), np.zeros_like)
    return Place(tensor="w2")


@fault(Kind.WRONG, "saturated-biases", base=quantised)
def bias_saturated(subject: Subject, rng: Random) -> Where:
    """An int32 bias stands at the limit of its type."""

    def damage(b: Array) -> None:
        b[rng.randrange(b.size)] = 2**31 - 1

    rewrite(stored(subject, "bq"), damage)
    return Place(tensor="bq")


@fault(Kind.WRONG, "saturated-biases", base=integer)
def integer_bias_saturated(subject: Subject, rng: Random) -> Where:
    """The bias of a QLinearConv stands at the limit of its type."""

    def damage(b: Array) -> None:
        b[rng.randrange(b.size)] = -(2**31)

    rewrite(stored(subject, "b1"), damage)
    return Place(tensor="b1")


def _read_otherwise(subject: Subject, name: str, position: int, op_type: str, value: Array) -> Place:
    """One node of the type takes another scale or zero point than the one that its data was written by."""
    graph = subject.model.graph
    at = next(i for i in nodes(graph, op_type) if graph.node[i].input[position] == name)
    graph.initializer.append(numpy_helper.from_array(value, f"{name}_other"))
    graph.node[at].input[position] = f"{name}_other"
    return Place(label(graph, at))


@fault(Kind.WRONG, "mismatched-quantisation", base=quantised)
def scale_of_another_tensor(subject: Subject, rng: Random) -> Where:
    """A tensor is dequantised by another scale than it was quantised by."""
    return _read_otherwise(subject, "s1", 1, "DequantizeLinear", np.array(0.05, np.float32))


@fault(Kind.WRONG, "mismatched-quantisation", base=quantised)
def zero_point_of_another_tensor(subject: Subject, rng: Random) -> Where:
    """A tensor is dequantised by another zero point than it was quantised by."""
    return _read_otherwise(subject, "z0", 2, "DequantizeLinear", np.array(0, np.uint8))


@fault(Kind.WRONG, "mismatched-quantisation", base=integer)
def integer_scale_of_another_tensor(subject: Subject, rng: Random) -> Where:
    """A QLinearConv takes its data by another scale than the one before gave it."""
    graph = subject.model.graph
    graph.initializer.append(numpy_helper.from_array(np.array(0.5, np.float32), "s1_other"))
    graph.node[2].input[1] = "s1_other"
    return Place("QLinearConv[2]")


@fault(Kind.WRONG, "mismatched-quantisation", base=integer)
def output_scale_of_another_tensor(subject: Subject, rng: Random) -> Where:
    """The last DequantizeLinear takes the scale of the layer before."""
    subject.model.graph.node[3].input[1] = "s1"
    return Place("DequantizeLinear[3]")


@fault(Kind.WRONG, "mismatched-quantisation", base=quantised)
def bias_scale_is_not_the_product(subject: Subject, rng: Random) -> Where:
    """A bias's scale is not that of the data times that of the weight."""
    rewrite(stored(subject, "bs"), lambda s: (s * 100).astype(np.float32))
    return (Place(tensor="bs"), Place("DequantizeLinear[3]"))


@fault(Kind.ILLEGAL, "wrong-types", "impossible-shapes", base=integer)
def bias_of_int8(subject: Subject, rng: Random) -> Where:
    """The bias of a QLinearConv is int8, where it must be int32."""
    rewrite(stored(subject, "b1"), lambda b: (b // 128).astype(np.int8))
    return (Place("QLinearConv[1]"), Place(tensor="b1"))


def four_bits() -> onnx.ModelProto:
    """A dense layer whose weight has four bits."""
    model = parsed(
        "agraph (float[N, 32] x) => (float[N, 16] y) { w = DequantizeLinear(wq, ws) y = MatMul(x, w) }", ir=10, opset=21
    )
    with_tensors(model, ws=np.array(0.05, np.float32))
    model.graph.initializer.append(_packed(np.round(np.random.default_rng(2).normal(0, 2, 512)).clip(-8, 7)))
    return model


def _packed(values: Array) -> TensorProto:
    codes = values.astype(np.int8).view(np.uint8) & 15
    raw = (codes[::2] | codes[1::2] << 4).astype(np.uint8).tobytes()
    return TensorProto(name="wq", data_type=TensorProto.INT4, dims=[32, 16], raw_data=raw)


@fault(Kind.WRONG, "saturated-weights", base=four_bits)
def four_bits_saturated(subject: Subject, rng: Random) -> Where:
    """A weight of four bits was quantised with a scale ten times too small."""
    stored(subject, "wq").CopyFrom(_packed(np.round(np.random.default_rng(2).normal(0, 20, 512)).clip(-8, 7)))
    return Place(tensor="wq")
