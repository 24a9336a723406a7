"""Sets of element types, by their names in onnx.proto."""

from __future__ import annotations

from onnx import TensorProto

from auditor.model import dtypes


def test_what_is_quantised_is_an_integer_of_at_most_eight_bits() -> None:
    names = {"UINT8", "INT8", "UINT4", "INT4", "UINT2", "INT2"}
    assert {TensorProto.DataType.Name(n) for n in dtypes.QUANTISED} == names
    assert all("FLOAT" in TensorProto.DataType.Name(n) or n == TensorProto.DOUBLE for n in dtypes.FLOATS)
