"""A run on a graphics card, where there is one."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest

from auditor.runtime.outcome import Run
from auditor.runtime.parent import run
from auditor.runtime.request import Request

from .conftest import Write, floats

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        "CUDAExecutionProvider" not in onnxruntime.get_available_providers(),
        reason="this onnxruntime has no CUDA: in an environment without onnxruntime, pip install 'auditor[gpu]'",
    ),
    pytest.mark.skipif(
        not Path("/dev/nvidiactl").exists(),
        reason="there is no NVIDIA card here (no /dev/nvidiactl): run the tests on a machine that has one",
    ),
]


def test_nodes_run_on_the_card(write: Write) -> None:
    path = write("mm (float[64, 64] x) => (float[64, 64] y) { [product] y = MatMul (x, x) }")
    outcome = run(Request(path, attempts=((floats("x", 64, 64),),), provider="cuda"))
    assert isinstance(outcome, Run), outcome
    assert outcome.provider == "CUDAExecutionProvider"
    assert outcome.placement == {"CUDAExecutionProvider": 1}
    assert outcome.outputs[0].nonfinite == 0


def test_the_card_and_the_processor_agree(write: Write) -> None:
    path = write("mm (float[64, 64] x) => (float[64, 64] y) { y = MatMul (x, x) }")
    feeds = ((floats("x", 64, 64),),)
    seen = [run(Request(path, attempts=feeds, provider=provider)) for provider in ("cpu", "cuda")]
    highs = [one.outputs[0].high for one in seen if isinstance(one, Run)]
    assert len(highs) == 2
    assert highs[0] == pytest.approx(highs[1], rel=1e-2)
