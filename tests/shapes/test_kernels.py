"""The kernels alone: to the last bit what ONNX's node tests store, and what onnxruntime makes of random nodes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from auditor.shapes.kernels import KERNELS, Unsure, cast
from tests.corpus import NodeTest, node_tests
from tests.shapes.asking import fact_of, observed
from tests.shapes.cases import MAKERS, Dice

_CASES: dict[str, list[NodeTest]] = {}
for _case in node_tests():
    _node = _case.model.graph.node[0]
    if len(_case.model.graph.node) == 1 and _node.domain == "" and _node.op_type in KERNELS:
        _CASES.setdefault(_node.op_type, []).append(_case)


_LEFT_OPEN = {
    "ArgMax": "select_last_index",
    "ArgMin": "select_last_index",
    "BitShift": "shift_ge_width",
    "CumSum": "",
    "GatherND": "batch_dim",
    "Pad": "edge reflect wrap",
    "ReduceMax": "empty_set",
    "ReduceMin": "empty_set",
    "ReduceProd": "",
    "ReduceSum": "",
    "ScatterElements": "duplicate_indices reduction_mul reduction_max reduction_min",
    "Split": "equal_parts uneven_split",
    "Sum": "sum_example",
    "TopK": "uint64",
}
"""Node tests, by parts of their names, that a kernel may leave open: sums of floats in some order, rare modes."""

_OPENED = (Unsure, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What `Evaluation` takes for: nobody knows."""


def attributes_of(node: onnx.NodeProto) -> Mapping[str, Any]:
    """As a kernel is given them: texts are str, tensors arrays."""
    return {a.name: _plain(onnx.helper.get_attribute_value(a)) for a in node.attribute}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if isinstance(value, bytes):
        return value.decode()
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def _may_be_open(case: NodeTest, op_type: str) -> bool:
    return op_type in _LEFT_OPEN and any(part in case.name for part in _LEFT_OPEN[op_type].split() or [""])


@pytest.mark.parametrize("op_type", sorted(_CASES))
def test_a_kernel_makes_what_the_node_tests_store(op_type: str) -> None:
    for case in _CASES[op_type]:
        node = case.model.graph.node[0]
        arrays = dict(zip((v.name for v in case.model.graph.input), case.inputs, strict=True))
        inputs: list[Any] = [arrays[name] if name else None for name in node.input]
        try:
            made = KERNELS[op_type](attributes_of(node), *inputs)
        except _OPENED:
            assert _may_be_open(case, op_type), case.name
            continue
        for mine, stored in zip(made if isinstance(made, tuple) else (made,), case.outputs, strict=False):
            assert stored is None or _same(mine, stored), f"{case.name}: {mine}"  # None: a sequence


def _same(mine: np.ndarray, stored: np.ndarray) -> bool:
    kind = (mine.dtype, mine.shape) == (stored.dtype, stored.shape)
    return kind and np.array_equal(mine, stored, equal_nan=mine.dtype.kind == "f")


_FEWER = {"one_hot": 20, "pad": 5, "reduction": 12, "scatter_elements": 20, "slice": 22, "split": 15}
"""Of thirty random nodes so many at least, where the runtime refuses some or modes are left open."""

_UNFOLLOWED = frozenset({"depth_to_space", "range", "scatter_nd", "space_to_depth"})


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - _UNFOLLOWED))
def test_a_kernel_makes_what_the_runtime_makes_of_random_nodes(name: str) -> None:
    dice = Dice(5)
    made = 0
    for case in [MAKERS[name](dice) for _ in range(30)]:
        truth = observed(case.op_type, case.opset, case.inputs, case.attributes, case.outputs, values=True)
        if truth is None:
            continue
        inputs: list[Any] = list(case.inputs)
        try:
            arrays = KERNELS[case.op_type]({n: _plain(v) for n, v in case.attributes.items()}, *inputs)
        except _OPENED:
            continue
        made += 1
        for mine, theirs in zip(arrays if isinstance(arrays, tuple) else (arrays,), truth, strict=False):
            assert fact_of(mine, values=True) == theirs, case
    assert made >= _FEWER.get(name, 30)


