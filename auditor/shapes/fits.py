"""The input sizes under which a parameter would fit: the answer to the first dense layer's question.

The misfit's condition is worked out once with the spatial sizes as names; its solutions up to `BOUND` are tried, and
those at the ends of each range are walked through with numbers, so that no range is reported that was not seen to run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ..report import Fit
from .dense import rows
from .fact import Exact, Shape
from .facts import Facts
from .sizes.dim import Dim, Size, TooComplex, evaluator, named
from .troubles import At, Impossible, Misfit, Open

BOUND = 4096
"""The largest input size that is tried."""

SECONDS = 1.5
"""How long one search may take; a search that ends early tells nothing."""

_MOVING = "size"


def solve(facts: Facts, at: At, parameter: str) -> tuple[Fit, ...]:
    """Where the parameter of that node would fit: all moving axes together first, then each alone.

    Of a Reshape: where a row is one image.

    Axes move that the condition hangs on; an input's leading axis (its batch) stays. An empty result: not found out.
    """
    axes = _axes(facts, at, parameter)
    if not axes:
        return ()
    deadline = time.monotonic() + SECONDS
    together = _together(facts, axes)
    found = []
    for moving in (
        *([together] if together else []),
        *([[axis] for axis in axes] if len(axes) > 1 or not together else []),
    ):
        if len(moving) == 1 and not _settled(facts, [a for a in axes if a not in moving]):
            continue
        sizes = _sizes(facts, at, parameter, moving, deadline)
        if sizes is None:
            continue
        found.append(Fit(tuple(f"{name}[{i}]" for name, i in moving), tuple(_ranges(sizes))))
    return tuple(found)


def _axes(facts: Facts, at: At, parameter: str) -> list[tuple[str, int]]:
    """The axes of the graph's inputs on which the condition hangs."""
    named_axes = {f"{name}[{i}]": (name, i) for name, fact in facts.inputs.items() for i in range(1, fact.rank or 0)}
    shapes = {
        name: tuple(named(f"{name}[{i}]") if i else size for i, size in enumerate(fact.shape))
        for name, fact in facts.inputs.items()
        if fact.shape is not None and len(fact.shape) > 2
    }
    condition = _condition(facts.rebind(shapes), at, parameter)
    names = {n for a, b in condition or () for n in (*_names(a), *_names(b))}
    hangs = [axis for label, axis in named_axes.items() if label in names]
    # Where all three axes of an image count, the first of them are its channels: nobody chooses those.
    images = {name for name, _ in hangs if {(name, i) for i in (1, 2, 3)} <= set(hangs)}
    return [(name, i) for name, i in hangs if i > 1 or name not in images]


def _names(size: Size) -> frozenset[str]:
    return size.names if isinstance(size, Dim) else frozenset()


def _condition(facts: Facts, at: At, parameter: str) -> list[tuple[Size, Size]] | None:
    """Pairs of sizes that must be equal; none where the parameter fits whatever the sizes are; None: nobody knows."""
    if facts.node(at).op_type == "Reshape":
        flat = rows(facts, at)
        return None if flat is None else [(flat.image, flat.row)] if flat.image != flat.row else []
    for case in (*facts.open, *facts.troubles):
        match case:
            case (
                Open(at=place, parameter=name, expected=Exact(shape=wanted), actual=actual)
                | Misfit(at=place, parameter=name, expected=Exact(shape=wanted), actual=actual)
            ) if place == at and name == parameter:
                if len(wanted) != len(actual):
                    return None
                return [
                    (w, a) for w, a in zip(wanted, actual, strict=True) if w is not None and a is not None and w != a
                ]
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
    facts: Facts, at: At, parameter: str, moving: Sequence[tuple[str, int]], deadline: float
) -> list[int] | None:
    """All sizes up to `BOUND` that fit, in order; None: time or knowledge did not suffice."""
    try:
        condition = _condition(facts.rebind(_moved(facts, moving, named(_MOVING))), at, parameter)
        if condition is None or any(_names(s) - {_MOVING} for pair in condition for s in pair):
            return None
        equations = [(evaluator(a, [_MOVING]), evaluator(b, [_MOVING])) for a, b in condition]
        candidates = [s for s in range(1, BOUND + 1) if all(a(s) == b(s) for a, b in equations)]
    except (TooComplex, ZeroDivisionError):
        return None
    # A size too small for some window solves the polynomial and runs nowhere: trim both ends of each run by walking.
    verified: dict[int, bool] = {}

    def runs(size: int) -> bool:
        if size not in verified:
            now = facts.rebind(_moved(facts, moving, size))
            verified[size] = not any(isinstance(t, Misfit | Impossible) and _before(t.at, at) for t in now.troubles)
        return verified[size]

    kept: list[int] = []
    for run in _runs(candidates):
        while run and not runs(run[0]):
            run.pop(0)
            if time.monotonic() > deadline:
                return None
        while run and not runs(run[-1]):
            run.pop()
            if time.monotonic() > deadline:
                return None
        kept += run
    return kept


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
    """Closed ranges; single sizes at equal distances become one range with a step."""
    runs = _runs(sizes)
    steps = {b[0] - a[0] for a, b in pairwise(runs)}
    if len(runs) > 2 and all(len(r) == 1 for r in runs) and len(steps) == 1:
        step = steps.pop()
        last = runs[-1][0]
        yield runs[0][0], None if last + step > BOUND else last, step
        return
    for run in runs:
        yield run[0], None if run[-1] == BOUND else run[-1]
