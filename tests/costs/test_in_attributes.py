"""Numbers in attributes: which are stored, and which are settings."""

from __future__ import annotations

from typing import Any

import pytest
from onnx import TensorProto, helper

from auditor.costs.lists import Lists, in_attributes
from auditor.model.load import loads


def tensor(dtype: int, count: int) -> TensorProto:
    return helper.make_tensor("t", dtype, [count], [1] * count)


@pytest.mark.parametrize(
    ("domain", "op_type", "attributes", "elements", "held"),
    [
        # Up to 64 numbers are settings, as pads and scales are.
        ("", "Conv", {"pads": [1] * 64}, 0, 0),
        ("", "Thing", {"many": [1] * 65}, 0, 8 * 65),
        ("", "Resize", {"scales": [0.5] * 64}, 0, 0),
        ("", "Thing", {"many": [0.5] * 65}, 65, 4 * 65),
        # Operators that are made to store numbers store the few as well; int64 beside floats are no parameters.
        ("ai.onnx.ml", "Scaler", {"scale": [0.5] * 3}, 3, 12),
        ("ai.onnx.ml", "TreeEnsembleRegressor", {"nodes_ids": [1] * 3}, 0, 24),
        ("", "TfIdfVectorizer", {"weights": [0.5] * 3, "pool_int64s": [1] * 3}, 3, 12),
        ("", "Constant", {"value_floats": [0.5] * 3}, 3, 12),
        ("", "Constant", {"value_float": 0.5}, 1, 4),
        ("", "Constant", {"value_ints": [1] * 3}, 0, 0),
        ("", "LeakyRelu", {"alpha": 0.5}, 0, 0),
        # Tensors in attributes, but for those that are initializers by another name.
        ("ai.onnx.ml", "TreeEnsemble", {"nodes_splits": tensor(TensorProto.DOUBLE, 5)}, 5, 40),
        ("ai.onnx.ml", "TreeEnsemble", {"nodes_modes": tensor(TensorProto.UINT8, 5)}, 0, 5),
        ("", "Constant", {"value": tensor(TensorProto.FLOAT, 5)}, 0, 0),
        ("", "Thing", {"words": ["a"] * 100}, 0, 0),
        ("", "Relu", {}, 0, 0),
    ],
)
def test_what_a_node_stores_in_its_attributes(
    domain: str, op_type: str, attributes: dict[str, Any], elements: int, held: int
) -> None:
    node = helper.make_node(op_type, ["x"], ["y"], domain=domain, **attributes)
    model = loads(helper.make_model(helper.make_graph([node, node], "g", [], [])).SerializeToString())
    assert in_attributes(model) == Lists(2 * elements, 2 * held)
