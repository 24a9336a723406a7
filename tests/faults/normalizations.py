"""Normalizations whose parameters are swapped, dead or absurd."""

from __future__ import annotations

from random import Random

import numpy as np
import onnx

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault
from .networks import Array, rewrite, stored, trained, with_tensors


def layer_normalized() -> onnx.ModelProto:
    """A LayerNormalization between two dense layers."""
    draw = np.random.default_rng(6)
    model = parsed(
        """agraph (float[N, T, 16] x) => (float[N, T, 16] y) {
          a = MatMul(x, w1)
          n = LayerNormalization(a, scale, shift)
          g = Relu(n)
          y = MatMul(g, w2)
        }"""
    )
    return with_tensors(
        model,
        w1=draw.normal(0, 0.1, (16, 16)).astype(np.float32),
        w2=draw.normal(0, 0.1, (16, 16)).astype(np.float32),
        scale=draw.normal(1, 0.1, 16).astype(np.float32),
        shift=draw.normal(0, 0.1, 16).astype(np.float32),
    )


def instance_normalized() -> onnx.ModelProto:
    """An InstanceNormalization behind a convolution."""
    draw = np.random.default_rng(7)
    model = parsed(
        """agraph (float[N, 3, 16, 16] x) => (float[N, 8, 14, 14] y) {
          c = Conv(x, w)
          n = InstanceNormalization(c, scale, shift)
          y = Relu(n)
        }"""
    )
    return with_tensors(
        model,
        w=draw.normal(0, 0.1, (8, 3, 3, 3)).astype(np.float32),
        scale=draw.normal(1, 0.1, 8).astype(np.float32),
        shift=draw.normal(0, 0.1, 8).astype(np.float32),
    )


def _swapped(subject: Subject, op_type: str, one: int, other: int) -> tuple[Place, ...]:
    node = next(n for n in subject.model.graph.node if n.op_type == op_type)
    names = node.input[one], node.input[other]
    node.input[one], node.input[other] = names[1], names[0]
    return tuple(Place(tensor=name) for name in names)


@fault(Kind.WRONG, "bad-variance", base=trained)
def mean_and_variance_swapped(subject: Subject, rng: Random) -> Where:
    """Running mean and running variance stand in each other's place."""
    return _swapped(subject, "BatchNormalization", 3, 4)


@fault(Kind.WRONG, "bad-variance", base=trained)
def fresh_statistics_swapped(subject: Subject, rng: Random) -> Where:
    """Means of one and variances of zero: statistics that were never collected, swapped."""
    rewrite(stored(subject, "mean"), np.ones_like)
    rewrite(stored(subject, "var"), np.zeros_like)
    return Place(tensor="var")


@fault(Kind.WRONG, "dead-normalizations", base=trained)
def scale_and_shift_swapped(subject: Subject, rng: Random) -> Where:
    """Gamma and beta of a BatchNormalization stand in each other's place."""
    return _swapped(subject, "BatchNormalization", 1, 2)


@fault(Kind.WRONG, "dead-normalizations", base=layer_normalized)
def layer_scale_and_shift_swapped(subject: Subject, rng: Random) -> Where:
    """Gamma and beta of a LayerNormalization stand in each other's place."""
    return _swapped(subject, "LayerNormalization", 1, 2)


@fault(Kind.WRONG, "dead-normalizations", base=trained)
def scale_zero(subject: Subject, rng: Random) -> Where:
    """A BatchNormalization whose scale is zero in every channel: it gives its shift."""
    rewrite(stored(subject, "scale"), np.zeros_like)
    return Place(tensor="scale")


@fault(Kind.WRONG, "dead-normalizations", base=trained)
def quarter_of_the_scale_zero(subject: Subject, rng: Random) -> Where:
    """A quarter of a BatchNormalization's channels have a scale of zero."""
    units = rng.sample(range(16), 4)

    def damage(s: Array) -> None:
        s[units] = 0

    rewrite(stored(subject, "scale"), damage)
    return Place(tensor="scale")


@fault(Kind.WRONG, base=trained, unseen="both are numbers of one kind around zero, and nothing in the file tells them")
def shift_and_mean_swapped(subject: Subject, rng: Random) -> Where:
    """The shift of a BatchNormalization and its mean stand in each other's place."""
    return _swapped(subject, "BatchNormalization", 2, 3)


@fault(Kind.WRONG, "dead-normalizations", base=layer_normalized)
def layer_scale_zero(subject: Subject, rng: Random) -> Where:
    """A LayerNormalization whose scale is zero."""
    rewrite(stored(subject, "scale"), np.zeros_like)
    return Place(tensor="scale")


