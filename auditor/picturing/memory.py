"""The walk of the activations that are alive, as numbers that can be drawn."""

from __future__ import annotations

from ..costs.count import Costs
from ..costs.peak import alive_activations
from ..picture import Memory
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim, TooComplex, evaluate

BATCH, USUAL = 1, 64
"""What open sizes are taken as: of an input's first axis, and any other."""

_MOST_NAMES = 8


def memory_of(facts: Facts, costs: Costs) -> tuple[Memory | None, str]:
    """The bytes alive at each node of the main graph; or None, and why."""
    try:
        sums = alive_activations(facts)
    except TooComplex:
        return None, "the sums of open sizes are too long"
    if sums is None:
        return None, "not every size is known"
    names = sorted(frozenset[str]().union(*(s.names for s in sums if isinstance(s, Dim))))
    if len(names) > _MOST_NAMES:
        return None, f"{len(names)} sizes are open"
    batches = {f.shape[0].names for f in facts.inputs.values() if f.shape and isinstance(f.shape[0], Dim)}
    inner = {n for f in facts.inputs.values() for s in (f.shape or ())[1:] if isinstance(s, Dim) for n in s.names}
    first = frozenset[str]().union(*batches) - inner
    taken = {name: BATCH if name in first else USUAL for name in names}
    known: dict[Dim, int] = {}
    alive = []
    try:
        for size in sums:
            if isinstance(size, int):
                alive.append(size)
            else:
                if size not in known:
                    known[size] = evaluate(size, taken)
                alive.append(known[size])
    except ArithmeticError:
        return None, "a size is not a number for usual inputs"
    if min(alive) < 0:
        return None, "a size is not a number for usual inputs"
    walked = [i for i, layer in enumerate(costs.layers) if not layer.at.graph]
    return Memory(tuple(alive), tuple(walked), tuple(taken.items())), ""
