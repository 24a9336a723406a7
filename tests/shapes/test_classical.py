"""ai.onnx.ml against onnxruntime, which runs all of it."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import INT64, STRING, ask, observed, tensor
from tests.shapes.classical_cases import FAMILIES, Case, strings
from tests.shapes.confronting import confront

ML = "ai.onnx.ml"


@pytest.mark.parametrize("make", FAMILIES, ids=lambda make: make.__name__.strip("_"))
def test_what_runs_is_as_we_say(make: Callable[[random.Random], Case]) -> None:
    rng = random.Random(2026)
    ran = 0
    for _ in range(60):
        op_type, arrays, attributes, outputs = make(rng)
        opset = rng.choice([v for v in (1, 2, 3, 4) if v >= FAMILIES[make]])
        ran += confront(op_type, opset, arrays, attributes, outputs, ML)
    assert ran > 15


def test_the_first_label_encoder_exchanges_strings_and_integers() -> None:
    for x in (strings(2, 1), np.ones((3,), "int64")):
        assert confront("LabelEncoder", 1, [x], {"classes_strings": ("a", "b")}, domain=ML)


def test_the_values_of_a_label_encoder_may_be_a_tensor() -> None:
    values = Fact(11, (2,))
    assert ask("LabelEncoder", 4, [tensor(2, 3)], {"values_tensor": values}, domain=ML).outputs == (Fact(11, (2, 3)),)


def test_a_tree_ensemble_of_five_keeps_the_type_of_its_input() -> None:
    x = Fact(11, (named("N"), 4))
    assert ask("TreeEnsemble", 5, [x], {"n_targets": 3}, domain=ML).outputs == (Fact(11, (named("N"), 3)),)


def test_a_map_becomes_one_row() -> None:
    """As onnxruntime has it: dense, as many as there are; sparse, as many as there may be."""
    assert ask("CastMap", 1, [Fact()], {"cast_to": "TO_INT64"}, domain=ML).outputs == (Fact(INT64, (1, None)),)
    sparse = {"cast_to": "TO_STRING", "map_form": "SPARSE", "max_map": 7}
    assert ask("CastMap", 1, [Fact()], sparse, domain=ML).outputs == (Fact(STRING, (1, 7)),)


def test_macs_are_rows_by_coefficients_and_support_vectors() -> None:
    x = tensor(10, 3)
    linear = {"coefficients": (1.0,) * 9, "intercepts": (0.0,) * 3, "classlabels_ints": (0, 1, 2)}
    assert ask("LinearClassifier", 1, [x], linear, 2, ML).macs == 90
    assert ask("LinearRegressor", 1, [x], {"targets": 2}, domain=ML).macs == 60
    vectors = {"support_vectors": (1.0,) * 12, "coefficients": (1.0,) * 4}
    assert ask("SVMRegressor", 1, [x], vectors, domain=ML).macs == 10 * 16


def test_a_score_for_each_of_two_classes() -> None:
    """One pair of classes has one score; onnxruntime gives it, and its contrary."""
    given = {
        "classlabels_ints": (0, 1),
        "vectors_per_class": (1, 1),
        "support_vectors": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0),
        "coefficients": (1.0, -1.0),
        "rho": (0.5,),
        "kernel_params": (0.5, 0.0, 3.0),
    }
    truth = observed("SVMClassifier", 1, [np.ones((5, 3), np.float32)], given, 2, domain=ML)
    assert truth is not None and truth[1].shape == (5, 2)
    assert ask("SVMClassifier", 1, [tensor(5, 3)], given, 2, ML).outputs[1].shape == (5, 2)


@pytest.mark.parametrize(
    "op_type", ["LinearRegressor", "SVMRegressor", "Normalizer", "ZipMap", "TreeEnsembleRegressor"]
)
def test_three_axes_are_no_batch_of_rows(op_type: str) -> None:
    with pytest.raises(ShapeError, match=r"\[2, 2, 3\]"):
        ask(op_type, 3, [tensor(2, 2, 3)], domain=ML)
