"""Operators that take several elements into one, or run over an axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from ...model.dtypes import DType
from ..fact import Answer, Element, Fact, Shape
from ..registry import op
from ..sizes.dim import Dim, Size, TooComplex, greatest, least
from .checks import axis_of, integers, length_of, open_axes, size_text
from .values import Elements, counted, kept, places, settled, strides

Fold = Callable[[Size, Size], Size]

_FOLDS: dict[str, Fold | None] = {
    "ReduceSum": lambda a, b: a + b,
    "ReduceProd": lambda a, b: a * b,
    "ReduceMax": greatest,
    "ReduceMin": least,
    "ReduceMean": None,
    "ReduceL1": None,
    "ReduceL2": None,
    "ReduceLogSum": None,
    "ReduceLogSumExp": None,
    "ReduceSumSquare": None,
}
_AXES_AS_INPUT = 18
"""ReduceSum has them since opset 13, the others since 18."""


def _with_attribute(fold: Fold | None) -> Callable[..., Answer]:
    def rule(data: Fact, *, axes: tuple[int, ...] | None = None, keepdims: int = 1) -> Answer:
        return _reduced(data, axes or None, keepdims, fold)

    return rule


def _with_input(fold: Fold | None) -> Callable[..., Answer]:
    def rule(data: Fact, axes: Fact | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Answer:
        numbers = integers(axes)
        if axes is not None and numbers is None and length_of(axes) != 0:
            return Answer((_along_unknown(data, axes, keepdims),))
        if not numbers and noop_with_empty_axes:
            return Answer((data if fold is not None else Fact(data.dtype, data.shape),))
        return _reduced(data, numbers or None, keepdims, fold)

    return rule


for _name, _fold in _FOLDS.items():
    op(_name)(_with_attribute(_fold))
    op(_name, since=13 if _name == "ReduceSum" else _AXES_AS_INPUT)(_with_input(_fold))


def _reduced(data: Fact, axes: tuple[int, ...] | None, keepdims: int, fold: Fold | None) -> Answer:
    """Without axes, over all of them."""
    shape = data.shape
    if shape is None:
        return Answer((Fact(data.dtype, None if axes is not None or keepdims == 1 else ()),))
    rank = len(shape)
    named = range(rank) if axes is None else (axis_of(axis, rank, "axes") for axis in axes)
    gone = tuple(dict.fromkeys(named))  # nothing forbids to name an axis twice
    out = _without(shape, gone, keepdims)
    elements = None if data.elements is None or fold is None else _folded(data, gone, fold)
    return Answer(
        (Fact(data.dtype, out, elements),),
        formula=lambda: "; ".join(f"all {size_text(shape[axis])} of axis {axis} into one" for axis in gone),
    )


def _without(shape: Shape, axes: tuple[int, ...], keepdims: int) -> Shape:
    if keepdims == 1:
        return tuple(1 if i in axes else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def _along_unknown(data: Fact, axes: Fact, keepdims: int) -> Fact:
    """The shape where only the number of axes may be known."""
    if data.shape is None:
        return data.unknown()
    if keepdims == 1:
        return open_axes(data, len(data.shape))
    count = length_of(axes)
    once = count if count == 1 else None  # of more, one may be named twice
    return open_axes(data, None if once is None else len(data.shape) - once)


def _folded(data: Fact, axes: tuple[int, ...], fold: Fold) -> Elements | None:
    """Integers only: floats are added in an order that nobody promises."""
    sizes = counted(data.shape)
    if data.elements is None or sizes is None or not all(sizes):
        return None
    steps = strides(sizes)
    offsets = [[i * step for i in range(size)] for size, step in zip(sizes, steps, strict=True)]
    inside = places(offset for i, offset in enumerate(offsets) if i in axes)
    starts = places(offset for i, offset in enumerate(offsets) if i not in axes)
    return kept(_fold_of([data.elements[start + i] for i in inside], fold, data.dtype) for start in starts)


def _fold_of(elements: list[Element], fold: Fold, dtype: int | None) -> Element:
    numbers = [e for e in elements if isinstance(e, int | Dim)]
    if not numbers or len(numbers) < len(elements) or dtype == DType.BOOL:
        return None
    try:
        return settled(reduce(fold, numbers), dtype)
    except TooComplex:
        return None


@op("ArgMax", "ArgMin")
def arg_max(data: Fact, *, axis: int = 0, keepdims: int = 1) -> Fact:
    """The place of the greatest (or least) along one axis."""
    if data.shape is None:
        return Fact(DType.INT64.value)
    return Fact(DType.INT64.value, _without(data.shape, (axis_of(axis, len(data.shape)),), keepdims))


@op("CumSum", since=11)
@op("CumProd", since=26)
def cumulative(x: Fact, axis: Fact) -> Fact:
    """The shape stays."""
    place = integers(axis)
    if place and x.shape is not None:
        axis_of(place[0], len(x.shape))
    return Fact(x.dtype, x.shape)
