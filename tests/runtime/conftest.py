"""Small models in ONNX's text form, written to a file and run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import onnx
import onnx.parser
import pytest

from auditor.runtime import started
from auditor.runtime.outcome import Run
from auditor.runtime.parent import run
from auditor.runtime.request import Feed, Request, RunLimits
from tests.pace import HANG

HEADER = '<ir_version: 8, opset_import: ["" : 17]>\n'

Write = Callable[..., str]


FRESH = frozenset({
    "test_answers", "test_killers", "test_plugin_provider", "test_providers", "test_run", "test_sandbox",
})  # fmt: skip
"""Modules in which each run has an interpreter of its own: how it begins and ends is what they look at."""


@pytest.fixture(scope="module", autouse=True)
def forked_runs(request: pytest.FixtureRequest) -> None:
    module = request.module.__name__.rpartition(".")[2]
    (started.drop_server if module in FRESH else started.keep_server)()


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


ADD = """g (float[1, 4] x) => (float[1, 4] y) { y = Add (x, x) }"""


@pytest.fixture
def patience(write: Write) -> float:
    """Seconds in which an ordinary run comes to its end on this machine now, several times over; 1.5 at least.

    What does not end is ended after them, and had time to begin.
    """
    request = Request(write(ADD, "ordinary.onnx"), attempts=((floats("x", 1, 4),),), limits=RunLimits(seconds=HANG))
    began = time.monotonic()
    assert isinstance(run(request), Run)
    return max(1.5, 4 * (time.monotonic() - began))
