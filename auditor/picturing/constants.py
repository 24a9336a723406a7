"""Which nodes are drawn inside of another one: those that hang on nothing that a caller gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..model.graph import Node, has_subgraphs


def owners(
    nodes: Sequence[Node], order: Sequence[int], fixed: Collection[str], outputs: Collection[str],
    users: Mapping[str, Sequence[int]],
) -> dict[int, int]:  # fmt: skip
    """For each constant node the node that it is drawn in: its first user, or the one that this is drawn in.

    ``order`` is the way of the data, ``users`` the nodes that take a tensor. What nobody takes is drawn for itself, and
    so is what gives an output of the graph or holds graphs.
    """
    place = {index: rank for rank, index in enumerate(order)}
    found: dict[int, int] = {}
    for index in reversed(order):
        node = nodes[index]
        given = [name for name in node.outputs if name]
        if not given or not all(name in fixed for name in given) or has_subgraphs(node):
            continue
        if any(name in outputs for name in given):
            continue
        takers = [user for name in given for user in users.get(name, ()) if place[user] > place[index]]
        if takers:
            first = min(takers, key=place.__getitem__)
            found[index] = found.get(first, first)
    return found
