"""Element-wise operators: shapes, types and values, by the specification and by what onnxruntime makes of them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from auditor.shapes.fact import Fact, Shape, ShapeError
from auditor.shapes.sizes.dim import greatest, least, named
from tests.shapes.asking import ask, shape, tensor, values
from tests.shapes.confronting import confront

N, M = named("N"), named("M")
BOOL, INT32, INT64, FLOAT16, DOUBLE = 9, 6, 7, 10, 11


def made(op_type: str, *inputs: Fact, opset: int = 17, **attributes: object) -> Fact:
    return ask(op_type, opset, inputs, attributes).outputs[0]


# Shapes


@pytest.mark.parametrize(
    ("a", "b", "expected"),  # onnx/docs/Broadcasting.md
    [
        ((2, 3, 4, 5), (), (2, 3, 4, 5)),
        ((2, 3, 4, 5), (5,), (2, 3, 4, 5)),
        ((4, 5), (2, 3, 4, 5), (2, 3, 4, 5)),
        ((1, 4, 5), (2, 3, 1, 1), (2, 3, 4, 5)),
        ((3, 4, 5), (2, 1, 1, 1), (2, 3, 4, 5)),
        ((N, 1), (1, M), (N, M)),
        ((N, 3), (N, 1), (N, 3)),
        ((N,), (5,), (5,)),
        ((N,), (M,), (greatest(N, M) * least(least(N, M), 1),)),  # of 0 and 1 comes 0
    ],
)
def test_broadcasting(a: Shape, b: Shape, expected: Shape) -> None:
    for op_type in ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Equal", "Less"):
        assert shape(op_type, 13, [tensor(*a), tensor(*b)]) == expected
    assert shape("Where", 16, [tensor(*a, dtype=BOOL), tensor(*b), tensor(1)]) == expected


def test_sizes_that_cannot_be_stretched_are_an_error() -> None:
    with pytest.raises(ShapeError, match=r"\[2, 3\] and \[4\]"):
        ask("Add", 14, [tensor(2, 3), tensor(4)])
    with pytest.raises(ShapeError, match=r"\[2, 3\] and \[2, 4\]"):  # in the order of the inputs
        ask("Add", 14, [tensor(2, 3), tensor(2, 4)])


def test_two_types_are_an_error() -> None:
    with pytest.raises(ShapeError, match="float32 and int64"):
        ask("Add", 14, [tensor(2), tensor(2, dtype=INT64)])


def test_unknown_shapes_and_types_stay_unknown() -> None:
    assert ask("Add", 14, [Fact(), tensor(2)]).outputs == (Fact(1),)
    assert ask("Relu", 14, [Fact()]).outputs == (Fact(),)


@pytest.mark.parametrize(
    ("b", "axis"),  # the examples in the documentation of Add-6
    [((), None), ((1, 1), None), ((5,), None), ((4, 5), None), ((3, 4), 1), ((2,), 0)],
)
def test_before_opset_7_b_is_stretched_to_a(b: tuple[int, ...], axis: int | None) -> None:
    attributes = {"broadcast": 1} if axis is None else {"broadcast": 1, "axis": axis}
    assert shape("Add", 6, [tensor(2, 3, 4, 5), tensor(*b)], attributes) == (2, 3, 4, 5)
    assert shape("Less", 1, [tensor(2, 3, 4, 5), tensor(*b)], attributes) == (2, 3, 4, 5)


def test_before_opset_7_nothing_is_stretched_unasked() -> None:
    assert shape("Mul", 6, [tensor(N, 3), tensor(2, 3)]) == (2, 3)
    with pytest.raises(ShapeError, match="must be equal"):
        ask("Mul", 6, [tensor(2, 3), tensor(3)])
    with pytest.raises(ShapeError, match="does not fit"):
        ask("Mul", 6, [tensor(2, 3), tensor(2)], {"broadcast": 1})


def test_before_opset_8_sum_takes_equal_shapes() -> None:
    assert shape("Sum", 6, [tensor(2, 3), tensor(2, 3)]) == (2, 3)
    assert shape("Sum", 8, [tensor(2, 3), tensor(3)]) == (2, 3)
    with pytest.raises(ShapeError):
        ask("Sum", 6, [tensor(2, 3), tensor(3)])


def test_types_of_results() -> None:
    x = tensor(2, 3)
    for op_type in ("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"):
        assert made(op_type, x, x) == Fact(BOOL, (2, 3))
    assert made("IsNaN", x) == made("IsInf", x) == Fact(BOOL, (2, 3))
    assert made("Cast", x, to=FLOAT16) == Fact(FLOAT16, (2, 3))
    assert made("Cast", x, opset=5, to="INT32") == Fact(INT32, (2, 3))
    assert made("Cast", x, opset=6, to=INT32) == Fact(INT32, (2, 3))
    assert made("CastLike", x, tensor(1, dtype=DOUBLE)) == Fact(DOUBLE, (2, 3))
    assert made("Pow", x, tensor(1, dtype=INT64)) == x


def test_an_input_that_is_left_out() -> None:
    with pytest.raises(ShapeError, match="left out"):
        ask("Max", 13, [tensor(2), None])


# Values


def test_integers_divide_towards_zero() -> None:
    assert made("Div", values(-7, 7, N), values(2, -2, 2)).elements == (-3, -3, N // 2)


def test_mod_has_the_sign_of_the_divisor_or_with_fmod_of_the_dividend() -> None:
    a, b = values(-4, 7, 5, 4, -7, 8), values(2, -3, 8, -2, 3, 5)  # ONNX's test_mod_mixed_sign_int64
    assert made("Mod", a, b).elements == (0, -2, 5, 0, 2, 3)
    assert made("Mod", a, b, fmod=1).elements == (0, 1, 5, 0, -1, 3)


def test_what_would_wrap_around_or_divide_by_zero_is_unknown() -> None:
    largest = 2**31 - 1
    assert made("Add", values(largest, 1, dtype=INT32), values(1, 1, dtype=INT32)).elements == (None, 2)
    assert made("Div", values(5, -(2**63)), values(0, -1)).elements is None
    assert made("Neg", values(-(2**63))).elements is None
    assert made("Sub", values(N, 1, dtype=13), values(1, 2, dtype=13)).elements is None  # uint64 below 0


def test_a_cast_drops_the_higher_bits() -> None:
    assert made("Cast", values(200, dtype=5), to=3).elements == (-56,)  # the specification's example
    assert made("Cast", values(2**63 - 1, -1, N), to=INT32).elements == (-1, -1, N)


def test_a_named_size_is_never_a_float() -> None:
    """float32 would round it from 2**24 on."""
    assert made("Cast", values(N, 3), to=1).elements == (None, 3.0)


def test_floats_are_rounded_as_their_type_does() -> None:
    single = float(np.float32(0.1) + np.float32(0.2))
    tenth, fifth = float(np.float32(0.1)), float(np.float32(0.2))
    assert made("Add", Fact(1, (), (tenth,)), Fact(1, (), (fifth,))).elements == (single,)


def test_comparing_names_is_three_valued() -> None:
    n = values(N, N, N + 1, N)
    other = values(N, N + 1, N, 3)
    assert made("Equal", n, other).elements == (True, False, False, None)
    assert made("Less", n, other).elements == (False, True, False, None)
    assert made("GreaterOrEqual", values(N), values(0)).elements == (True,)


@pytest.mark.parametrize(("low", "high"), [(np.nan, None), (None, np.nan), (np.nan, 2.0), (0.0, np.nan)])
def test_between_bounds_of_which_one_is_no_number_nothing_is_known(low: float | None, high: float | None) -> None:
    """Runtimes differ there."""
    bounds = [None if bound is None else Fact(1, (), (bound,)) for bound in (low, high)]
    assert ask("Clip", 13, [values(1.0, 3.0, dtype=1), *bounds]).outputs == (tensor(2),)


def test_where_chooses_by_value() -> None:
    condition = Fact(BOOL, (3,), (True, False, None))
    assert made("Where", condition, values(1, 2, 3), values(N, M, 3)).elements == (1, M, 3)
    assert made("Where", condition, tensor(3, dtype=INT64), values(N, M, 3)).elements == (None, M, None)


def test_maxima_of_names() -> None:
    assert made("Max", values(N), values(7)).elements == (greatest(N, 7),)
    assert made("Relu", values(N - 3)).elements == (greatest(N - 3, 0),)


def test_values_are_stretched_like_shapes() -> None:
    column, row = Fact(INT64, (2, 1), (10, 20)), Fact(INT64, (3,), (1, 2, 3))
    assert made("Add", column, row) == Fact(INT64, (2, 3), (11, 12, 13, 21, 22, 23))


# Against the runtime


def _array(rng: np.random.Generator, dtype: type, sizes: tuple[int, ...]) -> np.ndarray:
    if dtype is bool:
        return rng.integers(0, 2, sizes).astype(bool)
    if np.issubdtype(dtype, np.integer):
        return rng.integers(0 if np.issubdtype(dtype, np.unsignedinteger) else -9, 12, sizes).astype(dtype)
    return rng.choice([-2.5, -1.0, 0.0, 0.5, 1.5, 3.0, 1e30, np.nan, np.inf], sizes).astype(dtype)


def _partial(choice: random.Random, sizes: tuple[int, ...]) -> tuple[int, ...]:
    kept = tuple(1 if choice.random() < 0.3 else size for size in sizes)
    return kept[choice.randrange(len(kept) + 1) :] if choice.random() < 0.3 else kept


@pytest.mark.parametrize("seed", range(4))
def test_values_are_the_runtimes(seed: int) -> None:
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    ran = 0
    for _ in range(150):
        op_type = choice.choice(_FOLLOWED)
        opset = choice.choice([13, 17, 21])
        dtype = choice.choice([np.int32, np.int64, np.uint8, np.float32, np.float64])
        if op_type in ("And", "Or", "Xor", "Not"):
            dtype = bool
        sizes = tuple(choice.randint(1, 3) for _ in range(choice.randint(0, 3)))
        count = {"Where": 2, "Clip": 1}.get(op_type, 1 if op_type in _UNARY else 2)
        inputs = [np.asarray(_array(rng, dtype, _partial(choice, sizes) if count > 1 else sizes)) for _ in range(count)]
        attributes: dict[str, int] = {}
        if op_type in ("Div", "Mod") and np.issubdtype(dtype, np.integer):
            inputs[1] = np.where(inputs[1] == 0, np.ones_like(inputs[1]), inputs[1])
        if op_type == "Mod":
            attributes["fmod"] = int(not np.issubdtype(dtype, np.integer) or choice.random() < 0.5)
        if op_type == "Where":
            inputs.insert(0, np.asarray(_array(rng, bool, _partial(choice, sizes))))
        if op_type == "Clip":
            inputs += [np.asarray(_array(rng, dtype, ())) for _ in range(choice.randint(0, 2))]
        if op_type == "Cast":
            attributes["to"] = choice.choice([1, 6, 7, 9, 11])
            inputs[0] = np.asarray(np.clip(np.nan_to_num(inputs[0]), -100, 100))
        ran += confront(op_type, opset, inputs, attributes)
    assert ran > 100


_UNARY = ("Cast", "Abs", "Neg", "Sqrt", "Sign", "Relu", "Floor", "Ceil", "Round", "Not")
_BINARY = ("Add", "Sub", "Mul", "Div", "Mod", "Pow", "And", "Or", "Xor", "Equal", "Less", "Greater", "LessOrEqual")
_FOLLOWED = (*_UNARY, *_BINARY, "Max", "Min", "Sum", "Where", "Clip")
