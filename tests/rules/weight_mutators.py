"""Models for the pages of the rules on weights and runs that onnx's text form cannot say."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper, parser

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def _summed(*weights: NDArray[np.float32]) -> bytes:
    """x + w0 + w1 + ..."""
    model = parser.parse_model(HEAD + "agraph (float[64, 8] x) => (float[64, 8] y) { y = Identity(x) }")
    graph, before = model.graph, "x"
    del graph.node[:]
    for i, weight in enumerate(weights):
        graph.initializer.append(numpy_helper.from_array(weight, f"w{i}"))
        after = "y" if i == len(weights) - 1 else f"s{i}"
        graph.node.append(helper.make_node("Add", [before, f"w{i}"], [after]))
        before = after
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _random(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 1, (64, 8)).astype(np.float32)


def weights_stored_twice() -> bytes:
    return _summed(_random(1), _random(2), _random(1))


def weights_stored_once() -> bytes:
    """The same numbers in another order are another tensor."""
    return _summed(_random(1), _random(1)[::-1].copy(), _random(2))


def fresh_statistics() -> bytes:
    return _summed(np.ones((64, 8), np.float32), np.ones((64, 8), np.float32))
