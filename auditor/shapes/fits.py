"""The input sizes under which a parameter would fit: the answer to the first dense layer's question.

The misfit's condition is worked out once with the spatial sizes as names; its solutions up to `BOUND` are tried, and
those at the ends of each range are walked through with numbers, so that no range is reported that was not seen to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from ..report import Fit
from ..tuples import NamedTuple
from .conditions import Condition, conditions, joins, names_of, needed, of_one_name, test_of
from .dense import rows
from .fact import Exact, Shape
from .facts import Facts
from .sizes.dim import Size, TooComplex, named
from .troubles import At, Impossible, Misfit, Open
from .visits import OutOfBudget

BOUND = 4096
"""The largest input size that is tried."""

MOST_WALKED = 100_000
"""Nodes that one search may walk through, or the model `_LEAST` times; a search that ends early tells nothing."""

_LEAST = 64

_MOVING = "size"

_FEW = 8
"""Stretches of sizes that are walked through one by one; of more (every fourth size) the first and the last."""

_WINDOWS = frozenset({"Conv", "MaxPool", "AveragePool", "LpPool", "ConvInteger", "QLinearConv", "DeformConv"})
"""Operators of which nothing is left, or nobody knows what, where the window is larger than the data."""

_Asked: TypeAlias = Callable[[Facts], list[Condition] | None]
"""What must hold under some facts; None: nobody knows."""


def solve(facts: Facts, at: At, parameter: str) -> tuple[Fit, ...]:
    """Where the parameter of that node would fit: all moving axes together first, then each alone.

    Of a Reshape: where a row is one image.

    Axes move that the condition hangs on; an input's leading axis (its batch) stays. An empty result: not found out.
    """
    return _solve(facts, [at], lambda now: _condition(now, at, parameter), _axes(facts, at, parameter))


class Meeting(NamedTuple):
    """Where ways meet, and the sizes at which they agree; ``each``: of each axis for itself."""

    places: tuple[At, ...]
    fits: tuple[Fit, ...]
    each: bool


def meeting(facts: Facts, *, free_all: bool) -> Meeting:
    """Where ways meet that agree for some sizes only, and the sizes at which they all do.

    The batch stays; ``free_all``: the other sizes are taken as open, whatever they are now.
    """
    free = facts.rebind(_freed(facts, all_sizes=free_all))
    places = tuple(joins(free))
    if not places:
        return Meeting((), (), False)

    def asked(now: Facts) -> list[Condition] | None:
        found: list[Condition] = []
        for place in places:
            here = conditions(now, place)
            if here is None:
                return None
            found += [c._replace(free=()) for c in here]  # that a 1 is stretched is not what was meant
        return found

    meet = [c for place in places for c in conditions(free, place) or () if of_one_name(c)]
    each = all(len(c.names) == 1 for c in meet)
    return Meeting(places, _solve(facts, places, asked, _hanging(facts, meet), apart=each), each)


def _solve(
    facts: Facts, places: Sequence[At], asked: _Asked, axes: list[tuple[str, int]], *, apart: bool = False
) -> tuple[Fit, ...]:
    """``apart``: no condition speaks of two axes, so that they may be moved as one though they differ now."""
    try:
        return tuple(_found(facts, places, asked, axes, apart=apart))
    except OutOfBudget:
        return ()


def _found(
    facts: Facts, places: Sequence[At], asked: _Asked, axes: list[tuple[str, int]], *, apart: bool
) -> Iterator[Fit]:
    if not axes:
        return
    walks = iter(range(max(_LEAST, MOST_WALKED // max(1, facts.nodes_walked))))
    together = list(axes) if apart and len(axes) > 1 else _together(facts, axes)
    for moving in (
        *([together] if together else []),
        *([[axis] for axis in axes] if len(axes) > 1 or not together else []),
    ):
        if len(moving) == 1 and not _settled(facts, [a for a in axes if a not in moving]):
            continue
        sizes = _sizes(facts, places, asked, moving, walks)
        if sizes is not None:
            yield Fit(tuple(f"{name}[{i}]" for name, i in moving), tuple(_ranges(sizes)))


def _freed(facts: Facts, *, all_sizes: bool = True) -> dict[str, Shape]:
    """The shapes of the inputs with every size of an image as a name, or every open one, but for the batch."""
    return {
        name: tuple(
            named(f"{name}[{i}]") if i and (all_sizes or not isinstance(size, int)) else size
            for i, size in enumerate(fact.shape)
        )
        for name, fact in facts.inputs.items()
        if fact.shape is not None and len(fact.shape) > 2
    }


def _axes(facts: Facts, at: At, parameter: str) -> list[tuple[str, int]]:
    """The axes of the graph's inputs on which the condition hangs."""
    return _hanging(facts, _condition(facts.rebind(_freed(facts)), at, parameter) or ())


def _hanging(facts: Facts, asked: Sequence[Condition]) -> list[tuple[str, int]]:
    """The axes of the graph's inputs of which conditions speak, where those are freed."""
    named_axes = {f"{name}[{i}]": (name, i) for name, fact in facts.inputs.items() for i in range(1, fact.rank or 0)}
    names = {n for condition in asked for n in condition.names}
    hangs = [axis for label, axis in named_axes.items() if label in names]
    # Where all three axes of an image count, the first of them are its channels: nobody chooses those.
    images = {name for name, _ in hangs if {(name, i) for i in (1, 2, 3)} <= set(hangs)}
    return [(name, i) for name, i in hangs if i > 1 or name not in images]


