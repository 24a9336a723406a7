"""What must hold between the sizes at a node for it to run, as equations that can be solved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from ..tuples import NamedTuple
from .fact import BroadcastsTo, Need, Shape
from .facts import Facts
from .ops.checks import sizes_of
from .sizes.algebra import common_factors, without
from .sizes.dim import Dim, Size, evaluator, mod, product, same
from .troubles import At, Misfit, Open

STRETCHING = frozenset(
    {
        "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean", "And", "Or", "Xor", "Equal", "Greater",
        "Less", "GreaterOrEqual", "LessOrEqual", "Where", "BitwiseAnd", "BitwiseOr", "BitwiseXor",
        "BitShift",
    }
)  # fmt: skip
"""Operators whose inputs broadcast to one another."""


class Condition(NamedTuple):
    """Two sizes that must be equal, unless one of those in ``free`` is 1."""

    a: Size
    b: Size
    free: tuple[Size, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return names_of(self.a) | names_of(self.b)


def names_of(size: Size | None) -> frozenset[str]:
    return size.names if isinstance(size, Dim) else frozenset()


def conditions(facts: Facts, at: At) -> list[Condition] | None:
    """All that must hold at the node; None where that is not known of its operator, or not of these shapes."""
    node = facts.node(at)
    shapes = [(f.shape if (f := facts.at(n, at.graph)) is not None else None) for n in node.inputs if n]
    if node.domain:
        return None
    if node.op_type in STRETCHING:
        return _stretching(shapes)
    if node.op_type == "Concat":
        return _joined(shapes, node.attributes.get("axis"))
    if node.op_type == "Expand":
        target = facts.at(node.inputs[1], at.graph) if len(node.inputs) > 1 else None
        return None if target is None else _stretching([*shapes[:1], sizes_of(target)])
    if node.op_type == "Reshape":
        return _reshaped(facts, at)
    return needs(facts, at)


def needs(facts: Facts, at: At, parameter: str = "") -> list[Condition] | None:
    """What the node's parameters need, or one of them, so far as it is open or broken; None where they never fit."""
    found: list[Condition] = []
    for case in (*facts.open, *facts.troubles):
        if isinstance(case, Open | Misfit) and case.at == at and parameter in ("", case.parameter):
            pairs = needed(case.expected, case.actual)
            if pairs is None:
                return None
            found += pairs
    return found


def needed(expected: Need, actual: Shape) -> list[Condition] | None:
    """What a need asks of a shape; None where the ranks do not fit."""
    wanted = expected.shape
    if isinstance(expected, BroadcastsTo):
        if len(actual) > len(wanted):
            return None
        wanted = wanted[len(wanted) - len(actual) :]
        return [
            Condition(a, w, (a,) if isinstance(a, Dim) else ())
            for a, w in zip(actual, wanted, strict=True)
            if a is not None and w is not None and a != w and a != 1
        ]
    if len(wanted) != len(actual):
        return None
    return [Condition(w, a) for w, a in zip(wanted, actual, strict=True) if w is not None and a is not None and w != a]


def test_of(condition: Condition, name: str) -> Callable[[int], bool]:
    """A condition that speaks of one name, as a question of numbers."""
    a, b = evaluator(condition.a, [name]), evaluator(condition.b, [name])
    if not condition.free:
        return lambda size: a(size) == b(size)
    free = [evaluator(size, [name]) for size in condition.free]
    return lambda size: a(size) == b(size) or any(f(size) == 1 for f in free)


def _stretching(shapes: list[Shape | None]) -> list[Condition] | None:
    found = []
    for one, other in combinations(shapes, 2):
        if one is None or other is None:
            return None
        for a, b in zip(reversed(one), reversed(other), strict=False):
            if a is None or b is None:
                return None
            if a != b and 1 not in (a, b):
                found.append(Condition(a, b, tuple(s for s in (a, b) if isinstance(s, Dim))))
    return found


def _joined(shapes: list[Shape | None], axis: object) -> list[Condition] | None:
    first = shapes[0] if shapes else None
    if first is None or not isinstance(axis, int):
        return None
    found = []
    for shape in shapes[1:]:
        if shape is None or len(shape) != len(first):
            return None
        for i, (a, b) in enumerate(zip(first, shape, strict=True)):
            if i != axis % len(first) and a != b:
                if a is None or b is None:
                    return None
                found.append(Condition(a, b))
    return found


def _reshaped(facts: Facts, at: At) -> list[Condition] | None:
    """As many elements as before; with a -1, a multiple of what the rest holds."""
    node = facts.node(at)
    if len(node.inputs) < 2 or node.attributes.get("allowzero"):
        return None
    data, target = facts.at(node.inputs[0], at.graph), facts.at(node.inputs[1], at.graph)
    sizes = None if target is None else sizes_of(target)
    if data is None or data.shape is None or None in data.shape or sizes is None:
        return None
    whole = product(s for s in data.shape if s is not None)
    kept: list[Size] = []
    for i, size in enumerate(sizes):
        if size == 0 and i < len(data.shape):
            size = data.shape[i]
        if size is None:
            return None
        if size != -1:
            kept.append(size)
    part = product(kept)
    if -1 in sizes:
        if part == 0:
            return None
        rest = mod(whole, part)
        return [] if rest == 0 else [Condition(rest, 0)]
    if isinstance(whole, Dim) and isinstance(part, Dim) and (common := common_factors(whole, part)):
        whole, part = without(whole, common), without(part, common)  # of nothing, nobody makes rows
    return [] if whole == part else [Condition(whole, part)]


def joins(facts: Facts) -> Iterator[At]:
    """Where two ways meet that were halved and doubled, and agree for some open sizes only."""
    chosen = {s for f in facts.inputs.values() for s in (f.shape or ())[1:] if isinstance(s, Dim)}
    names = {n for s in chosen if len(s.names) == 1 for n in s.names if str(s) == n}
    for index in facts.places_where("", lambda asked: _joins(facts, asked.at, names)) if names else ():
        yield At("", index)


def _joins(facts: Facts, at: At, names: set[str]) -> bool:
    node = facts.node(at)
    if node.op_type not in STRETCHING and node.op_type != "Concat":
        return False
    given = [facts.at(n) for n in node.inputs if n]
    if all(f is given[0] for f in given) or any(f is None or f.declared for f in given):
        return False
    asked = conditions(facts, at) or ()
    return any(of_one_name(c) and c.names <= names and same(c.a, c.b) is None for c in asked)


def of_one_name(condition: Condition) -> bool:
    """Whether both sizes are worked out of one size of an input, and of no other."""
    return len(condition.names) == 1 and isinstance(condition.a, Dim) and isinstance(condition.b, Dim)
