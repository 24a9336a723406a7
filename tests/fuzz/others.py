"""Uses of the operators that few models have: strings, classical models, losses, and the rest."""

from __future__ import annotations

import numpy as np

from tests.shapes import classical_cases

from .graphs import BOOL, DOUBLE, FLOAT, INT64, STRING, UINT8, Graph
from .operators import partner, use


@use(weight=1)
def text(g: Graph) -> None:
    x, _, shape = g.pick((STRING,), (0, 1, 2))
    if g.opset >= 20:
        op_type = g.rng.choice(("StringConcat", "RegexFullMatch", "StringSplit"))
        if op_type == "StringConcat":
            g.node(op_type, [x, partner(g, STRING, shape)])
        elif op_type == "RegexFullMatch":
            g.node(op_type, [x], {"pattern": "a.*"})
        else:
            g.node(op_type, [x], {"delimiter": " "}, 2)
    else:
        g.node("LabelEncoder", [x], {"keys_strings": ["a"], "values_int64s": [1]}, domain="ai.onnx.ml")


@use(weight=2)
def classical(g: Graph) -> None:
    op_type, arrays, attributes, outputs = g.rng.choice(_CLASSICAL)(g.rng)
    g.node(op_type, [g.given(array, 0.7) for array in arrays], attributes, outputs, domain="ai.onnx.ml")


_CLASSICAL = [make for make, since in classical_cases.FAMILIES.items() if since <= 3]


@use()
def rare(g: Graph) -> None:
    """One use each of what stands nowhere else."""
    x, dtype, shape = g.pick((FLOAT,), 4, 1)
    small, _, _ = g.pick((UINT8,), (1, 2))
    match g.rng.randrange(10):
        case 0:
            g.node("GlobalLpPool", [x])
        case 1:
            rois = g.given(np.array([[0, 0, 0, 1, 1]] * g.size(1), "float32"))
            g.node("MaxRoiPool", [x, rois], {"pooled_shape": [g.size(1), g.size(1)]})
        case 2 if g.opset >= 9:
            g.node("MeanVarianceNormalization", [x], {"axes": [0, 2, 3]})
        case 3:
            g.node("ReduceLogSum", [x])
        case 4 if g.opset >= 10:
            lengths = g.integers([g.rng.randint(1, shape[0]) for _ in range(shape[1])])
            g.node("ReverseSequence", [x, lengths])
        case 5 if g.opset >= 11:
            g.node("BitShift", [small, small], {"direction": "LEFT"})
        case 6:
            g.node(g.rng.choice(("RandomNormal", "RandomUniform")), [], {"shape": g.shape((1, 2)), "dtype": DOUBLE})
        case 7:
            g.node(g.rng.choice(("RandomNormalLike", "RandomUniformLike")), [x])
        case 8:
            rows, _, _ = g.pick((FLOAT,), 2, 1)
            g.node("Multinomial", [rows], {"sample_size": g.size(1), "dtype": g.rng.choice((None, INT64))})
        case _ if g.opset >= 10:
            image = g.fresh(UINT8, (1, 2, *shape[2:]))
            scale, zero = g.fresh(FLOAT, ()), g.fresh(UINT8, ())
            w = g.fresh(UINT8, (g.size(1), 2, 1, 1))
            g.node("QLinearConv", [image, scale, zero, w, scale, zero, scale, zero])
    del dtype


@use(12)
def loss(g: Graph) -> None:
    x, _, (batch, _, *space) = g.pick((FLOAT,), (2, 3, 4), 1)
    labels = g.given(g.array(BOOL, (batch, *space)).astype("int64") * 0)
    kind = {"reduction": g.rng.choice(("none", "sum", "mean"))}
    g.node(g.rng.choice(("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")), [x, labels], kind)


@use(17)
def transform(g: Graph) -> None:
    x = g.fresh(FLOAT, (g.size(1), g.size(1) + 2, g.rng.choice((1, 2))))
    g.node("DFT", [x], {"inverse": g.rng.choice((None, 1))})
