"""What follows from equations holds wherever they do: tried with all small numbers."""

from __future__ import annotations

import random
from itertools import product

from auditor.shapes.fact import BroadcastsTo, Exact, Need, Shape
from auditor.shapes.sizes.dim import Dim, Size, evaluate, named
from auditor.shapes.sizes.equalities import Equalities, unimplied
from auditor.shapes.troubles import At, Open

N, M, H = named("N"), named("M"), named("H")
SIZES: tuple[Size, ...] = (N, M, H, N + 1, 2 * N, 3 * M, N + M, H // 2, (H - 1) // 4 + 1, N * M, 2 * (H // 2), 3, 4, 6)


def test_what_is_proved_is_so_wherever_the_equations_hold() -> None:
    rng = random.Random(5)
    proved = 0
    for _ in range(400):
        known = Equalities()
        equations = [(rng.choice(SIZES), rng.choice(SIZES)) for _ in range(rng.randint(1, 3))]
        for a, b in equations:
            known.learn(a, b)
        for a, b in product(SIZES, repeat=2):
            if a is b or not known.same(a, b):
                continue
            proved += 1
            for numbers in product(range(7), repeat=3):
                values = dict(zip("NMH", numbers, strict=True))
                if all(evaluate(x, values) == evaluate(y, values) for x, y in equations):
                    assert evaluate(a, values) == evaluate(b, values), (equations, a, b, values)
    assert proved > 1_000


def opened(index: int, expected: Need, actual: Shape, graph: str = "") -> Open:
    return Open(At(graph, index), "w", f"w{index}", expected, actual)


def test_a_need_that_follows_is_not_said_again() -> None:
    first = opened(0, Exact((64, N, 3, 3)), (64, 3, 3, 3))
    again = opened(1, Exact((8, N)), (8, 3))
    other = opened(2, Exact((8, N)), (8, 4))  # the contrary follows, and that is a fault
    twice = opened(3, Exact((2 * N + 2, 5)), (8, 5))
    assert list(unimplied([first, again, other, twice])) == [first, other]


def test_a_formula_that_must_be_0_is_known_again() -> None:
    first = opened(0, Exact((16 * (H // 2),)), (96,))
    again = opened(1, Exact((32 * (H // 2),)), (192,))
    assert list(unimplied([first, again])) == [first]


def test_what_may_stretch_teaches_nothing_and_bodies_teach_nothing_outside() -> None:
    stretching = opened(0, BroadcastsTo((N, 3)), (M, 3))
    exact = opened(1, Exact((N,)), (M,))
    assert list(unimplied([stretching, exact])) == [stretching, exact]
    inside = opened(0, Exact((N,)), (3,), "If[0]/then_branch")
    outside = opened(1, Exact((N,)), (3,))
    assert list(unimplied([inside, outside])) == [inside, outside]
    assert list(unimplied([outside, inside])) == [outside]


def test_too_many_equations_are_not_remembered() -> None:
    known = Equalities()
    sizes: list[tuple[Dim, int]] = [(named(f"n{i}"), i) for i in range(100)]
    for a, b in sizes:
        known.learn(a, b)
    assert known.same(*sizes[0])
    assert not known.same(*sizes[99])


def test_a_name_that_must_be_a_number_is_that_number_everywhere() -> None:
    known = Equalities()
    known.learn(N + 1, 4)
    assert known.same(N * M, 3 * M)
    assert known.same(H * N - N, 3 * (H - 1))


def test_a_square_is_no_number_of_its_name() -> None:
    """N is 3 where N^2 is 9, and never 9."""
    known = Equalities()
    known.learn(N * N, 9)
    assert known.same(2 * N * N, 18)
    assert not known.same(N, 9)
