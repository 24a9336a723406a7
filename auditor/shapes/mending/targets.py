"""What people get wrong of the sizes that a Reshape, a Resize or an Expand is given as values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from ...model.dtypes import DType
from ..fact import Element, Fact, Shape, show
from ..facts import Facts
from ..sizes.dim import Dim, divide_exact, product
from ..troubles import At
from .edits import SetAttribute, SetValues
from .proposal import Proposal, shape_of


def values_at(facts: Facts, at: At, position: int) -> tuple[Fact, tuple[Element, ...]] | None:
    """The values of an input that hangs on nothing that a caller gives."""
    node = facts.node(at)
    name = node.inputs[position] if position < len(node.inputs) else ""
    fact = facts.at(name, at.graph) if name and facts.fixed(name, at.graph) else None
    return None if fact is None or not fact.elements else (fact, fact.elements)


def reshaped(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """Another target of a Reshape: the batch kept, one size that follows from the rest, sizes in another order."""
    node, label = facts.node(at), facts.label(at)
    known, shape = values_at(facts, at, 1), shape_of(facts, at)
    if node.op_type != "Reshape" or known is None or shape is None or None in shape:
        return
    now = tuple(v for v in known[1] if isinstance(v, int))
    if len(now) != len(known[1]):
        return
    whole = product(s for s in shape if s is not None)
    tried: dict[tuple[int, ...], float] = {}

    def propose(target: tuple[int, ...], cost: float) -> None:
        if target != now and target.count(-1) < 2 and cost < tried.get(target, 99.0):
            tried[target] = cost

    lead = shape[0] if shape else None
    if now[0] > 0:
        propose((0, *now[1:]), 1.8 if lead != now[0] else 4.0)
        propose((-1, *now[1:]), 2.2 if lead != now[0] else 4.2)
        propose((0, *(-1 if s == max(now[1:], default=0) else s for s in now[1:])), 4.5)
    if now[0] == -1:
        for i, size in enumerate(now[1:], 1):
            if size > 0:
                propose((0, *now[1:i], -1, *now[i + 1 :]), 3.8)
                if isinstance(lead, int) and len(now) == 2:
                    propose((lead, -1), 5.0)
        rest = divide_exact(whole, lead) if lead is not None else None
        if len(now) == 2 and isinstance(rest, int):
            propose((-1, rest), 3.5)
    if now[0] == 0 and len(now) > 1:
        propose((-1, *now[1:]), 4.5)
    for i, size in enumerate(now):
        if size == 0:
            continue
        kept = [shape[k] if s == 0 and k < len(shape) else s for k, s in enumerate(now) if k != i and s != -1]
        part = product(s for s in kept if s is not None)
        exact = divide_exact(whole, part) if -1 not in (*now[:i], *now[i + 1 :]) and part != 0 else None
        if isinstance(exact, int):
            propose((*now[:i], exact, *now[i + 1 :]), 3.0 if i else 3.4)
        propose((*now[:i], -1, *now[i + 1 :]), 3.2 if size != -1 and i else 3.6)
    if len(now) <= 4:
        for order in permutations(now):
            propose(order, 6.0 + (order[0] != now[0]))
    for target, cost in tried.items():
        cause = f"the shape of {label} is {list(now)}; all fits with {list(target)}"
        yield Proposal(SetValues(at, 1, target), at, cause, cost + min(1.0, far * 0.05), attribute="shape")


def factors(facts: Facts, at: At, far: int, wanted: int | None) -> Iterator[Proposal]:
    """A flattening Reshape whose row is not what the dense layer behind takes."""
    known, shape = values_at(facts, at, 1), shape_of(facts, at)
    if facts.node(at).op_type != "Reshape" or known is None or shape is None or wanted is None or len(known[1]) != 2:
        return
    now = known[1]
    for lead in dict.fromkeys((now[0], 0, -1)):
        if isinstance(lead, int) and (lead, wanted) != now:
            cause = f"the shape of {facts.label(at)} is {show(tuple(s for s in now if isinstance(s, int)))}"
            yield Proposal(SetValues(at, 1, (lead, wanted)), at, cause, 3.3 + far * 0.05, attribute="shape")


def resampled(facts: Facts, at: At, far: int, met: frozenset[tuple[int, ...]]) -> Iterator[Proposal]:
    """A Resize of the batch or the channels, or to another height and width; ``met``: those of the ways it meets."""
    node, label = facts.node(at), facts.label(at)
    shape = shape_of(facts, at)
    if node.op_type not in ("Resize", "Upsample") or shape is None or len(shape) < 3:
        return
    if "axes" in node.attributes:
        yield from _other_axes(facts, at, far)
        return
    yield from _joined_sizes(facts, at, far)
    if node.op_type == "Upsample" and isinstance(node.attributes.get("scales"), tuple):
        yield from _old_upsample(facts, at, far)
        return
    for position, name in enumerate(node.inputs[1:], 1):
        known = values_at(facts, at, position)
        if known is None or len(known[1]) != len(shape) or not name:
            continue
        fact, values = known
        by_sizes = fact.dtype == DType.INT64
        word = "sizes" if by_sizes else "scales"
        kept = shape[:2] if by_sizes else (1.0, 1.0)
        cause = f"{_made_of_channels(facts, at, shape)} ({word}[1] = {_number(values[1])})"
        tried: dict[tuple[Element, ...], float] = {}
        last = (values[0], values[-1], *values[1:-1])  # as for channels last
        for wanted, cost in ((last, 2.4 if last[:2] == kept else 2.5), ((*kept, *values[2:]), 2.5)):
            if values[:2] != kept and wanted != values and not any(v is None or isinstance(v, Dim) for v in wanted):
                tried[wanted] = cost
        for wanted in tried:
            shown = ", ".join(map(_number, wanted))
            fix = f"set {word}[1] of {label} to {_number(wanted[1])} ({word} [{shown}])"
            yield Proposal(
                SetValues(at, position, wanted), at, cause, tried[wanted] + min(1.0, far * 0.05), fix, name, word
            )
        said = f"{word} of {label} is [{', '.join(map(_number, values))}]"
        for spatial, cost in _spatial(facts, at, shape[2:], values[2:], met, by_sizes=by_sizes):
            wanted = (*values[:2], *spatial)
            if wanted != values:
                yield Proposal(SetValues(at, position, wanted), at, said, cost + min(1.0, far * 0.05), "", "", word)


def _made_of_channels(facts: Facts, at: At, shape: Shape) -> str:
    made = facts.at(facts.node(at).outputs[0], at.graph)
    out = made.shape[1] if made is not None and made.shape is not None else None
    return f"{facts.label(at)} makes {out} of {shape[1]} channels"


def _other_axes(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """A Resize along axes of which one is the batch or the channels: along the last ones."""
    node, shape = facts.node(at), shape_of(facts, at) or ()
    given = node.attributes.get("axes")
    axes = tuple(a for a in given if isinstance(a, int)) if isinstance(given, tuple) else ()
    if not 0 < len(axes) <= len(shape) - 2:
        return
    wanted = tuple(range(len(shape) - len(axes), len(shape)))
    if any(a % len(shape) < 2 for a in axes):
        cause = f"{_made_of_channels(facts, at, shape)} (axes = {show(axes)})"
        yield Proposal(SetAttribute(at, "axes", wanted), at, cause, 2.5 + min(1.0, far * 0.05), attribute="axes")


def _joined_sizes(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """Sizes that a Concat joins, with a stored number for the channels that is another one."""
    node, shape = facts.node(at), shape_of(facts, at) or ()
    name = node.inputs[3] if len(node.inputs) > 3 else ""
    maker = facts.producer(name, at.graph) if name and not facts.fixed(name, at.graph) else None
    if maker is None or facts.node(maker).op_type != "Concat" or not isinstance(shape[1], int):
        return
    begin = 0
    for position, part in enumerate(facts.node(maker).inputs):
        fact, known = facts.at(part, maker.graph), values_at(facts, maker, position)
        length = fact.shape[0] if fact is not None and fact.shape else None
        if not isinstance(length, int):
            return
        if known is not None and begin <= 1 < begin + length and known[1][1 - begin] != shape[1]:
            i = 1 - begin
            wanted = (*known[1][:i], shape[1], *known[1][i + 1 :])
            cause = f"{_made_of_channels(facts, at, shape)} (sizes[1] = {_number(known[1][i])}, from {part})"
            fix = f"set sizes[1] of {facts.label(at)} to {shape[1]}, which comes from {part}"
            yield Proposal(
                SetValues(maker, position, wanted), at, cause, 2.5 + min(1.0, far * 0.05), fix, part, "sizes"
            )
        begin += length


def _spatial(
    facts: Facts, at: At, shape: tuple[object, ...], now: tuple[Element, ...], met: frozenset[tuple[int, ...]], *,
    by_sizes: bool,
) -> Iterator[tuple[tuple[Element, ...], float]]:  # fmt: skip
    """Heights and widths, as sizes or scales: those that are met, those of other Resizes, and doubled."""
    if not all(isinstance(s, int) for s in shape):
        sizes: tuple[int, ...] = ()
    else:
        sizes = tuple(s for s in shape if isinstance(s, int))
    habits = _scales(facts, at)
    if by_sizes:
        for wanted in met:
            if sizes and len(wanted) == len(sizes):
                yield wanted, 3.4 if wanted == tuple(2 * s for s in sizes) else 4.0
        for factor in (2, 4, 3, 1):
            if sizes:
                yield tuple(factor * s for s in sizes), 3.6 + (factor != 2)
        return
    for scale in (2.0, 4.0, 0.5, 3.0, 8.0, 1.0):
        usual = (scale,) * len(now)
        yield usual, (3.2 if scale == 2.0 else 4.4) - (usual in habits)
    for other in habits:
        yield other, 3.2
    for wanted in met:
        if sizes and len(wanted) == len(sizes) and all(sizes):
            by = tuple(w / s for w, s in zip(wanted, sizes, strict=True))
            yield by, 4.4 if all(2 * b == int(2 * b) for b in by) else 7.5


def _scales(facts: Facts, at: At) -> set[tuple[Element, ...]]:
    """How much the other Resizes enlarge."""
    found: set[tuple[Element, ...]] = set()
    visited = facts.graphs[at.graph]
    for index in visited.entries:
        if visited.nodes[index].op_type in ("Resize", "Upsample") and index != at.index:
            for position in range(1, len(visited.nodes[index].inputs)):
                known = values_at(facts, At(at.graph, index), position)
                if known is not None and known[0].dtype != DType.INT64:
                    found.add(known[1][2:])
    return found


def _old_upsample(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    now = facts.node(at).attributes["scales"]
    if isinstance(now, tuple) and len(now) > 2:
        for factor in (2.0, 4.0, 1.0):
            wanted = (1.0, 1.0, *(factor for _ in now[2:]))
            if wanted != now:
                cause = f"scales of {facts.label(at)} is [{', '.join(map(_number, now))}]"
                yield Proposal(SetAttribute(at, "scales", wanted), at, cause, 3.5 + far * 0.05, attribute="scales")


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
