"""Operators that slide a window over the spatial axes: convolution, its transpose, pooling; and what pools regions.

All of them ask a `Window` how many places it takes along one axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from ...model.dtypes import DType
from ..fact import Answer, Exact, Fact, Need, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Size
from .checks import agree, integers, of_rank, open_axes, size_text, tally
from .window import Numbers, Window, each_once, windows

# Convolution


@op("Conv")
def conv(
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
    """Y[n, m, ...], where W[m, c / group, ...] holds m filters. https://onnx.ai/onnx/operators/onnx__Conv.html"""
    return convolve(x, w, b, x.dtype, auto_pad, dilations, group, kernel_shape, pads, strides)


def convolve(
    x: Fact,
    w: Fact,
    b: Fact | None,
    dtype: int | None,
    auto_pad: str,
    dilations: Numbers | None,
    group: int,
    kernel_shape: Numbers | None,
    pads: Numbers | None,
    strides: Numbers | None,
) -> Answer:
    """What Conv and its quantised twins have in common. A kernel larger than the padded data has no place at all."""
    if group < 1:
        raise ShapeError(f"group must be positive, is {group}", attribute="group")
    filters = w.shape[0] if w.shape else b.shape[0] if b is not None and b.shape else None
    data = _data(x, w)
    if data is None:
        return Answer((Fact(dtype),), macs=None)
    batch, channels, *space = data
    rank = len(space)
    kernel: Shape = kernel_shape or (w.shape[2:] if w.shape and len(w.shape) == rank + 2 else (None,) * rank)
    divides(channels, group, "channels")
    divides(filters, group, "filters")
    sliding = windows(rank, kernel, auto_pad, dilations, pads, strides)
    sizes: list[Size | None] = []
    for window, size in zip(sliding, space, strict=True):
        n = window.places(size)
        if isinstance(n, int) and n < 1 and size != 0:
            raise _too_large(window, size)
        sizes.append(n)
    if 0 in space and any(isinstance(n, int) and n < 1 for n in sizes):
        sizes = [None] * rank
    each = None if channels is None else channels // group
    return Answer(
        (Fact(dtype, (batch, filters, *sizes)),),
        _parameters(filters, each, kernel),
        tally(batch, filters, each, *sizes, *kernel),
        lambda: each_once(window.arithmetic(size) for window, size in zip(sliding, space, strict=True)),
    )


@lru_cache(maxsize=1024)
def _parameters(filters: Size | None, each: Size | None, kernel: Shape) -> Mapping[str, Need]:
    """The shapes that a convolution's weight and bias must have."""
    return {"w": Exact((filters, each, *kernel), "learnable"), "b": Exact((filters,), "learnable")}


def _data(x: Fact, w: Fact) -> Shape | None:
    """The shape of X: where nobody knows it, it still has the rank of its filters."""
    if x.shape is None:
        return (None,) * len(w.shape) if w.shape is not None and len(w.shape) > 2 else None
    if len(x.shape) < 3:
        raise ShapeError(f"X must have a spatial axis, has shape {show(x.shape)}", parameter="x")
    if w.shape is not None and len(w.shape) > len(x.shape):  # an image without its batch
        raise ShapeError(f"X must have {len(w.shape)} axes as its weight has, has {len(x.shape)}", parameter="x")
    return x.shape


def divides(size: Size | None, group: int, what: str) -> None:
    """Only what certainly does not divide is an error."""
    if isinstance(size, int) and size % group:
        raise ShapeError(f"group {group} does not divide the {size} {what}", attribute="group")


def _too_large(window: Window, size: Size | None) -> ShapeError:
    padded = f"{size} + {window.before} + {window.after}" if window.before or window.after else f"{size}"
    return ShapeError(f"a window of {window.reach} does not fit into {padded} ({window.arithmetic(size)})")


