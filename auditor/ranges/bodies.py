"""What comes out of nodes that run a body: a function's, a branch, what a Loop or a Scan does again and again.

Whatever is carried from one time to the next lies within an interval that one more time does not leave: it grows until
that is so, by what comes first, then to the end of its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from math import isnan
from typing import TYPE_CHECKING

from ..model.graph import Function, Graph, Node
from .known import Both, Known, assumed_finite, finite, hull, known, together, whole

if TYPE_CHECKING:
    from .walk import Place, RangeWalk

_DEPTH = 8
_TIMES = 3
"""How often a body is walked with what came of it, before an end that still grows is taken to be its type's."""

_MOST_TIMES = 12

_INT64 = 7
_BOOL = 9


def called(walk: RangeWalk, node: Node, index: int, place: Place, function: Function) -> list[Both | None]:
    """A function's body, for these inputs."""
    body = walk.body_of(index, place.path)
    if not body or place.depth >= _DEPTH:
        return []
    inside = {
        name: walk.value(given, place) or walk.anew(whole(None))
        for name, given in zip(function.inputs, node.inputs, strict=False)
    }
    below = place.below(body, inside, function.opsets)
    for i, inner in enumerate(function.nodes):
        if all(name in inside or not name or walk.has_constant(name, body) for name in inner.inputs):
            walk.node(inner, i, below)
    return [inside.get(name) for name in function.outputs]


def branches(walk: RangeWalk, node: Node, index: int, place: Place) -> list[Both | None]:
    """What both branches may give; of a condition that is always the same, the one that runs."""
    condition = walk.value(node.inputs[0], place) if node.inputs else None
    bodies = [node.attributes.get(name) for name in ("then_branch", "else_branch")]
    if condition is None or place.depth >= _DEPTH or not all(isinstance(body, Graph) for body in bodies):
        return []
    runs = (True, True)
    if condition.sound.constant and condition.sound.low.size:
        chosen = condition.sound.least != 0
        runs = (chosen, not chosen)
        if not place.path:
            walk.decided[index] = chosen
    ends: list[list[Both | None]] = []
    for name, body, run in zip(("then_branch", "else_branch"), bodies, runs, strict=True):
        if run:
            assert isinstance(body, Graph)
            below = place.below(_path(place, node, index, name), dict(place.scope))
            with _perhaps(walk, always=not all(runs)):
                walk.graph(body, below)
            ends.append([walk.value(v.name, below) for v in body.outputs])
    return [_either(list(several)) for several in zip(*ends, strict=False)]


def repeated(walk: RangeWalk, node: Node, index: int, place: Place) -> list[Both | None]:
    """A Loop's or a Scan's outputs: what is carried, and what each time gives."""
    body = node.attributes.get("body")
    if not isinstance(body, Graph) or place.depth >= _DEPTH:
        return []
    given = [walk.value(name, place) for name in node.inputs]
    path = _path(place, node, index, "body")
    if node.op_type == "Loop":
        trips = given[0].sound.most if given and given[0] is not None else 2.0**63
        before = [known(_INT64, 0.0, max(trips - 1, 0.0)), known(_BOOL, 0.0, 1.0)]
        states, rows, ahead = given[2:], [], 1
    else:
        scanned = node.attributes.get("num_scan_inputs")
        if not isinstance(scanned, int) or not 0 <= scanned <= len(given):
            return []
        if place.opsets.get("", 1) < 9:
            given = given[1:]  # the lengths of the sequences
        before, ahead = [], 0
        states, rows = given[: len(given) - scanned], given[len(given) - scanned :]
    if len(body.inputs) != len(before) + len(states) + len(rows) or len(body.outputs) < ahead + len(states):
        return []
    names = [value.name for value in body.inputs]
    dtypes = [walk.dtype(name, path) for name in names]
    carried = [_loose(one, dtype) for one, dtype in zip(states, dtypes[len(before) :], strict=False)]
    others = [_loose(one, dtype) for one, dtype in zip(rows, dtypes[len(dtypes) - len(rows) :], strict=True)]
    known_before = len(walk.starts)
    for time in count():  # what may be anything grows no more
        del walk.starts[known_before:]  # what is carried was not yet all that it can be
        both = [*(Both(one, one) for one in before), *carried, *others]
        inside = dict(place.scope) | {name: walk.renewed(one) for name, one in zip(names, both, strict=True)}
        below = place.below(path, inside)
        with _perhaps(walk, always=False):
            walk.graph(body, below)
        made = [_loose(walk.value(v.name, below), walk.dtype(v.name, path)) for v in body.outputs[ahead:]]
        grown = [_grown(one, new, widest=time >= _TIMES) for one, new in zip(carried, made, strict=False)]
        if all(_equal(one, other) for one, other in zip(grown, carried, strict=True)):
            break
        carried = grown if time < _MOST_TIMES else [_loose(None, one.sound.dtype) for one in carried]
    return [walk.renewed(one) for one in (*carried, *made[len(carried) :])]


@contextmanager
def _perhaps(walk: RangeWalk, *, always: bool) -> Iterator[None]:
    """What is walked in here runs whenever what is around it does, or perhaps not at all."""
    before = walk.certain
    walk.certain = before and always
    try:
        yield
    finally:
        walk.certain = before


def _path(place: Place, node: Node, index: int, name: str) -> str:
    label = node.name or f"{node.op_type}[{index}]"
    return f"{place.path}/{label}/{name}" if place.path else f"{label}/{name}"


def _loose(one: Both | None, dtype: int | None) -> Both:
    """One interval for all elements: each time has others, and perhaps another shape."""
    if one is None:
        return Both(whole(dtype), finite(dtype))
    sound = together(one.sound)
    if isnan(sound.least) or isnan(sound.most):
        return Both(whole(dtype), finite(dtype))
    return Both(sound, sound) if one.same else Both(sound, together(one.assumed))


def _grown(one: Both, new: Both, *, widest: bool) -> Both:
    """What holds of both; where that is more, and ``widest``, all that the type holds on that side."""
    sound = _wider(one.sound, new.sound, widest=widest)
    if sound.finite:
        return Both(sound, sound)
    return Both(sound, _wider(one.assumed, assumed_finite(new.assumed), widest=widest))


def _wider(one: Known, new: Known, *, widest: bool) -> Known:
    joint = hull(one, new)
    if not widest:
        return joint
    all_of_it = whole(one.dtype) if not joint.finite else finite(one.dtype)
    low = one.least if joint.least >= one.least else all_of_it.least
    high = one.most if joint.most <= one.most else all_of_it.most
    return known(one.dtype, low, high, joint.nan)


def _equal(one: Both, other: Both) -> bool:
    return all(
        (x.least, x.most, x.nan) == (y.least, y.most, y.nan)
        for x, y in ((one.sound, other.sound), (one.assumed, other.assumed))
    )


def _either(several: Sequence[Both | None]) -> Both | None:
    both = [one for one in several if one is not None]
    if len(both) < len(several):
        return None
    if len(both) == 1:
        return both[0]
    sound = hull(*(one.sound for one in both))
    return Both(sound, sound) if sound.finite else Both(sound, hull(*(one.assumed for one in both)))
