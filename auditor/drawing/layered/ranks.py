"""The rank of each node: the row it stands in. Every edge leads at least one rank down.

Longest paths give the fewest ranks; then the network simplex of Gansner, Koutsofios, North and Vo (1993) moves nodes
so that the edges together are as short as can be. It works on a graph in which chains are single edges, for their
inner nodes may stand anywhere along them at the same cost. The ranks are legal at any time, so it may stop at any
time: its steps are bounded by a multiple of the graph's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

STEPS = 30
"""Most steps of the network simplex for each node and edge."""

Lists = Sequence[Sequence[int]]
Ends = list[list[tuple[int, int]]]
"""For each node, the other ends of its edges and how many ranks lie between at least."""


def ranks(out: Lists, into: Lists, order: Sequence[int]) -> list[int]:
    """The rank of each node from 0; ``order`` is a topological order of the acyclic graph."""
    rank = [0] * len(out)
    for v in order:
        before = into[v]
        if before:
            rank[v] = max([rank[u] for u in before]) + 1
    inner = [len(out[v]) == 1 == len(into[v]) for v in range(len(out))]
    kept = [v for v in order if not inner[v]]
    number = {v: i for i, v in enumerate(kept)}
    after: Ends = [[] for _ in kept]
    before_: Ends = [[] for _ in kept]
    chains: list[tuple[int, list[int]]] = []
    for i, u in enumerate(kept):
        for w in out[u]:
            members = []
            while inner[w]:
                members.append(w)
                w = out[w][0]
            after[i].append((number[w], len(members) + 1))
            before_[number[w]].append((i, len(members) + 1))
            if members:
                chains.append((u, members))
    found = [rank[v] for v in kept]
    if len(kept) > 2:
        simplex(after, before_, found)
    least = min(found, default=0)
    for v, r in zip(kept, found, strict=True):
        rank[v] = r - least
    for u, members in chains:
        for place, v in enumerate(members, rank[u] + 1):
            rank[v] = place
    return rank


def simplex(after: Ends, before: Ends, rank: list[int]) -> None:
    """Change legal ranks of a connected graph, so that the sum of the edges' lengths is least, or nearer to it."""
    tree = _tight_tree(after, before, rank)
    count = len(rank)
    parent, above, order = [-1] * count, [False] * count, [0]
    for v in order:
        for w, down in tree[v].items():
            if w != parent[v]:
                parent[w], above[w] = v, not down  # above: the edge leads from w to its parent
                order.append(w)
    pull = [
        len(after[v]) - len(before[v]) for v in range(count)
    ]  # of the subtree: how many edges more leave than enter
    size = [1] * count
    for v in reversed(order[1:]):
        pull[parent[v]] += pull[v]
        size[parent[v]] += size[v]
    left = STEPS * (count + sum(map(len, after)))
    idle, c = 0, 0
    while idle < count and left > 0:
        c = c + 1 if c + 1 < count else 0
        idle += 1
        left -= 1
        p = parent[c]
        if p < 0 or not (pull[c] < 0 if above[c] else pull[c] > 0):
            continue
        idle = 0
        down = pull[c] > 0
        # the smaller side of the cut moves: the subtree, or the rest the other way
        whole = 2 * size[c] <= count
        side = _side(tree, c if whole else p, p if whole else c)
        inside = set(side)
        ends, sign = (after, 1) if down == whole else (before, -1)
        best, x, y = -1, -1, -1
        for v in side:
            for w, length in ends[v]:
                if w not in inside:
                    slack = sign * (rank[w] - rank[v]) - length
                    if best < 0 or slack < best:
                        best, x, y = slack, v, w
                left -= 1
        if best:
            shift = sign * best
            for v in side:
                rank[v] += shift
        leads_down = sign > 0  # from x to y
        if not whole:
            x, y, leads_down = y, x, not leads_down
        del tree[c][p], tree[p][c]
        tree[x][y], tree[y][x] = leads_down, not leads_down
        left -= _hang_over(c, p, x, y, leads_down, parent, above, pull, size)


