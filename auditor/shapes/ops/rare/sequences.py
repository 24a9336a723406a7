"""Sequences and optionals: what is known of their items one by one, or of all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

from ....model.dtypes import DType
from ....model.graph import Type
from ...declared import of_type
from ...fact import MOST_ELEMENTS, Body, Fact, Items, ShapeError, show
from ...registry import op
from ...sizes.dim import Size, ceil_div, divide_exact, less, same
from ..checks import all_given, axis_of, length_of, one_dtype, sizes_of, tally
from ..control import outside
from ..joins import either_or_none, joint_of

_INT64 = DType.INT64.value
_BOOL = DType.BOOL.value
_UNKNOWN = Items(Fact())


def sequence(facts: Sequence[Fact]) -> Fact:
    """A sequence of exactly these."""
    return Fact(items=Items(joint_of(facts), len(facts), tuple(facts)))


def _items(x: Fact) -> Items:
    return x.items if x.items is not None and not x.items.optional else _UNKNOWN


def _place(position: Fact | None, length: int, *, last: int) -> int | None:
    """A position counted from the front, where it is known; without one, the last."""
    if position is None:
        return last
    number = position.elements[0] if position.elements else None
    if not isinstance(number, int):
        return None
    if not -length <= number <= last:
        raise ShapeError(f"the position {number} is outside a sequence of {length}", parameter="position")
    return number + length if number < 0 else number


@op("SequenceConstruct", since=11)
def sequence_construct(*inputs: Fact | None) -> Fact:
    return sequence(all_given(inputs))


@op("SequenceEmpty", since=11)
def sequence_empty() -> Fact:
    return sequence(())


@op("SequenceInsert", since=11)
def sequence_insert(input_sequence: Fact, tensor: Fact, position: Fact | None = None) -> Fact:
    """In front of the item at ``position``, or at the end."""
    items = _items(input_sequence)
    if items.each is not None:
        at = _place(position, len(items.each), last=len(items.each))
        if at is not None and len(items.each) < MOST_ELEMENTS:
            return sequence((*items.each[:at], tensor, *items.each[at:]))
    length = None if items.length is None else items.length + 1
    return Fact(items=Items(either_or_none(items.joint, tensor), length))


@op("SequenceErase", since=11)
def sequence_erase(input_sequence: Fact, position: Fact | None = None) -> Fact:
    """Without the item at ``position``, or the last."""
    items = _items(input_sequence)
    if items.length == 0:
        raise ShapeError("the sequence is empty", parameter="input_sequence")
    if items.each is not None:
        at = _place(position, len(items.each), last=len(items.each) - 1)
        if at is not None:
            return sequence((*items.each[:at], *items.each[at + 1 :]))
    return Fact(items=Items(items.joint, None if items.length is None else items.length - 1))


@op("SequenceAt", since=11)
def sequence_at(input_sequence: Fact, position: Fact) -> Fact:
    """The item at ``position``; where that is not known, what is true of all."""
    items = _items(input_sequence)
    if items.length == 0:
        raise ShapeError("the sequence is empty", parameter="input_sequence")
    if items.each is not None:
        at = _place(position, len(items.each), last=len(items.each) - 1)
        if at is not None:
            return items.each[at]
    return items.joint or Fact()


@op("SequenceLength", since=11)
def sequence_length(input_sequence: Fact) -> Fact:
    length = _items(input_sequence).length
    return Fact(_INT64, (), None if length is None else (length,))


@op("SplitToSequence", since=11)
def split_to_sequence(input: Fact, split: Fact | None = None, *, axis: int = 0, keepdims: int = 1) -> Fact:
    """Into pieces of one size, of these sizes, or of one each, which then may lose the axis.

    keepdims is "ignored" where ``split`` is given; onnxruntime heeds it if that is a scalar, so nobody knows the rank.
    """
    if input.shape is None:
        return Fact(items=Items(input.unknown(), None if split is None else length_of(split)))
    at = axis_of(axis, len(input.shape))
    front, size, back = input.shape[:at], input.shape[at], input.shape[at + 1 :]
    if split is None:
        piece = input.shaped(*front, 1, *back) if keepdims else input.shaped(*front, *back)
        return _sequence_of(piece, size)
    if not split.shape:
        alike = _split_by(input, at, split) if split.shape is not None else Fact(items=Items(input.unknown()))
        assert alike.items is not None
        return alike if keepdims else Fact(items=Items(input.unknown(), alike.items.length))
    parts = sizes_of(split)
    if parts is None:
        return Fact(items=Items(input.shaped(*front, None, *back), length_of(split)))
    if any(part is not None and less(part, 0) is True for part in parts):
        raise ShapeError(f"split {show(parts)} has a negative size", parameter="split")
    total: Size | None = 0
    for part in parts:
        total = None if total is None or part is None else total + part
    if total is not None and size is not None and same(total, size) is False:
        raise ShapeError(f"the parts {show(parts)} do not add up to {size}", parameter="split")
    return sequence([input.shaped(*front, part, *back) for part in parts])


def _split_by(x: Fact, axis: int, split: Fact) -> Fact:
    """Into pieces of one size, where that is known."""
    assert x.shape is not None
    size, by = x.shape[axis], (sizes_of(split) or (None,))[0]
    if by is None or size is None:
        return Fact(items=Items(x.shaped(*x.shape[:axis], None, *x.shape[axis + 1 :])))
    if less(by, 1) is True:
        raise ShapeError(f"pieces of size {by}", parameter="split")
    return _pieces(x, axis, size, by)


def _pieces(x: Fact, axis: int, size: Size, by: Size) -> Fact:
    """Pieces of size ``by``; the last has what is left."""
    assert x.shape is not None
    front, back = x.shape[:axis], x.shape[axis + 1 :]
    if isinstance(size, int) and isinstance(by, int):
        if -(-size // by) <= MOST_ELEMENTS:
            return sequence([x.shaped(*front, min(by, size - i), *back) for i in range(0, size, by)])
        even = size % by == 0
        return Fact(items=Items(x.shaped(*front, by if even else None, *back), ceil_div(size, by)))
    count = divide_exact(size, by) if isinstance(by, int) else None
    if count is not None:
        return Fact(items=Items(x.shaped(*front, by, *back), count))
    return Fact(items=Items(x.shaped(*front, None, *back), ceil_div(size, by) if isinstance(by, int) else None))


def _sequence_of(item: Fact, count: Size | None) -> Fact:
    if isinstance(count, int) and count <= MOST_ELEMENTS:
        return sequence((item,) * count)
    return Fact(items=Items(item, count))


@op("ConcatFromSequence", since=11)
def concat_from_sequence(input_sequence: Fact, *, axis: int, new_axis: int = 0) -> Fact:
    """The items along one of their axes, or along one more."""
    items = _items(input_sequence)
    joint = items.joint or Fact()
    if items.each:
        joint = joint._replace(dtype=one_dtype(*items.each))
        shapes = [fact.shape for fact in items.each if fact.shape is not None]
        if len({len(shape) for shape in shapes}) > 1:
            raise ShapeError("the items have different ranks: " + " and ".join(map(show, dict.fromkeys(shapes))))
    if joint.shape is None:
        return joint.unknown()
    rank = len(joint.shape)
    at = axis_of(axis, rank + 1 if new_axis else rank)
    rest = list(joint.shape)
    if items.each:
        _agree(rest, items.each, None if new_axis else at)
    if new_axis:
        return joint.shaped(*rest[:at], items.length, *rest[at:])
    if items.each:
        total: Size | None = 0
        for fact in items.each:
            size = fact.shape[at] if fact.shape is not None else None
            total = None if total is None or size is None else total + size
    else:
        total = tally(rest[at], items.length)
    return joint.shaped(*rest[:at], total, *rest[at + 1 :])


def _agree(sizes: list[Size | None], facts: Sequence[Fact], but: int | None) -> None:
    """Fill in the sizes that all items must share; where two cannot be equal, an error."""
    for i in range(len(sizes)):
        for fact in facts if i != but else ():
            mine, other = sizes[i], fact.shape[i] if fact.shape is not None else None
            if other is None:
                continue
            if mine is not None and same(mine, other) is False:
                raise ShapeError(f"the sizes at axis {i} differ: {mine} and {other}")
            if not isinstance(mine, int):
                sizes[i] = other


@op("SequenceMap", since=17)
def sequence_map(input_sequence: Fact, *additional_inputs: Fact | None, body: Body) -> tuple[Fact, ...]:
    """The body on each item, and on the item at its place of every other sequence; a tensor is the same for all."""
    first = _items(input_sequence)
    others = [fact or Fact() for fact in additional_inputs]
    for fact in others:
        length = None if fact.items is None else fact.items.length
        if length is not None and first.length is not None and same(length, first.length) is False:
            raise ShapeError(f"sequences of {first.length} and {length} items", parameter="additional_inputs")
    everyone = [first.each, *((None,) if f.items is None else f.items.each for f in others)]
    if first.each is not None and len(first.each) <= body.trips and None not in everyone:
        columns = []
        for i, item in enumerate(first.each):
            rest = [_item(fact, i) for fact in others]
            columns.append(tuple(outside(fact, body) for fact in body(item, *rest)))
        if columns:
            return tuple(sequence(facts) for facts in zip(*columns, strict=True))
    certain = isinstance(first.length, int) and first.length > 0
    joints = [fact if fact.items is None else fact.items.joint or Fact() for fact in others]
    outputs = body(first.joint or Fact(), *joints, tentative=not certain)
    return tuple(Fact(items=Items(outside(fact, body), first.length)) for fact in outputs)


def _item(x: Fact, index: int) -> Fact:
    return x if x.items is None or x.items.each is None else x.items.each[index]


# Optionals


@op("Optional", since=15)
def optional(input: Fact | None = None, *, type: Type | None = None) -> Fact:
    """Without an input, an empty one of that type."""
    if input is None:
        return Fact(items=Items(None if type is None else of_type(type), 0, (), optional=True))
    return Fact(items=Items(input, 1, (input,), optional=True))


@op("OptionalGetElement", since=15)
def optional_get_element(input: Fact) -> Fact:
    """Everything but an optional is passed on."""
    items = input.items
    if items is None or not items.optional:
        return input
    if items.each == ():
        raise ShapeError("the optional is empty", parameter="input")
    return items.each[0] if items.each else items.joint or Fact()


@op("OptionalHasElement", since=15)
def optional_has_element_15(input: Fact) -> Fact:
    return optional_has_element(input)


@op("OptionalHasElement", since=18)
def optional_has_element(input: Fact | None = None) -> Fact:
    """An input that is left out has none; a tensor and a sequence are there."""
    has: bool | None = None
    if input is None:
        has = False
    elif input.items is not None:
        has = True if not input.items.optional else None if input.items.each is None else bool(input.items.each)
    elif input.shape is not None or input.dtype is not None:
        has = True
    return Fact(_BOOL, (), None if has is None else (has,))
