"""Every body of two models beside its partner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model.graph import Model, Value, subgraphs
from .alignment import Aligner
from .kinds import Bodies, Numbers
from .pairing import Pairing


class Aligned(NamedTuple):
    """Two bodies, by their places among those of their models."""

    old: int
    new: int
    pairing: Pairing


class Alignment(NamedTuple):
    old: Bodies
    new: Bodies
    bodies: tuple[Aligned, ...]  # the main graphs first
    steps: int  # nodes and edges looked at, again and again


def align(old: Model, new: Model) -> Alignment:
    """The main graphs, and from each pair of nodes on the bodies that these hold or call."""
    numbers = Numbers()
    through = _quantises(old) != _quantises(new)  # then it is said as one thing, and the rest is aligned without it
    one, two = Bodies(old, numbers, through), Bodies(new, numbers, through)
    found: list[Aligned] = []
    done: set[int] = set()
    done_new: set[int] = set()
    waiting = [(0, 0)]
    while True:
        while waiting:
            a, b = waiting.pop(0)
            if a in done or b in done_new:
                continue
            done.add(a)
            done_new.add(b)
            pairing = _pairing(one, two, a, b)
            found.append(Aligned(a, b, pairing))
            waiting += _inside(one, two, a, b, pairing)
        waiting = [(a, two.functions[key]) for key, a in one.functions.items() if key in two.functions]
        waiting = [(a, b) for a, b in waiting if a not in done and b not in done_new]
        if not waiting:
            break
    return Alignment(one, two, tuple(found), sum(body.pairing.steps for body in found))


def _quantises(model: Model) -> bool:
    return any(node.op_type == "DequantizeLinear" and not node.domain for node in model.graph.nodes)


def _pairing(one: Bodies, two: Bodies, a: int, b: int) -> Pairing:
    old, new = one.skeletons[a].graph, two.skeletons[b].graph
    by_name = not a and not b
    ports = _ports(old.feeds, new.feeds, by_name)
    outputs = _ports(old.outputs, new.outputs, by_name)
    return Aligner(one, two, a, b, ports, outputs).aligned()


def _ports(old: Sequence[Value], new: Sequence[Value], by_name: bool) -> dict[int, int]:
    """Places of the old ones to those of the new ones.

    Clients know those of the main graph by their names; others, and those whose names are gone, are known by place.
    """
    if not by_name:
        return {i: i for i in range(min(len(old), len(new)))}
    places = {value.name: j for j, value in enumerate(new)}
    found = {i: places[value.name] for i, value in enumerate(old) if value.name in places}
    taken = set(found.values())
    left = [i for i in range(len(old)) if i not in found]
    right = [j for j in range(len(new)) if j not in taken]
    if len(left) == len(right):
        found.update(zip(left, right, strict=True))
    return found


def _inside(one: Bodies, two: Bodies, a: int, b: int, pairing: Pairing) -> list[tuple[int, int]]:
    """The bodies of paired nodes: of subgraphs by the attribute, of functions that they call."""
    found = []
    nodes, others = one.skeletons[a].graph.nodes, two.skeletons[b].graph.nodes
    for i, j in enumerate(pairing.of_old):
        if j < 0:
            continue
        called, other = one.called(nodes[i]), two.called(others[j])
        if called is not None and other is not None:
            found.append((called, other))
        if (a, i) in one.inner and (b, j) in two.inner:
            names = {name: at for (name, _), at in zip(subgraphs(others[j]), two.inner[b, j], strict=True)}
            pairs = zip(subgraphs(nodes[i]), one.inner[a, i], strict=True)
            found += [(at, names[name]) for (name, _), at in pairs if name in names]
    return found
