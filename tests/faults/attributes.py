"""Attributes: values that are legal, and that nobody means."""

from __future__ import annotations

from math import inf, nan
from random import Random

import onnx
from onnx import helper

from auditor.report import Severity

from .bases import parsed
from .fault import Kind, Place, Subject, fault, label, nodes
from .tables import table


def normalized() -> onnx.ModelProto:
    """A BatchNormalization and a Dropout, both for inference."""
    return parsed(
        """agraph (float[N, 2, 8, 8] x) => (float[N, 2, 8, 8] y)
        <float[2] s = {1, 2}, float[2] b = {0, 1}, float[2] m = {0.5, 0.25}, float[2] v = {1, 2}> {
          h = BatchNormalization(x, s, b, m, v)
          y = Dropout(h)
        }"""
    )


def activated() -> onnx.ModelProto:
    """A layer of each kind of which an attribute is a float."""
    return parsed(
        """agraph (float[N, 4] x, float[4, 4] w, float[4] c, float[4] s) => (float[N, 4] y) {
          a = Gemm<alpha = 1.0, beta = 1.0>(x, w, c)
          b = LeakyRelu<alpha = 0.1>(a)
          d = LayerNormalization<epsilon = 0.00001>(b, s)
          y = HardSigmoid<alpha = 0.2, beta = 0.5>(d)
        }"""
    )


def _set(subject: Subject, at: int, name: str, value: object) -> Place:
    node = subject.model.graph.node[at]
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])
    return Place(label(subject.model.graph, at), attribute=name)


@fault(Kind.WRONG, "training-mode", base=normalized)
def training_mode_left_on(subject: Subject, rng: Random) -> Place:
    """BatchNormalization is exported in training mode."""
    graph = subject.model.graph
    at = rng.choice(nodes(graph, "BatchNormalization"))
    graph.node[at].attribute.append(helper.make_attribute("training_mode", 1))
    return Place(label(graph, at))


@fault(Kind.WRONG, "training-mode", base=normalized)
def training_outputs(subject: Subject, rng: Random) -> Place:
    """BatchNormalization is exported in training mode, with the statistics that training gives."""
    node = subject.model.graph.node[0]
    node.attribute.append(helper.make_attribute("training_mode", 1))
    node.output.extend(["mean", "var"])
    return Place(label(subject.model.graph, 0))


@fault(Kind.WRONG, "attributes-not-finite", least=Severity.ERROR)
def epsilon_that_is_nan(subject: Subject, rng: Random) -> Place | None:
    """A BatchNormalization's epsilon is NaN."""
    found = nodes(subject.model.graph, "BatchNormalization")
    return _set(subject, rng.choice(found), "epsilon", nan) if found else None


@fault(Kind.WRONG, "attributes-not-finite", least=Severity.ERROR, base=activated)
def epsilon_that_is_infinite(subject: Subject, rng: Random) -> Place:
    """A LayerNormalization's epsilon is infinite."""
    return _set(subject, 2, "epsilon", inf)


@fault(Kind.WRONG, "attributes-not-finite", least=Severity.ERROR, base=activated)
def slope_that_is_nan(subject: Subject, rng: Random) -> Place:
    """A LeakyRelu's alpha is NaN."""
    return _set(subject, 1, "alpha", nan)


@fault(Kind.WRONG, "attributes-not-finite", least=Severity.ERROR)
def product_of_nan(subject: Subject, rng: Random) -> Place | None:
    """A Gemm's alpha is NaN."""
    found = nodes(subject.model.graph, "Gemm")
    return _set(subject, rng.choice(found), "alpha", nan) if found else None


@fault(Kind.WRONG, "idle-layers", least=Severity.WARNING)
def product_of_zero(subject: Subject, rng: Random) -> Place | None:
    """A Gemm's alpha is 0."""
    found = nodes(subject.model.graph, "Gemm")
    return _set(subject, rng.choice(found), "alpha", 0.0) if found else None


@fault(Kind.WRONG, "idle-layers", least=Severity.WARNING, base=activated)
def bias_of_zero(subject: Subject, rng: Random) -> Place:
    """A Gemm's beta is 0."""
    return _set(subject, 0, "beta", 0.0)


@fault(Kind.WRONG, "idle-layers", least=Severity.WARNING, base=activated)
def sigmoid_of_zero(subject: Subject, rng: Random) -> Place:
    """A HardSigmoid's alpha is 0."""
    return _set(subject, 3, "alpha", 0.0)


@fault(Kind.WRONG, "idle-layers", base=activated)
def slope_of_zero(subject: Subject, rng: Random) -> Place:
    """A LeakyRelu's alpha is 0."""
    return _set(subject, 1, "alpha", 0.0)


@fault(Kind.WRONG, "idle-layers", base=activated)
def slope_of_one(subject: Subject, rng: Random) -> Place:
    """A LeakyRelu's alpha is 1."""
    return _set(subject, 1, "alpha", 1.0)


@fault(Kind.WRONG, "idle-layers", base=activated)
def slope_negative(subject: Subject, rng: Random) -> Place:
    """A LeakyRelu's alpha is negative."""
    return _set(subject, 1, "alpha", -0.5)


@fault(Kind.WRONG, "odd-epsilons", least=Severity.WARNING)
def epsilon_negative(subject: Subject, rng: Random) -> Place | None:
    """A BatchNormalization's epsilon is negative."""
    found = nodes(subject.model.graph, "BatchNormalization")
    return _set(subject, rng.choice(found), "epsilon", -0.001) if found else None


