"""Stored tensors side by side, held against NumPy's whole-array arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from auditor.diff.streamed.comparing import compared_tensors
from auditor.diff.streamed.streams import WINDOW, Quantisation, TensorSource
from auditor.diff.streamed.values import ComparedTensor, ValueChange
from auditor.model.graph import Model
from auditor.model.load import load
from auditor.model.tensor import Tensor
from auditor.weights.reading import Reading

Array = NDArray[Any]


def _model(*tensors: onnx.TensorProto) -> Model:
    graph = helper.make_graph([], "g", [], [], list(tensors))
    return load(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]).SerializeToString())


def _compared(
    old: onnx.TensorProto, new: onnx.TensorProto, *others: onnx.TensorProto, axis: int = 0, block: int = 0
) -> ComparedTensor:
    """``others``: scale and zero point of the old one, of the new one; or of the one that has integers."""
    one, other = _model(old, *others), _model(new, *others)

    def source(model: Model, at: int) -> TensorSource:
        stored: tuple[Tensor, ...] = model.graph.initializers
        integers = stored[0].dtype in (2, 3, 21, 22)
        quantised = None
        if others and integers:
            scale, zero = stored[1 + at : 3 + at] if len(stored) > 3 else stored[1:3]
            quantised = Quantisation(scale, zero, axis, block)
        return TensorSource(model, Reading(model), stored[0], quantised)

    return compared_tensors(source(one, 0), source(other, 2))


def _raw(array: Array, name: str = "w") -> onnx.TensorProto:
    return numpy_helper.from_array(array, name)


RNG = np.random.default_rng(0)
WIDE = RNG.normal(size=(3, WINDOW // 2 + 5)).astype(np.float32)


@pytest.mark.parametrize(
    "dtype", [np.float32, np.float64, np.float16, np.int8, np.int32, np.int64, np.uint64, np.bool_]
)
def test_equal_bytes_are_identical(dtype: type) -> None:
    array: Array = (WIDE > 0).astype(dtype)
    assert _compared(_raw(array), _raw(array.copy())) == ComparedTensor(ValueChange.IDENTICAL)


def test_the_way_of_storing_is_no_change() -> None:
    typed = helper.make_tensor("w", TensorProto.FLOAT, WIDE.shape, WIDE.reshape(-1).tolist())
    assert _compared(_raw(WIDE), typed).what is ValueChange.IDENTICAL
    whole = np.arange(-50, 50)
    typed = helper.make_tensor("w", TensorProto.INT64, whole.shape, whole.tolist())
    assert _compared(_raw(whole), typed).what is ValueChange.IDENTICAL


def test_figures_are_those_of_whole_arrays() -> None:
    other = WIDE + RNG.normal(scale=0.01, size=WIDE.shape).astype(np.float32)
    other[0] = WIDE[0]
    found = _compared(_raw(WIDE), _raw(other))
    assert found.what is ValueChange.DRIFTED
    assert found.distance is not None
    a, b = WIDE.astype(np.float64), other.astype(np.float64)
    assert found.distance.elements == a.size
    assert found.distance.changed == np.count_nonzero(a != b)
    assert found.distance.largest == np.abs(a - b).max()
    assert found.distance.l2 == pytest.approx(np.linalg.norm(a - b))
    assert found.distance.relative == pytest.approx(np.linalg.norm(a - b) / np.linalg.norm(a))
    assert found.distance.cosine == pytest.approx(np.vdot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))
    assert found.distance.place == (1, 0)
    assert float(found.distance.before) == pytest.approx(float(WIDE[1, 0]), rel=1e-8)


def test_new_random_numbers_are_another_tensor() -> None:
    assert _compared(_raw(WIDE), _raw(RNG.normal(size=WIDE.shape).astype(np.float32))).what is ValueChange.REPLACED
    assert _compared(_raw(WIDE), _raw(WIDE[:2])).what is ValueChange.REPLACED
    assert _compared(_raw(WIDE), _raw(-WIDE)).what is ValueChange.REPLACED


def test_two_numbers_have_no_angle() -> None:
    found = _compared(_raw(np.array([1, -1])), _raw(np.array([1, 64])))
    assert found.what is ValueChange.DRIFTED
    assert found.distance is not None
    assert (found.distance.place, found.distance.before, found.distance.after) == ((1,), "-1", "64")


def test_a_number_became_nan_or_infinite() -> None:
    other = WIDE.copy()
    other[2, 7], other[0, 1] = np.nan, np.inf
    found = _compared(_raw(WIDE), _raw(other))
    assert found.distance is not None
    assert (found.distance.changed, found.distance.nonfinite, found.distance.largest) == (2, 2, 0.0)
    assert (found.distance.place, found.distance.after) == ((0, 1), "inf")
    again = other.copy()
    again[1, 1] += 1
    found = _compared(_raw(other), _raw(again))
    assert found.distance is not None
    assert (found.distance.changed, found.distance.nonfinite) == (1, 0)


def test_signs_of_zero_and_subnormal_numbers() -> None:
    found = _compared(_raw(np.array([0.0, 1.0, 2.0], np.float32)), _raw(np.array([-0.0, 1.0, 2.0], np.float32)))
    assert found.what is ValueChange.DRIFTED
    assert found.same
    tiny = np.array([1e-45, 1.0, 2.0], np.float32)
    found = _compared(_raw(tiny), _raw(np.array([0.0, 1.0, 2.0], np.float32)))
    assert found.distance is not None
    assert found.distance.largest == float(tiny[0])


def test_no_elements() -> None:
    empty = np.zeros((0, 3), np.float32)
    assert _compared(_raw(empty), _raw(empty)).what is ValueChange.IDENTICAL
    assert _compared(_raw(empty), _raw(np.zeros((3, 0), np.float32))).what is ValueChange.RESHAPED


@pytest.mark.parametrize(
    ("kind", "within"),
    [(np.float16, True), (np.float64, True), (TensorProto.BFLOAT16, True), (TensorProto.FLOAT8E4M3FN, True)],
)
def test_a_cast_is_within_rounding(kind: Any, within: bool) -> None:
    if isinstance(kind, int):
        cast = helper.make_tensor("w", kind, WIDE.shape, WIDE.reshape(-1).tolist())
    else:
        cast = _raw(WIDE.astype(kind))
    for found in (_compared(_raw(WIDE), cast), _compared(cast, _raw(WIDE))):
        assert (found.what, found.within) == (ValueChange.CAST, within)
    assert found.distance is not None
    assert (found.distance.largest == 0) == (kind is np.float64)


def test_a_cast_that_is_none() -> None:
    other = WIDE.astype(np.float16)
    other[1, 1] += np.float16(0.5)
    found = _compared(_raw(WIDE), _raw(other))
    assert (found.what, found.within) == (ValueChange.CAST, False)
    large = np.array([[1.0, 2.0, 1e6]], np.float32)
    with np.errstate(over="ignore"):
        found = _compared(_raw(large), _raw(large.astype(np.float16)))
    assert (found.what, found.within) == (ValueChange.CAST, False)
    assert found.distance is not None
    assert found.distance.nonfinite == 1


@pytest.mark.parametrize("shape", [(700, 1100), (64, 64), (2, 3)])
def test_a_transpose(shape: tuple[int, int]) -> None:
    array = RNG.normal(size=shape).astype(np.float32)
    found = _compared(_raw(array), _raw(np.ascontiguousarray(array.T)))
    assert found.what is ValueChange.TRANSPOSED
    assert found.same
    turned = np.ascontiguousarray(array.T)
    turned[0, 1] += 0.25
    found = _compared(_raw(array), _raw(turned))
    assert found.what is ValueChange.TRANSPOSED
    assert found.distance is not None
    assert (found.distance.changed, found.distance.place) == (1, (1, 0))


def test_a_transpose_in_half_precision() -> None:
    array = RNG.normal(size=(30, 40)).astype(np.float32)
    found = _compared(_raw(array), _raw(np.ascontiguousarray(array.T.astype(np.float16))))
    assert (found.what, found.within) == (ValueChange.TRANSPOSED, True)


def test_other_sizes_around_the_same_bytes() -> None:
    array = RNG.normal(size=(30, 40)).astype(np.float32)
    assert _compared(_raw(array), _raw(array.reshape(40, 30))).what is ValueChange.RESHAPED
    assert _compared(_raw(array), _raw(array.reshape(1, 1200))).what is ValueChange.RESHAPED


@pytest.mark.parametrize("kind", [TensorProto.INT4, TensorProto.UINT4, TensorProto.FLOAT4E2M1])
def test_packed_types(kind: int) -> None:
    values = [1.0, 0.0, 2.0, 3.0, 1.0, 0.0, 1.0] * 5
    other = [*values[:-1], 2.0]
    one, two = (helper.make_tensor("w", kind, (5, 7), v) for v in (values, other))
    assert _compared(one, one).what is ValueChange.IDENTICAL
    found = _compared(one, two)
    assert found.what is ValueChange.DRIFTED
    assert found.distance is not None
    assert (found.distance.changed, found.distance.place, found.distance.largest) == (1, (4, 6), 1.0)


def test_texts_and_complex_numbers() -> None:
    one, two = (np.array([["a", "b"], ["c", end]], object) for end in ("d", "e"))
    assert _compared(_raw(one), _raw(one)).what is ValueChange.IDENTICAL
    found = _compared(_raw(one), _raw(two))
    assert found.distance is not None
    assert (found.distance.place, found.distance.before, found.distance.after) == ((1, 1), "'d'", "'e'")
    numbers = np.array([1 + 2j, 3 - 4j, 5j], np.complex64)
    found = _compared(_raw(numbers), _raw(numbers + np.array([0, 0.5j, 0], np.complex64)))
    assert found.distance is not None
    assert (found.distance.place, found.distance.largest) == ((1, 1), 0.5)


def _quantised(array: Array, scale: Array, axis: int | None = None) -> Array:
    wide = scale if axis is None else scale.reshape([-1 if i == axis else 1 for i in range(array.ndim)])
    return np.clip(np.rint(array / wide), -128, 127).astype(np.int8)


def test_quantised_by_channel() -> None:
    array = RNG.normal(size=(6, 50)).astype(np.float32)
    scale = (np.abs(array).max(axis=1) / 127).astype(np.float32)
    others = (_raw(scale, "s"), _raw(np.zeros(6, np.int8), "z"))
    found = _compared(_raw(array), _raw(_quantised(array, scale, 0)), *others)
    assert (found.what, found.within) == (ValueChange.QUANTISED, True)
    assert found.distance is not None
    back = _quantised(array, scale, 0).astype(np.float64) * scale.astype(np.float64)[:, None]
    assert found.distance.largest == pytest.approx(np.abs(back - array).max())
    wrong = _quantised(array, scale, 0)
    wrong[3, 3] -= 40
    assert _compared(_raw(array), _raw(wrong), *others).within is False


def test_quantised_anew() -> None:
    array = RNG.normal(size=(6, 50)).astype(np.float32)
    one, two = (np.array(np.abs(array).max() / steps, np.float32) for steps in (127, 100))
    zero = np.zeros(1, np.int8)
    others = (_raw(one.reshape(1), "s"), _raw(zero, "z"), _raw(two.reshape(1), "t"), _raw(zero, "y"))
    found = _compared(_raw(_quantised(array, one)), _raw(_quantised(array, two)), *others)
    assert found.what is ValueChange.REQUANTISED
    assert found.distance is not None
    assert 0 < found.distance.largest <= float(one + two) / 2 * 1.0001
    same = (others[0], others[1], _raw(one.reshape(1), "t"), others[3])
    assert _compared(_raw(_quantised(array, one)), _raw(_quantised(array, one)), *same).what is ValueChange.IDENTICAL


def test_scales_by_block() -> None:
    array = RNG.normal(size=(4, 8)).astype(np.float32)
    scale = (np.abs(array).reshape(4, 2, 4).max(axis=2) / 127).astype(np.float32)
    codes = np.rint(array.reshape(4, 2, 4) / scale[:, :, None]).astype(np.int8).reshape(4, 8)
    others = (_raw(scale, "s"), _raw(np.zeros((4, 2), np.int8), "z"))
    found = _compared(_raw(array), _raw(codes), *others, axis=1, block=4)
    assert (found.what, found.within) == (ValueChange.QUANTISED, True)


def test_what_cannot_be_read_is_not_compared(tmp_path: Path) -> None:
    """A payload that is too short; external data that is not there; a type that nobody knows."""
    short = _raw(WIDE)
    short.raw_data = short.raw_data[:-4]
    found = _compared(_raw(WIDE), short)
    assert (found.what, found.why) == (ValueChange.NOT_COMPARED, "its data does not fit its dims")
    unknown = _raw(WIDE)
    unknown.data_type = 99
    assert _compared(unknown, unknown).what is ValueChange.NOT_COMPARED
