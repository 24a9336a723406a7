"""Operators that sample an image anew: Resize, Upsample, GridSample.

A size times a scale is rounded down, and the product is one of float32: that is how runtimes do it, and 0.1 * 10 is 1.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from math import floor, inf

from ..fact import Answer, Element, Fact, ShapeError, show
from ..registry import op
from ..sizes.dim import Dim, Size, same
from .checks import agree, axes_of, of_rank, open_axes, size_text

_WHOLE = 1 << 24  # float32 holds every integer up to here
_ONE_OF_THEM = "leave out the scales or the sizes of {node} (an empty name in their place)"
_SHORT = 64  # an odd numerator so short that its product with any size up to 2^18 is exact in float32


@op("Resize", since=18)
def resize(
    x: Fact,
    roi: Fact | None = None,
    scales: Fact | None = None,
    sizes: Fact | None = None,
    *,
    axes: tuple[int, ...] | None = None,
    coordinate_transformation_mode: str = "half_pixel",
    keep_aspect_ratio_policy: str = "stretch",
) -> Answer:
    """By ``sizes`` or by ``scales``, on some axes or all. https://onnx.ai/onnx/operators/onnx__Resize.html"""
    crops = coordinate_transformation_mode == "tf_crop_and_resize"
    return _resize(x, roi if crops else None, crops, scales, sizes, axes, keep_aspect_ratio_policy)


@op("Resize", since=13)
def resize_13(
    x: Fact,
    roi: Fact | None = None,
    scales: Fact | None = None,
    sizes: Fact | None = None,
    *,
    coordinate_transformation_mode: str = "half_pixel",
) -> Answer:
    crops = coordinate_transformation_mode == "tf_crop_and_resize"
    return _resize(x, roi if crops else None, crops, scales, sizes)


@op("Resize", since=11)
def resize_11(
    x: Fact,
    roi: Fact,
    scales: Fact,
    sizes: Fact | None = None,
    *,
    coordinate_transformation_mode: str = "half_pixel",
) -> Answer:
    """Scales must be there, and are empty where sizes are meant."""
    crops = coordinate_transformation_mode == "tf_crop_and_resize"
    return _resize(x, roi if crops else None, crops, scales, sizes)


@op("Resize", since=10)
def resize_10(x: Fact, scales: Fact) -> Answer:
    return _resize(x, None, False, scales, None)


@op("Upsample", since=9)
def upsample(x: Fact, scales: Fact) -> Answer:
    """It makes nothing smaller: each scale "takes value greater than or equal to 1"."""
    for scale in scales.elements or ():
        if isinstance(scale, int | float) and scale < 1:
            raise ShapeError(f"scales must be 1 at least, {scale:g} is not", parameter="scales")
    return _resize(x, None, False, scales, None)


@op("Upsample", since=7)
def upsample_7(x: Fact, *, scales: tuple[float, ...]) -> Answer:
    return upsample(x, Fact(None, (len(scales),), scales))


@op("Upsample")
def upsample_1(x: Fact, *, height_scale: float, width_scale: float) -> Answer:
    """Images only: (N, C, H, W)."""
    of_rank(x, 4, "x")
    return _resize(x, None, False, Fact(None, (4,), (1.0, 1.0, height_scale, width_scale)), None)


