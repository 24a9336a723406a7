"""The questions that rules ask of their inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...model.dtypes import name_of
from ..fact import BroadcastsTo, Fact, Need, Shape, ShapeError, show
from ..sizes.dim import Dim, Size, TooComplex, less, same
from ..sizes.stretching import stretched

_MOST_LISTED = 1_024
_MOST_AXES = 64
"""A file may claim any rank; nobody has use for more."""


def of_rank(x: Fact, rank: int, name: str, advice: str = "") -> Shape:
    """The shape of ``x``, which must have this rank; unknown sizes if its shape is unknown."""
    if x.shape is None:
        return (None,) * rank
    if len(x.shape) != rank:
        why = f"{name} must have rank {rank}, has shape {show(x.shape)}"
        raise ShapeError(why, parameter=name, advice=advice)
    return x.shape


def axis_of(axis: int, rank: int, attribute: str = "axis") -> int:
    """A non-negative axis of a tensor of this rank."""
    if not -rank <= axis < rank:
        raise ShapeError(f"{attribute} {axis} is outside a tensor of rank {rank}", attribute=attribute)
    return axis + rank if axis < 0 else axis


def axes_of(axes: Sequence[int], rank: int, attribute: str = "axes") -> tuple[int, ...]:
    """Non-negative axes, each named once."""
    found = tuple(axis_of(a, rank, attribute) for a in axes)
    if len(set(found)) != len(found):
        raise ShapeError(f"{attribute} {list(axes)} name an axis twice", attribute=attribute)
    return found


def integers(x: Fact | None) -> tuple[int, ...] | None:
    """The values of ``x``, where every one of them is a known integer."""
    if x is None or x.elements is None:
        return None
    found = tuple(e for e in x.elements if isinstance(e, int))
    return found if len(found) == len(x.elements) else None


def one_number(x: Fact | None, name: str) -> None:
    """What must be a scalar; of one axis of one entry, runtimes take it as well."""
    if x is None or x.shape is None:
        return
    if any(size is not None and same(size, 1) is False for size in x.shape):
        raise ShapeError(f"{name} must be one number, has shape {show(x.shape)}", parameter=name)


def agree(a: Size | None, b: Size | None, what: str) -> Size | None:
    """The one size that both must be; an error only if they cannot be equal."""
    if a is None or b is None:
        return b if a is None else a
    if same(a, b) is False:
        raise ShapeError(f"{what} differ: {a} and {b}")
    return a if isinstance(a, int) else b


def broadcast(*shapes: Shape | None) -> Shape | None:
    """The shape to which all of them stretch (Broadcasting.md); None where a rank is unknown."""
    first = shapes[0]
    if len(shapes) == 2:
        return _of_two(first, shapes[1])
    if first is not None and shapes.count(first) == len(shapes) and None not in first:
        return first
    ranked = [s for s in shapes if s is not None]
    if len(ranked) != len(shapes):
        return None
    rank = max(map(len, ranked))
    padded = [(1,) * (rank - len(s)) + s for s in ranked]
    return tuple(_stretch(sizes, ranked) for sizes in zip(*padded, strict=True))


def _of_two(a: Shape | None, b: Shape | None) -> Shape | None:
    """`broadcast` in its most frequent form."""
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a, b = b, a
    out = list(a)
    for i, size in enumerate(b, len(a) - len(b)):
        mine = a[i]
        if size == 1 or mine == size:
            continue
        out[i] = size if mine == 1 else _stretch((mine, size), [a, b])
    return tuple(out)


def _stretch(sizes: tuple[Size | None, ...], shapes: list[Shape]) -> Size | None:
    kept = list(dict.fromkeys(s for s in sizes if s != 1))
    numbers = [s for s in kept if isinstance(s, int)]
    if len(numbers) > 1:
        raise ShapeError("sizes do not broadcast: " + " and ".join(show(s) for s in dict.fromkeys(shapes)))
    if numbers:
        return numbers[0]  # whatever the others are, they must be 1 or this
    if not kept:
        return 1
    try:
        return stretched([size for size in kept if size is not None]) if None not in kept else None
    except TooComplex:
        return None


def fits(actual: Shape, need: Need) -> bool | None:
    """Whether a parameter has the shape that it needs; None: that depends on the names, or on what nobody knows."""
    wanted = need.shape
    if isinstance(need, BroadcastsTo):
        if len(actual) > len(wanted):
            return False
        pairs = [(a, w) for a, w in zip(reversed(actual), reversed(wanted), strict=False) if a != 1]
    elif len(actual) != len(wanted):
        return False
    else:
        pairs = list(zip(actual, wanted, strict=True))
    decided: bool | None = True
    for a, w in pairs:
        if w is None or a == w:
            continue
        equal = None if a is None else same(a, w)
        if equal is False:
            if isinstance(need, BroadcastsTo) and not isinstance(a, int):
                equal = None  # a named size may still be 1
            else:
                return False
        if equal is None:
            decided = None
    return decided


def tally(*sizes: Size | None) -> Size | None:
    """The product of sizes, for a count: unknown if one is, or if it grows too long to write."""
    total: Size = 1
    symbols = []  # multiplied last: numbers are cheap
    for size in sizes:
        if size is None:
            return None
        if isinstance(size, int):
            total *= size
        else:
            symbols.append(size)
    try:
        for symbol in symbols:
            total = total * symbol
    except TooComplex:
        return None
    return total


def add_up(sizes: Iterable[Size | None]) -> Size | None:
    """The sum; None as soon as one is not known. Equal ones are counted first: where blocks repeat, most are."""
    return add_up_times((size, 1) for size in sizes)


def add_up_times(sizes: Iterable[tuple[Size | None, int]]) -> Size | None:
    """The sum of sizes, each so many times; None as soon as one is not known."""
    number, times = 0, dict[Dim, int]()
    for size, often in sizes:
        if size is None:
            return None
        if isinstance(size, int):
            number += size * often
        else:
            times[size] = times.get(size, 0) + often
    found: Size = number
    try:
        for size, often in times.items():
            found = found + (size if often == 1 else size * often)
    except TooComplex:
        return None
    return found


def open_axes(x: Fact, axes: Size | None) -> Fact:
    """``x`` with so many axes of which nothing is known."""
    return x.shaped(*(None,) * axes) if isinstance(axes, int) and 0 <= axes <= _MOST_AXES else x.unknown()


def one_dtype(*facts: Fact) -> int | None:
    """The dtype that all of them must have."""
    found = facts[0].dtype
    for fact in facts[1:]:
        if fact.dtype != found and fact.dtype is not None:
            if found is not None:
                raise ShapeError(f"the inputs must be of one type, are {name_of(found)} and {name_of(fact.dtype)}")
            found = fact.dtype
    return found


def all_given(inputs: Sequence[Fact | None]) -> list[Fact]:
    """The inputs of a variadic operator: at least one, none left out."""
    found = [fact for fact in inputs if fact is not None]
    if len(found) < len(inputs) or not found:
        raise ShapeError("an input is left out" if inputs else "needs an input")
    return found


def length_of(x: Fact | None) -> int | None:
    """How many elements a list (a tensor of one axis) has, if that is a number that axes may have."""
    if x is None or x.shape is None or len(x.shape) != 1 or not isinstance(x.shape[0], int):
        return None
    return x.shape[0] if x.shape[0] <= _MOST_LISTED else None


def check_lengths(lengths: Fact | None, steps: Size | None) -> None:
    """How many steps each sequence of a batch has: none has more than there are."""
    for length in integers(lengths) or ():
        if length < 0 or (steps is not None and same(steps, length) is False and less(steps, length) is True):
            raise ShapeError(f"sequence_lens has {length}, and there are {steps} steps", parameter="sequence_lens")


def sizes_of(x: Fact) -> Shape | None:
    """The values of ``x`` as sizes; None where the tensor is not followed, and for each value that is not."""
    if x.elements is None:
        return None
    return tuple(e if isinstance(e, int | Dim) else None for e in x.elements)


def size_text(size: Size | None) -> str:
    """A size for a reader."""
    return "?" if size is None else str(size)


def grouped(size: Size | None) -> str:
    """A size for a reader, as a factor."""
    text = size_text(size)
    return f"({text})" if " " in text else text
