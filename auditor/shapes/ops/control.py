"""Operators with graphs inside, which arrive as functions on facts; and what little is said of sequences.

A body that runs several times is asked until the facts that it carries are stable: what one iteration changes is
unknown from then on, so the last question holds for every iteration. A size that a body gave a name of its own is
another one each time, so such names never leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from ...model.dtypes import DType
from ..dim import Dim, Size, greatest, named, same
from ..fact import Body, Element, Fact, Shape, ShapeError, show
from ..registry import op
from .checks import agree, axis_of

_INT64 = DType.INT64.value
_BOOL = DType.BOOL.value
_UNROLLED = 16  # trips of a loop that is followed one by one
_PASSES = 32  # of one body; each loses something, and a body rarely carries so much

Facts = tuple[Fact, ...]


@op("If")
def if_(cond: Fact, *, then_branch: Body, else_branch: Body) -> Facts:
    """A known condition takes its branch; else the answer is what both branches say."""
    taken = cond.elements[0] if cond.elements else None
    if isinstance(taken, bool):
        return then_branch() if taken else else_branch()
    left, right = then_branch(tentative=True), else_branch(tentative=True)
    if len(left) != len(right):
        raise ShapeError(f"the branches have {len(left)} and {len(right)} outputs")
    return tuple(map(_either, left, right))


@op("Loop")
def loop(m: Fact | None = None, cond: Fact | None = None, *v_initial: Fact | None, body: Body) -> Facts:
    """https://onnx.ai/onnx/operators/onnx__Loop.html"""
    carried = tuple(fact or Fact() for fact in v_initial)
    trips, start = _trips(m), _starts(cond)
    never = start is False or (isinstance(trips, int) and trips <= 0)
    certain = start is True and not never and (m is None or isinstance(trips, int))

    def step(go_on: tuple[Element, ...] | None) -> Callable[[Facts], Facts]:
        def run(state: Facts) -> Facts:
            outputs = body(Fact(_INT64, ()), Fact(_BOOL, (), go_on), *state, tentative=not certain)
            if len(outputs) <= len(carried):
                raise ShapeError(f"the body has {len(outputs)} outputs, carries {len(carried)} and a condition")
            return outputs

        return run

    # An iteration is only there while the condition holds. Without one, nobody says what the body is told.
    outputs = _stable(step((True,)), carried, body, 1)
    steady = outputs[0].elements == (True,)
    if cond is None and not steady:
        outputs = _stable(step(None), carried, body, 1)
    if never:  # what shape a result has that never was, runtimes do not agree
        return *carried, *(fact.unknown() for fact in outputs[len(carried) + 1 :])
    length = trips if steady and start is True else None
    if certain and steady and isinstance(length, int) and length <= _UNROLLED and any(map(_is_open, outputs)):
        return _unrolled(body, carried, length)
    final = _final(carried, outputs[1:], body, certain)
    return *final, *(_stacked(fact, length, 0, body) for fact in outputs[len(carried) + 1 :])


def _is_open(x: Fact) -> bool:
    return x.shape is None or any(not isinstance(size, int) for size in x.shape)


def _unrolled(body: Body, carried: Facts, trips: int) -> Facts:
    """The iterations one by one, where what is true of all of them leaves sizes open."""
    stacks: list[Facts] = []
    for i in range(trips):
        outputs = body(Fact(_INT64, (), (i,)), Fact(_BOOL, (), (True,)), *carried)
        carried = tuple(_outside(fact, body) for fact in outputs[1 : len(carried) + 1])
        stacks.append(outputs[len(carried) + 1 :])
    return *carried, *(_stacked(reduce(_either, facts), trips, 0, body) for facts in zip(*stacks, strict=True))


def _trips(m: Fact | None) -> Size | None:
    count = m.elements[0] if m is not None and m.elements else None
    return greatest(count, 0) if isinstance(count, int | Dim) else None


