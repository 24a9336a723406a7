"""What named sizes stretch to is what NumPy makes of their numbers, however they meet."""

from __future__ import annotations

import random
from itertools import product

import numpy as np

from auditor.shapes.ops.checks import broadcast
from auditor.shapes.sizes.dim import Dim, Size, evaluate, least, named

A, B, C = named("A"), named("B"), named("C")
SIZES: tuple[Size, ...] = (
    A, B, C, A + 1, B + 1, A + B, 2 * A, A // 2, (B + 1) // 2, least(A, 3), A * B, A * C, least(4, B + 1), 0, 1, 2, 3,
)  # fmt: skip


def test_sizes_that_may_be_nothing_stretch_to_what_numpy_says() -> None:
    rng = random.Random(1)
    tried = 0
    for _ in range(600):
        sizes = rng.choices(SIZES, k=rng.randint(2, 4))
        if len({s for s in sizes if isinstance(s, int) and s != 1}) > 1:
            continue  # no numbers could fit
        first, second, *others = [(size,) for size in sizes]
        together, by_and_by = broadcast(first, second, *others), broadcast(broadcast(first, second), *others)
        assert together is not None
        assert by_and_by is not None
        for numbers in product((0, 1, 2, 3, 5), repeat=3):
            values = dict(zip("ABC", numbers, strict=True))
            try:
                (expected,) = np.broadcast_shapes(*[(evaluate(size, values),) for size in sizes])
            except ValueError:
                continue
            tried += 1
            for (made,) in (together, by_and_by):
                assert made is not None
                assert evaluate(made, values) == expected, (sizes, values)
    assert tried > 10_000


def test_the_order_in_which_sizes_meet_does_not_count() -> None:
    made = broadcast((A,), (B,), (C,))
    assert made == broadcast(broadcast((C,), (A,)), (B,), (C,))
    assert isinstance(made, tuple)
    assert [str(size) for size in made] == ["max(A, B, C)*min(A, B, C, 1)"]


def test_where_the_algebra_proves_that_nothing_is_0_the_greatest_stands_alone() -> None:
    assert [str(s) for s in broadcast((A + 1, A, A), (B + 1, least(A, 64), A)) or ()] == ["max(A + 1, B + 1)", "A", "A"]


def test_of_too_many_sizes_nobody_could_read_the_answer() -> None:
    assert broadcast(*((named(name),) for name in "ABCDE")) == (None,)
    assert all(isinstance(size, Dim) for size in broadcast(*((named(name),) for name in "ABCD")) or (None,))
