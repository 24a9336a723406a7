"""How many bytes a run of a model takes beside its stored weights, by liveness.

With open sizes a number of bytes is a polynomial; None: it cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from .model.dtypes import bytes_of
from .model.graph import captured
from .shapes.dim import Size, TooComplex, greatest, product, rivals
from .shapes.fact import Fact
from .shapes.facts import Facts

_MOST_PEAKS = 4
"""A greatest of more sizes than this is no answer that anybody can use, and takes long to find."""


def peak_activations(facts: Facts) -> Size | None:
    """The most bytes of activations that are alive at once while the main graph runs in the order of the walk.

    Inputs live until their last use, outputs to the end, everything else from its maker to its last user. Stored
    tensors and what hangs on them alone are no activations; views (Reshape and kin) count like copies.
    """
    graph, visited, fixed = facts.model.graph, facts.graphs[""], facts.fixed_in("")
    steps = [visited.nodes[index] for index in visited.entries]
    last: dict[str, int] = {}
    for step, node in enumerate(steps):
        last.update(dict.fromkeys(node.inputs, step))
        last.update(dict.fromkeys(captured(node), step))
    kept = {v.name for v in graph.outputs}
    sizes = {name: bytes_of_fact(fact) for name, fact in visited.facts.items() if name not in fixed}
    alive: Size | None = add_up(sizes.get(v.name) for v in graph.feeds)
    peak = alive
    try:
        for step, node in enumerate(steps):
            made = [n for n in node.outputs if n and n not in fixed]
            alive = add_up((alive, *(sizes[n] for n in made)))
            if alive is None or peak is None:
                return None
            peak = greatest(peak, alive)
            if not isinstance(peak, int) and len(rivals(peak)) > _MOST_PEAKS:
                return None
            dying = [n for n in made if n not in last]
            dying += [n for n in dict.fromkeys(node.inputs) if n and last[n] == step and n in sizes]
            for name in dying:
                size = sizes[name] if name not in kept else 0
                alive = None if alive is None or size is None else alive - size
    except TooComplex:
        return None
    return peak


def generated(facts: Facts) -> int:
    """Bytes of what nodes make of stored tensors alone, such as ConstantOfShape's weights: a run holds them too."""
    found = 0
    for path, visited in facts.graphs.items():
        fixed = facts.fixed_in(path)
        for index in visited.entries:
            node = visited.nodes[index]
            if node.op_type != "Constant":
                sizes = (bytes_of_fact(visited.facts.get(name)) for name in node.outputs if name in fixed)
                found += sum(size for size in sizes if isinstance(size, int))
    return found


@lru_cache(maxsize=4096)
def bytes_of_fact(fact: Fact | None) -> Size | None:
    """The bytes of a tensor; None where its shape or its dtype is not known."""
    if fact is None or fact.shape is None or fact.dtype is None:
        return None
    sizes = [s for s in fact.shape if s is not None]
    width = bytes_of(fact.dtype, 1)
    if len(sizes) != len(fact.shape) or width is None:
        return None
    try:
        elements = product(sizes)
        return bytes_of(fact.dtype, elements) if isinstance(elements, int) else elements * width
    except TooComplex:
        return None


def add_up(sizes: Iterable[Size | None]) -> Size | None:
    """The sum; None as soon as one is not known."""
    found: Size = 0
    try:
        for size in sizes:
            if size is None:
                return None
            if size != 0:
                found = found + size
    except TooComplex:
        return None
    return found
