"""What holds for every drawing, and what arithmetic says of some."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.drawing.layered import NODE_GAP, ROW_GAP, Layout, layered
from tests.drawing.layered.geometry import Drawing, Measures, measures

BOX = (80.0, 30.0)
Edges = list[tuple[int, int]]


def drawn(edges: Edges, nodes: int | None = None) -> tuple[Layout, Measures]:
    """A layout of equal boxes, and what is counted in it."""
    count = max((max(edge) for edge in edges), default=-1) + 1 if nodes is None else nodes
    placed = layered([BOX] * count, edges)
    return placed, measures(Drawing([BOX] * count, edges, placed.centres, placed.routes))


def grid(side: int) -> Edges:
    """A square of nodes, each on the one to its left and the one above."""
    right = [(r * side + c, r * side + c + 1) for r in range(side) for c in range(side - 1)]
    return right + [(r * side + c, r * side + side + c) for r in range(side - 1) for c in range(side)]


def test_nothing() -> None:
    assert layered([], []) == Layout([], [], 0.0, 0.0)


def test_a_chain_is_straight() -> None:
    """One column, each box a gap below the one before, each edge one piece from border to border."""
    placed, _ = drawn([(i, i + 1) for i in range(9)])
    step = BOX[1] + ROW_GAP
    assert placed.centres == [(40.0, 15.0 + step * i) for i in range(10)]
    assert placed.routes == [((40.0, 30.0 + step * i), (40.0, step * (i + 1))) for i in range(9)]
    assert (placed.width, placed.height) == (80.0, 10 * BOX[1] + 9 * ROW_GAP)


def test_leaves_stand_side_by_side_under_the_middle() -> None:
    placed, counted = drawn([(0, i) for i in range(1, 6)])
    assert placed.width == 5 * BOX[0] + 4 * NODE_GAP
    assert placed.centres[0][0] == placed.width / 2
    assert len({y for _, y in placed.centres[1:]}) == 1
    assert counted.crossings == counted.overlaps == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_tree_has_no_crossing(seed: int) -> None:
    """Whichever way its edges lead."""
    chosen = random.Random(seed)
    edges = [(chosen.randrange(i), i) for i in range(1, 60)]
    assert drawn(edges)[1].crossings == 0
    assert drawn([(v, u) for u, v in edges])[1].crossings == 0


def test_a_short_cut_runs_beside_what_it_cuts_short() -> None:
    _, counted = drawn([(0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (4, 5), (5, 6), (3, 6)])
    assert counted.crossings == counted.overlaps == 0


def test_a_grid_has_no_crossing() -> None:
    _, counted = drawn(grid(12))
    assert counted.crossings == counted.overlaps == 0


def test_the_least_crossings_of_two_rows() -> None:
    """Three nodes on three, each with each: nine edges, and choose(3, 2) squared crossings."""
    assert drawn([(u, v) for u in range(3) for v in range(3, 6)])[1].crossings == 9


def test_constants_stand_above_what_takes_them() -> None:
    """A source whose edge could be long is moved down: the sum of lengths is least."""
    placed, _ = drawn([(0, 1), (1, 2), (2, 3), (4, 3)])
    assert placed.centres[4][1] == placed.centres[2][1]


def test_an_edge_that_closes_a_cycle_leads_up() -> None:
    edges = [(0, 1), (1, 2), (2, 0)]
    placed, counted = drawn(edges)
    ends = [(way[0][1], way[-1][1]) for way in placed.routes]
    assert [begin < end for begin, end in ends] == [True, True, False]
    assert counted.overlaps == 0


def test_there_and_back_are_two_lines() -> None:
    placed, counted = drawn([(0, 1), (1, 0), (0, 1)])
    assert len({frozenset(way) for way in placed.routes}) == 3
    assert counted.crossings == 0


def test_edges_that_repeat_stand_apart() -> None:
    """As for x * x; also where they pass rows."""
    edges = [(0, 1), (1, 2), (0, 2), (0, 2), (2, 3), (2, 3)]
    placed, counted = drawn(edges)
    assert len(set(placed.routes)) == len(edges)
    assert counted.crossings == counted.overlaps == 0


def test_a_loop_is_at_its_box() -> None:
    placed, _ = drawn([(0, 0), (0, 1), (0, 0)])
    x, y = placed.centres[0]
    for way in (placed.routes[0], placed.routes[2]):
        assert way[0][0] == way[-1][0] == x + BOX[0] / 2
        assert all(abs(there - y) < BOX[1] / 2 for _, there in way)
    assert max(there for way in placed.routes for there, _ in way) <= placed.width


def test_parts_stand_side_by_side() -> None:
    """A long part, and many short ones beside it, not below."""
    long = [(i, i + 1) for i in range(20)]
    placed, counted = drawn([*long, *((i, i + 1) for i in range(21, 61, 2))], 61 + 5)
    assert placed.height == 21 * BOX[1] + 20 * ROW_GAP
    assert counted.overlaps == 0


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], Edges]:
    """Any boxes and edges: cycles, loops, repeated ones."""
    count = draw(st.integers(1, 14))
    side = st.integers(0, 90).map(float)
    edges = st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30)
    return draw(st.lists(st.tuples(side, side), min_size=count, max_size=count)), draw(edges)


@given(graphs())
@settings(max_examples=150)
def test_what_holds_for_every_graph(graph: tuple[list[tuple[float, float]], Edges]) -> None:
    """Nothing overlaps or is left of or above 0, and each edge goes from its box to its box."""
    sizes, edges = graph
    placed = layered(sizes, edges)
    counted = measures(Drawing(sizes, edges, placed.centres, placed.routes))
    assert counted.overlaps == 0
    for (x, y), (w, h) in zip(placed.centres, sizes, strict=True):
        assert -1e-6 <= x - w / 2 <= x + w / 2 <= placed.width + 1e-6
        assert -1e-6 <= y - h / 2 <= y + h / 2 <= placed.height + 1e-6
    assert len(placed.routes) == len(edges)
    for (u, v), way in zip(edges, placed.routes, strict=True):
        assert len(way) >= 2
        for box, (x, y) in ((u, way[0]), (v, way[-1])):
            middle, size = placed.centres[box], sizes[box]
            assert abs(x - middle[0]) <= size[0] / 2 + 1e-6
            assert abs(y - middle[1]) <= size[1] / 2 + 1e-6


@given(graphs(), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_the_edges_changes_nothing(
    graph: tuple[list[tuple[float, float]], Edges], chosen: random.Random
) -> None:
    sizes, edges = graph
    order = list(range(len(edges)))
    chosen.shuffle(order)
    once, again = layered(sizes, edges), layered(sizes, [edges[i] for i in order])
    assert again.centres == once.centres
    assert sorted(again.routes) == sorted(once.routes)


@given(graphs())
@settings(max_examples=100)
def test_edges_lead_down_where_there_is_no_cycle(graph: tuple[list[tuple[float, float]], Edges]) -> None:
    """Through all their bends."""
    sizes, edges = graph
    edges = [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]
    for way in layered(sizes, edges).routes:
        assert all(a[1] <= b[1] for a, b in pairwise(way))