def _starts(cond: Fact | None) -> bool | None:
    if cond is None:
        return True
    first = cond.elements[0] if cond.elements else None
    return first if isinstance(first, bool) else None


@op("Scan", since=8)
def scan_8(
    sequence_lens: Fact | None = None, *initial_state_and_scan_inputs: Fact, num_scan_inputs: int, body: Body
) -> Facts:
    """Batched: axis 0 is the batch, axis 1 of a scanned input its sequence."""
    states, scanned = _parted(initial_state_and_scan_inputs, num_scan_inputs)
    batch: Size | None = None
    length: Size | None = None
    for fact in (*states, *scanned):
        if fact.shape:
            batch = agree(batch, fact.shape[0], "the batches")
    for fact in scanned:
        if fact.shape is not None and len(fact.shape) > 1:
            length = agree(length, fact.shape[1], "the lengths of the sequences")
    inner = tuple(_without(fact, 0) for fact in states)
    rows = tuple(_without(_without(fact, 0), 0) for fact in scanned)
    certain = isinstance(length, int) and length > 0 and sequence_lens is None
    outputs = _stable(lambda state: body(*state, *rows, tentative=not certain), inner, body, 0)
    final = _final(inner, outputs, body, certain)
    return (
        *(_stacked(fact, batch, 0, body) for fact in final),
        *(_stacked(_stacked(fact, length, 0, body), batch, 0, body) for fact in outputs[len(states) :]),
    )


@op("Scan", since=9)
def scan(
    *initial_state_and_scan_inputs: Fact,
    num_scan_inputs: int,
    body: Body,
    scan_input_axes: tuple[int, ...] | None = None,
    scan_output_axes: tuple[int, ...] | None = None,
) -> Facts:
    """https://onnx.ai/onnx/operators/onnx__Scan.html"""
    states, scanned = _parted(initial_state_and_scan_inputs, num_scan_inputs)
    rows, length = [], None
    for fact, axis in zip(scanned, scan_input_axes or (0,) * len(scanned), strict=False):
        if fact.shape is not None:
            at = axis_of(axis, len(fact.shape), "scan_input_axes")
            length = agree(length, fact.shape[at], "the lengths of the sequences")
            fact = _without(fact, at)
        rows.append(fact if fact.shape is not None else fact.unknown())
    certain = isinstance(length, int) and length > 0
    outputs = _stable(lambda state: body(*state, *rows, tentative=not certain), states, body, 0)
    stacks = outputs[len(states) :]
    axes = scan_output_axes or (0,) * len(stacks)
    if len(axes) != len(stacks):
        raise ShapeError(
            f"scan_output_axes has {len(axes)} numbers for {len(stacks)} outputs", attribute="scan_output_axes"
        )
    return (
        *_final(states, outputs, body, certain),
        *(_stacked(fact, length, axis, body) for fact, axis in zip(stacks, axes, strict=True)),
    )


def _parted(facts: Sequence[Fact], scanned: int) -> tuple[Facts, Facts]:
    states = len(facts) - scanned
    if states < 0 or scanned < 1:
        raise ShapeError(f"num_scan_inputs is {scanned}, of {len(facts)} inputs", attribute="num_scan_inputs")
    return tuple(facts[:states]), tuple(facts[states:])


def _without(x: Fact, axis: int) -> Fact:
    """One slice of ``x`` along an axis."""
    if x.shape is None:
        return x.unknown()
    if axis >= len(x.shape):
        raise ShapeError(f"{show(x.shape)} has too few axes to run along")
    return x._replace(shape=x.shape[:axis] + x.shape[axis + 1 :], elements=None)


# Facts that hold for every iteration


def _stable(run: Callable[[Facts], Facts], state: Facts, body: Body, first: int) -> Facts:
    """What the body answers to facts that all iterations share; what it carries on stands from ``first`` on."""
    for _ in range(_PASSES):
        outputs = run(state)
        wider = tuple(
            _wider(old, new, body, i) for i, (old, new) in enumerate(zip(state, outputs[first:], strict=False))
        )
        if len(wider) < len(state):
            raise ShapeError(f"the body has {len(outputs)} outputs, too few to carry {len(state)}")
        if wider == state:
            return outputs
        state = wider
    return run(tuple(Fact() for _ in state))


