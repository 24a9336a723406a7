"""Operators that keep the shape and scale the values: normalizations, softmax and its kin, Dropout, PRelu."""

from __future__ import annotations

from ...model.dtypes import DType
from ..fact import Answer, BroadcastsTo, Exact, Fact, Need, ShapeError, show
from ..registry import op
from ..sizes.dim import Size
from .checks import axis_of

# BatchNormalization: five parameters of one size


@op("BatchNormalization", since=14)
def batch_normalization(
    x: Fact,
    scale: Fact,
    b: Fact,
    input_mean: Fact,
    input_var: Fact,
    *,
    training_mode: int = 0,
    output_count: int,
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__BatchNormalization.html"""
    if not training_mode and output_count > 1:
        raise ShapeError(
            f"has {output_count} outputs, and one alone where training_mode is 0", attribute="training_mode"
        )
    channels = (_channels(x),)
    running = Fact(input_mean.dtype, channels)
    return Answer(
        (_same_type(x), running, running),
        {
            "scale": Exact(channels, "learnable"),
            "b": Exact(channels, "learnable"),
            "input_mean": Exact(channels, "statistic"),
            "input_var": Exact(channels, "statistic"),
        },
    )


@op("BatchNormalization", since=9)
def batch_normalization_9(x: Fact, scale: Fact, b: Fact, mean: Fact, var: Fact) -> Answer:
    return _batch_normalization(x, (_channels(x),))


@op("BatchNormalization", since=7)
def batch_normalization_7(x: Fact, scale: Fact, b: Fact, mean: Fact, var: Fact, *, spatial: int = 1) -> Answer:
    """Not ``spatial``: each place of a map has parameters of its own."""
    return _batch_normalization(x, (_channels(x),) if spatial else None if x.shape is None else x.shape[1:])


@op("BatchNormalization")
def batch_normalization_1(x: Fact, scale: Fact, b: Fact, mean: Fact, var: Fact, *, spatial: int = 1) -> Answer:
    """What shape the parameters have where it is not ``spatial``, these versions do not say."""
    return _batch_normalization(x, (_channels(x),) if spatial else None)


def _batch_normalization(x: Fact, parameters: tuple[Size | None, ...] | None) -> Answer:
    if parameters is None:
        return Answer((_same_type(x), *(x.unknown(),) * 4))
    statistic = x.shaped(*parameters)
    return Answer(
        (_same_type(x), statistic, statistic, statistic, statistic),
        {
            "scale": Exact(parameters, "learnable"),
            "b": Exact(parameters, "learnable"),
            "mean": Exact(parameters, "statistic"),
            "var": Exact(parameters, "statistic"),
        },
    )


# Others with a scale


@op("InstanceNormalization")
def instance_normalization(input: Fact, scale: Fact, b: Fact) -> Answer:
    each = Exact((_channels(input, "input"),), "learnable")
    return Answer((_same_type(input),), {"scale": each, "b": each})


@op("GroupNormalization", since=18)
def group_normalization_18(x: Fact, scale: Fact, bias: Fact, *, num_groups: int) -> Answer:
    """One scale for each group; since opset 21 for each channel."""
    _grouped(x, num_groups)
    each = Exact((num_groups,), "learnable")
    return Answer((_same_type(x),), {"scale": each, "bias": each})


@op("GroupNormalization", since=21)
def group_normalization(x: Fact, scale: Fact, bias: Fact, *, num_groups: int) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__GroupNormalization.html"""
    _grouped(x, num_groups)
    each = Exact((_channels(x),), "learnable")
    return Answer((_same_type(x),), {"scale": each, "bias": each})


def _grouped(x: Fact, groups: int) -> None:
    channels = _channels(x)
    if groups < 1:
        raise ShapeError(f"num_groups must be positive, is {groups}", attribute="num_groups")
    if isinstance(channels, int) and channels % groups:
        raise ShapeError(f"num_groups {groups} does not divide the {channels} channels", attribute="num_groups")


@op("LayerNormalization")
def layer_normalization(x: Fact, scale: Fact, b: Fact | None = None, *, axis: int = -1, stash_type: int = 1) -> Answer:
    """Over the axes from ``axis`` on; the parameters may stretch to them.

    ONNX has it since opset 17; exporters wrote it before, in its domain, and onnxruntime takes it there.
    """
    if x.shape is None:
        return Answer((x.unknown(), Fact(stash_type), Fact(stash_type)))
    at = axis_of(axis, len(x.shape))
    kept = Fact(stash_type, x.shape[:at] + (1,) * (len(x.shape) - at))
    needs = {"scale": _stretched(x, scale, at)}
    if b is not None:
        needs["b"] = _stretched(x, b, at)
    return Answer((_same_type(x), kept, kept), needs)


@op("RMSNormalization", since=23)
def rms_normalization(x: Fact, scale: Fact, *, axis: int = -1) -> Answer:
    """LayerNormalization without the mean."""
    if x.shape is None:
        return Answer((x.unknown(),))
    return Answer((_same_type(x),), {"scale": _stretched(x, scale, axis_of(axis, len(x.shape)))})


def _stretched(x: Fact, parameter: Fact, axis: int) -> Need:
    """Usually a parameter has the normalized axes; but it may be anything that broadcasts to ``x``."""
    assert x.shape is not None
    whole = parameter.shape is not None and len(parameter.shape) > len(x.shape) - axis
    return BroadcastsTo(x.shape if whole else x.shape[axis:], "learnable")


@op("PRelu", since=7)
def prelu(x: Fact, slope: Fact) -> Answer:
    """The slope broadcasts to X, never X to the slope."""
    return Answer((_same_type(x),), {} if x.shape is None else {"slope": BroadcastsTo(x.shape, "learnable")})


@op("PRelu")
def prelu_1(x: Fact, slope: Fact) -> Answer:
    """One slope for all, or one for each channel: axis 1, not the last as broadcasting would have it."""
    if slope.shape is not None and len(slope.shape) > 1:
        return Answer((_same_type(x),))
    return Answer((_same_type(x),), {"slope": BroadcastsTo((_channels(x),), "learnable")})


# Without parameters


@op("LRN")
def lrn(x: Fact, *, size: int) -> Fact:
    if size < 1:
        raise ShapeError(f"size must be positive, is {size}", attribute="size")
    return _same_type(x)


@op("MeanVarianceNormalization")
def normalization(x: Fact) -> Fact:
    return _same_type(x)


@op("LpNormalization")
def lp_normalization(input: Fact, *, axis: int = -1) -> Fact:
    return _along(input, axis)


@op("Softmax", "LogSoftmax", "Hardmax", since=13)
def softmax(input: Fact, *, axis: int = -1) -> Fact:
    return _along(input, axis)


@op("Softmax", "LogSoftmax", "Hardmax", since=11)
def softmax_11(input: Fact, *, axis: int = 1) -> Fact:
    """The axes from ``axis`` on are taken as one; the shape stays."""
    return _along(input, axis)


@op("Softmax", "LogSoftmax", "Hardmax")
def softmax_1(input: Fact, *, axis: int = 1) -> Fact:
    """As `softmax_11`; that an axis must be there is not yet said, and 1 of a vector would be the empty rest."""
    if input.shape is not None and axis != len(input.shape):
        return _along(input, axis)
    return _same_type(input)


@op("Dropout", since=12)
def dropout(data: Fact, ratio: Fact | None = None, training_mode: Fact | None = None) -> tuple[Fact, Fact]:
    return _same_type(data), Fact(DType.BOOL.value, data.shape)


@op("Dropout", since=10)
def dropout_10(data: Fact) -> tuple[Fact, Fact]:
    return _same_type(data), Fact(DType.BOOL.value, data.shape)


@op("Dropout")
def dropout_1(data: Fact) -> tuple[Fact, Fact]:
    """The mask is of the data's own type."""
    return _same_type(data), _same_type(data)


def _along(x: Fact, axis: int) -> Fact:
    if x.shape:  # a scalar has no axis, and runtimes let it pass
        axis_of(axis, len(x.shape))
    return _same_type(x)


def _same_type(x: Fact) -> Fact:
    """The same type and shape; other values."""
    return Fact(x.dtype, x.shape)


def _channels(x: Fact, name: str = "x") -> Size | None:
    """The size of axis 1; a batch of plain numbers has one channel."""
    if x.shape is None:
        return None
    if not x.shape:
        raise ShapeError(f"{name} must have channels, has shape {show(x.shape)}", parameter=name)
    return x.shape[1] if len(x.shape) > 1 else 1
