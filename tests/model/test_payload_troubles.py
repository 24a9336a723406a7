"""What is wrong with the data of a tensor is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.model import payload
from auditor.model.load import load

from . import samples


@pytest.mark.parametrize("length", ["", "48", "8"])
def test_external_data_of_negative_sizes_is_told_once(tmp_path: Path, length: str) -> None:
    """Of how many bytes there should be nobody can speak then."""
    (tmp_path / "w.bin").write_bytes(b"\0" * 48)
    proto = samples.external("w.bin", length=length)
    proto.graph.initializer[0].dims[:] = [-12]
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    model = load(tmp_path / "m.onnx")
    assert payload.trouble(model, model.graph.initializers[0]) == (payload.NegativeDims((-12,)),)
