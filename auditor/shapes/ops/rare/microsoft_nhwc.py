"""com.ms.internal.nhwc: operators of ONNX whose first input and output have their channels last, and all else as ever.

onnxruntime makes them for processors that want it so; they are seen only in models that it has written out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...fact import Answer, Fact
from ...registry import op
from .. import normalization, quantize, resize, shaping, windows
from .microsoft_windows import channels_first, channels_last


class ChannelsLast:
    """A rule of ONNX's, asked in its own order; it is registered under its own signature."""

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run
        self.__code__ = run.__code__
        self.__annotations__ = run.__annotations__
        self.__defaults__ = run.__defaults__
        self.__kwdefaults__ = run.__kwdefaults__

    def __call__(self, x: Fact, *others: Fact | None, **attributes: Any) -> Answer:
        answer = self._run(channels_first(x), *others, **attributes)
        if not isinstance(answer, Answer):
            answer = Answer(answer if type(answer) is tuple else (answer,))
        first, *rest = answer.outputs
        return answer._replace(outputs=(channels_last(first), *rest))


for _name, _since, _rule in (
    ("AveragePool", 1, windows.pool_1),
    ("AveragePool", 10, windows.average_pool_10),
    ("AveragePool", 19, windows.pool),
    ("BatchNormalization", 7, normalization.batch_normalization_7),
    ("BatchNormalization", 9, normalization.batch_normalization_9),
    ("BatchNormalization", 14, normalization.batch_normalization),
    ("Conv", 1, windows.conv),
    ("ConvTranspose", 1, windows.conv_transpose),
    ("DepthToSpace", 1, shaping.depth_to_space),
    ("GlobalAveragePool", 1, windows.global_pool),
    ("GlobalLpPool", 1, windows.global_pool),
    ("GlobalMaxPool", 1, windows.global_pool),
    ("GridSample", 16, resize.grid_sample),
    ("InstanceNormalization", 1, normalization.instance_normalization),
    ("LRN", 1, normalization.normalization),
    ("LpPool", 2, windows.pool_1),
    ("LpPool", 18, windows.pool),
    ("QLinearConv", 10, quantize.qlinear_conv),
    ("SpaceToDepth", 1, shaping.space_to_depth),
):
    op(_name, since=_since, domain="com.ms.internal.nhwc")(ChannelsLast(_rule))


@op("MaxPool", domain="com.ms.internal.nhwc")
def max_pool(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """How the places would be laid out, nobody says."""
    answer = windows.max_pool(
        channels_first(x),
        kernel_shape=kernel_shape,
        auto_pad=auto_pad,
        ceil_mode=ceil_mode,
        dilations=dilations,
        pads=pads,
        strides=strides,
    )
    y, places = answer.outputs
    return answer._replace(outputs=(channels_last(y), places.unknown()))
