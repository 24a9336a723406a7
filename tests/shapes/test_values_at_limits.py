"""Numbers at the ends of what their types hold, and tensors at the ends of what is followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import TensorProto, numpy_helper

from auditor.model.dtypes import DType
from auditor.model.load import loads
from auditor.shapes.declared import constant
from auditor.shapes.element_types import NotGiven, mistyped
from auditor.shapes.evaluation import whole
from auditor.shapes.fact import MOST_ELEMENTS, Fact
from auditor.shapes.facts import infer
from auditor.shapes.ops.values import settled
from auditor.shapes.sizes.dim import Dim, Size, bounds, greatest, least, named, trunc_div
from auditor.shapes.sizes.polynomial import LARGEST, TooComplex
from auditor.shapes.troubles import At, Exhausted
from auditor.shapes.visits import Budget

from .asking import ask, values

N = named("N")

INTEGERS: dict[DType, Any] = {
    DType.UINT8: np.uint8, DType.INT8: np.int8, DType.UINT16: np.uint16, DType.INT16: np.int16,
    DType.UINT32: np.uint32, DType.INT32: np.int32, DType.UINT64: np.uint64, DType.INT64: np.int64,
}  # fmt: skip


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
def test_an_integer_ends_where_numpys_does(dtype: DType) -> None:
    info = np.iinfo(INTEGERS[dtype])
    low, high = int(info.min), int(info.max)
    assert [settled(n, dtype) for n in (low - 1, low, high, high + 1)] == [None, low, high, None]


@pytest.mark.parametrize(
    ("dtype", "digits"), [(DType.FLOAT16, 11), (DType.BFLOAT16, 8), (DType.FLOAT, 24), (DType.DOUBLE, 53)]
)
def test_a_range_of_floats_is_whole_below_what_its_digits_hold(dtype: DType, digits: int) -> None:
    """IEEE 754: binary16, 32 and 64 have 11, 24 and 53 digits; bfloat16 has 8."""
    most = 2.0**digits
    start, limit, delta = (values(n, dtype=dtype)._replace(shape=()) for n in (most - 4, most + 4, 2.0))
    (made,) = ask("Range", 11, [start, limit, delta]).outputs
    assert made.shape == (4,)
    assert made.elements == (most - 4, most - 2, None, None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_short_lists_of_stored_floats_are_followed(dtype: type) -> None:
    """Scales of a Resize, bounds of a Range."""
    model = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[N] x) => (y) { y = Relu(x) }')
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 2, 0.5], dtype), "w"))
    read = loads(model.SerializeToString())
    assert constant(read, read.graph.initializers[0]).elements == (1, 2, 0.5)


@pytest.mark.parametrize("dtype", [d for d in DType if d], ids=lambda d: d.name)
def test_values_of_every_type_but_complex_are_held(dtype: DType) -> None:
    element = "a" if dtype == DType.STRING else 1
    assert whole(Fact(dtype, (2,), (element, element))) == (dtype not in (DType.COMPLEX64, DType.COMPLEX128))
    assert not whole(Fact(dtype, (2,), (element, None)))


@pytest.mark.parametrize("kind", ["complex64", "complex128"])
def test_complex_inputs_have_sizes_and_no_values(kind: str) -> None:
    onnx_type = {"complex64": TensorProto.COMPLEX64, "complex128": TensorProto.COMPLEX128}[kind]
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[N] x) => (y) { y = Identity(x) }'
    )
    model.graph.input[0].type.tensor_type.elem_type = onnx_type
    facts = infer(loads(model.SerializeToString()), values={"x": np.zeros(5, kind)})
    assert facts["y"] == Fact(onnx_type, (5,))


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("y = Reshape(x, s)", lambda x: x.reshape(2, -1)),
        ("r = Reshape(x, s) y = Transpose<perm = [1, 0]>(r)", lambda x: x.reshape(2, -1).T),
        ("y = Identity(x)", lambda x: x),
        ("y = Concat<axis = 0>(x, x)", lambda x: np.concatenate([x, x])),
    ],
)
def test_long_lists_of_types_that_numpy_lacks_are_moved(body: str, made: Callable[[np.ndarray], np.ndarray]) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="NumPy alone has no 4-bit integers; onnx brings ml_dtypes")
    count = 2 * MOST_ELEMENTS
    x = np.arange(count) % 8
    text = f'<ir_version: 10, opset_import: ["" : 21]> g (int4[N] x) => (y) <int64[2] s = {{2, -1}}> {{ {body} }}'
    facts = infer(loads(onnx.parser.parse_model(text).SerializeToString()), values={"x": x.astype(ml_dtypes.int4)})
    expected = made(x)
    assert facts["y"] == Fact(DType.INT4, expected.shape, tuple(expected.ravel().tolist()))


@pytest.mark.parametrize(
    "op_type", ["RandomUniform", "RandomNormal", "RandomUniformLike", "RandomNormalLike", "EyeLike"]
)
def test_a_type_that_an_operator_cannot_give(op_type: str) -> None:
    """The type constraints of the operators' pages: nothing random is a string, and no identity matrix is."""
    taken = "(x)" if op_type.endswith("Like") else "()"
    shape = "" if op_type.endswith("Like") else ", shape = [2, 2]"
    node = f"y = {op_type}<dtype = 8{shape}>{taken}"
    text = f'<ir_version: 8, opset_import: ["" : 17]> g (float[2, 2] x) => (y) {{ {node} }}'
    flaw = mistyped(infer(loads(onnx.parser.parse_model(text).SerializeToString())))[At("", 0)]
    assert isinstance(flaw, NotGiven) and (flaw.attribute, flaw.dtype) == ("dtype", 8)


