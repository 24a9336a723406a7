"""Reductions: axes as attribute and as input, with and without the axes kept."""

from __future__ import annotations

import pytest

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import greatest, named
from tests.shapes.asking import ask, shape, tensor, values

N, H = named("N"), named("H")
INT64 = 7


@pytest.mark.parametrize(("opset", "as_input"), [(1, False), (11, False), (13, False), (18, True), (21, True)])
def test_axes_as_attribute_and_as_input(opset: int, as_input: bool) -> None:
    def reduced(*axes: int, **attributes: int) -> object:
        if as_input:
            return shape("ReduceMean", opset, [tensor(N, 3, H), values(*axes)], attributes)
        return shape("ReduceMean", opset, [tensor(N, 3, H)], {"axes": axes, **attributes})

    assert reduced(1) == (N, 1, H)
    assert reduced(-1, 1, keepdims=0) == (N,)
    assert shape("ReduceMean", opset, [tensor(N, 3, H)]) == (1, 1, 1)
    assert shape("ReduceMean", opset, [tensor(N, 3, H)], {"keepdims": 0}) == ()
    with pytest.raises(ShapeError, match="outside"):
        reduced(3)


def test_reduce_sum_has_axes_as_input_since_13() -> None:
    assert shape("ReduceSum", 13, [tensor(N, 3), values(1)], {"keepdims": 0}) == (N,)
    assert shape("ReduceSum", 11, [tensor(N, 3)], {"axes": (1,), "keepdims": 0}) == (N,)


def test_no_axes_are_all_or_none() -> None:
    assert shape("ReduceSum", 13, [tensor(N, 3), values()]) == (1, 1)
    assert shape("ReduceSum", 13, [tensor(N, 3), values()], {"noop_with_empty_axes": 1}) == (N, 3)
    assert shape("ReduceSum", 13, [tensor(N, 3), None], {"noop_with_empty_axes": 1}) == (N, 3)


def test_axes_that_nobody_knows() -> None:
    assert shape("ReduceMax", 18, [tensor(N, 3, 4), tensor(1, dtype=INT64)]) == (None,) * 3
    assert shape("ReduceMax", 18, [tensor(N, 3, 4), tensor(1, dtype=INT64)], {"keepdims": 0}) == (None,) * 2
    assert shape("ReduceMax", 18, [tensor(N, 3), tensor(H, dtype=INT64)], {"keepdims": 0}) is None


def test_values_of_integers() -> None:
    assert ask("ReduceProd", 13, [values(N, 3, 4)], {"keepdims": 0}).outputs[0] == Fact(INT64, (), (12 * N,))
    assert ask("ReduceMax", 13, [values(N, 3)]).outputs[0] == values(greatest(N, 3))
    table = Fact(INT64, (2, 3), (1, 2, 3, 4, 5, 6))
    assert ask("ReduceSum", 13, [table, values(0)]).outputs[0] == Fact(INT64, (1, 3), (5, 7, 9))
    assert ask("ReduceSum", 13, [Fact(1, (2,), (0.5, 0.25))]).outputs[0] == Fact(1, (1,))


def test_arg_max() -> None:
    assert ask("ArgMax", 13, [tensor(N, 10)], {"axis": -1}).outputs[0] == Fact(INT64, (N, 1))
    assert ask("ArgMin", 1, [tensor(N, 10)], {"axis": 1, "keepdims": 0}).outputs[0] == Fact(INT64, (N,))
    with pytest.raises(ShapeError):
        ask("ArgMax", 13, [tensor(N)], {"axis": 1})


def test_running_sums_keep_the_shape() -> None:
    assert ask("CumSum", 14, [tensor(N, 3), Fact(INT64, (), (1,))]).outputs[0] == tensor(N, 3)
    assert ask("CumProd", 26, [tensor(N, 3), Fact(INT64, (), (1,))]).outputs[0] == tensor(N, 3)
