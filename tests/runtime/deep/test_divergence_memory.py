"""What a comparison takes beside a plain run: one tensor is kept, and never two models are loaded at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

ROOT = Path(__file__).parents[3]
MOST = 1.5  # of a plain run's peak


def chain(spoilt: bool, count: int = 48, size: int = 1 << 20) -> onnx.ModelProto:
    """Tensors of 4 MB after each other, 200 MB together, of which a run holds a few; one factor may be another."""
    nodes = [
        helper.make_node(*(("Mul", [f"t{i}", "one"]) if i % 2 else ("Neg", [f"t{i}"])), [f"t{i + 1}"])
        for i in range(count)
    ]
    if spoilt:
        nodes[9].input[1] = "other"
    nodes.append(helper.make_node("ReduceMean", [f"t{count}"], ["y"], axes=[1]))
    stored = [numpy_helper.from_array(np.array(v, np.float32), n) for n, v in (("one", 1), ("other", 2))][: 1 + spoilt]
    return model(nodes, stored, [1, size])


def layers(spoilt: bool, count: int = 5, size: int = 1024) -> onnx.ModelProto:
    """Products with 4 MB of weights each."""
    random = np.random.default_rng(0)
    weights = [random.normal(0, 0.03, (size, size)).astype(np.float32) for _ in range(count)]
    if spoilt:
        weights[3][0, 0] = 50
    nodes = [helper.make_node("MatMul", [f"t{i}", f"w{i}"], [f"t{i + 1}"]) for i in range(count)]
    nodes.append(helper.make_node("Identity", [f"t{count}"], ["y"]))
    return model(nodes, [numpy_helper.from_array(w, f"w{i}") for i, w in enumerate(weights)], [1, size])


def model(nodes: list[onnx.NodeProto], stored: list[onnx.TensorProto], shape: list[int]) -> onnx.ModelProto:
    ports = (helper.make_tensor_value_info("t0", 1, shape), helper.make_tensor_value_info("y", 1, None))
    graph = helper.make_graph(nodes, "g", [ports[0]], [ports[1]], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def said(*words: str) -> list[int]:
    """What the measuring process prints."""
    command = [sys.executable, "-m", "tests.runtime.deep.peak", *words]
    return [int(word) for word in subprocess.check_output(command, cwd=ROOT, text=True, timeout=300).split()]


def peaks(folder: Path, sound: onnx.ModelProto, spoilt: onnx.ModelProto) -> tuple[int, int]:
    """Of a plain run, and of a comparison that finds where two models part."""
    for name, one in (("sound", sound), ("spoilt", spoilt)):
        (folder / f"{name}.onnx").write_bytes(one.SerializeToString())
    (plain,) = said("plain", str(folder / "spoilt.onnx"))
    deep, looked = said("deep", str(folder / "spoilt.onnx"), str(folder / "sound.onnx"))
    assert looked >= 2
    return plain, deep


def test_large_tensors_inside_are_looked_at_one_by_one(tmp_path: Path) -> None:
    plain, deep = peaks(tmp_path, chain(False), chain(True))
    assert deep < MOST * plain


def test_weights_stay_in_the_file_that_is_cut(tmp_path: Path) -> None:
    plain, deep = peaks(tmp_path, layers(False), layers(True))
    assert deep < MOST * plain
