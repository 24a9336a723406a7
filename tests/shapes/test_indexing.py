"""Gathering, scattering and searching: by the specification's words and examples."""

from __future__ import annotations

import pytest

from auditor.shapes.fact import Exact, Fact, Shape, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import ask, misfits, shape, tensor, values

N, H = named("N"), named("H")
INT64 = 7


def test_gather() -> None:
    assert shape("Gather", 13, [tensor(5, 4, 3, 2), tensor(3, dtype=INT64)]) == (3, 4, 3, 2)  # test_gather_0
    assert shape("Gather", 13, [tensor(5, N), tensor(2, H, dtype=INT64)], {"axis": -1}) == (5, 2, H)
    assert ask("Gather", 13, [values(N, 3, H), values(-1, 0)]).outputs[0] == values(H, N)
    assert ask("Gather", 13, [values(N, 3, H), Fact(INT64, (), (1,))]).outputs[0] == Fact(INT64, (), (3,))
    assert ask("Gather", 13, [values(N, 3), values(None, 1)]).outputs[0] == values(None, 3)
    matrix = Fact(INT64, (2, 3), (1, 2, 3, 4, 5, 6))
    assert ask("Gather", 13, [matrix, values(2, 0)], {"axis": 1}).outputs[0].elements == (3, 1, 6, 4)


def test_an_index_outside_is_an_error() -> None:
    """ "It is an error if any of the index values are out of bounds.\""""
    for index in (3, -4):
        with pytest.raises(ShapeError, match="outside"):
            ask("Gather", 13, [tensor(3, 2), values(index)])
    assert shape("Gather", 13, [tensor(N, 2), values(7)]) == (1, 2)  # N may be large enough


def test_rows_of_a_matrix_are_an_embedding() -> None:
    answer = ask("Gather", 13, [tensor(30522, 768), tensor(N, 128, dtype=INT64)])
    assert answer.outputs[0] == Fact(1, (N, 128, 768))
    assert answer.needs == {"data": Exact((30522, 768), "learnable")}
    assert not misfits("Gather", 13, [tensor(30522, 768), tensor(N, dtype=INT64)])
    assert not ask("Gather", 13, [tensor(4, 3, 2), values(0)]).needs


@pytest.mark.parametrize(
    ("data", "indices", "batch_dims", "expected"),  # the five examples of GatherND's documentation
    [
        ((2, 2), (2, 2), 0, (2,)),
        ((2, 2), (2, 1), 0, (2, 2)),
        ((2, 2, 2), (2, 2), 0, (2, 2)),
        ((2, 2, 2), (2, 1, 2), 0, (2, 1, 2)),
        ((2, 2, 2), (2, 1), 1, (2, 2)),
    ],
)
def test_gather_nd(data: Shape, indices: Shape, batch_dims: int, expected: Shape) -> None:
    inputs = [tensor(*data), tensor(*indices, dtype=INT64)]
    assert shape("GatherND", 13, inputs, {"batch_dims": batch_dims}) == expected


def test_batches_of_gather_nd_are_one() -> None:
    with pytest.raises(ShapeError, match="data and indices differ: 2 and 3"):
        ask("GatherND", 13, [tensor(2, 2, 3), tensor(3, 1, dtype=INT64)], {"batch_dims": 1})


def test_gather_elements_has_the_shape_of_the_indices() -> None:
    assert shape("GatherElements", 13, [tensor(4, 5), tensor(2, N, dtype=INT64)]) == (2, N)
    with pytest.raises(ShapeError, match="rank"):
        ask("GatherElements", 13, [tensor(4, 5), tensor(2, dtype=INT64)])


def test_scattering_keeps_the_shape() -> None:
    inputs = [tensor(3, N), tensor(2, 1, dtype=INT64), tensor(2, 1)]
    for op_type, opset in (("Scatter", 9), ("ScatterElements", 11), ("ScatterElements", 18)):
        assert ask(op_type, opset, inputs).outputs[0] == tensor(3, N)
    assert ask("ScatterND", 18, inputs).outputs[0] == tensor(3, N)
    assert ask("TensorScatter", 24, [tensor(2, 8, N, 4), tensor(2, 8, 1, 4)]).outputs[0] == tensor(2, 8, N, 4)
    with pytest.raises(ShapeError, match="indices and updates"):
        ask("ScatterElements", 18, [tensor(3, N), tensor(2, 1, dtype=INT64), tensor(3, 1)])
    with pytest.raises(ShapeError, match="float32 and int64"):  # of the data and of the updates
        ask("ScatterElements", 18, [tensor(3, N), tensor(2, 1, dtype=INT64), tensor(2, 1, dtype=INT64)])


