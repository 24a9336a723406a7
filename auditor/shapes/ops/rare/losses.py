"""What training minimises: one number, or one for each sample."""

from __future__ import annotations

from ...fact import Answer, Exact, Fact, Need, Shape, ShapeError, show
from ...registry import op
from ...sizes.dim import Size
from ..checks import agree


@op("NegativeLogLikelihoodLoss", since=12)
def negative_log_likelihood_loss(
    input: Fact, target: Fact, weight: Fact | None = None, *, ignore_index: int | None = None, reduction: str = "mean"
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html"""
    each, classes = _samples(input, target, "input")
    for label in target.elements or ():
        if isinstance(label, int) and isinstance(classes, int) and not 0 <= label < classes and label != ignore_index:
            raise ShapeError(f"the class {label} is none of {classes}", parameter="target")
    return Answer((_reduced(input, each, reduction),), _weights("weight", classes))


@op("SoftmaxCrossEntropyLoss", since=12)
def softmax_cross_entropy_loss(
    scores: Fact, labels: Fact, weights: Fact | None = None, *, reduction: str = "mean"
) -> Answer:
    """The second output are the logarithms of the softmax.

    https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html
    """
    each, classes = _samples(scores, labels, "scores")
    return Answer((_reduced(scores, each, reduction), Fact(scores.dtype, scores.shape)), _weights("weights", classes))


def _samples(scores: Fact, labels: Fact, name: str) -> tuple[Shape | None, Size | None]:
    """The shape of the samples, and the number of classes: the scores are (N, C, d...), the labels (N, d...)."""
    if scores.shape is None:
        return labels.shape, None
    if len(scores.shape) < 2:
        raise ShapeError(f"{name} must be of (N, C, ...), has shape {show(scores.shape)}", parameter=name)
    batch, classes, *rest = scores.shape
    mine = (batch, *rest)
    if labels.shape is None:
        return mine, classes
    if len(labels.shape) != len(mine):
        raise ShapeError(f"labels of shape {show(labels.shape)} do not fit scores of {show(scores.shape)}")
    for a, b in zip(mine, labels.shape, strict=True):
        agree(a, b, "scores and labels")
    return tuple(a if b is None else b for a, b in zip(mine, labels.shape, strict=True)), classes


def _reduced(scores: Fact, each: Shape | None, reduction: str) -> Fact:
    match reduction:
        case "none":
            return Fact(scores.dtype, each)
        case "mean" | "sum":
            return Fact(scores.dtype, ())
        case _:
            raise ShapeError(f"reduction must be none, mean or sum, is {reduction!r}", attribute="reduction")


def _weights(name: str, classes: Size | None) -> dict[str, Need]:
    return {name: Exact((classes,))}
