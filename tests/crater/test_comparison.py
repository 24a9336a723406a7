"""A comparison that finds nothing is worth something only if it would find it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from .comparison import compare
from .oracle import Truth, stripped, truth

MODEL = """
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[A, B] y, int64[C, D] places)
  <float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}> {
  product = MatMul(x, w)
  y = Relu(product)
  places = NonZero(y)
}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Truth]:
    """The model, its stripped copy, and the truth about it."""
    model = onnx.parser.parse_model(MODEL)
    whole, bare = tmp_path / "whole.onnx", tmp_path / "bare.onnx"
    onnx.save(model, whole)
    onnx.save(stripped(model), bare)
    return whole, bare, truth(model)


def test_what_is_right_is_right_and_what_hangs_on_values_is_unknown(files: tuple[Path, Path, Truth]) -> None:
    whole, bare, found = files
    comparison = compare(whole, bare, found)
    assert not list(comparison.faults(found))
    assert (comparison.tensors, comparison.known, comparison.named) == (3, 2, 2)
    assert comparison.unknown == {"NonZero": 1}


@pytest.mark.parametrize(
    "real", [("", "y", 1, [2, 3]), ("", "y", 1, [2]), ("", "y", 7, [2, 2]), ("", "places", 7, [1, 9])]
)
def test_a_contradiction_is_found(files: tuple[Path, Path, Truth], real: tuple[str, str, int, list[int]]) -> None:
    """Of a size, of a rank, of a type; and of what is known only in part. By number and by name."""
    whole, bare, found = files
    tensors = [real if tensor[1] == real[1] else tensor for tensor in found.tensors]
    comparison = compare(whole, bare, replace(found, tensors=tensors))
    assert len(comparison.wrong) == 2


def test_other_counts_are_found(files: tuple[Path, Path, Truth]) -> None:
    whole, bare, found = files
    other = replace(found, macs=found.macs + 1, parameters=9)
    assert list(compare(whole, bare, found).faults(other)) == [
        "MACs 16, by the run's shapes 17",
        "parameters 8, the file stores 9",
    ]
