"""Models to attack with, and the three commands that must not be talked round."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

COMMANDS = ("check", "batch", "gate")


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out.splitlines()[0] if self.out.count("\n{") else self.out)


Auditor = Callable[..., Said]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a database of its own; what is configured around the tests says nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))
    for name in ("AUDITOR_CONFIG", "AUDITOR_TRUSTED_CONFIG", "AUDITOR_BASELINE", "AUDITOR_FAIL_ON", "AUDITOR_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def auditor(capsys: pytest.CaptureFixture[str]) -> Auditor:
    from auditor.cli.app import run

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Said(int(code), captured.out, captured.err)

    return call


def model(nan: int = 0, rows: int = 3) -> bytes:
    """One layer, with so many NaN among its weights; of one size whatever they are."""
    values = np.full((64, rows), 0.5, np.float32)
    values.reshape(-1)[:nan] = np.nan
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], "head")],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, rows])],
        [numpy_helper.from_array(values, "w")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return made.SerializeToString()


GOOD, BAD = model(), model(nan=1)


def triton(root: Path, name: str, version: int, data: bytes) -> Path:
    """A version in a Triton repository."""
    path = root / name / str(version) / "model.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    (root / name / "config.pbtxt").write_text('backend: "onnxruntime"\n')
    return path


def with_context(context: str, mode: int = 0) -> bytes:
    """A model whose only node is compiled, and lies where the attribute says."""
    node = helper.make_node(
        "EPContext", ["x"], ["y"], domain="com.microsoft", embed_mode=mode, ep_cache_context=context, source="QNN"
    )
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in "xy"]
    graph = helper.make_graph([node], "g", ports[:1], ports[1:])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    made: onnx.ModelProto = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return made.SerializeToString()


def write_weightless(folder: Path, weights: str = "w.bin") -> Path:
    """An engine without weights in ``m.onnx``, and ``source/m.onnx`` whose weights lie in ``source/w.bin``."""
    (folder / "source").mkdir(exist_ok=True)
    tensor = TensorProto(name="w", dims=[64, 3], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=weights)
    named = onnx.load_from_string(GOOD)
    named.graph.initializer[0].CopyFrom(tensor)
    (folder / "source" / "m.onnx").write_bytes(named.SerializeToString())
    (folder / "source" / "w.bin").write_bytes(np.full((64, 3), 0.5, np.float32).tobytes())
    (folder / "engine.bin").write_bytes(b"compiled")
    (folder / "m.onnx").write_bytes(refitted("source/m.onnx"))
    return folder / "m.onnx"


def refitted(*models: str) -> bytes:
    """A model of engines without weights, each of which takes them from the model that it names."""
    nodes = [
        helper.make_node(
            "EPContext", ["x"], [f"y{at}"], domain="com.microsoft", embed_mode=0, ep_cache_context="engine.bin",
            onnx_model_filename=name,
        )
        for at, name in enumerate(models)
    ]  # fmt: skip
    x, *outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3])
        for name in ("x", *(f"y{at}" for at in range(len(models))))
    ]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    made = helper.make_model(helper.make_graph(nodes, "g", [x], outputs), opset_imports=opsets, ir_version=8)
    return made.SerializeToString()
