"""The rank of each node: the row it stands in. Every edge leads at least one rank down.

Longest paths give the fewest ranks; then nodes are moved within their slack so that the edges get shorter, which is
what Gansner, Koutsofios, North and Vo (1993) ask of a ranking. Theirs is a network simplex; here chains are first
contracted to single edges (their inner nodes may stand anywhere along them at the same cost), after which moving one
node at a time, a bounded number of times, gets close to it.
"""

from __future__ import annotations

from collections.abc import Sequence

PASSES = 4
"""How often nodes are offered a better rank, downwards and upwards."""


def ranks(out: Sequence[Sequence[int]], into: Sequence[Sequence[int]], order: Sequence[int]) -> list[int]:
    """The rank of each node from 0; ``order`` is a topological order of the acyclic graph."""
    rank = [0] * len(out)
    for v in order:
        before = into[v]
        if before:
            rank[v] = max([rank[u] for u in before]) + 1
    _tighten(out, into, order, rank)
    least = min(rank, default=0)
    return [r - least for r in rank] if least else rank


def _tighten(
    out: Sequence[Sequence[int]], into: Sequence[Sequence[int]], order: Sequence[int], rank: list[int]
) -> None:
    """Move what is no inner node of a chain nearer to where most of its edges lead."""
    inner = [len(out[v]) == 1 == len(into[v]) for v in range(len(out))]
    after: dict[int, list[tuple[int, int]]] = {}  # node -> (end of the chain, its length)
    before: dict[int, list[tuple[int, int]]] = {}
    chains: list[tuple[int, list[int], int]] = []
    kept = [v for v in order if not inner[v]]
    for v in kept:
        after[v], before[v] = [], []
    for u in kept:
        for w in out[u]:
            members = []
            while inner[w]:
                members.append(w)
                w = out[w][0]
            after[u].append((w, len(members) + 1))
            before[w].append((u, len(members) + 1))
            if members:
                chains.append((u, members, w))
    for _ in range(PASSES):
        moved = False
        for v in reversed(kept):
            if len(after[v]) > len(before[v]):
                most = min(rank[w] - length for w, length in after[v])
                if most > rank[v]:
                    rank[v] = most
                    moved = True
        for v in kept:
            if len(before[v]) > len(after[v]):
                least = max(rank[u] + length for u, length in before[v])
                if least < rank[v]:
                    rank[v] = least
                    moved = True
        if not moved:
            break
    for u, members, _ in chains:
        for place, v in enumerate(members, rank[u] + 1):
            rank[v] = place
