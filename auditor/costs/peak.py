"""How many bytes a run of a model takes beside its stored weights, by liveness.

With open sizes a number of bytes is a polynomial; None: it cannot be known.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache

from ..model.dtypes import BITS
from ..model.graph import Node, captured
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from ..shapes.ops.checks import add_up
from ..shapes.sizes.dim import Dim, Size, TooComplex, ceil_div, evaluate, greatest, product, rivals
from ..shapes.visits import Visited

_MOST_PEAKS = 8
"""A maximum of more sizes than this helps nobody, and takes long to find."""

_MOST_NAMES = 4
"""Sums of floors and maxima in more names than this, which no real model has, take seconds to compare."""

_MOST_SUMS = 2_000
"""Different sums that are compared."""


def peak_activations(facts: Facts) -> Size | None:
    """The most bytes of activations that are alive at once while the main graph runs in the order of the walk."""
    try:
        sums = alive_activations(facts)
        return None if sums is None else _greatest(sums)
    except TooComplex:
        return None


def alive_activations(facts: Facts) -> list[Size] | None:
    """The bytes of activations that are alive: of the inputs, then at each node of the main graph while it runs.

    None where a size is not known; raises `TooComplex` for sums that grow beyond bounds.
    Inputs live until their last use, outputs to the end, everything else from its maker to its last user. Stored
    tensors and what hangs on them alone are not activations; views (Reshape and kin) count like copies.
    """
    graph, visited, fixed = facts.model.graph, facts.graphs[""], facts.fixed_in("")
    steps = [visited.nodes[index] for index in visited.entries]
    last = _last_uses(steps)
    kept = {v.name for v in graph.outputs}
    sizes = _sizes(visited, fixed)
    first = add_up(sizes.get(v.name) for v in graph.feeds)
    if first is None:
        return None
    plus, minus = (operator.add, operator.sub) if _only_numbers(sizes) else _remembering(first)
    alive, sums = first, [first]
    for step, node in enumerate(steps):
        idle = []
        for name in node.outputs:
            if name and name not in fixed:
                size = sizes[name]
                if size is None:
                    return None
                alive = plus(alive, size)
                if name not in last and name not in kept:
                    idle.append(size)
        sums.append(alive)
        for size in idle:
            alive = minus(alive, size)
        for name in node.inputs:
            if last[name] == step and name in sizes and name:
                last[name] = -1  # once, however often the node takes it
                if name not in kept and (size := sizes[name]) is not None:
                    alive = minus(alive, size)
    return sums


def _last_uses(steps: list[Node]) -> dict[str, int]:
    """The step that takes a tensor last, bodies in the node included."""
    last: dict[str, int] = {}
    for step, node in enumerate(steps):
        for name in node.inputs:
            last[name] = step
        if node.attributes:
            for name in captured(node):
                last[name] = step
    return last


def _sizes(visited: Visited, fixed: frozenset[str]) -> dict[str, Size | None]:
    """The bytes of all tensors that are not fixed. Equal facts are one object, and asked once."""
    known: dict[int, Size | None] = {}
    sizes: dict[str, Size | None] = {}
    for name, fact in visited.facts.items():
        if name not in fixed:
            which = id(fact)
            if which not in known:
                known[which] = bytes_of_fact(fact)
            sizes[name] = known[which]
    return sizes


def _only_numbers(sizes: Mapping[str, Size | None]) -> bool:
    return not any(isinstance(size, Dim) for size in sizes.values())


def _remembering(first: Size) -> tuple[Callable[[Size, Size], Size], Callable[[Size, Size], Size]]:
    """Plus and minus for a sum that begins so. Where blocks repeat, so do its values: each is one object, and what
    comes of one of them and a size is looked up by the two. The sizes must stay as long."""
    same: dict[Size, Size] = {first: first}
    sums, differences = dict[tuple[int, int], Size](), dict[tuple[int, int], Size]()

    def plus(total: Size, size: Size) -> Size:
        key = id(total), id(size)
        if key in sums:
            return sums[key]
        found = total + size
        found = sums[key] = same.setdefault(found, found)
        return found

    def minus(total: Size, size: Size) -> Size:
        key = id(total), id(size)
        if key in differences:
            return differences[key]
        found = total - size
        found = differences[key] = same.setdefault(found, found)
        return found

    return plus, minus


def _greatest(sums: list[Size]) -> Size | None:
    """The greatest of all; None if too many are the greatest for some numbers, or it takes too long to find out.

    Those that are great for usual numbers come first: nearly every other is then seen at once to be no more.
    """
    most: Size = max((s for s in sums if isinstance(s, int)), default=0)
    symbolic = sorted({s for s in sums if isinstance(s, Dim)}, key=_usual, reverse=True)
    if len(symbolic) > _MOST_SUMS:
        return None
    names = frozenset[str]().union(*(s.names for s in symbolic))
    if len(names) > _MOST_NAMES and any(s.depth for s in symbolic):
        return None
    for each in (*symbolic[:1], most, *symbolic[1:]):
        most = greatest(most, each)
        if len(rivals(most)) > _MOST_PEAKS:
            return None
    return most


def _usual(size: Dim) -> tuple[int, str]:
    """What a sum comes to for numbers as inputs have them; of equal ones, by their text."""
    try:
        return evaluate(size, dict.fromkeys(size.names, 64)), str(size)
    except ArithmeticError:
        return 0, str(size)


def generated(facts: Facts) -> int:
    """Bytes of what nodes make of stored tensors alone, such as ConstantOfShape's weights: a run holds them too."""
    found = 0
    for path, visited in facts.graphs.items():
        for asked in facts.asked(path):
            if asked.fixed and asked.node.op_type != "Constant":
                made = (name for index in asked.places for name in visited.nodes[index].outputs)
                sizes = (bytes_of_fact(visited.facts.get(name)) for name in made)
                found += sum(size for size in sizes if isinstance(size, int))
    return found


@lru_cache(maxsize=4096)
def bytes_of_fact(fact: Fact | None) -> Size | None:
    """The bytes of a tensor; None where its shape or its dtype is not known."""
    if fact is None or fact.shape is None or fact.dtype is None:
        return None
    sizes = [s for s in fact.shape if s is not None]
    bits = BITS.get(fact.dtype)
    if len(sizes) != len(fact.shape) or bits is None:
        return None
    try:
        elements = product(sizes)
        return elements * (bits // 8) if bits % 8 == 0 else ceil_div(elements * bits, 8)
    except TooComplex:
        return None