@fault(Kind.WRONG, "odd-epsilons")
def epsilon_zero(subject: Subject, rng: Random) -> Place | None:
    """A BatchNormalization's epsilon is 0."""
    found = nodes(subject.model.graph, "BatchNormalization")
    return _set(subject, rng.choice(found), "epsilon", 0.0) if found else None


@fault(Kind.WRONG, "odd-epsilons")
def momentum_beyond_one(subject: Subject, rng: Random) -> Place | None:
    """A BatchNormalization's momentum is 9."""
    found = nodes(subject.model.graph, "BatchNormalization")
    return _set(subject, rng.choice(found), "momentum", 9.0) if found else None


@fault(Kind.WRONG, "skipped-pixels")
def stride_beyond_the_pool(subject: Subject, rng: Random) -> Place | None:
    """A pooling's stride is larger than its window."""
    graph = subject.model.graph
    found = [
        at
        for at in nodes(graph, "MaxPool", "AveragePool")
        for attribute in graph.node[at].attribute
        if attribute.name == "kernel_shape" and min(attribute.ints) > 1
    ]
    return _set(subject, found[0], "strides", [9, 9]) if found else None


def _wrong(text: str, place: str, rules: str, lines: str, least: Severity | None = None, opset: int = 17) -> None:
    table(__name__, Kind.WRONG, text, place, rules, lines, least=least, opset=opset)


WARNING = Severity.WARNING

_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) { a = Selu<gamma = 1.05>(x) b = Celu<alpha = 1.0>(a) y = Elu(b) }",
    "Selu[0]",
    "idle-layers",
    """
    selu_of_zero: A Selu's gamma is 0.
        gamma = 1.05 --> gamma = 0.0 @gamma
    """,
    WARNING,
)
_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) { y = Celu<alpha = 1.0>(x) }",
    "Celu[0]",
    "idle-layers",
    """
    celu_of_zero: A Celu's alpha is 0, and it divides by it.
        alpha = 1.0 --> alpha = 0.0 @alpha
    """,
    WARNING,
)
_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) { y = Elu<alpha = 1.0>(x) }",
    "Elu[0]",
    "idle-layers",
    """
    elu_of_zero: An Elu's alpha is 0.
        alpha = 1.0 --> alpha = 0.0 @alpha
    elu_negative: An Elu's alpha is negative.
        alpha = 1.0 --> alpha = -1.0 @alpha
    """,
)
_wrong(
    "agraph (float[N, 2, 8, 8] x) => (float[N, 2, A, B] y) { y = LpPool<kernel_shape = [2, 2], p = 2>(x) }",
    "LpPool[0]",
    "idle-layers",
    """
    pool_of_order_zero: An LpPool takes the root of order 0.
        p = 2 --> p = 0 @p
    """,
    WARNING,
)
_wrong(
    """agraph (float[T, 2, 3] x, float[1, 16, 3] w, float[1, 16, 4] r) => (float[T, 1, 2, 4] y) {
      y = LSTM<hidden_size = 4, clip = 10.0>(x, w, r)
    }""",
    "LSTM[0]",
    "idle-layers",
    """
    lstm_clipped_to_zero: An LSTM's activations are clipped to 0.
        clip = 10.0 --> clip = 0.0 @clip
    lstm_clipped_below_zero: An LSTM's clip is negative.
        clip = 10.0 --> clip = -1.0 @clip
    """,
    WARNING,
)
_wrong(
    "agraph (float[N, 2, 8] x, float[2] s, float[2] b) => (float[N, 2, 8] y) {\n"
    "  y = InstanceNormalization<epsilon = 0.001>(x, s, b)\n}",
    "InstanceNormalization[0]",
    "odd-epsilons",
    """
    instance_epsilon_zero: An InstanceNormalization's epsilon is 0.
        epsilon = 0.001 --> epsilon = 0.0 @epsilon
    instance_epsilon_negative: An InstanceNormalization's epsilon is negative.
        epsilon = 0.001 --> epsilon = -0.5 @epsilon
    """,
)
_wrong(
    """agraph (float[4, 8] x, float[8, 3] w, float[3] c) => (float[A, B] y) {
      a = Gemm<transA = 0, transB = 0>(x, w, c)
      y = ReduceMean<axes = [1], keepdims = 1>(a)
    }""",
    "ReduceMean[1]",
    "odd-switches",
    """
    keepdims_of_two: keepdims is 2.
        keepdims = 1 --> keepdims = 2 @keepdims
    keepdims_negative: keepdims is -1.
        keepdims = 1 --> keepdims = -1 @keepdims
    """,
    WARNING,
)
_wrong(
    """agraph (float[4, 4] x, float[4, 4] w) => (float[4, 4] y) { y = Gemm<transA = 0, transB = 0>(x, w) }""",
    "Gemm[0]",
    "odd-switches",
    """
    transposed_three_times: transA is 3.
        transA = 0 --> transA = 3 @transA
    transposed_minus_one_time: transB is -1.
        transB = 0 --> transB = -1 @transB
    """,
    WARNING,
)
_wrong(
    "agraph (float[N, 2, 8, 8] x) => (float[N, 2, A, B] y) { y = MaxPool<kernel_shape = [2, 2], ceil_mode = 0>(x) }",
    "MaxPool[0]",
    "odd-switches",
    """
    ceil_mode_of_five: ceil_mode is 5.
        ceil_mode = 0 --> ceil_mode = 5 @ceil_mode
    """,
    WARNING,
)
