"""Kinds of faults in the bodies of functions: told where they are called, and of what nobody calls only that."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx.parser
import pytest

from auditor.pipeline import audit
from auditor.report import Severity
from auditor.settings import Settings

from .editing import run

HEAD = '<ir_version: 8, opset_import: ["" : 17, "local" : 1]>\n'
BODY = '\n<domain: "local", opset_import: ["" : 17]>\n'

RETURNS = BODY + (
    "passing (x, c) => (y) { h = Relu(x) y = If(c) <then_branch = t () => (float[4] h) { }, "
    "else_branch = e () => (float[4] b) { b = Neg(h) }> }"
)


def rules_of(text: str, folder: Path, least: Severity = Severity.WARNING) -> list[tuple[str, str]]:
    model = onnx.parser.parse_model(HEAD + text)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    found = audit(path, Settings(run=False)).findings
    return [(f.rule, f.location.graph) for f in found if least is Severity.NOTE or f.severity is not Severity.NOTE]


def test_a_length_that_a_function_writes(tmp_path: Path) -> None:
    text = "g (float[batch, time, 12] x) => (float[A, B, C, D] y) { y = local.heads(x) }" + BODY
    body = "heads (x) => (y) {{ t = Constant<value_ints = {}>() y = Reshape(x, t) }}"
    assert rules_of(text + body.format("[1, 20, 3, 4]"), tmp_path) == [("baked-in-length", "heads[0]")]
    assert rules_of(text + body.format("[0, 0, 3, 4]"), tmp_path) == []


def test_an_outer_value_that_a_function_s_branch_returns(tmp_path: Path) -> None:
    """onnxruntime 1.32 refuses the function where it is called, and makes nothing of one that nothing calls."""
    text = "g (float[4] x, bool c) => (float[4] y) { y = local.passing(x, c) }" + RETURNS
    assert [rule for rule, _ in rules_of(text, tmp_path)] == ["returned-outer-values"]
    with pytest.raises(Exception, match="ONNXRuntimeError"):
        run(onnx.parser.parse_model(HEAD + text))
    text = "g (float[4] x, bool c) => (float[4] y) { y = Relu(x) }" + RETURNS
    assert rules_of(text, tmp_path) == []
    assert "unused-functions" in [rule for rule, _ in rules_of(text, tmp_path, Severity.NOTE)]
    assert run(onnx.parser.parse_model(HEAD + text))[0].shape == (4,)
