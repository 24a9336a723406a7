"""Sizes against Python's own integers: whatever is said of a size must hold for every number put in its names."""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import product as all_of
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.shapes.sizes.dim import (
    Dim,
    Size,
    TooComplex,
    bounds,
    ceil_div,
    divide_exact,
    evaluate,
    evaluator,
    floor_div,
    greatest,
    least,
    less,
    mod,
    named,
    product,
    same,
    substitute,
    trunc_div,
)

NAMES = ("H", "N", "W")
H, N, W = map(named, NAMES)

VALUES = [dict(zip(NAMES, v, strict=True)) for v in all_of((0, 1, 2, 3, 7, 64), (0, 1, 2, 5, 12), (0, 1, 4, 9))]
VALUES += [dict(zip(NAMES, v, strict=True)) for v in ((227, 1, 224), (1000, 0, 999), (2**40, 3, 2**33))]


# Random expressions, and what they are in plain integers.

Tree: TypeAlias = "int | str | tuple[str, Tree, Tree]"


def _towards_zero(a: int, b: int) -> int:
    sign = 1 if (a < 0) == (b < 0) else -1
    return sign * (abs(a) // abs(b))


ON_NUMBERS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "ceil": lambda a, b: -(-a // b),
    "trunc": _towards_zero,
    "max": max,
    "min": min,
}
ON_SIZES: Mapping[str, Callable[[Size, Size], Size]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "ceil": ceil_div,
    "trunc": trunc_div,
    "max": greatest,
    "min": least,
}

LEAVES = st.one_of(st.sampled_from(NAMES), st.integers(-6, 12), st.sampled_from((16, 64, -11)))
TREES = st.recursive(LEAVES, lambda t: st.tuples(st.sampled_from(sorted(ON_NUMBERS)), t, t), max_leaves=12)


def number(tree: Tree, values: Mapping[str, int]) -> int | None:
    """What the expression is in Python; None where it divides by 0."""
    try:
        return _number(tree, values)
    except ZeroDivisionError:
        return None


def _number(tree: Tree, values: Mapping[str, int]) -> int:
    match tree:
        case int():
            return tree
        case str():
            return values[tree]
        case (kind, a, b):
            return ON_NUMBERS[kind](_number(a, values), _number(b, values))


def size_of(tree: Tree, given: dict[str, int] | None = None) -> Size | None:
    """The expression as a size, names in ``given`` as numbers; None if it says itself that it cannot be made."""
    try:
        return _size_of(tree, given or {})
    except TooComplex:
        return None
    except ZeroDivisionError:
        assert all(number(tree, values | (given or {})) is None for values in VALUES)
        return None


def _size_of(tree: Tree, given: Mapping[str, int]) -> Size:
    match tree:
        case int():
            return tree
        case str():
            return given.get(tree, named(tree))
        case (kind, a, b):
            return ON_SIZES[kind](_size_of(a, given), _size_of(b, given))


def test_a_size_is_what_its_expression_is() -> None:
    compared = 0

    @settings(max_examples=1500, deadline=None, print_blob=True)
    @given(TREES)
    def holds(tree: Tree) -> None:
        nonlocal compared
        size = size_of(tree)
        if size is None:
            return
        low, high = bounds(size)
        fast = evaluator(size, NAMES)
        for values in VALUES:
            truth = number(tree, values)
            if truth is None:
                continue
            compared += 1
            assert evaluate(size, values) == truth, values
            assert fast(*values.values()) == truth, values
            assert low is None or low <= truth, values
            assert high is None or truth <= high, values

    holds()
    assert compared > 100_000


@settings(max_examples=1000, deadline=None, print_blob=True)
@given(TREES, TREES)
def test_comparisons_hold_for_every_value(one: Tree, other: Tree) -> None:
    a, b = size_of(one), size_of(other)
    if a is None or b is None:
        return
    equal, before = same(a, b), less(a, b)
    for values in VALUES:
        x, y = number(one, values), number(other, values)
        if x is not None and y is not None:
            assert equal is None or equal == (x == y), values
            assert before is None or before == (x < y), values


@settings(max_examples=1000, deadline=None, print_blob=True)
@given(TREES, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 70)))
def test_binding_later_is_binding_at_once(tree: Tree, given: dict[str, int]) -> None:
    open_size, at_once = size_of(tree), size_of(tree, given)
    if open_size is None or at_once is None:
        return
    later = substitute(open_size, given)
    assert same(later, at_once) is not False
    for values in VALUES:
        truth = number(tree, values | given)
        if truth is not None:
            assert evaluate(later, values) == evaluate(at_once, values) == truth


@settings(max_examples=500, deadline=None, print_blob=True)
@given(TREES)
def test_a_size_is_in_its_normal_form(tree: Tree) -> None:
    size = size_of(tree)
    if isinstance(size, Dim):
        again = substitute(size, {name: named(name) for name in NAMES})
        assert again == size and hash(again) == hash(size) and str(again) == str(size)
        assert same(size, again) is True


