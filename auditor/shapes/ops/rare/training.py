"""One step of training as operators (ai.onnx.preview.training): the gradient, and what optimisers make of it."""

from __future__ import annotations

from ...fact import Fact, ShapeError, show
from ...registry import op
from ...sizes.dim import same

_TRAINING = "ai.onnx.preview.training"
Facts = tuple[Fact, ...]


@op("Gradient", domain=_TRAINING)
def gradient(*inputs: Fact, xs: tuple[str, ...]) -> Facts:
    """A gradient is of the shape of what it is taken for: the first inputs, one for each name in ``xs``.

    https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Gradient.html
    """
    if len(inputs) < len(xs):
        raise ShapeError(f"xs has {len(xs)} names, there are {len(inputs)} inputs", attribute="xs")
    return tuple(Fact(x.dtype, x.shape) for x in inputs[: len(xs)])


@op("Adagrad", "Momentum", domain=_TRAINING)
def one_moment(r: Fact, t: Fact, *inputs: Fact) -> Facts:
    """The tensors, their gradients, and one moment of each: out come the new tensors and the new moments."""
    tensors, moments = _groups(inputs, 1)
    return *tensors, *moments


@op("Adam", domain=_TRAINING)
def adam(r: Fact, t: Fact, *inputs: Fact) -> Facts:
    """Two moments of each: https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adam.html"""
    tensors, first, second = _groups(inputs, 2)
    return *tensors, *first, *second


def _groups(inputs: Facts, moments: int) -> list[Facts]:
    """The tensors and their moments, which are all of the tensors' shapes; what is not is an error."""
    each, left = divmod(len(inputs), moments + 2)
    if left or not each:
        raise ShapeError(f"{len(inputs)} inputs are not a multiple of {moments + 2}: tensors, gradients and moments")
    tensors = inputs[:each]
    for i, fact in enumerate(inputs[each:]):
        wanted = tensors[i % each].shape
        if fact.shape is None or wanted is None:
            continue
        if len(fact.shape) != len(wanted) or any(
            a is not None and b is not None and same(a, b) is False for a, b in zip(fact.shape, wanted, strict=True)
        ):
            raise ShapeError(f"a tensor of {show(wanted)} has a gradient or a moment of {show(fact.shape)}")
    found = [tuple(Fact(x.dtype, x.shape) for x in tensors)]
    return found + [found[0]] * moments
