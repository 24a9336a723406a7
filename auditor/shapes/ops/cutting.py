"""Operators that join tensors, cut them and pad them."""

from __future__ import annotations

from math import prod

from ...model.dtypes import DType
from ..fact import Answer, Element, Fact, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Size, ceil_div, divide_exact, floor_div, greatest, least, less, mod, same
from .checks import (
    agree,
    all_given,
    axes_of,
    axis_of,
    grouped,
    integers,
    length_of,
    one_dtype,
    one_number,
    open_axes,
    size_text,
    sizes_of,
)
from .values import Elements, counted, kept, picked

Facts = tuple[Fact, ...]

# Joining and splitting


@op("Concat")
def concat_1(*inputs: Fact | None, axis: int | None = None) -> Answer:
    return concat(*inputs, axis=1 if axis is None else axis)


@op("Concat", since=4)
def concat(*inputs: Fact | None, axis: int) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__Concat.html"""
    facts = all_given(inputs)
    dtype = one_dtype(*facts)
    shapes = [fact.shape for fact in facts if fact.shape is not None]
    if not shapes:
        return Answer((Fact(dtype),))
    rank = len(shapes[0])
    at = axis_of(axis, rank)
    out = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != rank:
            raise ShapeError("the inputs have different ranks: " + " and ".join(map(show, dict.fromkeys(shapes))))
        for i in range(rank):
            if i != at and out[i] != shape[i]:
                if _empty_alone_differs(shapes, i):
                    given = " and ".join(map(show, dict.fromkeys(shapes)))
                    raise ShapeError(f"of {given} the empty one differs at axis {i}", passed_over=True)
                out[i] = agree(out[i], shape[i], f"the sizes at axis {i}")
    out[at] = _total([shape[at] for shape in shapes]) if len(shapes) == len(facts) else None
    elements = None
    if any(fact.elements is not None for fact in facts):
        elements = _joined(facts, at, counted(tuple(out)))
    y = Fact(dtype, tuple(out), elements)
    return Answer(
        (y,), formula=lambda: f"{' + '.join(size_text(shape[at]) for shape in shapes)} = {size_text(out[at])}"
    )


def _empty_alone_differs(shapes: list[Shape], axis: int) -> bool:
    """Whether sizes differ along an axis because of tensors without elements, and of those alone."""
    sizes = {shape[axis] for shape in shapes if None not in shape}
    filled = {shape[axis] for shape in shapes if 0 not in shape}
    return len(sizes) > 1 and len(filled) == 1 and all(isinstance(size, int) for size in sizes)


def _total(sizes: list[Size | None]) -> Size | None:
    total: Size = 0
    for size in sizes:
        if size is None:
            return None
        total = total + size
    return total


def _joined(facts: list[Fact], axis: int, sizes: tuple[int, ...] | None) -> Elements | None:
    if sizes is None:
        return None
    parts = []
    for fact in facts:
        mine = counted(fact.shape)
        if mine is None:
            return None
        parts.append((fact.elements or (None,) * prod(mine), prod(mine[axis:])))
    found: list[Element] = []
    for i in range(prod(sizes[:axis])):
        for elements, run in parts:
            found += elements[i * run : (i + 1) * run]
    return kept(found)


@op("Split")
def split_1(input: Fact, split: Fact | None = None, *, axis: int | None = None, output_count: int) -> Facts:
    """The lengths may stand in an attribute that shares its name with an input, so only the other axes are known."""
    shape = input.shape
    if axis is None or shape is None:
        return (open_axes(input, input.rank),) * output_count
    at = axis_of(axis, len(shape))
    return (input.shaped(*shape[:at], None, *shape[at + 1 :]),) * output_count


@op("Split", since=2)
def split_2(input: Fact, *, axis: int = 0, split: tuple[int, ...] | None = None, output_count: int) -> Answer:
    return _split(input, axis, split, output_count)


@op("Split", since=13)
def split_13(input: Fact, split: Fact | None = None, *, axis: int = 0, output_count: int) -> Answer:
    return _split(input, axis, _parts(split, output_count), output_count)


@op("Split", since=18)
def split_18(
    input: Fact,
    split: Fact | None = None,
    *,
    axis: int = 0,
    num_outputs: int | None = None,
    output_count: int,
) -> Answer:
    """Of unequal parts, the last is the smaller."""
    if num_outputs is not None and num_outputs != output_count:
        why = f"num_outputs is {num_outputs}, the node has {output_count}"
        advice = f"set num_outputs of {{node}} to {output_count}"
        raise ShapeError(why, attribute="num_outputs", advice=advice, own=True)
    if split is not None and num_outputs is not None:
        raise ShapeError("split and num_outputs are both given, and only one can be", attribute="num_outputs", own=True)
    if split is None and num_outputs is None:
        raise ShapeError("neither split nor num_outputs is given, and one must be", attribute="num_outputs", own=True)
    if split is None and num_outputs is not None:
        return _split(input, axis, None, num_outputs, uneven=True)
    return _split(input, axis, _parts(split, output_count), output_count)


def _parts(split: Fact | None, count: int) -> Shape | None:
    if split is None:
        return None
    sizes = sizes_of(split)
    return (None,) * count if sizes is None else sizes


def _split(x: Fact, axis: int, parts: Shape | None, count: int, *, uneven: bool = False) -> Answer:
    if x.shape is None:
        return Answer((x.unknown(),) * count)
    at = axis_of(axis, len(x.shape))
    size = x.shape[at]
    if parts is None:
        parts = _equal_parts(size, count, uneven)
    elif len(parts) != count:
        advice = f"give {{node}} {len(parts)} outputs, or its split {count} sizes"
        raise ShapeError(f"split has {len(parts)} sizes for {count} outputs", parameter="split", advice=advice)
    for part in parts:
        if part is not None and less(part, 0) is True:
            raise ShapeError(f"split {show(parts)} has a negative size", parameter="split")
    total = _total(list(parts))
    if size is not None and total is not None and same(size, total) is False:
        advice = f"write sizes in the split of {{node}} that add up to {size}"
        raise ShapeError(f"the parts {show(parts)} do not add up to {size}", parameter="split", advice=advice)
    outputs = [x.shaped(*x.shape[:at], part, *x.shape[at + 1 :]) for part in parts]
    if x.elements is not None:
        outputs = _cut(x, at, outputs)
    cut = parts
    return Answer(tuple(outputs), formula=lambda: f"{size_text(size)} = {' + '.join(map(grouped, cut))}")


def _sizes_advised(size: Size, count: int) -> str:
    """Parts that differ by one at most."""
    if not isinstance(size, int) or size < count:
        return ""
    each, more = divmod(size, count)
    parts = (each + 1,) * more + (each,) * (count - more)
    return f"give {{node}} the sizes of its parts as split, such as {show(parts)}"


def _equal_parts(size: Size | None, count: int, uneven: bool) -> Shape:
    if size is None or not count:
        return (None,) * count
    each = divide_exact(size, count)
    if each is not None:
        return (each,) * count
    if not uneven:
        if same(mod(size, count), 0) is False:
            why = f"{size} does not divide into {count} equal parts"
            raise ShapeError(why, attribute="axis", advice=_sizes_advised(size, count))
        return (floor_div(size, count),) * count
    each = ceil_div(size, count)
    last = size - each * (count - 1)
    if less(last, 0) is True:
        why = f"{size} into {count} parts of {each} leaves {last} for the last"
        advice = _sizes_advised(size, count)
        advice += ", in place of num_outputs" if advice else ""
        raise ShapeError(why, attribute="num_outputs", advice=advice)
    if less(last, 0) is not False:
        return (None,) * count
    return (*(each,) * (count - 1), last)


def _cut(x: Fact, axis: int, parts: list[Fact]) -> list[Fact]:
    sizes = counted(x.shape)
    if sizes is None:
        return parts
    found, start = [], 0
    for part in parts:
        assert part.shape is not None
        size = part.shape[axis]
        if not isinstance(size, int):
            return parts
        indices = [range(start, start + size) if i == axis else range(n) for i, n in enumerate(sizes)]
        found.append(Fact(part.dtype, part.shape, picked(x, indices)))
        start += size
    return found


# Slicing


@op("Slice")
def slice_1(
    data: Fact, *, starts: tuple[int, ...], ends: tuple[int, ...], axes: tuple[int, ...] | None = None
) -> Answer:
    return _sliced(data, starts, ends, axes, None)


@op("Slice", since=10)
def slice_10(data: Fact, starts: Fact, ends: Fact, axes: Fact | None = None, steps: Fact | None = None) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__Slice.html"""
    on, by = integers(axes), integers(steps)
    if axes is not None and on is None:
        return Answer((open_axes(data, data.rank),))
    first, last = sizes_of(starts), sizes_of(ends)
    count = next((n for n in map(length_of, (starts, ends, axes, steps)) if n is not None), None)
    if on is not None and data.shape is not None:
        axes_of(on, len(data.shape))
    if first is None or last is None:
        if on is None and count is None:
            return Answer((open_axes(data, data.rank),))
        unknown = (None,) * (len(on) if on is not None else count or 0)
        first, last = first or unknown, last or unknown
    if steps is not None and by is None:
        first = (None,) * len(first)
    return _sliced(data, first, last, on, by)


