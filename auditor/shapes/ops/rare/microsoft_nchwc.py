"""com.microsoft.nchwc: channels in blocks, of which there may be a few more than the model has.

Seen only in models that onnxruntime has optimised for one machine and written out.
"""

from __future__ import annotations

from ...fact import Answer, Fact
from ...registry import op
from ...sizes.dim import Size
from ..checks import tally
from ..windows import convolve, global_pool, max_pool
from .microsoft_windows import channels_first
from .microsoft_windows import channels_last as turned_last


@op("Conv", domain="com.microsoft.nchwc")
def nchwc_conv(
    x: Fact,
    w: Fact,
    b: Fact | None = None,
    sum: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """The weight is laid out anew and padded to whole blocks, so its own channels say nothing of X's."""
    if w.shape is None or len(w.shape) < 3:
        return Answer((x.unknown(),), macs=None)
    filters, channels, *kernel = w.shape
    blind = Fact(w.dtype, (filters, None, *kernel))
    answer = convolve(_blind(x), blind, None, x.dtype, auto_pad, dilations, 1, kernel_shape, pads, strides)
    y = answer.outputs[0].shape
    batch, _, *space = y or (None, None)
    return Answer((answer.outputs[0],), macs=tally(batch, filters, channels, *space, *kernel))


def _blind(x: Fact) -> Fact:
    """Without its channels."""
    return x if x.shape is None or len(x.shape) < 2 else x.shaped(x.shape[0], None, *x.shape[2:])


@op("MaxPool", "AveragePool", domain="com.microsoft.nchwc")
def nchwc_pool(
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
        x,
        kernel_shape=kernel_shape,
        auto_pad=auto_pad,
        ceil_mode=ceil_mode,
        dilations=dilations,
        pads=pads,
        strides=strides,
    )
    return answer._replace(outputs=answer.outputs[:1])


@op("GlobalMaxPool", "GlobalAveragePool", domain="com.microsoft.nchwc")
def nchwc_global_pool(x: Fact) -> Answer:
    return global_pool(x)


@op("ReorderInput", domain="com.microsoft.nchwc")
def reorder_input(x: Fact, *, channels_last: int = 0) -> Fact:
    """Into blocks: how wide one is, the machine decides."""
    first = channels_first(x) if channels_last else x
    return _blind(first)


@op("ReorderOutput", domain="com.microsoft.nchwc")
def reorder_output(x: Fact, *, channels: int = 0, channels_last: int = 0) -> Fact:
    """And back to as many channels as there are."""
    if x.shape is None or len(x.shape) < 3:
        return x.unknown()
    y = x.shaped(x.shape[0], channels if channels > 0 else None, *x.shape[2:])
    return turned_last(y) if channels_last else y


@op("Upsample", domain="com.microsoft.nchwc")
def nchwc_upsample(x: Fact, *, scales: tuple[int, ...] | None = None) -> Fact:
    """By whole numbers."""
    if x.shape is None or scales is None or len(scales) != len(x.shape):
        return x.unknown()
    sizes: list[Size | None] = [tally(size, scale) for size, scale in zip(x.shape, scales, strict=True)]
    return x.shaped(*sizes)
