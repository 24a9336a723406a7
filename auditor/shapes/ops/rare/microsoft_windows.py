"""com.microsoft: convolutions and pools, fused, quantised, and with channels last; regions and samples."""

from __future__ import annotations

from ...fact import Answer, BroadcastsTo, Exact, Fact, Need, Shape
from ...sizes.dim import Dim
from ..checks import agree, of_rank
from ..windows import conv_transpose, convolve, global_pool, max_pool
from .microsoft import microsoft

_ONE = BroadcastsTo((1,))


def channels_first(x: Fact) -> Fact:
    """(batch, ..., channels) as the rules of ONNX would have it."""
    if x.shape is None or len(x.shape) < 3:
        return x
    batch, *space, channels = x.shape
    return x.shaped(batch, channels, *space)


def channels_last(x: Fact) -> Fact:
    """And back again."""
    if x.shape is None or len(x.shape) < 3:
        return x
    batch, channels, *space = x.shape
    return x.shaped(batch, *space, channels)


def turned(answer: Answer) -> Answer:
    return answer._replace(outputs=tuple(map(channels_last, answer.outputs)))


@microsoft("FusedConv")
def fused_conv(
    x: Fact,
    w: Fact,
    b: Fact | None = None,
    z: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """Conv with an activation behind it, and Z added before that."""
    return convolve(x, w, b, x.dtype, auto_pad, dilations, group, kernel_shape, pads, strides)


@microsoft("NhwcConv")
def nhwc_conv(
    x: Fact,
    w: Fact,
    b: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """Channels are the last axis of all, the weight's included."""
    answer = convolve(
        channels_first(x), channels_first(w), b, x.dtype, auto_pad, dilations, group, kernel_shape, pads, strides
    )
    return turned(_weight_last(answer))


def _weight_last(answer: Answer) -> Answer:
    if "w" not in answer.needs:
        return answer
    filters, channels, *kernel = answer.needs["w"].shape
    return answer._replace(needs={**answer.needs, "w": Exact((filters, *kernel, channels), "learnable")})


@microsoft("NhwcFusedConv")
def nhwc_fused_conv(
    x: Fact,
    w: Fact,
    b: Fact | None = None,
    z: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """The weight is as Conv has it."""
    return turned(convolve(channels_first(x), w, b, x.dtype, auto_pad, dilations, group, kernel_shape, pads, strides))


@microsoft("NhwcMaxPool")
def nhwc_max_pool(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    answer = max_pool(
        channels_first(x),
        kernel_shape=kernel_shape,
        auto_pad=auto_pad,
        ceil_mode=ceil_mode,
        dilations=dilations,
        pads=pads,
        strides=strides,
    )
    return turned(answer._replace(outputs=answer.outputs[:1]))


@microsoft("MaxpoolWithMask")
def maxpool_with_mask(
    x: Fact,
    m: Fact,
    *,
    kernel_shape: tuple[int, ...] | None = None,
    auto_pad: str = "NOTSET",
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """What the mask hides does not count."""
    if kernel_shape is None:
        return Answer((x.unknown(),))
    answer = max_pool(x, kernel_shape=kernel_shape, auto_pad=auto_pad, pads=pads, strides=strides)
    return answer._replace(outputs=answer.outputs[:1])


@microsoft("QLinearAveragePool")
def qlinear_average_pool(
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact | None = None,
    y_scale: Fact | None = None,
    y_zero_point: Fact | None = None,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    channels_last: int = 0,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    pool = nhwc_max_pool if channels_last else _first_of_max_pool
    answer = pool(x, kernel_shape=kernel_shape, auto_pad=auto_pad, ceil_mode=ceil_mode, pads=pads, strides=strides)
    return answer._replace(needs={"x_scale": _ONE, "x_zero_point": _ONE, "y_scale": _ONE, "y_zero_point": _ONE})


def _first_of_max_pool(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str,
    ceil_mode: int,
    dilations: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None,
    strides: tuple[int, ...] | None,
) -> Answer:
    answer = max_pool(x, kernel_shape=kernel_shape, auto_pad=auto_pad, ceil_mode=ceil_mode, pads=pads, strides=strides)
    return answer._replace(outputs=answer.outputs[:1])


@microsoft("QLinearGlobalAveragePool")
def qlinear_global_average_pool(
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact,
    y_scale: Fact,
    y_zero_point: Fact,
    *,
    channels_last: int = 0,
) -> Answer:
    return turned(global_pool(channels_first(x))) if channels_last else global_pool(x)


@microsoft("QLinearConv")
def qlinear_conv(
    x: Fact,
    x_scale: Fact,
    x_zero_point: Fact,
    w: Fact,
    w_scale: Fact,
    w_zero_point: Fact,
    y_scale: Fact,
    y_zero_point: Fact,
    b: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    channels_last: int = 0,
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """ONNX's QLinearConv, whose channels may come last; the weight is as ever."""
    data = channels_first(x) if channels_last else x
    answer = convolve(data, w, b, y_zero_point.dtype, auto_pad, dilations, group, kernel_shape, pads, strides)
    filters = BroadcastsTo((w.shape[0] if w.shape else None,))
    needs: dict[str, Need] = {
        "x_scale": _ONE,
        "x_zero_point": _ONE,
        "w_scale": filters,
        "w_zero_point": filters,
        "y_scale": _ONE,
        "y_zero_point": _ONE,
    }
    answer = answer._replace(needs={**answer.needs, **needs})
    return turned(answer) if channels_last else answer


@microsoft("ConvTransposeWithDynamicPads")
def conv_transpose_with_dynamic_pads(
    x: Fact,
    w: Fact,
    pads: Fact | None = None,
    b: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    output_padding: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """The padding is a value."""
    known: tuple[int, ...] | None = None
    if pads is not None and pads.elements is not None and all(isinstance(e, int) for e in pads.elements):
        known = tuple(e for e in pads.elements if isinstance(e, int))
    answer = conv_transpose(
        x,
        w,
        b,
        auto_pad=auto_pad,
        dilations=dilations,
        group=group,
        kernel_shape=kernel_shape,
        output_padding=output_padding,
        pads=known,
        strides=strides,
    )
    y = answer.outputs[0]
    if pads is None or known is not None or y.shape is None:
        return answer
    return answer._replace(outputs=(y.shaped(*y.shape[:2], *(None,) * (len(y.shape) - 2)),), formula=None)


# Regions and samples


@microsoft("CropAndResize")
def crop_and_resize(x: Fact, rois: Fact, batch_indices: Fact, crop_size: Fact) -> Fact:
    """Each region of an image, brought to one size, which is a value."""
    regions = agree(
        of_rank(rois, 2, "rois")[0], of_rank(batch_indices, 1, "batch_indices")[0], "the numbers of regions"
    )
    sizes: Shape = (None, None)
    if crop_size.elements is not None and len(crop_size.elements) == 2:
        sizes = tuple(e if isinstance(e, int | Dim) else None for e in crop_size.elements)
    return x.shaped(regions, of_rank(x, 4, "x")[1], *sizes)


@microsoft("GridSample")
def grid_sample(x: Fact, grid: Fact) -> Fact:
    """The grid says where each pixel comes from."""
    batch, channels, _, _ = of_rank(x, 4, "x")
    _, height, width, _ = of_rank(grid, 4, "grid")
    return x.shaped(batch, channels, height, width)
