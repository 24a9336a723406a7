"""The order in which nodes can run, and the cycles that make one impossible."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from .graph import Graph, captured


def ordered(graph: Graph) -> tuple[int, ...]:
    """All node indices, each behind those that make its inputs; as listed where that is free.

    Nodes on a cycle, and those behind one, come last in the order of the file.
    """
    waits, follows = _edges(graph)
    ready = [i for i, n in enumerate(waits) if n == 0]
    heapify(ready)
    done: list[int] = []
    while ready:
        i = heappop(ready)
        done.append(i)
        for j in follows[i]:
            waits[j] -= 1
            if waits[j] == 0:
                heappush(ready, j)
    placed = set(done)
    return (*done, *(i for i in range(len(graph.nodes)) if i not in placed))


def out_of_order(graph: Graph) -> tuple[tuple[int, int], ...]:
    """Pairs (node, producer) where a node stands before the node that makes one of its inputs."""
    made = graph.producers
    return tuple(
        (i, made[name])
        for i, node in enumerate(graph.nodes)
        for name in dict.fromkeys((*node.inputs, *captured(node)))
        if name in made and made[name] >= i
    )


def cycles(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """The cycles among the nodes, each once: node indices in the order of the data, from the lowest on."""
    waits, follows = _edges(graph)
    ready = [i for i, n in enumerate(waits) if n == 0]
    while ready:
        for j in follows[ready.pop()]:
            waits[j] -= 1
            if waits[j] == 0:
                ready.append(j)
    stuck = {i for i, n in enumerate(waits) if n > 0}
    before: dict[int, list[int]] = {i: [] for i in stuck}
    for i in stuck:
        for j in follows[i]:
            if j in before:
                before[j].append(i)
    found = []
    while stuck:
        # Every stuck node waits for a stuck one: walking backwards comes round, or reaches nodes walked before.
        path: list[int] = []
        seen: dict[int, int] = {}
        at: int | None = min(stuck)
        while at is not None and at not in seen:
            seen[at] = len(path)
            path.append(at)
            at = min((p for p in before[at] if p in stuck), default=None)
        if at is not None:
            found.append(_from_lowest(path[seen[at] :][::-1]))
        stuck.difference_update(path)
    return tuple(found)


def _from_lowest(cycle: list[int]) -> tuple[int, ...]:
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start])


def _edges(graph: Graph) -> tuple[list[int], list[list[int]]]:
    """For each node how many others it waits for, and which ones follow it."""
    made = graph.producers
    waits = [0] * len(graph.nodes)
    follows: list[list[int]] = [[] for _ in graph.nodes]
    for i, node in enumerate(graph.nodes):
        for producer in {made[n] for n in (*node.inputs, *captured(node)) if n in made}:
            waits[i] += 1
            follows[producer].append(i)
    return waits, follows
