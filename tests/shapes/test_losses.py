"""Losses against onnxruntime."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from auditor.shapes.fact import ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import INT64, ask, misfits, shape, tensor
from tests.shapes.confronting import confront

OPERATORS = {"NegativeLogLikelihoodLoss": 1, "SoftmaxCrossEntropyLoss": 2}


@pytest.mark.parametrize("op_type", OPERATORS)
@pytest.mark.parametrize("opset", [12, 13, 22])
def test_what_runs_is_as_we_say(op_type: str, opset: int) -> None:
    rng = random.Random(opset)
    ran = 0
    for _ in range(30):
        batch, classes = rng.choice((0, 1, 3)), rng.randint(1, 4)
        rest = [rng.randint(1, 3) for _ in range(rng.randrange(4))]
        inputs = [np.ones((batch, classes, *rest), "float32"), np.zeros((batch, *rest), rng.choice(("int32", "int64")))]
        if rng.random() < 0.5:
            inputs.append(np.ones(classes, "float32"))
        attributes: dict[str, Any] = {"reduction": rng.choice(("none", "mean", "sum"))}
        if rng.random() < 0.3:
            attributes["ignore_index"] = 0
        ran += confront(op_type, opset, inputs, attributes, OPERATORS[op_type])
    assert ran > 15


def test_symbolic_sizes() -> None:
    inputs = [tensor(named("N"), 10, named("H")), tensor(named("N"), named("H"), dtype=INT64)]
    assert shape("NegativeLogLikelihoodLoss", 13, inputs, {"reduction": "none"}) == (named("N"), named("H"))


@pytest.mark.parametrize("op_type", OPERATORS)
def test_labels_that_do_not_fit(op_type: str) -> None:
    for labels in ((3,), (2, 1), ()):
        with pytest.raises(ShapeError):
            ask(op_type, 13, [tensor(2, 10), tensor(*labels, dtype=INT64)])
        assert not confront(op_type, 13, [np.ones((2, 10), "float32"), np.zeros(labels, "int64")])


def test_a_weight_for_each_class() -> None:
    inputs = [tensor(2, 10), tensor(2, dtype=INT64), tensor(9)]
    assert misfits("NegativeLogLikelihoodLoss", 13, inputs) == {"weight"}
    assert misfits("SoftmaxCrossEntropyLoss", 13, inputs) == {"weights"}