def _sliced(
    data: Fact, starts: Shape, ends: Shape, axes: tuple[int, ...] | None, steps: tuple[int, ...] | None
) -> Answer:
    if data.shape is None:
        return Answer((data.unknown(),))
    rank = len(data.shape)
    on = tuple(range(len(starts))) if axes is None else axes
    by = (1,) * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(on) == len(by):
        raise ShapeError("starts, ends, axes and steps have different lengths", parameter="starts")
    out = list(data.shape)
    indices: list[range] | None = None
    sizes = counted(data.shape) if data.elements is not None else None
    if sizes is not None:
        indices = [range(size) for size in sizes]
    lines = []
    for start, end, axis, step in zip(starts, ends, on, by, strict=True):
        at = axis_of(axis, rank)
        if step == 0:
            raise ShapeError("a step is 0", parameter="steps")
        size = data.shape[at]
        if step < 0 and isinstance(end, int) and end >= _FAR:
            end = None  # the front by the specification, the back in runtimes
        if isinstance(size, int) and isinstance(start, int) and isinstance(end, int):
            taken = _taken(size, start, end, step)
            out[at] = len(taken)
            if indices is not None:
                indices[at] = taken
        else:
            out[at] = None if size is None or start is None or end is None else _length(size, start, end, step)
            indices = None
        lines.append((at, start, end, step, out[at]))
    y = Fact(data.dtype, tuple(out), None if indices is None else picked(data, indices))
    return Answer((y,), formula=lambda: "; ".join(_told_slice(*line) for line in lines))