F16, F32, F64 = (partial(np.array, dtype=kind) for kind in (np.float16, np.float32, np.float64))
I8, U8, I32, I64 = (partial(np.array, dtype=kind) for kind in (np.int8, np.uint8, np.int32, np.int64))


@pytest.mark.parametrize(
    ("given", "to", "made"),
    [
        (F32([2.9, -2.9, 0.5]), "int64", I64([2, -2, 0])),  # towards zero
        (F32([127.9, -128.9]), "int8", I8([127, -128])),
        (F32([-129.0]), "int8", None),
        (F32([127.9, -128.0]), "int8", I8([127, -128])),
        (F32([128.0]), "int8", None),
        (F32([-0.5, 255.5]), "uint8", U8([0, 255])),
        (F32([-1.0]), "uint8", None),
        (F32([256.0]), "uint8", None),
        (F32([np.nan]), "int32", None),
        (F32([np.inf]), "int64", None),
        (F64([2.0**31 - 1]), "int32", I32([2**31 - 1])),
        (F64([2.0**31]), "int32", None),
        (F32([2.0**31]), "int32", None),
        (F64([2.0**63]), "int64", None),
        (F64([-(2.0**63)]), "int64", I64([-(2**63)])),
        (F64([2.0**62]), "int64", I64([2**62])),
        (I64([300, -1]), "uint8", U8([44, 255])),  # the specification: the bits that are left
        (F64([0.5, 2048.0]), "float16", F16([0.5, 2048.0])),
        (F64([0.1]), "float16", None),  # by way of 32 bits it may come out differently
        (F32([np.nan, 1.0]), "float16", F16([np.nan, 1.0])),
        (I64([3, 2048]), "float16", F16([3, 2048])),
        (I64([2049]), "float16", None),
        (np.array(["1"], object), "float32", None),
        (F32([1.0]), "object", None),
        (np.array(["a"], object), "object", np.array(["a"], object)),
        (np.array([True, False]), "float32", F32([1, 0])),
        (F32([0.0, 0.1, np.nan]), "bool", np.array([False, True, True])),
    ],
)
def test_a_cast_is_what_the_specification_says_or_open(given: np.ndarray, to: str, made: np.ndarray | None) -> None:
    try:
        found = cast(np.asarray(given), np.dtype(to))
    except Unsure:
        assert made is None
    else:
        assert made is not None and _same(found, np.asarray(made))


INF, NAN = np.inf, np.nan
ZEROS = np.zeros((2, 3, 4), np.float32)


