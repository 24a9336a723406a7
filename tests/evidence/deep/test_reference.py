"""The run against onnx's own evaluator: where they are known to differ, and where they must not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

from auditor.evidence.deep import DeepEvidence
from auditor.evidence.deep.reference import Reference
from auditor.evidence.evidence import Evidence
from auditor.model.load import load, loads
from auditor.pipeline import audit
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>\n'
NAMED = Settings(deep_parts=frozenset({"reference"}))

CLIPPED = """agraph (float[3, 1, 2] x) => (float[3, 2] y)
<float[1, 6, 2] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3}, float[1, 6, 2] r = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3},
 float two = {2}, int64[2] to = {3, 2}>
{ twice = Mul(x, two) g = GRU<hidden_size = 2, clip = 0.2>(twice, w, r) flat = Reshape(g, to) y = Tanh(flat) }"""

SOUND = {
    "a branch that takes from outside": """agraph (float[N, 4] x, bool b) => (float[N, 4] y) <float two = {2}> {
        h = Mul(x, two)
        y = If (b) <then_branch = t () => (float[N, 4] a) { a = Add(h, two) },
                    else_branch = e () => (float[N, 4] c) { c = Sub(x, h) }> }""",
    "what is used long after": """agraph (float[N, 4] x) => (float[N, 4] y) {
        a = Relu(x) b = Exp(a) c = Neg(b) d = Exp(c) e = Add(d, a) y = Add(e, x) }""",
    "an input that is an output": "agraph (float[N, 4] x) => (float[N, 4] x, float[N, 4] y) { y = Relu(x) }",
    "float16": "agraph (float16[N, 4] x) => (float16[N, 4] y) { s = Softmax(x) y = Sqrt(s) }",
    "integers": "agraph (int64[N, 4] x) => (int64[N, 4] y) <int64 one = {1}> { y = Add(x, one) }",
}


def seen(text: str | bytes, settings: Settings = NAMED) -> DeepEvidence:
    data = onnx.parser.parse_model(HEAD + text).SerializeToString() if isinstance(text, str) else text
    return Evidence(loads(data), settings).deep("reference")


def test_the_first_node_that_the_two_take_otherwise() -> None:
    """The evaluator of onnx 1.23 does not clip; behind it all is another, before it nothing."""
    found = seen(CLIPPED)
    assert isinstance(found, Reference) and [one.tensor for one in found.outputs] == ["y"]
    assert found.first is not None and (found.first.tensor, found.first.op_type) == ("g", "GRU")
    findings = audit(onnx.parser.parse_model(HEAD + CLIPPED).SerializeToString(), NAMED).findings
    (finding,) = [finding for finding in findings if finding.rule == "unlike-reference"]
    assert (finding.severity, finding.location.op_type) == ("note", "GRU")


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_both_agree(text: str) -> None:
    found = seen(text)
    assert isinstance(found, Reference) and found.part.status == "ok" and not found.outputs and not found.missed
    assert found.part.lines[0].endswith("held against onnx's evaluator: alike")


def test_weights_beside_the_file(tmp_path: Path) -> None:
    model = onnx.parser.parse_model(HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) { y = MatMul(x, w) }")
    model.graph.initializer.append(numpy_helper.from_array(np.eye(4, dtype=np.float32), "w"))
    path = tmp_path / "m.onnx"
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    found = Evidence(load(path), NAMED).deep("reference")
    assert isinstance(found, Reference) and found.part.status == "ok"


def test_an_operator_that_the_evaluator_does_not_know_is_said() -> None:
    text = "agraph (float[N, 4] x) => (float[N, 4] y) { y = com.microsoft.QuickGelu(x) }"
    found = seen(text)
    assert found.part.status == "not looked at" and "QuickGelu" in found.part.why
    assert [missed.asked for missed in found.missed] == [True]


def test_what_would_take_long_is_asked_for_by_name_alone() -> None:
    text = "agraph (float[512, 512] x) => (float[512, 512] y) { y = MatMul(x, x) }"
    found = seen(text, Settings(deep=True))
    assert found.part.status == "not looked at" and "134,217,728" in found.part.why
    assert [missed.asked for missed in found.missed] == [False]
    assert isinstance(seen(text), Reference)


@pytest.mark.usefixtures("fresh_runs")
def test_without_onnx_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The child finds what this process finds: here a package that raises."""
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "__init__.py").write_text("raise ImportError('gone')\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = seen(SOUND["integers"])
    assert "auditor[reference]" in found.part.why