@op("ConvTranspose")
def conv_transpose(
    x: Fact,
    w: Fact,
    b: Fact | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    output_padding: tuple[int, ...] | None = None,
    output_shape: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """The gradient of Conv: W is (C, M / group, ...). https://onnx.ai/onnx/operators/onnx__ConvTranspose.html"""
    if group < 1:
        raise ShapeError(f"group must be positive, is {group}", attribute="group")
    each = w.shape[1] if w.shape and len(w.shape) > 1 else None
    maps = b.shape[0] if each is None and b is not None and b.shape else None if each is None else each * group
    data = _data(x, w)
    if data is None:
        return Answer((x.unknown(),), macs=None)
    batch, channels, *space = data
    rank = len(space)
    kernel: Shape = kernel_shape or (w.shape[2:] if w.shape and len(w.shape) == rank + 2 else (None,) * rank)
    divides(channels, group, "channels")
    sliding = windows(rank, kernel, auto_pad, dilations, pads, strides)
    extra = output_padding or (0,) * rank
    if len(extra) != rank:
        raise ShapeError(f"output_padding has {len(extra)} numbers for {rank} axes", attribute="output_padding")
    for window, more in zip(sliding, extra, strict=True):
        if more < 0 or (more and more >= window.stride):  # whatever the dilation, onnxruntime says
            why = f"output_padding {list(extra)} must be less than the stride {window.stride}"
            advice = f"write {window.stride - 1} at most in the output_padding of {{node}}"
            raise ShapeError(why, attribute="output_padding", advice=advice)
    formula: Callable[[], str]
    if output_shape:
        if len(output_shape) not in (rank, rank + 2):  # the specification means the spatial axes; both are written
            raise ShapeError(f"output_shape has {len(output_shape)} numbers for {rank} axes", attribute="output_shape")
        sizes: Shape = output_shape[-rank:]
        formula = lambda: f"{show(sizes)} by output_shape"  # noqa: E731
    else:
        sizes = tuple(map(Window.spread, sliding, space, extra))
        formula = lambda: each_once(map(Window.spread_arithmetic, sliding, space, extra))  # noqa: E731
        for size, window, more, n in zip(space, sliding, extra, sizes, strict=True):
            if isinstance(n, int) and n < 0:
                raise ShapeError(
                    f"the padding leaves nothing ({window.spread_arithmetic(size, more)})", attribute="pads"
                )
    return Answer(
        (x.shaped(batch, maps, *sizes),),
        {"w": Exact((channels, each, *kernel), "learnable"), "b": Exact((maps,), "learnable")},
        tally(batch, channels, each, *space, *kernel),
        formula,
    )


@op("DeformConv", since=19)
def deform_conv(
    x: Fact,
    w: Fact,
    offset: Fact,
    b: Fact | None = None,
    mask: Fact | None = None,
    *,
    dilations: tuple[int, ...] | None = None,
    group: int = 1,
    kernel_shape: tuple[int, ...] | None = None,
    offset_group: int = 1,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """Conv whose taps are moved by offsets, two for each tap of a plane."""
    answer = convolve(x, w, b, x.dtype, "NOTSET", dilations, group, kernel_shape, pads, strides)
    if "w" not in answer.needs or answer.outputs[0].shape is None:
        return answer
    batch, _, *sizes = answer.outputs[0].shape
    kernel = answer.needs["w"].shape[2:]
    moved: dict[str, Need] = {
        "offset": Exact((batch, tally(offset_group, *kernel, len(sizes)), *sizes)),
        "mask": Exact((batch, tally(offset_group, *kernel), *sizes)),
    }
    return answer._replace(needs={**answer.needs, **moved})


# Pooling


@op("MaxPool")
def max_pool_1(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str = "NOTSET",
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    return _with_indices(_pool(x, kernel_shape, auto_pad, None, pads, strides, 0))


@op("MaxPool", since=10)
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
    """https://onnx.ai/onnx/operators/onnx__MaxPool.html"""
    return _with_indices(_pool(x, kernel_shape, auto_pad, dilations, pads, strides, ceil_mode))


def _with_indices(answer: Answer) -> Answer:
    (y,) = answer.outputs
    return answer._replace(outputs=(y, Fact(DType.INT64.value, y.shape)))


@op("LpPool")
def lp_pool_1(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...] | None = None,
    auto_pad: str = "NOTSET",
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """Here alone the kernel may be missing, and nothing says what that means."""
    if kernel_shape is None:
        return Answer((x.unknown() if x.shape is None else x.shaped(*x.shape[:2], *(None for _ in x.shape[2:])),))
    return _pool(x, kernel_shape, auto_pad, None, pads, strides, 0)


@op("AveragePool")
@op("LpPool", since=2)
def pool_1(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str = "NOTSET",
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    return _pool(x, kernel_shape, auto_pad, None, pads, strides, 0)


@op("AveragePool", since=10)
def average_pool_10(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    return _pool(x, kernel_shape, auto_pad, None, pads, strides, ceil_mode)


@op("LpPool", since=18)
@op("AveragePool", since=19)
def pool(
    x: Fact,
    *,
    kernel_shape: tuple[int, ...],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__AveragePool.html"""
    return _pool(x, kernel_shape, auto_pad, dilations, pads, strides, ceil_mode)


def _pool(
    x: Fact,
    kernel: Numbers,
    auto_pad: str,
    dilations: Numbers | None,
    pads: Numbers | None,
    strides: Numbers | None,
    ceil_mode: int,
) -> Answer:
    """Two cases in which onnxruntime does not follow the specification are left unknown.

    A window too large by less than a stride takes 0 places by the formula, and 1 there. (By more, it is below 0: an
    error.) And for SAME, onnxruntime pads as if there were no dilation.
    """
    if x.shape is None:
        return Answer((open_axes(x, len(kernel) + 2),))
    if len(x.shape) < 2:
        raise ShapeError(f"X must have a spatial axis, has shape {show(x.shape)}", parameter="x")
    batch, channels, *space = x.shape
    sliding = windows(len(space), kernel, auto_pad, dilations, pads, strides, ceil_mode)
    sizes = [window.places(size) for window, size in zip(sliding, space, strict=True)]
    for i, n in enumerate(sizes):
        if isinstance(n, int) and n < 1:
            if n < 0 and space[i] != 0:
                raise _too_large(sliding[i], space[i])
            sizes[i] = None
        elif auto_pad[:4] == "SAME" and sliding[i].dilation > 1 and sliding[i].kernel != 1:
            sizes[i] = None
    return Answer(
        (Fact(x.dtype, (batch, channels, *sizes)),),
        formula=lambda: each_once(window.arithmetic(size) for window, size in zip(sliding, space, strict=True)),
    )


@op("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(x: Fact) -> Answer:
    """One window, as large as the data."""
    shape = x.shape
    if shape is None:
        return Answer((x.unknown(),))
    y = x.shaped(*shape[:2], *(1 for _ in shape[2:]))
    return Answer((y,), formula=lambda: f"all of {' x '.join(map(size_text, shape[2:]))} into one")


@op("MaxUnpool", since=9)
def max_unpool(
    x: Fact,
    i: Fact,
    output_shape: Fact | None = None,
    *,
    kernel_shape: tuple[int, ...],
    pads: tuple[int, ...] | None = None,
    strides: tuple[int, ...] | None = None,
) -> Answer:
    """MaxPool backwards; where several sizes would pool to the same, output_shape says which was meant."""
    if output_shape is not None:
        if output_shape.elements is not None:
            return Answer((x.shaped(*(e if isinstance(e, int) else None for e in output_shape.elements)),))
        return Answer((open_axes(x, len(kernel_shape) + 2),))
    shape = of_rank(x, len(kernel_shape) + 2, "x")
    if i.shape is not None and len(i.shape) == len(shape):
        for mine, other in zip(shape, i.shape, strict=True):
            agree(mine, other, "the sizes of X and I")
    batch, channels, *space = shape
    sliding = windows(len(space), kernel_shape, "NOTSET", None, pads, strides)
    sizes = [window.spread(size, 0) for window, size in zip(sliding, space, strict=True)]
    room = tally(batch, channels, *sizes)
    for index in i.elements or ():
        if isinstance(index, int) and isinstance(room, int) and not 0 <= index < room:
            raise ShapeError(f"the place {index} is outside an output of {room} elements", parameter="i")
    return Answer(
        (x.shaped(batch, channels, *sizes),),
        formula=lambda: each_once(w.spread_arithmetic(size, 0) for w, size in zip(sliding, space, strict=True)),
    )


# Regions


@op("MaxRoiPool")
def max_roi_pool(x: Fact, rois: Fact, *, pooled_shape: tuple[int, ...]) -> Fact:
    if len(pooled_shape) != 2:
        raise ShapeError(f"pooled_shape has {len(pooled_shape)} numbers, needs 2", attribute="pooled_shape")
    return x.shaped(of_rank(rois, 2, "rois")[0], of_rank(x, 4, "x")[1], *pooled_shape)


@op("RoiAlign", since=10)
def roi_align(x: Fact, rois: Fact, batch_indices: Fact, *, output_height: int = 1, output_width: int = 1) -> Fact:
    regions = agree(
        of_rank(rois, 2, "rois")[0], of_rank(batch_indices, 1, "batch_indices")[0], "the numbers of regions"
    )
    agree(of_rank(rois, 2, "rois")[1], 4, "the numbers of a region, and those of a box,")
    images, channels, _, _ = of_rank(x, 4, "x")
    for index in batch_indices.elements or ():
        if isinstance(index, int) and isinstance(images, int) and not 0 <= index < images:
            raise ShapeError(f"the index {index} is outside a batch of {images}", parameter="batch_indices")
    return x.shaped(regions, channels, output_height, output_width)


@op("Col2Im", since=18)
def col2im(input: Fact, image_shape: Fact, block_shape: Fact) -> Fact:
    """Columns of blocks, (N, C * block, L), back into an image."""
    batch, columns, _ = of_rank(input, 3, "input")
    block = integers(block_shape)
    taps = tally(*block) if block is not None else None
    channels = None if columns is None or not taps else columns // taps
    if image_shape.elements is None:
        axes = image_shape.shape[0] if image_shape.shape else None
        y = open_axes(input, axes + 2 if isinstance(axes, int) else None)
        return y if y.shape is None else y.shaped(batch, channels, *y.shape[2:])
    return input.shaped(
        batch, channels, *(None if isinstance(e, (float, bool, str)) else e for e in image_shape.elements)
    )
