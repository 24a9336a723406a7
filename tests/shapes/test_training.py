"""ai.onnx.preview.training: what comes out is stored with ONNX's node tests (onnxruntime's builds do not run them)."""

from __future__ import annotations

import pytest

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.corpus import NodeTest, node_tests
from tests.shapes.asking import INT64, ask, fact_of, tensor

TRAINING = "ai.onnx.preview.training"
RATE = [tensor(), tensor(dtype=INT64)]
_TESTS = [test for test in node_tests() if any(node.domain == TRAINING for node in test.model.graph.node)]


@pytest.mark.parametrize("test", [t for t in _TESTS if len(t.model.graph.node) == 1], ids=lambda test: test.name)
def test_one_step_is_as_stored(test: NodeTest) -> None:
    (node,) = test.model.graph.node
    inputs = [None if array is None else fact_of(array) for array in test.inputs]
    answer = ask(node.op_type, 1, inputs, outputs=len(node.output), domain=TRAINING)
    assert answer.outputs == tuple(fact_of(array) for array in test.outputs if array is not None)


def test_there_are_such_tests() -> None:
    assert {node.op_type for test in _TESTS for node in test.model.graph.node} >= {"Adam", "Adagrad", "Momentum"}


def test_gradients_are_of_the_shapes_of_the_first_inputs() -> None:
    inputs = [tensor(3, named("N")), tensor(5), tensor(2)]
    got = ask("Gradient", 1, inputs, {"xs": ("a", "b"), "zs": ("c",), "y": "d"}, 2, TRAINING)
    assert got.outputs == (tensor(3, named("N")), tensor(5))


def test_moments_must_be_of_their_tensors_shapes() -> None:
    with pytest.raises(ShapeError):
        ask("Momentum", 1, [*RATE, tensor(2, 3), tensor(2, 3), tensor(3, 2)], domain=TRAINING)
    with pytest.raises(ShapeError):
        ask("Adam", 1, [*RATE, tensor(2), tensor(2), tensor(2)], domain=TRAINING)
    got = ask("Momentum", 1, [*RATE, tensor(2, 3), Fact(1), tensor(2, None)], domain=TRAINING)
    assert got.outputs == (tensor(2, 3), tensor(2, 3))