def _resize(
    x: Fact,
    roi: Fact | None,
    crops: bool,
    scales: Fact | None,
    sizes: Fact | None,
    axes: tuple[int, ...] | None = None,
    policy: str = "stretch",
) -> Answer:
    by_sizes = _is_given(sizes)
    if _is_certainly_given(sizes) and _is_certainly_given(scales):
        raise ShapeError(
            "scales and sizes are both given; only one of them can be specified", advice=_ONE_OF_THEM, own=True
        )
    if sizes is not None and sizes.shape == (0,) and _is_certainly_given(scales):
        advice = "leave out the sizes of {node} (an empty name in their place)"
        why = "sizes, which are empty, are given beside scales; only one can be specified"
        raise ShapeError(why, advice=advice, own=True)
    if _is_certainly_left_out(sizes) and _is_certainly_left_out(scales):
        why = "neither scales nor sizes are given, and one of them must be"
        raise ShapeError(why, advice="give {node} scales or sizes", own=True)
    asked = sizes if by_sizes else scales
    if asked is None:
        return Answer((x.unknown(),))
    name = "sizes" if by_sizes else "scales"
    shape = x.shape
    if shape is None:
        if axes is not None or asked.shape is None or len(asked.shape) != 1:
            return Answer((x.unknown(),))
        shape = open_axes(x, asked.shape[0]).shape
        if shape is None:
            return Answer((x.unknown(),))
    at = axes_of(axes, len(shape)) if axes else tuple(range(len(shape)))
    if (
        asked.shape is not None
        and len(asked.shape) == 1
        and isinstance(asked.shape[0], int)
        and asked.shape[0] != len(at)
    ):
        raise ShapeError(f"{name} has {asked.shape[0]} values for {len(at)} axes", parameter=name)
    values: Sequence[Element] = (None,) * len(at) if asked.elements is None else asked.elements
    if len(values) != len(at):
        return Answer((x.shaped(*(None for _ in shape)),))
    before = [shape[axis] for axis in at]
    if not by_sizes:
        after = [_scaled(size, scale) for size, scale in zip(before, values, strict=True)]
        if crops:
            n = len(at)
            region = roi.elements if roi is not None and roi.elements is not None else ()
            region = region if len(region) == 2 * n else (None,) * 2 * n
            after = [_cropped(*axis) for axis in zip(before, after, region[:n], region[n:], strict=True)]
    elif policy == "stretch":
        after = [None if isinstance(v, float | bool | str) else v for v in values]
    elif axes is not None and min(axes, default=0) < 0:
        after = [None for _ in at]  # onnxruntime takes no notice of such an axis here
    else:
        after = _in_proportion(before, values, policy)
    y = list(shape)
    for axis, size in zip(at, after, strict=True):
        y[axis] = size
    return Answer((x.shaped(*y),), formula=_tale(before, values, after, by_sizes or crops))


def _is_given(x: Fact | None) -> bool:
    """An empty tensor counts as none: opset 11 could not leave scales out."""
    return x is not None and (x.shape is None or x.shape != (0,))


def _is_certainly_given(x: Fact | None) -> bool:
    return x is not None and x.shape is not None and all(isinstance(size, int) and size > 0 for size in x.shape)


def _is_certainly_left_out(x: Fact | None) -> bool:
    """Not there, or the empty tensor that older opsets put in its place."""
    return x is None or x.shape == (0,)


def _scaled(size: Size | None, scale: Element) -> Size | None:
    """floor(size * scale); of a named size only where the product is exact: by powers of 2 at every size up to 2^24."""
    if size is None or not isinstance(scale, float | int):
        return None
    if not 0 < scale < inf:
        raise ShapeError(f"a scale must be a finite number greater than 0, is {scale:g}", parameter="scales")
    if scale == 1:
        return size
    if not scale < _WHOLE:
        return None
    scale = _float32(scale)
    if isinstance(size, Dim):
        from fractions import Fraction  # 2 ms that hardly a model needs

        exact = Fraction(scale)
        odd = exact.numerator // (exact.numerator & -exact.numerator)
        if odd < _SHORT and exact.denominator < _WHOLE:
            return size * exact.numerator // exact.denominator
        return None
    return floor(_float32(size * scale)) if size <= _WHOLE else None


def _cropped(size: Size | None, scaled: Size | None, start: Element, end: Element) -> Size | None:
    """The specification multiplies by ``end - start`` too, onnxruntime does not: known where that is 1, or nothing."""
    if (start, end) == (0, 1):
        return scaled
    return size if size == scaled == 0 else None


