"""The rows of a layered drawing, and the dummies that carry an edge through the rows between its ends.

Sugiyama, Tagawa and Toda (1981) put a dummy on every rank that an edge passes. A skip connection over hundreds of
ranks would make hundreds of them, so the longest edges do without and run beside the drawing, in channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Layers(NamedTuple):
    """A graph every edge of which leads exactly one rank down.

    Vertices below ``nodes`` are nodes, the others dummies. ``chains`` holds, for each edge, the dummies on its way from
    its upper to its lower end; an edge that runs in a channel is not among them.
    """

    nodes: int
    rank: list[int]
    down: list[list[int]]
    up: list[list[int]]
    rows: list[list[int]]
    chains: dict[tuple[int, int], range]
    channelled: list[tuple[int, int]]


def layers(out: Sequence[Sequence[int]], rank: Sequence[int], most: int) -> Layers:
    """The layers of an acyclic graph with at most ``most`` dummies; the longest edges give up theirs first."""
    nodes = len(out)
    long: list[tuple[int, int, int]] = []
    for u, ends in enumerate(out):
        below = rank[u] + 1
        for v in ends:
            if rank[v] != below:
                long.append((rank[v] - below, u, v))
    channelled = []
    wanted = sum(length for length, _, _ in long)
    if wanted > most:
        long.sort()
        while wanted > most:
            length, u, v = long.pop()
            wanted -= length
            channelled.append((u, v))
        long.sort(key=lambda edge: edge[1:])
    ranks = list(rank)
    down: list[list[int]] = [[v for v in ends if rank[v] == rank[u] + 1] for u, ends in enumerate(out)]
    chains = {}
    for length, u, v in long:
        first = len(ranks)
        chains[u, v] = range(first, first + length)
        down[u].append(first)
        ranks.extend(range(rank[u] + 1, rank[v]))
        down.extend([d] for d in range(first + 1, first + length))
        down.append([v])
    up: list[list[int]] = [[] for _ in ranks]
    for u, ends in enumerate(down):
        for v in ends:
            up[v].append(u)
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for v, r in enumerate(ranks):
        rows[r].append(v)
    return Layers(nodes, ranks, down, up, rows, chains, channelled)
