"""The oracle itself, against numbers that are known without it."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tests.corpus import light_models

from .oracle import ask, stripped, truth

CHOICE = """
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, int64 rate) => (float[N, M] y)
  <float[4, 2] small = {1, 2, 3, 4, 5, 6, 7, 8}> {
  sixteen = Constant <value = int64 {16000}> ()
  is_wide = Equal(rate, sixteen)
  y = If(is_wide) <
    then_branch = wide () => (float[N, 8] out)
      <float[2, 8] more = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}> {
      hidden = MatMul(x, small)
      out = MatMul(hidden, more)
    },
    else_branch = narrow () => (float[N, 2] out) { out = MatMul(x, small) }
  >
}
"""


@pytest.mark.parametrize(("name", "macs"), [("light_squeezenet", 349_151_936), ("light_shufflenet", 124_664_528)])
def test_macs_of_light_models(name: str, macs: int, tmp_path: Path) -> None:
    """Counted for these models by others, at a batch of 1."""
    path = next(p for p in light_models() if p.stem == name)
    assert ask(path, tmp_path / "bare.onnx").macs == macs


def test_an_if_is_taken_apart_and_counts_by_its_dearer_branch() -> None:
    found = truth(onnx.parser.parse_model(CHOICE))
    assert found.inputs == {"x": [2, 4], "rate": []}
    assert ("If[2]/then_branch", "hidden", 1, [2, 2]) in found.tensors
    assert ("", "y", 1, [2, 8]) in found.tensors
    assert found.macs == 2 * 4 * 2 + 2 * 2 * 8
    assert found.parameters == 8 + 16


def test_a_stripped_model_declares_its_inputs_only() -> None:
    bare = stripped(onnx.parser.parse_model(CHOICE))
    assert not bare.graph.output[0].HasField("type")
    assert bare.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    inside = bare.graph.node[2].attribute[0].g
    assert not inside.output[0].HasField("type")