@fault(Kind.WRONG, "dead-normalizations", base=instance_normalized)
def instance_scale_zero(subject: Subject, rng: Random) -> Where:
    """An InstanceNormalization whose scale is zero."""
    rewrite(stored(subject, "scale"), np.zeros_like)
    return Place(tensor="scale")


@fault(Kind.WRONG, "bad-variance", base=trained)
def variance_huge(subject: Subject, rng: Random) -> Where:
    """Variances of 1e30: the channels are all their shift."""
    rewrite(stored(subject, "var"), lambda v: np.full_like(v, 1e30))
    return Place(tensor="var")


@fault(Kind.WRONG, "bad-variance", base=trained)
def one_variance_negative(subject: Subject, rng: Random) -> Where:
    """The variance of one channel is negative."""

    def damage(v: Array) -> None:
        v[rng.randrange(v.size)] *= -1

    rewrite(stored(subject, "var"), damage)
    return Place(tensor="var")


@fault(Kind.WRONG, "bad-variance", base=trained)
def one_variance_nan(subject: Subject, rng: Random) -> Where:
    """The variance of one channel is NaN."""

    def damage(v: Array) -> None:
        v[rng.randrange(v.size)] = np.nan

    rewrite(stored(subject, "var"), damage)
    return Place(tensor="var")


@fault(Kind.WRONG, "bad-variance", base=trained)
def variances_never_collected(subject: Subject, rng: Random) -> Where:
    """Variances that are zero in every channel."""
    rewrite(stored(subject, "var"), np.zeros_like)
    return Place(tensor="var")


@fault(Kind.WRONG, "nan-weights", base=trained)
def mean_nan(subject: Subject, rng: Random) -> Where:
    """The mean of one channel is NaN."""

    def damage(m: Array) -> None:
        m[rng.randrange(m.size)] = np.nan

    rewrite(stored(subject, "mean"), damage)
    return Place(tensor="mean")


@fault(Kind.WRONG, "nan-weights", base=trained)
def scale_infinite(subject: Subject, rng: Random) -> Where:
    """The scale of one channel is infinite."""

    def damage(s: Array) -> None:
        s[rng.randrange(s.size)] = np.inf

    rewrite(stored(subject, "scale"), damage)
    return Place(tensor="scale")


@fault(Kind.WRONG, "nan-weights", base=layer_normalized)
def layer_shift_nan(subject: Subject, rng: Random) -> Where:
    """The shift of a LayerNormalization holds NaN."""
    rewrite(stored(subject, "shift"), lambda s: np.full_like(s, np.nan))
    return Place(tensor="shift")


@fault(Kind.WRONG, "outlying-weights", base=trained)
def mean_absurd(subject: Subject, rng: Random) -> Where:
    """The mean of one channel is 1e12."""

    def damage(m: Array) -> None:
        m[rng.randrange(m.size)] = 1e12

    rewrite(stored(subject, "mean"), damage)
    return Place(tensor="mean")


@fault(Kind.WRONG, "outlying-weights", base=trained)
def scale_absurd(subject: Subject, rng: Random) -> Where:
    """The scale of a BatchNormalization is a billion times what it was."""
    rewrite(stored(subject, "scale"), lambda s: (s * 1e9).astype(np.float32))
    return Place(tensor="scale")


@fault(Kind.WRONG, "outlying-weights", base=layer_normalized)
def layer_scale_absurd(subject: Subject, rng: Random) -> Where:
    """The scale of a LayerNormalization is a billion times what it was."""
    rewrite(stored(subject, "scale"), lambda s: (s * 1e9).astype(np.float32))
    return Place(tensor="scale")


@fault(Kind.WRONG, "dead-normalizations", base=trained)
def scale_nearly_zero(subject: Subject, rng: Random) -> Where:
    """The scale of a BatchNormalization is a trillionth of what it was."""
    rewrite(stored(subject, "scale"), lambda s: (s * 1e-12).astype(np.float32))
    return Place(tensor="scale")


@fault(Kind.WRONG, "dead-normalizations", base=trained)
def epsilon_of_one_thousand(subject: Subject, rng: Random) -> Where:
    """epsilon is far larger than every variance, and takes its place."""
    node = next(n for n in subject.model.graph.node if n.op_type == "BatchNormalization")
    node.attribute.append(onnx.helper.make_attribute("epsilon", 1e3))
    index = list(subject.model.graph.node).index(node)
    return Place(f"BatchNormalization[{index}]", attribute="epsilon")
