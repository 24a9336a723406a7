"""What is wrong with the data of a tensor is told once."""

from __future__ import annotations

from pathlib import Path

import numpy
import onnx
import pytest
from onnx import helper, numpy_helper

from auditor.model import payload
from auditor.model.load import load, loads
from auditor.model.payload_troubles import tensors

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


def test_what_a_sparse_initializer_stores_is_among_the_tensors_of_a_model() -> None:
    """``SparseTensorProto`` in onnx.proto: its values and its indices are each a ``TensorProto``."""
    proto: onnx.ModelProto = samples.proto()
    values = numpy_helper.from_array(numpy.array([1.5, 2.5], numpy.float32), "s")
    indices = numpy_helper.from_array(numpy.array([1, 3], numpy.int64), "i")
    proto.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [5]))
    model = loads(proto.SerializeToString())
    found = [(path, tensor.dtype, tensor.dims) for path, tensor in tensors(model)]
    path = found[0][0]
    assert found == [(path, 1, (12,)), (path, 1, (2,)), (path, 7, (2,))]
