"""Operators that take a tensor apart and put it together again: none of them computes a value."""

from __future__ import annotations

from math import prod

from ..fact import Answer, Fact, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Dim, Size, divide_exact, floor_div, mod, same
from .checks import (
    agree,
    axes_of,
    axis_of,
    broadcast,
    check_lengths,
    grouped,
    integers,
    length_of,
    of_rank,
    open_axes,
    size_text,
    sizes_of,
    tally,
)
from .values import Elements, counted, followable, picked, places, spread, strides

# Reshaping


@op("Reshape")
def reshape_1(data: Fact, *, shape: tuple[int, ...] | None = None) -> Answer:
    return Answer((data.unknown(),)) if shape is None else _reshaped(data, shape, allowzero=False)


@op("Reshape", since=5)
def reshape(data: Fact, shape: Fact) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__Reshape.html"""
    return reshape_14(data, shape)


@op("Reshape", since=14)
def reshape_14(data: Fact, shape: Fact, *, allowzero: int = 0) -> Answer:
    if shape.shape is not None and len(shape.shape) != 1:
        raise ShapeError(f"shape must have one axis, has shape {show(shape.shape)}", parameter="shape")
    target = sizes_of(shape)
    if target is None:
        return Answer((open_axes(data, length_of(shape)),))
    return _reshaped(data, target, bool(allowzero))


def _reshaped(data: Fact, target: Shape, allowzero: bool) -> Answer:
    """0 copies the input's size at its place, -1 takes what is left.

    A name in the target counts as a size, also where it might turn out to be 0.
    """
    sizes = list(target)
    blank: int | None = None
    for i, size in enumerate(target):
        if not isinstance(size, int) or size > 0:
            continue
        if size == -1:
            if blank is not None:
                raise ShapeError(f"the new shape {show(target)} has more than one -1", parameter="shape")
            blank, sizes[i] = i, None
        elif size < -1:
            raise ShapeError(f"the new shape {show(target)} has a negative size", parameter="shape")
        elif not allowzero:
            sizes[i] = _copied(data.shape, i, target)
    if blank is None and sizes.count(None) == 1:
        blank = sizes.index(None)  # one size that is not followed is what is left, too
    if blank is None:
        _check_count(data, tuple(sizes))
        shape = _solved(data, sizes)
        return Answer((_with_elements(data, shape),), formula=lambda: f"{show(data.shape)} into {show(shape)}")
    whole = None if data.shape is None else tally(*data.shape)
    part = tally(*sizes[:blank], *sizes[blank + 1 :])
    if part == 0 and -1 in target:
        raise ShapeError(f"a size of 0 in {show(target)} leaves nothing to find -1 by", parameter="shape")
    sizes[blank] = left = None if whole is None or part is None or part == 0 else _left(whole, part, data, target)
    y = _with_elements(data, tuple(sizes))
    return Answer((y,), formula=lambda: f"{grouped(whole)} / {grouped(part)} = {size_text(left)}")


def _copied(shape: Shape | None, axis: int, target: Shape) -> Size | None:
    if shape is None:
        return None
    if axis >= len(shape):
        raise ShapeError(f"the 0 in {show(target)} copies an axis that {show(shape)} lacks", parameter="shape")
    return shape[axis]


def _left(whole: Size, part: Size, data: Fact, target: Shape) -> Size:
    """The size that -1 stands for."""
    exact = divide_exact(whole, part)
    if exact is not None:
        return exact
    if same(mod(whole, part), 0) is False:
        raise ShapeError(
            f"the {whole} elements of {show(data.shape)} do not divide into {show(target)}", parameter="shape"
        )
    return floor_div(whole, part)  # where it runs, it comes out even


def _check_count(data: Fact, shape: Shape) -> None:
    if data.shape is None or data.shape == shape:
        return
    whole, part = tally(*data.shape), tally(*shape)
    if whole is not None and part is not None and same(whole, part) is False:
        raise ShapeError(f"{show(data.shape)} has {whole} elements, {show(shape)} has {part}", parameter="shape")


def _solved(data: Fact, sizes: list[Size | None]) -> Shape:
    """Where one size alone has a name, the count of elements says what it is."""
    named = [i for i, size in enumerate(sizes) if isinstance(size, Dim)]
    if len(named) == 1 and data.shape is not None:
        at = named[0]
        whole, part = tally(*data.shape), tally(*sizes[:at], *sizes[at + 1 :])
        left = None if whole is None or part is None else divide_exact(whole, part)
        if left is not None:
            sizes[at] = left
    return tuple(sizes)


def _with_elements(data: Fact, shape: Shape) -> Fact:
    """The same values in the same order under another shape."""
    return Fact(data.dtype, shape, data.elements if data.elements is not None and counted(shape) is not None else None)


@op("Flatten")
def flatten(input: Fact, *, axis: int = 1) -> Answer:
    """A matrix: the axes before ``axis`` in one, the others in one."""
    shape = input.shape
    if shape is None:
        return Answer((input.shaped(None, None),))
    if axis == len(shape):
        at = axis
    else:
        at = axis_of(axis, len(shape))
    front, back = shape[:at], shape[at:]
    flat = (tally(*front), tally(*back))
    return Answer((_with_elements(input, flat),), formula=lambda: _told_product(back, flat[1]))


def _told_product(sizes: Shape, total: Size | None) -> str:
    factors = " x ".join(map(grouped, sizes)) or "1"
    return f"{factors} = {size_text(total)}" if len(sizes) > 1 else factors


@op("Squeeze")
def squeeze_1(data: Fact, *, axes: tuple[int, ...] | None = None) -> Fact:
    return _squeezed(data, axes)


@op("Squeeze", since=13)
def squeeze(data: Fact, axes: Fact | None = None) -> Fact:
    """Without axes, every axis of size 1 goes."""
    numbers = integers(axes)
    if axes is not None and numbers is None:
        count = length_of(axes)
        one = count == 1 and data.shape is not None  # of more, one may be named twice
        return open_axes(data, len(data.shape or ()) - 1 if one else None)
    return _squeezed(data, numbers)


def _squeezed(data: Fact, axes: tuple[int, ...] | None) -> Fact:
    if data.shape is None:
        return data.unknown()
    if not axes:
        ones = [None if size is None else same(size, 1) for size in data.shape]
        if None in ones or (axes is not None and True in ones):  # is an empty list none, or all? Runtimes differ
            return data.unknown()
        return _with_elements(data, tuple(s for s, one in zip(data.shape, ones, strict=True) if not one))
    gone = tuple(axis_of(axis, len(data.shape), "axes") for axis in axes)  # nothing forbids to name one twice
    for axis in gone:
        size = data.shape[axis]
        if size is not None and same(size, 1) is False:
            raise ShapeError(f"axis {axis} of {show(data.shape)} is not of size 1", parameter="axes")
    return _with_elements(data, tuple(size for i, size in enumerate(data.shape) if i not in gone))


@op("Unsqueeze")
def unsqueeze_1(data: Fact, *, axes: tuple[int, ...]) -> Fact:
    return _unsqueezed(data, axes)


@op("Unsqueeze", since=13)
def unsqueeze(data: Fact, axes: Fact) -> Fact:
    """``axes`` count in the output."""
    numbers = integers(axes)
    if numbers is None:
        count = length_of(axes)
        return open_axes(data, None if count is None or data.shape is None else len(data.shape) + count)
    return _unsqueezed(data, numbers)


def _unsqueezed(data: Fact, axes: tuple[int, ...]) -> Fact:
    if data.shape is None:
        return data.unknown()
    rank = len(data.shape) + len(axes)
    new = axes_of(axes, rank)
    rest = iter(data.shape)
    return _with_elements(data, tuple(1 if i in new else next(rest) for i in range(rank)))


@op("Transpose")
def transpose(data: Fact, *, perm: tuple[int, ...] | None = None) -> Fact:
    """Without perm, the axes backwards."""
    shape = data.shape
    if shape is None:
        return data.unknown() if perm is None else open_axes(data, len(perm))
    if perm is None:
        perm = tuple(range(len(shape) - 1, -1, -1))
    elif len(perm) != len(shape) or set(perm) != set(range(len(shape))):
        raise ShapeError(f"perm {list(perm)} does not order the axes of {show(shape)}", attribute="perm")
    out = tuple(shape[axis] for axis in perm)
    if data.elements is None:
        return Fact(data.dtype, out)
    return Fact(data.dtype, out, _transposed(data, perm))


def _transposed(data: Fact, perm: tuple[int, ...]) -> Elements | None:
    sizes = counted(data.shape)
    if sizes is None or data.elements is None:
        return None
    steps = strides(sizes)
    at = places([i * steps[axis] for i in range(sizes[axis])] for axis in perm)
    return tuple(data.elements[i] for i in at)


# Stretching and blocks


@op("Expand", since=8)
def expand(input: Fact, shape: Fact) -> Fact:
    """Broadcasting in both directions: a size of the target may be 1."""
    target = sizes_of(shape)
    if target is None:
        count = length_of(shape)
        if count is None or input.shape is None:
            return input.unknown()
        target = open_axes(input, count).shape
    if target is not None and any(isinstance(size, int) and size < 0 for size in target):
        raise ShapeError(f"the new shape {show(target)} has a negative size", parameter="shape")
    out = broadcast(input.shape, target)
    return Fact(input.dtype, out, None if input.elements is None else _spread(input, out))


def _spread(x: Fact, shape: Shape | None) -> Elements | None:
    sizes = counted(shape)
    return spread(x, shape) if sizes is not None and followable(x.dtype, prod(sizes)) else None


@op("Tile")
def tile_1(input: Fact, tiles: Fact, axis: Fact) -> Fact:
    if input.shape is None:
        return input.unknown()
    at, times = integers(axis), sizes_of(tiles)
    if not at or times is None:
        return open_axes(input, len(input.shape))
    place = axis_of(at[0], len(input.shape))
    return _tiled(input, tuple(times[0] if i == place else 1 for i in range(len(input.shape))))


@op("Tile", since=6)
def tile(input: Fact, repeats: Fact) -> Fact:
    times = sizes_of(repeats)
    count = length_of(repeats) if times is None else len(times)
    if input.shape is None:
        return open_axes(input, count)
    if count is not None and count != len(input.shape):
        raise ShapeError(f"repeats has {count} numbers for {show(input.shape)}", parameter="repeats")
    if times is not None and any(isinstance(n, int) and n < 0 for n in times):
        raise ShapeError(f"repeats {show(times)} has a negative number", parameter="repeats")
    return open_axes(input, len(input.shape)) if times is None else _tiled(input, times)


def _tiled(x: Fact, times: Shape) -> Fact:
    assert x.shape is not None
    out = tuple(tally(size, n) for size, n in zip(x.shape, times, strict=True))
    sizes, whole = counted(x.shape), counted(out)
    if x.elements is None or sizes is None or whole is None or not followable(x.dtype, prod(whole)):
        return Fact(x.dtype, out)
    return Fact(x.dtype, out, picked(x, [[*range(n)] * _int(k) for n, k in zip(sizes, times, strict=True)]))


def _int(size: Size | None) -> int:
    assert isinstance(size, int)
    return size


@op("DepthToSpace")
def depth_to_space(input: Fact, *, blocksize: int) -> Answer:
    """Channels become blocks of the plane."""
    batch, channels, height, width = of_rank(input, 4, "input")
    block = blocksize * blocksize
    if block == 0:
        raise ShapeError("blocksize is 0", attribute="blocksize")
    depth = None if channels is None else _quotient(channels, block, f"{channels} channels")
    y = input.shaped(batch, depth, tally(height, blocksize), tally(width, blocksize))
    return Answer((y,), formula=lambda: f"{grouped(channels)} / {blocksize}^2 = {size_text(depth)} channels")


@op("SpaceToDepth")
def space_to_depth(input: Fact, *, blocksize: int) -> Answer:
    """Blocks of the plane become channels."""
    batch, channels, height, width = of_rank(input, 4, "input")
    if blocksize == 0:
        raise ShapeError("blocksize is 0", attribute="blocksize")
    rows, columns = (
        None if size is None else _quotient(size, blocksize, f"a side of {size}") for size in (height, width)
    )
    depth = tally(channels, blocksize, blocksize)
    return Answer(
        (input.shaped(batch, depth, rows, columns),),
        formula=lambda: f"{grouped(channels)} x {blocksize}^2 = {size_text(depth)} channels",
    )


def _quotient(size: Size, by: int, what: str) -> Size:
    if same(mod(size, by), 0) is False:
        raise ShapeError(f"{what} is not a multiple of {by}", attribute="blocksize")
    return floor_div(size, by)


@op("Trilu", since=14)
def trilu(input: Fact, k: Fact | None = None) -> Fact:
    if input.shape is not None and len(input.shape) < 2:
        raise ShapeError(f"takes matrices, its input has shape {show(input.shape)}")
    return Fact(input.dtype, input.shape)


@op("ReverseSequence", since=10)
def reverse_sequence(input: Fact, sequence_lens: Fact, *, batch_axis: int = 1, time_axis: int = 0) -> Fact:
    """https://onnx.ai/onnx/operators/onnx__ReverseSequence.html"""
    if {batch_axis, time_axis} != {0, 1}:
        raise ShapeError(
            f"time_axis {time_axis} and batch_axis {batch_axis} must be 0 and 1, or 1 and 0", attribute="time_axis"
        )
    if input.shape is not None and len(input.shape) > 1:
        (batch,) = of_rank(sequence_lens, 1, "sequence_lens")
        agree(batch, input.shape[batch_axis], "the number of sequence_lens and the batch")
        check_lengths(sequence_lens, input.shape[time_axis])
    return Fact(input.dtype, input.shape)
