"""A graph without its cycles: edges that close one are turned round, as Sugiyama, Tagawa and Toda (1981) do.

A model is acyclic unless it is broken, so this is a check that usually finds nothing: Kahn's order first, and a depth
first search, without recursion, only where it does not reach every node. Both take time linear in nodes and edges.
"""

from __future__ import annotations

from collections.abc import Sequence


def topological(out: Sequence[Sequence[int]]) -> list[int]:
    """Nodes of an acyclic graph, each after all that lead to it; nodes that a cycle leads to are left out."""
    waiting = [0] * len(out)
    for ends in out:
        for v in ends:
            waiting[v] += 1
    order = [v for v, count in enumerate(waiting) if not count]
    for u in order:  # it grows while it is walked
        for v in out[u]:
            waiting[v] -= 1
            if not waiting[v]:
                order.append(v)
    return order


def closing(out: Sequence[Sequence[int]]) -> set[tuple[int, int]]:
    """The edges to turn round so that no cycle is left: those that lead back into the path a depth first search is on.

    The search starts at nodes without predecessors, then wherever it has not been, in the order of the nodes. A
    self-loop (u, u) is not an edge here.
    """
    entered = [False] * len(out)
    entered_by = [False] * len(out)
    for ends in out:
        for v in ends:
            entered_by[v] = True
    left = [False] * len(out)
    back: set[tuple[int, int]] = set()
    starts = [v for v in range(len(out)) if not entered_by[v]]
    for start in [*starts, *range(len(out))]:
        if entered[start]:
            continue
        entered[start] = True
        path = [(start, iter(out[start]))]
        while path:
            u, rest = path[-1]
            for v in rest:
                if not entered[v]:
                    entered[v] = True
                    path.append((v, iter(out[v])))
                    break
                if not left[v]:
                    back.add((u, v))
            else:
                left[u] = True
                path.pop()
    return back
