"""What onnxruntime's errors say."""

from __future__ import annotations

import pytest

from auditor.runtime.messages import MACHINE, kind_of


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("[ONNXRuntimeError] : 10 : INVALID_GRAPH : Load model from m.onnx failed", "INVALID_GRAPH"),
        ("[ONNXRuntimeError] : 1 : FAIL : Fatal error: x:Adam(-1) is not a registered function/op", "NOT_IMPLEMENTED"),
        ("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to construct locale with name:en_US.UTF-8", MACHINE),
        ("something else", "RuntimeError"),
    ],
)  # fmt: skip
def test_kinds(message: str, kind: str) -> None:
    assert kind_of(RuntimeError(message)) == kind
