"""Small models in ONNX's text form, written to a file and run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import onnx.parser
import pytest

from auditor.runtime.request import Feed

HEADER = '<ir_version: 8, opset_import: ["" : 17]>\n'

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a model given as text (without its header) or as a ModelProto; gives the path."""

    def _write(model: str | onnx.ModelProto, name: str = "model.onnx", opset: int = 17) -> str:
        if isinstance(model, str):
            model = onnx.parser.parse_model(HEADER.replace("17", str(opset)) + model)
        path = tmp_path / name
        path.write_bytes(model.SerializeToString())
        return str(path)

    return _write


def floats(name: str, *shape: int) -> Feed:
    return Feed(name, onnx.TensorProto.FLOAT, shape)