@pytest.mark.parametrize(
    ("op_type", "attributes", "inputs", "made"),
    [
        ("Div", {}, [I64([7, -7, 7, -7]), I64([2, 2, -2, -2])], I64([3, -3, -3, 3])),
        ("Div", {}, [I64([1]), I64([0])], None),
        ("Div", {}, [F32([1, -1]), F32([0, 4])], F32([INF, -0.25])),
        ("Div", {}, [F16([1]), F16([3])], None),  # a third has more bits than 16
        ("Div", {}, [U8([200]), U8([7])], U8([28])),
        ("Mod", {}, [I64([7, -7, 7, -7]), I64([3, 3, -3, -3])], I64([1, 2, -2, -1])),
        ("Mod", {"fmod": 1}, [I64([7, -7, 7, -7]), I64([3, 3, -3, -3])], I64([1, -1, 1, -1])),
        ("Mod", {}, [I64([7]), I64([0])], None),
        ("Mod", {"fmod": 1}, [F32([5.5, -5.5]), F32([2, 2])], F32([1.5, -1.5])),
        ("Max", {}, [F32([1, 5]), F32([3, 2]), F32([2, 9])], F32([3, 9])),
        ("Max", {}, [F32([1, NAN]), F32([3, 2])], None),
        ("Min", {}, [F32([1, 5]), F32([3, 2]), F32([2, 9])], F32([1, 2])),
        ("Min", {}, [F32([1, 2]), F32([NAN, 2])], None),
        ("Sum", {}, [F32([1, 2]), F32([3, 4])], F32([4, 6])),
        ("Sum", {}, [F32([1]), F32([3]), F32([5])], None),  # in which order?
        ("Sum", {}, [I64([1]), I64([3]), I64([5])], I64([9])),
        ("Clip", {}, [F32([-3, 0, 9]), F32(-1), F32(2)], F32([-1, 0, 2])),
        ("Clip", {}, [F32([-3, 0, 9]), None, F32(2)], F32([-3, 0, 2])),
        ("Clip", {}, [F32([-3, 0, 9]), F32(-1)], F32([-1, 0, 9])),
        ("Clip", {}, [F32([-INF, INF]), F32(-1), F32(2)], F32([-1, 2])),
        ("Clip", {}, [F32([INF]), F32(-1)], None),  # to the greatest number, or not
        ("Clip", {}, [F32([-INF]), None, F32(1)], None),
        ("Clip", {}, [F32([NAN]), F32(-1), F32(2)], None),
        ("Clip", {"min": 0.0}, [F32([1])], None),
        ("Clip", {"max": 0.0}, [F32([1])], None),
        ("BitShift", {"direction": "LEFT"}, [U8([1, 129]), U8([7, 1])], U8([128, 2])),
        ("BitShift", {"direction": "RIGHT"}, [U8([128, 129]), U8([7, 1])], U8([1, 64])),
        ("BitShift", {"direction": "LEFT"}, [U8([1]), U8([8])], None),
        ("IsInf", {}, [F32([-INF, INF, 0, NAN])], np.array([True, True, False, False])),
        ("IsInf", {"detect_negative": 0}, [F32([-INF, INF, 0, NAN])], np.array([False, True, False, False])),
        ("IsInf", {"detect_positive": 0}, [F32([-INF, INF, 0, NAN])], np.array([True, False, False, False])),
        ("Add", {}, [I8([100]), I8([100])], None),  # more than 8 bits hold
        ("Add", {}, [I8([100]), I8([27])], I8([127])),
        ("Sub", {}, [U8([3]), U8([4])], None),
        ("Sub", {}, [I8([-100]), I8([28])], I8([-128])),
        ("Mul", {}, [I64([2**31]), I64([2**31])], I64([2**62])),
        ("Mul", {}, [I64([2**31]), I64([2**32])], None),
        ("Add", {}, [F16([2048]), F16([1])], None),  # 2049 has more bits than 16
        ("Add", {}, [F16([2047]), F16([1])], F16([2048])),
        ("Abs", {}, [I8([-128])], None),
        ("Neg", {}, [F32([1, -0.5])], F32([-1, 0.5])),
        ("Sign", {}, [F32([-2, 0, 3])], F32([-1, 0, 1])),
        ("Sign", {}, [F32([NAN])], None),
        ("Relu", {}, [F32([-2, 3])], F32([0, 3])),
        ("Relu", {}, [F32([NAN])], None),
        ("Round", {}, [F32([0.5, 1.5, -2.5])], F32([0, 2, -2])),  # halves to even
        ("Size", {}, [F32([[1, 2, 3]])], I64(3)),
        ("Shape", {"start": 1}, [ZEROS], I64([3, 4])),
        ("Shape", {"start": -1}, [ZEROS], I64([4])),
        ("Shape", {"end": -1}, [ZEROS], I64([2, 3])),
        ("Flatten", {"axis": -1}, [ZEROS], np.zeros((6, 4), np.float32)),
        ("Flatten", {"axis": 0}, [ZEROS], np.zeros((1, 24), np.float32)),
        ("Flatten", {}, [ZEROS], np.zeros((2, 12), np.float32)),
        ("Reshape", {}, [np.zeros((2, 3), np.float32), I64([0, -1, 1])], np.zeros((2, 3, 1), np.float32)),
        ("Reshape", {"allowzero": 1}, [np.zeros((0, 3), np.float32), I64([3, 0])], np.zeros((3, 0), np.float32)),
        ("Reshape", {"shape": (3, -1)}, [np.zeros((2, 3), np.float32)], np.zeros((3, 2), np.float32)),
        ("Squeeze", {}, [np.zeros((1, 2, 1), np.float32)], np.zeros(2, np.float32)),
        ("Squeeze", {}, [np.zeros((1, 2, 1), np.float32), I64([-1])], np.zeros((1, 2), np.float32)),
        ("Squeeze", {"axes": (0,)}, [np.zeros((1, 2, 1), np.float32)], np.zeros((2, 1), np.float32)),
        ("Squeeze", {}, [np.zeros((1, 2, 1), np.float32), I64([])], None),  # all of them, or none
        ("Unsqueeze", {"axes": (0, 2)}, [np.zeros(2, np.float32)], np.zeros((1, 2, 1), np.float32)),
        ("Slice", {"starts": (1,), "ends": (3,)}, [I64([0, 1, 2, 3])], I64([1, 2])),
        ("Slice", {"starts": (1,), "ends": (9,), "axes": (1,)}, [I64([[0, 1], [2, 3]])], I64([[1], [3]])),
        ("Slice", {}, [I64([0, 1, 2, 3]), I64([-1]), I64([-9]), I64([0]), I64([-1])], I64([3, 2, 1, 0])),
        ("Slice", {}, [I64([0, 1, 2, 3]), I64([3]), I64([-4]), I64([0]), I64([-2])], I64([3, 1])),
        ("Slice", {}, [I64([0, 1, 2, 3]), I64([-5]), I64([-9]), I64([0]), I64([-1])], None),
        ("Slice", {}, [I64([0, 1, 2, 3]), I64([-4]), I64([-9]), I64([0]), I64([-1])], I64([0])),
        ("Slice", {}, [I64([0, 1, 2]), I64([2]), I64([2**31 - 1]), I64([0]), I64([-1])], None),
        ("Slice", {}, [I64([[0, 1], [2, 3]]), I64([0, 1]), I64([1, 2])], I64([[1]])),
        ("Split", {"split": (1, 2)}, [I64([1, 2, 3])], I64([1])),
        ("Split", {"axis": 1}, [I64([[1, 2, 3]]), I64([2, 1])], I64([[1, 2]])),
        ("Pad", {}, [I64([5]), I64([1, 2])], I64([0, 5, 0, 0])),
        ("Pad", {}, [I64([5]), I64([1, 2]), I64([7])], I64([7, 5, 7, 7])),
        ("Pad", {}, [I64([[5]]), I64([1, 2]), None, I64([-1])], I64([[0, 5, 0, 0]])),
        ("Pad", {"mode": "edge"}, [I64([5]), I64([1, 2])], None),
        ("Pad", {"pads": (1, 2)}, [I64([5])], None),
        ("ConstantOfShape", {}, [I64([2])], F32([0, 0])),
        ("ConstantOfShape", {"value": I64([3])}, [I64([2])], I64([3, 3])),
        ("OneHot", {"axis": 0}, [I64([0, 2]), I64(3), I64([0, 5])], I64([[5, 0], [0, 0], [0, 5]])),
        ("OneHot", {}, [I64([0, -1]), I64(3), I64([0, 5])], I64([[5, 0, 0], [0, 0, 5]])),
    ],
)
def test_a_kernel_by_hand(op_type: str, attributes: dict[str, Any], inputs: list[Any], made: Any) -> None:
    """The specification's values; None where runtimes may differ."""
    try:
        found = KERNELS[op_type](attributes, *(None if x is None else np.asarray(x) for x in inputs))
    except _OPENED:
        assert made is None
    else:
        first = found[0] if isinstance(found, tuple) else found
        assert made is not None and _same(first, np.asarray(made)), first
