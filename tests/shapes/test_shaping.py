"""Operators that reshape, join, cut, pad and make tensors: by the specification's words and examples."""

from __future__ import annotations

import pytest

from auditor.shapes.fact import Fact, Shape, ShapeError
from auditor.shapes.sizes.dim import greatest, least, named
from tests.shapes.asking import ask, formula, shape, tensor, values

N, H, W = named("N"), named("H"), named("W")
INT64 = 7


def elements(op_type: str, inputs: list[Fact | None], opset: int = 17, **attributes: object) -> object:
    return ask(op_type, opset, inputs, attributes).outputs[0].elements


# Reshape


@pytest.mark.parametrize(
    ("data", "target", "expected"),
    [
        ((2, 3, 4), (4, 2, 3), (4, 2, 3)),  # ONNX's node tests of Reshape
        ((2, 3, 4), (2, -1, 2), (2, 6, 2)),
        ((2, 3, 4), (-1, 2, 3, 4), (1, 2, 3, 4)),
        ((2, 3, 4), (2, 0, 4, 1), (2, 3, 4, 1)),
        ((2, 3, 4), (2, 0, 1, -1), (2, 3, 1, 4)),
        ((N, 256, 6, 6), (N, -1), (N, 9216)),
        ((N, 256, 6, 6), (-1, 9216), (N, 9216)),
        ((N, 256, H, W), (0, -1), (N, 256 * H * W)),
        ((N, 12), (-1, 8), (3 * N // 2, 8)),
        ((2, 3), (N,), (6,)),  # whatever N says, there are six
        ((N, 6), (None, 3), (2 * N, 3)),
        ((2, 0), (0, -1), (2, 0)),
    ],
)
def test_reshape(data: Shape, target: tuple[int, ...], expected: Shape) -> None:
    assert shape("Reshape", 13, [tensor(*data), values(*target)]) == expected


def test_reshape_as_attribute() -> None:
    assert shape("Reshape", 1, [tensor(2, 3, 4)], {"shape": (0, -1)}) == (2, 12)


def test_reshape_to_a_literal_zero() -> None:
    assert shape("Reshape", 14, [tensor(0, 3, 4), values(3, 4, 0)], {"allowzero": 1}) == (3, 4, 0)


def test_reshape_to_what_nobody_knows() -> None:
    assert shape("Reshape", 13, [tensor(2, 3), tensor(4, dtype=INT64)]) == (None,) * 4
    assert shape("Reshape", 13, [tensor(2, 3), tensor(N, dtype=INT64)]) is None


@pytest.mark.parametrize(
    ("data", "target", "message"),
    [
        ((2, 3), (4, 2), "has 6 elements"),
        ((2, 3), (-1, 4), "do not divide"),
        ((2, 3), (-1, -1), "more than one -1"),
        ((2, 3), (2, 3, 0), "copies an axis"),
        ((0, 5), (0, -1), "leaves nothing"),  # as onnxruntime says
    ],
)
def test_impossible_reshapes(data: Shape, target: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        ask("Reshape", 13, [tensor(*data), values(*target)])


def test_a_reshape_that_is_possible_at_zero_only_is_no_error() -> None:
    assert shape("Reshape", 13, [tensor(N, 4), values(2 * N, 4, 3)]) is not None


def test_values_survive_a_new_shape() -> None:
    assert ask("Reshape", 13, [values(1, N, 3, 4), values(2, -1)]).outputs[0] == Fact(INT64, (2, 2), (1, N, 3, 4))


@pytest.mark.parametrize(
    ("axis", "expected"), [(0, (1, 120)), (1, (2, 60)), (2, (6, 20)), (3, (24, 5)), (4, (120, 1)), (-1, (24, 5))]
)
def test_flatten(axis: int, expected: Shape) -> None:
    assert shape("Flatten", 13, [tensor(2, 3, 4, 5)], {"axis": axis}) == expected


def test_flatten_says_how_many_features() -> None:
    assert shape("Flatten", 9, [tensor(N, 256, 6, 6)]) == (N, 9216)
    assert formula("Flatten", 9, [tensor(N, 256, 6, 6)]) == "256 x 6 x 6 = 9216"
    assert formula("Flatten", 9, [tensor(N, 256, H + 1, 6)]) == "256 x (H + 1) x 6 = 1536*H + 1536"


def test_squeeze_and_unsqueeze() -> None:
    assert shape("Squeeze", 11, [tensor(1, N, 1)], {"axes": (0,)}) == (N, 1)
    assert shape("Squeeze", 13, [tensor(1, 3, 1), values(-1)]) == (1, 3)
    assert shape("Squeeze", 13, [tensor(1, 3, 1)]) == (3,)
    assert shape("Squeeze", 13, [tensor(1, N)]) is None  # N may be 1
    assert shape("Unsqueeze", 13, [tensor(3, 4), values(0, -1)]) == (1, 3, 4, 1)
    assert shape("Unsqueeze", 1, [tensor(3, 4)], {"axes": (1,)}) == (3, 1, 4)
    assert shape("Unsqueeze", 13, [tensor(3, 4), tensor(2, dtype=INT64)]) == (None,) * 4
    with pytest.raises(ShapeError, match="not of size 1"):
        ask("Squeeze", 13, [tensor(2, 3), values(0)])
    with pytest.raises(ShapeError, match="twice"):
        ask("Unsqueeze", 13, [tensor(2), values(0, -3)])


def test_transpose() -> None:
    assert shape("Transpose", 13, [tensor(2, N, 4)]) == (4, N, 2)
    assert elements("Transpose", [Fact(INT64, (2, 3), (1, 2, 3, 4, 5, 6))]) == (1, 4, 2, 5, 3, 6)
    with pytest.raises(ShapeError):
        ask("Transpose", 13, [tensor(2, 3)], {"perm": (0, 0)})


# Joining and cutting


def test_concat() -> None:
    parts = [tensor(N, 64, H), tensor(N, 64, H)]
    assert shape("Concat", 13, parts, {"axis": 1}) == (N, 128, H)
    assert formula("Concat", 13, parts, {"axis": 1}) == "64 + 64 = 128"
    assert shape("Concat", 1, parts) == (N, 128, H)
    assert elements("Concat", [values(N), values(3, 4)], axis=0) == (N, 3, 4)
    assert elements("Concat", [tensor(2, dtype=7), values(N)], axis=0) == (None, None, N)
    assert elements("Concat", [tensor(2, dtype=7), values()], axis=0) is None
    square = Fact(INT64, (2, 1), (1, 2))
    assert elements("Concat", [square, square], axis=1) == (1, 1, 2, 2)
    with pytest.raises(ShapeError, match="axis 2"):
        ask("Concat", 13, [tensor(1, 2, 3), tensor(1, 2, 4)], {"axis": 1})
    with pytest.raises(ShapeError, match="ranks"):
        ask("Concat", 13, [tensor(1, 2), tensor(1)], {"axis": 0})


def test_concat_knows_the_other_axes_from_one_input() -> None:
    assert shape("Concat", 13, [Fact(1), tensor(N, 3, 5)], {"axis": 1}) == (N, None, 5)


@pytest.mark.parametrize("opset", [2, 11, 13])
def test_split_into_equal_parts(opset: int) -> None:
    answer = ask("Split", opset, [tensor(N, 6)], {"axis": 1}, 3)
    assert [fact.shape for fact in answer.outputs] == [(N, 2)] * 3
    with pytest.raises(ShapeError, match="equal parts"):
        ask("Split", opset, [tensor(N, 7)], {"axis": 1}, 3)


def test_split_by_lengths() -> None:
    sizes = [fact.shape for fact in ask("Split", 13, [tensor(7), values(2, 5)], {}, 2).outputs]
    assert sizes == [(2,), (5,)]
    assert [f.elements for f in ask("Split", 11, [values(1, N, 3)], {"split": (1, 2)}, 2).outputs] == [(1,), (N, 3)]
    with pytest.raises(ShapeError, match="add up"):
        ask("Split", 13, [tensor(7), values(2, 4)], {}, 2)


def test_split_at_18_gives_the_rest_to_the_last() -> None:
    """ONNX's test_split_1d_uneven_split_opset18."""
    sizes = [fact.shape for fact in ask("Split", 18, [tensor(7)], {"num_outputs": 4}, 4).outputs]
    assert sizes == [(2,), (2,), (2,), (1,)]


def test_split_at_1_is_open_along_its_axis() -> None:
    assert [f.shape for f in ask("Split", 1, [tensor(N, 6)], {"axis": 1}, 2).outputs] == [(N, None)] * 2


@pytest.mark.parametrize(
    ("size", "start", "end", "step", "expected"),
    [
        (10, 1, 8, 3, 3),
        (10, -3, 2**63 - 1, 1, 3),
        (10, -1, -(2**63), -1, 10),
        (10, 20, 0, -4, 3),  # from 9
        (10, -100, 4, 1, 4),
        (10, 7, 3, 1, 0),
        (N, 0, 2**31 - 1, 1, N),
        (N, 1, -1, 1, greatest(N - 2, 0)),
        (N, 0, 5, 1, least(N, 5)),
        (N, 3, N, 1, greatest(N - 3, 0)),
        (N + 1, 0, 2**63 - 1, 2, (N + 2) // 2),
        (N, -1, -(2**63), -1, N),
        (N, -N, 2**63 - 1, 1, N),  # the last N of N, were it 0 too
        (2 * N, -N, 2**63 - 1, 1, N),
        (N, -2 * N, 2**63 - 1, 1, None),  # nobody needs to know
        (10, 0, N - 4, 1, None),  # may count from the end
        (5, -1, 2**63 - 1, -1, None),  # the specification says 0, runtimes 5
    ],
)
def test_slice(size: object, start: object, end: object, step: int, expected: object) -> None:
    inputs = [tensor(3, size), values(start), values(end), values(1), values(step)]  # type: ignore[arg-type]  # sizes
    assert shape("Slice", 13, inputs) == (3, expected)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (5, "axis 0 from 1 to 5: 4"),
        (2**31 - 2, "axis 0 from 1 to 2147483646: 9"),
        (2**31 - 1, "axis 0 from 1 to the end: 9"),
        (-(2**63), "axis 0 from 1 to the end: 0"),
        (None, "axis 0 from 1 to ?: ?"),
    ],
)
def test_where_a_slice_ends_is_told(end: int | None, told: str) -> None:
    assert formula("Slice", 13, [tensor(10), values(1), values(end)]) == told


def test_a_slice_is_told_by_its_axes() -> None:
    by_two = [tensor(3, 10), values(1), values(9), values(1), values(2)]  # 1, 3, 5 and 7
    assert formula("Slice", 13, by_two) == "axis 1 from 1 to 9 by 2: 4"
    both = [tensor(3, 10), values(0, 2), values(2, 2**63 - 1)]
    assert formula("Slice", 13, both) == "axis 0 from 0 to 2: 2; axis 1 from 2 to the end: 8"


def test_slice_of_values() -> None:
    assert elements("Slice", [values(1, N, 3, 4), values(-1), values(-(2**63)), values(0), values(-2)]) == (4, N)
    assert elements("Slice", [values(1, N, 3, 4)], opset=1, starts=(1,), ends=(3,)) == (N, 3)


def test_slice_of_what_nobody_knows() -> None:
    unknown = tensor(1, dtype=INT64)
    assert shape("Slice", 13, [tensor(N, H), unknown, unknown, values(1)]) == (N, None)
    assert shape("Slice", 13, [tensor(N, H), unknown, unknown, unknown]) == (None, None)
    with pytest.raises(ShapeError, match="step is 0"):
        ask("Slice", 13, [tensor(3), values(0), values(1), values(0), values(0)])


def test_pad() -> None:
    assert shape("Pad", 1, [tensor(1, N)], {"paddings": (0, 2, 0, 1)}) == (1, N + 3)
    assert shape("Pad", 2, [tensor(1, 4)], {"pads": (0, -1, 0, -1)}) == (1, 2)
    assert shape("Pad", 13, [tensor(1, N), values(0, H, 0, 1)]) == (1, N + H + 1)
    assert shape("Pad", 18, [tensor(1, 3, 4), values(1, 2), None, values(-1)]) == (1, 3, 7)
    assert shape("Pad", 13, [tensor(1, N), tensor(4, dtype=INT64)]) == (None, None)
    assert formula("Pad", 2, [tensor(8, 8)], {"pads": (1, 1, 1, 1)}) == "8 + 1 + 1 = 10"
    assert elements("Pad", [values(N, 2), values(1, -1)]) == (0, N)
    assert ask("Pad", 18, [Fact(INT64, (), (3,)), values()]).outputs[0] == Fact(INT64, (), (3,))
    with pytest.raises(ShapeError):
        ask("Pad", 2, [tensor(3)], {"pads": (-2, -2)})
    with pytest.raises(ShapeError, match="needs 4"):
        ask("Pad", 2, [tensor(3, 3)], {"pads": (1, 1)})


def test_center_crop_pad() -> None:
    assert shape("CenterCropPad", 18, [tensor(20, 8, 3), values(10, 9)], {"axes": (-3, -2)}) == (10, 9, 3)


# Stretching, blocks


def test_expand_goes_both_ways() -> None:
    assert shape("Expand", 13, [tensor(3, 1), values(2, 1, 6)]) == (2, 3, 6)  # ONNX's test_expand_dim_changed
    assert shape("Expand", 13, [tensor(3, 1), values(3, 4)]) == (3, 4)
    assert shape("Expand", 13, [tensor(5, 1), tensor(2, dtype=INT64)]) == (5, None)
    assert elements("Expand", [values(N), values(3)]) == (N,) * 3


def test_tile() -> None:
    assert shape("Tile", 13, [tensor(2, N), values(3, 2)]) == (6, 2 * N)
    assert elements("Tile", [Fact(INT64, (2,), (1, N)), values(2)]) == (1, N, 1, N)
    tiles, axis = Fact(INT64, (), (3,)), Fact(INT64, (), (1,))
    assert shape("Tile", 1, [tensor(2, 4), tiles, axis]) == (2, 12)
    with pytest.raises(ShapeError):
        ask("Tile", 13, [tensor(2, 2), values(2)])


def test_blocks() -> None:
    assert shape("DepthToSpace", 13, [tensor(N, 8, 2, H)], {"blocksize": 2}) == (N, 2, 4, 2 * H)
    assert shape("SpaceToDepth", 13, [tensor(N, 1, 4, H)], {"blocksize": 2}) == (N, 4, 2, H // 2)
    with pytest.raises(ShapeError, match="multiple of 4"):
        ask("DepthToSpace", 13, [tensor(1, 6, 2, 2)], {"blocksize": 2})


# Making


def test_shape_and_size() -> None:
    assert ask("Shape", 13, [tensor(N, 3, H)]).outputs[0] == Fact(INT64, (3,), (N, 3, H))
    assert elements("Shape", [tensor(N, 3, H)], start=-2) == (3, H)
    assert elements("Shape", [tensor(N, 3, H)], start=1, end=-1) == (3,)
    assert elements("Size", [tensor(N, 3)]) == (3 * N,)
    assert ask("Shape", 13, [Fact(1)]).outputs[0] == Fact(INT64, (None,))


def test_constants() -> None:
    assert ask("Constant", 13, [], {"value_ints": (1, 2)}).outputs[0] == Fact(INT64, (2,), (1, 2))
    assert ask("Constant", 13, [], {"value_int": 5}).outputs[0] == Fact(INT64, (), (5,))
    assert ask("Constant", 13, [], {"value_float": 0.5}).outputs[0] == Fact(1, (), (0.5,))
    assert ask("Constant", 13, [], {"value_strings": ("a", "b")}).outputs[0] == Fact(8, (2,))
    assert ask("Constant", 13, [], {"value_string": "a"}).outputs[0] == Fact(8, ())
    assert ask("Constant", 1, [], {"value": values(3)}).outputs[0] == values(3)
    with pytest.raises(ShapeError):
        ask("Constant", 13, [])


def test_constant_of_shape() -> None:
    assert ask("ConstantOfShape", 9, [values(2, 2)]).outputs[0] == Fact(1, (2, 2), (0.0,) * 4)
    assert ask("ConstantOfShape", 9, [values(3)], {"value": values(7)}).outputs[0] == values(7, 7, 7)
    assert ask("ConstantOfShape", 9, [values(N, 64)], {"value": values(7)}).outputs[0] == Fact(INT64, (N, 64))
    assert shape("ConstantOfShape", 9, [tensor(2, dtype=INT64)]) == (None, None)
    with pytest.raises(ShapeError):
        ask("ConstantOfShape", 9, [values(-2)])


def _scalar(value: object, dtype: int = INT64) -> Fact:
    return Fact(dtype, (), (value,))  # type: ignore[arg-type]  # an element


def test_range() -> None:
    one = _scalar(1)
    assert ask("Range", 11, [_scalar(10), _scalar(4), _scalar(-2)]).outputs[0] == values(10, 8, 6)
    assert shape("Range", 11, [_scalar(0), _scalar(N), one]) == (N,)
    assert shape("Range", 11, [_scalar(1), _scalar(N), _scalar(2)]) == (greatest(N // 2, 0),)
    floats = [_scalar(value, 1) for value in (1.0, 5.0, 2.0)]
    assert ask("Range", 11, floats).outputs[0] == Fact(1, (2,), (1.0, 3.0))
    beyond = [_scalar(value, 1) for value in (16777214.0, 16777218.0, 1.0)]  # 2^24 + 1 is not a float32
    assert ask("Range", 11, beyond).outputs[0] == Fact(1, (4,), (16777214.0, 16777215.0, None, None))
    with pytest.raises(ShapeError):
        ask("Range", 11, [one, one, _scalar(0)])


def test_eye_like() -> None:
    assert ask("EyeLike", 9, [tensor(N, 3)], {"dtype": 7}).outputs[0] == Fact(INT64, (N, 3))
