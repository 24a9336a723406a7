"""Operators with graphs inside, which arrive as functions on facts.

A body that runs several times is asked until the facts that it carries are stable: what one iteration changes is
unknown from then on, so the last question holds for every iteration. A size that a body gave a name of its own is
another one each time, so such names never leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from ...model.dtypes import DType, name_of
from ..fact import MOST_ELEMENTS, Body, Element, Fact, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Dim, Size, greatest, named
from .checks import agree, axis_of, one_number
from .joins import either, without_names

_INT64 = DType.INT64.value
_BOOL = DType.BOOL.value
_COUNTS = frozenset({DType.INT32.value, DType.INT64.value, DType.BOOL.value})
_ENDLESS = 1 << 62  # of a loop that its condition alone ends
_PASSES = 32  # of one body; each loses something, and a body rarely carries so much

Facts = tuple[Fact, ...]


@op("If")
def if_(cond: Fact, *, then_branch: Body, else_branch: Body) -> Facts:
    """A known condition takes its branch; else the answer is what both branches say."""
    one_number(cond, "cond")
    taken = cond.elements[0] if cond.elements else None
    if isinstance(taken, bool):
        return then_branch() if taken else else_branch()
    left, right = then_branch(tentative=True), else_branch(tentative=True)
    if len(left) != len(right):
        raise ShapeError(f"the branches have {len(left)} and {len(right)} outputs", attribute="else_branch")
    return tuple(map(either, left, right))


@op("Loop")
def loop(m: Fact | None = None, cond: Fact | None = None, *v_initial: Fact | None, body: Body) -> Facts:
    """https://onnx.ai/onnx/operators/onnx__Loop.html"""
    one_number(m, "m")
    one_number(cond, "cond")
    carried = tuple(fact or Fact() for fact in v_initial)
    trips, start = _trips(m), _starts(cond)
    never = start is False or (isinstance(trips, int) and trips <= 0)
    certain = start is True and not never and (m is None or isinstance(trips, int))
    # Both are scalars; onnxruntime makes the number of the shape that the body declares, and hands the condition on.
    number: Shape = (1,) if 0 in body.vectors else ()
    told: Shape = (1,) if (1 in body.vectors if cond is None else cond.shape == (1,)) else ()

    def step(go_on: tuple[Element, ...] | None) -> Callable[[Facts], Facts]:
        def run(state: Facts) -> Facts:
            outputs = body(Fact(_INT64, number), Fact(_BOOL, told, go_on), *state, tentative=not certain)
            if len(outputs) <= len(carried):
                raise ShapeError(f"the body has {len(outputs)} outputs, carries {len(carried)} and a condition")
            _check_types(carried, outputs[1:])
            return outputs

        return run

    # An iteration is only there while the condition holds. Without one, the body's input is unknown.
    outputs = _stable(step((True,)), carried, body, 1)
    steady = outputs[0].elements == (True,)
    if cond is None and not steady:
        outputs = _stable(step(None), carried, body, 1)
    if never:  # what shape a result has that never was, runtimes do not agree
        return *carried, *(fact.unknown() for fact in outputs[len(carried) + 1 :])
    length = trips if steady and start is True else None
    if start is True and any(map(_is_open, outputs)) and (cond is not None or steady):
        followed = _unrolled(body, carried, trips if m is not None else _ENDLESS, number, told)
        if followed is not None:
            return followed
    final = _final(carried, outputs[1:], body, certain)
    scanned = outputs[len(carried) + 1 :]
    if not certain and length is None:  # of perhaps no iteration, as above
        return *final, *(fact.unknown() for fact in scanned)
    return *final, *(_stacked(fact, length, 0, body) for fact in scanned)


def _is_open(x: Fact) -> bool:
    """Whether one iteration after the other may tell more: of a size, or of a number that may become one."""
    if x.shape is None or any(not isinstance(size, int) for size in x.shape):
        return True
    return x.dtype in _COUNTS and x.shape in ((), (1,)) and (x.elements is None or None in x.elements)


