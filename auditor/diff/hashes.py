"""Hashes of nodes over all that leads to them, and over all that follows from them: no name goes into any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..tuples import NamedTuple
from .skeleton import CAPTURED, NODE, OUTER, PORT, STORED, Skeleton, Source


class Labels(NamedTuple):
    """Numbers for what stands in one body, equal for equal things of both models."""

    kinds: Sequence[int]  # of each node the operator and its attributes
    stored: Sequence[int]  # of each stored tensor
    ports: Sequence[int]  # of each input of the graph
    outputs: Sequence[int]  # of each place among the graph's outputs


def order(skeleton: Skeleton) -> list[int]:
    """The nodes, each behind those that make what it takes; what a cycle holds, or stands behind one, comes last."""
    waits = [0] * len(skeleton.sources)
    for i in skeleton.nodes:
        for user, _, _ in skeleton.users[i]:
            waits[user] += 1
    done = [i for i in skeleton.nodes if not waits[i]]
    for i in done:
        for user, _, _ in skeleton.users[i]:
            waits[user] -= 1
            if not waits[user]:
                done.append(user)
    if len(done) < len(skeleton.nodes):
        placed = set(done)
        done += [i for i in skeleton.nodes if i not in placed]
    return done


def label(source: Source, labels: Labels, made: Sequence[int]) -> int:
    """A number for what stands at an input; ``made`` are the hashes of the nodes."""
    kind, at, out = source
    if kind == NODE:
        return hash((made[at], out)) if out else made[at]
    if kind == STORED:
        return labels.stored[at]
    if kind == PORT:
        return labels.ports[at]
    return -7 if kind == OUTER else -8


def above(
    skeleton: Skeleton, labels: Labels, nodes: Sequence[int], fixed: Mapping[int, int], steps: int = 0
) -> list[int]:
    """Of each of the ``nodes`` (in `order`) a hash of it and what leads to it; ``fixed`` are hashes that stand already.

    With ``steps``, only what is so many nodes before it; else all.
    """
    made = [0] * len(skeleton.sources)
    for i, known in fixed.items():
        made[i] = known
    if not steps:
        for i in nodes:
            made[i] = _above(skeleton, labels, i, made)
        return made
    for i in nodes:
        made[i] = labels.kinds[i]
    for _ in range(steps):
        before = made.copy()
        for i in nodes:
            made[i] = _above(skeleton, labels, i, before)
    return made


def _above(skeleton: Skeleton, labels: Labels, i: int, made: Sequence[int]) -> int:
    found = [label(source, labels, made) for source in skeleton.sources[i]]
    if skeleton.commutative[i]:
        found.sort()
    held = skeleton.held.get(i)
    if held:
        return hash((labels.kinds[i], *found, -9, *sorted(label(source, labels, made) for source in held)))
    return hash((labels.kinds[i], *found))


def below(
    skeleton: Skeleton,
    labels: Labels,
    nodes: Sequence[int],
    fixed: Mapping[int, int],
    steps: int = 0,
    *,
    slots: bool = True,
) -> list[int]:
    """Of each of the ``nodes`` (in `order`) a hash of it, of what is stored at it and of what follows from it.

    Without ``slots`` it does not matter at which input of a node something stands.
    """
    own = [0] * len(skeleton.sources)
    for i in nodes:
        beside = [
            label(source, labels, own) if source[0] != NODE else -6 for source in skeleton.sources[i]
        ]  # that a node stands there is known, and not which
        if skeleton.commutative[i]:
            beside.sort()
        own[i] = hash((labels.kinds[i], *beside))
    made = [0] * len(skeleton.sources)
    for i, known in fixed.items():
        made[i] = known
    if not steps:
        for i in reversed(nodes):
            made[i] = _below(skeleton, labels, i, own[i], made, slots)
        return made
    for i in nodes:
        made[i] = own[i]
    for _ in range(steps):
        before = made.copy()
        for i in nodes:
            made[i] = _below(skeleton, labels, i, own[i], before, slots)
    return made


def _below(skeleton: Skeleton, labels: Labels, i: int, own: int, made: Sequence[int], slots: bool) -> int:
    commutative = skeleton.commutative
    found = [
        hash((out, CAPTURED if slot == CAPTURED else 0 if commutative[user] or not slots else slot, made[user]))
        for user, slot, out in skeleton.users[i]
    ]
    ports = skeleton.output_ports.get(i)
    if ports:
        found += [hash((out, -5, labels.outputs[place])) for out, place in ports]
    if len(found) > 1:
        found.sort()
    return hash((own, *found))
