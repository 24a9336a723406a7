"""Every body of two models beside its partner."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.graph import Model, Value, subgraphs
from ..tuples import NamedTuple
from .alignment import Aligner
from .kinds import Bodies, Numbering
from .pairing import Pairing

_MOST_TIMES = 4
"""How often all nodes of both models may be looked at, bodies each time that they are called in another pair."""


class Aligned(NamedTuple):
    """Two bodies, by their places among those of their models; ``around``: the pair that holds these, or -1."""

    old: int
    new: int
    around: int
    pairing: Pairing


class Alignment(NamedTuple):
    old: Bodies
    new: Bodies
    bodies: tuple[Aligned, ...]  # the main graphs first
    passed_over: tuple[tuple[int, int], ...]  # bodies for which there was no budget
    steps: int  # nodes and edges looked at, again and again


def align(old: Model, new: Model) -> Alignment:
    """The main graphs, and from each pair of nodes on the bodies that these hold or call."""
    numbers = Numbering()
    through = _quantises(old) != _quantises(new)  # then it is said as one thing, and the rest is aligned without it
    one, two = Bodies(old, numbers, through), Bodies(new, numbers, through)
    left = _MOST_TIMES * sum(len(s.nodes) for s in (*one.skeletons, *two.skeletons))
    found: list[Aligned] = []
    done: set[tuple[int, int]] = set()
    over: list[tuple[int, int]] = []
    waiting = [(0, 0, -1)]
    for a, b, around in waiting:
        if (a, b) in done:
            continue
        done.add((a, b))
        left -= len(one.skeletons[a].nodes) + len(two.skeletons[b].nodes)
        if left < 0:
            over.append((a, b))
            continue
        pairing = _pairing(one, two, a, b)
        waiting += _inside(one, two, a, b, pairing, len(found))
        found.append(Aligned(a, b, around, pairing))
    return Alignment(one, two, tuple(found), tuple(over), sum(body.pairing.steps for body in found))


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


def _inside(one: Bodies, two: Bodies, a: int, b: int, pairing: Pairing, around: int) -> list[tuple[int, int, int]]:
    """The bodies of paired nodes: of subgraphs by the attribute, of functions that they call."""
    found = []
    nodes, others = one.skeletons[a].graph.nodes, two.skeletons[b].graph.nodes
    for i, j in enumerate(pairing.of_old):
        if j < 0:
            continue
        called, other = one.called(nodes[i]), two.called(others[j])
        if called is not None and other is not None:
            found.append((called, other, -1))
        if (a, i) in one.inner and (b, j) in two.inner:
            names = {name: at for (name, _), at in zip(subgraphs(others[j]), two.inner[b, j], strict=True)}
            pairs = zip(subgraphs(nodes[i]), one.inner[a, i], strict=True)
            found += [(at, names[name], around) for (name, _), at in pairs if name in names]
    return found