def _unrolled(body: Body, carried: Facts, trips: Size | None, number: Shape, told: Shape) -> Facts | None:
    """The iterations one by one, where it is known how many there are and they are few."""
    most = body.trips
    if not isinstance(trips, int) or (trips > most and trips != _ENDLESS):
        return None
    stacks: list[Facts] = []
    count, go_on = 0, True
    while go_on and count < trips:
        if count >= most:
            return None
        outputs = body(Fact(_INT64, number, (count,)), Fact(_BOOL, told, (True,)), *carried)
        if count == 0 and body.failed:
            return None
        again = outputs[0].elements[0] if outputs[0].elements else None
        if not isinstance(again, bool):
            return None
        go_on, count = again, count + 1
        carried = tuple(outside(fact, body) for fact in outputs[1 : len(carried) + 1])
        stacks.append(tuple(outside(fact, body) for fact in outputs[len(carried) + 1 :]))
    return *carried, *(_piled(facts, body) for facts in zip(*stacks, strict=True))


def _piled(facts: Facts, body: Body) -> Fact:
    """The results of known iterations along a new first axis, with their values."""
    joint = reduce(either, facts)
    pile = _stacked(joint, len(facts), 0, body)
    columns = [fact.elements for fact in facts if fact.elements is not None]
    if joint.shape is None or len(columns) < len(facts) or sum(map(len, columns)) > MOST_ELEMENTS:
        return pile
    return pile._replace(elements=tuple(element for column in columns for element in column))


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
    _check_types(inner, outputs)
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
    if scan_input_axes is not None and len(scan_input_axes) != len(scanned):
        raise ShapeError(
            f"scan_input_axes has {len(scan_input_axes)} numbers for {len(scanned)} scanned inputs",
            attribute="scan_input_axes",
        )
    rows, length = [], None
    for fact, axis in zip(scanned, scan_input_axes or (0,) * len(scanned), strict=False):
        if fact.shape is not None:
            at = axis_of(axis, len(fact.shape), "scan_input_axes")
            length = agree(length, fact.shape[at], "the lengths of the sequences")
            fact = _without(fact, at)
        rows.append(fact if fact.shape is not None else fact.unknown())
    certain = isinstance(length, int) and length > 0
    outputs = _stable(lambda state: body(*state, *rows, tentative=not certain), states, body, 0)
    _check_types(states, outputs)
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
    for number in range(_PASSES):
        outputs = run(state)
        if number == 0 and body.failed:  # no later iteration comes
            return tuple(fact._replace(declared=True) for fact in outputs)
        wider = tuple(
            _wider(old, new, body, i) for i, (old, new) in enumerate(zip(state, outputs[first:], strict=False))
        )
        if len(wider) < len(state):
            raise ShapeError(f"the body has {len(outputs)} outputs, too few to carry {len(state)}")
        if wider == state:
            return outputs
        state = wider
    return run(tuple(Fact() for _ in state))


def _check_types(initial: Facts, outputs: Facts) -> None:
    """What is carried on keeps its type. onnxruntime 1.32: "does not match existing output type"."""
    for index, (before, after) in enumerate(zip(initial, outputs, strict=False)):
        types = {before.dtype, after.dtype} - {None}
        if len(types) > 1 and not before.declared and not after.declared:
            was, is_ = (name_of(fact.dtype or 0) for fact in (before, after))
            raise ShapeError(f"carried value {index} goes into the body as {was} and comes out as {is_}")


def _wider(old: Fact, new: Fact, body: Body, index: int) -> Fact:
    """`either`, for the next pass: a size that changes is one of its own in each iteration."""
    both = either(old, outside(new, body))  # its own names mean another size in the next iteration
    path = body.path
    if both.shape is None or not path:
        return both
    names = (named(f"{path}/carried {index}[{axis}]") for axis in range(len(both.shape)))
    return both._replace(shape=tuple(n if size is None else size for size, n in zip(both.shape, names, strict=True)))


def _final(initial: Facts, outputs: Facts, body: Body, certain: bool) -> Facts:
    """What is carried out: of the last iteration, or, if perhaps none ran, of that or what went in."""
    last = (outside(fact, body) for fact in outputs[: len(initial)])
    return tuple(last) if certain else tuple(map(either, initial, last))


def _stacked(x: Fact, count: Size | None, axis: int, body: Body) -> Fact:
    """The results of all iterations along a new axis."""
    x = outside(x, body)
    if x.shape is None:
        return x._replace(elements=None)
    at = axis_of(axis, len(x.shape) + 1, "scan_output_axes")
    return x._replace(shape=(*x.shape[:at], count, *x.shape[at:]), elements=None)


def outside(x: Fact, body: Body) -> Fact:
    """``x`` without the sizes that only one iteration knows."""
    return without_names(x, body.path)