def _taken(size: int, start: int, end: int, step: int) -> range:
    """The indices of a slice; unlike Python's, one that starts in front of the axis and goes down takes the first."""
    start, end = (n + size if n < 0 else n for n in (start, end))
    if step > 0:
        return range(min(max(start, 0), size), min(max(end, 0), size), step)
    return range(min(max(start, 0), size - 1), min(max(end, -1), size - 1), step)


def _length(size: Size, start: Size, end: Size, step: int) -> Size | None:
    """How many indices a slice takes, where the size or a bound has a name."""
    first, last = _from_front(size, start), _from_front(size, end)
    if first is None or last is None:
        return None
    if step > 0:
        return ceil_div(greatest(least(last, size) - greatest(first, 0), 0), step)
    if first != size - 1 and less(first, 0) is not False:
        return None
    top = least(first, size - 1)
    return ceil_div(greatest(top - greatest(last, -1), 0), -step)


def _from_front(size: Size, place: Size) -> Size | None:
    """A negative place counts from the end; what is far beyond an end stands for that end."""
    if isinstance(place, int):
        if place >= _FAR:
            return size
        return -1 if place <= -_FAR else place + size if place < 0 else place
    below = less(place, 0)
    if below is None and less(0, place) is False and divide_exact(size, 0 - place) is not None:
        return place + size  # the last L of an axis of L: where L is 0, the axis ends at 0 as well
    return None if below is None else place + size if below else place


_FAR = 2**31 - 1
"""INT_MAX stands for the end of an axis of any size."""


def _told_slice(axis: int, start: Size | None, end: Size | None, step: int, length: Size | None) -> str:
    far = isinstance(end, int) and abs(end) >= _FAR
    to = "the end" if far else size_text(end)
    return f"axis {axis} from {size_text(start)} to {to}{'' if step == 1 else f' by {step}'}: {size_text(length)}"


# Padding


