"""The stages of a layout, each against a slower way to the same answer."""

from __future__ import annotations

import random
from itertools import combinations, pairwise, permutations, product
from typing import ClassVar

import pytest

from auditor.drawing.layered import layered
from auditor.drawing.layered.bands import bands
from auditor.drawing.layered.crossings import crossings, inversions
from auditor.drawing.layered.cycles import closing, topological
from auditor.drawing.layered.layers import SHARED, layers
from auditor.drawing.layered.ordering import STEPS, order_rows
from auditor.drawing.layered.ranks import ranks
from auditor.drawing.layered.strands import reinsert, strands
from auditor.drawing.layered.sweeps import Sorter


def lists(count: int, edges: set[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    """Where edges lead from each node, and whence they come."""
    out: list[list[int]] = [[] for _ in range(count)]
    into: list[list[int]] = [[] for _ in range(count)]
    for u, v in sorted(edges):
        out[u].append(v)
        into[v].append(u)
    return out, into


def some_rows(seed: int, count: int = 4) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
    """Rows of two to four vertices with edges between them: rows, up and down."""
    chosen = random.Random(seed)
    rows: list[list[int]] = []
    for _ in range(count):
        start = sum(map(len, rows))
        rows.append(list(range(start, start + chosen.randint(2, 4))))
    edges = {(u, v) for a, b in pairwise(rows) for u, v in product(a, b) if chosen.random() < 0.45}
    down, up = lists(sum(map(len, rows)), edges)
    return rows, up, down


def counted(rows: list[list[int]], down: list[list[int]]) -> int:
    """Crossings, pair by pair."""
    place = {v: at for row in rows for at, v in enumerate(row)}
    found = 0
    for row in rows:
        edges = [(place[u], place[v]) for u in row for v in down[u]]
        found += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(edges, 2))
    return found


@pytest.mark.parametrize("seed", range(10))
def test_inversions_and_crossings(seed: int) -> None:
    chosen = random.Random(seed)
    numbers = [chosen.randrange(9) for _ in range(40)]
    assert inversions(numbers) == sum(a > b for a, b in combinations(numbers, 2))
    rows, _, down = some_rows(seed)
    place = [0] * len(down)
    for row in rows:
        for at, v in enumerate(row):
            place[v] = at
    assert sum(crossings(row, down, place) for row in rows) == counted(rows, down)


@pytest.mark.parametrize("seed", range(20))
def test_the_sum_of_lengths_is_least(seed: int) -> None:
    """Against all ranks that there are for six nodes."""
    chosen = random.Random(seed)
    edges = {(i - 1, i) for i in range(1, 3)} | {(u, v) for u, v in combinations(range(6), 2) if chosen.random() < 0.4}
    for v in range(3, 6):  # connected
        edges.add((chosen.randrange(v), v))
    out, into = lists(6, edges)
    found = ranks(out, into, topological(out))
    assert all(found[u] < found[v] for u, v in edges) and min(found) == 0
    legal = (r for r in product(range(6), repeat=6) if all(r[u] < r[v] for u, v in edges))
    assert sum(found[v] - found[u] for u, v in edges) == min(sum(r[v] - r[u] for u, v in edges) for r in legal)


def test_cycles_are_broken() -> None:
    chosen = random.Random(0)
    edges = {(chosen.randrange(30), chosen.randrange(30)) for _ in range(90)}
    out, _ = lists(30, {(u, v) for u, v in edges if u != v})
    assert len(topological(out)) < 30
    back = closing(out)
    turned = {(v, u) if (u, v) in back else (u, v) for u, ends in enumerate(out) for v in ends}
    assert len(topological(lists(30, turned)[0])) == 30
    assert closing(lists(30, turned)[0]) == set()


@pytest.mark.parametrize("seed", range(20))
def test_a_strand_is_put_where_it_crosses_least(seed: int) -> None:
    """Against all places of its vertices."""
    rows, up, down = some_rows(seed)
    for number, run in strands(rows, up, down, 0, len(rows)):
        own = [row[:] for row in rows]
        place = [0] * len(up)
        for row in own:
            for at, v in enumerate(row):
                place[v] = at
        before = counted(own, down)
        gain, _ = reinsert(own, up, down, place, number, run)
        assert counted(own, down) == before - gain
        assert [sorted(row) for row in own] == [sorted(row) for row in rows]
        least = before
        others = [[v for v in row if v not in run] for row in rows]
        for places in product(*(range(len(others[number + i]) + 1) for i in range(len(run)))):
            tried = [row[:] for row in others]
            for i, (v, at) in enumerate(zip(run, places, strict=True)):
                tried[number + i].insert(at, v)
            least = min(least, counted(tried, down))
        assert before - gain == least


@pytest.mark.parametrize("seed", range(8))
def test_small_graphs_have_the_least_crossings(seed: int) -> None:
    """Against all orders of all rows."""
    rows, up, down = some_rows(seed, 3)
    sorter = Sorter([row[:] for row in rows], up, down, 0, len(rows))
    sorter.search(STEPS)
    orders = product(*(permutations(row) for row in rows))
    assert sorter.best == counted(sorter.kept, down) == min(counted([list(row) for row in one], down) for one in orders)


def test_rows_between_which_nothing_happens_are_one_band() -> None:
    """Two chains side by side between two nodes: three bands."""
    out, into = lists(8, {(0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 7)})
    graph = bands(layers(out, ranks(out, into, topological(out)), 0))
    assert [len(row) for row in graph.rows] == [1, 2, 1]
    assert sorted(map(len, graph.members)) == [1, 1, 3, 3]


def test_long_edges_of_one_node_share_their_dummies() -> None:
    """A mask that all layers take is one line, and the edges of it are as long as the longest."""
    length = 4 * SHARED
    edges = {(i, i + 1) for i in range(length)} | {(0, at) for at in range(SHARED + 2, length)}
    out, into = lists(length + 1, edges)
    graph = layers(out, ranks(out, into, topological(out)), 10**6)
    assert len(graph.rank) - graph.nodes == length - 2
    assert max(map(len, graph.rows)) == 2


def test_too_many_dummies_are_not_made() -> None:
    """The longest edges run in a channel, and still through no box."""
    edges = {(i, i + 1) for i in range(60)} | {(0, 60), (1, 50), (52, 55)}
    out, into = lists(61, edges)
    graph = layers(out, ranks(out, into, topological(out)), 50)
    assert graph.channelled == [[(0, 60)]]
    assert set(graph.chains) == {(1, 50), (52, 55)}


class Counted(Sorter):
    """A sorter that is remembered."""

    made: ClassVar[list[Sorter]] = []

    def __init__(
        self, rows: list[list[int]], up: list[list[int]], down: list[list[int]], first: int, last: int
    ) -> None:
        super().__init__(rows, up, down, first, last)
        self.made.append(self)


def test_work_is_bounded_by_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a graph full of crossings, too: a multiple of the edges, and what the search may take beyond."""
    monkeypatch.setattr("auditor.drawing.layered.ordering.Sorter", Counted)
    Counted.made.clear()
    chosen = random.Random(0)
    ends = (sorted(chosen.sample(range(600), 2)) for _ in range(1200))
    out, into = lists(600, {(u, v) for u, v in ends} | {(chosen.randrange(v), v) for v in range(1, 600)})
    graph = bands(layers(out, ranks(out, into, topological(out)), 10**6))
    size = len(graph.up) + sum(map(len, graph.up))
    order_rows(graph)
    assert STEPS / 2 < sum(sorter.steps for sorter in Counted.made) < 2 * STEPS + 40 * size


@pytest.mark.parametrize(
    "nodes, edges",
    [
        (20_000, [(i, i + 1) for i in range(19_999)]),
        (10_001, [(0, i) for i in range(1, 10_001)]),
        (60, [(i, j) for j in range(60) for i in range(j)]),
        (3_000, [(i, (i + 1) % 3_000) for i in range(3_000)]),
    ],
    ids=["deep", "wide", "dense", "ring"],
)
def test_odd_shapes_end(nodes: int, edges: list[tuple[int, int]]) -> None:
    placed = layered([(40.0, 20.0)] * nodes, edges)
    assert len(placed.routes) == len(edges)