def test_scattered_values() -> None:
    data = values(N, 2, 3)
    assert ask("ScatterElements", 18, [data, values(-1, 0), values(7, H)]).outputs[0].elements == (H, 2, 7)
    once = [data, Fact(INT64, (1, 1), (1,)), values(9)]
    assert ask("ScatterND", 18, once).outputs[0].elements == (N, 9, 3)
    assert ask("ScatterND", 18, once, {"reduction": "add"}).outputs[0].elements is None
    twice = [data, values(1, 1), values(7, 8)]
    assert ask("ScatterElements", 18, twice).outputs[0].elements == (N, None, 3)


def test_one_hot() -> None:
    depth = Fact(INT64, (), (10,))
    assert ask("OneHot", 11, [tensor(N, 2, dtype=INT64), depth, tensor(2)]).outputs[0] == tensor(N, 2, 10)
    assert shape("OneHot", 11, [tensor(N, 2, dtype=INT64), depth, tensor(2)], {"axis": 1}) == (N, 10, 2)
    floating = Fact(1, (1,), (12.0,))
    assert shape("OneHot", 11, [tensor(N, dtype=INT64), floating, tensor(2)]) == (N, 12)


def test_top_k() -> None:
    for answer in (ask("TopK", 1, [tensor(N, 9)], {"k": 5}), ask("TopK", 11, [tensor(N, 9), values(5)])):
        assert answer.outputs == (tensor(N, 5), tensor(N, 5, dtype=INT64))
    assert shape("TopK", 11, [tensor(3, 4, 5), values(N)], {"axis": 1}) == (3, N, 5)
    with pytest.raises(ShapeError, match="takes 5"):
        ask("TopK", 11, [tensor(4), values(5)])


def test_non_zero() -> None:
    assert ask("NonZero", 13, [tensor(N, 3)]).outputs[0] == Fact(INT64, (2, None))
    assert ask("NonZero", 13, [Fact(9, (2, 2), (True, False, True, True))]).outputs[0] == Fact(
        INT64, (2, 3), (0, 1, 1, 0, 0, 1)
    )  # ONNX's test_nonzero_example
    assert shape("NonZero", 13, [values(N, 1)]) == (1, None)
    assert shape("NonZero", 13, [values(N + 1, 1)]) == (1, 2)
    assert shape("NonZero", 13, [tensor()]) == (None, None)


def test_compress() -> None:
    condition = Fact(9, (3,), (False, True, True))
    assert shape("Compress", 11, [tensor(3, N), condition], {"axis": 0}) == (2, N)
    assert shape("Compress", 11, [tensor(3, N + 1), condition]) == (2,)
    assert shape("Compress", 11, [tensor(3, N), condition]) == (None,)  # of nothing, nothing
    assert shape("Compress", 11, [tensor(3, N), tensor(3, dtype=9)], {"axis": 0}) == (None, N)


def test_unique() -> None:
    assert [f.shape for f in ask("Unique", 11, [tensor(2, N)]).outputs] == [(None,), (None,), (2 * N,), (None,)]
    outputs = ask("Unique", 11, [tensor(2, N)], {"axis": 1}).outputs
    assert [f.shape for f in outputs] == [(2, None), (None,), (N,), (None,)]
    assert [f.dtype for f in outputs] == [1, INT64, INT64, INT64]


def test_non_max_suppression() -> None:
    assert ask("NonMaxSuppression", 11, [tensor(1, N, 4), tensor(1, 80, N)]).outputs[0] == Fact(INT64, (None, 3))
    with pytest.raises(ShapeError, match="rank 3"):
        ask("NonMaxSuppression", 11, [tensor(N, 4), tensor(1, 80, N)])


def test_what_can_be_known_of_places_without_values() -> None:
    """onnxruntime 1.32: NonZero of [2, 0] is [2, 0], Unique of one element [1] three times."""
    assert shape("NonZero", 13, [tensor(2, 0)]) == (2, 0)
    one = ask("Unique", 11, [tensor(1, 1)]).outputs
    assert [fact.shape for fact in one] == [(1,)] * 4
    none = ask("Unique", 11, [tensor(3, 0)], {"axis": 1}).outputs
    assert [fact.shape for fact in none] == [(3, 0), (0,), (0,), (0,)]
    several = ask("Unique", 11, [tensor(N, 3)]).outputs
    assert [fact.shape for fact in several] == [(None,), (None,), (3 * N,), (None,)]
