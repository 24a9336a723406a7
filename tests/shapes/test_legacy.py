"""What ONNX took out again, as onnxruntime still runs it, or as the documentation of the time has it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from auditor.shapes.fact import Fact
from auditor.shapes.registry import operator_for
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import FLOAT, INT64, ask, tensor, values
from tests.shapes.confronting import confront


@pytest.mark.parametrize(
    ("op_type", "attributes"),
    [
        ("Affine", {"alpha": 2.0}),
        ("Scale", {"scale": 2.0}),
        ("ScaledTanh", {"alpha": 1.0, "beta": 2.0}),
        ("ParametricSoftplus", {"alpha": 1.0, "beta": 2.0}),
        ("ThresholdedRelu", {"alpha": 1.0}),
        ("ImageScaler", {"bias": (1.0, 2.0, 3.0)}),
        ("MeanVarianceNormalization", {"across_channels": 1}),
        ("MeanVarianceNormalization", {"normalize_variance": 0}),
        ("Crop", {"border": (1, 0, 2, 1)}),
        ("Crop", {"border": (1, 0, 2, 1), "scale": (2, 3)}),
    ],
)
@pytest.mark.parametrize("opset", [1, 7, 8])
def test_experimental_operators(op_type: str, attributes: dict[str, Any], opset: int) -> None:
    assert confront(op_type, opset, [np.ones((2, 3, 6, 7), "float32")], attributes)


def test_a_slice_whose_ends_are_inputs() -> None:
    rng = random.Random(9)
    for _ in range(40):
        data = np.ones([rng.randint(1, 6) for _ in range(3)], "float32")
        axes = rng.sample(range(-3, 0) if rng.random() < 0.5 else range(3), rng.randint(1, 3))
        starts, ends = ([rng.randint(-8, 8) for _ in axes] for _ in range(2))
        kind = rng.choice(("int32", "int64"))
        inputs = [data, *(np.array(each, kind) for each in (starts, ends, axes))]
        assert confront("DynamicSlice", 9, inputs)


@pytest.mark.parametrize("opset", [1, 9, 16])
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_layer_normalization_before_its_time(opset: int, axis: int) -> None:
    x = np.ones((4, 5, 3), "float32")
    assert confront("LayerNormalization", opset, [x, np.ones(x.shape[axis:], "float32")], {"axis": axis}, 3)


def test_a_fill_has_the_shape_that_one_of_three_things_says() -> None:
    like = tensor(named("N"), 3)
    assert ask("ConstantFill", 1, [], {"shape": (2, 3), "dtype": INT64}).outputs == (Fact(INT64, (2, 3)),)
    assert ask("ConstantFill", 1, [like], {"extra_shape": (4,)}).outputs == (Fact(FLOAT, (named("N"), 3, 4)),)
    asked = ask("ConstantFill", 1, [values(2, 5)], {"input_as_shape": 1, "extra_shape": (1,)})
    assert asked.outputs == (Fact(FLOAT, (2, 5, 1)),)
    unknown = ask("ConstantFill", 1, [tensor(2, dtype=INT64)], {"input_as_shape": 1})
    assert unknown.outputs == (Fact(FLOAT, (None, None)),)
    assert ask("GivenTensorFill", 1, [like], {"extra_shape": (4,)}).outputs == (Fact(FLOAT, (named("N"), 3, 4)),)
    assert ask("GivenTensorFill", 1, [like], {"shape": (6,)}).outputs == (Fact(FLOAT, (6,)),)


def test_a_step_of_a_gru_keeps_the_state() -> None:
    state = tensor(1, named("N"), 4)
    got = ask("GRUUnit", 1, [state, tensor(1, named("N"), 12), tensor(named("N")), tensor(1)])
    assert got.outputs == (state,)


@pytest.mark.parametrize("op_type", ["Crop", "DynamicSlice", "GRUUnit", "GivenTensorFill", "LayerNormalization"])
def test_signatures_are_those_that_onnxruntime_registers(op_type: str) -> None:
    from onnxruntime.capi.onnxruntime_pybind11_state import get_all_operator_schema

    schemas = {s.since_version: s for s in get_all_operator_schema() if (s.domain, s.name) == ("", op_type)}
    rule = operator_for("", op_type, 1)
    assert rule is not None
    assert len(rule.inputs) == len(schemas[1].inputs)
    assert rule.attributes.keys() <= schemas[1].attributes.keys()
