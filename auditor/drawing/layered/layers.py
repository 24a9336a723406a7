"""The rows of a layered drawing, and the dummies that carry an edge through the rows between its ends.

Sugiyama, Tagawa and Toda (1981) put a dummy on every rank that an edge passes. A skip connection over hundreds of
ranks would make hundreds of them, so the longest edges do without and run beside the drawing, in channels.
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.tuples import NamedTuple

SHARED = 16
"""Edges of one node that pass so many rows, or more, share their dummies: they part where they reach their ends."""


class Layers(NamedTuple):
    """A graph every edge of which leads exactly one rank down.

    Vertices below ``nodes`` are nodes, the others dummies. ``chains`` holds, for each edge, the dummies on its way from
    its upper to its lower end; an edge that runs in a channel is not among them. Chains that begin with one dummy share
    all of the shorter one. In ``down`` the next dummy of a chain is the first. Each list in ``channelled`` holds edges
    of one node.
    """

    nodes: int
    rank: list[int]
    down: list[list[int]]
    up: list[list[int]]
    rows: list[list[int]]
    chains: dict[tuple[int, int], range]
    channelled: list[list[tuple[int, int]]]


def layers(out: Sequence[Sequence[int]], rank: Sequence[int], most: int) -> Layers:
    """The layers of an acyclic graph. Edges pass at most ``most`` dummies; the longest give up theirs first."""
    nodes = len(out)
    down: list[list[int]] = []
    trunks: list[tuple[int, int, list[int]]] = []  # how many dummies, and from where to where
    for u, ends in enumerate(out):
        below = rank[u] + 1
        near, far = [], []
        for v in ends:
            length = rank[v] - below
            if not length:
                near.append(v)
            elif length < SHARED:
                trunks.append((length, u, [v]))
            else:
                far.append(v)
        down.append(near)
        if far:
            trunks.append((max([rank[v] for v in far]) - below, u, far))
    channelled: list[list[tuple[int, int]]] = []
    wanted = sum([length * len(ends) for length, _, ends in trunks])
    if wanted > most:
        trunks.sort(key=lambda trunk: (trunk[0] * len(trunk[2]), trunk))
        while wanted > most:
            length, u, ends = trunks.pop()
            wanted -= length * len(ends)
            channelled.append([(u, v) for v in ends])
        trunks.sort(key=lambda trunk: trunk[1:])
    ranks = list(rank)
    chains = {}
    for length, u, ends in trunks:
        first, below = len(ranks), rank[u] + 1
        down[u].append(first)
        ranks += range(below, below + length)
        down += [[d] for d in range(first + 1, first + length)]
        down.append([])
        for v in ends:
            length = rank[v] - below
            chains[u, v] = range(first, first + length)
            down[first + length - 1].append(v)
    up: list[list[int]] = [[] for _ in ranks]
    for u, ends in enumerate(down):
        for v in ends:
            up[v].append(u)
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for v, r in enumerate(ranks):
        rows[r].append(v)
    return Layers(nodes, ranks, down, up, rows, chains, channelled)