def _wider(old: Fact, new: Fact, body: Body, index: int) -> Fact:
    """`_either`, for the next pass: a size that changes is one of its own in each iteration."""
    both = _either(old, new)
    path = _path(body)
    if both.shape is None or not path:
        return both
    names = (named(f"{path}/carried {index}[{axis}]") for axis in range(len(both.shape)))
    return both._replace(shape=tuple(n if size is None else size for size, n in zip(both.shape, names, strict=True)))


def _final(initial: Facts, outputs: Facts, body: Body, certain: bool) -> Facts:
    """What is carried out: of the last iteration, or, if perhaps none ran, of that or what went in."""
    last = (_outside(fact, body) for fact in outputs[: len(initial)])
    return tuple(last) if certain else tuple(map(_either, initial, last))


def _stacked(x: Fact, count: Size | None, axis: int, body: Body) -> Fact:
    """The results of all iterations along a new axis."""
    x = _outside(x, body)
    if x.shape is None:
        return x._replace(elements=None)
    at = axis_of(axis, len(x.shape) + 1, "scan_output_axes")
    return x._replace(shape=(*x.shape[:at], count, *x.shape[at:]), elements=None)


def _outside(x: Fact, body: Body) -> Fact:
    """``x`` without the sizes that only one iteration knows."""
    if x.shape is None:
        return x
    shape: Shape = tuple(None if _inside(size, body) else size for size in x.shape)
    elements = x.elements and tuple(None if _inside(e, body) else e for e in x.elements)
    return x._replace(shape=shape, elements=elements)


def _inside(size: Element, body: Body) -> bool:
    if not isinstance(size, Dim):
        return False
    within = f"{_path(body)}/"
    return any(name.startswith(within) if len(within) > 1 else within in name for name in size.names)


def _path(body: Body) -> str:
    """Names that the body gives start with its path; where that is not known, any with a slash may be one."""
    path = getattr(body, "path", "")
    return path if isinstance(path, str) else ""


def _either(a: Fact, b: Fact) -> Fact:
    """What is true of both."""
    dtype = a.dtype if a.dtype == b.dtype else None
    declared = a.declared or b.declared
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        return Fact(dtype, None, None, declared)
    shape: Shape = tuple(
        x if x is not None and y is not None and (x == y or same(x, y)) else None
        for x, y in zip(a.shape, b.shape, strict=True)
    )
    elements = None
    if a.elements is not None and b.elements is not None and len(a.elements) == len(b.elements) and dtype is not None:
        elements = tuple(x if x == y else None for x, y in zip(a.elements, b.elements, strict=True))
    return Fact(dtype, shape, elements, declared)


# Sequences


@op("SequenceConstruct", since=11)
def sequence_construct(*inputs: Fact) -> Fact:
    return Fact()


@op("SequenceEmpty", since=11)
def sequence_empty() -> Fact:
    return Fact()


@op("SequenceInsert", since=11)
def sequence_insert(input_sequence: Fact, tensor: Fact, position: Fact | None = None) -> Fact:
    return Fact()


@op("SequenceErase", since=11)
def sequence_erase(input_sequence: Fact, position: Fact | None = None) -> Fact:
    return Fact()


@op("SplitToSequence", since=11)
def split_to_sequence(input: Fact, split: Fact | None = None) -> Fact:
    return Fact()


@op("SequenceLength", since=11)
def sequence_length(input_sequence: Fact) -> Fact:
    return Fact(_INT64, ())


@op("OptionalHasElement", since=15)
def optional_has_element_15(input: Fact) -> Fact:
    return Fact(_BOOL, ())


@op("OptionalHasElement", since=18)
def optional_has_element(input: Fact | None = None) -> Fact:
    return Fact(_BOOL, ())