@settings(max_examples=500, deadline=None, print_blob=True)
@given(TREES, TREES)
def test_an_exact_quotient_gives_back_the_product(one: Tree, other: Tree) -> None:
    a, b = size_of(one), size_of(other)
    if a is None or b is None or b == 0:
        return
    try:
        whole = a * b
    except TooComplex:
        return
    quotient = divide_exact(whole, b)
    assert quotient is not None and quotient * b == whole


# Arithmetic that a reader can check by hand.


def test_places_of_a_window() -> None:
    places = (H - 11) // 4 + 1
    assert str(places) == "floor((H - 11)/4) + 1"
    assert evaluate(places, {"H": 227}) == 55
    assert evaluate(places, {"H": 224}) == 54


def test_alexnet_fits_from_227_to_258() -> None:
    """Unpadded conv1 of 11x11 by 4, three pools of 3x3 by 2; conv2 to conv5 keep the size. fc6 takes 6x6."""
    size: Size = (H - 11) // 4 + 1
    for _ in range(3):
        size = (size - 3) // 2 + 1
    places = evaluator(size, ["H"])
    assert [h for h in range(1, 4097) if places(h) == 6] == list(range(227, 259))
    assert str(size) == "floor((H - 67)/32) + 1"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (2 * named("seq") * named("batch") + 1, "2*batch*seq + 1"),
        ((N + 1) * (N - 1), "N^2 - 1"),
        (3 - H, "-H + 3"),
        (W - H, "-H + W"),
        (H // 2, "floor(H/2)"),
        ((2 * H) // 3, "floor(2*H/3)"),
        (5 * H // 2, "2*H + floor(H/2)"),
        (H // (2 * N), "floor(H/(2*N))"),
        (H // (N + 1), "floor(H/(N + 1))"),
        (ceil_div(H, 2), "floor((H + 1)/2)"),
        (trunc_div(H - 11, 4), "trunc((H - 11)/4)"),
        (greatest(H - 1, 0), "max(0, H - 1)"),
        (least(H, greatest(N, 3)), "min(H, max(N, 3))"),
        (2 * named("past + 1"), "2*(past + 1)"),
    ],
)
def test_texts(size: Size, text: str) -> None:
    assert str(size) == text


@pytest.mark.parametrize(
    ("size", "simple"),
    [
        (N - N, 0),
        ((4 * N) // 2, 2 * N),
        ((4 * N) % 2, 0),
        ((N * 64) // 64, N),
        ((2 * H * 2) // 4, H),
        ((4 * N + 5) // 4, N + 1),
        ((2 * H + 5) // 4, (H + 2) // 2),
        (6 * N // (4 * N), 1),
        (N * H // N, H),
        (N * (H + 1) // (H + 1), N),
        ((H // 2 + 1) // 3, (H + 2) // 6),
        ((H // 2 + N) // 3, (H + 2 * N) // 6),
        ((H // N + 1) // 2, (H + N) // (2 * N)),
        (H // 2 // N, H // (2 * N)),
        (-(-H // 3), (H + 2) // 3),
        (ceil_div(N * H, N), H),
        (trunc_div(-H, 2), -(H // 2)),
        (trunc_div(trunc_div(H - 11, 2), 3), trunc_div(H - 11, 6)),
        (H // 2 * 2 + H % 2, H),
        (-1 // (N + 1), -1),
        (N % 2 // 2, 0),
        (greatest(H, H), H),
        (greatest(greatest(H, N), N), greatest(N, H)),
        (greatest(H, -1), H),
        (greatest(H, H // 2), H),
        (least(H, H + 3), H),
        (greatest(H, least(H, N)), H),
        (greatest(5, 5 - N), 5),
    ],
)
def test_normal_forms(size: Size, simple: Size) -> None:
    assert size == simple
    assert hash(size) == hash(simple)


@pytest.mark.parametrize(
    ("a", "b", "answer"),
    [
        (N, N, True),
        ((H - 11) // 4 + 1, (H + 1) // 4 - 2, True),
        (H // 2 + ceil_div(H, 2), H, True),
        (greatest(H + 1, N + 1), greatest(H, N) + 1, True),
        (N + 1, N, False),
        (N, -1, False),
        (2 * N, 2 * H + 1, False),
        (256 * (H // 2) * (W // 2), 9217, False),
        (H % 2, 2, False),
        (H % N, N, False),
        (N, 0, None),
        (N, H, None),
        (N * H, N, None),
        (H // 2, H, None),
        (H - 11, trunc_div(H - 11, 4) * 4, None),
        (3, 3, True),
        (3, 4, False),
    ],
)
def test_same(a: Size, b: Size, answer: bool | None) -> None:
    assert same(a, b) is answer
    assert same(b, a) is answer


@pytest.mark.parametrize(
    ("a", "b", "answer"),
    [
        (N, N + 1, True),
        (H // 2, H + 1, True),
        (H % 7, 7, True),
        (H % N, N, True),
        (N, 0, False),
        (H, H // 3, False),
        (H, greatest(H, N), None),
        (N, H, None),
        (3, 4, True),
        (4, 4, False),
    ],
)
def test_less(a: Size, b: Size, answer: bool | None) -> None:
    assert less(a, b) is answer


@pytest.mark.parametrize(
    ("size", "ends"),
    [
        (7, (7, 7)),
        (N, (0, None)),
        (3 - 2 * N, (None, 3)),
        (N - H, (None, None)),
        (H // 2, (0, None)),
        ((H - 11) // 4 + 1, (-2, None)),
        (H % 8, (0, 7)),
        (H % N, (0, None)),
        (5 // N, (0, 5)),
        (least(H, 7) + greatest(N, 2), (2, None)),
        (least(H, 7), (0, 7)),
        ((H - N) * (H - N), (None, None)),
        (greatest(H - N, -3) % 5 * 2, (0, 8)),
    ],
)
def test_bounds(size: Size, ends: tuple[int | None, int | None]) -> None:
    assert bounds(size) == ends


def test_division_by_a_name_holds_where_the_name_is_not_zero() -> None:
    """Reshape's -1: the quotient on the assumption that there is one."""
    assert divide_exact(N * H * 6, N * 2) == 3 * H
    assert divide_exact(N * H, 64) is None
    assert divide_exact(N, H) is None
    assert divide_exact(N, 0) is None
    assert divide_exact(12, 4) == 3
    assert divide_exact(13, 4) is None
    assert divide_exact(13, 0) is None
    assert divide_exact(N * (H // 2) * 4, (H // 2) * N) == 4


@pytest.mark.parametrize("divide", [floor_div, ceil_div, trunc_div, mod])
@pytest.mark.parametrize("top", [5, N])
def test_division_by_the_number_zero_is_an_error(divide: Callable[[Size, Size], Size], top: Size) -> None:
    with pytest.raises(ZeroDivisionError):
        divide(top, 0)


@pytest.mark.parametrize(
    ("a", "b", "quotient"), [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (-6, 3, -2), (0, -3, 0)]
)
def test_integers_are_truncated_as_onnx_does(a: int, b: int, quotient: int) -> None:
    assert trunc_div(a, b) == quotient
    assert evaluate(trunc_div(H - 10, N - 10), {"H": a + 10, "N": b + 10}) == quotient


def test_other_sizes_in_the_place_of_names() -> None:
    assert substitute(H // 2 * W, {"H": 2 * N}) == N * W
    assert substitute(greatest(H, N), {"N": H + 1}) == H + 1
    assert substitute(5, {"H": 3}) == 5
    assert substitute(N * H, {"N": 0}) == 0
    with pytest.raises(ZeroDivisionError):
        substitute(H // N, {"N": 0})
    with pytest.raises(KeyError):
        evaluate(N + H, {"N": 1})


def test_products() -> None:
    assert product(()) == 1
    assert product((2, N, 3, H)) == 6 * N * H
    assert product((N, 0, H)) == 0


def test_a_size_is_a_value() -> None:
    size = (N * H + W // 2) % 5
    assert isinstance(size, Dim)
    assert size.names == {"H", "N", "W"}
    assert pickle.loads(pickle.dumps(size)) == size
    assert len({size, (H * N + W // 2) % 5}) == 1
    assert size != 3 and named("3") != 3
    with pytest.raises(AttributeError):
        size.terms = ()
    with pytest.raises(TypeError):
        size + "x"  # type: ignore[operator]  # that is the test


def test_a_name_that_looks_like_a_division_is_none() -> None:
    assert named("floor(H/2)") != H // 2
    assert same(named("floor(H/2)"), H // 2) is None
    assert str(named("floor(H/2)") + H // 2) == "floor(H/2) + floor(H/2)"


def _nested(times: int) -> Size:
    size: Size = H
    for i in range(times):
        size = greatest(size // (N + i), W + i)
    return size


@pytest.mark.parametrize(
    "grow",
    [
        lambda: product([named(f"a{i}") + 1 for i in range(7)]),
        lambda: product([N] * 17),
        lambda: product([named(f"a{i}") for i in range(17)]),
        lambda: N * 2**81,
        lambda: (N + 2**79) * 4 - 4 * N,
        lambda: reduce(operator.add, [named(f"a{i}") for i in range(65)]),
        lambda: _nested(25),
    ],
)
def test_a_size_over_the_budget_is_refused(grow: Callable[[], Size]) -> None:
    with pytest.raises(TooComplex):
        grow()


def test_which_of_two_sizes_is_the_less_is_open_where_their_difference_is_over_the_budget() -> None:
    one, other = (reduce(operator.add, [named(f"{name}{i}") for i in range(40)]) for name in "ab")
    assert less(one, other) is None
    assert same(one, other) is None


def test_sizes_within_the_budget_are_not() -> None:
    assert evaluate(product([N] * 16), {"N": 2}) == 2**16
    assert evaluate(_nested(6), {"H": 720, "N": 1, "W": 0}) == 5
    assert evaluate(product([N + 1, H + 1] * 7), {"N": 1, "H": 2}) == 6**7
    assert substitute(N * 2**80, {"N": 1}) == 2**80