@pytest.mark.parametrize(
    ("size", "at"),
    [
        (least(N - 6, 2) * least(N - 6, 2), lambda n: min(n - 6, 2) ** 2),
        (3 * trunc_div(N - 6, 3) - N, lambda n: 3 * int((n - 6) / 3) - n),
        (N - 3 * trunc_div(N - 6, 3), lambda n: n - 3 * int((n - 6) / 3)),
        (greatest(N - 6, -4) * greatest(N - 6, -4), lambda n: max(n - 6, -4) ** 2),
        ((N + 5) // 4 * 4 - N, lambda n: (n + 5) // 4 * 4 - n),
    ],
)
def test_bounds_hold_at_every_number(size: Size, at: Callable[[int], int]) -> None:
    low, high = bounds(size)
    made = [at(n) for n in range(60)]
    assert low is None or low <= min(made)
    assert high is None or high >= max(made)


def test_divisions_that_are_equal_are_one() -> None:
    """floor((2 N + 5) / 4) is floor((N + 2) / 2), for 2 N + 5 is odd; of -11 and -6, rounded towards 0, -2 and -3."""
    assert all((2 * n + 5) // 4 == (n + 2) // 2 for n in range(-50, 50))
    assert (2 * N + 5) // 4 == (N + 2) // 2
    shifted = trunc_div(2 * (N - 9) + 5, 4)
    assert shifted != trunc_div(N - 9 + 2, 2)


def test_how_deep_divisions_lie_is_counted() -> None:
    third = N // 3
    assert isinstance(third, Dim) and third.depth == 1
    ninth = (third * third + 1) // 7
    assert isinstance(ninth, Dim) and ninth.depth == 2


def test_coefficients_end_at_two_to_the_eightieth() -> None:
    assert LARGEST == 2**80
    assert str(N * -LARGEST) == f"-{2**80}*N"
    for k in (LARGEST + 1, -LARGEST - 1):
        with pytest.raises(TooComplex):
            N * k


@pytest.mark.parametrize(("most", "ends"), [(2, False), (1, True)])
def test_so_many_bodies_and_no_more_are_walked_through(most: int, ends: bool) -> None:
    """An If has two."""
    text = (
        '<ir_version: 8, opset_import: ["" : 17]> g (bool c, float[2] x) => (y) { y = If(c) '
        "< then_branch = t () => (float[2] p) { p = Abs(x) }, else_branch = e () => (float[2] q) { q = Neg(x) } > }"
    )
    facts = infer(loads(onnx.parser.parse_model(text).SerializeToString()), budget=Budget(bodies=most))
    assert any(isinstance(t, Exhausted) for t in facts.troubles) == ends