@op("Pad")
def pad_1(data: Fact, *, paddings: tuple[int, ...]) -> Answer:
    return _padded(data, paddings, None)


@op("Pad", since=2)
def pad_2(data: Fact, *, pads: tuple[int, ...]) -> Answer:
    return _padded(data, pads, None)


@op("Pad", since=11)
def pad_11(data: Fact, pads: Fact, constant_value: Fact | None = None, *, mode: str = "constant") -> Answer:
    return pad(data, pads, constant_value, mode=mode)


@op("Pad", since=18)
def pad(
    data: Fact, pads: Fact, constant_value: Fact | None = None, axes: Fact | None = None, *, mode: str = "constant"
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__Pad.html"""
    around, on = sizes_of(pads), integers(axes)
    if data.shape is None or around is None or (axes is not None and on is None):
        rank = data.rank
        if rank is None and axes is None and (count := length_of(pads)) is not None:
            rank = count // 2
        return Answer((open_axes(data, rank),))
    one_number(constant_value, "constant_value")
    if mode == "reflect":
        _check_reflection(data.shape, around, on)
    answer = _padded(data, around, on)
    if data.elements is None or mode != "constant" or not around:
        return answer
    fill: Element = 0 if constant_value is None else constant_value.elements[0] if constant_value.elements else None
    (y,) = answer.outputs
    return answer._replace(outputs=(y._replace(elements=_filled(data, y, around[0], fill)),))


def _check_reflection(shape: Shape, pads: Shape, axes: tuple[int, ...] | None) -> None:
    """The edge itself is not repeated: an axis of n has n - 1 elements to reflect."""
    on = range(len(shape)) if axes is None else axes_of(axes, len(shape))
    for at, more in enumerate(pads):
        size = shape[on[at % len(on)]] if len(pads) == 2 * len(on) else None
        if size is not None and more is not None and less(size - 1, more) is True and less(0, more) is True:
            raise ShapeError(f"{more} cannot be reflected of an axis of size {size}", parameter="pads")


def _filled(data: Fact, y: Fact, before: Size | None, fill: Element) -> Elements | None:
    """A list of integers with so many fillings in front and the rest behind; negative padding cuts."""
    size = counted(y.shape)
    if size is None or len(size) != 1 or data.elements is None or not isinstance(before, int):
        return None
    if data.dtype not in (DType.INT64, DType.INT32):
        return None
    count = len(data.elements)
    return tuple(data.elements[i] if 0 <= i < count else fill for i in range(-before, size[0] - before))


def _padded(data: Fact, pads: Shape, axes: tuple[int, ...] | None) -> Answer:
    shape = data.shape
    if shape is None:
        return Answer((open_axes(data, len(pads) // 2),))
    on = tuple(range(len(shape))) if axes is None else axes_of(axes, len(shape))
    if len(pads) != 2 * len(on):
        raise ShapeError(f"pads has {len(pads)} numbers for {len(on)} axes, needs {2 * len(on)}", parameter="pads")
    out = list(shape)
    lines = []
    for axis, before, after in zip(on, pads[: len(on)], pads[len(on) :], strict=True):
        size = shape[axis]
        if before == 0 and after == 0:
            continue
        if before is None or after is None or size is None:
            out[axis] = None
            continue
        padded = size + before + after
        if less(padded, 0) is True:
            raise ShapeError(f"pads {show(pads)} take away more than {show(shape)} has", parameter="pads")
        out[axis] = padded
        lines.append((size, before, after, padded))
    return Answer(
        (Fact(data.dtype, tuple(out), None if lines or None in out else data.elements),),
        formula=lambda: "; ".join(dict.fromkeys(f"{s} + {b} + {a} = {y}" for s, b, a, y in lines)),
    )


@op("CenterCropPad", since=18)
def center_crop_pad(input_data: Fact, shape: Fact, *, axes: tuple[int, ...] | None = None) -> Fact:
    data = input_data.shape
    sizes = sizes_of(shape)
    if data is None:
        return input_data.unknown() if axes is not None or sizes is None else input_data.shaped(*sizes)
    on = tuple(range(len(data))) if axes is None else tuple(axis_of(axis, len(data)) for axis in axes)
    out = list(data)
    for i, axis in enumerate(on):
        out[axis] = sizes[i] if sizes is not None and i < len(sizes) else None
    return input_data.shaped(*out)