def _condition(facts: Facts, at: At, parameter: str) -> list[Condition] | None:
    """What must hold; nothing where the parameter fits whatever the sizes are; None: nobody knows."""
    if facts.node(at).op_type == "Reshape":
        flat = rows(facts, at)
        return None if flat is None else [Condition(flat.image, flat.row)] if flat.image != flat.row else []
    for case in (*facts.open, *facts.troubles):
        match case:
            case (
                Open(at=place, parameter=name, expected=Exact() as expected, actual=actual)
                | Misfit(at=place, parameter=name, expected=Exact() as expected, actual=actual)
            ) if place == at and name == parameter:
                return needed(expected, actual)
            case Impossible(at=place) if place == at:
                return None
            case _:
                continue
    return []


def _together(facts: Facts, axes: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The axes, if they are now equal or open and so may move as one."""
    sizes = {_size(facts, axis) for axis in axes}
    numbers = {s for s in sizes if isinstance(s, int)}
    return list(axes) if len(axes) > 1 and len(numbers) <= 1 else []


def _size(facts: Facts, axis: tuple[str, int]) -> Size | None:
    shape = facts.inputs[axis[0]].shape
    return None if shape is None else shape[axis[1]]


def _settled(facts: Facts, axes: Sequence[tuple[str, int]]) -> bool:
    return all(isinstance(_size(facts, axis), int) for axis in axes)


def _moved(facts: Facts, moving: Sequence[tuple[str, int]], size: Size) -> Mapping[str, Shape]:
    """The shapes of the inputs with some axes at this size."""
    shapes = {}
    for name in {name for name, _ in moving}:
        shape = facts.inputs[name].shape or ()
        shapes[name] = tuple(size if (name, i) in moving else s for i, s in enumerate(shape))
    return shapes


def _sizes(
    facts: Facts, places: Sequence[At], asked: _Asked, moving: Sequence[tuple[str, int]], walks: Iterator[int]
) -> list[int] | None:
    """All sizes up to `BOUND` that fit, in order; None: the walks that are left, or knowledge, did not suffice."""
    try:
        condition = asked(facts.rebind(_moved(facts, moving, named(_MOVING))))
        if condition is None or any(c.names - {_MOVING} for c in condition):
            return None
        candidates = solutions(condition, _MOVING)
    except (TooComplex, ZeroDivisionError):
        return None
    # A size too small for some window solves the polynomial and runs nowhere: trim both ends of each run by walking.
    verified: dict[int, bool] = {}

    def runs(size: int) -> bool:
        if size not in verified:
            now, last = facts.rebind(_moved(facts, moving, size)), places[-1]
            broken = any(isinstance(t, Misfit | Impossible) and _before(t.at, last) for t in now.troubles)
            verified[size] = not broken and not any(_empty(now, name, last.graph) for name in _seen(now, last))
        return verified[size]

    kept: list[int] = []
    stretches = _runs(candidates)
    for run in stretches if len(stretches) <= _FEW else [candidates]:
        while run and not runs(run[0]):
            run.pop(0)
            if next(walks, None) is None:
                return None
        while run and not runs(run[-1]):
            run.pop()
            if next(walks, None) is None:
                return None
        kept += run
    return kept


def _seen(facts: Facts, last: At) -> Iterator[str]:
    """What arrives at the node, and what windows before it give."""
    visited = facts.graphs[last.graph]
    yield from facts.node(last).inputs
    for index in visited.entries:
        node = visited.nodes[index]
        if index < last.index and node.op_type in _WINDOWS:
            yield node.outputs[0]


def _empty(facts: Facts, name: str, graph: str) -> bool:
    """Whether nothing is left of a tensor, or nobody can say how much: sizes are told for which something comes out."""
    fact = facts.at(name, graph) if name else None
    if fact is None or fact.shape is None or facts.fixed(name, graph):
        return False
    chosen = {n for f in facts.inputs.values() for s in f.shape or () for n in names_of(s)}
    return any(size == 0 or names_of(size) - chosen for size in fact.shape)


def solutions(condition: Sequence[Condition], name: str, most: int = BOUND) -> list[int]:
    """The numbers up to ``most`` that a name may be where all of it holds; it speaks of no other name."""
    found = list(range(1, most + 1))
    for one in dict.fromkeys(condition):
        found = list(filter(test_of(one, name), found))
    return found


def _before(place: At, at: At) -> bool:
    """Whether a trouble stands at the node or in front of it (in the same graph, in the order of the file)."""
    return place.graph != at.graph or place.index <= at.index


def _runs(sizes: Sequence[int]) -> list[list[int]]:
    """Stretches of neighbours."""
    found: list[list[int]] = []
    for s in sizes:
        if found and s == found[-1][-1] + 1:
            found[-1].append(s)
        else:
            found.append([s])
    return found


def _ranges(sizes: Sequence[int]) -> Iterator[tuple[int, int | None] | tuple[int, int | None, int]]:
    """Closed ranges; stretches of one length at equal distances become one range with a step for each of its sizes."""
    runs = _runs(sizes)
    steps = {b[0] - a[0] for a, b in pairwise(runs)}
    if len(runs) > 2 and len(steps) == 1 and {len(r) for r in runs[:-1]} == {len(runs[0])}:
        step, width = steps.pop(), len(runs[0])
        if len(runs[-1]) == width or (len(runs[-1]) < width and runs[-1][-1] == BOUND):
            for i in range(width):
                last = runs[-1][0] + i
                yield runs[0][0] + i, None if last + step > BOUND else last, step
            return
    for run in runs:
        yield run[0], None if run[-1] == BOUND else run[-1]