def _side(tree: Sequence[dict[int, bool]], start: int, without: int) -> list[int]:
    """The nodes of the tree on the start's side of the edge between the two."""
    found = [(start, without)]
    for v, came in found:
        found += [(w, v) for w in tree[v] if w != came]
    return [v for v, _ in found]


def _hang_over(
    c: int,
    p: int,
    x: int,
    y: int,
    leads_down: bool,
    parent: list[int],
    above: list[bool],
    pull: list[int],
    size: list[int],
) -> int:
    """Take the subtree of c from its parent p, and hang it at y by its node x; says how many nodes that touched."""
    moved, moved_size = pull[c], size[c]
    steps = 0
    # the ways up from p and from y meet somewhere: below that, one side loses and the other gains
    seen: dict[int, int] = {}
    ways = ([p], [y])
    for way, sign in zip(ways, (-1, 1), strict=True):
        seen[way[0]] = seen.get(way[0], 0) | (1 if sign < 0 else 2)
    a, b = p, y
    path_a, path_b = [p], [y]
    on_a, on_b = {p}, {y}
    while not (a in on_b or b in on_a):
        steps += 1
        if parent[a] >= 0:
            a = parent[a]
            path_a.append(a)
            on_a.add(a)
            if a in on_b:
                break
        if parent[b] >= 0:
            b = parent[b]
            path_b.append(b)
            on_b.add(b)
    meet = a if a in on_b else b
    for v in path_a:
        if v == meet:
            break
        pull[v] -= moved
        size[v] -= moved_size
    for v in path_b:
        if v == meet:
            break
        pull[v] += moved
        size[v] += moved_size
    v, up, up_leads = x, y, leads_down
    came_pull, came_size = 0, 0
    while True:
        steps += 1
        after, after_leads = parent[v], above[v]
        old_pull, old_size = pull[v], size[v]
        parent[v], above[v] = up, up_leads
        pull[v], size[v] = moved - came_pull, moved_size - came_size
        if v == c:
            return steps
        came_pull, came_size = old_pull, old_size
        v, up, up_leads = after, v, not after_leads


def _tight_tree(after: Ends, before: Ends, rank: list[int]) -> list[dict[int, bool]]:
    """A tree of edges that are as short as they may be; ranks are shifted, part by part, until it has all nodes.

    Each node has its neighbours in the tree, and whether the edge leads down to them.
    """
    count = len(rank)
    tree: list[dict[int, bool]] = [{} for _ in range(count)]
    part = list(range(count))
    members = [[v] for v in range(count)]

    def join(u: int, v: int) -> int:
        tree[u][v], tree[v][u] = True, False
        a, b = part[u], part[v]
        if len(members[a]) < len(members[b]):
            a, b = b, a
        for w in members[b]:
            part[w] = a
        members[a] += members[b]
        members[b] = []
        return a

    for u in range(count):
        for v, length in after[u]:
            if rank[v] - rank[u] == length and part[u] != part[v]:
                join(u, v)
    waiting: list[tuple[int, int]] = []
    for a in range(count):
        if members[a]:
            heappush(waiting, (len(members[a]), a))
    while len(waiting) > 1:
        size, a = heappop(waiting)
        if not members[a] or size != len(members[a]):
            continue
        if size == count:
            break
        best: list[tuple[int, int, int] | None] = [None, None]
        weights = [0, 0]
        for v in members[a]:
            for way, ends in enumerate((after[v], before[v])):
                for w, length in ends:
                    if part[w] != a:
                        slack = abs(rank[w] - rank[v]) - length
                        weights[way] += 1
                        found = best[way]
                        if found is None or slack < found[0]:
                            best[way] = slack, v, w
        way = 0 if best[1] is None or (best[0] is not None and weights[0] >= weights[1]) else 1
        chosen = best[way]
        assert chosen is not None  # the graph is connected
        slack, v, w = chosen
        shift = slack if way == 0 else -slack
        if shift:
            for member in members[a]:
                rank[member] += shift
        whole = join(v, w) if way == 0 else join(w, v)
        heappush(waiting, (len(members[whole]), whole))
    return tree
