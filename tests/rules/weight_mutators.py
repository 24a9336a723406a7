"""Models for the pages of the rules on weights and runs that onnx's text form cannot say."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper, parser

from auditor.evidence.deep.growth import Growth
from auditor.evidence.trial import Trial
from auditor.report import DeepPart
from auditor.runtime.outcome import Fallback, Outcome, OutOfMemory, Placed, Run, TimedOut

RECORDED = "trial.pickle"
"""The file beside a model that holds a run made elsewhere."""

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


def _eight_bits(factor: float) -> bytes:
    """A normally distributed weight of 32 filters in int8, the largest of each at 127; multiplied, then cut off."""
    model = parser.parse_model(
        HEAD + "agraph (float[N, 64] x) => (float[N, 32] y) { w = DequantizeLinear<axis = 0>(q, s) "
        "y = Gemm<transB = 1>(x, w) }"
    )
    values = np.random.default_rng(1).normal(0, 1, (32, 64))
    values *= 127 * factor / np.abs(values).max(axis=1, keepdims=True)
    quantised = np.clip(np.round(values), -128, 127).astype(np.int8)
    model.graph.initializer.append(numpy_helper.from_array(quantised, "q"))
    model.graph.initializer.append(numpy_helper.from_array(np.full(32, 0.01, np.float32), "s"))
    return model.SerializeToString()


def quantised_weight() -> bytes:
    return _eight_bits(1.0)


def quantised_weight_cut_off() -> bytes:
    return _eight_bits(5.0)


# ---- runs


RELU = HEAD + "agraph (float[2] x) => (float[2] y) { y = Relu(x) }"


def _with_golden(folder: Path, expected: list[float]) -> Path:
    data = folder / "test_data_set_0"
    data.mkdir()
    for name, values in (("input_0.pb", [-1.0, 2.0]), ("output_0.pb", expected)):
        (data / name).write_bytes(numpy_helper.from_array(np.array(values, np.float32)).SerializeToString())
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(RELU).SerializeToString())
    return path


def golden_vector(folder: Path) -> Path:
    return _with_golden(folder, [0.0, 2.0])


def golden_vector_of_another_model(folder: Path) -> Path:
    return _with_golden(folder, [0.0, 2.5])


def _recorded(folder: Path, result: Outcome) -> Path:
    """A model with a run that was recorded elsewhere: this machine cannot, or should not, do it."""
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(RELU).SerializeToString())
    (folder / RECORDED).write_bytes(pickle.dumps(Trial(result, invented=True)))
    return path


def recorded_timeout(folder: Path) -> Path:
    return _recorded(folder, TimedOut(30.0, "run"))


def recorded_memory_fault(folder: Path) -> Path:
    return _recorded(folder, OutOfMemory(1 << 30, "run", "std::bad_alloc"))


def recorded_fallback(folder: Path) -> Path:
    placed = (Placed("", "Conv", "CUDAExecutionProvider"), Placed("nms", "NonMaxSuppression", "CPUExecutionProvider"))
    placement = {"CUDAExecutionProvider": 1, "CPUExecutionProvider": 1}
    fallen = (Fallback("NonMaxSuppression", "CPUExecutionProvider", "", 1),)
    run = Run("CUDAExecutionProvider", "1.32.0", {}, placement=placement, placed=placed, fallbacks=fallen)
    return _recorded(folder, run)


def recorded_growth(folder: Path) -> Path:
    """Looked at elsewhere: a sound onnxruntime with its own operators leaks nothing that a model could show."""
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(RELU).SerializeToString())
    (folder / "deep.pickle").write_bytes(pickle.dumps(Growth(DeepPart("growth", "found"), (), 4096.0, 361)))
    return path