def _in_proportion(before: Sequence[Size | None], sizes: Sequence[Element], policy: str) -> list[Size | None]:
    """One scale for all axes, so that none is larger ("not_larger") or none smaller than asked for; rounded half up."""
    numbers = [s for s in before if isinstance(s, int) and s > 0]
    wanted = [s for s in sizes if isinstance(s, int)]
    if len(numbers) != len(before) or len(wanted) != len(sizes) or policy not in ("not_larger", "not_smaller"):
        return [None] * len(before)
    from fractions import Fraction  # 2 ms that hardly a model needs

    pick: Callable[[list[float]], float] = min if policy == "not_larger" else max
    exact = (min if policy == "not_larger" else max)(Fraction(w, n) for w, n in zip(wanted, numbers, strict=True))
    near = pick([_float32(w / n) for w, n in zip(wanted, numbers, strict=True)])
    after: list[Size | None] = []
    for n in numbers:
        size = floor(exact * n + Fraction(1, 2))
        after.append(size if floor(_float32(near * n) + 0.5) == size else None)
    return after


@op("Crop")
def crop(input: Fact, *, border: tuple[int, ...] = (0, 0, 0, 0), scale: tuple[int, ...] | None = None) -> Fact:
    """Taken out of ONNX long ago. The border is left, top, right, bottom; a scale is the height and width to keep."""
    batch, channels, height, width = of_rank(input, 4, "input")
    if scale:
        if len(scale) != 2:
            raise ShapeError(f"scale has {len(scale)} numbers, needs 2", attribute="scale")
        return input.shaped(batch, channels, *scale)
    if len(border) != 4:
        raise ShapeError(f"border has {len(border)} numbers, needs 4", attribute="border")
    left, top, right, bottom = border
    return input.shaped(
        batch,
        channels,
        None if height is None else height - top - bottom,
        None if width is None else width - left - right,
    )


@op("GridSample", since=16)
def grid_sample(x: Fact, grid: Fact) -> Fact:
    """X (N, C, ...) at the places that the grid (N, ..., axes) names."""
    if grid.shape is None:
        return x.unknown() if x.shape is None else x.shaped(*x.shape[:2], *(None for _ in x.shape[2:]))
    if len(grid.shape) < 3:
        raise ShapeError(f"the grid must have rank 3 at least, has shape {show(grid.shape)}", parameter="grid")
    shape = of_rank(x, len(grid.shape), "x")
    if grid.shape[-1] is not None and same(grid.shape[-1], len(grid.shape) - 2) is False:
        axes = len(grid.shape) - 2
        raise ShapeError(f"a place in {axes} axes has {axes} numbers, the grid is {show(grid.shape)}", parameter="grid")
    return x.shaped(agree(shape[0], grid.shape[0], "the batches of X and the grid"), shape[1], *grid.shape[1:-1])


@op("AffineGrid", since=20)
def affine_grid(theta: Fact, size: Fact) -> Fact:
    """Places for GridSample: ``size`` is (N, C, H, W) or (N, C, D, H, W)."""
    if size.elements is not None and len(size.elements) in (4, 5):
        batch, _, *space = (None if isinstance(e, float | bool | str) else e for e in size.elements)
        return theta.shaped(batch, *space, len(space))
    match size.shape:
        case (int(rank),) if rank in (4, 5):
            return theta.shaped(*(None,) * (rank - 1), rank - 2)
        case _:
            return theta.unknown()


def _float32(value: float) -> float:
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def _tale(
    before: Sequence[Size | None], values: Sequence[Element], after: Sequence[Size | None], by_sizes: bool
) -> Callable[[], str]:
    def tell() -> str:
        lines = []
        for old, value, new in zip(before, values, after, strict=True):
            if old == new:
                continue
            by = f" * {value:g}" if isinstance(value, float | int) and not by_sizes else ""
            lines.append(
                f"floor({size_text(old)}{by}) = {size_text(new)}" if by else f"{size_text(old)} to {size_text(new)}"
            )
        return "; ".join(dict.fromkeys(lines))

    return tell
